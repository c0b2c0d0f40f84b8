package roster

import (
	"fmt"
	"slices"
	"strings"

	"github.com/ecluse-ecole/ecluse/internal/account"
	"github.com/ecluse-ecole/ecluse/internal/school"
)

var peopleTable = table{
	file:     PeopleFile,
	needed:   []string{"login", "first", "last", "school", "role"},
	optional: []string{"function", "classes", "children", "aliases", "email"},
}

// A memberKey is what a membership is unique by.
type memberKey struct {
	person int
	school school.UAI
	role   school.Role
}

// A family is a guardian's line, to be linked.
type family struct {
	row
	member int
}

// member reads one line: one person in one school in one role.
func (p *parser) member(r row) {
	person := p.person(r)
	uai := school.UAI(r.get("school"))
	known := p.knows(r, uai)
	role, err := school.ParseRole(strings.ToLower(r.get("role")))
	if err != nil {
		p.refuse(r.at, err.Error())
	}
	if person == nobody || !known || err != nil {
		return
	}
	key := memberKey{person, uai, role}
	if _, twice := p.members[key]; twice {
		p.refuse(r.at, fmt.Sprintf("%s is %s of %s on an earlier line already: keep one of them, with classes and children separated by |", p.out.People[person].Login, role, uai))
		return
	}
	p.members[key] = len(p.out.Members)
	p.out.Members = append(p.out.Members, Member{
		Person: person, School: uai, Role: role, Function: r.get("function"), Classes: p.classesOf(r, uai, role),
	})
	p.expectChildren(r, role, p.members[key])
}

// knows reports whether a school is listed. When schools.csv itself could not be
// read, that alone is told.
func (p *parser) knows(r row, uai school.UAI) bool {
	_, listed := p.schools[string(uai)]
	if !listed && len(p.schools) > 0 {
		p.refuse(r.at, fmt.Sprintf("school %q is not in %s: add it there, or correct the code", string(uai), SchoolsFile))
	}
	return listed
}

// classesOf are the classes of a line, which become known by it.
func (p *parser) classesOf(r row, uai school.UAI, role school.Role) []int {
	names := r.list("classes")
	if len(names) > 0 && role != school.Pupil && role != school.Teacher {
		p.refuse(r.at, fmt.Sprintf("a %s has no classes: leave them empty; a guardian's are those of the children, and whoever also teaches has another line as teacher", role))
		return nil
	}
	var out []int
	for _, name := range names {
		if name == "" {
			p.refuse(r.at, "a name in classes is empty: write them as 6e A|6e B")
			continue
		}
		class := p.class(r, Class{uai, name})
		if slices.Contains(out, class) {
			p.refuse(r.at, fmt.Sprintf("class %q stands twice: keep one", name))
		}
		out = append(out, class)
	}
	return out
}

// class is a class by its name, which must be spelled alike everywhere.
func (p *parser) class(r row, c Class) int {
	key := c.Folded()
	i, known := p.classes[key]
	if !known {
		i = len(p.out.Classes)
		p.classes[key] = i
		p.out.Classes = append(p.out.Classes, c)
	}
	if other := p.out.Classes[i].Name; other != c.Name {
		p.refuse(r.at, fmt.Sprintf("class %q is written %q on an earlier line: write it alike", c.Name, other))
	}
	return i
}

// expectChildren keeps a guardian's line until everybody is known.
func (p *parser) expectChildren(r row, role school.Role, member int) {
	given := r.get("children") != ""
	switch {
	case role == school.Guardian && given:
		p.children = append(p.children, family{r, member})
	case role == school.Guardian:
		p.refuse(r.at, "a guardian has no children here: give their logins, separated by |")
	case given:
		p.refuse(r.at, fmt.Sprintf("a %s has no children: leave them empty, and give a guardian a line as guardian", role))
	}
}

// families links guardians with their children in the same school.
func (p *parser) families() {
	for _, f := range p.children {
		m := &p.out.Members[f.member]
		for _, login := range f.list("children") {
			child, found := p.child(f.row, m.School, account.FoldLogin(login))
			switch {
			case !found:
			case slices.Contains(m.Children, child):
				p.refuse(f.at, fmt.Sprintf("child %q stands twice: keep one", login))
			default:
				m.Children = append(m.Children, child)
			}
		}
	}
}

// child is the membership of a pupil of the school.
func (p *parser) child(r row, uai school.UAI, login string) (int, bool) {
	person, known := p.people[login]
	if !known {
		p.refuse(r.at, fmt.Sprintf("child %q is nobody's login in this file: add the pupil, or correct the login", login))
		return 0, false
	}
	i, found := p.members[memberKey{person, uai, school.Pupil}]
	if !found {
		p.refuse(r.at, fmt.Sprintf("child %q is not a pupil of %s in this file: a guardian has a line for each school, with the children there", login, uai))
	}
	return i, found
}
