// Package synapse keeps the accounts of a Matrix server (Synapse, on which Tchap
// runs) as the orders say, through its admin interface: suspended where only
// reading is open, locked where nothing is.
//
// It is the second of three. The module in integrations/synapse refuses what is
// sent, at the second; `ecluse proxy` in front ends the long polls in which
// messages arrive, at the second; this keeper follows within seconds, so that
// somebody whose access is closed cannot go round either of them.
//
// What it promises:
//
//   - Nothing is destroyed. Tokens and devices are never revoked: with them the
//     keys of encrypted messages would be lost. A locked account keeps both; when
//     it is unlocked the same token works again.
//   - It undoes only what it did. What it is about to do is written to a file
//     before it is done, and what is not known to be done is done again. An account
//     that people suspended or locked themselves stays so.
//   - Where nothing can be decided an account is suspended, not locked: nothing is
//     sent, and nobody is signed out for a restart of Écluse. One that is locked
//     stays locked.
//
// Answering cannot be told from writing here, so that "reply" suspends. Where the
// proxy closes reading, or where Matrix Authentication Service holds the sessions
// (Synapse's lock does nothing there), suspending is all that is needed
// (suspend_only), and nobody is signed out at all.
//
// Sources: Synapse's admin interface, "User Admin API" (list, query and modify
// accounts; suspend), version 1.122 and later. It is
// held against Synapse 1.160 where there is one (TestRealSynapse).
package synapse

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/url"
	"os"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/ecluse-ecole/ecluse/internal/config"
	"github.com/ecluse-ecole/ecluse/internal/enforce"
	"github.com/ecluse-ecole/ecluse/internal/metric"
	"github.com/ecluse-ecole/ecluse/internal/order"
)

// A state is what an account is kept in.
type state string

// The states. An account that is free is not ours to hold.
const (
	free      state = ""
	suspended state = "suspended"
	locked    state = "locked"
)

// stateFor is what an answer asks of an account.
func stateFor(a *enforce.Answer) state {
	switch {
	case a.Allows(enforce.SendMessage):
		return free
	case a.Allows(enforce.ReadMessage), a.Unknown:
		return suspended
	default:
		return locked
	}
}

// stateFor is what this server's accounts are put into.
func (k *Keeper) stateFor(a *enforce.Answer) state {
	if s := stateFor(a); s != locked || !k.suspends {
		return s
	}
	return suspended
}

// A Keeper keeps the accounts of one server.
type Keeper struct {
	admin    *admin
	decider  enforce.Decider
	server   string
	open     map[string]bool // accounts that are left alone
	every    time.Duration
	suspends bool // never locks
	book     *book
	point    *metric.Point
	log      *slog.Logger
}

// defaultEvery is how often accounts are listed, whatever happens.
const defaultEvery = 5 * time.Minute

// New reads the token and what was done when the last Keeper ended.
func New(c *config.Synapse, d enforce.Decider, m *metric.Set, log *slog.Logger) (*Keeper, error) {
	u, err := url.Parse(c.URL)
	if err != nil || u.Scheme != "http" && u.Scheme != "https" || u.Host == "" {
		return nil, fmt.Errorf("synapse.url: %q is no address: write it as http://127.0.0.1:8008", c.URL)
	}
	if c.ServerName == "" {
		return nil, errors.New("synapse.server_name is empty: write what stands behind the colon of names, such as school.example")
	}
	token, err := os.ReadFile(c.TokenFile)
	if err != nil {
		return nil, fmt.Errorf("reading synapse.token_file: %w: write the access token of an administrator of Synapse there", err)
	}
	if c.State == "" {
		return nil, errors.New("synapse.state is empty: name a file that remembers which accounts were closed, such as /var/lib/ecluse/synapse")
	}
	b, err := openBook(c.State)
	if err != nil {
		return nil, err
	}
	k := &Keeper{
		admin: newAdmin(c.URL, strings.TrimSpace(string(token))), decider: d, server: c.ServerName,
		open: map[string]bool{}, every: c.Every, suspends: c.SuspendOnly, book: b, point: m.Point("synapse"), log: log,
	}
	if k.every <= 0 {
		k.every = defaultEvery
	}
	for _, name := range c.Open {
		k.open[k.full(name)] = true
	}
	return k, nil
}

// full is a name with the server's, as Matrix writes it.
func (k *Keeper) full(name string) string {
	if strings.HasPrefix(name, "@") {
		return name
	}
	return "@" + name + ":" + k.server
}

// Run keeps until the context ends. What fails is logged and tried again.
func (k *Keeper) Run(ctx context.Context) {
	changes := k.decider.Changes(ctx)
	began, failures := time.Now(), 0
	for {
		wait := k.every
		if err := k.settle(ctx, began); err == nil {
			failures = 0
		} else if ctx.Err() == nil {
			k.log.Error("keeping the accounts of Synapse", "error", err)
			wait = min(soonest<<min(failures, 10), latest)
			failures++
		}
		select {
		case <-ctx.Done():
			return
		case c := <-changes:
			began = c.At
		case <-time.After(wait):
			if failures == 0 {
				began = time.Now()
			}
		}
	}
}

