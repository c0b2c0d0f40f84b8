package haproxy_test

import (
	"bufio"
	"context"
	"crypto/sha256"
	"encoding/base64"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/coder/websocket"

	"github.com/ecluse-ecole/ecluse/internal/config"
	"github.com/ecluse-ecole/ecluse/internal/metric"
	"github.com/ecluse-ecole/ecluse/internal/wire/haproxy"
	"github.com/ecluse-ecole/ecluse/internal/wire/wiretest"
)

const integration = "../../../integrations/haproxy/"

// pupilsAtNight closes messaging to pupils from 19:00 to 07:00, and to nobody else.
const pupilsAtNight = `
order: FR/13/079/2024-0010
issuer: FR/13/079
status: actual
type: issue
title: Fermeture de nuit
applies: {territory: FR/13/079, degrees: [second]}
from: 2024-03-29T00:00
rules:
  - {roles: [pupil], hours: "07:00-19:00"}
reason: 'La nuit est faite pour dormir : "chut" <100 % & \o/'
contact: {office: Cabinet du DASEN, phone: "05 36 49 00 00"}
`

// A gate is a real HAProxy, with the published configuration, before a lenient
// application.
type gate struct {
	*wiretest.World
	url, address, folder string
	server               *wiretest.Server

	mu   sync.Mutex
	seen []string // what the application was asked, with the headers that count
}

func newGate(t *testing.T, at string, orders ...string) *gate {
	t.Helper()
	wiretest.Need(t, "haproxy")
	folder, err := os.MkdirTemp("", "haproxy") // a socket's path must be short
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { os.RemoveAll(folder) })
	g := &gate{World: wiretest.New(t, at, orders...), address: wiretest.FreeAddress(t), folder: folder}
	g.url = "http://" + g.address
	if err := os.CopyFS(folder+"/ecluse", os.DirFS(integration+"ecluse")); err != nil {
		t.Fatal(err)
	}
	application := httptest.NewServer(g)
	t.Cleanup(application.Close)
	wiretest.Config(t, integration+"haproxy.cfg", folder+"/haproxy.cfg",
		"/etc/haproxy/ecluse", folder+"/ecluse", "/run/haproxy/ecluse.sock", folder+"/socket",
		"127.0.0.1:8080", g.address, "127.0.0.1:8090", application.Listener.Addr().String(),
		"maxconn 4000", "maxconn 400", // as many files as any machine lets us open
		"timeout http-request 10s", "timeout http-request 1s", // so that the test of slow clients is not slow
	)
	g.start()
	return g
}

func (g *gate) start(mode ...string) {
	g.Helper()
	g.server = wiretest.Start(g.T, g.address, wiretest.Need(g.T, "haproxy"), append(mode, "-db", "-f", g.folder+"/haproxy.cfg")...)
}

// kill ends HAProxy and waits until its address is free.
func (g *gate) kill() {
	g.Helper()
	g.server.Process.Kill()
	wiretest.Eventually(g.T, "HAProxy ends", func() bool {
		c, err := net.Dial("tcp", g.address)
		if err == nil {
			c.Close()
		}
		return err != nil
	})
}

// ServeHTTP is the application: it streams, echoes, and takes everything.
func (g *gate) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	g.mu.Lock()
	g.seen = append(g.seen, r.Method+" "+r.RequestURI+fmt.Sprint(r.Header))
	g.mu.Unlock()
	switch {
	case strings.HasSuffix(r.URL.Path, "/socket"):
		c, err := websocket.Accept(w, r, nil)
		if err != nil {
			return
		}
		defer c.CloseNow()
		for r.Context().Err() == nil {
			if c.Write(r.Context(), websocket.MessageText, []byte("tick")) != nil {
				return
			}
			time.Sleep(20 * time.Millisecond)
		}
	case strings.HasSuffix(r.URL.Path, "/stream"):
		w.Header().Set("Content-Type", "text/event-stream")
		for r.Context().Err() == nil {
			if _, err := io.WriteString(w, "data: tick\n\n"); err != nil {
				return
			}
			w.(http.Flusher).Flush()
			time.Sleep(20 * time.Millisecond)
		}
	default:
		fmt.Fprint(w, "the application")
	}
}

func (g *gate) reached(what string) bool {
	g.mu.Lock()
	defer g.mu.Unlock()
	for _, s := range g.seen {
		if strings.Contains(s, what) {
			return true
		}
	}
	return false
}

