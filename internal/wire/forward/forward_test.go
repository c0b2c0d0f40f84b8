package forward_test

import (
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"

	"github.com/ecluse-ecole/ecluse/internal/config"
	"github.com/ecluse-ecole/ecluse/internal/identity"
	"github.com/ecluse-ecole/ecluse/internal/metric"
	"github.com/ecluse-ecole/ecluse/internal/route"
	"github.com/ecluse-ecole/ecluse/internal/wire"
	"github.com/ecluse-ecole/ecluse/internal/wire/forward"
	"github.com/ecluse-ecole/ecluse/internal/wire/wiretest"
)

// header is where servers in front say who is asking.
const header = "X-Ecluse-User"

// workspace is the map of the invented workspace behind the servers.
var workspace = []config.Route{
	{Path: "/messages/help", Open: true},
	{Path: "/messages/**"},
	{Path: "/chat/**", Service: "chat", Refusal: "rocketchat"},
}

// handler answers under the routes of the workspace.
func handler(t testing.TB, desk *wire.Desk) *forward.Handler {
	t.Helper()
	table, err := route.Compile(workspace, "")
	if err != nil {
		t.Fatal(err)
	}
	who, err := identity.New(config.Identity{Header: header}, desk.Believes)
	if err != nil {
		t.Fatal(err)
	}
	return forward.New(desk, who, table, metric.New(), 0)
}

// An ask is one question as a server sends it.
type ask struct {
	path    string
	from    string // the address that asks; "" is this machine
	headers http.Header
}

func asking(path string, headers ...string) ask {
	a := ask{path: path, headers: http.Header{}}
	for i := 0; i+1 < len(headers); i += 2 {
		a.headers.Add(headers[i], headers[i+1])
	}
	return a
}

func (a ask) of(h http.Handler) *http.Response {
	r := httptest.NewRequest("GET", a.path, nil)
	r.Header, r.RemoteAddr = a.headers, "127.0.0.1:4000"
	if a.from != "" {
		r.RemoteAddr = a.from
	}
	w := httptest.NewRecorder()
	h.ServeHTTP(w, r)
	return w.Result()
}

func expect(t *testing.T, h http.Handler, a ask, status int) *http.Response {
	t.Helper()
	r := a.of(h)
	if r.StatusCode != status {
		body, _ := io.ReadAll(r.Body)
		t.Errorf("%s %v: %d, want %d: %s", a.path, a.headers, r.StatusCode, status, body)
	}
	return r
}

// Each kind of server tells in its own headers what is asked for.
func TestKinds(t *testing.T) {
	w := wiretest.New(t, wiretest.Noon, wiretest.Letter)
	h := handler(t, w.Desk)
	for _, c := range map[string]struct {
		path     string
		original func(address string) []string
	}{
		"nginx, URL": {"/gate/forward/nginx", func(a string) []string {
			return []string{"X-Original-URL", "https://ent.example" + a, "X-Original-Method", "GET"}
		}},
		"nginx, URI": {"/gate/forward/nginx", func(a string) []string {
			return []string{"X-Original-URI", a, "X-Original-Method", "GET", "X-Original-Host", "ent.example"}
		}},
		"caddy":      {"/gate/forward/caddy", forwardedAs},
		"traefik":    {"/gate/forward/traefik", forwardedAs},
		"unnamed":    {"/gate/forward", forwardedAs},
		"unnamed, /": {"/gate/forward/", forwardedAs},
	} {
		for who, messages := range map[string]int{wiretest.Teacher: 200, wiretest.Pupil: 403, "": 401} {
			for address, want := range map[string]int{"/messages/1?a=b": messages, "/calendar": 200, "/messages/help": 200} {
				headers := c.original(address)
				if who != "" {
					headers = append(headers, header, who)
				}
				expect(t, h, asking(c.path, headers...), want)
			}
		}
	}
	for address, want := range map[string]int{"/messages/1": 403, "//messages/1": 403, "/calendar": 200, "/x/..%2fmessages": 403} {
		expect(t, h, asking("/gate/forward/envoy"+address, header, wiretest.Pupil), want)
	}
}

