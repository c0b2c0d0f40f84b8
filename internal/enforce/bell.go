package enforce

import (
	"context"
	"sync"
	"time"
)

// A Bell tells everybody who listens of changes: what Decider.Changes returns. The
// zero Bell is ready.
type Bell struct {
	mu        sync.Mutex
	listeners map[chan Change]struct{}
}

// Listen returns a channel that holds the first change not yet taken, until the
// context ends.
func (b *Bell) Listen(ctx context.Context) <-chan Change {
	ch := make(chan Change, 1)
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.listeners == nil {
		b.listeners = map[chan Change]struct{}{}
	}
	b.listeners[ch] = struct{}{}
	context.AfterFunc(ctx, func() {
		b.mu.Lock()
		defer b.mu.Unlock()
		delete(b.listeners, ch)
	})
	return ch
}

// Ring tells everybody of a change at an instant of this machine's clock.
func (b *Bell) Ring(at time.Time) {
	b.mu.Lock()
	defer b.mu.Unlock()
	for ch := range b.listeners {
		select {
		case ch <- Change{At: at}:
		default: // an earlier one is waiting to be taken, and will do
		}
	}
}
