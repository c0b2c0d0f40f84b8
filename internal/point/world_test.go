package point_test

import (
	"context"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/ecluse-ecole/ecluse/internal/api"
	"github.com/ecluse-ecole/ecluse/internal/enforce"
	"github.com/ecluse-ecole/ecluse/internal/order"
	"github.com/ecluse-ecole/ecluse/internal/point"
	"github.com/ecluse-ecole/ecluse/internal/wire/wiretest"
)

// A world is a decision point, a line to it that can be cut, and a Client.
type world struct {
	*wiretest.World
	server *httptest.Server
	line   *line
	token  string
	asked  atomic.Int64 // requests for decisions
	client *point.Client
}

const stale = 600 * time.Millisecond

func newWorld(t *testing.T, at string, orders ...string) *world {
	t.Helper()
	w := &world{World: wiretest.New(t, at, orders...)}
	w.token = w.Point("proxy")
	mux := http.NewServeMux()
	api.New(w.Desk, nil, api.Options{Log: w.Log}).Routes(mux)
	w.server = httptest.NewServer(http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) {
		if strings.HasPrefix(r.URL.Path, "/access/") {
			w.asked.Add(1)
		}
		mux.ServeHTTP(rw, r)
	}))
	t.Cleanup(func() { w.App.Hush(); w.server.Close() })
	w.line = newLine(t, w.server.Listener.Addr().String())
	w.client = w.connect(point.Options{URL: w.line.url(), Token: w.token})
	w.ready(true)
	return w
}

// connect runs a Client until the test ends.
func (w *world) connect(o point.Options) *point.Client {
	w.Helper()
	o.Stale, o.Instance, o.Software, o.Log = stale, "test", "go test", w.Log
	return run(w.T, o)
}

func run(t *testing.T, o point.Options) *point.Client {
	t.Helper()
	c := point.New(o)
	ctx, stop := context.WithCancel(context.WithoutCancel(t.Context()))
	done := make(chan struct{})
	go func() { defer close(done); c.Run(ctx) }()
	t.Cleanup(func() { stop(); <-done })
	return c
}

// ready waits until the Client is ready, or is not.
func (w *world) ready(want bool) {
	w.Helper()
	what := "the client is ready"
	if !want {
		what = "the client is not ready"
	}
	wiretest.Eventually(w.T, what, func() bool { return (w.client.Ready() == nil) == want })
}

// gives holds an answer against what is wanted.
func (w *world) gives(login string, want order.Access) *enforce.Answer {
	w.Helper()
	a := w.client.Ask(w.Context(), enforce.Question{Login: login})
	if a.Access != want || a.Unknown {
		w.Fatalf("%s: %s (unknown %v), want %s", login, a.Access, a.Unknown, want)
	}
	return a
}

// closed holds that nothing can be decided.
func (w *world) closed(login string) {
	w.Helper()
	if a := w.client.Ask(w.Context(), enforce.Question{Login: login}); a.Access != order.Closed || !a.Unknown {
		w.Fatalf("%s: %s (unknown %v), want closed because unknown", login, a.Access, a.Unknown)
	}
}

// told waits for changes until one holds.
func told(t *testing.T, changes <-chan enforce.Change, what string, holds func() bool) {
	t.Helper()
	timeout := time.After(10 * time.Second)
	for {
		select {
		case <-changes:
			if holds() {
				return
			}
		case <-timeout:
			t.Fatalf("no change tells of %s", what)
		}
	}
}

// A line forwards connections, until it is held up or cut.
type line struct {
	listener net.Listener
	to       string

	mu    sync.Mutex
	moved *sync.Cond
	held  bool
	conns map[net.Conn]struct{}
}

func newLine(t *testing.T, to string) *line {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	l := &line{listener: listener, to: to, conns: map[net.Conn]struct{}{}}
	l.moved = sync.NewCond(&l.mu)
	t.Cleanup(func() { l.hold(false); l.cut() })
	go l.serve(listener)
	return l
}

