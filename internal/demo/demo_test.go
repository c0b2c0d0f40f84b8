package demo

import (
	"reflect"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/ecluse-ecole/ecluse/internal/message"
	"github.com/ecluse-ecole/ecluse/internal/school"
)

// eachSeed runs a test on several invented places.
func eachSeed(t *testing.T, test func(t *testing.T, d *Demo)) {
	t.Helper()
	for seed := range uint64(20) {
		test(t, Build(seed))
		if t.Failed() {
			t.Fatalf("with seed %d", seed)
		}
	}
}

func TestSameSeedSamePeople(t *testing.T) {
	if !reflect.DeepEqual(Build(7), Build(7)) {
		t.Error("two builds of one seed differ")
	}
	if reflect.DeepEqual(Build(7).People, Build(8).People) {
		t.Error("two seeds give the same people")
	}
}

func TestSizes(t *testing.T) {
	eachSeed(t, func(t *testing.T, d *Demo) {
		within := func(what string, n, low, high int) {
			t.Helper()
			if n < low || n > high {
				t.Errorf("%d %s, want %d to %d", n, what, low, high)
			}
		}
		within("people", len(d.People), 1350, 1650)
		within("schools", len(d.Schools), 9, 9)
		within("territories", len(d.Territories), 5, 5)
		within("offices", len(d.Offices), 5, 5)
		within("threads", len(d.Threads), 30, 60)
		for _, c := range d.Classes {
			if len(c.Pupils) < 14 || len(c.Pupils) > 31 || len(c.Teachers) == 0 {
				t.Errorf("%s %s: %d pupils, %d teachers", c.School, c.Name, len(c.Pupils), len(c.Teachers))
			}
		}
	})
}

func TestPasswords(t *testing.T) {
	eachSeed(t, func(t *testing.T, d *Demo) {
		seen := map[int]bool{}
		for _, p := range d.Passwords {
			if seen[p.Person] || p.Age <= 0 {
				t.Errorf("person %d twice, or a password of %v", p.Person, p.Age)
			}
			seen[p.Person] = true
		}
		for _, m := range d.Memberships {
			if m.Role == school.Head && !seen[m.Person] {
				t.Errorf("the head of %s never took the account over", m.School)
			}
		}
		if n := len(seen) * 100 / len(d.People); n < 50 || n > 80 {
			t.Errorf("%d %% have a password", n)
		}
	})
}

func TestSchoolsAreValid(t *testing.T) {
	for _, s := range Build(1).Schools {
		if err := s.Validate(); err != nil {
			t.Error(err)
		}
		if s.UAI.Department() != "079" || s.UAI[3] != '9' {
			t.Errorf("%s is not in the range that nobody has", s.UAI)
		}
		if !regexp.MustCompile(`^05 36 49 \d\d \d\d$`).MatchString(s.Protection.Phone) ||
			!strings.HasSuffix(s.Protection.Email, ".example") || s.Protection.Office == "" {
			t.Errorf("%+v", s.Protection)
		}
	}
}

func TestLogins(t *testing.T) {
	form := regexp.MustCompile(`^[a-z][a-z-]*\.[a-z][a-z-]*[0-9]*$`)
	eachSeed(t, func(t *testing.T, d *Demo) {
		seen := map[string]bool{}
		for _, p := range d.People {
			if seen[p.Login] {
				t.Errorf("%s appears twice", p.Login)
			}
			seen[p.Login] = true
			if !form.MatchString(p.Login) || p.First == "" || p.Last == "" {
				t.Errorf("%+v", p)
			}
		}
	})
}

