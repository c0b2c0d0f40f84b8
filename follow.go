package ecluse

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/ecluse-ecole/ecluse/internal/enforce"
	"github.com/ecluse-ecole/ecluse/internal/fault"
	"github.com/ecluse-ecole/ecluse/internal/gate"
	"github.com/ecluse-ecole/ecluse/internal/journal"
	"github.com/ecluse-ecole/ecluse/internal/order"
	"github.com/ecluse-ecole/ecluse/internal/store"
)

// byFeed is who issued, in our books, an order that came through a feed.
const byFeed = "feed"

// followAtOnce is how many orders one act makes known: few enough that nobody
// else waits long for the database.
const followAtOnce = 250

// Follow makes the orders of a feed known and applied, whose signatures the
// follower has verified; those it knows are left alone, also when another node
// that shares the database has just made them known. All are kept, those about
// schools that are not here too: a school that is imported tomorrow finds its
// orders. An order that cannot be stored keeps none of the others out.
func (a *App) Follow(ctx context.Context, orders []*order.Order) error {
	var errs []error
	added := 0
	for some := range slices.Chunk(inTurn(orders), followAtOnce) {
		fresh, taken := a.unknown(some)
		errs = append(errs, taken, a.followSome(ctx, fresh))
		added += len(fresh)
	}
	if added > 0 {
		errs = append(errs, a.apply(ctx))
	}
	return errors.Join(errs...)
}

// unknown are the orders whose numbers nobody has used here, and an error that
// names those whose number another order has.
func (a *App) unknown(orders []*order.Order) (fresh []*order.Order, err error) {
	set, _ := a.orders.get()
	var errs []error
	for _, o := range orders {
		known, err := set.Order(o.ID)
		switch {
		case err != nil:
			fresh = append(fresh, o)
		case !a.same(known, o):
			errs = append(errs, fmt.Errorf("following order %s: another order of this number was issued here; it stays in force, and the feed's is left out: lift it here and tell who issued the other", o.ID))
		}
	}
	return fresh, errors.Join(errs...)
}

// same reports whether an order that is held here is the feed's. A follower gives
// what it has read before again and again: two orders are compared once.
func (a *App) same(held, theirs *order.Order) bool {
	if known, found := a.alike.Load(theirs); found && known == held {
		return true
	}
	if held.Digest() != theirs.Digest() {
		return false
	}
	a.alike.Store(theirs, held)
	return true
}

// followSome makes orders known in one act. If one of them stands in the way, the
// others go on without it: what another node was quicker to make known is left
// out, and of the rest each half is tried alone.
func (a *App) followSome(ctx context.Context, orders []*order.Order) error {
	if len(orders) == 0 {
		return nil
	}
	err := a.followTogether(ctx, orders)
	if err == nil {
		return nil
	}
	if fault.Is(err, fault.Conflict) {
		if err := a.apply(ctx); err != nil {
			return err
		}
		if fresh, taken := a.unknown(orders); len(fresh) < len(orders) {
			return errors.Join(taken, a.followSome(ctx, fresh))
		}
	}
	if len(orders) == 1 || ctx.Err() != nil || fault.Is(err, fault.Unavailable) || fault.Is(err, fault.Full) {
		return fmt.Errorf("following order %s: %w", orders[0].ID, err)
	}
	half := len(orders) / 2
	return errors.Join(a.followSome(ctx, orders[:half]), a.followSome(ctx, orders[half:]))
}

// followTogether is one act, with an entry in the journal for each order.
func (a *App) followTogether(ctx context.Context, orders []*order.Order) error {
	who := Actor{Part: byFeed}
	first, others := orders[0], orders[1:]
	return a.do(ctx, who, act{"order.follow", logAt(first.Issuer), gate.Announce}, func(tx *store.Tx, now time.Time) (string, string, error) {
		add := func(o *order.Order) error {
			return tx.AddOrder(store.OrderRecord{ID: o.ID, Issuer: o.Issuer, Text: o.Encode(), Issued: now, By: byFeed})
		}
		for _, o := range others {
			if err := add(o); err != nil {
				return "", "", err
			}
			err := tx.Append(journal.Entry{
				Log: logAt(o.Issuer), At: now, Actor: who.String(), Verb: "order.follow", Subject: string(o.ID), Detail: o.Digest(),
			})
			if err != nil {
				return "", "", err
			}
		}
		return string(first.ID), first.Digest(), add(first)
	})
}

// inTurn sorts orders so that each comes after those it refers to: what replaces
// or lifts is never known before what it ends.
func inTurn(orders []*order.Order) []*order.Order {
	byID := make(map[order.ID]*order.Order, len(orders))
	for _, o := range orders {
		byID[o.ID] = o
	}
	seen := make(map[order.ID]bool, len(orders))
	sorted := make([]*order.Order, 0, len(orders))
	var visit func(o *order.Order)
	visit = func(o *order.Order) {
		if o == nil || seen[o.ID] {
			return // the feed may not hold it; of a circle each comes once
		}
		seen[o.ID] = true
		for _, id := range o.References {
			visit(byID[id])
		}
		sorted = append(sorted, o)
	}
	for _, o := range orders {
		visit(o)
	}
	return sorted
}

// Issued are the orders that were issued here, exercises included: not those that
// came through a feed, nor those for the time of its silence.
func (a *App) Issued() []*order.Order {
	set, records := a.orders.get()
	var list []*order.Order
	for _, o := range inTurn(set.Orders()) {
		if by := records[o.ID].By; by != byFeed && by != bySilence {
			list = append(list, o)
		}
	}
	return list
}

// Changes tells of every new order, and of every instant at which answers change,
// until the context ends.
func (a *App) Changes(ctx context.Context) <-chan enforce.Change { return a.changes.Listen(ctx) }

// Holds reports whether all these orders are known here, or others in their place.
func (a *App) Holds(orders []*order.Order) bool {
	set, _ := a.orders.get()
	for _, o := range orders {
		if _, err := set.Order(o.ID); err != nil {
			return false
		}
	}
	return true
}
