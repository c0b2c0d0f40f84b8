package order

import "github.com/ecluse-ecole/ecluse/hours"

// A State is where an order stands at an instant. It is computed from the
// orders and the clock, never stored, so a late timer cannot make it wrong.
type State uint8

// Announced: known, not yet begun. InForce: it binds. Expired: past its own
// until. Lifted: ended by a cancel. Replaced: ended by an update.
const (
	Announced State = iota
	InForce
	Expired
	Lifted
	Replaced
)

// End is when the order stops binding, on each school's wall clock, and what
// makes it stop: Expired for its own until, Lifted or Replaced by another order.
// An order that nothing ends has a zero at and the kind InForce. It is what the
// documents say; Life tells what came of it.
func (s *Set) End(id ID) (at Wall, by ID, kind State) {
	e, found := s.paper.ends[id]
	if !found {
		return Wall{}, "", InForce
	}
	return e.at.wall, e.by, e.kind
}

// State is where the order stands at an instant (Unix seconds) for a school
// whose clocks follow the zone. An order that the set does not hold is
// Announced: it binds nobody.
func (s *Set) State(id ID, zone *hours.Zone, at int64) State {
	if _, found := s.byID[id]; !found {
		return Announced
	}
	life := s.Life(id, zone)
	switch {
	case at >= life.Until:
		return life.Kind
	case at < life.From:
		return Announced
	}
	return InForce
}
