package ecluse_test

import (
	"context"
	"fmt"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/ecluse-ecole/ecluse/internal/order"
	"github.com/ecluse-ecole/ecluse/internal/store/storetest"
)

// A hasty context ends after it was asked so often whether it has.
type hasty struct {
	context.Context
	end   context.CancelFunc
	asked atomic.Int64
}

func (h *hasty) Err() error {
	if h.asked.Add(-1) < 0 {
		h.end()
	}
	return h.Context.Err()
}

// TestIssuedIsInForce: whenever whoever issues an order leaves, the order is in
// force at once or was never issued.
func TestIssuedIsInForce(t *testing.T) { storetest.EachDatabase(t, testIssuedIsInForce) }

func testIssuedIsInForce(t *testing.T, db string) {
	w := newWorld(t, db, "2024-03-29T10:00:00")
	for patience := range 60 {
		o := parse(t, strings.Replace(secondLetter, "2024-0002", fmt.Sprintf("2024-%04d", 1000+patience), 1))
		inner, end := context.WithCancel(w.ctx)
		ctx := &hasty{Context: inner, end: end}
		ctx.asked.Store(int64(patience))
		err := w.IssueOrder(ctx, w.office(), o)
		end()
		stored := must(w.Stored(w.ctx, o.ID))
		view, unknown := w.Order(o.ID, "Europe/Paris")
		if inForce := unknown == nil && view.State == order.InForce; stored != inForce {
			t.Errorf("leaving after %d questions: stored %v, in force %v (%v)", patience, stored, inForce, err)
		}
	}
}
