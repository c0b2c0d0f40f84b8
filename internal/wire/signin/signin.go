// Package signin is the side of enforcement that stands where people sign in.
// It has four parts, each of use without the others:
//
//   - A CAS 3.0 client (see CAS): who comes back with a ticket is remembered in
//     the signed cookie by which forward authentication and ecluse proxy know them.
//   - The answer to Apereo CAS's remote access strategy: CAS asks at each sign-in
//     whether somebody may enter a service.
//   - Signed statements about a person (a JWT with ecluse_access, ecluse_until and
//     max_lifetime), never valid past the next change, so that an OpenID provider
//     can bound its own tokens.
//   - A transmitter of the Shared Signals Framework 1.0: one session-revoked event
//     of CAEP 1.0 for each role of each school that closes.
//
// What it promises: whoever could not be verified is not signed in; a ticket is
// good once, in the browser that asked for it; nobody is led to another site;
// what is signed never outlasts the instant at which it may become untrue. An
// event is sent again until its receiver has it or the role is open again, and
// has the same jti each time and after a restart.
//
// What it does not promise: that a session ends. A signal is a hint to whoever
// owns sessions, without order or completeness; it is never the way by which
// orders travel, and who ignores it is still refused at the next question. An
// account that closes by itself (an exemption that ends, a password that must be
// changed) is not signalled: the signal names roles, not people.
//
// Lifetimes: a cookie lasts until the next change or twelve hours, a statement
// until the next change or five minutes. Endings of CAS sessions are known to the
// process that was told, until it stops.
package signin

import (
	"context"
	"log/slog"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"time"

	"github.com/ecluse-ecole/ecluse"
	"github.com/ecluse-ecole/ecluse/internal/config"
	"github.com/ecluse-ecole/ecluse/internal/fault"
	"github.com/ecluse-ecole/ecluse/internal/identity"
	"github.com/ecluse-ecole/ecluse/internal/metric"
	"github.com/ecluse-ecole/ecluse/internal/wire"
)

// A SignIn answers sign-in services and tells them of closings. The zero SignIn
// is not ready: use New.
type SignIn struct {
	desk    *wire.Desk
	app     *ecluse.App
	who     *identity.Chain
	cas     *CAS // nil without one
	asCAS   *metric.Point
	issuer  string
	keys    *keys // nil where nothing is signed
	streams []*stream
	pause   time.Duration // after the first failure to send
	log     *slog.Logger
}

// New makes the sign-in side of a configuration. A nil Set counts nothing.
func New(desk *wire.Desk, who *identity.Chain, c config.Gate, m *metric.Set, log *slog.Logger) (*SignIn, error) {
	if log == nil {
		log = slog.Default()
	}
	s := &SignIn{desk: desk, app: desk.App(), who: who, asCAS: m.Point("cas"), pause: firstPause, log: log}
	if c.Identity.CAS != nil {
		cas, err := NewCAS(*c.Identity.CAS, who, desk.Local("cas"), "/gate", log)
		if err != nil {
			return nil, err
		}
		s.cas = cas
	}
	if c.Sign == nil {
		return s, nil
	}
	if err := identity.Secure("sign.issuer", c.Sign.Issuer); err != nil {
		return nil, err
	}
	s.issuer = strings.TrimRight(c.Sign.Issuer, "/")
	var err error
	if s.keys, err = openKeys(c.Sign.KeyFile); err != nil {
		return nil, err
	}
	for _, signal := range c.Signals {
		stream, err := newStream(signal, s.streams)
		if err != nil {
			return nil, err
		}
		s.streams = append(s.streams, stream)
		m.Gauge("ecluse_signals_pending", "Events that a receiver of signals does not have yet.",
			map[string]string{"stream": stream.id}, func() float64 { return float64(stream.len()) })
	}
	return s, nil
}

// CAS is the client that signs people in; nil where none is configured.
func (s *SignIn) CAS() *CAS { return s.cas }

// Routes adds the addresses of what is configured to a mux.
func (s *SignIn) Routes(mux *http.ServeMux) {
	mux.HandleFunc("GET /gate/cas/access", s.access)
	mux.HandleFunc("POST /gate/cas/access", s.access)
	if s.cas != nil {
		s.cas.Routes(mux)
	}
	if s.keys == nil {
		return
	}
	mux.HandleFunc("GET /gate/claims", s.state)
	mux.HandleFunc("GET /gate/jwks.json", s.publicKeys)
	if len(s.streams) == 0 {
		return
	}
	path := ""
	if u, err := url.Parse(s.issuer); err == nil {
		path = u.Path
	}
	mux.HandleFunc("GET /.well-known/ssf-configuration"+path, s.describe)
	mux.HandleFunc("GET /gate/ssf/streams", s.showStreams)
	mux.HandleFunc("GET /gate/ssf/status", s.showStatus)
	mux.HandleFunc("POST /gate/ssf/verify", s.verify)
	mux.HandleFunc("POST /gate/ssf/poll/{stream}", s.poll)
}

// Run tells the receivers of signals what closes, until the context ends.
func (s *SignIn) Run(ctx context.Context) {
	var all sync.WaitGroup
	for _, stream := range s.streams {
		all.Go(func() { s.watch(ctx, stream) })
		if stream.url != "" {
			all.Go(func() { s.push(ctx, stream) })
		}
	}
	<-ctx.Done()
	for _, stream := range s.streams {
		stream.close()
	}
	all.Wait()
}

// refuse answers a program that is no point of ours.
func refuse(w http.ResponseWriter, err error) {
	kind := fault.KindOf(err)
	if kind == fault.SignedOut {
		w.Header().Set("WWW-Authenticate", `Bearer realm="ecluse"`)
	}
	http.Error(w, err.Error(), status(kind))
}
