package gate

import (
	"cmp"
	"slices"

	"github.com/ecluse-ecole/ecluse/hours"
	"github.com/ecluse-ecole/ecluse/internal/order"
	"github.com/ecluse-ecole/ecluse/internal/school"
)

// A Standing is an order as one school sees it at one instant.
type Standing struct {
	Order *order.Order
	State order.State
	From  int64 // Unix seconds, by the school's clock
	Until int64 // hours.Never if until lifted
}

// OrdersFor lists the orders that apply to a school, past and announced ones
// included, with their states at an instant. Exercises and cancels are not among
// them.
func (s *Snapshot) OrdersFor(u school.UAI, at int64) []Standing {
	c := s.cellOf(u)
	if c == unknownCell {
		return nil
	}
	place := &s.places[c]
	out := make([]Standing, 0, len(place.orders))
	for _, i := range place.orders {
		o := s.orders[i]
		from, until := lifetime(s.set, o.ID, place.zone)
		out = append(out, Standing{Order: o, State: s.set.State(o.ID, place.zone, at), From: from, Until: until})
	}
	return out
}

// lifetime is when an order is in force on one clock; one that was ended before it
// began never is.
func lifetime(set *order.Set, id order.ID, zone *hours.Zone) (from, until int64) {
	life := set.Life(id, zone)
	return life.From, max(life.From, life.Until)
}

// pick lists orders by their positions, each once: higher levels first, then in
// the order of the set.
func (s *Snapshot) pick(positions []uint32) []*order.Order {
	slices.Sort(positions)
	positions = slices.Compact(positions)
	out := make([]*order.Order, len(positions))
	for i, p := range positions {
		out[i] = s.orders[p]
	}
	slices.SortStableFunc(out, func(a, b *order.Order) int {
		return cmp.Compare(a.Issuer.Level(), b.Issuer.Level())
	})
	return out
}
