package order

import (
	"cmp"
	"crypto/sha256"
	"encoding/hex"
	"slices"

	"github.com/ecluse-ecole/ecluse/internal/school"
)

// A series is a measure that changes in stages: an order, and updates that
// replace it one after the other. Each update names every order before it, not
// only the last: so a stage that is called off before it begins leaves the stage
// before it in force until the next one, and that next one still ends it; and
// what was called off stays so when what called it off is itself replaced.

// Series is the series in which an order stands: those that it replaces, those
// that replace it, and so on, by From; what was called off before it began as
// well. An order that replaces none and that none replaces is alone.
func (s *Set) Series(id ID) []*Order {
	first, found := s.byID[id]
	if !found {
		return nil
	}
	list := []*Order{first}
	for i := 0; i < len(list); i++ {
		for _, next := range s.beside(list[i]) {
			if !slices.Contains(list, next) {
				list = append(list, next)
			}
		}
	}
	slices.SortFunc(list, func(a, b *Order) int { return cmp.Or(a.From.Compare(b.From), cmp.Compare(a.ID, b.ID)) })
	return list
}

// beside is what an order replaces and what replaces it.
func (s *Set) beside(o *Order) []*Order {
	var list []*Order
	for _, ender := range s.enders[o.ID] {
		if ender.Type == Update {
			list = append(list, ender)
		}
	}
	if o.Type != Update {
		return list
	}
	for _, id := range o.References {
		if slices.Contains(s.enders[id], o) {
			list = append(list, s.byID[id])
		}
	}
	return list
}

// InSeries makes updates of the orders of a series' stages, which are given by
// From: each replaces the orders named and every stage before it.
func InSeries(stages []*Order, replaced ...ID) {
	before := slices.Clone(replaced)
	for _, o := range stages {
		o.Type, o.References = Update, slices.Clone(before)
		before = append(before, o.ID)
	}
}

// Relax is rules in which another one stands for these roles in place of all
// that bound them. Rules that then say the same are one, so that it reads well.
func Relax(rules []Rule, with Rule) []Rule {
	var out []Rule
	for _, r := range rules {
		if r.Roles &^= with.Roles; r.Roles != 0 {
			out = append(out, r)
		}
	}
	for i := range out {
		if sameButRoles(out[i], with) {
			out[i].Roles |= with.Roles
			return out
		}
	}
	return append(out, with)
}

// SameRules reports whether two lists of rules say the same.
func SameRules(a, b []Rule) bool {
	one, other := Order{Rules: a}, Order{Rules: b}
	return one.Digest() == other.Digest()
}

// sameButRoles reports whether two rules differ only in whom they bind.
func sameButRoles(a, b Rule) bool {
	a.Roles, b.Roles = school.Everyone, school.Everyone
	return SameRules([]Rule{a}, []Rule{b})
}

// DigestOf is the digest of orders that are signed together, in their order: of
// one it is its own, of several that of the list of theirs, one a line.
func DigestOf(orders []*Order) string {
	if len(orders) == 1 {
		return orders[0].Digest()
	}
	sum := sha256.New()
	for _, o := range orders {
		sum.Write([]byte(o.Digest() + "\n"))
	}
	return "sha256:" + hex.EncodeToString(sum.Sum(nil))
}
