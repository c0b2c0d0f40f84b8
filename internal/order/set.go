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
	fates  map[ID]fate
	ends   map[ID]end
}

// ErrMissing is in the chain of an error about a reference to an order that the
// set does not hold. Where only a part of the orders is at hand it is no fault.
var ErrMissing = errors.New("not among the orders")

// An end is when an order stops binding and what makes it stop.
type end struct {
	at   Wall
	by   ID
	kind State
}

// NewSet collects orders. The set is usable whatever the errors say: each is an
// order or a reference that was left out, with the reason. The same order given
// twice counts once; of two different orders with one name the first is kept.
func NewSet(orders []*Order) (*Set, []error) {
	s := &Set{byID: map[ID]*Order{}, enders: map[ID][]*Order{}, fates: map[ID]fate{}, ends: map[ID]end{}}
	errs := s.collect(orders)
	for _, o := range s.orders {
		for _, id := range o.References {
			if err := s.refer(o, id); err != nil {
				errs = append(errs, err)
			}
		}
	}
	s.settle()
	for _, o := range s.orders {
		s.ends[o.ID] = s.endOf(o)
	}
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

// endOf is the earliest of o's own until and the From of whatever ends it. An
// update or cancel that was itself ended before it began ends nothing: a
// reopening called off in time leaves the closure standing.
func (s *Set) endOf(o *Order) end {
	e := end{kind: InForce}
	if !o.Until.IsZero() {
		e = end{at: o.Until, kind: Expired}
	}
	for _, ender := range s.enders[o.ID] {
		if s.fates[ender.ID] != begins || e.kind != InForce && !ender.From.Before(e.at) {
			continue
		}
		e = end{at: ender.From, by: ender.ID, kind: Replaced}
		if ender.Type == Cancel {
			e.kind = Lifted
		}
	}
	return e
}

// A fate says whether an order ever begins. Only orders that end each other at
// the same instant stay unsettled.
type fate uint8

const (
	unsettled fate = iota
	begins
	stillborn // ended at or before its own From
)

// settle finds every order's fate from those already found, until nothing is
// added.
func (s *Set) settle() {
	for again := true; again; {
		again = false
		for _, o := range s.orders {
			if s.fates[o.ID] == unsettled {
				s.fates[o.ID] = s.judge(o)
				again = again || s.fates[o.ID] != unsettled
			}
		}
	}
}

// judge is what can be said of o now: it begins when every order that would end
// it in time is itself stillborn.
func (s *Set) judge(o *Order) fate {
	verdict := begins
	for _, ender := range s.enders[o.ID] {
		if o.From.Before(ender.From) {
			continue
		}
		switch s.fates[ender.ID] {
		case begins:
			return stillborn
		case unsettled:
			verdict = unsettled
		}
	}
	return verdict
}

// circles says which orders end each other in a circle.
func (s *Set) circles() (errs []error) {
	for _, o := range s.orders {
		if s.fates[o.ID] == unsettled {
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
