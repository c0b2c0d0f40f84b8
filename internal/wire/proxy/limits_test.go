package proxy_test

import (
	"crypto/rand"
	"errors"
	"io"
	"net"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/ecluse-ecole/ecluse/internal/config"
	"github.com/ecluse-ecole/ecluse/internal/identity"
	"github.com/ecluse-ecole/ecluse/internal/wire/proxy"
	"github.com/ecluse-ecole/ecluse/internal/wire/wiretest"
)

// connect opens a connection from an address and sends something.
func (f *front) connect(from, some string) net.Conn {
	f.World.Helper()
	d := net.Dialer{LocalAddr: &net.TCPAddr{IP: net.ParseIP(from)}}
	c, err := d.DialContext(f.World.Context(), "tcp", f.address)
	if err != nil {
		f.World.Fatal(err)
	}
	f.World.Cleanup(func() { c.Close() })
	io.WriteString(c, some)
	return c
}

// ends waits until the other side has closed, and returns what it said.
func ends(t *testing.T, c net.Conn) string {
	t.Helper()
	c.SetReadDeadline(time.Now().Add(10 * time.Second))
	out, err := io.ReadAll(c)
	if errors.Is(err, os.ErrDeadlineExceeded) {
		t.Fatalf("the connection lives on; it said %q", out)
	}
	return string(out)
}

func TestSlowClientsAreLeft(t *testing.T) {
	f := newFront(t, wiretest.Noon, func(o *proxy.Options) { o.Limits.Slow = 200 * time.Millisecond })
	id := who + ": " + wiretest.Teacher + "\r\n"
	t.Run("a head that never ends", func(t *testing.T) {
		if out := ends(t, f.connect("127.0.0.1", "GET /m/inbox HTTP/1.1\r\nHost: x\r\n"+id)); strings.Contains(out, " 200 ") {
			t.Error(out)
		}
	})
	t.Run("a body that never comes", func(t *testing.T) {
		c := f.connect("127.0.0.1", "POST /m/upload HTTP/1.1\r\nHost: x\r\n"+id+"Content-Length: 10\r\n\r\n")
		if out := ends(t, c); !strings.HasPrefix(out, "HTTP/1.1 408 ") {
			t.Errorf("%.80q", out)
		}
	})
	t.Run("a body that trickles", func(t *testing.T) {
		c := f.connect("127.0.0.1", "POST /m/upload HTTP/1.1\r\nHost: x\r\n"+id+"Content-Length: 1000000\r\n\r\n")
		go func() {
			for {
				if _, err := c.Write([]byte("a")); err != nil {
					return
				}
				time.Sleep(20 * time.Millisecond)
			}
		}()
		ends(t, c)
	})
	t.Run("a refused body that never comes", func(t *testing.T) {
		c := f.connect("127.0.0.1", "POST /m/upload HTTP/1.1\r\nHost: x\r\n"+who+": "+wiretest.Pupil+"\r\nContent-Length: 10\r\n\r\n")
		if out := ends(t, c); !strings.HasPrefix(out, "HTTP/1.1 403 ") {
			t.Errorf("%.80q", out)
		}
	})
	t.Run("an answer that nobody takes", func(t *testing.T) {
		f.connect("127.0.0.1", "GET /m/large HTTP/1.1\r\nHost: x\r\n"+id+"\r\n")
		wiretest.Eventually(t, "the application is told", func() bool { return f.app.ended.Load() > 0 })
	})
	wiretest.Eventually(t, "nothing is left", func() bool { return f.Live() == 0 })
}

// A stream that says nothing for longer than a client may be slow is not slow.
func TestQuietStreamsLive(t *testing.T) {
	f := newFront(t, wiretest.Noon, func(o *proxy.Options) { o.Limits.Slow = 100 * time.Millisecond })
	res := f.ask(wiretest.Teacher, "GET", "/m/part", "")
	c, _, err := f.dial(wiretest.Teacher, "/m/socket")
	if err != nil {
		t.Fatal(err)
	}
	defer c.CloseNow()
	upload := f.request(wiretest.Teacher, "POST", "/m/poll", "since=1")
	posted := make(chan string, 1)
	go func() {
		res, err := client(t, "127.0.0.1").Do(upload)
		if err != nil {
			posted <- err.Error()
			return
		}
		posted <- res.Status
	}()
	wiretest.Eventually(t, "both wait", func() bool { return f.app.polling.Load() == 2 })
	time.Sleep(400 * time.Millisecond) // what is shown is that nothing happens
	close(f.app.release)
	if s := text(t, res); s != `{"part":news` {
		t.Errorf("the answer: %q", s)
	}
	if s := <-posted; s != "200 OK" {
		t.Errorf("the long poll: %s", s)
	}
	if err := c.Ping(c.CloseRead(t.Context())); err != nil {
		t.Errorf("the socket: %v", err)
	}
}

