package gate

import (
	"fmt"

	"github.com/ecluse-ecole/ecluse/hours"
	"github.com/ecluse-ecole/ecluse/internal/order"
	"github.com/ecluse-ecole/ecluse/internal/school"
)

// times finds that an order begins later or ends earlier than one above that binds
// the same people: what then holds is that one alone.
func (p *compared) times() []Finding {
	roles := rolesOf(p.lower) & rolesOf(p.upper)
	if p.lower.Issuer == p.upper.Issuer {
		return nil
	}
	var out []Finding
	zone := p.above.Zone(p.schools[0].UAI)
	f := Finding{Other: p.upper, Roles: roles, School: p.schools[0].UAI}
	own, other := p.set.Life(p.lower.ID, zone), p.set.Life(p.upper.ID, zone)
	if p.late(own, other) {
		f.Verdict, f.At = Later, other.From
		f.English = fmt.Sprintf("It begins at %s, but %s binds the same schools from %s on: until then, that one alone holds; say so, or begin earlier.",
			wallAt(zone, own.From), p.upper.ID, wallAt(zone, other.From))
		f.French = fmt.Sprintf("Il commence le %s, mais l’ordre %s s’applique aux mêmes établissements dès le %s"+nbsp+": d’ici là, c’est celui-là seul qui s’applique"+nbsp+"; indiquez-le, ou commencez plus tôt.",
			frenchWhen(wallAt(zone, own.From)), p.upper.ID, frenchWhen(wallAt(zone, other.From)))
		out = append(out, f)
	}
	if own.Kind == order.Expired && own.Until < other.Until {
		f.Verdict, f.At = Shorter, own.Until
		fr, en := lasting(zone, other.Until)
		f.English = fmt.Sprintf("It ends at %s, but %s binds the same schools %s: from then on, that one alone holds, and nothing opens that it closes.",
			wallAt(zone, own.Until), p.upper.ID, en)
		f.French = fmt.Sprintf("Il prend fin le %s, mais l’ordre %s s’applique aux mêmes établissements %s"+nbsp+": ensuite, c’est celui-là seul qui s’applique, et ce qu’il ferme reste fermé.",
			frenchWhen(wallAt(zone, own.Until)), p.upper.ID, fr)
		out = append(out, f)
	}
	return out
}

// late reports whether the other order binds for a while before this one does. An
// update follows what it replaces, which holds meanwhile.
func (p *compared) late(own, other order.Life) bool {
	meanwhile := other.From
	issued, known := p.set.Issued(p.lower.ID)
	if known {
		meanwhile = max(meanwhile, issued)
	}
	return p.lower.Type != order.Update && meanwhile < own.From && (known || own.From-other.From <= restated)
}

// past finds that an order is dated before its issue.
func past(src Source, o *order.Order) []Finding {
	issued, known := src.Orders.Issued(o.ID)
	for _, sc := range src.Schools {
		if !known || !o.Applies.Holds(sc) {
			continue
		}
		zone, err := hours.LoadZone(sc.Zone)
		if err != nil || o.From.Instant(zone) >= issued {
			return nil
		}
		return []Finding{{
			Verdict: Past, Roles: rolesOf(o), School: sc.UAI, At: issued,
			English: fmt.Sprintf("Its beginning, %s, is past: it begins at once, as soon as it is issued. The past is not changed.", o.From),
			French:  fmt.Sprintf("Son début, le %s, est passé"+nbsp+": il commence aussitôt, dès son émission. Le passé n’est pas changé.", frenchWhen(o.From)),
		}}
	}
	return nil
}

// remains finds that another order goes on binding people whom a cancel sets free
// of one that it lifts.
func remains(src Source, zones map[string]*hours.Zone, lifting, other *order.Order) []Finding {
	var roles school.Roles
	var at Finding
	for _, id := range lifting.References {
		lifted, err := src.Orders.Order(id)
		if err != nil || id == other.ID {
			continue
		}
		outlasts := map[string]*hours.Zone{} // on these clocks it is in force when the lifting begins
		for name, zone := range zones {
			begins := src.Orders.Life(lifting.ID, zone).From
			if from, until := lifetime(src.Orders, other.ID, zone); from <= begins && begins < until {
				outlasts[name] = zone
			}
		}
		if len(outlasts) == 0 {
			continue
		}
		for _, sc := range shared(src, lifted.Applies, other.Applies) {
			if zone := outlasts[sc.Zone]; zone != nil {
				begins := src.Orders.Life(lifting.ID, zone).From
				_, until := lifetime(src.Orders, other.ID, zone)
				roles |= rolesOf(lifted) & rolesOf(other)
				at = Finding{Verdict: Stays, Other: other, School: sc.UAI, At: begins}
				at.French, at.English = lasting(zone, until)
				break
			}
		}
	}
	if roles == 0 {
		return nil
	}
	at.Roles = roles
	at.English = fmt.Sprintf("%s goes on binding %s, %s: lifting this order does not open what that one closes.", other.ID, roles, at.English)
	at.French = fmt.Sprintf("L’ordre %s continue de s’appliquer à certaines personnes (%s), %s"+nbsp+": la levée n’ouvre pas ce qu’il ferme.", other.ID, french.people(roles), at.French)
	return []Finding{at}
}

// lasting is "jusqu’au lundi 8 avril 2024 à 7 h 00", or until further notice.
func lasting(zone *hours.Zone, until int64) (fr, en string) {
	if until == never {
		return french.forever, english.forever
	}
	w := wallAt(zone, until)
	return "jusqu’au " + frenchWhen(w), "until " + w.String()
}

// wallAt is what a clock shows at an instant.
func wallAt(zone *hours.Zone, at int64) order.Wall {
	date, second := zone.Reading(at)
	return order.Wall{Date: date, Second: second}
}
