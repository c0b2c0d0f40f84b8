package xmpptest

import (
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/ecluse-ecole/ecluse/internal/api"
	"github.com/ecluse-ecole/ecluse/internal/wire/wiretest"
)

// A Decider is a running decision point, reached through a line that tests can
// cut or let hang.
type Decider struct {
	t       *testing.T
	Address string // where points ask
	behind  string // the server itself

	mu       sync.Mutex
	asked    strings.Builder // what was asked, as it came
	listener net.Listener
	conns    map[net.Conn]struct{}
	pass     sync.RWMutex // held for writing while the line hangs
	hung     bool
}

// Decide serves the JSON interface of a world.
func Decide(w *wiretest.World) *Decider {
	w.Helper()
	mux := http.NewServeMux()
	api.New(w.Desk, nil, api.Options{Tick: time.Second, Log: w.Log}).Routes(mux)
	d := &Decider{t: w.T, Address: wiretest.FreeAddress(w.T), conns: map[net.Conn]struct{}{}}
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		r.Body = d.noted(r.Body)
		mux.ServeHTTP(w, r)
	}))
	d.behind = server.Listener.Addr().String()
	w.Cleanup(func() {
		d.Unhang()
		d.Kill()
		server.CloseClientConnections()
		server.Close()
	})
	d.Revive()
	return d
}

// noted is the body of a request, which is kept as it is read.
func (d *Decider) noted(body io.ReadCloser) io.ReadCloser {
	return struct {
		io.Reader
		io.Closer
	}{io.TeeReader(body, writer(func(p []byte) (int, error) {
		d.mu.Lock()
		defer d.mu.Unlock()
		return d.asked.Write(p)
	})), body}
}

// A writer is a function that takes text.
type writer func([]byte) (int, error)

func (w writer) Write(p []byte) (int, error) { return w(p) }

// Asked reports whether anything with these words was asked.
func (d *Decider) Asked(words string) bool {
	d.mu.Lock()
	defer d.mu.Unlock()
	return strings.Contains(d.asked.String(), words)
}

// Kill refuses every connection and ends those there are.
func (d *Decider) Kill() {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.listener.Close()
	for c := range d.conns {
		c.Close()
	}
}

// Revive listens again.
func (d *Decider) Revive() {
	d.t.Helper()
	l, err := net.Listen("tcp", d.Address)
	if err != nil {
		d.t.Fatal(err)
	}
	d.mu.Lock()
	d.listener = l
	d.mu.Unlock()
	go func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			go d.carry(c)
		}
	}()
}

// Hang keeps every connection and lets nothing pass.
func (d *Decider) Hang() {
	d.pass.Lock()
	d.hung = true
}

// Unhang lets everything pass again.
func (d *Decider) Unhang() {
	if d.hung {
		d.hung = false
		d.pass.Unlock()
	}
}

func (d *Decider) carry(from net.Conn) {
	to, err := net.Dial("tcp", d.behind)
	if err != nil {
		from.Close()
		return
	}
	d.mu.Lock()
	d.conns[from], d.conns[to] = struct{}{}, struct{}{}
	d.mu.Unlock()
	done := make(chan struct{}, 2)
	go d.copy(to, from, done)
	go d.copy(from, to, done)
	<-done
	from.Close()
	to.Close()
	d.mu.Lock()
	delete(d.conns, from)
	delete(d.conns, to)
	d.mu.Unlock()
}

func (d *Decider) copy(to io.Writer, from io.Reader, done chan<- struct{}) {
	defer func() { done <- struct{}{} }()
	buffer := make([]byte, 4096)
	for {
		n, err := from.Read(buffer)
		if n > 0 {
			d.pass.RLock()
			_, werr := to.Write(buffer[:n])
			d.pass.RUnlock()
			if werr != nil {
				return
			}
		}
		if err != nil {
			return
		}
	}
}
