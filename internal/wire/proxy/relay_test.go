package proxy_test

import (
	"io"
	"net"
	"sync"
	"testing"
)

// A relay passes connections on until it is told to end or to hang: then it takes
// connections and bytes, and passes nothing.
type relay struct {
	net.Listener
	mu    sync.Mutex
	hung  chan struct{}
	conns []net.Conn
}

func newRelay(t *testing.T, to string) *relay {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	r := &relay{Listener: l, hung: make(chan struct{})}
	t.Cleanup(r.end)
	go func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			there, err := net.Dial("tcp", to)
			if err != nil {
				c.Close()
				continue
			}
			r.mu.Lock()
			r.conns = append(r.conns, c, there)
			r.mu.Unlock()
			go r.pass(c, there)
			go r.pass(there, c)
		}
	}()
	return r
}

func (r *relay) pass(from, to net.Conn) {
	room := make([]byte, 32<<10)
	for {
		n, err := from.Read(room)
		select {
		case <-r.hung:
			io.Copy(io.Discard, from)
			return
		default:
		}
		if _, failed := to.Write(room[:n]); err != nil || failed != nil {
			from.Close()
			to.Close()
			return
		}
	}
}

// hang passes nothing more.
func (r *relay) hang() { close(r.hung) }

// end closes everything.
func (r *relay) end() {
	r.Close()
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, c := range r.conns {
		c.Close()
	}
}
