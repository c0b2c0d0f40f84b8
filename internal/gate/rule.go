package gate

import (
	"github.com/ecluse-ecole/ecluse/hours"
	"github.com/ecluse-ecole/ecluse/internal/order"
	"github.com/ecluse-ecole/ecluse/internal/school"
)

// A rule is one rule of one order, compiled for one school's clock and holidays.
type rule struct {
	schedule    *hours.Schedule // nil: always inside the hours
	from, until int64           // when the order is in force
	require     *requirement    // nil: nothing is required
	limits      Limits
	order       uint32  // position in Snapshot.orders
	rungs       [4]rung // by hours.State
	otherwise   rung
	with        school.Roles
	plain       bool // neither limits nor requirements
}

// A rung is an access as deciding compares it: doubled, and one more than
// closed where it closes for want of knowing. The least rung is then the
// strictest access, and what is closed for certain hides what is not known.
type rung uint8

// shut is the rung of Closed for certain, notKnown that of what cannot be
// decided, top that of Write.
const (
	shut     = rung(order.Closed) << 1
	notKnown = rung(order.Closed)<<1 | 1
	top      = rung(order.Write) << 1
)

func rungOf(a order.Access) rung { return rung(a) << 1 }

func (g rung) access() order.Access { return order.Access(g >> 1) }

// rungsOf is a rule's ladder by the state of its hours.
func rungsOf(r *order.Rule) [4]rung {
	return [4]rung{hours.Closed: rungOf(r.Outside), hours.Open: rungOf(r.Access), hours.Unknown: notKnown, 3: notKnown}
}

// A requirement is what an account must have, on one school's clock.
type requirement struct {
	asks      Requirement
	since     int64     // for PasswordSince
	countries []Country // for FromCountry
}

// unmet is the part of the requirement that the facts do not meet.
func (q *requirement) unmet(f Facts) Requirement {
	var lacking Requirement
	if f.PasswordChanged < q.since {
		lacking |= PasswordSince
	}
	if !f.SecondFactor {
		lacking |= SecondFactor
	}
	if !f.KnownDevice {
		lacking |= KnownDevice
	}
	if !q.holds(f.Country) {
		lacking |= FromCountry
	}
	return lacking & q.asks
}

// holds reports whether a connection from the country is accepted.
func (q *requirement) holds(c Country) bool {
	for _, listed := range q.countries {
		if listed == c {
			return true
		}
	}
	return c == AnyCountry
}

// requirementOf compiles what a rule requires; nil if nothing.
func requirementOf(r order.Requirements, z *hours.Zone) *requirement {
	if r.IsZero() {
		return nil
	}
	var q requirement
	if !r.PasswordSince.IsZero() {
		q.asks, q.since = q.asks|PasswordSince, r.PasswordSince.Instant(z)
	}
	if r.SecondFactor {
		q.asks |= SecondFactor
	}
	if r.KnownDevice {
		q.asks |= KnownDevice
	}
	for _, code := range r.Countries {
		q.asks |= FromCountry
		if len(code) == 2 {
			q.countries = append(q.countries, Country{code[0], code[1]})
		}
	}
	return &q
}

// binds reports whether the rule counts towards these counterparts; 0 is the
// place itself.
func (u *rule) binds(with school.Roles) bool { return u.with == 0 || u.with&with != 0 }

// A verdict is what one rule in force leaves to a request.
type verdict struct {
	rung  rung
	full  rung // what it would be if the account met what is required
	unmet Requirement
	next  int64 // until when it holds at least
}

// judge applies a rule that is in force and binds the request.
func (u *rule) judge(r *Request) verdict {
	state, next := hours.Open, int64(never)
	if u.schedule != nil {
		state, next = u.schedule.At(r.At)
	}
	v := verdict{rung: u.rungs[state&3], next: min(next, u.until)}
	v.full = v.rung
	if u.require != nil {
		if v.unmet = u.require.unmet(r.Facts); v.unmet != 0 {
			v.rung = min(v.rung, u.otherwise)
		}
	}
	return v
}

// lift raises a verdict to what an exemption grants. What the account lacks is
// still said where meeting it would give more.
func (v verdict) lift(granted order.Access) verdict {
	if granted == order.Closed {
		return v
	}
	if rungOf(granted) >= v.full {
		v.unmet = 0
	}
	v.rung = max(v.rung, rungOf(granted))
	return v
}

// A merge is the strictest of the verdicts so far.
type merge struct {
	rung     rung
	unmet    Requirement
	limits   Limits
	boundary int64 // the next instant at which an order or exemption begins or ends
	soonest  int64 // the earliest end of any verdict
	locked   int64 // the latest end of a verdict that closes, and knows it
}

// newMerge is what holds where no rule binds.
func newMerge() merge {
	return merge{rung: top, limits: NoLimits, boundary: never, soonest: never, locked: minusNever}
}

// add takes one more verdict into account.
func (m *merge) add(u *rule, v verdict) {
	m.rung = min(m.rung, v.rung)
	m.soonest = min(m.soonest, v.next)
	if v.rung == shut {
		m.locked = max(m.locked, v.next)
	}
	m.unmet |= v.unmet
	if !u.plain {
		m.limits = m.limits.Merge(u.limits)
		m.boundary = min(m.boundary, u.until)
	}
}

// begins takes into account that a rule is announced. While one closes, a rule
// without limits or requirements that begins changes nothing.
func (m *merge) begins(u *rule) {
	if u.plain {
		m.soonest = min(m.soonest, u.from)
		return
	}
	m.boundary = min(m.boundary, u.from)
}

// done is the decision, with the earliest instant at which it may change: while
// one rule closes, no other can open, and what the others do not know does not
// matter.
func (m *merge) done() Decision {
	until := m.soonest
	if m.rung == shut {
		until = m.locked
	}
	return Decision{
		Access: m.rung.access(), Unknown: m.rung == notKnown,
		Unmet: m.unmet, Limits: m.limits, Until: min(until, m.boundary),
	}
}
