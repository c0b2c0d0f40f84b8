package order

import (
	"slices"
	"strings"

	"github.com/ecluse-ecole/ecluse/internal/school"
)

// check looks at what no single key can tell.
func (s section) check(o *Order) {
	s.checkName(o)
	s.checkReferences(o)
	s.checkTimes(o)
	if o.Type != Cancel {
		s.checkRoles(o)
		s.checkCountries(o)
	}
}

func (s section) checkName(o *Order) {
	if o.ID == "" || o.Issuer == "" {
		return
	}
	if o.ID.Issuer() != o.Issuer {
		s.r.fail(s.place("order"), "the name %s does not begin with the issuer %s: an office names its own orders %s/YEAR-NUMBER", o.ID, o.Issuer, o.Issuer)
	}
	if o.From.IsZero() {
		return
	}
	if year, _, _ := o.From.Date.Civil(); o.ID.Year() > year || o.ID.Year() < year-1 {
		s.r.warn(s.place("order"), "the name says %d, but the order begins in %d", o.ID.Year(), year)
	}
}

func (s section) checkReferences(o *Order) {
	n := s.get("references")
	switch {
	case o.Type == Issue && n != nil:
		s.r.fail(placeOf(n), "an issue has no references: write type: update to replace an order, or type: cancel to lift it")
	case o.Type != Issue && n == nil:
		s.r.fail(s.place("type"), "%s must name the orders it ends: add references: [FR/13/079/2024-0001]", article(o.Type))
	}
}

func article(t Type) term {
	if t == Cancel {
		return term("a cancel")
	}
	return term("an update")
}

func (s section) checkTimes(o *Order) {
	if o.From.IsZero() {
		return
	}
	switch at := s.place("until"); {
	case o.Until.IsZero():
	case o.Type == Cancel:
		s.r.fail(at, "a cancel has no until: what is lifted stays lifted; delete the line")
	case !o.From.Before(o.Until):
		s.r.fail(at, "until %s is not after from %s: the order would never bind", o.Until, o.From)
	}
	switch at := s.place("review"); {
	case o.Review.IsZero() && o.Until.IsZero() && o.Type != Cancel:
		s.r.warn(s.place("from"), "the order has neither until nor review: nobody will be reminded to lift it")
	case o.Review.IsZero():
	case o.Review.Date < o.From.Date:
		s.r.warn(at, "review %s lies before from %s", o.Review.Date, o.From)
	case !o.Until.IsZero() && o.Until.Before(o.Review):
		s.r.warn(at, "review %s lies after until %s", o.Review.Date, o.Until)
	}
}

// checkRoles says which roles are left free and which have rules that add up to
// less than either.
func (s section) checkRoles(o *Order) {
	if o.Rules == nil || s.get("rules") == nil {
		return
	}
	at := s.place("rules")
	var bound, plain, twice school.Roles
	for _, rule := range o.Rules {
		bound |= rule.Roles
		if rule.With == 0 {
			twice |= plain & rule.Roles
			plain |= rule.Roles
		}
	}
	if free := school.Everyone &^ bound; free != 0 {
		s.r.warn(at, "no rule binds %s: the order leaves them free", people(free))
	}
	if twice != 0 {
		s.r.warn(at, `several rules bind %s: the strictest holds at every instant; to add hours write them in one rule, such as "07:00-09:00,17:00-19:00"`, people(twice))
	}
}

// checkRule looks at the keys of one rule together.
func (s section) checkRule(rule Rule) {
	if rule.Outside > rule.Access {
		s.r.fail(s.place("outside"), "outside: %s is looser than access: %s: outside the hours no more is possible than inside", rule.Outside, rule.Access)
	}
	if s.get("otherwise") != nil && s.get("require") == nil {
		s.r.fail(s.place("otherwise"), "otherwise stands without require: say what must be met, or delete it")
	}
	if rule.Otherwise > rule.Access {
		s.r.fail(s.place("otherwise"), "otherwise: %s is looser than access: %s: who lacks something may not do more", rule.Otherwise, rule.Access)
	}
	if s.get("limits") != nil && rule.Access < Reply {
		s.r.warn(s.place("limits"), "limits bound nothing: access: %s sends no message", rule.Access)
	}
}

// within says why a school cannot stand inside a territory, as far as its code
// tells: the code gives the département.
func within(uai school.UAI, t school.Territory) error {
	if t == "" {
		return nil
	}
	d, err := school.DepartmentOf(uai)
	if err != nil {
		return tellAs(err, "the first digits of %s are no département's: check the code", uai)
	}
	if place := d.Territory(); !t.Contains(place) && !place.Contains(t) {
		return tell("school %s stands in %s (%s), outside the scope %s: correct the code or delete the exception", uai, place, d.Name, t)
	}
	return nil
}

// countries are codes. AllFrance is spelled out: what was signed names each code,
// and means the same for ever.
func (s section) countries() []string {
	var out []string
	s.each("countries", func(at place, word string) {
		codes := school.CountriesOf(word)
		if codes == nil {
			s.r.fail(at, "%q is not a country: write a two-letter code of ISO 3166-1 in capitals, such as FR, or FR+ for France with all its territories", shorten(word))
		}
		out = append(out, codes...)
	})
	return school.CountrySet(out)
}

// checkCountries warns when FR alone would shut out the schools overseas that
// the order binds.
func (s section) checkCountries(o *Order) {
	for _, rule := range o.Rules {
		listed := rule.Require.Countries
		if !slices.Contains(listed, "FR") || o.Applies.Territory.Level() > 1 {
			continue
		}
		missing := slices.DeleteFunc(school.French(), func(c string) bool { return slices.Contains(listed, c) })
		if len(missing) > 0 {
			s.r.warn(s.place("rules"), "countries lists FR without %s: schools there connect under these codes; FR+ stands for all of them", strings.Join(missing, ", "))
		}
	}
}
