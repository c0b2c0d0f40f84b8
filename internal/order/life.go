package order

import (
	"cmp"
	"maps"
	"math"
	"sync"

	"github.com/ecluse-ecole/ecluse/hours"
)

// A Life is when an order binds on one clock, from From until just before Until
// (Unix seconds), and what ends it, as End says it. An order without a beginning
// has always bound; one that nothing ends has Until hours.Never. One that was
// ended before it began has an Until that is not after its From.
type Life struct {
	From, Until int64
	By          ID
	Kind        State
}

// Life is when an order binds for schools whose clocks follow the zone: no earlier
// than it was issued, and no order ends it before that one was issued. An order
// that the set does not hold never binds.
func (s *Set) Life(id ID, zone *hours.Zone) Life {
	o, found := s.byID[id]
	if !found {
		return Life{From: hours.Never, Until: hours.Never, Kind: InForce}
	}
	e := s.course(zone).ends[id]
	life := Life{From: s.begin(o, zone).at, Until: hours.Never, By: e.by, Kind: e.kind}
	if e.kind != InForce {
		life.Until = e.at.at
	}
	return life
}

// A moment is when something happens: an instant, and among what happens at the
// same instant, or without a clock, the reading that the document gives.
type moment struct {
	at   int64
	wall Wall
}

func (m moment) before(n moment) bool {
	return cmp.Or(cmp.Compare(m.at, n.at), m.wall.Compare(n.wall)) < 0
}

// momentOf is when a clock shows a reading; no zone is the paper it stands on.
func momentOf(w Wall, zone *hours.Zone) moment {
	m := moment{wall: w}
	if zone != nil && w.IsZero() {
		m.at = math.MinInt64
	} else if zone != nil {
		m.at = w.Instant(zone)
	}
	return m
}

// begin is the moment from which an order counts. What the documents alone say
// knows nothing of when they were issued.
func (s *Set) begin(o *Order, zone *hours.Zone) moment {
	m := momentOf(o.From, zone)
	if issued, known := s.issued[o.ID]; known && zone != nil {
		m.at = max(m.at, issued)
	}
	return m
}

// A course is what becomes of each order of a set on one clock.
type course struct {
	fates map[ID]fate
	ends  map[ID]end
}

// courses are those worked out so far, by zone.
type courses struct {
	mu     sync.Mutex
	byZone map[string]course
}

// course is what becomes of the orders on a clock, worked out when first asked for.
func (s *Set) course(zone *hours.Zone) course {
	s.lived.mu.Lock()
	defer s.lived.mu.Unlock()
	known, found := s.lived.byZone[zone.Name()]
	if !found {
		known = s.reckon(zone)
		if s.lived.byZone == nil {
			s.lived.byZone = map[string]course{}
		}
		s.lived.byZone[zone.Name()] = known
	}
	return known
}

// reckon works out what becomes of the orders on a clock, or on paper.
func (s *Set) reckon(zone *hours.Zone) course {
	c := course{fates: map[ID]fate{}, ends: map[ID]end{}}
	s.settle(c, zone)
	for _, o := range s.orders {
		c.ends[o.ID] = s.endOf(c, o, zone)
	}
	return c
}

// An end is when an order stops binding and what makes it stop.
type end struct {
	at   moment
	by   ID
	kind State
}

// A fate says whether an order ever begins. Only orders that end each other at
// the same instant stay unsettled.
type fate uint8

const (
	unsettled fate = iota
	begins
	stillborn // ended at or before its own beginning
)

// settle finds every order's fate from those already found, until nothing is
// added.
func (s *Set) settle(c course, zone *hours.Zone) {
	for again := true; again; {
		again = false
		for _, o := range s.orders {
			if c.fates[o.ID] == unsettled {
				c.fates[o.ID] = s.judge(c, o, zone)
				again = again || c.fates[o.ID] != unsettled
			}
		}
	}
}

// judge is what can be said of o now: it begins when every order that would end
// it in time is itself stillborn.
func (s *Set) judge(c course, o *Order, zone *hours.Zone) fate {
	verdict := begins
	for _, ender := range s.enders[o.ID] {
		if s.begin(o, zone).before(s.begin(ender, zone)) {
			continue
		}
		switch c.fates[ender.ID] {
		case begins:
			return stillborn
		case unsettled:
			verdict = unsettled
		}
	}
	return verdict
}

// endOf is the earliest of o's own until and the beginning of whatever ends it. An
// update or cancel that was itself ended before it began ends nothing: a
// reopening called off in time leaves the closure standing.
func (s *Set) endOf(c course, o *Order, zone *hours.Zone) end {
	e := end{kind: InForce}
	if !o.Until.IsZero() {
		e = end{at: momentOf(o.Until, zone), kind: Expired}
	}
	for _, ender := range s.enders[o.ID] {
		at := s.begin(ender, zone)
		if c.fates[ender.ID] != begins || e.kind != InForce && !at.before(e.at) {
			continue
		}
		e = end{at: at, by: ender.ID, kind: Replaced}
		if ender.Type == Cancel {
			e.kind = Lifted
		}
	}
	return e
}

// With is the set with more orders, issued at an instant (Unix seconds).
func (s *Set) With(issued int64, more ...*Order) (*Set, []error) {
	all := maps.Clone(s.issued)
	if all == nil {
		all = map[ID]int64{}
	}
	for _, o := range more {
		all[o.ID] = issued
	}
	return NewIssuedSet(append(s.Orders(), more...), all)
}

// Issued is when an order was issued (Unix seconds), where that is known.
func (s *Set) Issued(id ID) (at int64, known bool) {
	at, known = s.issued[id]
	return at, known
}
