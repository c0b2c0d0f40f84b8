package gate

import (
	"slices"

	"github.com/ecluse-ecole/ecluse/internal/order"
)

// A Span is a stretch of time in which a decision and the orders that bind stay
// the same.
type Span struct {
	From, To int64 // Unix seconds, To excluded
	Decision Decision
	Orders   []*order.Order
}

// Spans cuts the time from the request's At to an instant where the decision or
// the orders that bind change. To see one order alone, compile a set of just
// that order. There are at most maxSteps spans; the last then reaches to the
// end without having been looked at.
func (s *Snapshot) Spans(r Request, to int64) []Span {
	var out []Span
	for range maxSteps {
		if r.At >= to {
			break
		}
		d := s.Decide(r)
		next := Span{From: r.At, To: min(to, d.Until, s.stirs(&r)), Decision: d, Orders: s.Orders(r, d)}
		r.At = next.To
		if n := len(out); n > 0 && out[n-1].says(next) {
			out[n-1].To = next.To
			continue
		}
		out = append(out, next)
	}
	if n := len(out); n > 0 {
		out[n-1].To = to
	}
	return out
}

// says reports whether two spans say the same of different times.
func (p Span) says(other Span) bool {
	return p.Decision.Same(other.Decision) && slices.Equal(p.Orders, other.Orders)
}

// stirs is the next instant at which any one rule changes, whether or not the
// decision does: another order may then be the one that binds.
func (s *Snapshot) stirs(r *Request) int64 {
	rules, _, _ := s.list(r)
	next := int64(never)
	for i := range rules {
		u := &rules[i]
		next = min(next, after(r.At, u.from), after(r.At, u.until))
		if u.schedule != nil && u.from <= r.At && r.At < u.until {
			_, change := u.schedule.At(r.At)
			next = min(next, change)
		}
	}
	return next
}
