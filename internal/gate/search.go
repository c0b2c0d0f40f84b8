package gate

import (
	"github.com/ecluse-ecole/ecluse/internal/order"
	"github.com/ecluse-ecole/ecluse/internal/school"
)

// maxSteps bounds every search along the calendar: two changes a day for five
// years. A search that finds nothing in that time answers "never".
const maxSteps = 4096

// Lasts is the instant at which the decision really changes: Decide's Until,
// without the instants at which one rule's change makes no difference because
// another holds. It is hours.Never if nothing announced changes it.
func (s *Snapshot) Lasts(r Request) int64 {
	now := s.Decide(r)
	next := now
	for range maxSteps {
		if next.Until == never {
			return never
		}
		r.At = next.Until
		next = s.Decide(r)
		if !next.Same(now) {
			return r.At
		}
	}
	return never
}

// Reopens is the next instant, At included, at which the access is want or more;
// hours.Never if nothing announced brings it.
func (s *Snapshot) Reopens(r Request, want order.Access) int64 {
	for range maxSteps {
		d := s.Decide(r)
		if d.Access >= want {
			return r.At
		}
		leap := max(d.Until, s.blocked(r, want))
		if leap == never {
			return never
		}
		r.At = leap
	}
	return never
}

// blocked is the instant before which some rule keeps the access below want.
func (s *Snapshot) blocked(r Request, want order.Access) int64 {
	rules, _, _ := s.list(&r)
	given := s.exemptionsOf(&r)
	if len(given) != 0 {
		return minusNever // an exemption may begin before any rule changes
	}
	until := int64(minusNever)
	for _, b := range s.bound(&r, rules, nil) {
		if b.verdict.rung.access() < want {
			until = max(until, b.verdict.next)
		}
	}
	return until
}

// Since is the instant since when the present access holds without a break;
// math.MinInt64 if always.
func (s *Snapshot) Since(r Request) int64 {
	access := s.Decide(r).Access
	return s.sinceWhen(r, func(a order.Access) bool { return a == access })
}

// Stopped is the instant since when there is no writing, not even a reply: what
// came later is not shown to who may only read. It is At or later only if
// replying is possible now, and math.MinInt64 if it never was.
func (s *Snapshot) Stopped(r Request) int64 {
	if s.Decide(r).Access > order.Read {
		return r.At
	}
	return s.sinceWhen(r, func(a order.Access) bool { return a <= order.Read })
}

// sinceWhen walks back while the access is as wanted.
func (s *Snapshot) sinceWhen(r Request, wanted func(order.Access) bool) int64 {
	for range maxSteps {
		began := s.began(r)
		if began == minusNever {
			return minusNever
		}
		r.At = began - 1
		if !wanted(s.Decide(r).Access) {
			return began
		}
	}
	return r.At
}

// began is an instant since when the present access surely holds. While one
// rule closes, the others do not matter; otherwise any change may.
func (s *Snapshot) began(r Request) int64 {
	rules, _, ok := s.list(&r)
	if !ok {
		return minusNever
	}
	given := s.exemptionsOf(&r)
	latest, closed := int64(minusNever), int64(never)
	for i := range rules {
		u := &rules[i]
		if !u.binds(r.With) || r.At < u.from {
			continue
		}
		start := u.began(r.At)
		latest = max(latest, start)
		if r.At < u.until && s.lifted(&r, u, given).rung.access() == order.Closed {
			closed = min(closed, start)
		}
	}
	if closed != never {
		latest = closed
	}
	for i := range given {
		latest = max(latest, notAfter(r.At, given[i].From), notAfter(r.At, given[i].Until))
	}
	return latest
}

// began is when a rule that has begun last changed.
func (u *rule) began(at int64) int64 {
	if at >= u.until {
		return u.until
	}
	if u.schedule == nil {
		return u.from
	}
	return max(u.from, u.schedule.Since(at))
}

// notAfter is the instant if it has come, and minusNever if not.
func notAfter(now, instant int64) int64 {
	if instant <= now {
		return instant
	}
	return minusNever
}

// NextChange is the next instant at which a decision may change for somebody in
// the school, exemptions left aside; for timers. It is hours.Never if nothing
// announced changes anything.
func (s *Snapshot) NextChange(u school.UAI, at int64) int64 {
	next := int64(never)
	for service := range order.Service(order.ServiceCount) {
		for role := range school.Role(school.RoleCount) {
			next = min(next, s.nextFor(Request{School: u, Role: role, Service: service, At: at, Facts: Compliant()}))
		}
	}
	return next
}

// nextFor is the earliest change towards the place itself or any counterpart.
// What somebody with several counterparts may do changes only when it changes
// towards one of them.
func (s *Snapshot) nextFor(r Request) int64 {
	next := s.Decide(r).Until
	for with := range school.Role(school.RoleCount) {
		r.With = school.RolesOf(with)
		next = min(next, s.Decide(r).Until)
	}
	return next
}

// NextInstant is the next instant at which a decision may change for anybody
// anywhere, exemptions included; for the one timer of whoever tells of changes.
// It is hours.Never if nothing announced changes anything.
func (s *Snapshot) NextInstant(at int64) int64 {
	next := int64(never)
	if s == nil {
		return next
	}
	for i := range s.cells {
		for service := range s.cells[i] {
			for _, list := range s.cells[i][service] {
				next = min(next, nextOf(s.rules[list.start:][:list.count], at))
			}
		}
	}
	for _, given := range s.exemptions {
		for i := range given {
			next = min(next, after(at, given[i].From), after(at, given[i].Until))
		}
	}
	return next
}

// nextOf is the next instant at which one of the rules begins, changes or ends.
func nextOf(rules []rule, at int64) int64 {
	next := int64(never)
	for i := range rules {
		u := &rules[i]
		switch {
		case at >= u.until:
			return next // and so is every rule after it
		case at < u.from:
			next = min(next, u.from)
			continue
		case u.schedule != nil:
			_, change := u.schedule.At(at)
			next = min(next, change)
		}
		next = min(next, u.until)
	}
	return next
}

// Personal reports whether the answer to a request may be another for another
// account of the same role: some rule asks something of accounts, or the member
// has an exemption. Where it is not, one explanation serves everybody.
func (s *Snapshot) Personal(r Request) bool {
	_, plain, ok := s.list(&r)
	return ok && (!plain || s.exemptionsOf(&r) != nil)
}
