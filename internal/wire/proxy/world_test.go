package proxy_test

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"net/url"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/coder/websocket"
	"github.com/ecluse-ecole/ecluse/internal/config"
	"github.com/ecluse-ecole/ecluse/internal/enforce"
	"github.com/ecluse-ecole/ecluse/internal/identity"
	"github.com/ecluse-ecole/ecluse/internal/metric"
	"github.com/ecluse-ecole/ecluse/internal/route"
	"github.com/ecluse-ecole/ecluse/internal/wire"
	"github.com/ecluse-ecole/ecluse/internal/wire/proxy"
	"github.com/ecluse-ecole/ecluse/internal/wire/wiretest"
)

// who is the identity header of most tests: the tests stand for the server in
// front, at 127.0.0.1. Clients that come from stranger are nobody's server.
const (
	who      = "X-Remote-User"
	stranger = "127.0.0.2"
)

// Under the routes of most tests everything below /m is messaging.
var routes = []config.Route{
	{Path: "/m/events", Action: "message.read"}, // a socket that reads alone
	{Path: "/m/**"},
}

// A seen request is what the application received.
type seen struct {
	Method, Target, Host, Body string
	Header                     http.Header
}

// An application stands behind the proxy. Its own name for each address below /m
// and /open says what it does.
type application struct {
	*httptest.Server
	asked   atomic.Int64
	polling atomic.Int64  // requests that wait
	ended   atomic.Int64  // of those, how many were told that nobody waits any more
	release chan struct{} // closed: what waits is answered
	mu      sync.Mutex
	last    seen
	said    []string // over web sockets
}

func newApplication(t *testing.T) *application {
	a := &application{release: make(chan struct{})}
	mux := http.NewServeMux()
	mux.HandleFunc("/", a.echo)
	mux.HandleFunc("/m/stream", a.stream)
	mux.HandleFunc("/m/poll", a.poll)
	mux.HandleFunc("/m/part", a.part)
	mux.HandleFunc("/m/quiet", func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "text/event-stream")
		http.NewResponseController(w).Flush()
		a.poll(w, r)
	})
	mux.HandleFunc("/m/trailer", func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Trailer", "X-Sum")
		io.WriteString(w, "text")
		w.Header().Set("X-Sum", "4")
		w.Header().Set(http.TrailerPrefix+"X-More", "5")
	})
	mux.HandleFunc("/m/upload", a.upload)
	mux.HandleFunc("/m/large", a.large)
	mux.HandleFunc("/m/socket", a.socket)
	mux.HandleFunc("/m/events", a.socket)
	mux.HandleFunc("/m/hints", func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Link", "</style.css>; rel=preload")
		w.WriteHeader(http.StatusEarlyHints)
		a.echo(w, r)
	})
	a.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		a.asked.Add(1)
		mux.ServeHTTP(w, r)
	}))
	t.Cleanup(a.Close)
	return a
}

func (a *application) echo(w http.ResponseWriter, r *http.Request) {
	body, _ := io.ReadAll(r.Body)
	s := seen{r.Method, r.RequestURI, r.Host, string(body), r.Header}
	a.mu.Lock()
	a.last = s
	a.mu.Unlock()
	w.Header().Set("Content-Type", "application/json")
	w.Header().Set("Alt-Svc", `h3=":443"`)
	json.NewEncoder(w).Encode(s)
}

// received is the last request that was answered with an echo.
func (a *application) received() seen {
	a.mu.Lock()
	defer a.mu.Unlock()
	return a.last
}

func (a *application) stream(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("Content-Type", "text/event-stream")
	for i := 0; ; i++ {
		fmt.Fprintf(w, "data: %d\n\n", i)
		http.NewResponseController(w).Flush()
		select {
		case <-r.Context().Done():
			a.ended.Add(1)
			return
		case <-time.After(20 * time.Millisecond):
		}
	}
}

func (a *application) poll(w http.ResponseWriter, r *http.Request) {
	io.Copy(io.Discard, r.Body)
	a.polling.Add(1)
	select {
	case <-r.Context().Done():
		a.ended.Add(1)
	case <-a.release:
		io.WriteString(w, "news")
	}
}

// part begins an answer and does not end it.
func (a *application) part(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("Content-Type", "application/json")
	io.WriteString(w, `{"part":`)
	http.NewResponseController(w).Flush()
	a.poll(w, r)
}

func (a *application) upload(w http.ResponseWriter, r *http.Request) {
	a.polling.Add(1)
	n, err := io.Copy(io.Discard, r.Body)
	if err != nil {
		a.ended.Add(1)
		return
	}
	fmt.Fprintf(w, "%d bytes", n)
}

// large answers without end, as fast as it can.
func (a *application) large(w http.ResponseWriter, r *http.Request) {
	block := make([]byte, 64<<10)
	for r.Context().Err() == nil {
		if _, err := w.Write(block); err != nil {
			break
		}
	}
	a.ended.Add(1)
}

