package gate

import (
	"maps"

	"github.com/ecluse-ecole/ecluse/hours"
	"github.com/ecluse-ecole/ecluse/internal/order"
	"github.com/ecluse-ecole/ecluse/internal/school"
)

// A Verdict is what a finding says of an order and another one.
type Verdict uint8

// Tighter: it closes more than the other. Stays: the other one goes on closing
// where this one opens or lifts. Later: it begins after one above. Shorter: it ends
// before one above. Past: it is dated before its issue; there is no other. Looser:
// it says that something is possible which the other closes. Contradicts: looser
// at one time, tighter at another.
const (
	Tighter Verdict = iota
	Stays
	Later
	Shorter
	Past
	Looser
	Contradicts
)

// String is the verdict in a word.
func (v Verdict) String() string {
	return [...]string{"tighter", "stays", "later", "shorter", "past", "looser", "contradicts"}[v]
}

// A Finding is what the writer of an order must know about another order of the
// same status that binds some of the same people at the same time: one above, one
// beside, of the same office, or one below.
//
// Where the other one is above or beside, a looser order opens nothing, since the
// strictest always wins; but its readers would believe what it says, so it is
// refused before it is signed. Of one below the writer is told what becomes: where
// it promises more it is overruled, and where it is stricter it stays.
type Finding struct {
	Verdict Verdict
	Other   *order.Order // nil: it is about the order alone
	Roles   school.Roles
	School  school.UAI   // where the example holds
	At      int64        // an instant at which they differ, Unix seconds
	Says    order.Access // what the order says then
	Binds   order.Access // what the other one says then
	French  string
	English string

	stricter example // of a contradiction: where the order is the stricter one
}

// An example is an instant at which two orders differ.
type example struct {
	school      school.UAI
	at          int64
	says, binds order.Access
}

// Refuses reports whether the order must not be issued for this.
func (f Finding) Refuses() bool { return f.Verdict >= Looser }

// lookAhead is how long after both have begun two orders are compared: eight
// weeks show every kind of week that a measure meets.
const lookAhead = 8 * 7 * 24 * 3600

// restated is how long after a measure another one still counts as restating it,
// where it is not known when that one was issued.
const restated = 14 * 24 * 3600

// Findings holds an order against the others in src.Orders, which has it too, at
// the schools of src that both bind. An order or a rule that says nothing about
// hours claims nothing about them: limits alone never loosen.
func Findings(src Source, o *order.Order) []Finding {
	if src.Orders == nil {
		return nil
	}
	if src.Cache == nil {
		src.Cache = NewCache()
	}
	out, zones := past(src, o), zonesOf(src)
	for _, other := range src.Orders.Orders() {
		if other.ID == o.ID || other.Type == order.Cancel || other.Status != o.Status {
			continue
		}
		if o.Type == order.Cancel {
			out = append(out, remains(src, zones, o, other)...)
		} else if p := newCompared(src, zones, o, other); len(p.schools) > 0 {
			out = append(out, p.findings()...)
		}
	}
	return out
}

// zonesOf are the clocks of all schools: thousands of orders are looked at, and a
// clock takes long to load. One that cannot be loaded is left out.
func zonesOf(src Source) map[string]*hours.Zone {
	zones := map[string]*hours.Zone{}
	for _, sc := range src.Schools {
		if _, seen := zones[sc.Zone]; !seen {
			zones[sc.Zone], _ = hours.LoadZone(sc.Zone) // nil, see above
		}
	}
	maps.DeleteFunc(zones, func(_ string, z *hours.Zone) bool { return z == nil })
	return zones
}

// compared is an order and another one, each alone in a snapshot of the schools
// that both bind at some time.
type compared struct {
	lower, upper *order.Order // the order, and the other one wherever it stands
	set          *order.Set   // with all that ends them
	schools      []school.School
	below, above *Snapshot
}

