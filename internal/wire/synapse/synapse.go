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
//   - It undoes only what it did. What it did is written to a file before it is
//     done; an account that people suspended or locked themselves stays so.
//   - Where nothing can be decided an account is suspended, not locked: nothing is
//     sent, and nobody is signed out for a restart of Écluse.
//
// Answering cannot be told from writing here, so that "reply" suspends.
//
// Sources: Synapse's admin interface, "User Admin API" (list, query and modify
// accounts; suspend), version 1.107 and later.
package synapse

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/url"
	"os"
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

// A Keeper keeps the accounts of one server.
type Keeper struct {
	admin   *admin
	decider enforce.Decider
	server  string
	open    map[string]bool // accounts that are left alone
	every   time.Duration
	book    *book
	point   *metric.Point
	log     *slog.Logger
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
		open: map[string]bool{}, every: c.Every, book: b, point: m.Point("synapse"), log: log,
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
	began := time.Now()
	for {
		wait := k.every
		if err := k.settle(ctx, began); err != nil && ctx.Err() == nil {
			k.log.Error("keeping the accounts of Synapse", "error", err)
			wait = retry
		}
		select {
		case <-ctx.Done():
			return
		case c := <-changes:
			began = c.At
		case <-time.After(wait):
			began = time.Now()
		}
	}
}

// retry is how soon it is tried again after a failure.
const retry = 5 * time.Second

// settle brings every account into the state that the orders ask for.
func (k *Keeper) settle(ctx context.Context, began time.Time) error {
	self, err := k.admin.self(ctx)
	if err != nil {
		return err
	}
	accounts, err := k.admin.accounts(ctx)
	if err != nil {
		return err
	}
	var names []string
	for _, name := range accounts {
		if name != self && !k.open[name] && strings.HasSuffix(name, ":"+k.server) {
			names = append(names, name)
		}
	}
	return k.apply(ctx, k.differences(ctx, names), began)
}

// A difference is an account that must change.
type difference struct {
	name     string
	from, to state
	answer   *enforce.Answer
}

// differences asks about all accounts and finds those that are not as they must
// be.
func (k *Keeper) differences(ctx context.Context, names []string) []difference {
	questions := make([]enforce.Question, len(names))
	for i, name := range names {
		local, _, _ := strings.Cut(name[1:], ":")
		questions[i] = enforce.Question{Login: local, Service: order.Chat}
	}
	var list []difference
	for i, a := range k.decider.AskAll(ctx, questions) {
		if from, to := k.book.state(names[i]), stateFor(a); from != to {
			list = append(list, difference{names[i], from, to, a})
		}
	}
	return list
}

// atOnce bounds how many accounts are changed at the same time.
const atOnce = 8

// apply makes the changes; one that fails does not keep the others.
func (k *Keeper) apply(ctx context.Context, list []difference, began time.Time) error {
	var all sync.WaitGroup
	turns := make(chan struct{}, atOnce)
	failures := make([]error, len(list))
	for i, d := range list {
		turns <- struct{}{}
		all.Go(func() {
			defer func() { <-turns }()
			if failures[i] = k.change(ctx, d); failures[i] == nil && d.to != free {
				k.point.Cut(time.Since(began))
			}
		})
	}
	all.Wait()
	return errors.Join(failures...)
}

// change takes one account from what we did to what must be. What people did to
// it themselves stays, and is not ours to undo.
func (k *Keeper) change(ctx context.Context, d difference) error {
	if d.from != free {
		if err := k.admin.set(ctx, d.name, d.from, false); err != nil {
			return err
		}
		if err := k.book.put(d.name, free); err != nil {
			return err
		}
	}
	if d.to == free {
		return nil
	}
	there, err := k.admin.has(ctx, d.name, d.to)
	if err != nil || there {
		return err
	}
	if err := k.book.put(d.name, d.to); err != nil {
		return err
	}
	return k.admin.set(ctx, d.name, d.to, true)
}

// Explain says what a person meets on the Matrix server.
func Explain(a *enforce.Answer) string {
	switch stateFor(a) {
	case free:
		return "Synapse takes messages as usual."
	case suspended:
		return "The module refuses what is sent (M_FORBIDDEN with org.ecluse); the account is suspended: reading goes on where the proxy allows it."
	default:
		return "The module refuses sending and signing in; the account is locked: clients are signed out softly and keep their keys. Reopening unlocks it, and the same token works."
	}
}
