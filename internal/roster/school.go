package roster

import (
	"fmt"
	"strings"

	"github.com/ecluse-ecole/ecluse/internal/school"
)

// schoolsTable ignores the numbers of people that `ecluse order simulate` reads
// from a list of schools.
var schoolsTable = table{
	file:     SchoolsFile,
	needed:   []string{"uai", "name", "degree", "sector"},
	optional: []string{"territory", "zone", "calendar", "phone", "email", "protection"},
	ignored:  []string{"pupils", "guardians", "teachers", "staff"},
}

// school reads one line. The territory, the clock and the holidays follow from
// the code where the line leaves them out.
func (p *parser) school(r row) {
	code := r.get("uai")
	if first, twice := p.schools[code]; twice {
		p.refuse(r.at, fmt.Sprintf("school %s stands on line %d already: keep one of them", code, first))
		return
	}
	p.schools[code] = r.at.Line
	s, err := readSchool(r)
	if err != nil {
		for text := range strings.SplitSeq(err.Error(), "\n") {
			p.refuse(r.at, text)
		}
		return
	}
	if email := r.get("email"); email != "" && (!strings.Contains(email, "@") || strings.Contains(email, " ")) {
		p.refuse(r.at, fmt.Sprintf("%q is not an e-mail address: write one such as ecole@exemple.fr, or leave it empty", email))
	}
	p.out.Schools = append(p.out.Schools, School{School: s, Phone: r.get("phone"), Email: r.get("email"), Protection: r.get("protection")})
}

func readSchool(r row) (school.School, error) {
	uai, err := school.ParseUAI(r.get("uai"))
	if err != nil {
		return school.School{}, err
	}
	d, err := school.DepartmentOf(uai)
	if err != nil {
		return school.School{}, err
	}
	degree, err := school.ParseDegree(r.get("degree"))
	if err != nil {
		return school.School{}, err
	}
	sector, err := school.ParseSector(r.get("sector"))
	if err != nil {
		return school.School{}, err
	}
	s := school.School{
		UAI: uai, Name: r.get("name"), Degree: degree, Sector: sector,
		Parent: school.Territory(or(r.get("territory"), string(d.Territory()))),
		Zone:   or(r.get("zone"), d.Zones[0]), Calendar: or(r.get("calendar"), d.Code),
	}
	return s, s.Validate()
}

func or(text, otherwise string) string {
	if text == "" {
		return otherwise
	}
	return text
}
