package demo

import (
	"fmt"

	"github.com/ecluse-ecole/ecluse/internal/school"
)

const (
	academy    = school.Territory("FR/13")
	department = school.Territory("FR/13/079")
	north      = school.Territory("FR/13/079/C01")
	south      = school.Territory("FR/13/079/C02")
)

var territories = []Territory{
	{"FR", "France"},
	{academy, "académie de Poitiers"},
	{department, "Deux-Sèvres"},
	{north, "circonscription du Haut-Bocage"},
	{south, "circonscription de la Plaine"},
}

// A plan is a school before it has people. Its classes are written as they are
// named; its sector is where its pupils live.
type plan struct {
	uai     school.UAI
	name    string
	domain  string
	degree  school.Degree
	kind    school.Sector
	parent  school.Territory
	sector  school.Territory // "": both
	smaller int              // fewest pupils in a class
	larger  int              // most
	classes []string
}

var plans = []plan{
	{"0799001E", "École des Trois Saules", "trois-saules", school.First, school.Public, north, north, 15, 20,
		[]string{"CP", "CE1", "CE2", "CM1", "CM2"}},
	{"0799002F", "École du Moulin Bleu", "moulin-bleu", school.First, school.Public, north, north, 15, 20,
		[]string{"CP-CE1", "CE2", "CM1-CM2"}},
	{"0799005J", "École de la Sente aux Loutres", "sente-aux-loutres", school.First, school.Public, north, north, 15, 20,
		[]string{"CP-CE1", "CE2-CM1-CM2"}},
	{"0799003G", "École de la Prairie", "ecole-prairie", school.First, school.Public, south, south, 15, 20,
		[]string{"CP", "CE1-CE2", "CM1", "CM2"}},
	{"0799004H", "École Sainte-Odile des Prés", "sainte-odile-des-pres", school.First, school.Private, south, south, 15, 19,
		[]string{"CP-CE1", "CE2-CM1", "CM2"}},
	{"0799006K", "École des Hautes Fougères", "hautes-fougeres", school.First, school.Public, south, south, 15, 20,
		[]string{"CP-CE1-CE2", "CM1-CM2"}},
	{"0799101N", "Collège de la Rivière Basse", "riviere-basse", school.Second, school.Public, department, north, 21, 25,
		[]string{"6e A", "6e B", "5e A", "4e A", "3e A"}},
	{"0799102P", "Collège du Vieux Pont", "vieux-pont", school.Second, school.Public, department, south, 21, 25,
		[]string{"6e A", "5e A", "4e A", "4e B", "3e A"}},
	{"0799201X", "Lycée des Quatre Vents", "quatre-vents", school.Second, school.Public, department, "", 25, 28,
		[]string{"2de 1", "2de 2", "1re G", "Tle G"}},
}

// places adds the territories, and the schools with their empty classes.
func (b *builder) places() {
	b.Territories = append(b.Territories, territories...)
	for _, p := range plans {
		s, err := school.New(p.uai, p.name, p.degree, p.kind, p.parent)
		if err != nil {
			panic("demo: an invented school is invalid: " + err.Error()) // a test builds them all
		}
		office := "Directrice ou directeur de l'école"
		if p.degree == school.Second {
			office = "Vie scolaire, référente protection de l’enfance"
		}
		b.Schools = append(b.Schools, School{s, Contact{office, b.phone(), "protection@" + p.domain + ".example"}})
		for _, name := range p.classes {
			b.Classes = append(b.Classes, Class{School: p.uai, Name: name})
		}
	}
}

// phone is a number from the range that the regulator keeps for fiction in the
// south-west of France (numbering plan, decision 2018-0881 of the Arcep).
func (b *builder) phone() string {
	return fmt.Sprintf("05 36 49 %02d %02d", b.rng.IntN(100), b.rng.IntN(100))
}

// planOf is the plan of a school.
func planOf(uai school.UAI) *plan {
	for i := range plans {
		if plans[i].uai == uai {
			return &plans[i]
		}
	}
	return nil
}
