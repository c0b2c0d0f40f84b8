package enforce

import (
	"context"
	"errors"
	"log/slog"
	"time"
)

// Connections are something live that can be looked at and cut: a Registry, the
// sessions of a mail or chat server.
type Connections interface {
	// Live lists what is connected, each Held once.
	Live(ctx context.Context) ([]Held, error)
	// Cut ends everything that rests on one Held, telling why.
	Cut(ctx context.Context, h Held, why *Answer) error
}

// A Keeper holds what is live against the answers at every change.
type Keeper struct {
	Decider Decider
	On      Connections
	Log     *slog.Logger
	// Cut, if set, is told of every Held that was cut, and how long after the
	// change.
	Cut func(h Held, why *Answer, after time.Duration)
	// Again is how long after a change that cut something it is looked again
	// whether anything is left: somebody whose sign-in had passed before the
	// closing may show up after it. Zero: Again is not needed.
	Again time.Duration
	// Every, if not zero, looks at this interval too, whatever happens.
	Every time.Duration
}

// askAtOnce bounds how many questions go to the Decider at once.
const askAtOnce = 500

// Run keeps until the context ends. What fails is logged and tried again.
func (k *Keeper) Run(ctx context.Context) {
	changes := k.Decider.Changes(ctx)
	k.look(ctx, Change{At: time.Now()})
	again := time.NewTimer(time.Hour)
	defer again.Stop()
	var last Change
	for {
		if k.Every > 0 {
			again.Reset(k.Every)
		}
		select {
		case <-ctx.Done():
			return
		case last = <-changes:
		case <-again.C:
			last = Change{At: time.Now()}
		}
		k.settle(ctx, last)
	}
}

// passes bounds how often one change is looked at.
const passes = 5

// settle looks until nothing is left to cut.
func (k *Keeper) settle(ctx context.Context, c Change) {
	for range passes {
		cut, err := k.look(ctx, c)
		if err != nil {
			k.Log.Error("cutting what is live", "error", err)
		}
		if err == nil && (cut == 0 || k.Again == 0) {
			return
		}
		select {
		case <-ctx.Done():
			return
		case <-time.After(max(k.Again, 50*time.Millisecond)):
		}
	}
}

// look asks about everything live once, and cuts what may be live no longer.
func (k *Keeper) look(ctx context.Context, c Change) (cut int, err error) {
	live, err := k.On.Live(ctx)
	if err != nil {
		return 0, err
	}
	var failures []error
	for len(live) > 0 {
		part := live[:min(len(live), askAtOnce)]
		live = live[len(part):]
		n, err := k.hold(ctx, part, c)
		cut += n
		failures = append(failures, err)
	}
	return cut, errors.Join(failures...)
}

// hold asks about some and cuts those that are refused.
func (k *Keeper) hold(ctx context.Context, part []Held, c Change) (cut int, err error) {
	questions := make([]Question, len(part))
	for i, h := range part {
		questions[i] = h.Question
	}
	var failures []error
	for i, answer := range k.Decider.AskAll(ctx, questions) {
		if answer.Allows(part[i].Action) {
			continue
		}
		if err := k.On.Cut(ctx, part[i], answer); err != nil {
			failures = append(failures, err)
			continue
		}
		cut++
		if k.Cut != nil {
			k.Cut(part[i], answer, time.Since(c.At))
		}
	}
	return cut, errors.Join(failures...)
}
