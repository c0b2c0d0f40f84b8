// Package proxy is `ecluse proxy`: a reverse proxy in front of a messaging that
// is not Écluse's own. It decides in the data path, about every request, and it
// owns the connections, so that it can end at the second what is live: no
// packaged server asks again once a stream or a web socket stands.
//
// What it promises:
//
//   - What the route table saw is what the application receives, byte for byte,
//     and what it cannot pass on so is refused: targets that are no path, spaces,
//     "#" (RFC 9112, section 3.2), another host in a header, Connection naming
//     what is none of its business (RFC 9110, section 7.6.1).
//   - Nobody but a trusted server in front says who is asking, where from or what
//     for: headers of that kind that a client sends do not reach the application.
//   - A request to a messaging address is registered, then asked about, then
//     passed on (enforce.Registry). At a closing whatever rests on it ends: a
//     request that waits gets the notice, an answer under way is broken off so
//     that nobody takes it for whole, an event stream ends, a web socket is told
//     1008 and the sentence (RFC 6455, section 7.4.1) where its frames allow.
//   - A web socket can send. It counts as sending unless its route names another
//     action and no methods.
//   - Fail closed: nobody signed in is 401, a name that cannot be believed 403,
//     what cannot be decided 503, and no such request reaches the application.
//     An application that does not answer is 502 or 504, which says so.
//   - Nobody takes all the room: connections are bounded in all and by address,
//     live requests by address and by person; clients that send or read nothing
//     are left (see Limits).
//
// Addresses below /_ecluse/ are the proxy's own and never passed on:
// /_ecluse/livez and /_ecluse/readyz say whether it lives and can decide,
// /_ecluse/self-test answers as the account that is always closed.
//
// It speaks HTTP/1.1 and, over TLS, HTTP/2 to clients; HTTP/1.1 to the
// application. It refuses CONNECT and TRACE, targets in absolute form, and any
// upgrade but to a web socket: h2c in particular would be a tunnel past every
// decision.
package proxy

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"net/http/httputil"
	"net/url"
	"sync/atomic"
	"time"

	"github.com/ecluse-ecole/ecluse/internal/enforce"
	"github.com/ecluse-ecole/ecluse/internal/identity"
	"github.com/ecluse-ecole/ecluse/internal/metric"
	"github.com/ecluse-ecole/ecluse/internal/route"
	"github.com/ecluse-ecole/ecluse/internal/wire"
)

// Options are what a Proxy is made of.
type Options struct {
	Decider enforce.Decider
	Who     *identity.Chain
	Table   *route.Table
	Backend *url.URL // the application: http or https, a host and nothing else

	// Header is the identity header (config.Identity.Header). From a trusted
	// server it reaches the application as it came; what others send is taken
	// off, and who was found in another way is put in its place. Empty: none.
	Header string
	// Trusted tells the servers in front, whose word on who is asking and from
	// where is believed; nil: nobody.
	Trusted func(*http.Request) bool

	// SignIn is the address to which somebody who reads pages and is not signed
	// in is sent, with ?to=; empty: they get a notice with status 401.
	SignIn string
	// Beside are paths that are answered here and not by the application, such as
	// those of the sign-in.
	Beside map[string]http.Handler

	Ready  func() error  // why nothing can be decided at the moment; nil: always ready
	Spread time.Duration // clients return over this long after a reopening
	Metric *metric.Set   // nil: no figures
	Log    *slog.Logger  // nil: slog.Default
	Limits Limits
}

// A Proxy stands in front of one application. It is an http.Handler; Server
// returns the server that it belongs in.
type Proxy struct {
	Options
	live    *enforce.Registry
	porter  wire.Porter
	faults  wire.Seldom // the application's
	lane    *lane       // nil: the application speaks TLS
	reverse *httputil.ReverseProxy
	crowd   *crowd
	metric  *metric.Point
	changed atomic.Int64 // when answers last changed, in Unix nanoseconds
	stopped atomic.Bool  // nobody keeps what is live any more
}

