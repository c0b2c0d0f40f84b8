package proxy

import (
	"bufio"
	"context"
	"errors"
	"net"
	"net/http"
	"sync/atomic"
	"syscall"
	"time"
)

// A way is one connection to the application.
type way struct {
	conn        net.Conn
	raw         syscall.RawConn // nil where the system's own reading is not to be had
	read        *bufio.Reader
	write       *bufio.Writer
	left        int64       // how many bytes of a head may still come
	silent      bool        // nothing of the present answer has come yet
	since       time.Time   // when it was last given back
	until       time.Time   // for when its deadlines stand; zero: not at all
	stop        func() bool // no more interrupted by its client's leaving; false: it was
	interrupted atomic.Bool
}

func newWay(conn net.Conn) *way {
	c := &way{conn: conn}
	c.read, c.write = bufio.NewReader(c), bufio.NewWriter(conn)
	if s, ok := conn.(syscall.Conn); ok {
		if raw, err := s.SyscallConn(); err == nil {
			c.raw = raw
		}
	}
	return c
}

var errLongHead = errors.New("the head of the application's answer is too long")

// Read reads what the application sends, and no more of a head than may come.
func (c *way) Read(b []byte) (int, error) {
	if c.left <= 0 {
		return 0, errLongHead
	}
	n, err := c.conn.Read(b)
	c.left -= int64(n)
	c.silent = c.silent && n == 0
	return n, err
}

// interrupt ends whatever is under way.
func (c *way) interrupt() {
	c.interrupted.Store(true)
	_ = c.conn.SetDeadline(time.Unix(1, 0))
}

// last lets an answer that has begun go on for as long as it will.
func (c *way) last() {
	c.until = time.Time{}
	_ = c.conn.SetDeadline(c.until)
	if c.interrupted.Load() { // it may have come just before
		c.interrupt()
	}
}

// exchange sends a request and reads the head of its answer, unless the client
// leaves or the exchange is cut.
func (c *way) exchange(x *exchange, wait time.Duration, send func() error) (*http.Response, error) {
	c.left, c.silent = longestHead, true
	if now := time.Now(); c.until.Sub(now) < wait*3/4 { // deadlines are moved rarely
		c.until = now.Add(wait)
		_ = c.conn.SetDeadline(c.until)
	}
	c.stop = context.AfterFunc(x.Context, c.interrupt)
	if !x.with(c.interrupt) {
		return nil, errCut
	}
	err := send()
	if err == nil {
		err = c.write.Flush()
	}
	var res *http.Response
	if err == nil {
		res, err = c.answer(x)
	}
	if err != nil && x.Err() != nil {
		err = x.Err()
	}
	return res, err
}

// answer reads the head of an answer, and passes on those before it.
func (c *way) answer(x *exchange) (*http.Response, error) {
	for range most1xx {
		res, err := http.ReadResponse(c.read, x.r)
		if err != nil {
			return nil, err
		}
		if res.StatusCode >= http.StatusOK || res.StatusCode == http.StatusSwitchingProtocols {
			c.left = 1<<63 - 1
			return res, nil
		}
		if res.StatusCode != http.StatusContinue {
			x.hint(res)
		}
	}
	return nil, errors.New("the application answers and answers, and never finally")
}

// drop closes a connection that is not used again.
func (c *way) drop() {
	if c.stop != nil {
		c.stop()
	}
	_ = c.conn.Close() // nothing more is wanted of it
}

// quiet reports whether a free connection may be used again: the application has
// neither closed it nor said anything that nobody asked for, which would be taken
// for the answer to whoever comes next.
func (c *way) quiet() bool {
	return c.raw != nil && c.read.Buffered() == 0 && nothingToRead(c.raw)
}
