package order

import (
	"github.com/goccy/go-yaml/ast"

	"github.com/ecluse-ecole/ecluse/internal/school"
)

// applies reads the scope. A cancel without one applies to all of its issuer's
// territory.
func (s section) applies(o *Order) {
	if o.Type == Cancel && s.get("applies") == nil {
		o.Applies.Territory = o.Issuer
		return
	}
	n := s.need("applies", "write the territory that is bound, such as applies: {territory: FR/13/079}")
	if n == nil {
		return
	}
	a := s.r.section(n, "applies", "territory", "degrees", "sectors", "services", "except")
	o.Applies = Scope{
		Territory: a.territory("territory", "write the territory that is bound, such as FR/13/079"),
		Degrees:   chooseEach[school.Degree](a, "degrees", degreeWords),
		Sectors:   chooseEach[school.Sector](a, "sectors", sectorWords),
		Services:  chooseEach[Service](a, "services", serviceWords),
	}
	if t := o.Applies.Territory; t != "" && o.Issuer != "" && !o.Issuer.Contains(t) {
		s.r.fail(a.place("territory"), "the scope %s is outside its issuer's territory %s: an office binds only schools of its own territory", t, o.Issuer)
	}
	a.exceptions(&o.Applies)
}

func (s section) exceptions(scope *Scope) {
	n := s.get("except")
	if n == nil {
		return
	}
	for _, item := range s.r.list(n, "except") {
		e, ok := s.exception(item, scope.Territory)
		switch {
		case !ok:
		case scope.LeavesOut(e.School):
			s.r.fail(placeOf(item), "school %s stands twice in except: keep one", e.School)
		default:
			scope.Except = append(scope.Except, e)
		}
	}
}

// exception reads one school that is left out, which must stand inside the
// territory: an exception elsewhere is a slip that would bind the school that
// was meant.
func (s section) exception(n ast.Node, inside school.Territory) (Exception, bool) {
	x := s.r.section(n, "an exception", "school", "reason")
	out := Exception{Reason: x.words("reason", maxBasis, "write why the school is left out")}
	node := x.need("school", "write the school's code (UAI), such as 0790001X")
	if node == nil {
		return out, false
	}
	text, ok := s.r.text(node, "school")
	if !ok {
		return out, false
	}
	uai, err := school.ParseUAI(text)
	if err != nil {
		err = tellAs(err, "%q is not a school code (UAI): write its seven digits and its check letter", shorten(text))
	} else {
		out.School, err = uai, within(uai, inside)
	}
	if err != nil {
		s.r.reject(placeOf(node), err)
	}
	return out, err == nil
}
