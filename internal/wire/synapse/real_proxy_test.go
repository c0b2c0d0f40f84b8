package synapse_test

import (
	"context"
	"net"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/ecluse-ecole/ecluse/internal/config"
	"github.com/ecluse-ecole/ecluse/internal/identity"
	"github.com/ecluse-ecole/ecluse/internal/route"
	"github.com/ecluse-ecole/ecluse/internal/wire/proxy"
	"github.com/ecluse-ecole/ecluse/internal/wire/wiretest"
)

// front puts the proxy before the server, as it is published for Matrix, and
// returns its address.
func (h *homeserver) front() string {
	h.Helper()
	c, err := config.LoadProxy("../../../integrations/proxy/matrix.yaml")
	if err != nil {
		h.Fatal(err)
	}
	c.Identity.Whoami.URL = strings.Replace(c.Identity.Whoami.URL, "http://127.0.0.1:8008", h.url, 1)
	who, err := identity.New(c.Identity, nil)
	if err != nil {
		h.Fatal(err)
	}
	table, err := route.Compile(c.Routes, c.Unmatched)
	if err != nil {
		h.Fatal(err)
	}
	backend, err := url.Parse(h.url)
	if err != nil {
		h.Fatal(err)
	}
	p, err := proxy.New(proxy.Options{Decider: h.Desk.Local("proxy"), Who: who, Table: table, Backend: backend, Log: h.Log})
	if err != nil {
		h.Fatal(err)
	}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		h.Fatal(err)
	}
	ctx, stop := context.WithCancel(context.Background())
	var running sync.WaitGroup
	server := p.Server()
	running.Go(func() { p.Run(ctx) })
	running.Go(func() { server.Serve(l) })
	h.Cleanup(func() { stop(); server.Close(); running.Wait() })
	return "http://" + l.Addr().String()
}

// realPoll holds two long polls, with the proxy and without, and a keeper that
// locks beside them.
func realPoll(t *testing.T) {
	h := newHomeserver(t, "2024-04-02T18:59:59", wiretest.Letter)
	teacher := h.register(wiretest.Teacher, false)
	front := h.front()
	bare, held := h.poll(h.url, teacher), h.poll(front, teacher)
	h.keeps()
	select {
	case p := <-held:
		t.Fatalf("a long poll ends while all is open: %+v", p)
	case <-time.After(300 * time.Millisecond): // it would have
	}
	began := time.Now()
	h.At("2024-04-02T19:00")
	cut := <-held
	t.Logf("the long poll ends after %v: %d %s %s", time.Since(began), cut.Status, cut.Code, cut.Error)
	if took := time.Since(began); took > time.Second || cut.Code == "M_UNKNOWN_TOKEN" && !cut.Soft {
		t.Errorf("a long poll ends after %v with %+v", took, cut)
	}
	h.lock(teacher)
	select {
	case p := <-bare: // if this comes one day, the page on Matrix can say so
		t.Errorf("Synapse ends a long poll of a locked account by itself: %+v", p)
	default:
	}
	again, err := h.do(front, "GET", "/_matrix/client/v3/sync", teacher.Token, "")
	if err != nil || again.Status != http.StatusForbidden || again.Ecluse.Reopens != morning {
		t.Errorf("asking for news while it is closed: %+v, %v", again, err)
	}
	h.At("2024-04-03T07:00")
	wiretest.Eventually(t, "news come again with the same token", func() bool {
		p, err := h.do(front, "GET", "/_matrix/client/v3/sync?timeout=0", teacher.Token, "")
		return err == nil && p.Status == http.StatusOK
	})
}
