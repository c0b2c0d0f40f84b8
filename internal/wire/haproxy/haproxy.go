// Package haproxy closes a messaging behind HAProxy. Nothing is asked at a
// request: a Pusher tells HAProxy over its runtime socket (HAProxy Management
// Guide, section 9.3) who may pass, and integrations/haproxy/haproxy.cfg obeys.
//
// What HAProxy holds, each a map file of one folder:
//
//	people    name of an account → its places, such as 0790001A/teacher
//	state     service/places, or service/=name where the account itself counts →
//	          access:word:until:read:reply:write:notice (see encode)
//	page      notice → what a person is told, HTML
//	json      notice → the same for programs
//	control   lease → until when all of this may be believed; the digest of each map
//
// What it promises:
//
//   - An access holds until an instant that is told with it, by HAProxy's own
//     clock: a closing comes at its second though nobody says so.
//   - Everything holds until the lease ends, renewed three times in its course.
//     Écluse killed, hung or out of reach: HAProxy closes when it has passed.
//   - A map is replaced as a whole or not at all. HAProxy itself keeps the digest
//     of what it holds, so that one that was restarted, and begins with the empty
//     maps on disk, is noticed and told everything anew; until then it is closed.
//   - Where only places are known, not the account, the answer is that of an
//     account that meets no requirement and has no exemption.
//   - What is live is cut after its closing was told: HAProxy keeps a table of
//     what each connection rests on, "show sess" names its streams, "shutdown
//     session" ends them, and it is looked again until nothing is left.
//
// A Pusher lives as long as Run. Several may tell the same HAProxy the same.
//
// It refuses names with spaces or control characters: such accounts are unknown
// to HAProxy, and closed.
package haproxy

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"time"

	"github.com/ecluse-ecole/ecluse"
	"github.com/ecluse-ecole/ecluse/internal/config"
	"github.com/ecluse-ecole/ecluse/internal/enforce"
	"github.com/ecluse-ecole/ecluse/internal/metric"
	"github.com/ecluse-ecole/ecluse/internal/order"
	"github.com/ecluse-ecole/ecluse/internal/school"
)

// Options are what a Pusher is made of. Metric may be nil.
type Options struct {
	App    *ecluse.App
	Config *config.HAProxy
	Metric *metric.Set
	Log    *slog.Logger
}

// A Pusher keeps one HAProxy told.
type Pusher struct {
	app      *ecluse.App
	answers  *ecluse.Answerer
	socket   socket
	services []order.Service
	point    string
	lease    time.Duration
	metric   *metric.Point
	log      *slog.Logger

	directory directory
	notices   map[*enforce.Answer]notice // as last told
	looked    time.Time                  // when what is live was last looked at
	failing   bool                       // the last beat failed, and it was logged
}

// defaultLease is for how long HAProxy believes what it was told.
const defaultLease = 15 * time.Second

// New reads the configuration. Nothing is sent before Run.
func New(o Options) (*Pusher, error) {
	c := *o.Config
	p := &Pusher{
		app: o.App, socket: newSocket(c.Socket, cmp.Or(c.Maps, "/etc/haproxy/ecluse")), point: c.Point,
		lease: cmp.Or(c.Lease, defaultLease), metric: o.Metric.Point("haproxy"), log: o.Log,
	}
	if c.Socket == "" {
		return nil, errors.New("haproxy.socket is missing: name the \"stats socket\" of HAProxy's configuration")
	}
	if p.lease < 3*time.Second || p.lease > time.Hour {
		return nil, fmt.Errorf("haproxy.lease is %s: want between 3s and 1h", p.lease)
	}
	if len(c.Services) == 0 {
		c.Services = []string{"messaging"}
	}
	for _, word := range c.Services {
		service, err := order.ParseService(word)
		if err != nil {
			return nil, fmt.Errorf("haproxy.services: %w", err)
		}
		p.services = append(p.services, service)
	}
	territory, err := school.ParseTerritory(cmp.Or(c.Territory, "FR"))
	if err != nil {
		return nil, fmt.Errorf("haproxy.territory: %w", err)
	}
	// Under the point's own name it would show as one that asks, beside the HAProxy
	// that is told.
	p.answers = o.App.Answering(enforce.Point{Name: "local-haproxy", Kind: "haproxy", Territory: territory})
	return p, nil
}