func forwardedAs(address string) []string {
	return []string{"X-Forwarded-Uri", address, "X-Forwarded-Method", "GET", "X-Forwarded-Host", "ent.example"}
}

// Only points learn anything.
func TestOnlyPointsAreAnswered(t *testing.T) {
	w := wiretest.New(t, wiretest.Noon, wiretest.Letter)
	h, token := handler(t, w.Desk), w.Point("nginx")
	stranger := asking("/gate/forward", header, wiretest.Teacher)
	stranger.from = "192.0.2.7:999"
	r := expect(t, h, stranger, 401)
	if body, _ := io.ReadAll(r.Body); len(body) != 0 || r.Header.Get("X-Ecluse-Access") != "" {
		t.Errorf("a stranger is told %v %s", r.Header, body)
	}
	stranger.path = "/gate/forward/nowhere"
	expect(t, h, stranger, 401)
	stranger.path = "/gate/forward"
	stranger.headers.Set("X-Ecluse-Point", "x"+token)
	expect(t, h, stranger, 401)
	stranger.headers.Set("X-Ecluse-Point", token)
	expect(t, h, stranger, 200)
	stranger.headers.Set(header, wiretest.Pupil)
	expect(t, h, stranger, 403)
}

// What says two things is refused, and what says nothing is sending.
func TestContradictions(t *testing.T) {
	w := wiretest.New(t, wiretest.Noon, wiretest.Letter)
	h := handler(t, w.Desk)
	as := func(path string, headers ...string) ask {
		return asking(path, append(headers, header, wiretest.Teacher, "X-Original-Method", "GET", "X-Forwarded-Method", "GET")...)
	}
	for _, c := range []struct {
		a    ask
		want int
	}{
		{as("/gate/forward", "X-Original-URI", "/calendar", "X-Forwarded-Uri", "/calendar"), 200},
		{as("/gate/forward", "X-Original-URI", "/calendar", "X-Forwarded-Uri", "/messages"), 403},
		{as("/gate/forward", "X-Original-URI", "/calendar", "X-Original-URI", "/calendar"), 403},
		{as("/gate/forward/caddy", "X-Forwarded-Uri", "/calendar", "X-Forwarded-Uri", "/x"), 403},
		{as("/gate/forward/nginx", "X-Original-URL", "https://a.example/calendar", "X-Original-URI", "/messages"), 403},
		{as("/gate/forward/nginx", "X-Original-URL", "https://a.example/calendar", "X-Original-Host", "b.example"), 403},
		{as("/gate/forward/nginx", "X-Original-URL", "/calendar"), 403},
		{as("/gate/forward/nginx", "X-Original-URL", "https://a.example"), 200},
		{as("/gate/forward/nginx", "X-Original-URL", "https://a.example?x"), 200},
		{as("/gate/forward", "X-Forwarded-Uri", "/calendar"), 200},
		{as("/gate/forward", "X-Forwarded-Uri", "/messages", header, wiretest.Head), 403},
		{as("/gate/forward/caddy/what", "X-Forwarded-Uri", "/calendar"), 404},
		{as("/gate/forward/caddy/service=fax", "X-Forwarded-Uri", "/calendar"), 404},
		{as("/gate/forward/apache", "X-Forwarded-Uri", "/calendar"), 404},
	} {
		expect(t, h, c.a, c.want)
	}
	// The headers of another kind are the client's.
	expect(t, h, asking("/gate/forward/caddy", "X-Original-URI", "/calendar", "X-Forwarded-Uri", "/messages", header, wiretest.Pupil), 403)
	expect(t, h, asking("/gate/forward/nginx", "X-Forwarded-Uri", "/calendar", "X-Original-URI", "/messages", header, wiretest.Pupil), 403)
	// What nginx did not tell is not taken from Caddy's headers.
	w.Issue(readOnly)
	expect(t, h, asking("/gate/forward", "X-Original-URI", "/messages", "X-Original-Method", "GET", header, wiretest.Teacher), 200)
	expect(t, h, asking("/gate/forward", "X-Original-URI", "/messages", "X-Original-Method", "POST", header, wiretest.Teacher), 403)
	expect(t, h, asking("/gate/forward", "X-Original-URI", "/messages", "X-Forwarded-Method", "GET", header, wiretest.Teacher), 403)
	expect(t, h, asking("/gate/forward", header, wiretest.Teacher), 403)
	for _, name := range route.OverrideHeaders() {
		expect(t, h, asking("/gate/forward", "X-Original-URI", "/messages", "X-Original-Method", "GET", name, "POST", header, wiretest.Teacher), 403)
	}
}

