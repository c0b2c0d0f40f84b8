package postfix

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"net"
	"os"
	"strings"
	"sync"
	"time"
)

// How long a connection may be silent between questions, and within one. Postfix
// closes one that is idle for 300 s, or 1000 s old.
const (
	idle    = 20 * time.Minute
	patient = 10 * time.Second
)

// mostConnections is more than the smtpd processes of a large server open: two
// each.
const mostConnections = 4000

// connections are those that are open, so that they can be closed.
type connections struct {
	mu    sync.Mutex
	open  map[net.Conn]struct{}
	ended bool
	done  sync.WaitGroup

	warned time.Time // of what is no request
}

// add takes a connection unless there are too many.
func (l *connections) add(c net.Conn) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.ended || len(l.open) >= mostConnections {
		return false
	}
	l.open[c] = struct{}{}
	l.done.Add(1)
	return true
}

func (l *connections) remove(c net.Conn) {
	c.Close()
	l.mu.Lock()
	defer l.mu.Unlock()
	delete(l.open, c)
	l.done.Done()
}

// warns reports whether it is time to warn again: a flood must not fill the log.
func (l *connections) warns(now time.Time) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	if now.Sub(l.warned) < time.Minute {
		return false
	}
	l.warned = now
	return true
}

func (l *connections) closeAll() {
	l.mu.Lock()
	l.ended = true
	for c := range l.open {
		c.Close()
	}
	l.mu.Unlock()
	l.done.Wait()
}

// Listen opens postfix.listen: an address and port, or unix: and a path. The
// socket of a server that was killed is replaced; one that answers is not.
func Listen(address string) (net.Listener, error) {
	path, local := strings.CutPrefix(address, "unix:")
	if !local {
		l, err := net.Listen("tcp", address)
		if err != nil {
			return nil, fmt.Errorf("listening for Postfix: %w: postfix.listen wants an address and port such as 127.0.0.1:10031, or unix:/path", err)
		}
		return l, nil
	}
	if c, err := net.Dial("unix", path); err == nil {
		c.Close()
		return nil, fmt.Errorf("listening for Postfix: another server answers at %s: end it first", path)
	}
	if err := os.Remove(path); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return nil, fmt.Errorf("listening for Postfix: %w", err)
	}
	l, err := net.Listen("unix", path)
	if err != nil {
		return nil, fmt.Errorf("listening for Postfix: %w: its folder must be there, and Postfix must reach it", err)
	}
	if err := os.Chmod(path, 0o666); err != nil { // smtpd runs as another user; who may reach it is its folder's to say
		l.Close()
		return nil, fmt.Errorf("listening for Postfix: %w", err)
	}
	return l, nil
}

// Serve answers on a listener until the context ends; then it closes it and
// every connection.
func (s *Server) Serve(ctx context.Context, l net.Listener) error {
	stop := context.AfterFunc(ctx, func() { l.Close() })
	defer s.connects.closeAll()
	defer l.Close()
	defer stop()
	for {
		c, err := l.Accept()
		switch {
		case ctx.Err() != nil:
			return nil
		case errors.Is(err, net.ErrClosed):
			return fmt.Errorf("answering Postfix: %w", err)
		case err != nil: // out of file descriptors, most often: it passes
			s.log.Error("taking a connection of Postfix", "error", err)
			time.Sleep(100 * time.Millisecond)
		case !s.connects.add(c):
			c.Close() // Postfix tries again, then answers 451 itself
		default:
			go s.converse(ctx, c)
		}
	}
}

// converse answers one connection until it ends.
func (s *Server) converse(ctx context.Context, c net.Conn) {
	defer s.connects.remove(c)
	err := s.talk(ctx, &reader{Conn: c, buffer: make([]byte, 0, mostBytes)})
	if errors.Is(err, errRequest) && s.connects.warns(time.Now()) {
		s.log.Warn("a connection to the policy server is closed", "from", c.RemoteAddr().String(), "error", err)
	}
}

// talk answers requests. Several that came at once are answered at once, in
// their order.
func (s *Server) talk(ctx context.Context, in *reader) error {
	out := make([]byte, 0, 1024)
	for {
		for text, found := in.next(); found; text, found = in.next() {
			r, err := parse(text)
			if err != nil { // answered all the same, so that Postfix does not ask again
				return errors.Join(err, in.write(undecided.append(out)))
			}
			out = s.answer(ctx, &r).append(out)
		}
		if err := in.write(out); err != nil {
			return err
		}
		out = out[:0]
		if err := in.fill(); err != nil {
			return err
		}
	}
}

// A reader takes requests out of what a connection sends.
type reader struct {
	net.Conn
	buffer []byte // holds mostBytes at most
	from   int    // where the next request begins
	began  time.Time
}

var blank = []byte("\n\n")

// next is the lines of a request that has come as a whole.
func (r *reader) next() (text string, found bool) {
	rest := r.buffer[r.from:]
	end := bytes.Index(rest, blank)
	if end < 0 {
		return "", false
	}
	r.from += end + len(blank)
	r.began = time.Time{}
	return string(rest[:end+1]), true
}

// fill reads what comes next. A request that is longer than may be, or slower,
// is an error.
func (r *reader) fill() error {
	r.buffer = r.buffer[:copy(r.buffer, r.buffer[r.from:])]
	r.from = 0
	now := time.Now()
	until := now.Add(idle)
	switch {
	case len(r.buffer) == cap(r.buffer):
		return errRequest
	case len(r.buffer) > 0:
		if r.began.IsZero() {
			r.began = now
		}
		until = r.began.Add(patient)
	}
	if err := r.SetReadDeadline(until); err != nil {
		return err
	}
	n, err := r.Read(r.buffer[len(r.buffer):cap(r.buffer)])
	r.buffer = r.buffer[:len(r.buffer)+n]
	if n > 0 {
		return nil
	}
	return err
}

// write sends answers.
func (r *reader) write(out []byte) error {
	if len(out) == 0 {
		return nil
	}
	if err := r.SetWriteDeadline(time.Now().Add(patient)); err != nil {
		return err
	}
	_, err := r.Write(out)
	return err
}