// newCompared keeps one school for each clock and calendar.
func newCompared(src Source, zones map[string]*hours.Zone, o, other *order.Order) *compared {
	p := &compared{lower: o, upper: other, set: src.Orders}
	if rolesOf(o)&rolesOf(other) == 0 {
		return p
	}
	meet := map[string]bool{} // on these clocks both are in force at some time
	for name, zone := range zones {
		if from, to := p.life(zone); from < to {
			meet[name] = true
		}
	}
	if len(meet) == 0 {
		return p
	}
	seen := map[[2]string]bool{}
	for _, sc := range shared(src, o.Applies, other.Applies) {
		if key := [2]string{sc.Zone, sc.Calendar}; meet[sc.Zone] && !seen[key] {
			seen[key] = true
			p.schools = append(p.schools, sc)
		}
	}
	if len(p.schools) > 0 {
		p.below, p.above = alone(src, p.schools, o), alone(src, p.schools, other)
	}
	return p
}

// shared is the schools in both of two scopes that bind a common service.
func shared(src Source, a, b order.Scope) []school.School {
	served := false
	for service := range order.Service(order.ServiceCount) {
		served = served || a.Serves(service) && b.Serves(service)
	}
	if !served || !a.Territory.Contains(b.Territory) && !b.Territory.Contains(a.Territory) {
		return nil
	}
	var out []school.School
	for _, sc := range src.Schools {
		if a.Holds(sc) && b.Holds(sc) {
			out = append(out, sc)
		}
	}
	return out
}

// alone compiles one order as if there were no other. What cannot be compiled
// is unknown there, and not compared.
func alone(src Source, schools []school.School, o *order.Order) *Snapshot {
	set, _ := order.NewSet([]*order.Order{o}) // its references are void: only its own rules count
	snapshot, _ := Compile(Source{Schools: schools, Orders: set, Calendar: src.Calendar,
		From: src.From, To: src.To, Cache: src.Cache, Rehearse: true})
	return snapshot
}

// findings is at most one on access, or two of an order below, one on limits and
// two on time.
func (p *compared) findings() []Finding {
	var access Finding
	for _, sc := range p.schools {
		from, to := p.life(p.above.Zone(sc.UAI))
		for role := range school.Role(school.RoleCount) {
			p.role(&access, Request{School: sc.UAI, Role: role, At: from}, to)
		}
	}
	access.Other = p.upper
	if p.overrules() {
		return p.overruled(access)
	}
	var out []Finding
	if access.Roles != 0 {
		p.say(&access)
		out = append(out, access)
	}
	return append(append(out, p.limits()...), p.times()...)
}

// overrules reports whether the order stands above the other one.
func (p *compared) overrules() bool {
	return p.lower.Issuer != p.upper.Issuer && p.lower.Issuer.Contains(p.upper.Issuer)
}

// overruled is what becomes of an order below: where it promises more, it is
// overruled; where it is stricter, it stays.
func (p *compared) overruled(f Finding) []Finding {
	var out []Finding
	if f.Roles == 0 {
		return nil
	}
	if f.Verdict != Looser {
		tighter := f
		tighter.Verdict = Tighter
		if f.Verdict == Contradicts {
			tighter.School, tighter.At, tighter.Says, tighter.Binds = f.stricter.school, f.stricter.at, f.stricter.says, f.stricter.binds
		}
		p.sayOverruled(&tighter)
		out = append(out, tighter)
	}
	if f.Verdict != Tighter {
		f.Verdict = Stays
		p.sayStays(&f)
		out = append(out, f)
	}
	return out
}

// life is the time in which both are in force, as far as it is looked at.
func (p *compared) life(zone *hours.Zone) (from, to int64) {
	from, to = lifetime(p.set, p.lower.ID, zone)
	since, until := lifetime(p.set, p.upper.ID, zone)
	from, to = max(from, since), min(to, until)
	return from, min(to, max(from, 0)+lookAhead)
}

