package proxy_test

import (
	"bytes"
	"context"
	"errors"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"

	"github.com/ecluse-ecole/ecluse/internal/config"
	"github.com/ecluse-ecole/ecluse/internal/identity"
	"github.com/ecluse-ecole/ecluse/internal/wire/proxy"
	"github.com/ecluse-ecole/ecluse/internal/wire/wiretest"
)

// A held source finds the teacher when it is let.
type held struct {
	asked chan struct{} // one for each question
	let   chan struct{} // closed: it answers
}

func (s held) Who(*http.Request) (string, error) {
	s.asked <- struct{}{}
	<-s.let
	return wiretest.Teacher, nil
}

// A request that is finding out who asks while the keeper ends is not let in
// afterwards: nobody would end it at the closing.
func TestNobodyIsLetInUnkept(t *testing.T) {
	w, app := wiretest.New(t, wiretest.Noon, wiretest.Letter), newApplication(t)
	s := held{make(chan struct{}), make(chan struct{})}
	o := options(t, w.Desk.Local("proxy"), app.URL, routes)
	o.Who, o.Log = &identity.Chain{Sources: []identity.Source{s}}, w.Log
	p, err := proxy.New(o)
	if err != nil {
		t.Fatal(err)
	}
	ctx, stop := context.WithCancel(t.Context())
	var keeping, asking sync.WaitGroup
	keeping.Go(func() { p.Run(ctx) })
	answer := httptest.NewRecorder()
	asking.Go(func() { p.ServeHTTP(answer, httptest.NewRequest("GET", "/m/1", nil)) })
	<-s.asked // it has been seen that the proxy runs
	stop()
	keeping.Wait()
	close(s.let)
	asking.Wait()
	if answer.Code != http.StatusServiceUnavailable || app.asked.Load() != 0 || p.Live() != 0 {
		t.Errorf("a request of a proxy that has stopped: %d, %d reached the application, %d live", answer.Code, app.asked.Load(), p.Live())
	}
}

// An address that some read as one service and some as another is as open as the
// less open of them, and what rests on it ends when that closes.
func TestAddressOfTwoServices(t *testing.T) {
	waits := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		if r.URL.RawQuery == "wait" {
			<-r.Context().Done()
		}
	}))
	defer waits.Close()
	f := newFront(t, wiretest.Noon, func(o *proxy.Options) {
		*o = options(t, o.Decider, waits.URL, []config.Route{{Path: "/m/**"}, {Path: "/mail/**", Service: "mail"}})
	})
	for login, want := range map[string]int{wiretest.Teacher: http.StatusOK, wiretest.Pupil: http.StatusForbidden} {
		if res := f.ask(login, "GET", "/mail/..%2fm/1", ""); res.StatusCode != want {
			t.Errorf("%s: %s, want %d", login, res.Status, want)
		}
	}
	answered := make(chan int, 1)
	go func() { answered <- f.ask(wiretest.Teacher, "GET", "/mail/..%2fm/1?wait", "").StatusCode }()
	wiretest.Eventually(t, "a request waits", func() bool { return f.Live() == 1 })
	f.At("2024-04-02T19:00")
	if status := <-answered; status != http.StatusForbidden {
		t.Errorf("what waited at the closing is answered %d", status)
	}
}

// What anybody can send does not fill the log.
func TestFloodOfTheUnknown(t *testing.T) {
	var out bytes.Buffer
	f := newFront(t, wiretest.Noon, func(o *proxy.Options) {
		o.Who = &identity.Chain{Sources: []identity.Source{silent{}}}
		o.Log = slog.New(slog.NewTextHandler(&out, nil))
	})
	for range 100 {
		if res := f.ask(wiretest.Teacher, "GET", "/m/1", ""); res.StatusCode != http.StatusServiceUnavailable {
			t.Fatal(res.Status)
		}
	}
	f.stop()
	if n := strings.Count(out.String(), "finding out who is asking"); n != 1 {
		t.Errorf("a hundred requests left %d lines:\n%s", n, out.String())
	}
}

// Neither do requests, of whomever, while the application is gone.
func TestFloodWhileTheApplicationIsGone(t *testing.T) {
	var out bytes.Buffer
	f := newFront(t, wiretest.Noon, func(o *proxy.Options) {
		o.Backend.Host = wiretest.FreeAddress(t)
		o.Log = slog.New(slog.NewTextHandler(&out, nil))
	})
	for range 100 {
		if res := f.ask("", "GET", "/open", ""); res.StatusCode != http.StatusBadGateway {
			t.Fatal(res.Status)
		}
	}
	f.stop()
	if n := strings.Count(out.String(), "passing a request on"); n != 1 {
		t.Errorf("a hundred requests left %d lines:\n%s", n, out.String())
	}
}

// A silent source cannot tell.
type silent struct{}

func (silent) Who(*http.Request) (string, error) { return "", errors.New("the application is silent") }