// socket says back what it hears, and keeps it.
func (a *application) socket(w http.ResponseWriter, r *http.Request) {
	c, err := websocket.Accept(w, r, &websocket.AcceptOptions{InsecureSkipVerify: true, CompressionMode: websocket.CompressionContextTakeover})
	if err != nil {
		return
	}
	defer c.CloseNow()
	c.SetReadLimit(1 << 20)
	for {
		kind, text, err := c.Read(r.Context())
		if err != nil {
			a.ended.Add(1)
			return
		}
		a.mu.Lock()
		a.said = append(a.said, string(text))
		a.mu.Unlock()
		if err := c.Write(r.Context(), kind, text); err != nil {
			return
		}
	}
}

// A front is a proxy in its own server, in front of an application, with a small
// place that it asks about.
type front struct {
	*wiretest.World
	*proxy.Proxy
	app     *application
	address string // host and port
	url     string
	stop    context.CancelFunc // of what keeps the live
}

func trusted(r *http.Request) bool {
	return wire.Trusted([]netip.Prefix{netip.MustParsePrefix("127.0.0.1/32")}, r)
}

// options are those of most tests.
func options(t *testing.T, d enforce.Decider, backend string, list []config.Route) proxy.Options {
	t.Helper()
	table, err := route.Compile(list, "")
	if err != nil {
		t.Fatal(err)
	}
	chain, err := identity.New(config.Identity{Header: who}, trusted)
	if err != nil {
		t.Fatal(err)
	}
	u, err := url.Parse(backend)
	if err != nil {
		t.Fatal(err)
	}
	return proxy.Options{Decider: d, Who: chain, Table: table, Backend: u, Header: who, Trusted: trusted, Metric: metric.New()}
}

// newFront starts everything; set changes the options.
func newFront(t *testing.T, at string, set func(*proxy.Options)) *front {
	t.Helper()
	w := wiretest.New(t, at, wiretest.Letter)
	app := newApplication(t)
	o := options(t, w.Desk.Local("proxy"), app.URL, routes)
	o.Log = w.Log
	if set != nil {
		set(&o)
	}
	f := serve(t, o)
	f.World, f.app = w, app
	return f
}

// serve starts a proxy with its keeper.
func serve(t *testing.T, o proxy.Options) *front {
	t.Helper()
	p, err := proxy.New(o)
	if err != nil {
		t.Fatal(err)
	}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	f := &front{Proxy: p, address: l.Addr().String(), url: "http://" + l.Addr().String()}
	ctx, stop := context.WithCancel(context.WithoutCancel(t.Context()))
	f.stop = stop
	var running sync.WaitGroup
	running.Go(func() { p.Run(ctx) })
	server := p.Server()
	running.Go(func() { server.Serve(l) })
	t.Cleanup(func() { stop(); server.Close(); running.Wait() })
	return f
}

// client is an HTTP client of its own, from an address.
func client(t *testing.T, from string) *http.Client {
	tr := &http.Transport{
		DialContext:        (&net.Dialer{LocalAddr: &net.TCPAddr{IP: net.ParseIP(from)}}).DialContext,
		DisableCompression: true,
	}
	t.Cleanup(tr.CloseIdleConnections)
	return &http.Client{Transport: tr, Timeout: 20 * time.Second, CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
}

// ask makes a request as somebody; "" is nobody.
func (f *front) ask(login, method, target, body string) *http.Response {
	f.World.Helper()
	return f.do(client(f.World.T, "127.0.0.1"), f.request(login, method, target, body))
}

func (f *front) request(login, method, target, body string) *http.Request {
	f.World.Helper()
	var content io.Reader
	if body != "" {
		content = strings.NewReader(body)
	}
	r, err := http.NewRequestWithContext(f.World.Context(), method, f.url+target, content)
	if err != nil {
		f.World.Fatal(err)
	}
	if login != "" {
		r.Header.Set(who, login)
	}
	return r
}

func (f *front) do(c *http.Client, r *http.Request) *http.Response {
	f.World.Helper()
	res, err := c.Do(r)
	if err != nil {
		f.World.Fatal(err)
	}
	f.World.Cleanup(func() { res.Body.Close() })
	return res
}

// text is the whole body.
func text(t *testing.T, res *http.Response) string {
	t.Helper()
	b, err := io.ReadAll(res.Body)
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

// dial opens a web socket as somebody.
func (f *front) dial(login, target string) (*websocket.Conn, *http.Response, error) {
	ctx, cancel := context.WithTimeout(f.World.Context(), 5*time.Second)
	defer cancel()
	return websocket.Dial(ctx, f.url+target, &websocket.DialOptions{
		HTTPHeader: http.Header{who: {login}}, CompressionMode: websocket.CompressionContextTakeover,
	})
}

// raw sends bytes over a connection of its own and returns the answer as it
// comes until the connection ends or nothing more comes.
func (f *front) raw(from, request string) string {
	f.World.Helper()
	d := net.Dialer{LocalAddr: &net.TCPAddr{IP: net.ParseIP(from)}}
	c, err := d.DialContext(f.World.Context(), "tcp", f.address)
	if err != nil {
		f.World.Fatal(err)
	}
	defer c.Close()
	if _, err := io.WriteString(c, request); err != nil {
		f.World.Fatal(err)
	}
	c.SetReadDeadline(time.Now().Add(time.Second))
	out, _ := io.ReadAll(c)
	return string(out)
}
