package gate

import (
	"github.com/ecluse-ecole/ecluse/internal/order"
	"github.com/ecluse-ecole/ecluse/internal/school"
)

// An Effect is what changes for people when one snapshot takes the place of
// another, over a window of time.
type Effect struct {
	Schools []school.UAI // where something gets tighter for somebody
	People  int          // for how many
	ByRole  [school.RoleCount]RoleEffect
}

// A RoleEffect is the effect on one role. A school counts as soon as it has the
// role at all; people are those that counts told of.
type RoleEffect struct {
	Tightened  Tally // may do less than before at some time, towards somebody
	Closed     Tally // closed at some time at which they were not before
	Throughout Tally // closed all the time, and not all the time before
	Loosened   Tally // may do more than before at some time
}

// A Tally counts schools and people.
type Tally struct{ Schools, People int }

// A Window is the time and service that an effect is looked for in. Seven days
// from an order's beginning tell what its writer needs to know.
type Window struct {
	From, To int64
	Service  order.Service
}

// EffectOf compares two snapshots over a window. counts tells how many people
// of each role a school has; nil counts nobody.
func EffectOf(before, after *Snapshot, w Window, counts func(school.UAI) [school.RoleCount]int) Effect {
	c := comparison{before: before, after: after, window: w, seen: map[[2]uint32]roleChanges{}}
	var out Effect
	for _, sc := range after.Schools() {
		var people [school.RoleCount]int
		if counts != nil {
			people = counts(sc.UAI)
		}
		out.count(sc.UAI, c.changes(sc.UAI), people)
	}
	return out
}

// count adds one school.
func (e *Effect) count(u school.UAI, changes roleChanges, people [school.RoleCount]int) {
	touched := false
	for role, what := range changes {
		e.ByRole[role].add(what, people[role])
		if what&tightened != 0 {
			touched = true
			e.People += people[role]
		}
	}
	if touched {
		e.Schools = append(e.Schools, u)
	}
}

func (e *RoleEffect) add(what change, people int) {
	for bit, tally := range map[change]*Tally{
		tightened: &e.Tightened, closed: &e.Closed, throughout: &e.Throughout, loosened: &e.Loosened,
	} {
		if what&bit != 0 {
			tally.Schools++
			tally.People += people
		}
	}
}

// A change is what happens to one role in one school.
type change uint8

const (
	tightened change = 1 << iota
	closed
	throughout
	loosened
)

// roleChanges are the changes of a school's roles.
type roleChanges [school.RoleCount]change

// A comparison remembers what it found: schools that share a cell before and
// after change alike.
type comparison struct {
	before, after *Snapshot
	window        Window
	seen          map[[2]uint32]roleChanges
}

func (c *comparison) changes(u school.UAI) roleChanges {
	key := [2]uint32{c.before.cellOf(u), c.after.cellOf(u)}
	found, known := c.seen[key]
	if !known {
		for role := range school.Role(school.RoleCount) {
			found[role] = c.change(Request{School: u, Role: role, Service: c.window.Service, At: c.window.From})
		}
		c.seen[key] = found
	}
	return found
}

// change compares one role along the window.
func (c *comparison) change(r Request) change {
	var what change
	wasOpen, isOpen := false, false
	for steps := 0; r.At < c.window.To && steps < maxSteps; steps++ {
		p := c.ask(r, 0, Compliant())
		if p.newlyClosed() {
			what |= closed
		}
		wasOpen = wasOpen || p.before.Access > order.Closed
		isOpen = isOpen || p.after.Access > order.Closed

		compliant := c.ask(r, school.Everyone, Compliant())
		bare := c.ask(r, school.Everyone, Facts{}) // feels a new requirement
		what |= compliant.change() | bare.change()
		r.At = min(p.until(), compliant.until(), bare.until())
	}
	if wasOpen && !isOpen {
		what |= throughout
	}
	return what
}

// A pair is the decisions before and after.
type pair struct{ before, after Decision }

func (c *comparison) ask(r Request, with school.Roles, f Facts) pair {
	r.With, r.Facts = with, f
	return pair{c.before.Decide(r), c.after.Decide(r)}
}

func (p pair) until() int64 { return min(p.before.Until, p.after.Until) }

func (p pair) newlyClosed() bool {
	return p.after.Access == order.Closed && p.before.Access > order.Closed
}

// change says in which directions the second decision goes.
func (p pair) change() change {
	var what change
	merged := p.before.Limits.Merge(p.after.Limits)
	if p.after.Access < p.before.Access || merged != p.before.Limits {
		what |= tightened
	}
	if p.after.Access > p.before.Access || merged != p.after.Limits {
		what |= loosened
	}
	return what
}
