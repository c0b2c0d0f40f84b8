package ecluse

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/ecluse-ecole/ecluse/internal/enforce"
	"github.com/ecluse-ecole/ecluse/internal/gate"
	"github.com/ecluse-ecole/ecluse/internal/order"
	"github.com/ecluse-ecole/ecluse/internal/store"
)

// byFeed is who issued, in our books, an order that came through a feed.
const byFeed = "feed"

// Follow makes the orders of a feed known and applied, whose signatures the
// follower has verified; those it knows are left alone. All are kept, those about
// schools that are not here too: a school that is imported tomorrow finds its
// orders. An order that cannot be stored keeps none of the others out.
func (a *App) Follow(ctx context.Context, orders []*order.Order) error {
	set, _ := a.orders.get()
	var errs []error
	added := 0
	for _, o := range inTurn(orders) {
		if known, err := set.Order(o.ID); err == nil {
			if known.Digest() != o.Digest() {
				errs = append(errs, fmt.Errorf("following order %s: another order of this number was issued here; it stays in force, and the feed's is left out: lift it here and tell who issued the other", o.ID))
			}
			continue
		}
		if err := a.followOne(ctx, o); err != nil {
			errs = append(errs, fmt.Errorf("following order %s: %w", o.ID, err))
			continue
		}
		added++
	}
	if added > 0 {
		errs = append(errs, a.apply(ctx))
	}
	return errors.Join(errs...)
}

func (a *App) followOne(ctx context.Context, o *order.Order) error {
	return a.do(ctx, Actor{Part: byFeed}, act{"order.follow", logAt(o.Issuer), gate.Announce}, func(tx *store.Tx, now time.Time) (string, string, error) {
		record := store.OrderRecord{ID: o.ID, Issuer: o.Issuer, Text: o.Encode(), Issued: now, By: byFeed}
		return string(o.ID), o.Digest(), tx.AddOrder(record)
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
