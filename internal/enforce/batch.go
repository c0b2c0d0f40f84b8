package enforce

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"sync"
	"sync/atomic"
)

// A Batch is the Connections of another program that knows only its own sessions
// and takes as long for one request as for many: the first Cut after a look ends
// the sessions of everybody who is refused by then, at once. What became of the
// others is what their own Cut returns.
//
// S is a session as the program names it. The zero Batch with its three fields set
// is ready.
type Batch[S any] struct {
	Decider Decider
	// List lists every session, by what it rests on.
	List func(ctx context.Context) (map[Held][]S, error)
	// End ends the sessions of those who are refused, and may need to know who
	// stays. It returns what became of each refusal, in their order.
	End func(ctx context.Context, refused []Refusal[S], stay []S) []error

	down atomic.Bool
	mu   sync.Mutex
	live map[Held][]S
	done map[Held]error // what became of them, since live was listed
}

// A Refusal is what must end: sessions that rest on one Held, and why.
type Refusal[S any] struct {
	Held
	Why      *Answer
	Sessions []S
}

// Live lists what is connected, each Held once.
func (b *Batch[S]) Live(ctx context.Context) ([]Held, error) {
	live, err := b.List(ctx)
	b.down.Store(err != nil)
	if err != nil {
		return nil, err
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	b.live, b.done = live, map[Held]error{}
	return slices.Collect(maps.Keys(live)), nil
}

// Cut ends what rests on h, and on all else that is refused now. What was not live
// at the last look waits for the next.
func (b *Batch[S]) Cut(ctx context.Context, h Held, why *Answer) error {
	b.mu.Lock()
	defer b.mu.Unlock()
	if err, done := b.done[h]; done {
		return err
	}
	sessions, live := b.live[h]
	if !live {
		return nil
	}
	refused, stay, err := b.sort(ctx, Refusal[S]{h, why, sessions})
	if err != nil {
		return err
	}
	failed := false
	for i, err := range b.End(ctx, refused, stay) {
		b.done[refused[i].Held] = err
		failed = failed || err != nil
	}
	b.down.Store(failed)
	return b.done[h]
}

// sort asks about everybody else who is live: who is refused, first among them,
// and whose sessions stay.
func (b *Batch[S]) sort(ctx context.Context, first Refusal[S]) (refused []Refusal[S], stay []S, err error) {
	refused = append(refused, first)
	others := slices.DeleteFunc(slices.Collect(maps.Keys(b.live)), func(h Held) bool { return h == first.Held })
	for part := range slices.Chunk(others, askAtOnce) {
		questions := make([]Question, len(part))
		for i, h := range part {
			questions[i] = h.Question
		}
		answers := b.Decider.AskAll(ctx, questions)
		if len(answers) != len(part) {
			return nil, nil, fmt.Errorf("%d questions got %d answers", len(part), len(answers))
		}
		for i, answer := range answers {
			if answer.Allows(part[i].Action) {
				stay = append(stay, b.live[part[i]]...)
			} else {
				refused = append(refused, Refusal[S]{part[i], answer, b.live[part[i]]})
			}
		}
	}
	return refused, stay, nil
}

// Len is how many Held were live at the last look.
func (b *Batch[S]) Len() int {
	b.mu.Lock()
	defer b.mu.Unlock()
	return len(b.live)
}

// Down reports whether the program did not do the last thing it was asked for.
func (b *Batch[S]) Down() bool { return b.down.Load() }
