package order

import (
	"cmp"
	"errors"
	"fmt"
	"slices"

	"github.com/ecluse-ecole/ecluse/internal/fault"
	"github.com/ecluse-ecole/ecluse/internal/school"
)

// A Set is an immutable collection of orders and what follows from their
// references to each other. It is safe for concurrent use.
//
// A reference is void, and NewSet says so, when it names an order that is not
// there, that another level above issued, that is of the other status (an
// exercise never ends an actual order, nor the reverse), or when a cancel is
// narrower than what it lifts. A void reference ends nothing: in doubt an order
// keeps binding.
type Set struct {
	orders []*Order // by From, then ID
	byID   map[ID]*Order
	enders map[ID][]*Order // the valid updates and cancels of each order
	paper  course          // what follows from the documents alone
	issued map[ID]int64    // when each was issued, where that is known
	lived  courses
}

// ErrMissing is in the chain of an error about a reference to an order that the
// set does not hold. Where only a part of the orders is at hand it is no fault.
var ErrMissing = errors.New("not among the orders")

// NewSet collects orders. The set is usable whatever the errors say: each is an
// order or a reference that was left out, with the reason. The same order given
// twice counts once; of two different orders with one name the first is kept.
func NewSet(orders []*Order) (*Set, []error) { return NewIssuedSet(orders, nil) }

// NewIssuedSet is NewSet for orders of which it is known when they were issued
// (Unix seconds): one binds, replaces or lifts from its From or, if that is later,
// from its issue, so that no order changes what was decided before it. One whose
// issue is not among issued counts as issued in time.
func NewIssuedSet(orders []*Order, issued map[ID]int64) (*Set, []error) {
	s := &Set{byID: map[ID]*Order{}, enders: map[ID][]*Order{}, issued: issued}
	errs := s.collect(orders)
	for _, o := range s.orders {
		for _, id := range o.References {
			if err := s.refer(o, id); err != nil {
				errs = append(errs, err)
			}
		}
	}
	s.paper = s.reckon(nil)
	return s, append(errs, s.circles()...)
}

// collect fills orders and byID.
func (s *Set) collect(orders []*Order) (errs []error) {
	for _, o := range orders {
		known, found := s.byID[o.ID]
		switch {
		case !found:
			s.byID[o.ID] = o
			s.orders = append(s.orders, o)
		case known.Digest() != o.Digest():
			errs = append(errs, tell("two different orders are both named %s: an order never changes; give the second its own number", o.ID))
		}
	}
	slices.SortFunc(s.orders, func(a, b *Order) int {
		return cmp.Or(a.From.Compare(b.From), cmp.Compare(a.ID, b.ID))
	})
	return errs
}

// refer records that o ends the order named id, or says why it cannot.
func (s *Set) refer(o *Order, id ID) error {
	target, found := s.byID[id]
	switch {
	case !found:
		missing := tell("%s refers to %s, which is not among the orders: add that order or correct the name", o.ID, id)
		missing.cause = ErrMissing
		return missing
	case !o.Issuer.Contains(target.Issuer):
		return tell("%s cannot end %s: only its issuer %s or a level above may; the reference is void", o.ID, id, target.Issuer)
	case o.Status != target.Status:
		return tell("%s cannot end %s: one is an exercise and the other is not; the reference is void", o.ID, id)
	case o.Type == Cancel && !o.Applies.Covers(target.Applies):
		return tell("%s cannot lift %s: it applies to fewer schools or services; write an update that keeps the rest; the reference is void", o.ID, id)
	}
	s.enders[id] = append(s.enders[id], o)
	return nil
}

// circles says which orders end each other in a circle.
func (s *Set) circles() (errs []error) {
	for _, o := range s.orders {
		if s.paper.fates[o.ID] == unsettled {
			errs = append(errs, tell("%s stands in a circle of orders that end each other at the same instant: they all keep binding; cancel them from a later instant", o.ID))
		}
	}
	return errs
}

// Orders lists the orders by From, then by name. The slice is the caller's.
func (s *Set) Orders() []*Order { return slices.Clone(s.orders) }

// Order is the order of this name, or a NotFound fault.
func (s *Set) Order(id ID) (*Order, error) {
	o, found := s.byID[id]
	if !found {
		return nil, fault.New(fault.NotFound,
			fmt.Sprintf("L’ordre %s n’est pas connu ici.", id),
			fmt.Sprintf("The order %s is not known here.", id))
	}
	return o, nil
}

// For lists the orders whose scope holds this school, for any service, whatever
// their state.
func (s *Set) For(sc school.School) []*Order {
	var out []*Order
	for _, o := range s.orders {
		if o.Applies.Holds(sc) {
			out = append(out, o)
		}
	}
	return out
}
