package ecluse

import (
	"context"
	"sync"
	"time"

	"github.com/ecluse-ecole/ecluse/hours"
	"github.com/ecluse-ecole/ecluse/internal/enforce"
)

// changes tells enforcement points when answers may have changed.
type changes struct {
	mu     sync.Mutex
	points map[chan enforce.Change]struct{}
	wake   chan struct{} // the timer looks for its next instant anew
}

func newChanges() *changes {
	return &changes{points: map[chan enforce.Change]struct{}{}, wake: make(chan struct{}, 1)}
}

// subscribe returns a channel that holds the first change not yet taken.
func (c *changes) subscribe(ctx context.Context) <-chan enforce.Change {
	ch := make(chan enforce.Change, 1)
	c.mu.Lock()
	c.points[ch] = struct{}{}
	c.mu.Unlock()
	context.AfterFunc(ctx, func() {
		c.mu.Lock()
		defer c.mu.Unlock()
		delete(c.points, ch)
	})
	return ch
}

// tell tells everybody.
func (c *changes) tell(at time.Time) {
	c.mu.Lock()
	defer c.mu.Unlock()
	for ch := range c.points {
		select {
		case ch <- enforce.Change{At: at}:
		default: // an earlier one is waiting to be taken, and will do
		}
	}
}

// tellOfInstants tells of every instant at which anybody's hours, an order or an
// exemption begin, change or end, until the context ends. The next instant is
// looked for from the last one told, never from now: none is lost while a new
// snapshot is put in place.
func (a *App) tellOfInstants(ctx context.Context) {
	told := a.clock.Now()
	for ctx.Err() == nil {
		at := told.Add(24 * time.Hour)
		if next := a.gate.Load().NextInstant(told.Unix()); next != hours.Never {
			at = time.Unix(next, 0)
		}
		if err := a.clock.Wait(ctx, at, a.changes.wake); err != nil {
			return
		}
		if now := a.clock.Now(); !now.Before(at) {
			a.changes.tell(time.Now().Add(-a.clock.Real(now.Sub(at))))
			told = now
		}
	}
}

// changed tells of a new snapshot.
func (a *App) changed() {
	a.changes.tell(time.Now())
	select {
	case a.changes.wake <- struct{}{}:
	default:
	}
}
