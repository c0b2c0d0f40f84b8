package proxy

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"os"
	"sync"
	"time"
)

// A transport takes requests to the application. Most have no body and can be
// asked again: they go over a lane, where the goroutine that serves the client
// writes and reads by itself. http.Transport keeps two goroutines for each
// connection and hands every request from one to the next, which costs about a
// fifth of the requests a second. What carries a body, or goes over TLS, is left
// to http.Transport; web sockets get a connection of their own.
type transport struct {
	backend *url.URL
	lane    *lane
	other   *http.Transport
	wait    time.Duration
}

// toConnect bounds how long the application may take to accept a connection.
const toConnect = 5 * time.Second

func newTransport(backend *url.URL, l Limits) *transport {
	t := &transport{backend: backend, wait: l.Answer}
	t.other = &http.Transport{
		DialContext: (&net.Dialer{Timeout: toConnect}).DialContext, TLSHandshakeTimeout: toConnect,
		MaxIdleConns: mostIdle, MaxIdleConnsPerHost: mostIdle, IdleConnTimeout: idle, DisableCompression: true,
		ResponseHeaderTimeout: l.Answer, ExpectContinueTimeout: time.Second, MaxResponseHeaderBytes: longestHead,
	}
	t.lane = &lane{dial: t.dial, wait: l.Answer}
	return t
}

// RoundTrip takes one request to the application.
func (t *transport) RoundTrip(r *http.Request) (*http.Response, error) {
	switch {
	case r.Header["Upgrade"] != nil:
		return t.upgrade(r)
	case r.Body == nil && t.backend.Scheme == "http" && (r.Method == http.MethodGet || r.Method == http.MethodHead || r.Method == http.MethodOptions):
		return t.lane.RoundTrip(r)
	}
	return t.loaded(r)
}

// exchangeOf is the exchange that a request is part of.
func exchangeOf(r *http.Request) *exchange {
	return r.Context().Value(exchangeKey{}).(*exchange)
}

// loaded leaves a request to http.Transport.
func (t *transport) loaded(r *http.Request) (*http.Response, error) {
	x := exchangeOf(r)
	ctx, cancel := context.WithCancel(r.Context())
	if !x.with(cancel) {
		cancel()
		return nil, errCut
	}
	res, err := t.other.RoundTrip(r.WithContext(ctx))
	if err != nil {
		cancel()
		return nil, err
	}
	res.Request = r
	res.Body = &loadedBody{res.Body, cancel}
	return res, nil
}

// A loadedBody lets go of the request's context when the answer has been read.
type loadedBody struct {
	io.ReadCloser
	cancel context.CancelFunc
}

// Close lets go.
func (b *loadedBody) Close() error {
	defer b.cancel()
	return b.ReadCloser.Close()
}

// dial connects to the application.
func (t *transport) dial(ctx context.Context) (net.Conn, error) {
	address := t.backend.Host
	if t.backend.Port() == "" {
		address = net.JoinHostPort(t.backend.Hostname(), t.backend.Scheme) // ports have names
	}
	d := &net.Dialer{Timeout: toConnect}
	if t.backend.Scheme == "https" {
		return (&tls.Dialer{NetDialer: d, Config: &tls.Config{NextProtos: []string{"http/1.1"}}}).DialContext(ctx, "tcp", address)
	}
	return d.DialContext(ctx, "tcp", address)
}

// upgrade asks for a web socket, over a connection that nobody else has used or
// will use.
func (t *transport) upgrade(r *http.Request) (*http.Response, error) {
	ctx, cancel := context.WithTimeout(r.Context(), toConnect)
	defer cancel()
	conn, err := t.dial(ctx)
	if err != nil {
		return nil, err
	}
	c, x := newWay(conn), exchangeOf(r)
	res, err := c.exchange(r, x, t.wait)
	if err != nil {
		conn.Close()
		return nil, err
	}
	if res.StatusCode != http.StatusSwitchingProtocols {
		c.last()
		res.Body = &answerBody{ReadCloser: res.Body, way: c, x: x}
		return res, nil
	}
	c.stop()
	_ = conn.SetDeadline(time.Time{}) // who interrupts from here on closes it
	if !x.with(func() { conn.Close() }) {
		conn.Close()
		return nil, errCut
	}
	res.Body = newTunnel(x, conn, c.read)
	return res, nil
}

const (
	mostIdle    = 512              // connections kept for the next request
	idle        = 60 * time.Second // after which one is not kept any longer
	longestHead = 256 << 10        // bytes of an answer's head
	most1xx     = 8                // answers before the answer (RFC 9110, section 15.2)
)

// A lane keeps connections to the application for requests without a body.
type lane struct {
	dial func(context.Context) (net.Conn, error)
	wait time.Duration

	mu   sync.Mutex
	free []*way // the last one used is at the end
}

// RoundTrip asks over a connection that is free, or a new one. A connection that
// the application closed just as it was used is tried again on a new one, once:
// what goes over a lane changes nothing and may be asked twice (RFC 9110,
// section 9.2.2).
func (l *lane) RoundTrip(r *http.Request) (*http.Response, error) {
	c := l.take()
	if c == nil {
		return l.first(r)
	}
	res, err := l.over(c, r)
	if err != nil && c.silent && !errors.Is(err, os.ErrDeadlineExceeded) && r.Context().Err() == nil {
		return l.first(r)
	}
	return res, err
}

// first asks over a new connection.
func (l *lane) first(r *http.Request) (*http.Response, error) {
	conn, err := l.dial(r.Context())
	if err != nil {
		return nil, err
	}
	return l.over(newWay(conn), r)
}

func (l *lane) over(c *way, r *http.Request) (*http.Response, error) {
	x := exchangeOf(r)
	res, err := c.exchange(r, x, l.wait)
	if err == nil && res.StatusCode == http.StatusSwitchingProtocols {
		err = errors.New("the application switches protocols, which nobody asked for")
	}
	if err != nil {
		c.stop()
		c.conn.Close()
		return nil, err
	}
	body := &answerBody{ReadCloser: res.Body, way: c, x: x, whole: res.Body == http.NoBody}
	if !res.Close {
		body.lane = l
	}
	if res.ContentLength < 0 || res.ContentLength > int64(c.read.Buffered()) {
		c.last() // what is there already will not be waited for
	}
	res.Body = body
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

// An answerBody gives the connection back when the answer has been read to its
// end, and closes it otherwise.
type answerBody struct {
	io.ReadCloser
	way   *way
	x     *exchange
	lane  *lane // nil: not to be used again
	whole bool
}

// Read reads some of the answer.
func (b *answerBody) Read(p []byte) (int, error) {
	n, err := b.ReadCloser.Read(p)
	if err == io.EOF {
		b.whole = true
	} else if err != nil && b.way.interrupted.Load() {
		err = context.Canceled
	}
	return n, err
}

// Close lets the connection go.
func (b *answerBody) Close() error {
	if b.way == nil {
		return nil
	}
	c := b.way
	b.way = nil
	if uncut := b.x.with(nil); c.stop() && uncut && b.whole && b.lane != nil {
		b.lane.give(c)
		return nil
	}
	if err := c.conn.Close(); err != nil {
		return fmt.Errorf("leaving the application: %w", err)
	}
	return nil
}
