package probe_test

import (
	"net/http"
	"net/http/httptest"
	"testing"

	"github.com/ecluse-ecole/ecluse/internal/enforce"
	"github.com/ecluse-ecole/ecluse/internal/wire/probe"
	"github.com/ecluse-ecole/ecluse/internal/wire/wiretest"
)

func TestProbe(t *testing.T) {
	w := wiretest.New(t, wiretest.Noon, wiretest.Letter)
	status := 0
	behind := httptest.NewServer(http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) {
		rw.Header().Set("Location", "/elsewhere")
		rw.WriteHeader(status)
	}))
	defer behind.Close()
	for _, p := range []enforce.Point{{Name: "a", Kind: "nginx", Probe: behind.URL}, {Name: "b", Kind: "nginx"}} {
		if _, err := w.App.AddPoint(t.Context(), p); err != nil {
			t.Fatal(err)
		}
	}
	prober := probe.New(w.App, w.Log)
	tested := func() (tested, refused bool) {
		list, err := w.App.Points(t.Context(), "FR")
		if err != nil || len(list) != 2 || len(list[1].Instances) != 0 {
			t.Fatalf("%+v, %v", list, err)
		}
		if len(list[0].Instances) == 0 {
			return false, false
		}
		return true, list[0].Instances[0].Refused
	}
	for _, s := range []int{404, 500, 502} {
		status = s
		prober.All(t.Context())
		if done, _ := tested(); done {
			t.Errorf("status %d counts as a test", s)
		}
	}
	for _, c := range []struct {
		status  int
		refused bool
	}{{403, true}, {200, false}, {503, true}, {302, false}, {401, true}, {204, false}} {
		status = c.status
		prober.All(t.Context())
		if done, refused := tested(); !done || refused != c.refused {
			t.Errorf("status %d: tested %v, refused %v, want %v", c.status, done, refused, c.refused)
		}
	}
}
