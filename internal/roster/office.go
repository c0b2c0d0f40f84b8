package roster

import (
	"fmt"
	"path"
	"slices"

	"github.com/ecluse-ecole/ecluse/internal/school"
)

var officesTable = table{file: OfficesFile, needed: []string{"login", "first", "last", "territory", "title"}, optional: []string{"email"}}

// An officeKey is what an office is unique by.
type officeKey struct {
	person    int
	territory school.Territory
}

// office reads one line: one person in one authority.
func (p *parser) office(r row) {
	person := p.person(r)
	territory, err := readTerritory(r.get("territory"))
	if err != nil {
		p.refuse(r.at, err.Error())
	}
	if r.get("title") == "" {
		p.refuse(r.at, "title is empty: name the office, such as direction académique, cabinet du DASEN")
	}
	if person == nobody || err != nil {
		return
	}
	key := officeKey{person, territory}
	if first, twice := p.offices[key]; twice {
		p.refuse(r.at, fmt.Sprintf("%s has an office for %s on line %d already: keep one of them", p.out.People[person].Login, territory, first))
		return
	}
	p.offices[key] = r.at.Line
	p.out.Offices = append(p.out.Offices, Office{person, territory, r.get("title")})
}

// readTerritory reads a node above the schools. There is no national list of
// circonscriptions: only the département they stand in is verified.
func readTerritory(s string) (school.Territory, error) {
	t, err := school.ParseTerritory(s)
	if err != nil {
		return "", err
	}
	if _, err := school.ParseUAI(path.Base(string(t))); err == nil || t.Level() > 4 {
		return "", fmt.Errorf("%s is a school: whoever heads it gets a line as head in %s", t, PeopleFile)
	}
	above := t
	if t.Level() == 4 {
		above = t.Parent()
	}
	known := func(d school.Department) bool {
		return d.Territory() == above || above.Level() < 3 && above.Contains(d.Territory())
	}
	if !slices.ContainsFunc(school.Departments(), known) {
		return "", fmt.Errorf("%s does not exist: a territory is FR, FR and an académie, or a path such as FR/13/079", t)
	}
	return t, nil
}
