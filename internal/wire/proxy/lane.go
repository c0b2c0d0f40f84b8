package proxy

import (
	"bufio"
	"context"
	"errors"
	"io"
	"net"
	"net/http"
	"os"
	"strings"
	"sync"
	"time"
)

const (
	mostIdle    = 512              // connections kept for the next request
	idle        = 60 * time.Second // after which one is not kept any longer
	longestHead = 256 << 10        // bytes of an answer's head
	most1xx     = 8                // answers before the answer (RFC 9110, section 15.2)
)

// A lane passes on requests without a body that change nothing, which most are.
// The goroutine that serves the client writes the request and reads the answer by
// itself, and nothing is copied that need not be.
//
// The ReverseProxy over http.Transport hands every request to a goroutine that
// writes and waits for another that reads: measured, that came out below nginx
// with auth_request. It is left what is rarer and harder: bodies, TLS, upgrades.
type lane struct {
	dial func(context.Context) (net.Conn, error)
	wait time.Duration
	room *buffers

	mu   sync.Mutex
	free []*way // the last one used is at the end
}

// fits reports whether a request can go over the lane.
func (l *lane) fits(r *http.Request) bool {
	return l != nil && r.ContentLength == 0 && r.Header["Upgrade"] == nil && r.Header["Expect"] == nil &&
		(r.Method == http.MethodGet || r.Method == http.MethodHead || r.Method == http.MethodOptions)
}

// pass passes a request on and its answer back.
func (l *lane) pass(x *exchange) {
	c, res, err := l.ask(x)
	if err == nil {
		err = x.received(res)
	}
	if err != nil {
		if c != nil {
			c.drop()
		}
		x.failed(err)
		return
	}
	if err := l.relay(x, c, res); err != nil {
		c.drop()
		panic(http.ErrAbortHandler) // what has come must not be taken for whole
	}
	if uncut := x.with(nil); c.stop() && uncut && !res.Close {
		l.give(c)
	} else {
		c.conn.Close()
	}
}

// relay passes an answer back.
func (l *lane) relay(x *exchange, c *way, res *http.Response) error {
	h := x.Header()
	for name, values := range res.Header {
		if !hopByHop(name) {
			h[name] = values
		}
	}
	for name := range res.Trailer {
		h.Add("Trailer", name)
	}
	x.WriteHeader(res.StatusCode)
	if res.ContentLength < 0 && c.read.Buffered() == 0 {
		_ = x.FlushError() // a stream begins before it says anything; who has left is noticed below
	}
	if err := l.copy(x, res); err != nil {
		return err
	}
	for name, values := range res.Trailer {
		h[http.TrailerPrefix+name] = values
	}
	return nil
}

// copy copies an answer, each piece at once where more may be long in coming.
func (l *lane) copy(x *exchange, res *http.Response) error {
	if res.Body == http.NoBody {
		return nil
	}
	room := l.room.Get()
	defer l.room.Put(room)
	for {
		n, err := res.Body.Read(room)
		if n > 0 {
			if _, err := x.Write(room[:n]); err != nil {
				return err
			}
			if res.ContentLength < 0 && err == nil {
				if err := x.FlushError(); err != nil {
					return err
				}
			}
		}
		if err == io.EOF {
			return nil
		}
		if err != nil {
			return err
		}
	}
}

// ask asks over a connection that is free, or a new one. A connection that the
// application closed just as it was used is tried again on a new one, once: what
// goes over the lane may be asked twice (RFC 9110, section 9.2.2).
func (l *lane) ask(x *exchange) (*way, *http.Response, error) {
	if c := l.take(); c != nil {
		res, err := l.over(c, x)
		if err == nil || !c.silent || errors.Is(err, os.ErrDeadlineExceeded) || x.why.Load() != nil || x.Err() != nil {
			return c, res, err
		}
		c.drop()
	}
	conn, err := l.dial(x)
	if err != nil {
		return nil, nil, err
	}
	c := newWay(conn)
	res, err := l.over(c, x)
	return c, res, err
}

func (l *lane) over(c *way, x *exchange) (*http.Response, error) {
	res, err := c.exchange(x, l.wait, func() error { return x.writeHead(c.write) })
	switch {
	case err != nil:
		return nil, err
	case res.StatusCode == http.StatusSwitchingProtocols:
		return nil, errors.New("the application switches protocols, which nobody asked for")
	case res.ContentLength < 0 || res.ContentLength > int64(c.read.Buffered()):
		c.last() // what is there already will not be waited for
	}
	return res, nil
}

// take is a connection that is free and still good; nil if there is none.
func (l *lane) take() *way {
	for {
		l.mu.Lock()
		n := len(l.free)
		if n == 0 {
			l.mu.Unlock()
			return nil
		}
		c := l.free[n-1]
		l.free[n-1] = nil
		l.free = l.free[:n-1]
		l.mu.Unlock()
		if c.quiet() {
			return c
		}
		c.conn.Close()
	}
}

// give keeps a connection for the next request, and lets go of those that have
// not been needed for long.
func (l *lane) give(c *way) {
	now := time.Now()
	c.since = now
	var old *way
	l.mu.Lock()
	if n := len(l.free); n >= mostIdle || n > 0 && now.Sub(l.free[0].since) > idle {
		old = l.free[0]
		copy(l.free, l.free[1:])
		l.free = l.free[:n-1]
	}
	l.free = append(l.free, c)
	l.mu.Unlock()
	if old != nil {
		old.conn.Close()
	}
}

// hopByHop reports whether a field belongs to one connection (RFC 9110, section
// 7.6.1, with those that were once written so).
func hopByHop(name string) bool {
	switch name {
	case "Connection", "Proxy-Connection", "Keep-Alive", "Proxy-Authenticate", "Proxy-Authorization", "Te", "Trailer", "Transfer-Encoding", "Upgrade":
		return true
	}
	return false
}

// writeHead writes the request as the application receives it: see rewrite, which
// does the same for the ReverseProxy. What stands in the fields was held against
// RFC 9110 when it came.
func (x *exchange) writeHead(w *bufio.Writer) error {
	r := x.r
	w.WriteString(r.Method)
	w.WriteByte(' ')
	w.WriteString(r.RequestURI)
	w.WriteString(" HTTP/1.1\r\nHost: ")
	w.WriteString(r.Host)
	w.WriteString("\r\n")
	for name, values := range r.Header {
		if hopByHop(name) || name == "Content-Length" || name == x.p.Header || forwarded(name) {
			continue
		}
		for _, value := range values {
			writeField(w, name, value)
		}
	}
	x.writeForwarded(w)
	if name := x.p.Header; name != "" {
		if value := x.identity(); value != "" {
			writeField(w, name, value)
		}
	}
	if te := r.Header["Te"]; te != nil && strings.Contains(strings.ToLower(strings.Join(te, ",")), "trailers") {
		writeField(w, "Te", "trailers")
	}
	_, err := w.WriteString("\r\n") // a bufio.Writer keeps its first error
	return err
}

func writeField(w *bufio.Writer, name, value string) {
	w.WriteString(name)
	w.WriteString(": ")
	w.WriteString(value)
	w.WriteString("\r\n")
}
