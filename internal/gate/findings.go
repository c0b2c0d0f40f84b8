package gate

import (
	"fmt"
	"math"

	"github.com/ecluse-ecole/ecluse/hours"
	"github.com/ecluse-ecole/ecluse/internal/order"
	"github.com/ecluse-ecole/ecluse/internal/school"
)

// A Verdict is how an order stands to one above it.
type Verdict uint8

// Tighter: it closes more, as a lower level may. Later: it restates a measure
// and begins after it. Looser: it says that something is possible which the one
// above closes. Contradicts: looser at one time, tighter at another.
const (
	Tighter Verdict = iota
	Later
	Looser
	Contradicts
)

// String is the verdict in a word.
func (v Verdict) String() string {
	return [...]string{"tighter", "later", "looser", "contradicts"}[v]
}

// A Finding is what the writer of an order must know about an order above it:
// one of the same territory or of a higher level, of the same status, that binds
// some of the same schools at the same time.
//
// A looser order opens nothing, since the strictest always wins; but its readers
// would believe what it says, so it is refused before it is signed.
type Finding struct {
	Verdict Verdict
	Above   *order.Order
	Roles   school.Roles
	School  school.UAI   // where the example holds
	At      int64        // an instant at which they differ, Unix seconds
	Says    order.Access // what the order says then
	Binds   order.Access // what the one above says then
	French  string
	English string
}

// Refuses reports whether the order must not be issued for this.
func (f Finding) Refuses() bool { return f.Verdict >= Looser }

// lookAhead is how long after both have begun two orders are compared: eight
// weeks show every kind of week that a measure meets.
const lookAhead = 8 * 7 * 24 * 3600

// restated is how long after a measure another one still counts as restating it.
const restated = 14

// Findings compares an order with those above it in src.Orders, which holds both,
// at the schools of src that both bind. An order or a rule that says nothing
// about hours claims nothing about them: limits alone never loosen.
func Findings(src Source, lower *order.Order) []Finding {
	var out []Finding
	if lower.Type == order.Cancel || src.Orders == nil {
		return nil
	}
	if src.Cache == nil {
		src.Cache = NewCache()
	}
	for _, upper := range src.Orders.Orders() {
		if upper.ID == lower.ID || upper.Type == order.Cancel || upper.Status != lower.Status || !upper.Issuer.Contains(lower.Issuer) {
			continue
		}
		p := newCompared(src, lower, upper)
		out = append(out, p.findings()...)
	}
	return out
}

// compared is two orders, each alone in a snapshot of the schools both bind.
type compared struct {
	lower, upper *order.Order
	set          *order.Set // with all that ends them
	schools      []school.School
	below, above *Snapshot
}

// newCompared keeps one school for each clock and calendar.
func newCompared(src Source, lower, upper *order.Order) *compared {
	p := &compared{lower: lower, upper: upper, set: src.Orders}
	seen := map[[2]string]bool{}
	for _, sc := range src.Schools {
		key := [2]string{sc.Zone, sc.Calendar}
		if !seen[key] && lower.Applies.Holds(sc) && upper.Applies.Holds(sc) {
			seen[key] = true
			p.schools = append(p.schools, sc)
		}
	}
	if len(p.schools) > 0 {
		p.below, p.above = alone(src, p.schools, lower), alone(src, p.schools, upper)
	}
	return p
}

// alone compiles one order as if there were no other. What cannot be compiled
// is unknown there, and not compared.
func alone(src Source, schools []school.School, o *order.Order) *Snapshot {
	set, _ := order.NewSet([]*order.Order{o}) // its references are void: only its own rules count
	snapshot, _ := Compile(Source{Schools: schools, Orders: set, Calendar: src.Calendar,
		From: src.From, To: src.To, Cache: src.Cache, Rehearse: true})
	return snapshot
}

// findings is at most one on access, one on limits and one on time.
func (p *compared) findings() []Finding {
	var access Finding
	for _, sc := range p.schools {
		from, to := p.life(p.above.Zone(sc.UAI))
		for role := range school.Role(school.RoleCount) {
			p.role(&access, Request{School: sc.UAI, Role: role, At: from}, to)
		}
	}
	var out []Finding
	if access.Roles != 0 {
		access.Above = p.upper
		p.say(&access)
		out = append(out, access)
	}
	if len(p.schools) == 0 {
		return out
	}
	return append(append(out, p.limits()...), p.late()...)
}

// life is the time in which both are in force, as far as it is looked at.
func (p *compared) life(zone *hours.Zone) (from, to int64) {
	if zone == nil {
		return 0, 0
	}
	from, to = p.lower.From.Instant(zone), int64(math.MaxInt64)
	from = max(from, p.upper.From.Instant(zone))
	for _, id := range []order.ID{p.lower.ID, p.upper.ID} {
		if end, _, kind := p.set.End(id); kind != order.InForce {
			to = min(to, end.Instant(zone))
		}
	}
	return from, min(to, from+lookAhead)
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
		case below.Access < above.Access:
			f.note(Tighter, r, below.Access, above.Access)
		}
		r.At = min(below.Until, above.Until)
	}
}

// note adds one instant. Tighter here and looser there is a contradiction, and
// its example is where it is looser.
func (f *Finding) note(v Verdict, r Request, says, binds order.Access) {
	before := *f
	if before.Roles == 0 || before.Verdict == Tighter && v == Looser {
		*f = Finding{School: r.School, At: r.At, Says: says, Binds: binds}
	}
	f.Verdict, f.Roles = v, before.Roles|school.RolesOf(r.Role)
	if before.Roles != 0 && before.Verdict != v {
		f.Verdict = Contradicts
	}
}

