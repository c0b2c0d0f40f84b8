package gate

import (
	"cmp"
	"slices"

	"github.com/ecluse-ecole/ecluse/hours"
	"github.com/ecluse-ecole/ecluse/internal/order"
	"github.com/ecluse-ecole/ecluse/internal/school"
)

// A Reference gives the same decisions as a Snapshot, by asking every order each
// time. It is what Decide means, written to be read; it shares no table and no
// shortcut with the compiled form, and it is slow. It is not safe for concurrent
// use.
type Reference struct {
	src   Source
	zones map[string]*hours.Zone
}

// NewReference returns a reference over the source.
func NewReference(src Source) *Reference {
	return &Reference{src: src, zones: map[string]*hours.Zone{}}
}

// Decide answers a request, and lists the orders that bind. Its Until is the
// next instant at which anything changes, whether or not it matters.
func (f *Reference) Decide(r Request) (Decision, []*order.Order) {
	sc, zone, ok := f.school(r.School)
	if !ok || r.Role >= school.RoleCount || r.Service >= order.ServiceCount || f.src.Orders == nil {
		return undecided, nil
	}
	until := f.nextExemption(r)
	var effects []effectOf
	for _, o := range f.src.Orders.Orders() {
		if !f.src.binds(o) || !o.Applies.Holds(sc) || !o.Applies.Serves(r.Service) {
			continue
		}
		from, end := f.lifetime(o, zone)
		until = min(until, after(r.At, from), after(r.At, end))
		if from <= r.At && r.At < end {
			effects = append(effects, f.effects(r, o, sc, zone)...)
		}
	}
	d := strictest(effects, until)
	return d, namesBinding(effects, d)
}

// An effectOf is what one rule of one order leaves.
type effectOf struct {
	order   *order.Order
	access  order.Access
	unknown bool
	unmet   Requirement
	limits  Limits
	next    int64
}

// school finds a school, once, on a clock that can be read.
func (f *Reference) school(u school.UAI) (school.School, *hours.Zone, bool) {
	var found []school.School
	for _, sc := range f.src.Schools {
		if sc.UAI == u && !slices.Contains(found, sc) {
			found = append(found, sc)
		}
	}
	if _, err := school.ParseUAI(string(u)); err != nil || len(found) != 1 || found[0].Zone == "" {
		return school.School{}, nil, false
	}
	if f.zones[found[0].Zone] == nil {
		zone, err := hours.LoadZone(found[0].Zone)
		if err != nil {
			return school.School{}, nil, false
		}
		f.zones[found[0].Zone] = zone
	}
	return found[0], f.zones[found[0].Zone], true
}

// lifetime is when an order is in force on a clock.
func (f *Reference) lifetime(o *order.Order, zone *hours.Zone) (from, until int64) {
	life := f.src.Orders.Life(o.ID, zone)
	return life.From, life.Until
}

// effects are those of an order in force on a request.
func (f *Reference) effects(r Request, o *order.Order, sc school.School, zone *hours.Zone) []effectOf {
	var out []effectOf
	for _, written := range o.Rules {
		if !written.Roles.Has(r.Role) || written.With != 0 && written.With&r.With == 0 {
			continue
		}
		e := f.inHours(r, written, sc, zone)
		e.order, e.limits = o, limitsOf(written.Limits)
		full := e.access
		if e.unmet = unmetBy(r.Facts, written.Require, zone); e.unmet != 0 {
			e.access = min(e.access, written.Otherwise)
			e.unknown = e.unknown && written.Otherwise > order.Closed
		}
		out = append(out, f.exempt(r, e, full))
	}
	return out
}

// inHours is the rule's access by its hours alone.
func (f *Reference) inHours(r Request, written order.Rule, sc school.School, zone *hours.Zone) effectOf {
	if written.Hours == nil {
		return effectOf{access: written.Access, next: never}
	}
	var cal hours.Calendar
	if f.src.Calendar != nil {
		if c, err := f.src.Calendar(sc.Calendar); err == nil {
			cal = c
		}
	}
	state, next := written.Hours.Compile(zone, cal, r.At, r.At).At(r.At)
	switch state {
	case hours.Open:
		return effectOf{access: written.Access, next: next}
	case hours.Closed:
		return effectOf{access: written.Outside, next: next}
	default:
		return effectOf{access: order.Closed, unknown: true, next: next}
	}
}

// unmetBy is what the account lacks of what is required.
func unmetBy(f Facts, required order.Requirements, zone *hours.Zone) Requirement {
	var lacking Requirement
	if !required.PasswordSince.IsZero() && f.PasswordChanged < required.PasswordSince.Instant(zone) {
		lacking |= PasswordSince
	}
	if required.SecondFactor && !f.SecondFactor {
		lacking |= SecondFactor
	}
	if required.KnownDevice && !f.KnownDevice {
		lacking |= KnownDevice
	}
	country := string(f.Country[:])
	if len(required.Countries) > 0 && f.Country != AnyCountry && !slices.Contains(required.Countries, country) {
		lacking |= FromCountry
	}
	return lacking
}

// exempt applies the exemptions from the order to its effect.
func (f *Reference) exempt(r Request, e effectOf, full order.Access) effectOf {
	for _, x := range f.exemptions(r) {
		if x.Order != e.order.ID || r.At < x.From || r.At >= x.Until {
			continue
		}
		e.access = max(e.access, x.Access)
		if x.Access >= full && x.Access > order.Closed {
			e.unmet = 0
		}
		if e.access > order.Closed {
			e.unknown = false
		}
	}
	return e
}

// exemptions are those of the request's membership that stand.
func (f *Reference) exemptions(r Request) []Exemption {
	var out []Exemption
	for _, x := range f.src.Exemptions {
		o, err := f.src.Orders.Order(x.Order)
		if err == nil && x.Check(o) == nil && x.Member == r.Member && x.School == r.School {
			out = append(out, x)
		}
	}
	return out
}

// nextExemption is when the next exemption begins or ends.
func (f *Reference) nextExemption(r Request) int64 {
	next := int64(never)
	for _, x := range f.exemptions(r) {
		next = min(next, after(r.At, x.From), after(r.At, x.Until))
	}
	return next
}

// strictest merges effects field by field. What is not known matters only when
// nothing else closes.
func strictest(effects []effectOf, until int64) Decision {
	d := Decision{Access: order.Write, Limits: NoLimits, Until: until}
	plainlyClosed := false
	for _, e := range effects {
		d.Access = min(d.Access, e.access)
		d.Unmet |= e.unmet
		d.Limits = d.Limits.Merge(e.limits)
		d.Until = min(d.Until, e.next)
		d.Unknown = d.Unknown || e.unknown
		plainlyClosed = plainlyClosed || e.access == order.Closed && !e.unknown
	}
	d.Unknown = d.Unknown && !plainlyClosed
	return d
}

// namesBinding lists the orders that produce the decision.
func namesBinding(effects []effectOf, d Decision) []*order.Order {
	var out []*order.Order
	for _, e := range effects {
		binds := e.access == d.Access || e.unmet != 0 || e.limits.shares(d.Limits)
		if binds && !slices.Contains(out, e.order) {
			out = append(out, e.order)
		}
	}
	slices.SortStableFunc(out, func(a, b *order.Order) int {
		return cmp.Compare(a.Issuer.Level(), b.Issuer.Level())
	})
	return out
}
