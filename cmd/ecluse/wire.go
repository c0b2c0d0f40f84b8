package main

import (
	"fmt"
	"log/slog"
	"maps"
	"slices"

	"github.com/ecluse-ecole/ecluse"
	"github.com/ecluse-ecole/ecluse/internal/config"
	"github.com/ecluse-ecole/ecluse/internal/enforce"
	"github.com/ecluse-ecole/ecluse/internal/identity"
	"github.com/ecluse-ecole/ecluse/internal/metric"
	"github.com/ecluse-ecole/ecluse/internal/route"
	"github.com/ecluse-ecole/ecluse/internal/wire"
	"github.com/ecluse-ecole/ecluse/internal/wire/dovecot"
	"github.com/ecluse-ecole/ecluse/internal/wire/ejabberd"
	"github.com/ecluse-ecole/ecluse/internal/wire/envoy"
	"github.com/ecluse-ecole/ecluse/internal/wire/haproxy"
	"github.com/ecluse-ecole/ecluse/internal/wire/postfix"
	"github.com/ecluse-ecole/ecluse/internal/wire/synapse"
)

// A wirer starts the servers that a configuration names, in `ecluse serve` and in
// `ecluse proxy` alike.
type wirer struct {
	*crew
	decider func(kind string) enforce.Decider
	figures *metric.Set
	log     *slog.Logger
}

// servers starts what runs in either place.
func (w wirer) servers(g config.Gate) error {
	if err := secure(g); err != nil {
		return err
	}
	for _, start := range []func(config.Gate) error{w.postfix, w.dovecot, w.ejabberd, w.synapse} {
		if err := start(g); err != nil {
			return fmt.Errorf("gate: %w", err)
		}
	}
	return nil
}

// secure refuses to send keys, or to believe answers, over a network that others
// may read.
func secure(g config.Gate) error {
	asked := map[string]string{}
	if g.Identity.Whoami != nil {
		asked["identity.whoami.url"] = g.Identity.Whoami.URL
	}
	if g.Dovecot != nil && g.Dovecot.URL != "" {
		asked["dovecot.url"] = g.Dovecot.URL
	}
	if g.Ejabberd != nil {
		asked["ejabberd.url"] = g.Ejabberd.URL
	}
	if g.Synapse != nil {
		asked["synapse.url"] = g.Synapse.URL
	}
	for _, key := range slices.Sorted(maps.Keys(asked)) {
		if err := identity.Secure(key, asked[key]); err != nil {
			return err
		}
	}
	return nil
}

func (w wirer) postfix(g config.Gate) error {
	if g.Postfix == nil {
		return nil
	}
	server, err := postfix.New(postfix.Options{
		Decider: w.decider("postfix"), Config: g.Postfix, Metric: w.figures, Log: w.log,
	})
	if err != nil {
		return err
	}
	w.ends = append(w.ends, server.Close)
	w.add(server.Run)
	l, err := postfix.Listen(g.Postfix.Listen)
	if err != nil {
		return err
	}
	w.serve(l, server.Serve)
	return nil
}

func (w wirer) dovecot(g config.Gate) error {
	if g.Dovecot == nil || g.Dovecot.URL == "" {
		return nil
	}
	cutter, err := dovecot.NewCutter(g.Dovecot, w.decider("dovecot"), w.figures, w.log)
	if err != nil {
		return err
	}
	w.add(cutter.Run)
	return nil
}

func (w wirer) ejabberd(g config.Gate) error {
	if g.Ejabberd == nil {
		return nil
	}
	cutter, err := ejabberd.NewCutter(g.Ejabberd, w.decider("ejabberd"), w.figures, w.log)
	if err != nil {
		return err
	}
	w.add(cutter.Run)
	return nil
}

func (w wirer) synapse(g config.Gate) error {
	if g.Synapse == nil {
		return nil
	}
	keeper, err := synapse.New(g.Synapse, w.decider("synapse"), w.figures, w.log)
	if err != nil {
		return err
	}
	w.add(keeper.Run)
	return nil
}

// A house is what only `ecluse serve` has.
type house struct {
	app   *ecluse.App
	desk  *wire.Desk
	who   *identity.Chain
	table *route.Table
}

// inside starts what needs the whole directory, or the desk, and so runs in
// `ecluse serve` alone.
func (w wirer) inside(h house, o gateOptions) error {
	if o.HAProxy != nil {
		pusher, err := haproxy.New(haproxy.Options{App: h.app, Config: o.HAProxy, Metric: w.figures, Log: w.log})
		if err != nil {
			return fmt.Errorf("gate: %w", err)
		}
		w.add(pusher.Run)
	}
	if o.Envoy == "" {
		return nil
	}
	l, err := listen(o.Envoy)
	if err != nil {
		return fmt.Errorf("gate.envoy: %w", err)
	}
	w.serve(l, envoy.New(envoy.Options{
		Answers: envoy.ByDesk(h.desk), Who: h.who, Table: h.table, Spread: o.spread, Metric: w.figures, Log: w.log,
	}).Serve)
	return nil
}