// limits compares the bounds that both orders set for some role.
func (p *compared) limits() []Finding {
	for _, low := range p.lower.Rules {
		for _, up := range p.upper.Rules {
			roles := low.Roles & up.Roles
			together := low.With == 0 || up.With == 0 || low.With&up.With != 0
			if what := looserLimit(low.Limits, up.Limits); roles != 0 && together && what != "" {
				f := Finding{Verdict: Looser, Above: p.upper, Roles: roles, School: p.schools[0].UAI}
				f.At, _ = p.life(p.above.Zone(f.School))
				f.English = fmt.Sprintf("For %s, %s is set more loosely than in %s, whose limit stays in force: set it at most as high.", roles, what, p.upper.ID)
				f.French = fmt.Sprintf("Pour %s, la limite sur %s est plus large que dans l'ordre %s, qui reste applicable"+nbsp+": fixez-la au plus à la même valeur.", french.people(roles), frenchLimits[what], p.upper.ID)
				return []Finding{f}
			}
		}
	}
	return nil
}

// looserLimit is the key of a limit that is set higher than the one above sets
// it, or "".
func looserLimit(low, up order.Limits) string {
	higher := func(a, b *int) bool { return a != nil && b != nil && *a > *b }
	grants := func(a, b *bool) bool { return a != nil && b != nil && *a && !*b }
	switch {
	case higher(low.Recipients, up.Recipients):
		return "recipients"
	case higher(low.PerHour, up.PerHour):
		return "per_hour"
	case grants(low.Lists, up.Lists):
		return "lists"
	case grants(low.Attachments, up.Attachments):
		return "attachments"
	case grants(low.Links, up.Links):
		return "links"
	}
	return ""
}

// frenchLimits is each of these keys in a sentence.
var frenchLimits = map[string]string{
	"recipients": "le nombre de destinataires", "per_hour": "le nombre de messages par heure",
	"lists": "l'envoi à des listes", "attachments": "les pièces jointes", "links": "les liens",
}

// late finds that a level below restates a measure and begins after it.
func (p *compared) late() []Finding {
	days := p.lower.From.Date - p.upper.From.Date
	zone := p.above.Zone(p.schools[0].UAI)
	from, to := p.life(zone)
	roles := rolesOf(p.lower) & rolesOf(p.upper)
	if p.lower.Issuer == p.upper.Issuer || p.lower.Type == order.Update || roles == 0 ||
		!p.upper.From.Before(p.lower.From) || days > restated || from >= to {
		return nil
	}
	return []Finding{{
		Verdict: Later, Above: p.upper, Roles: roles, School: p.schools[0].UAI, At: p.upper.From.Instant(zone),
		English: fmt.Sprintf("It begins at %s, but %s binds the same schools from %s on: say so, or begin then.", p.lower.From, p.upper.ID, p.upper.From),
		French:  fmt.Sprintf("Il commence le %s, mais l'ordre %s s'applique aux mêmes établissements dès le %s"+nbsp+": indiquez-le, ou commencez à cette date.", frenchWhen(p.lower.From), p.upper.ID, frenchWhen(p.upper.From)),
	}}
}

// rolesOf is whom an order's rules bind.
func rolesOf(o *order.Order) school.Roles {
	var out school.Roles
	for _, rule := range o.Rules {
		out |= rule.Roles
	}
	return out
}

// say writes the sentences of a finding on access.
func (p *compared) say(f *Finding) {
	zone := p.above.Zone(f.School)
	date, second := zone.Reading(f.At)
	when := order.Wall{Date: date, Second: second}
	if f.Verdict == Tighter {
		f.English = fmt.Sprintf("For %s it says %s at %s, for example, where %s says %s: it is the stricter one and will bind.", f.Roles, f.Says, when, p.upper.ID, f.Binds)
		f.French = fmt.Sprintf("Pour %s, il prévoit «"+nbsp+"%s"+nbsp+"», par exemple le %s, là où l'ordre %s prévoit «"+nbsp+"%s"+nbsp+"»"+nbsp+": plus strict, c'est lui qui s'appliquera.",
			french.people(f.Roles), frenchAccess[f.Says], frenchWhen(when), p.upper.ID, frenchAccess[f.Binds])
		return
	}
	f.English = fmt.Sprintf("For %s it says %s at %s, for example, where %s says %s: a lower level can tighten, never loosen; ", f.Roles, f.Says, when, p.upper.ID, f.Binds)
	f.French = fmt.Sprintf("Pour %s, il prévoit «"+nbsp+"%s"+nbsp+"», par exemple le %s, là où l'ordre %s prévoit «"+nbsp+"%s"+nbsp+"»"+nbsp+": un niveau inférieur peut resserrer, jamais assouplir"+nbsp+"; ",
		french.people(f.Roles), frenchAccess[f.Says], frenchWhen(when), p.upper.ID, frenchAccess[f.Binds])
	if p.lower.Issuer == p.upper.Issuer {
		f.English += "to change your own order, write an update that refers to it."
		f.French += "pour modifier votre propre ordre, écrivez une mise à jour qui le désigne."
		return
	}
	f.English += "keep within its hours, or ask " + string(p.upper.Issuer) + " to change it."
	f.French += "restez dans ses horaires, ou demandez à l'autorité qui l'a émis (" + school.Name(p.upper.Issuer) + ") de le modifier."
}

// frenchAccess is each access in a sentence, as the pages name it.
var frenchAccess = [...]string{"fermé", "lecture seule", "réponses seulement", "ouvert"}

// people names roles in a sentence.
func (t *tongue) people(roles school.Roles) string {
	out := ""
	each := roles.Each()
	for i, role := range each {
		switch {
		case i > 0 && i == len(each)-1:
			out += " et "
		case i > 0:
			out += ", "
		}
		out += t.roles[role]
	}
	return out
}
