package forward_test

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/ecluse-ecole/ecluse/internal/config"
	"github.com/ecluse-ecole/ecluse/internal/enforce"
	"github.com/ecluse-ecole/ecluse/internal/identity"
	"github.com/ecluse-ecole/ecluse/internal/route"
	"github.com/ecluse-ecole/ecluse/internal/wire/forward"
	"github.com/ecluse-ecole/ecluse/internal/wire/wiretest"
)

// A told source says one thing of everybody.
type told struct {
	login string
	err   error
}

func (s told) Who(*http.Request) (string, error) { return s.login, s.err }

func believing(t *testing.T, w *wiretest.World, sources ...identity.Source) *forward.Handler {
	t.Helper()
	table, err := route.Compile(workspace, "")
	if err != nil {
		t.Fatal(err)
	}
	return forward.New(w.Desk, &identity.Chain{Sources: sources}, table, nil, 0)
}

// Who cannot be told is refused where it matters, and nowhere else.
func TestWhoIsAsking(t *testing.T) {
	w := wiretest.New(t, wiretest.Noon, wiretest.Letter)
	for _, c := range []struct {
		source told
		want   int
		said   string
	}{
		{told{login: wiretest.Teacher}, 200, ""},
		{told{login: wiretest.Pupil}, 403, "élèves"},
		{told{login: enforce.SelfTest}, 403, "toujours fermé"},
		{told{login: "unheard-of"}, 403, "pas connue ici"},
		{told{err: identity.ErrNobody}, 401, "Connectez-vous"},
		{told{err: fmt.Errorf("reading the cookie: %w", identity.ErrForged)}, 403, "ne permet pas de savoir qui vous êtes"},
		{told{err: errors.New("the provider does not answer")}, 403, "pas possible de vérifier"},
	} {
		h := believing(t, w, c.source)
		r := expect(t, h, asking("/gate/forward/caddy", "X-Forwarded-Uri", "/messages"), c.want)
		if body, _ := io.ReadAll(r.Body); !strings.Contains(string(body), c.said) {
			t.Errorf("%+v is told %s, want %q", c.source, body, c.said)
		}
		if name := r.Header.Get("X-Ecluse-User"); c.want == 200 && name != c.source.login {
			t.Errorf("the server is told that %q is %q", c.source.login, name)
		}
		expect(t, h, asking("/gate/forward/caddy", "X-Forwarded-Uri", "/calendar"), 200)
	}
}

// A provider that does not answer closes, and whoever runs the gate learns why.
func TestWhyNobodyIsKnownIsLogged(t *testing.T) {
	w := wiretest.New(t, wiretest.Noon, wiretest.Letter)
	var out bytes.Buffer
	h := believing(t, w, told{err: errors.New("the provider does not answer")}).LogTo(slog.New(slog.NewTextHandler(&out, nil)))
	for range 100 {
		expect(t, h, asking("/gate/forward/nginx", "X-Original-URI", "/messages"), 403)
	}
	if text := out.String(); strings.Count(text, "\n") != 1 || !strings.Contains(text, "the provider does not answer") {
		t.Errorf("a hundred questions that could not be decided are logged as:\n%s", text)
	}
}

// An application is asked whose session the client's own address carries, never
// with what stands in the address of the question.
func TestWhoamiSeesTheClientsAddress(t *testing.T) {
	w := wiretest.New(t, wiretest.Noon, wiretest.Letter)
	application := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.FormValue("access_token") != "teacher's" {
			w.WriteHeader(http.StatusUnauthorized)
			return
		}
		io.WriteString(w, `{"user_id":"`+wiretest.Teacher+`"}`)
	}))
	defer application.Close()
	source, err := identity.NewWhoami(config.Whoami{URL: application.URL, Query: []string{"access_token"}, Field: "user_id"})
	if err != nil {
		t.Fatal(err)
	}
	h := believing(t, w, source)
	expect(t, h, asking("/gate/forward/caddy", "X-Forwarded-Uri", "/messages?access_token=teacher%27s"), 200)
	expect(t, h, asking("/gate/forward/caddy?access_token=teacher%27s", "X-Forwarded-Uri", "/messages"), 401)
	expect(t, h, asking("/gate/forward/envoy/messages?access_token=teacher%27s"), 200)
}

// Whatever stands in the headers, two that disagree pass nobody, and what is
// messaging in either is never open.
func FuzzAsked(f *testing.F) {
	f.Add("/gate/forward", "/calendar", "https://ent.example/messages", "/messages", "GET")
	f.Add("/gate/forward/nginx/service=chat/notice", "/messages", "://", "", "post")
	f.Add("/gate/forward/envoy//messages", "", "", "", "")
	table, err := route.Compile(workspace, "")
	if err != nil {
		f.Fatal(err)
	}
	f.Fuzz(func(t *testing.T, path, uri, address, forwarded, method string) {
		r := &http.Request{Method: "GET", Header: http.Header{}, RequestURI: path, RemoteAddr: "127.0.0.1:1"}
		for name, value := range map[string]string{"X-Original-Uri": uri, "X-Original-Url": address, "X-Forwarded-Uri": forwarded, "X-Original-Method": method} {
			if value != "" {
				r.Header[name] = []string{value}
			}
		}
		target, ok := forward.Asked(table, path, r)
		if ok && target.Open && (forwarded == "/messages" && uri+address != "" && strings.HasPrefix(path, "/gate/forward/caddy") || uri == "/messages" && strings.HasPrefix(path, "/gate/forward/nginx")) {
			t.Fatalf("%q %q %q %q is open", path, uri, address, forwarded)
		}
		if ok && path == "/gate/forward" && uri != "" && forwarded != "" && uri != forwarded {
			t.Fatalf("%q and %q are one", uri, forwarded)
		}
	})
}
