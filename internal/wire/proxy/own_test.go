package proxy_test

import (
	"bufio"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/ecluse-ecole/ecluse/internal/api"
	"github.com/ecluse-ecole/ecluse/internal/metric"
	"github.com/ecluse-ecole/ecluse/internal/point"
	"github.com/ecluse-ecole/ecluse/internal/wire/proxy"
	"github.com/ecluse-ecole/ecluse/internal/wire/wiretest"
)

func TestOwnAddresses(t *testing.T) {
	var stale atomic.Bool
	f := newFront(t, wiretest.Before, func(o *proxy.Options) {
		o.Ready = func() error {
			if stale.Load() {
				return errors.New("nothing was heard for 10 s")
			}
			return nil
		}
	})
	for target, want := range map[string]int{
		"/_ecluse/livez": 200, "/_ecluse/readyz": 200, "/_ecluse/self-test": 403,
		"/_ecluse/": 404, "/_ecluse": 404, "/_ecluse/x": 404, "//_ecluse/livez": 404, "/%5fecluse/livez": 404, "/a/../_ecluse/livez": 404,
	} {
		if res := f.ask(wiretest.Teacher, "GET", target, ""); res.StatusCode != want {
			t.Errorf("%s: %s", target, res.Status)
		}
	}
	stale.Store(true)
	if res := f.ask("", "GET", "/_ecluse/readyz", ""); res.StatusCode != http.StatusServiceUnavailable {
		t.Errorf("stale: %s", res.Status)
	}
	if n := f.app.asked.Load(); n != 0 {
		t.Errorf("%d requests were passed on", n)
	}
}

func TestSignIn(t *testing.T) {
	var shown atomic.Int64
	f := newFront(t, wiretest.Noon, func(o *proxy.Options) {
		o.SignIn = "/gate/sign-in"
		o.Beside = map[string]http.Handler{"/gate/sign-in": http.HandlerFunc(func(http.ResponseWriter, *http.Request) { shown.Add(1) })}
	})
	page := f.request("", "GET", "/m/inbox?page=2&a=b", "")
	page.Header.Set("Accept", "text/html,*/*")
	res := f.do(client(t, "127.0.0.1"), page)
	if res.StatusCode != http.StatusSeeOther || res.Header.Get("Location") != "/gate/sign-in?to=%2Fm%2Finbox%3Fpage%3D2%26a%3Db" {
		t.Errorf("%s to %q", res.Status, res.Header.Get("Location"))
	}
	if res := f.ask("", "POST", "/m/send", "x"); res.StatusCode != http.StatusUnauthorized {
		t.Errorf("sending: %s", res.Status)
	}
	if res := f.ask("", "GET", "/m/inbox", ""); res.StatusCode != http.StatusUnauthorized {
		t.Errorf("a program: %s", res.Status)
	}
	f.ask("", "GET", res.Header.Get("Location"), "")
	if shown.Load() != 1 || f.app.asked.Load() != 0 {
		t.Errorf("the sign-in was shown %d times, %d requests passed on", shown.Load(), f.app.asked.Load())
	}
}

// What nobody watches any more does not live.
func TestStopping(t *testing.T) {
	f := newFront(t, wiretest.Noon, nil)
	res := f.ask(wiretest.Teacher, "GET", "/m/stream", "")
	f.stop()
	if _, err := io.ReadAll(res.Body); err != nil {
		t.Error(err)
	}
	if res := f.ask(wiretest.Teacher, "GET", "/m/inbox", ""); res.StatusCode != http.StatusServiceUnavailable {
		t.Errorf("afterwards: %s", res.Status)
	}
}

func TestFigures(t *testing.T) {
	set := metric.New()
	f := newFront(t, wiretest.Noon, func(o *proxy.Options) { o.Metric = set })
	figures := func() string {
		w := httptest.NewRecorder()
		set.Handler().ServeHTTP(w, httptest.NewRequest("GET", "/metrics", nil))
		return w.Body.String()
	}
	res := f.ask(wiretest.Teacher, "GET", "/m/stream", "")
	f.ask(wiretest.Pupil, "GET", "/m/inbox", "")
	if s := figures(); !strings.Contains(s, "ecluse_proxy_live 1\n") || !strings.Contains(s, `ecluse_refusals_total{order="FR/13/079/2024-0002",point="proxy"} 1`) {
		t.Error(s)
	}
	f.At(closing)
	io.ReadAll(res.Body)
	wiretest.Eventually(t, "the cut is counted, and as quick", func() bool {
		return strings.Contains(figures(), `ecluse_cut_latency_seconds_bucket{point="proxy",le="1"} 1`)
	})
}