// readOnly leaves reading alone to adults.
const readOnly = `
order: FR/13/079/2024-0009
issuer: FR/13/079
status: actual
type: issue
title: Lecture seule
applies: {territory: FR/13/079, degrees: [second]}
from: 2024-03-29T00:00
rules:
  - {roles: [pupil, adults], hours: "off", outside: read}
reason: Des messages menaçants circulent.
contact: {office: Cabinet du DASEN, phone: "05 36 49 00 00"}
`

// A server's own configuration says more than the table, and never by the query,
// which may be the client's.
func TestSettings(t *testing.T) {
	w := wiretest.New(t, wiretest.Noon, readOnly)
	h := handler(t, w.Desk)
	teacher := func(path, address, method string, more ...string) ask {
		return asking(path, append(more, "X-Forwarded-Uri", address, "X-Forwarded-Method", method, header, wiretest.Nadia)...)
	}
	for _, c := range []struct {
		a    ask
		want int
	}{
		{teacher("/gate/forward/caddy", "/calendar", "POST"), 200},
		{teacher("/gate/forward/caddy/service=mail", "/calendar", "POST"), 403},
		{teacher("/gate/forward/caddy/service=mail", "/calendar", "GET"), 200},
		{teacher("/gate/forward/caddy/action=message.send", "/calendar", "GET"), 403},
		{teacher("/gate/forward/caddy/action=message.read", "/calendar", "POST"), 200},
		{teacher("/gate/forward/caddy/action=message.read", "/messages/?_method=PUT", "GET"), 403},
		{teacher("/gate/forward/caddy/action=message.read", "/messages/", "POST", "X-HTTP-Method", "PUT"), 403},
		{teacher("/gate/forward/caddy", "/messages/", "POST"), 403},
		{teacher("/gate/forward/caddy/school=0799001E", "/messages/", "POST"), 200}, // the école is not under the order
		{teacher("/gate/forward/caddy/school=0799001E/service=chat", "/x", "POST"), 200},
		{teacher("/gate/forward/caddy?school=0799001E", "/messages/", "POST"), 403},
		{teacher("/gate/forward/caddy?action=message.read", "/messages/", "POST"), 403},
	} {
		expect(t, h, c.a, c.want)
	}
}

