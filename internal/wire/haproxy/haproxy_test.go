package haproxy_test

import (
	"crypto/sha256"
	"encoding/base64"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/ecluse-ecole/ecluse/internal/config"
	"github.com/ecluse-ecole/ecluse/internal/wire/haproxy"
	"github.com/ecluse-ecole/ecluse/internal/wire/wiretest"
)

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
	if french, english, both := strings.Cut(a.body, `<section lang="en">`); !both || !strings.Contains(french, "tel:0536490000") || !strings.Contains(french, "tel:119") || !strings.Contains(english, "<h2>Messaging is closed") || strings.Contains(english, "fermée") {
		t.Errorf("the page is not French with its numbers, then English: %s", a.body)
	}
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
	var sent time.Time
	wiretest.Eventually(t, "HAProxy reloads", func() bool {
		if time.Since(sent) > 2*time.Second { // a master that is just starting hears nothing
			g.server.Process.Signal(syscall.SIGUSR2)
			sent = time.Now()
		}
		return g.as(wiretest.Teacher) == 503
	})
	g.push(config.HAProxy{})
	g.eventually(wiretest.Teacher, 200)
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
