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
	order       uint32 // position in Snapshot.orders
	inside      order.Access
	outside     order.Access
	otherwise   order.Access
	with        school.Roles
	limited     bool
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
	return c == anyCountry
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

// A verdict is what one rule in force leaves to a request.
type verdict struct {
	access  order.Access
	full    order.Access // what it would be if the account met what is required
	unmet   Requirement
	unknown bool
	next    int64 // until when it holds at least
}

// judge applies a rule that is in force and binds the request.
func (u *rule) judge(r *Request) verdict {
	v := verdict{access: u.inside, next: u.until}
	if u.schedule != nil {
		state, next := u.schedule.At(r.At)
		v.next = min(next, u.until)
		switch state {
		case hours.Open:
		case hours.Closed:
			v.access = u.outside
		default:
			v.access, v.unknown = order.Closed, true
		}
	}
	v.full = v.access
	if u.require != nil {
		v.unmet = u.require.unmet(r.Facts)
		if v.unmet != 0 {
			v.access = min(v.access, u.otherwise)
		}
	}
	return v
}

// lift raises a verdict to what an exemption grants. What the account lacks is
// still said where meeting it would give more.
func (v verdict) lift(granted order.Access) verdict {
	if granted >= v.full {
		v.unmet = 0
	}
	v.access = max(v.access, granted)
	v.unknown = v.unknown && v.access == order.Closed
	return v
}

// A merge is the strictest of the verdicts so far.
type merge struct {
	decision Decision
	boundary int64 // the next instant at which an order or exemption begins or ends
	soonest  int64 // the earliest end of any verdict
	locked   int64 // the latest end of a verdict that closes, and knows it
}

// newMerge is what holds where no rule binds.
func newMerge() merge {
	return merge{decision: open, boundary: never, soonest: never, locked: minusNever}
}

// add takes one more verdict into account.
func (m *merge) add(u *rule, v verdict) {
	d := &m.decision
	d.Access = min(d.Access, v.access)
	d.Unmet |= v.unmet
	d.Unknown = d.Unknown || v.unknown
	m.soonest = min(m.soonest, v.next)
	if v.access == order.Closed && !v.unknown {
		m.locked = max(m.locked, v.next)
	}
	if u.limited {
		d.Limits = d.Limits.Merge(u.limits)
	}
	if u.limited || u.require != nil {
		m.boundary = min(m.boundary, u.until)
	}
}

// done is the decision, with the earliest instant at which it may change: while
// one rule closes, no other can open, and what the others do not know does not
// matter.
func (m *merge) done() Decision {
	until := m.soonest
	if m.locked != minusNever {
		until, m.decision.Unknown = m.locked, false
	}
	m.decision.Until = min(until, m.boundary)
	return m.decision
}
