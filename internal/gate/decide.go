package gate

import "github.com/ecluse-ecole/ecluse/internal/order"

// Decide answers a request. Decision.Until is sound, and nearly always the
// true next change; Lasts looks further where a reader wants to be told.
func (s *Snapshot) Decide(r Request) Decision {
	rules, ok := s.list(&r)
	if !ok {
		return undecided
	}
	if r.Member != 0 && len(s.exemptions) != 0 {
		if given := s.exemptionsOf(&r); given != nil {
			return s.decideExempt(&r, rules, given)
		}
	}
	m := newMerge()
	for i := range rules {
		u := &rules[i]
		if r.At >= u.until {
			break // and so is every order after it
		}
		if u.with != 0 && u.with&r.With == 0 {
			continue
		}
		if r.At < u.from {
			m.boundary = min(m.boundary, u.from)
			continue
		}
		m.add(u, u.judge(&r))
	}
	return m.done()
}

// decideExempt is Decide for a membership that has, or had, an exemption.
func (s *Snapshot) decideExempt(r *Request, rules []rule, given []Exemption) Decision {
	m := newMerge()
	for _, b := range s.bound(r, rules, given) {
		m.add(b.rule, b.verdict)
	}
	for i := range rules {
		if r.At < rules[i].from {
			m.boundary = min(m.boundary, rules[i].from)
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
		if r.At < u.from || r.At >= u.until || u.with != 0 && u.with&r.With == 0 {
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
	rules, ok := s.list(&r)
	if !ok {
		return nil
	}
	var binding []uint32
	for _, b := range s.bound(&r, rules, s.exemptionsOf(&r)) {
		if b.verdict.access == d.Access || b.verdict.unmet != 0 || b.rule.limits.shares(d.Limits) {
			binding = append(binding, b.rule.order)
		}
	}
	return s.pick(binding)
}
