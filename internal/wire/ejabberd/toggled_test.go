package ejabberd_test

import (
	"context"
	"sync"
	"time"

	"github.com/ecluse-ecole/ecluse/internal/enforce"
)

// A toggled Decider can be made to decide nothing, as one over the network does
// when Écluse is silent.
type toggled struct {
	enforce.Decider

	mu  sync.Mutex
	off bool
	ch  chan enforce.Change
}

func (d *toggled) set(off bool) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.off = off
	d.ch <- enforce.Change{At: time.Now()}
}

func (d *toggled) AskAll(ctx context.Context, qs []enforce.Question) []*enforce.Answer {
	d.mu.Lock()
	off := d.off
	d.mu.Unlock()
	if !off {
		return d.Decider.AskAll(ctx, qs)
	}
	answers := make([]*enforce.Answer, len(qs))
	for i := range answers {
		answers[i] = enforce.Undecided("", "")
	}
	return answers
}

// Changes are those of the Decider below, and when it is toggled.
func (d *toggled) Changes(ctx context.Context) <-chan enforce.Change {
	below := d.Decider.Changes(ctx)
	all := make(chan enforce.Change)
	d.mu.Lock()
	d.ch = make(chan enforce.Change, 1)
	d.mu.Unlock()
	go func() {
		for {
			var c enforce.Change
			select {
			case <-ctx.Done():
				return
			case c = <-below:
			case c = <-d.ch:
			}
			select {
			case <-ctx.Done():
				return
			case all <- c:
			}
		}
	}()
	return all
}
