package proxy

import (
	"context"
	"net"
	"net/http"
	"net/netip"
	"sync"
	"sync/atomic"
	"time"
)

// Limits bound what one client, one address and all of them can take. A school
// stands behind one address, so that an address may take much; zero values are
// filled in.
type Limits struct {
	Connections int           // of all clients together; 0: 20,000
	PerAddress  int           // connections of one address, and its requests at once; 0: 5,000
	PerPerson   int           // requests at once of one person for one action; 0: 100
	Slow        time.Duration // a client that sends or takes nothing is left after this; 0: 30 s
	Answer      time.Duration // the application may take this long to begin its answer; 0: 5 min
}

func (l Limits) complete() Limits {
	for _, n := range []struct {
		of      *int
		without int
	}{{&l.Connections, 20_000}, {&l.PerAddress, 5_000}, {&l.PerPerson, 100}} {
		if *n.of <= 0 {
			*n.of = n.without
		}
	}
	if l.Slow <= 0 {
		l.Slow = 30 * time.Second
	}
	if l.Answer <= 0 {
		l.Answer = 5 * time.Minute
	}
	return l
}

// Server is the server that the proxy belongs in, to be given a listener: it
// bounds connections and headers, leaves slow clients, and speaks HTTP/2 over TLS
// only. Certificates are the caller's.
func (p *Proxy) Server() *http.Server {
	protocols := new(http.Protocols)
	protocols.SetHTTP1(true)
	protocols.SetHTTP2(true)
	return &http.Server{
		Handler: p, Protocols: protocols, HTTP2: &http.HTTP2Config{MaxConcurrentStreams: 100, WriteByteTimeout: p.Limits.Slow},
		ReadHeaderTimeout: min(10*time.Second, p.Limits.Slow), IdleTimeout: 2 * time.Minute, MaxHeaderBytes: 32 << 10,
		ConnContext: p.arrive, ConnState: p.depart, ErrorLog: p.reverse.ErrorLog, DisableGeneralOptionsHandler: true,
	}
}

// A crowd is all connections of clients, by address.
type crowd struct {
	limits Limits

	mu     sync.Mutex
	all    int
	places map[netip.Addr]*place
}

func newCrowd(l Limits) *crowd { return &crowd{limits: l, places: map[netip.Addr]*place{}} }

// A place is one address: of IPv6, the network that one household or school has.
type place struct {
	crowd   *crowd
	address netip.Addr
	trusted bool // a server in front, which stands for many
	conns   int  // guarded by crowd.mu
	live    atomic.Int64
}

type placeKey struct{}

// placeOf is the place that a request comes from; nil where the proxy does not
// stand in its own server. Its methods then do nothing.
func placeOf(r *http.Request) *place {
	found, _ := r.Context().Value(placeKey{}).(*place)
	return found
}

// arrive counts a connection in. One too many is closed before a byte is read.
func (p *Proxy) arrive(ctx context.Context, c net.Conn) context.Context {
	trusted := p.Trusted(&http.Request{RemoteAddr: c.RemoteAddr().String()})
	place, ok := p.crowd.join(addressOf(c), trusted)
	if !ok {
		c.Close()
	}
	return context.WithValue(ctx, placeKey{}, place)
}

// depart counts it out; a web socket's connection is counted out by its exchange.
func (p *Proxy) depart(c net.Conn, state http.ConnState) {
	if state == http.StateClosed {
		p.crowd.leave(addressOf(c))
	}
}

// addressOf is what connections are counted by.
func addressOf(c net.Conn) netip.Addr {
	peer, err := netip.ParseAddrPort(c.RemoteAddr().String())
	if err != nil {
		return netip.Addr{} // all that have no address are one
	}
	address := peer.Addr().Unmap().WithZone("")
	if address.Is6() {
		if network, err := address.Prefix(64); err == nil {
			return network.Addr()
		}
	}
	return address
}

func (c *crowd) join(address netip.Addr, trusted bool) (*place, bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	found := c.places[address]
	if found == nil {
		found = &place{crowd: c, address: address, trusted: trusted}
		c.places[address] = found
	}
	found.conns++
	c.all++
	return found, c.all <= c.limits.Connections && (trusted || found.conns <= c.limits.PerAddress)
}

func (c *crowd) leave(address netip.Addr) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.all--
	if found := c.places[address]; found != nil {
		if found.conns--; found.conns == 0 {
			delete(c.places, address)
		}
	}
}

// enter counts a request in, unless its address has too many.
func (p *place) enter(most int) bool {
	if p == nil {
		return true
	}
	if p.live.Add(1) > int64(most) && !p.trusted {
		p.live.Add(-1)
		return false
	}
	return true
}

// leave counts a request out.
func (p *place) leave() {
	if p != nil {
		p.live.Add(-1)
	}
}

// left counts a connection out that the server has handed over.
func (p *place) left() {
	if p != nil {
		p.crowd.leave(p.address)
	}
}