// push begins to tell HAProxy; the function returned ends it, as if killed.
func (g *gate) push(c config.HAProxy) (kill func()) {
	g.Helper()
	c.Socket, c.Maps = g.folder+"/socket", g.folder+"/ecluse"
	p, err := haproxy.New(haproxy.Options{App: g.App, Config: &c, Metric: metric.New(), Log: g.Log})
	if err != nil {
		g.Fatal(err)
	}
	ctx, stop := context.WithCancel(context.WithoutCancel(g.Context()))
	done := make(chan struct{})
	go func() { defer close(done); p.Run(ctx) }()
	kill = func() { stop(); <-done }
	g.Cleanup(kill)
	return kill
}

type answer struct {
	*http.Response
	body string
}

// ask sends a request as the server in front does, with pairs of header and value.
func (g *gate) ask(method, path string, headers ...string) answer {
	g.Helper()
	return g.askFrom(nil, method, path, headers...)
}

// stranger is an address that nobody trusts.
var stranger = &net.TCPAddr{IP: net.IPv4(127, 0, 0, 2)}

func (g *gate) askFrom(from net.Addr, method, path string, headers ...string) answer {
	g.Helper()
	r, err := http.NewRequestWithContext(g.Context(), method, g.url+path, nil)
	if err != nil {
		g.Fatal(err)
	}
	for i := 0; i < len(headers); i += 2 {
		r.Header[headers[i]] = append(r.Header[headers[i]], headers[i+1]) // in this very spelling
	}
	transport := &http.Transport{DialContext: (&net.Dialer{LocalAddr: from}).DialContext}
	defer transport.CloseIdleConnections()
	resp, err := transport.RoundTrip(r)
	if err != nil {
		g.Fatal(err)
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	if err != nil {
		g.Fatal(err)
	}
	return answer{resp, string(body)}
}

// as is a person's request for messaging.
func (g *gate) as(login string) int {
	g.Helper()
	return g.ask("GET", "/messagerie/", "X-Ecluse-User", login).StatusCode
}

func (g *gate) eventually(login string, want int) {
	g.Helper()
	wiretest.Eventually(g.T, fmt.Sprintf("%s gets %d", login, want), func() bool { return g.as(login) == want })
}

func (g *gate) want(a answer, status int, holds ...string) {
	g.Helper()
	if a.StatusCode != status {
		g.Errorf("%d, want %d: %s", a.StatusCode, status, a.body)
	}
	for _, text := range holds {
		if !strings.Contains(a.body, text) {
			g.Errorf("%q does not hold %q", a.body, text)
		}
	}
}

func TestWhoMayPass(t *testing.T) {
	g := newGate(t, wiretest.Noon, wiretest.Letter)
	g.want(g.ask("GET", "/messagerie/", "X-Ecluse-User", wiretest.Teacher), 503, "il n’est pas possible de vérifier") // not told yet
	g.push(config.HAProxy{})
	g.eventually(wiretest.Teacher, 200)
	for _, c := range []struct {
		name    string
		headers []string
		want    int
	}{
		{"a pupil", []string{"X-Ecluse-User", wiretest.Pupil}, 403},
		{"in capitals", []string{"X-Ecluse-User", "TEACHER1"}, 200},
		{"by another name", []string{"X-Ecluse-User", "teacher1@college.example"}, 200},
		{"at two schools", []string{"X-Ecluse-User", wiretest.Nadia}, 200},
		{"an unknown name", []string{"X-Ecluse-User", "nobody"}, 403},
		{"the self-test", []string{"X-Ecluse-User", "ecluse:self-test"}, 503},
		{"nobody", nil, 401},
		{"two names", []string{"X-Ecluse-User", wiretest.Teacher, "X-Ecluse-User", wiretest.Pupil}, 400},
		{"a place", []string{"X-Ecluse-School", "0799002f", "X-Ecluse-Role", "teacher"}, 200},
		{"a pupil's place", []string{"X-Ecluse-School", "0799002F", "X-Ecluse-Role", "pupil"}, 403},
		{"an unknown place", []string{"X-Ecluse-School", "0750001A", "X-Ecluse-Role", "teacher"}, 403},
		{"a school alone", []string{"X-Ecluse-School", "0799002F"}, 401},
		{"the account counts, not the place", []string{"X-Ecluse-User", wiretest.Pupil, "X-Ecluse-School", "0799002F", "X-Ecluse-Role", "teacher"}, 403},
	} {
		if got := g.ask("POST", "/messagerie/send", c.headers...); got.StatusCode != c.want {
			t.Errorf("%s: %d, want %d: %s", c.name, got.StatusCode, c.want, got.body)
		}
	}
	g.want(g.ask("GET", "/agenda?x=/messagerie"), 200, "the application")
	g.want(g.ask("GET", "/_ecluse/self-test"), 503, "always closed")
}

func TestRefusal(t *testing.T) {
	g := newGate(t, "2024-04-02T20:00", pupilsAtNight)
	g.push(config.HAProxy{})
	g.eventually(wiretest.Pupil, 403)
	a := g.ask("GET", "/messagerie/", "X-Ecluse-User", wiretest.Pupil)
	g.want(a, 403, `{"access":"closed","reopens":"20`, `"orders":[{"id":"FR/13/079/2024-0010"`, "mercredi 3 avril à 7\u00a0h\u00a000", `\"chut\"`, `\\o/`)
	reopens, err := time.Parse(time.RFC3339, a.Header.Get("X-Ecluse-Reopens"))
	if left := time.Until(reopens); err != nil || left < 10*time.Hour || left > 11*time.Hour { // real time: the tests' clock stands at 20:00
		t.Errorf("it reopens in %v (%v), want in eleven hours", left, err)
	}
	var retry int
	if _, err := fmt.Sscan(a.Header.Get("Retry-After"), &retry); err != nil || retry < 10*3600 || retry > 11*3600+120 {
		t.Errorf("Retry-After: %q", a.Header.Get("Retry-After"))
	}
	a = g.ask("GET", "/messagerie/", "X-Ecluse-User", wiretest.Pupil, "Accept", "text/html,*/*")
	g.want(a, 403, "<h1>La messagerie est fermée pour le moment</h1>", "&#34;chut&#34; &lt;100 % &amp; \\o/", "tel:0536490000", "3018", "Messaging is closed")
	_, style, _ := strings.Cut(a.body, "<style>")
	style, _, _ = strings.Cut(style, "</style>")
	if sum := sha256.Sum256([]byte(style)); !strings.Contains(a.Header.Get("Content-Security-Policy"), base64.StdEncoding.EncodeToString(sum[:])) {
		t.Errorf("the page's policy does not allow its style, sha256-%s", base64.StdEncoding.EncodeToString(sum[:]))
	}
	if a.Header.Get("Cache-Control") != "no-store" || !strings.HasPrefix(a.Header.Get("Content-Type"), "text/html") {
		t.Errorf("headers: %v", a.Header)
	}
}

func TestReadOnly(t *testing.T) {
	g := newGate(t, "2024-04-02T20:00", strings.ReplaceAll(pupilsAtNight, `"07:00-19:00"`, `"07:00-19:00", outside: read`))
	g.push(config.HAProxy{})
	g.eventually(wiretest.Pupil, 200)
	for _, c := range []struct {
		method, path string
		headers      []string
		want         int
	}{
		{"GET", "/messagerie/1", nil, 200},
		{"HEAD", "/messagerie/1", nil, 200},
		{"POST", "/messagerie/1", nil, 403},
		{"DELETE", "/messagerie/1", nil, 403},
		{"GET", "/messagerie/1?_method=POST", nil, 403},
		{"GET", "/messagerie/1?a=b&%5fMethod=POST", nil, 403},
		{"GET", "/messagerie/socket", []string{"Upgrade", "websocket", "Connection", "Upgrade", "Sec-Websocket-Version", "13", "Sec-Websocket-Key", "AAAAAAAAAAAAAAAAAAAAAA=="}, 403},
		{"GET", "/messagerie/1", []string{"X-HTTP-Method-Override", "POST", "X_Method_Override", "POST", "X-Http-Method", "PUT"}, 200},
	} {
		a := g.ask(c.method, c.path, append(c.headers, "X-Ecluse-User", wiretest.Pupil)...)
		if a.StatusCode != c.want {
			t.Errorf("%s %s: %d, want %d", c.method, c.path, a.StatusCode, c.want)
		}
		if c.want == 403 && !strings.Contains(a.body, `"access":"read"`) {
			t.Errorf("%s %s: %s", c.method, c.path, a.body)
		}
	}
	if g.reached("Override") || g.reached("X-Http-Method") {
		t.Errorf("the application saw another method: %q", g.seen)
	}
}

// The instant stands in the map: nobody has to say that it has come.
func TestClosesAtTheSecondByItself(t *testing.T) {
	g := newGate(t, "2024-04-02T18:59:58", wiretest.Letter)
	kill := g.push(config.HAProxy{Lease: time.Hour})
	g.eventually(wiretest.Teacher, 200)
	kill()
	told := time.Now()
	g.eventually(wiretest.Teacher, 503)
	if took := time.Since(told); took > 2500*time.Millisecond {
		t.Errorf("it closed %v after the pusher was killed, want at most two seconds", took)
	}
}

func TestClosesWhenThePusherIsGone(t *testing.T) {
	g := newGate(t, wiretest.Noon, wiretest.Letter)
	kill := g.push(config.HAProxy{Lease: 3 * time.Second})
	g.eventually(wiretest.Teacher, 200)
	kill()
	killed := time.Now()
	g.eventually(wiretest.Teacher, 503)
	if took := time.Since(killed); took > 4*time.Second {
		t.Errorf("it closed %v after the pusher was killed, want within its lease of three seconds", took)
	}
	g.want(g.ask("GET", "/agenda"), 200)
	g.push(config.HAProxy{Lease: 3 * time.Second})
	g.eventually(wiretest.Teacher, 200)
}

func TestRestartIsClosedUntilTold(t *testing.T) {
	g := newGate(t, wiretest.Noon, wiretest.Letter)
	kill := g.push(config.HAProxy{})
	g.eventually(wiretest.Teacher, 200)
	kill()
	g.kill()
	g.start()
	g.want(g.ask("GET", "/messagerie/", "X-Ecluse-User", wiretest.Teacher), 503)
	g.push(config.HAProxy{Lease: 3 * time.Second})
	g.eventually(wiretest.Teacher, 200)

	// once more, under a pusher that goes on
	g.kill()
	g.start()
	g.eventually(wiretest.Teacher, 200)
}

// A reload leaves the old process running for what is live in it. The new one is
// closed until it is told.
func TestReload(t *testing.T) {
	g := newGate(t, wiretest.Noon, wiretest.Letter)
	g.kill()
	g.start("-W")
	kill := g.push(config.HAProxy{Lease: time.Hour})
	g.eventually(wiretest.Teacher, 200)
	kill()
	g.server.Process.Signal(syscall.SIGUSR2)
	g.eventually(wiretest.Teacher, 503)
	g.push(config.HAProxy{})
	g.eventually(wiretest.Teacher, 200)
}

// live opens a web socket and an event stream; each tick comes to the channel,
// which is closed at the end of the connection.
func (g *gate) live(login string) (socket, stream <-chan struct{}) {
	g.Helper()
	header := http.Header{"X-Ecluse-User": {login}}
	c, _, err := websocket.Dial(g.Context(), g.url+"/messagerie/socket", &websocket.DialOptions{HTTPHeader: header})
	if err != nil {
		g.Fatal(err)
	}
	g.Cleanup(func() { c.CloseNow() })
	ws := make(chan struct{}, 10_000)
	go func() {
		defer close(ws)
		for {
			if _, _, err := c.Read(context.Background()); err != nil {
				return
			}
			ws <- struct{}{}
		}
	}()
	r, _ := http.NewRequest("GET", g.url+"/messagerie/stream", nil)
	r.Header = header
	resp, err := http.DefaultTransport.RoundTrip(r)
	if err != nil || resp.StatusCode != 200 {
		g.Fatal(resp, err)
	}
	g.Cleanup(func() { resp.Body.Close() })
	sse := make(chan struct{}, 10_000)
	go func() {
		defer close(sse)
		for lines := bufio.NewScanner(resp.Body); lines.Scan(); {
			sse <- struct{}{}
		}
	}()
	return ws, sse
}

// ended waits for the end of a connection and says when it came.
func (g *gate) ended(c <-chan struct{}) time.Time {
	g.Helper()
	limit := time.After(10 * time.Second)
	for {
		select {
		case _, open := <-c:
			if !open {
				return time.Now()
			}
		case <-limit:
			g.Fatal("the connection was never cut")
		}
	}
}

// alive waits for ticks that were sent after now.
func (g *gate) alive(what string, c <-chan struct{}) {
	g.Helper()
	for range len(c) + 3 {
		select {
		case _, open := <-c:
			if !open {
				g.Fatalf("%s was cut", what)
			}
		case <-time.After(10 * time.Second):
			g.Fatalf("%s is silent", what)
		}
	}
}

func TestLiveIsCut(t *testing.T) {
	g := newGate(t, "2024-04-02T18:59", pupilsAtNight)
	g.push(config.HAProxy{})
	g.eventually(wiretest.Pupil, 200)
	socket, stream := g.live(wiretest.Pupil)
	teacherSocket, teacherStream := g.live(wiretest.Teacher)
	g.alive("the pupil's socket", socket)
	g.alive("the pupil's stream", stream)

	began := time.Now()
	g.At("2024-04-02T19:00")
	for name, c := range map[string]<-chan struct{}{"socket": socket, "stream": stream} {
		if took := g.ended(c).Sub(began); took > time.Second {
			t.Errorf("the %s was cut %v after the closing", name, took)
		} else {
			t.Logf("the %s was cut %v after the closing", name, took)
		}
	}
	g.want(g.ask("GET", "/messagerie/", "X-Ecluse-User", wiretest.Pupil), 403)
	g.alive("the teacher's socket", teacherSocket)
	g.alive("the teacher's stream", teacherStream)

	g.At("2024-04-03T07:00")
	g.eventually(wiretest.Pupil, 200)
}

// A stream may go on where reading is left, a web socket may not.
func TestCutToReading(t *testing.T) {
	g := newGate(t, "2024-04-02T18:59", strings.ReplaceAll(pupilsAtNight, `"07:00-19:00"`, `"07:00-19:00", outside: read`))
	g.push(config.HAProxy{})
	g.eventually(wiretest.Pupil, 200)
	socket, stream := g.live(wiretest.Pupil)
	g.At("2024-04-02T19:00")
	g.ended(socket)
	g.alive("the stream", stream)
}

// An order cuts at once, and one account alone where the account counts.
func TestOrderThatAsksOfAccounts(t *testing.T) {
	g := newGate(t, wiretest.Noon)
	g.push(config.HAProxy{})
	g.eventually(wiretest.Pupil, 200)
	socket, _ := g.live(wiretest.Pupil)
	teacherSocket, _ := g.live(wiretest.Teacher)
	g.Issue(strings.ReplaceAll(pupilsAtNight, `hours: "07:00-19:00"`, `hours: "24/7", require: {second_factor: true}, otherwise: closed`))
	g.ended(socket)
	g.eventually(wiretest.Pupil, 403)
	g.want(g.ask("GET", "/messagerie/", "X-Ecluse-School", "0799002F", "X-Ecluse-Role", "pupil"), 403)
	g.alive("the teacher's socket", teacherSocket)
}

func TestReportsAsAPoint(t *testing.T) {
	g := newGate(t, "2024-04-02T18:59", pupilsAtNight)
	g.Point("haproxy")
	g.push(config.HAProxy{Point: "test-haproxy", Territory: "FR/13/079"})
	g.eventually(wiretest.Pupil, 200)
	socket, _ := g.live(wiretest.Teacher)
	g.alive("the socket", socket)
	g.At("2024-04-02T19:00")
	wiretest.Eventually(t, "the point reports", func() bool {
		points, err := g.App.Points(g.Context(), "FR")
		if err != nil || len(points) != 1 || len(points[0].Instances) != 1 {
			return false
		}
		r := points[0].Instances[0]
		return strings.HasPrefix(r.Software, "HAProxy 2.") && r.Live == 2 && r.Refused && !r.Tested.IsZero() && r.Version > 0
	})
}

// A HAProxy that hangs holds nobody up.
func TestHungHAProxy(t *testing.T) {
	g := newGate(t, wiretest.Noon, wiretest.Letter)
	kill := g.push(config.HAProxy{})
	g.eventually(wiretest.Teacher, 200)
	g.server.Process.Signal(syscall.SIGSTOP)
	defer g.server.Process.Signal(syscall.SIGCONT)
	g.Issue(pupilsAtNight)
	ended := make(chan struct{})
	go func() { defer close(ended); kill() }()
	select {
	case <-ended:
	case <-time.After(2 * time.Second):
		t.Error("the pusher waits for a HAProxy that hangs")
	}
}

func TestFilesAgree(t *testing.T) {
	for name, want := range haproxy.OnDisk() {
		text, err := os.ReadFile(filepath.Join(integration, "ecluse", name))
		if err != nil {
			t.Fatal(err)
		}
		if string(text) != want {
			t.Errorf("%s is not what a Pusher would write before it knows anything: want\n%s", name, want)
		}
	}
}
