package haproxy_test

import (
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"strings"
	"sync"
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
		"/etc/haproxy/ecluse", folder+"/ecluse", "/run/haproxy/ecluse.sock", folder+"/socket", " group ecluse ", " ", // the group of Écluse's account, which tests lack
		"127.0.0.1:8000", g.address, "127.0.0.1:8090", application.Listener.Addr().String(),
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