// A refusal says why in the application's own words, and to nginx in headers.
func TestRefusal(t *testing.T) {
	w := wiretest.New(t, "2024-04-02T20:00", wiretest.Letter)
	h := handler(t, w.Desk)
	r := expect(t, h, asking("/gate/forward/caddy", "X-Forwarded-Uri", "/chat/1", header, wiretest.Teacher), 403)
	if body, _ := io.ReadAll(r.Body); !strings.Contains(string(body), `"success":false`) {
		t.Errorf("Rocket.Chat is told %s", body)
	}
	page := asking("/gate/forward/traefik", "X-Forwarded-Uri", "/messages", header, wiretest.Teacher, "Accept", "text/html", "Accept-Language", "en")
	r = expect(t, h, page, 403)
	if body, _ := io.ReadAll(r.Body); !strings.Contains(string(body), "Messaging is closed for now") {
		t.Errorf("a reader is told %s", body)
	}
	for name, want := range map[string]string{"Retry-After": "39600", "X-Ecluse-Reopens": "2024-04-03T07:00:00+02:00", "X-Ecluse-Access": "closed"} {
		if got := r.Header.Get(name); got != want {
			t.Errorf("%s: %q, want %q", name, got, want)
		}
	}
	nginx := asking("/gate/forward/nginx", "X-Original-URI", "/messages", header, wiretest.Teacher, "Accept", "text/html")
	r = expect(t, h, nginx, 403)
	if body, _ := io.ReadAll(r.Body); len(body) != 0 || r.Header.Get("X-Ecluse-Message") == "" || r.Header.Get("Retry-After") != "39600" {
		t.Errorf("nginx is told %v %s", r.Header, body)
	}
	nginx.headers.Set("Accept-Language", "en")
	r = expect(t, h, nginx, 403)
	if said, _ := url.PathUnescape(r.Header.Get("X-Ecluse-Message")); !strings.HasPrefix(said, "Messaging is closed for teachers until") {
		t.Errorf("nginx is told in English %q", said)
	}
	nginx.headers.Del("Accept-Language")
	nginx.path += "/notice"
	r = expect(t, h, nginx, 403)
	if body, _ := io.ReadAll(r.Body); !strings.Contains(string(body), "La messagerie est fermée pour le moment") {
		t.Errorf("the notice is %s", body)
	}
	w.At("2024-04-03T07:00")
	r = expect(t, h, nginx, 503)
	if body, _ := io.ReadAll(r.Body); !strings.Contains(string(body), "La messagerie est de nouveau ouverte") || r.Header.Get("Retry-After") != "1" {
		t.Errorf("the notice after the reopening is %v %s", r.Header, body)
	}
}

// What passes says so to the server's logs and to the application.
func TestPass(t *testing.T) {
	w := wiretest.New(t, wiretest.Noon, wiretest.Letter)
	h := handler(t, w.Desk)
	r := expect(t, h, asking("/gate/forward", "X-Original-URI", "/messages", header, wiretest.Teacher), 200)
	if r.Header.Get("X-Ecluse-Access") != "write" || r.Header.Get("X-Ecluse-Until") != "2024-04-02T19:00:00+02:00" {
		t.Errorf("what passes says %v", r.Header)
	}
	expect(t, h, asking("/gate/forward", "X-Original-URI", "/messages", header, "ecluse:self-test"), 403)
	expect(t, h, asking("/gate/forward", "X-Original-URI", "/messages", header, "somebody-else"), 403)
}

// Everything else goes on as it came.
func TestWrap(t *testing.T) {
	w := wiretest.New(t, wiretest.Noon, wiretest.Letter)
	h := handler(t, w.Desk).Wrap(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusTeapot) }))
	for path, want := range map[string]int{
		"/": 418, "/gate/forwarded": 418, "/gate": 418, "/gate/forward": 401, "/gate/forward/": 401, "/gate/forward/envoy//messages": 401, "/gate/forward/envoy//x": 200,
	} {
		expect(t, h, asking(path), want)
	}
}

// A sink is a response that nobody reads.
type sink struct{ h http.Header }

func (s sink) Header() http.Header         { return s.h }
func (s sink) Write(p []byte) (int, error) { return len(p), nil }
func (s sink) WriteHeader(int)             {}

// BenchmarkForward is what a question costs beyond net/http.
func BenchmarkForward(b *testing.B) {
	h := handler(b, wiretest.Desk(b))
	for name, who := range map[string]string{"open": wiretest.Teacher, "closed": wiretest.Pupil} {
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			r := httptest.NewRequest("GET", "/gate/forward/nginx", nil)
			r.RemoteAddr = "127.0.0.1:4000"
			for k, v := range map[string]string{"X-Original-URI": "/messages/12?page=2", "X-Original-Method": "GET", "X-Original-Host": "ent.example", header: who} {
				r.Header.Set(k, v)
			}
			for b.Loop() {
				h.ServeHTTP(sink{make(http.Header, 8)}, r)
			}
		})
	}
}
