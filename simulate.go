package ecluse

import (
	"context"
	"time"

	"github.com/ecluse-ecole/ecluse/internal/enforce"
)

// Simulate answers a question as it would be answered at another instant, by the
// orders, exemptions and hours that are known now: what a circular will do, what
// held last night. It enforces nothing, and is not noted as a question.
func (w *Answerer) Simulate(ctx context.Context, q enforce.Question, at time.Time) *enforce.Answer {
	snapshot := w.app.gate.Load()
	if q.Login == enforce.SelfTest {
		return selfTest
	}
	if snapshot == nil {
		return enforce.Undecided("", "")
	}
	// Told anew each time: what is asked about other instants must not push out
	// what is kept for this one.
	return w.app.viewed(ctx, q, view{snapshot, w.point.Territory, at.Unix(), time.Now(), w.app.tell})
}
