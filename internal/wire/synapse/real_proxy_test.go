package synapse_test

import (
	"context"
	"net"
	"net/http"
	"net/url"
	"os"
	"sync"
	"testing"
	"time"

	"github.com/ecluse-ecole/ecluse/internal/config"
	"github.com/ecluse-ecole/ecluse/internal/identity"
	"github.com/ecluse-ecole/ecluse/internal/route"
	"github.com/ecluse-ecole/ecluse/internal/wire/proxy"
	"github.com/ecluse-ecole/ecluse/internal/wire/wiretest"
)

// routes are those that are published for Matrix, where they are at hand.
func routes(t *testing.T) []config.Route {
	t.Helper()
	const published = "../../../integrations/proxy/matrix.yaml"
	if _, err := os.Stat(published); err != nil {
		return []config.Route{
			{Path: "/_matrix/client/*/sync", Action: "message.read", Service: "chat", Refusal: "matrix"},
			{Path: "/_matrix/client/*/rooms/*/send/**", Action: "message.send", Service: "chat", Refusal: "matrix"},
		}
	}
	c, err := config.LoadProxy(published)
	if err != nil {
		t.Fatal(err)
	}
	return c.Routes
}

// front puts the proxy before the server and returns its address.
func (h *homeserver) front() string {
	h.Helper()
	who, err := identity.New(config.Identity{Prefix: "@", Suffix: ":school.example", Whoami: &config.Whoami{
		URL: h.url + "/_matrix/client/v3/account/whoami", Headers: []string{"Authorization"}, Query: []string{"access_token"}, Field: "user_id",
	}}, nil)
	if err != nil {
		h.Fatal(err)
	}
	table, err := route.Compile(routes(h.T), "")
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
