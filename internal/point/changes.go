package point

import (
	"context"
	"sync"
	"time"

	"github.com/ecluse-ecole/ecluse/internal/enforce"
)

// changes tells those who hold what is live.
type changes struct {
	mu   sync.Mutex
	told map[chan enforce.Change]struct{}
}

// subscribe returns a channel that holds the first change not yet taken.
func (c *changes) subscribe(ctx context.Context) <-chan enforce.Change {
	ch := make(chan enforce.Change, 1)
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.told == nil {
		c.told = map[chan enforce.Change]struct{}{}
	}
	c.told[ch] = struct{}{}
	context.AfterFunc(ctx, func() {
		c.mu.Lock()
		defer c.mu.Unlock()
		delete(c.told, ch)
	})
	return ch
}

func (c *changes) tell(at time.Time) {
	c.mu.Lock()
	defer c.mu.Unlock()
	for ch := range c.told {
		select {
		case ch <- enforce.Change{At: at}:
		default: // an earlier one is waiting to be taken, and will do
		}
	}
}

// fire tells of a change. What is asked from now on is not answered by what was
// asked before.
func (c *Client) fire(at time.Time) {
	c.asking.part()
	c.changes.tell(at)
}