// role compares one role, towards the place itself and towards each counterpart
// that a rule names, as a compliant account and, where the lower order requires
// something, as one that meets nothing.
func (p *compared) role(f *Finding, r Request, to int64) {
	for service := range order.Service(order.ServiceCount) {
		if !p.lower.Applies.Serves(service) || !p.upper.Applies.Serves(service) {
			continue
		}
		r.Service = service
		for _, with := range p.counterparts() {
			r.With = with
			claims := claimsOf(p.lower, r.Role, with)
			r.Facts = Compliant()
			if claims&claimsHours != 0 {
				p.walk(f, r, to)
			}
			r.Facts = Facts{}
			if claims&claimsFacts != 0 {
				p.walk(f, r, to)
			}
		}
	}
}

// counterparts is the place itself, and each role that some rule names.
func (p *compared) counterparts() []school.Roles {
	var named school.Roles
	for _, o := range []*order.Order{p.lower, p.upper} {
		for _, rule := range o.Rules {
			named |= rule.With
		}
	}
	out := []school.Roles{0}
	for _, role := range named.Each() {
		out = append(out, school.RolesOf(role))
	}
	return out
}

// A claim is what an order states about a role.
type claim uint8

const (
	claimsHours claim = 1 << iota // when something is possible
	claimsFacts                   // for what accounts
)

// claimsOf is what an order's rules state. A rule that is open at all times and
// only sets limits or requirements states nothing about hours.
func claimsOf(o *order.Order, role school.Role, with school.Roles) claim {
	var out claim
	for _, rule := range o.Rules {
		if !rule.Roles.Has(role) || rule.With != 0 && rule.With&with == 0 {
			continue
		}
		bounded := rule.Limits != order.Limits{} || !rule.Require.IsZero()
		always := rule.Hours == nil || rule.Hours.String() == "24/7"
		if !bounded || rule.Access != order.Write || !always {
			out |= claimsHours
		}
		if !rule.Require.IsZero() {
			out |= claimsFacts
		}
	}
	return out
}

// walk compares the two orders from the request's instant on and adds to the
// finding. The first instant at which the lower one is looser is its example.
func (p *compared) walk(f *Finding, r Request, to int64) {
	for steps := 0; r.At < to && steps < maxSteps; steps++ {
		below, above := p.below.Decide(r), p.above.Decide(r)
		switch {
		case below.Unknown || above.Unknown:
		case below.Access > above.Access:
			f.note(Looser, r, below.Access, above.Access)
		case below.Access < above.Access && p.promises(r):
			f.note(Tighter, r, below.Access, above.Access)
		}
		r.At = min(below.Until, above.Until)
	}
}

// promises reports whether the other order says anything about hours that this
// one could overrule: below, limits alone promise nothing.
func (p *compared) promises(r Request) bool {
	return !p.overrules() || claimsOf(p.upper, r.Role, r.With)&claimsHours != 0
}

// note adds one instant. Tighter here and looser there is a contradiction, and
// its example is where it is looser.
func (f *Finding) note(v Verdict, r Request, says, binds order.Access) {
	before := *f
	if before.Roles == 0 || before.Verdict == Tighter && v == Looser {
		*f = Finding{School: r.School, At: r.At, Says: says, Binds: binds}
	}
	switch {
	case before.Roles != 0 && before.Verdict == Tighter && v == Looser:
		f.stricter = example{before.School, before.At, before.Says, before.Binds}
	case before.Verdict == Looser && v == Tighter:
		f.stricter = example{r.School, r.At, says, binds}
	}
	f.Verdict, f.Roles = v, before.Roles|school.RolesOf(r.Role)
	if before.Roles != 0 && before.Verdict != v {
		f.Verdict = Contradicts
	}
}

// rolesOf is whom an order's rules bind.
func rolesOf(o *order.Order) school.Roles {
	var out school.Roles
	for _, rule := range o.Rules {
		out |= rule.Roles
	}
	return out
}
