package enforce

import (
	"context"
	"errors"
	"fmt"
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
//
// What could not be listed or cut is tried again, ever less often but until it is
// done: a mail server that is out of reach at the closing loses its sessions when
// it is back.
type Keeper struct {
	Decider Decider
	On      Connections
	Log     *slog.Logger
	// Cut, if set, is told of every Held that was cut, and how long after the
	// change.
	Cut func(h Held, why *Answer, after time.Duration)
	// Again is how long after a change it is looked again whether anything is
	// left, until a few looks in a row find nothing: somebody whose sign-in had
	// passed before the closing may show up after it. Zero: what is registered
	// before it asks needs no second look.
	Again time.Duration
	// Every, if not zero, looks at this interval too, whatever happens.
	Every time.Duration
}

const (
	askAtOnce = 500                   // bounds how many questions go to the Decider at once
	quiet     = 3                     // looks in a row that find nothing, where Again is set
	soonest   = 50 * time.Millisecond // after a failure
	latest    = 5 * time.Second       // between two looks while something is left to do
)

// Run keeps until the context ends. What fails is logged and tried again.
func (k *Keeper) Run(ctx context.Context) {
	changes := k.Decider.Changes(ctx)
	timer := time.NewTimer(0)
	defer timer.Stop()
	var r round
	for {
		select {
		case <-ctx.Done():
			return
		case c := <-changes:
			r = round{change: c}
		case now := <-timer.C:
			if r.done {
				r = round{}
			}
			if r.change.At.IsZero() {
				r.change.At = now
			}
		}
		cut, err := k.look(ctx, r.change)
		if err != nil && ctx.Err() == nil {
			k.Log.Error("cutting what is live", "error", err)
		}
		if wait := k.rest(&r, cut, err); wait > 0 {
			timer.Reset(wait)
		} else {
			timer.Stop()
		}
	}
}

// A round is the looks that one change leads to.
type round struct {
	change   Change
	done     bool
	failures int // in a row
	empty    int // looks in a row that found nothing to cut
}

// rest is how long until the next look; zero: until the next change.
func (k *Keeper) rest(r *round, cut int, err error) time.Duration {
	if err != nil {
		r.failures++
		return min(soonest<<min(r.failures-1, 10), latest)
	}
	r.failures = 0
	if cut > 0 {
		r.empty = 0
	} else {
		r.empty++
	}
	if k.Again > 0 && r.empty < quiet {
		return min(k.Again<<r.empty, latest)
	}
	r.done = true
	return k.Every
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
	answers := k.Decider.AskAll(ctx, questions)
	if len(answers) != len(part) {
		return 0, fmt.Errorf("%d questions got %d answers", len(part), len(answers))
	}
	var failures []error
	for i, answer := range answers {
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
