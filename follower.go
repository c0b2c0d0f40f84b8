package ecluse

import (
	"context"
	"fmt"
	"slices"
	"sync/atomic"
	"time"

	"github.com/ecluse-ecole/ecluse/internal/enforce"
	"github.com/ecluse-ecole/ecluse/internal/gate"
	"github.com/ecluse-ecole/ecluse/internal/journal"
	"github.com/ecluse-ecole/ecluse/internal/order"
	"github.com/ecluse-ecole/ecluse/internal/school"
	"github.com/ecluse-ecole/ecluse/internal/statement"
	"github.com/ecluse-ecole/ecluse/internal/store"
)

// FollowerSilent is how long a follower may say nothing before it counts as
// silent. One that is well speaks every ten minutes at least.
const FollowerSilent = 30 * time.Minute

// followers is what is known in memory of the installations below this one.
type followers struct {
	known atomic.Pointer[[]statement.Follower]
	said  enforce.Bell // told when there is something new to pass on
}

// put replaces those whose statements are taken.
func (f *followers) put(records []store.FollowerRecord) {
	list := make([]statement.Follower, len(records))
	for i, r := range records {
		list[i] = r.Follower
	}
	f.known.Store(&list)
}

func (f *followers) get() []statement.Follower {
	if list := f.known.Load(); list != nil {
		return *list
	}
	return nil
}

// AddFollower makes an installation known whose statements are taken from now on.
func (a *App) AddFollower(ctx context.Context, f statement.Follower) error {
	if err := f.Check(); err != nil {
		return err
	}
	err := a.do(ctx, Actor{}, act{"follower.add", journal.Installation, gate.Security}, func(tx *store.Tx, now time.Time) (string, string, error) {
		f.Created = now
		return f.Name, fmt.Sprintf("within %s, key %s", f.Within, f.Key), tx.AddFollower(f)
	})
	if err != nil {
		return err
	}
	return a.apply(ctx)
}

// RemoveFollower ends that: what it said is forgotten, but for the heads' answers,
// and its schools are answered for by nobody until another is added.
func (a *App) RemoveFollower(ctx context.Context, name string) error {
	err := a.do(ctx, Actor{}, act{"follower.remove", journal.Installation, gate.Security}, func(tx *store.Tx, _ time.Time) (string, string, error) {
		return name, "", tx.RemoveFollower(name)
	})
	if err != nil {
		return err
	}
	return a.apply(ctx)
}

// A FollowerView is a follower with what is known of it.
type FollowerView struct {
	store.FollowerRecord
	Silent bool // nothing was heard for longer than FollowerSilent
}

// Followers lists those that may speak of schools of a territory, by name.
func (a *App) Followers(ctx context.Context, t school.Territory) (list []FollowerView, err error) {
	err = a.store.Read(ctx, func(tx *store.Tx) error {
		records, err := tx.Followers()
		now := a.clock.Now()
		for _, r := range records {
			near := func(w school.Territory) bool { return t.Contains(w) || w.Contains(t) }
			if slices.ContainsFunc(r.Within, near) {
				list = append(list, FollowerView{r, now.Sub(r.Said) > FollowerSilent})
			}
		}
		return err
	})
	return list, err
}

// Said tells whenever there may be something new to pass on to the installation
// above, until the context ends.
func (a *App) Said(ctx context.Context) <-chan enforce.Change { return a.below.said.Listen(ctx) }

// passOn tells of an answer that was given here.
func (a *App) passOn() { a.below.said.Ring(time.Now()) }

// AsksForAnswers reports whether schools are to answer an order: all but those that
// this installation gave itself for the time of a feed's silence.
func (a *App) AsksForAnswers(id order.ID) bool { return !a.ownAccord(id) }

// ownAccord reports whether this installation gave itself an order.
func (a *App) ownAccord(id order.ID) bool {
	_, records := a.orders.get()
	return records[id].By == bySilence
}
