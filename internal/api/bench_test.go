package api_test

import (
	"bytes"
	"io"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"strings"
	"testing"

	"github.com/ecluse-ecole/ecluse"
	"github.com/ecluse-ecole/ecluse/internal/account"
	"github.com/ecluse-ecole/ecluse/internal/api"
	"github.com/ecluse-ecole/ecluse/internal/clock"
	"github.com/ecluse-ecole/ecluse/internal/enforce"
	"github.com/ecluse-ecole/ecluse/internal/metric"
	"github.com/ecluse-ecole/ecluse/internal/order"
	"github.com/ecluse-ecole/ecluse/internal/order/ordertest"
	"github.com/ecluse-ecole/ecluse/internal/school"
	"github.com/ecluse-ecole/ecluse/internal/wire"
	"github.com/ecluse-ecole/ecluse/internal/wire/wiretest"
)

// A null is a response that nobody reads.
type null struct {
	header http.Header
	status int
}

func (n *null) Header() http.Header         { return n.header }
func (n *null) Write(p []byte) (int, error) { return len(p), nil }
func (n *null) WriteHeader(code int)        { n.status = code }

// measured is the interface over a collège with one teacher under the letter, and
// a point's token.
func measured(b *testing.B) (http.Handler, string) {
	b.Helper()
	must := func(err error) {
		if err != nil {
			b.Fatal(err)
		}
	}
	app, err := ecluse.Open(b.Context(), ecluse.Options{
		Database: filepath.Join(b.TempDir(), "ecluse.db"), Clock: clock.Manual(ordertest.Paris(wiretest.Noon)),
	})
	must(err)
	b.Cleanup(func() { app.Close() })
	go app.Run(b.Context())
	must(app.Import(b.Context(), ecluse.Roster{
		Schools: []ecluse.SchoolEntry{{School: school.School{UAI: wiretest.College, Name: "Collège", Degree: school.Second, Parent: "FR/13/079", Zone: "Europe/Paris", Calendar: "079"}}},
		People:  []account.Person{{ID: 1, Login: wiretest.Teacher, First: "P", Last: "T", Language: "fr"}},
		Members: []account.Membership{{School: wiretest.College, ID: 1, Person: 1, Role: school.Teacher, Name: "P T"}},
	}))
	o, err := order.Parse("letter", []byte(wiretest.Letter))
	must(err)
	must(app.AdoptOrders(b.Context(), []*order.Order{o}))
	token, err := app.AddPoint(b.Context(), enforce.Point{Name: "bench", Kind: "nginx"})
	must(err)
	mux := http.NewServeMux()
	api.New(wire.NewDesk(app, nil), metric.New(), api.Options{}).Routes(mux)
	return mux, token
}

// BenchmarkEvaluation is a question without the network: what a decision costs
// beyond a handler that always answers the same.
func BenchmarkEvaluation(b *testing.B) {
	many := strings.TrimSuffix(strings.Repeat(`{"resource":{"type":"school","id":"`+string(wiretest.College)+`"}},`, 100), ",")
	for name, q := range map[string]struct{ path, body string }{
		"one":         {"/access/v1/evaluation", asks(wiretest.Teacher, "message.send", wiretest.College)},
		"one hundred": {"/access/v1/evaluations", `{"subject":{"type":"user","id":"teacher1"},"action":{"name":"message.send"},"evaluations":[` + many + `]}`},
	} {
		b.Run(name, func(b *testing.B) {
			h, token := measured(b)
			r := httptest.NewRequest(http.MethodPost, q.path, nil)
			r.Header.Set("Authorization", "Bearer "+token)
			r.Header.Set("Content-Type", "application/json")
			r.ContentLength = int64(len(q.body))
			body := bytes.NewReader(nil)
			r.Body = io.NopCloser(body)
			b.ReportAllocs()
			for b.Loop() {
				body.Reset([]byte(q.body))
				res := &null{header: http.Header{}}
				h.ServeHTTP(res, r)
				if res.status > http.StatusOK {
					b.Fatal(res.status)
				}
			}
		})
	}
}

// BenchmarkServed is the same over the loopback network, beside a handler that
// always answers the same bytes. Run it with -cpu 2 and compare.
func BenchmarkServed(b *testing.B) {
	h, token := measured(b)
	constant := http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		io.WriteString(w, `{"decision":true}`)
	})
	text := asks(wiretest.Teacher, "message.send", wiretest.College)
	for name, handler := range map[string]http.Handler{"evaluation": h, "constant": constant} {
		b.Run(name, func(b *testing.B) {
			server := httptest.NewServer(handler)
			defer server.Close()
			b.RunParallel(func(pb *testing.PB) {
				for pb.Next() {
					r, _ := http.NewRequest(http.MethodPost, server.URL+"/access/v1/evaluation", strings.NewReader(text))
					r.Header.Set("Authorization", "Bearer "+token)
					r.Header.Set("Content-Type", "application/json")
					res, err := http.DefaultClient.Do(r)
					if err != nil {
						b.Error(err)
						return
					}
					io.Copy(io.Discard, res.Body)
					res.Body.Close()
				}
			})
		})
	}
}