// New makes a proxy; Run keeps what is live in it.
func New(o Options) (*Proxy, error) {
	if o.Decider == nil || o.Who == nil || o.Table == nil {
		return nil, errors.New("a proxy needs somebody to ask, a way to tell who is asking, and routes")
	}
	if err := checkBackend(o.Backend); err != nil {
		return nil, err
	}
	if o.Trusted == nil {
		o.Trusted = func(*http.Request) bool { return false }
	}
	if o.Log == nil {
		o.Log = slog.Default()
	}
	o.Decider = route.Any{Decider: o.Decider}
	o.Limits = o.Limits.complete()
	o.Header = http.CanonicalHeaderKey(o.Header)
	p := &Proxy{
		Options: o, live: enforce.NewRegistry(o.Limits.PerPerson), crowd: newCrowd(o.Limits), metric: o.Metric.Point("proxy"),
		porter: wire.Porter{Who: o.Who, Log: o.Log},
	}
	t, room := newTransport(o.Backend, o.Limits), newBuffers()
	if o.Backend.Scheme == "http" {
		p.lane = &lane{dial: t.dial, wait: o.Limits.Answer, room: room}
	}
	p.reverse = &httputil.ReverseProxy{
		Rewrite: p.rewrite, Transport: t, BufferPool: room, ErrorLog: slog.NewLogLogger(o.Log.Handler(), slog.LevelDebug),
		ModifyResponse: func(res *http.Response) error { return exchangeOf(res.Request).received(res) },
		ErrorHandler:   func(_ http.ResponseWriter, r *http.Request, err error) { exchangeOf(r).failed(err) },
	}
	o.Metric.Gauge("ecluse_proxy_live", "Requests, streams and web sockets under way that a closing would end.", nil,
		func() float64 { return float64(p.live.Len()) })
	return p, nil
}

// checkBackend refuses an address that would change what the application
// receives.
func checkBackend(u *url.URL) error {
	if u == nil || u.Scheme != "http" && u.Scheme != "https" || u.Host == "" || u.Path != "" && u.Path != "/" ||
		u.RawQuery != "" || u.Fragment != "" || u.User != nil {
		return fmt.Errorf("the application behind is %q: write a scheme and a host alone, such as http://127.0.0.1:8090", u)
	}
	return nil
}

// Live is how many requests, streams and web sockets a closing could end.
func (p *Proxy) Live() int { return p.live.Len() }

// ServeHTTP decides about one request and passes it on.
func (p *Proxy) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if p.aside(w, r) {
		return
	}
	if reason := unfit(r); reason != nil {
		leaveUnread(w, r)
		reason.write(w, r)
		return
	}
	place := placeOf(r)
	if !place.enter(p.Limits.PerAddress) {
		leaveUnread(w, r)
		busy.write(w, r)
		return
	}
	defer place.leave()
	x := p.begin(w, r, place)
	defer x.end()
	switch {
	case !x.target.Open && !p.admit(x):
	case p.lane.fits(r):
		p.lane.pass(x)
	default:
		p.reverse.ServeHTTP(x, x.r.WithContext(x))
	}
}

// Run holds what is live against the answers until the context ends, and then
// ends all of it: what nobody watches must not live.
func (p *Proxy) Run(ctx context.Context) {
	k := &enforce.Keeper{Decider: noting{p.Decider, &p.changed}, On: p.live, Log: p.Log}
	p.changed.Store(time.Now().UnixNano())
	k.Run(ctx)
	p.stopped.Store(true)
	last := context.WithoutCancel(ctx)
	left, _ := p.live.Live(last) // of a Registry: no error
	for _, h := range left {
		_ = p.live.Cut(last, h, stopping)
	}
}

// noting is a Decider that remembers when answers last changed: the time to each
// cut is counted from there.
type noting struct {
	enforce.Decider
	changed *atomic.Int64
}

// Changes are those of the Decider.
func (n noting) Changes(ctx context.Context) <-chan enforce.Change {
	in, out := n.Decider.Changes(ctx), make(chan enforce.Change)
	go func() {
		for {
			select {
			case <-ctx.Done():
				return
			case c := <-in:
				n.changed.Store(c.At.UnixNano())
				select {
				case <-ctx.Done():
					return
				case out <- c:
				}
			}
		}
	}()
	return out
}