func TestNewRefuses(t *testing.T) {
	w := wiretest.New(t, wiretest.Noon)
	for _, backend := range []string{"", "/", "ftp://x", "http://", "http://x/app", "http://x?a=b", "http://a@x", "http://x#a"} {
		if _, err := proxy.New(options(t, w.Desk.Local("proxy"), backend, routes)); err == nil {
			t.Errorf("%q is taken for an application", backend)
		}
	}
	if _, err := proxy.New(proxy.Options{}); err == nil {
		t.Error("a proxy without anything is made")
	}
}

// remote is a front that asks over the network, and what stops the decision
// point: by ending it, or by making it hang.
func remote(t *testing.T) (f *front, end, hang func()) {
	w := wiretest.New(t, wiretest.Noon, wiretest.Letter)
	mux := http.NewServeMux()
	api.New(w.Desk, nil, api.Options{Log: w.Log, Tick: 100 * time.Millisecond}).Routes(mux)
	server := httptest.NewServer(mux)
	t.Cleanup(func() { w.App.Hush(); server.Close() })
	through := newRelay(t, server.Listener.Addr().String())
	c := point.New(point.Options{URL: "http://" + through.Addr().String(), Token: w.Point("proxy"), Stale: time.Second, Log: w.Log})
	done := make(chan struct{})
	ctx, stop := w.Context(), func() { <-done }
	go func() { defer close(done); c.Run(ctx) }()
	t.Cleanup(stop)
	wiretest.Eventually(t, "the point is ready", func() bool { return c.Ready() == nil })
	app := newApplication(t)
	o := options(t, c, app.URL, routes)
	o.Log, o.Ready = w.Log, c.Ready
	f = serve(t, o)
	f.World, f.app = w, app
	return f, through.end, through.hang
}

// Where the decision point is gone or hangs, everything closes, and what is live
// is cut.
func TestDecisionPointGone(t *testing.T) {
	for name, hangs := range map[string]bool{"ended": false, "hung": true} {
		t.Run(name, func(t *testing.T) {
			f, end, hang := remote(t)
			if hangs {
				end = hang
			}
			res := f.ask(wiretest.Teacher, "GET", "/m/stream", "")
			lines := bufio.NewReader(res.Body)
			if _, err := lines.ReadString('\n'); err != nil {
				t.Fatal(err)
			}
			if res := f.ask(wiretest.Pupil, "GET", "/m/inbox", ""); res.StatusCode != http.StatusForbidden {
				t.Errorf("a pupil: %s", res.Status)
			}
			began := time.Now()
			end()
			io.ReadAll(lines)
			t.Logf("the stream ended %v after", time.Since(began))
			if res := f.ask(wiretest.Teacher, "GET", "/m/inbox", ""); res.StatusCode != http.StatusServiceUnavailable {
				t.Errorf("a new request: %s", res.Status)
			}
			if res := f.ask(wiretest.Guardian, "GET", "/m/inbox", ""); res.StatusCode != http.StatusServiceUnavailable {
				t.Errorf("somebody who was never asked about: %s", res.Status)
			}
			if res := f.ask("", "GET", "/lessons", ""); res.StatusCode != http.StatusOK {
				t.Errorf("what is no messaging: %s", res.Status)
			}
			if res := f.ask("", "GET", "/_ecluse/readyz", ""); res.StatusCode != http.StatusServiceUnavailable {
				t.Errorf("readyz: %s", res.Status)
			}
			if res := f.ask("", "GET", "/_ecluse/self-test", ""); res.StatusCode != http.StatusForbidden {
				t.Errorf("self-test: %s", res.Status)
			}
		})
	}
}

// Over the network too, the closing is at the second.
func TestClosesOverTheNetwork(t *testing.T) {
	f, _, _ := remote(t)
	res := f.ask(wiretest.Teacher, "GET", "/m/stream", "")
	if _, err := bufio.NewReader(res.Body).ReadString('\n'); err != nil {
		t.Fatal(err)
	}
	began := time.Now()
	f.At(closing)
	io.ReadAll(res.Body)
	if after := time.Since(began); after > time.Second {
		t.Errorf("the stream ended after %v", after)
	}
	if res := f.ask(wiretest.Teacher, "GET", "/m/inbox", ""); res.StatusCode != http.StatusForbidden {
		t.Errorf("a new request: %s", res.Status)
	}
}
