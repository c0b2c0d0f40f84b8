package gate

import (
	"github.com/ecluse-ecole/ecluse/hours"
	"github.com/ecluse-ecole/ecluse/internal/order"
	"github.com/ecluse-ecole/ecluse/internal/school"
)

// Decide answers a request. Decision.Until is sound: the answer holds at least
// until then. Lasts looks further where a reader wants to be told.
func (s *Snapshot) Decide(r Request) Decision { return s.decide(&r) } // small enough to be inlined, so that r is copied once

func (s *Snapshot) decide(r *Request) Decision {
	rules, plain, ok := s.list(r)
	if !ok {
		return undecided
	}
	if r.Member != 0 && len(s.exemptions) != 0 {
		if given := s.exemptionsOf(r); given != nil {
			return s.decideFully(r, rules, given)
		}
	}
	if !plain {
		return s.decideFully(r, rules, nil)
	}
	g, until := decidePlainly(rules, r.At, r.With)
	return Decision{Access: g.access(), Unknown: g == notKnown, Limits: noLimits(), Until: until}
}

// decidePlainly decides where no rule sets limits or requirements, which is
// nearly everywhere. It is what every message passes, so it keeps everything in
// registers and is done with the first rule that closes for certain: see verdict
// and merge for the same in words.
func decidePlainly(rules []rule, at int64, with school.Roles) (least rung, until int64) {
	least, until = top, never
	for i := range rules {
		u := &rules[i]
		if at >= u.until {
			break // and so is every rule after it
		}
		if !u.binds(with) {
			continue
		}
		if at < u.from {
			until = min(until, u.from)
			continue
		}
		state, next := hours.Open, int64(never)
		if u.schedule != nil {
			state, next = u.schedule.At(at)
		}
		next = min(next, u.until)
		g := u.rungs[state&3]
		if g == shut {
			return shut, next
		}
		least, until = min(least, g), min(until, next)
	}
	return least, until
}

// decideFully is Decide with limits, requirements and exemptions.
func (s *Snapshot) decideFully(r *Request, rules []rule, given []Exemption) Decision {
	m := newMerge()
	for i := range rules {
		u := &rules[i]
		switch {
		case !u.binds(r.With) || r.At >= u.until:
		case r.At < u.from:
			m.begins(u)
		default:
			m.add(u, s.lifted(r, u, given))
		}
	}
	for i := range given {
		m.boundary = min(m.boundary, after(r.At, given[i].From), after(r.At, given[i].Until))
	}
	return m.done()
}

// after is the instant if it is still to come, and never if not.
func after(now, instant int64) int64 {
	if instant > now {
		return instant
	}
	return never
}

// A bound rule is one in force for a request, with what it leaves to it.
type boundRule struct {
	rule    *rule
	verdict verdict
}

// bound lists the rules in force for a request with their verdicts, exemptions
// included.
func (s *Snapshot) bound(r *Request, rules []rule, given []Exemption) []boundRule {
	var out []boundRule
	for i := range rules {
		u := &rules[i]
		if r.At < u.from || r.At >= u.until || !u.binds(r.With) {
			continue
		}
		out = append(out, boundRule{u, s.lifted(r, u, given)})
	}
	return out
}

// lifted is a rule's verdict after the exemptions from its order.
func (s *Snapshot) lifted(r *Request, u *rule, given []Exemption) verdict {
	v := u.judge(r)
	id := s.orders[u.order].ID
	for i := range given {
		if given[i].lifts(id, r.At) {
			v = v.lift(given[i].Access)
		}
	}
	return v
}

// Orders lists the orders that bind: in force, and producing the strictest
// access, one of the strictest limits or an unmet requirement. Higher levels
// come first. It is empty where no order is in force or nothing can be decided.
func (s *Snapshot) Orders(r Request, d Decision) []*order.Order {
	rules, _, ok := s.list(&r)
	if !ok {
		return nil
	}
	var binding []uint32
	for _, b := range s.bound(&r, rules, s.exemptionsOf(&r)) {
		if b.verdict.rung.access() == d.Access || b.verdict.unmet != 0 || b.rule.limits.shares(d.Limits) {
			binding = append(binding, b.rule.order)
		}
	}
	return s.pick(binding)
}
