package ecluse

import (
	"context"
	"time"

	"github.com/ecluse-ecole/ecluse/hours"
)

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
		if err := a.clock.Wait(ctx, at, a.wake); err != nil {
			return
		}
		if now := a.clock.Now(); !now.Before(at) {
			a.changes.Ring(time.Now().Add(-a.clock.Real(now.Sub(at))))
			told = now
		}
	}
}

// changed tells of a new snapshot.
func (a *App) changed() {
	a.changes.Ring(time.Now())
	select {
	case a.wake <- struct{}{}:
	default:
	}
}