func (l *line) url() string { return "http://" + l.listener.Addr().String() }

func (l *line) serve(listener net.Listener) {
	for {
		from, err := listener.Accept()
		if err != nil {
			return
		}
		to, err := net.Dial("tcp", l.to)
		if err != nil {
			from.Close()
			continue
		}
		l.mu.Lock()
		l.conns[from], l.conns[to] = struct{}{}, struct{}{}
		l.mu.Unlock()
		go l.copy(from, to)
		go l.copy(to, from)
	}
}

// copy forwards one direction, and waits while the line is held up.
func (l *line) copy(to, from net.Conn) {
	defer to.Close()
	defer from.Close()
	buffer := make([]byte, 32<<10)
	for {
		n, err := from.Read(buffer)
		l.mu.Lock()
		for l.held {
			l.moved.Wait()
		}
		l.mu.Unlock()
		if n > 0 {
			if _, err := to.Write(buffer[:n]); err != nil {
				return
			}
		}
		if err != nil {
			return
		}
	}
}

// hold stops everything on the line, or lets it go on.
func (l *line) hold(held bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.held = held
	l.moved.Broadcast()
}

// cut ends every connection and takes no more.
func (l *line) cut() {
	l.listener.Close()
	l.mu.Lock()
	defer l.mu.Unlock()
	for c := range l.conns {
		c.Close()
	}
	l.conns = map[net.Conn]struct{}{}
}

// mend takes connections again, at the same address.
func (l *line) mend(t *testing.T) {
	t.Helper()
	wiretest.Eventually(t, "the line is mended", func() bool {
		listener, err := net.Listen("tcp", l.listener.Addr().String())
		if err == nil {
			l.listener = listener
			go l.serve(listener)
		}
		return err == nil
	})
}

// A stub is a decision point that says what a test wants.
type stub struct {
	mu        sync.Mutex
	moment    string // the data of its events
	context   string // of its answers
	delay     chan struct{}
	asked     atomic.Int64
	streams   atomic.Int64
	evaluated atomic.Int64
	server    *httptest.Server
}

func newStub(t *testing.T, moment, answer string) *stub {
	s := &stub{moment: moment, context: answer}
	mux := http.NewServeMux()
	mux.HandleFunc("GET /gate/changes", s.changes)
	mux.HandleFunc("POST /access/v1/evaluations", s.evaluations)
	s.server = httptest.NewServer(mux)
	t.Cleanup(func() { s.server.CloseClientConnections(); s.server.Close() })
	return s
}

func (s *stub) says(moment, answer string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.moment, s.context = moment, answer
}

func (s *stub) changes(w http.ResponseWriter, r *http.Request) {
	s.streams.Add(1)
	for r.Context().Err() == nil {
		s.mu.Lock()
		io.WriteString(w, "event: tick\ndata: "+strings.ReplaceAll(s.moment, "NOW", time.Now().Add(time.Hour).Format(time.RFC3339Nano))+"\n\n")
		s.mu.Unlock()
		http.NewResponseController(w).Flush()
		select {
		case <-r.Context().Done():
		case <-time.After(50 * time.Millisecond):
		}
	}
}

func (s *stub) evaluations(w http.ResponseWriter, r *http.Request) {
	body, _ := io.ReadAll(r.Body)
	s.mu.Lock()
	answer, delay := s.context, s.delay
	s.mu.Unlock()
	n := strings.Count(string(body), `"subject"`)
	s.asked.Add(1)
	s.evaluated.Add(int64(n))
	if delay != nil {
		<-delay
	}
	io.WriteString(w, `{"evaluations":[`+strings.TrimSuffix(strings.Repeat(answer+",", n), ",")+`]}`)
}

// quiet hears nothing.
var quiet = slog.New(slog.DiscardHandler)
