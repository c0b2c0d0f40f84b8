package postfix

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"
)

// When a message is looked for again, and when its entry is given up.
const (
	soon      = time.Second      // after a look that left something to do
	seldom    = time.Minute      // the longest between tries that fail
	after     = 2 * deciding     // a change: what was being decided then is in the book by now
	settled   = 10 * time.Minute // a message that is not in the hold queue by then was never held
	housework = 10 * time.Minute // between looks without any change
	longHeld  = 24 * time.Hour   // from then on a message is queued anew, see queue.release
	atOnce    = 500              // names for one command, questions for one asking
)

// Run releases held mail at reopening until the context ends. What fails is
// logged and tried again.
func (s *Server) Run(ctx context.Context) {
	if s.book == nil {
		return
	}
	changes := s.decider.Changes(ctx)
	failing, changed, thorough := soon, true, true
	for ctx.Err() == nil {
		next := housework
		left, err := s.look(ctx, thorough)
		switch {
		case err != nil && ctx.Err() == nil:
			s.log.Error("releasing held mail: it is tried again", "error", err, "after", failing)
			next, failing = failing, min(2*failing, seldom)
		case left > 0:
			next, failing = failing, min(2*failing, seldom)
		case changed:
			next = after
			fallthrough
		default:
			failing = soon
		}
		changed, thorough = false, false
		select {
		case <-ctx.Done():
		case <-changes:
			changed = true
		case <-time.After(next):
			thorough = next == housework
		}
	}
}

// look releases what may leave, and forgets what has left. It returns how many
// that may leave are not in the queue yet. A look that is not thorough leaves the
// queue alone where nothing may leave.
func (s *Server) look(ctx context.Context, thorough bool) (int, error) {
	entries := s.book.all()
	open := s.reopened(ctx, entries)
	if len(entries) == 0 || len(open) == 0 && !thorough {
		return 0, nil
	}
	queued, err := s.queue.held(ctx)
	if err != nil {
		return 0, err
	}
	gone, free, left := sortOut(entries, queued, open)
	if len(gone) > 0 {
		s.log.Warn("messages are on hold no more: somebody released or removed them, or postfix.queue lists another Postfix", "queue", gone)
	}
	return left, errors.Join(s.book.forget(gone), s.release(ctx, free))
}

// sortOut tells what is on hold no more, what may be released, and how many
// messages may leave that are not in the queue yet: Postfix is still receiving
// them, or somebody else released them.
func sortOut(entries []entry, queued, open map[string]bool) (gone []string, free release, left int) {
	for _, e := range entries {
		held := queued[e.Queue]
		switch {
		case !held && time.Since(e.At) > settled:
			gone = append(gone, e.Queue)
		case !held && open[e.Queue]:
			left++
		case open[e.Queue]:
			free.add(e)
		}
	}
	return gone, free, left
}

// reopened are the messages that may leave: those all of whose recipients may
// receive again.
func (s *Server) reopened(ctx context.Context, entries []entry) map[string]bool {
	type exchange struct{ to, from string }
	answers := map[exchange]bool{}
	asked := map[string][]string{} // recipients, by who had signed in
	for _, e := range entries {
		for _, to := range s.people(e.To) {
			x := exchange{to, e.From}
			if _, known := answers[x]; !known {
				answers[x] = false
				asked[e.From] = append(asked[e.From], to)
			}
		}
	}
	for from, people := range asked {
		for part := range slices.Chunk(people, atOnce) {
			for i, a := range s.received(ctx, part, from) {
				answers[exchange{part[i], from}] = s.fateOf(a).kind == passes
			}
		}
	}
	open := map[string]bool{}
	for _, e := range entries {
		if !slices.ContainsFunc(s.people(e.To), func(to string) bool { return !answers[exchange{to, e.From}] }) {
			open[e.Queue] = true
		}
	}
	return open
}

// A release is what may leave: what was held for less than a day, and for longer.
type release struct{ young, long []string }

func (f *release) add(e entry) {
	if time.Since(e.At) > longHeld {
		f.long = append(f.long, e.Queue)
		return
	}
	f.young = append(f.young, e.Queue)
}

// release takes messages off hold, holds the queue against them, forgets those
// that are there no more, and has Postfix deliver.
func (s *Server) release(ctx context.Context, free release) error {
	all := slices.Concat(free.young, free.long)
	if len(all) == 0 {
		return nil
	}
	failures := append(s.queue.releaseAll(ctx, free.young, false), s.queue.releaseAll(ctx, free.long, true)...)
	queued, err := s.queue.held(ctx)
	if err != nil {
		return errors.Join(append(failures, err)...)
	}
	freed := slices.DeleteFunc(slices.Clone(all), func(name string) bool { return queued[name] })
	if still := len(all) - len(freed); still > 0 {
		failures = append(failures, fmt.Errorf("%d messages are still on hold: may the command of postfix.release change Postfix's queue?", still))
	}
	if len(freed) > 0 {
		s.log.Info("held mail is released", "messages", len(freed))
		failures = append(failures, s.book.forget(freed), s.queue.flush(ctx))
	}
	return errors.Join(failures...)
}
