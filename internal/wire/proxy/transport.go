package proxy

import (
	"context"
	"crypto/tls"
	"io"
	"net"
	"net/http"
	"net/url"
	"time"
)

// A transport takes requests to the application for the ReverseProxy: what
// carries a body or goes over TLS by http.Transport, web sockets each over a
// connection of its own. All others go over the lane.
type transport struct {
	backend *url.URL
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
	return t
}

// RoundTrip takes one request to the application.
func (t *transport) RoundTrip(r *http.Request) (*http.Response, error) {
	if r.Header["Upgrade"] != nil {
		return t.upgrade(r)
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
	res, err := c.exchange(x, t.wait, func() error { return r.Write(c.write) })
	if err != nil {
		c.drop()
		return nil, err
	}
	res.Request = r
	if res.StatusCode != http.StatusSwitchingProtocols {
		c.last()
		res.Body = &lastBody{res.Body, c}
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

// A lastBody is an answer over a connection that is not used again.
type lastBody struct {
	io.ReadCloser
	way *way
}

// Close lets the connection go.
func (b *lastBody) Close() error {
	b.way.drop()
	return nil
}