func TestFamilies(t *testing.T) {
	eachSeed(t, func(t *testing.T, d *Demo) {
		in := map[place]school.Role{}
		for _, m := range d.Memberships {
			key := place{m.Person, m.School}
			if _, twice := in[key]; twice {
				t.Errorf("%s has two places in %s", d.People[m.Person].Name(), m.School)
			}
			in[key] = m.Role
		}
		guarded, guards := map[int]bool{}, map[place]bool{}
		for _, g := range d.Guardians {
			uai := d.schoolOf(g.Child)
			if in[place{g.Child, uai}] != school.Pupil || in[place{g.Guardian, uai}] != school.Guardian {
				t.Errorf("%+v: no guardian and pupil of %s", g, uai)
			}
			guarded[g.Child], guards[place{g.Guardian, uai}] = true, true
		}
		for _, m := range d.Memberships {
			if m.Role == school.Pupil && !guarded[m.Person] {
				t.Errorf("%s has no guardian", d.People[m.Person].Name())
			}
			if m.Role == school.Guardian && !guards[place{m.Person, m.School}] {
				t.Errorf("%s has no child in %s", d.People[m.Person].Name(), m.School)
			}
		}
	})
}

func (d *Demo) schoolOf(child int) school.UAI {
	for _, m := range d.Memberships {
		if m.Person == child {
			return m.School
		}
	}
	return ""
}

func TestPlacesOfPeople(t *testing.T) {
	eachSeed(t, func(t *testing.T, d *Demo) {
		heads := map[school.UAI]int{}
		for _, m := range d.Memberships {
			if m.Role == school.Head {
				heads[m.School]++
			}
			if (m.Function == "") != (m.Role == school.Pupil || m.Role == school.Guardian) {
				t.Errorf("%+v: only who works has a function", m)
			}
		}
		for _, s := range d.Schools {
			if heads[s.UAI] != 1 {
				t.Errorf("%s has %d heads", s.Name, heads[s.UAI])
			}
		}
		for _, c := range d.Classes {
			for _, m := range append(c.Pupils, c.Teachers...) {
				if d.Memberships[m].School != c.School {
					t.Errorf("%s %s: %+v is of another school", c.School, c.Name, d.Memberships[m])
				}
			}
		}
		for _, f := range d.Faces() {
			if f.Person < 0 {
				t.Errorf("nobody is %q", f.Label)
			}
		}
	})
}

func TestSomePeopleHaveTwoPlaces(t *testing.T) {
	d := Build(1)
	degree := map[school.UAI]school.Degree{}
	for _, s := range d.Schools {
		degree[s.UAI] = s.Degree
	}
	schools, degrees, roles := map[int]int{}, map[int]school.Roles{}, map[int]school.Roles{}
	for _, m := range d.Memberships {
		schools[m.Person]++
		degrees[m.Person] |= 1 << degree[m.School]
		roles[m.Person] |= school.RolesOf(m.Role)
	}
	var two, both, mixed int
	for p, n := range schools {
		if n > 1 {
			two++
		}
		if degrees[p].Len() == 2 {
			both++
		}
		if roles[p].Len() > 1 {
			mixed++
		}
	}
	if two < 100 || both < 50 || mixed < 3 {
		t.Errorf("%d people in two schools, %d in both degrees, %d in two roles", two, both, mixed)
	}
}

// Nobody writes where the safe default would not let them.
func TestThreadsObeyTheMatrix(t *testing.T) {
	matrix := message.DefaultMatrix()
	eachSeed(t, func(t *testing.T, d *Demo) {
		for _, thread := range d.Threads {
			age := 1000 * 24 * time.Hour
			for i, m := range thread.Messages {
				from := d.Memberships[m.From]
				if m.Age <= 0 || m.Age >= age || len(m.To) == 0 || strings.ContainsAny(m.Body+thread.Subject, "{}") {
					t.Errorf("%q: %+v", thread.Subject, m)
				}
				age = m.Age
				for _, to := range m.To {
					r := d.Memberships[to]
					reach := matrix[from.Role][r.Role]
					if from.School != thread.School || r.School != thread.School || i == 0 && reach < message.OwnClasses {
						t.Errorf("%q: %s writes to %s", thread.Subject, from.Role, r.Role)
					}
				}
			}
		}
	})
}

func TestOf(t *testing.T) {
	for first, want := range map[string]string{"Axel": "d'Axel", "Élise": "d'Élise", "Ælis": "d'Ælis", "Malo": "de Malo", "Yanis": "de Yanis"} {
		if got := of(first); got != want {
			t.Errorf("of(%s) = %s", first, got)
		}
	}
}

func BenchmarkBuild(b *testing.B) {
	for b.Loop() {
		Build(1)
	}
}