// Run tells HAProxy at every change, and renews the lease, until the context
// ends. What fails is logged once and tried again; meanwhile the lease passes.
func (p *Pusher) Run(ctx context.Context) {
	changes := p.answers.Changes(ctx)
	change, changed := enforce.Change{At: time.Now()}, true
	for {
		err := p.beat(ctx, change, changed)
		if ctx.Err() != nil {
			return
		}
		p.report(err)
		pause := p.lease / 3
		if err != nil {
			pause = min(pause, time.Second)
		}
		select {
		case <-ctx.Done():
			return
		case change = <-changes:
			changed = true
		case <-time.After(pause):
			changed = err != nil && changed // what could not be cut is still to be cut
			if !changed {
				change = enforce.Change{At: time.Now()}
			}
		}
	}
}

// report logs when telling begins to fail, and when it works again.
func (p *Pusher) report(err error) {
	switch {
	case err != nil && !p.failing:
		p.log.Error("telling HAProxy: until it is reached it closes when its lease has passed", "error", err)
	case err == nil && p.failing:
		p.log.Info("HAProxy is told again")
	}
	p.failing = err != nil
}

// lookEvery is how often what is live is looked at without a reason.
const lookEvery = time.Minute

// beat tells HAProxy what it does not hold yet, renews the lease, and cuts what is
// live no longer.
func (p *Pusher) beat(ctx context.Context, change enforce.Change, changed bool) error {
	if err := p.readDirectory(ctx); err != nil {
		return err
	}
	offset := p.socket.offset(ctx)
	t := p.tell(ctx, offset)
	told, err := p.update(ctx, t, p.lease+shift(offset))
	if err != nil {
		return err
	}
	live := 0
	if changed || told || time.Since(p.looked) > lookEvery {
		if live, err = p.cut(ctx, t, change); err != nil {
			return err
		}
		p.looked = time.Now()
		p.sayHow(ctx, t, offset, live)
	}
	return nil
}

// update replaces the maps that HAProxy holds otherwise; the words before the
// states that name them, and the long list of names last.
func (p *Pusher) update(ctx context.Context, t *table, lease time.Duration) (told bool, err error) {
	held, err := p.socket.held(ctx)
	if err != nil {
		return false, err
	}
	for _, m := range []struct {
		name  string
		lines lines
	}{{"page", t.pages}, {"json", t.texts}, {"state", t.state}, {"people", p.directory.people}} {
		if m.name == "people" { // the states are in place: they may be believed
			if err := p.renew(ctx, t, lease); err != nil {
				return told, err
			}
		}
		digest := m.lines.digest()
		if held[m.name] == digest {
			continue
		}
		if err := p.socket.replace(ctx, m.name, m.lines); err != nil {
			return told, err
		}
		if err := p.socket.set(ctx, "control", m.name, digest); err != nil {
			return told, err
		}
		told = true
	}
	return told, nil
}

// renew lets HAProxy believe what it holds for the time of a lease: from now if
// that is still what is decided, else from when it was put together.
func (p *Pusher) renew(ctx context.Context, t *table, lease time.Duration) error {
	from := t.at
	if t.version == p.answers.Version() {
		from = time.Now()
	}
	return p.socket.set(ctx, "control", "lease", fmt.Sprint(from.Add(lease).Unix()))
}

// sayHow reports as an enforcement point, where the configuration names one.
func (p *Pusher) sayHow(ctx context.Context, t *table, offset time.Duration, live int) {
	if p.point == "" {
		return
	}
	state, err := p.socket.get(ctx, "state", p.selfTestKey())
	now := p.app.Now()
	p.app.Report(enforce.Point{Name: p.point}, enforce.Report{
		Instance: p.socket.String(), Software: p.socket.software(ctx), Asked: now, Version: t.version, Offset: offset, Live: live,
		Tested: now, Refused: err == nil && strings.HasPrefix(state, "0:"),
	})
}