func TestOnePersonsRequestsAreBounded(t *testing.T) {
	f := newFront(t, wiretest.Noon, func(o *proxy.Options) { o.Limits.PerPerson = 3 })
	for range 3 {
		go client(t, "127.0.0.1").Do(f.request(wiretest.Teacher, "GET", "/m/poll", ""))
	}
	wiretest.Eventually(t, "three wait", func() bool { return f.app.polling.Load() == 3 })
	res := f.ask(wiretest.Teacher, "GET", "/m/inbox", "")
	if said := text(t, res); res.StatusCode != http.StatusTooManyRequests || !strings.Contains(said, "Trop de pages") {
		t.Errorf("a fourth: %s %s", res.Status, said)
	}
	if res := f.ask(wiretest.Nadia, "GET", "/m/inbox", ""); res.StatusCode != http.StatusOK {
		t.Errorf("somebody else behind the same address: %s", res.Status)
	}
}

// cookies has everybody told by a signed cookie, so that clients come from where
// they like.
func cookies(t *testing.T, o *proxy.Options) func(login string) string {
	t.Helper()
	file := filepath.Join(t.TempDir(), "key")
	if err := os.WriteFile(file, []byte(rand.Text()+rand.Text()+"\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	chain, err := identity.New(config.Identity{Cookie: &config.Cookie{Name: "ecluse", KeyFile: file}}, nil)
	if err != nil {
		t.Fatal(err)
	}
	o.Who = chain
	return func(login string) string {
		return "ecluse=" + chain.Cookie.Sign(identity.Pass{Login: login, Expires: time.Now().Add(time.Hour)})
	}
}

func TestOneAddressIsBounded(t *testing.T) {
	var cookie func(string) string
	f := newFront(t, wiretest.Noon, func(o *proxy.Options) { cookie = cookies(t, o); o.Limits.PerAddress = 4 })
	poll := func(login string) string {
		return "GET /m/poll HTTP/1.1\r\nHost: x\r\nCookie: " + cookie(login) + "\r\n\r\n"
	}
	var waiting []net.Conn
	for range 4 {
		waiting = append(waiting, f.connect(stranger, poll(wiretest.Teacher)))
	}
	wiretest.Eventually(t, "four wait", func() bool { return f.app.polling.Load() == 4 })
	if out := ends(t, f.connect(stranger, poll(wiretest.Teacher))); out != "" {
		t.Errorf("a fifth connection: %q", out)
	}
	if c := f.connect("127.0.0.3", poll(wiretest.Nadia)); c != nil {
		wiretest.Eventually(t, "another address is served", func() bool { return f.app.polling.Load() == 5 })
	}
	if res := f.ask("", "GET", "/lessons", ""); res.StatusCode != http.StatusOK {
		t.Errorf("the server in front: %s", res.Status)
	}
	waiting[0].Close()
	wiretest.Eventually(t, "the place of who left is free", func() bool {
		c := f.connect(stranger, "GET /lessons HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
		return strings.HasPrefix(ends(t, c), "HTTP/1.1 200 ")
	})
}

func TestAllConnectionsAreBounded(t *testing.T) {
	f := newFront(t, wiretest.Noon, func(o *proxy.Options) { o.Limits.Connections = 10 })
	for range 10 {
		f.connect(stranger, "")
	}
	wiretest.Eventually(t, "one more is turned away", func() bool {
		return ends(t, f.connect("127.0.0.3", "GET /lessons HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")) == ""
	})
}

// A web socket counts as a connection for as long as it lives, and no longer.
func TestWebSocketsAreCounted(t *testing.T) {
	f := newFront(t, wiretest.Noon, func(o *proxy.Options) { o.Limits.Connections = 3 })
	for range 10 {
		wiretest.Eventually(t, "there is room for a web socket", func() bool {
			c, _, err := f.dial(wiretest.Teacher, "/m/socket")
			if err == nil {
				c.CloseNow()
			}
			return err == nil
		})
	}
	var open []interface{ CloseNow() error }
	wiretest.Eventually(t, "three are all there is room for", func() bool {
		c, _, err := f.dial(wiretest.Teacher, "/m/socket")
		if err == nil {
			open = append(open, c)
		}
		return err != nil
	})
	if len(open) != 3 {
		t.Errorf("%d fit", len(open))
	}
	for _, c := range open {
		c.CloseNow()
	}
}

func TestApplicationIsDown(t *testing.T) {
	f := newFront(t, wiretest.Noon, func(o *proxy.Options) { o.Backend.Host = wiretest.FreeAddress(t) })
	for _, method := range []string{"GET", "POST"} {
		res := f.ask(wiretest.Teacher, method, "/m/inbox", strings.Repeat("a", len(method)-3))
		if said := text(t, res); res.StatusCode != http.StatusBadGateway || !strings.Contains(said, "ne répond pas") {
			t.Errorf("%s: %s %s", method, res.Status, said)
		}
	}
	r := f.request(wiretest.Teacher, "GET", "/m/inbox", "")
	r.Header.Set("Accept", "text/html")
	r.Header.Set("Accept-Language", "en")
	res := f.do(client(t, "127.0.0.1"), r)
	if said := text(t, res); !strings.Contains(said, "<h1>This page cannot be shown</h1>") || res.Header.Get("Content-Language") != "en" {
		t.Errorf("as a page: %v %s", res.Header, said)
	}
	if _, res, err := f.dial(wiretest.Teacher, "/m/socket"); err == nil || res.StatusCode != http.StatusBadGateway {
		t.Errorf("a web socket: %v", err)
	}
}

func TestApplicationHangs(t *testing.T) {
	f := newFront(t, wiretest.Noon, func(o *proxy.Options) { o.Limits.Answer = 200 * time.Millisecond })
	for _, method := range []string{"GET", "POST"} {
		if res := f.ask(wiretest.Teacher, method, "/m/poll", strings.Repeat("a", len(method)-3)); res.StatusCode != http.StatusGatewayTimeout {
			t.Errorf("%s: %s", method, res.Status)
		}
	}
	wiretest.Eventually(t, "the application is told", func() bool { return f.app.ended.Load() == 2 })
	for range 3 { // what timed out is not used again
		if res := f.ask(wiretest.Teacher, "GET", "/m/inbox", ""); res.StatusCode != http.StatusOK {
			t.Errorf("after it: %s", res.Status)
		}
	}
}

// An application that closes a connection which the proxy kept, or says more over
// it than it was asked, harms nobody who comes next.
func TestConnectionsAreNotTrusted(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	var mu sync.Mutex
	var conns []net.Conn
	after := make(chan string, 1) // what is said after the answer
	go func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			mu.Lock()
			conns = append(conns, c)
			mu.Unlock()
			go func() {
				room := make([]byte, 4096)
				for {
					if _, err := c.Read(room); err != nil {
						return
					}
					more := "-"
					select {
					case more = <-after:
					default:
					}
					io.WriteString(c, "HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nmine"+strings.Trim(more, "-"))
					if more == "" {
						c.Close()
					}
				}
			}()
		}
	}()
	f := newFront(t, wiretest.Noon, func(o *proxy.Options) { o.Backend = &url.URL{Scheme: "http", Host: l.Addr().String()} })
	for range 20 {
		for _, more := range []string{"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nother", ""} {
			after <- more
			for range 3 {
				if said := text(t, f.ask(wiretest.Teacher, "GET", "/m/inbox", "")); said != "mine" {
					t.Fatalf("somebody got another's answer: %q", said)
				}
			}
		}
	}
	mu.Lock()
	defer mu.Unlock()
	if len(conns) > 100 {
		t.Errorf("%d connections for 120 requests", len(conns))
	}
}
