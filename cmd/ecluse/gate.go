package main

import (
	"context"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"strings"
	"sync"
	"time"

	"github.com/ecluse-ecole/ecluse"
	"github.com/ecluse-ecole/ecluse/internal/api"
	"github.com/ecluse-ecole/ecluse/internal/config"
	"github.com/ecluse-ecole/ecluse/internal/enforce"
	"github.com/ecluse-ecole/ecluse/internal/identity"
	"github.com/ecluse-ecole/ecluse/internal/metric"
	"github.com/ecluse-ecole/ecluse/internal/route"
	"github.com/ecluse-ecole/ecluse/internal/wire"
	"github.com/ecluse-ecole/ecluse/internal/wire/answers"
	"github.com/ecluse-ecole/ecluse/internal/wire/dovecot"
	"github.com/ecluse-ecole/ecluse/internal/wire/forward"
	"github.com/ecluse-ecole/ecluse/internal/wire/probe"
	"github.com/ecluse-ecole/ecluse/internal/wire/signin"
)

// A crew is what works beside the pages until the server stops: listeners for
// mail servers, keepers that cut, the prober.
type crew struct {
	runs []func(context.Context) error
	ends []func() error
}

// add has something run; it returns when its context ends.
func (c *crew) add(run func(context.Context)) {
	c.runs = append(c.runs, func(ctx context.Context) error { run(ctx); return nil })
}

// serve has something serve a listener, which is open already, so that a port in
// use was told before anything runs.
func (c *crew) serve(l net.Listener, serve func(context.Context, net.Listener) error) {
	c.ends = append(c.ends, l.Close)
	c.runs = append(c.runs, func(ctx context.Context) error { return serve(ctx, l) })
}

// start begins the work; the function it returns waits for its end. Work that
// fails while the server runs is told to failed.
func (c *crew) start(ctx context.Context, failed func(error)) (wait func()) {
	var all sync.WaitGroup
	for _, run := range c.runs {
		all.Go(func() {
			if err := run(ctx); err != nil && ctx.Err() == nil {
				failed(err)
			}
		})
	}
	return all.Wait
}

// close ends what is open, started or not.
func (c *crew) close() {
	for _, end := range c.ends {
		_ = end() // nothing is lost by what cannot be closed
	}
}

// gateOptions are what the gate of `ecluse serve` needs beyond its configuration.
type gateOptions struct {
	config.Gate
	feed   *config.Feed
	follow *config.Follow
	secure bool
	spread time.Duration
	log    *slog.Logger
}

// newGate puts the gate's faces beside the pages: the JSON interface, forward
// authentication, the sign-in side, and the servers that the configuration names.
func newGate(app *ecluse.App, o gateOptions, pages http.Handler) (http.Handler, *crew, error) {
	networks, err := wire.Networks(o.Trusted)
	if err != nil {
		return nil, nil, fmt.Errorf("gate.trusted: %w", err)
	}
	table, err := route.Compile(o.Routes, o.Unmatched)
	if err != nil {
		return nil, nil, fmt.Errorf("gate.routes: %w", err)
	}
	desk, figures, beside := wire.NewDesk(app, networks), metric.New(), &crew{}
	who, err := identity.New(o.Identity, desk.Believes)
	if err != nil {
		return nil, nil, fmt.Errorf("gate.identity: %w", err)
	}
	signIn, err := signin.New(desk, who, o.Gate, figures, o.log)
	if err != nil {
		return nil, nil, fmt.Errorf("gate: %w", err)
	}
	mux := http.NewServeMux()
	api.New(desk, figures, api.Options{Secure: o.secure, Log: o.log}).Routes(mux)
	signIn.Routes(mux)
	dovecot.New(desk, o.Dovecot, figures, o.log).Routes(mux)
	appFigures(app, figures)
	mux.Handle(answers.Path, answers.NewHandler(app, o.log))
	beside.add(signIn.Run)
	beside.add(probe.New(app, o.log).Run)
	w := wirer{crew: beside, decider: func(kind string) enforce.Decider { return desk.Local(kind) }, figures: figures, log: o.log}
	err = w.servers(o.Gate)
	if err == nil {
		err = w.inside(house{app, desk, who, table}, o)
	}
	if err == nil {
		err = w.follow(app, o.follow)
	}
	if err == nil {
		err = w.tellAbove(app, o.follow)
	}
	if err == nil {
		pages, err = w.issue(app, o.feed, pages)
	}
	if err != nil {
		beside.close()
		return nil, nil, err
	}
	handler := forward.New(desk, who, table, figures, o.spread).LogTo(o.log).Wrap(apart(mux, pages))
	return handler, beside, nil
}

// apart sends the gate's addresses to its mux and all others to the pages.
func apart(gate, pages http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		p := r.URL.Path
		if strings.HasPrefix(p, "/access/") || strings.HasPrefix(p, "/gate/") || strings.HasPrefix(p, "/.well-known/") || p == "/metrics" || p == answers.Path {
			gate.ServeHTTP(w, r)
			return
		}
		pages.ServeHTTP(w, r)
	})
}

// appFigures are what can be said of the application as a whole.
func appFigures(app *ecluse.App, m *metric.Set) {
	m.Gauge("ecluse_ready", "1 while decisions can be made, 0 while everything is closed in doubt.", nil, func() float64 {
		if app.Ready() != nil {
			return 0
		}
		return 1
	})
	m.Gauge("ecluse_snapshot_version", "Version of the orders that decide.", nil, func() float64 { return float64(app.Snapshot().Version()) })
	m.Gauge("ecluse_schools", "Schools that are decided about.", nil, func() float64 { return float64(len(app.Snapshot().Schools())) })
}
