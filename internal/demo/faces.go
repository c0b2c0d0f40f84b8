package demo

import (
	"strings"

	"github.com/ecluse-ecole/ecluse/internal/school"
)

// A Face is someone to sign in as, to see the demonstration from their place.
type Face struct {
	Label  string // in French, as shown
	Person int
}

// Faces are one person of each kind, the same kinds for every seed.
func (d *Demo) Faces() []Face {
	second := school.UAI("0799101N")
	faces := []Face{
		{"Élève de collège", d.first(second, school.Pupil, "")},
		{"Parent d’enfants dans deux établissements", d.twoSchools(school.Guardian)},
		{"Professeur des écoles", d.first("0799001E", school.Teacher, "")},
		{"Professeur dans deux établissements", d.twoSchools(school.Teacher)},
		{"CPE de collège", d.first(second, school.Staff, "conseill")},
		{"Direction d’école", d.first("0799001E", school.Head, "")},
		{"Direction de collège", d.first(second, school.Head, "")},
	}
	for _, label := range []struct {
		text string
		at   school.Territory
	}{
		{"Inspection de circonscription", north},
		{"Cabinet du DASEN", department},
		{"Rectorat", academy},
	} {
		faces = append(faces, Face{label.text, d.officer(label.at, 0)})
	}
	return append(faces, Face{"Secrétariat général de la DSDEN (seconde signature)", d.officer(department, 1)})
}

// first is the first person of a role in a school, with a part of a function.
func (d *Demo) first(uai school.UAI, role school.Role, function string) int {
	for _, m := range d.Memberships {
		if m.School == uai && m.Role == role && strings.Contains(m.Function, function) {
			return m.Person
		}
	}
	return -1
}

// twoSchools is the first person with a role in two schools.
func (d *Demo) twoSchools(role school.Role) int {
	seen := map[int]bool{}
	for _, m := range d.Memberships {
		if m.Role != role {
			continue
		}
		if seen[m.Person] {
			return m.Person
		}
		seen[m.Person] = true
	}
	return -1
}

// officer is one of those who hold an office, by their place in it.
func (d *Demo) officer(t school.Territory, nth int) int {
	for _, o := range d.Offices {
		if o.Territory != t {
			continue
		}
		if nth == 0 {
			return o.Person
		}
		nth--
	}
	return -1
}
