package gate

import (
	"fmt"

	"github.com/ecluse-ecole/ecluse/internal/order"
	"github.com/ecluse-ecole/ecluse/internal/school"
)

// at is an instant as the clock of a school shows it.
func (p *compared) at(u school.UAI, at int64) order.Wall { return wallAt(p.above.Zone(u), at) }

// say writes the sentences of a finding on access about an order above or beside.
func (p *compared) say(f *Finding) {
	p.difference(f)
	switch {
	case f.Verdict == Tighter:
		f.English += ": the new order is the stricter one and will bind."
		f.French += nbsp + ": plus strict, c’est le nouvel ordre qui s’appliquera."
		return
	case p.lower.Issuer == p.upper.Issuer:
		f.English += ": the stricter one, " + string(p.upper.ID) + ", binds then; "
		f.French += nbsp + ": c’est alors l’ordre " + string(p.upper.ID) + ", plus strict, qui s’applique" + nbsp + "; "
	default:
		f.English += ": a lower level can tighten, never loosen; "
		f.French += nbsp + ": un niveau inférieur peut resserrer, jamais assouplir" + nbsp + "; "
	}
	p.remedy(f)
	if f.Verdict == Contradicts {
		p.otherwise(f)
	}
}

// difference says what both orders say at the example.
func (p *compared) difference(f *Finding) {
	when := p.at(f.School, f.At)
	f.English = fmt.Sprintf("For %s it says %s at %s, for example, where %s says %s", f.Roles, f.Says, when, p.upper.ID, f.Binds)
	f.French = fmt.Sprintf("Pour %s, il prévoit «"+nbsp+"%s"+nbsp+"», par exemple le %s, là où l’ordre %s prévoit «"+nbsp+"%s"+nbsp+"»",
		french.people(f.Roles), frenchAccess[f.Says], frenchWhen(when), p.upper.ID, frenchAccess[f.Binds])
}

// remedy says what to do about a looser order.
func (p *compared) remedy(f *Finding) {
	if p.lower.Issuer == p.upper.Issuer {
		f.English += "to change your own order, write an update that refers to it."
		f.French += "pour modifier votre propre ordre, écrivez une mise à jour qui le désigne."
		return
	}
	f.English += "keep within its hours, or ask " + string(p.upper.Issuer) + " to change it."
	f.French += "restez dans ses horaires, ou demandez à l’autorité qui l’a émis (" + school.Name(p.upper.Issuer) + ") de le modifier."
}

// otherwise says where a contradiction is the stricter one.
func (p *compared) otherwise(f *Finding) {
	e := f.stricter
	when := p.at(e.school, e.at)
	f.English += fmt.Sprintf(" At other times the new order is the stricter one: %s at %s, where the other says %s.", e.says, when, e.binds)
	f.French += fmt.Sprintf(" À d’autres moments, c’est le nouvel ordre le plus strict"+nbsp+": «"+nbsp+"%s"+nbsp+"» le %s, là où l’autre prévoit «"+nbsp+"%s"+nbsp+"».",
		frenchAccess[e.says], frenchWhen(when), frenchAccess[e.binds])
}

// sayOverruled writes about an order below that promises more.
func (p *compared) sayOverruled(f *Finding) {
	p.difference(f)
	f.English += ": it overrules that order of a lower level; ask " + string(p.upper.Issuer) + " to bring it into line."
	f.French += nbsp + ": plus strict, il l’emporte sur cet ordre d’un niveau inférieur" + nbsp + "; demandez à l’autorité qui l’a émis (" + school.Name(p.upper.Issuer) + ") de le mettre en accord."
}

// sayStays writes about an order below that is stricter.
func (p *compared) sayStays(f *Finding) {
	p.difference(f)
	f.English += ": the stricter one, of a lower level, stays, and nothing opens where it binds."
	f.French += nbsp + ": cet ordre d’un niveau inférieur, plus strict, reste applicable, et rien ne s’ouvre là où il s’applique."
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