// How soon it is tried again after a failure: ever less often.
const (
	soonest = 50 * time.Millisecond
	latest  = 5 * time.Second
)

// settle brings every account into the state that the orders ask for, some at a
// time, so that each is asked about right before it is changed.
func (k *Keeper) settle(ctx context.Context, began time.Time) error {
	names, err := k.names(ctx)
	if err != nil {
		return err
	}
	var first error
	failures := 0
	for len(names) > 0 && ctx.Err() == nil {
		part := names[:min(len(names), some)]
		names = names[len(part):]
		list := k.differences(ctx, part)
		k.apply(ctx, list, began)
		failed := 0
		for _, d := range list {
			if d.err != nil {
				failed++
				if first == nil {
					first = d.err
				}
			}
		}
		if failures += failed; failed > 0 && failed == len(list) {
			break // the server does not answer: the rest would only wait
		}
	}
	if failures > 0 {
		return fmt.Errorf("%d accounts are not as they must be, and are tried again: %w", failures, first)
	}
	return nil
}

// names are the accounts that follow the orders.
func (k *Keeper) names(ctx context.Context) ([]string, error) {
	self, err := k.admin.self(ctx)
	if err != nil {
		return nil, err
	}
	accounts, err := k.admin.accounts(ctx)
	if err != nil {
		return nil, err
	}
	return slices.DeleteFunc(accounts, func(name string) bool {
		return name == self || k.open[name] || !strings.HasSuffix(name, ":"+k.server)
	}), nil
}

// A difference is an account that must change.
type difference struct {
	name     string
	from, to state // the same where it is not certain that it was done
	there    bool  // people have put it into the state themselves
	err      error
}

// differences asks about accounts and finds those that are not as they must be.
func (k *Keeper) differences(ctx context.Context, names []string) []*difference {
	questions := make([]enforce.Question, len(names))
	for i, name := range names {
		local, _, _ := strings.Cut(name[1:], ":")
		questions[i] = enforce.Question{Login: local, Service: order.Chat}
	}
	var list []*difference
	for i, a := range k.decider.AskAll(ctx, questions) {
		from, certain := k.book.state(names[i])
		to := k.stateFor(a)
		if a.Unknown && from == locked {
			to = locked // in doubt nothing opens, not even reading
		}
		if from != to || !certain {
			list = append(list, &difference{name: names[i], from: from, to: to})
		}
	}
	return list
}

const (
	some   = 200 // accounts that are asked about, and written to the file, together
	atOnce = 8   // accounts that are changed at the same time
)

// apply makes the changes; one that fails does not keep the others. What people
// did to an account themselves stays, and is not ours to undo.
func (k *Keeper) apply(ctx context.Context, list []*difference, began time.Time) {
	var undo, do []*difference
	for _, d := range list {
		if d.from != free && d.from != d.to {
			undo = append(undo, d)
		}
		if d.to != free {
			do = append(do, d)
		}
	}
	k.turn(undo, false, func(d *difference) { d.err = k.admin.set(ctx, d.name, d.from, false) })
	each(do, func(d *difference) {
		if d.from != d.to && d.err == nil {
			d.there, d.err = k.admin.has(ctx, d.name, d.to)
		}
	})
	do = slices.DeleteFunc(do, func(d *difference) bool { return d.there || d.err != nil })
	k.turn(do, true, func(d *difference) {
		if d.err = k.admin.set(ctx, d.name, d.to, true); d.err == nil {
			k.point.Cut(time.Since(began))
		}
	})
}

// turn puts accounts into a state or takes them out, between two entries in the
// book.
func (k *Keeper) turn(list []*difference, on bool, change func(*difference)) {
	if len(list) == 0 {
		return
	}
	before, after := map[string]state{}, map[string]state{}
	for _, d := range list {
		before[d.name] = d.from
		if on {
			before[d.name] = d.to
		}
	}
	err := k.book.begin(before)
	if err == nil {
		each(list, change)
		for _, d := range list {
			if d.err == nil && on {
				after[d.name] = d.to
			} else if d.err == nil {
				after[d.name] = free
			}
		}
		err = k.book.finish(after)
	}
	for _, d := range list {
		d.err = errors.Join(d.err, err)
	}
}

// each does something to accounts, a few at the same time.
func each(list []*difference, do func(*difference)) {
	var all sync.WaitGroup
	turns := make(chan struct{}, atOnce)
	for _, d := range list {
		turns <- struct{}{}
		all.Go(func() {
			defer func() { <-turns }()
			do(d)
		})
	}
	all.Wait()
}

// Explain says what a person meets on the Matrix server.
func Explain(a *enforce.Answer) string {
	switch stateFor(a) {
	case free:
		return "Synapse takes messages as usual."
	case suspended:
		return "The module refuses what is sent (M_FORBIDDEN with org.ecluse); the account is suspended: reading goes on where the proxy allows it."
	default:
		return "The module refuses sending and signing in. The account is locked (suspended, under suspend_only): clients are signed out softly and keep their keys, and at reopening the same token works."
	}
}
