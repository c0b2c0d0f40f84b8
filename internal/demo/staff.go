package demo

import (
	"github.com/ecluse-ecole/ecluse/internal/school"
)

// A post is a place in a school, in both genders.
type post [2]string

var (
	headOfEcole   = post{"directrice", "directeur"}
	headOfCollege = post{"principale", "principal"}
	headOfLycee   = post{"proviseure", "proviseur"}
	classTeacher  = post{"professeure des écoles", "professeur des écoles"}

	ecoleStaff = []post{
		{"accompagnante d'élèves (AESH)", "accompagnant d'élèves (AESH)"},
		{"animatrice périscolaire", "animateur périscolaire"},
	}
	secondStaff = []post{
		{"conseillère principale d'éducation", "conseiller principal d'éducation"},
		{"secrétaire de direction", "secrétaire de direction"},
		{"adjointe gestionnaire", "adjoint gestionnaire"},
		{"assistante d'éducation", "assistant d'éducation"},
		{"assistante d'éducation", "assistant d'éducation"},
		{"assistante d'éducation", "assistant d'éducation"},
		{"professeure documentaliste", "professeur documentaliste"},
		{"accompagnante d'élèves (AESH)", "accompagnant d'élèves (AESH)"},
	}
	nurse = post{"infirmière scolaire", "infirmier scolaire"}
)

// A subject is taught in collèges, in lycées, or both, by so many teachers.
type subject struct {
	name             string
	colleges, lycees int
}

var subjects = []subject{
	{"de français", 2, 2},
	{"de mathématiques", 2, 2},
	{"d'histoire-géographie", 1, 2},
	{"d'anglais", 1, 2},
	{"d'espagnol", 1, 1},
	{"de SVT", 1, 1},
	{"de physique-chimie", 1, 1},
	{"d'EPS", 1, 1},
	{"de technologie", 1, 0},
	{"de philosophie", 0, 1},
	{"de sciences économiques et sociales", 0, 1},
}

// shared are subjects that one teacher gives in the first two schools of each
// list, so that some people have two schools.
var shared = []struct {
	name    string
	schools []school.UAI
}{
	{"d'éducation musicale", []school.UAI{"0799101N", "0799102P"}},
	{"d'arts plastiques", []school.UAI{"0799101N", "0799102P"}},
	{"d'allemand", []school.UAI{"0799102P", "0799201X"}},
	{"d'italien", []school.UAI{"0799101N", "0799201X"}},
}

// adult adds one grown-up and gives their index and gender.
func (b *builder) adult() (int, gender) {
	g := b.gender()
	return b.person(pick(b, adults[g]), b.family()), g
}

// hire adds one adult to a school and gives the membership.
func (b *builder) hire(uai school.UAI, role school.Role, p post) int {
	who, g := b.adult()
	return b.member(who, uai, role, p[g])
}

// staff adds who works in the schools and gives each class its teachers.
func (b *builder) staff() {
	for _, p := range plans {
		if p.degree == school.First {
			b.ecole(p)
		} else {
			b.secondary(p)
		}
	}
	for _, s := range shared {
		b.teachInAll("professeure "+s.name, "professeur "+s.name, s.schools)
	}
	// A support teacher goes round the écoles of a circonscription.
	for _, sector := range []school.Territory{north, south} {
		b.teachInAll("maîtresse spécialisée (Rased)", "maître spécialisé (Rased)", ecolesOf(sector))
	}
	b.nurse("0799101N", "0799201X")
	b.nurse("0799102P")
}

func (b *builder) ecole(p plan) {
	b.hire(p.uai, school.Head, headOfEcole)
	for _, c := range b.classesOf(p.uai) {
		b.teach(c, b.hire(p.uai, school.Teacher, classTeacher))
	}
	for _, post := range ecoleStaff {
		b.hire(p.uai, school.Staff, post)
	}
}

func (b *builder) secondary(p plan) {
	head := headOfCollege
	if p.sector == "" {
		head = headOfLycee
	}
	b.hire(p.uai, school.Head, head)
	for _, post := range secondStaff {
		b.hire(p.uai, school.Staff, post)
	}
	classes := b.classesOf(p.uai)
	for _, s := range subjects {
		n := s.colleges
		if p.sector == "" {
			n = s.lycees
		}
		b.department(p.uai, s.name, n, classes)
	}
}

// department hires n teachers of a subject and deals the classes out to them.
func (b *builder) department(uai school.UAI, name string, n int, classes []int) {
	if n == 0 {
		return
	}
	team := make([]int, n)
	for i := range team {
		team[i] = b.hire(uai, school.Teacher, post{"professeure " + name, "professeur " + name})
	}
	for i, c := range classes {
		b.teach(c, team[i%n])
	}
}

// teachInAll adds one teacher to every class of several schools.
func (b *builder) teachInAll(woman, man string, schools []school.UAI) {
	who, g := b.adult()
	for _, uai := range schools {
		m := b.member(who, uai, school.Teacher, post{woman, man}[g])
		for _, c := range b.classesOf(uai) {
			b.teach(c, m)
		}
	}
}

func (b *builder) nurse(schools ...school.UAI) {
	who, g := b.adult()
	for _, uai := range schools {
		b.member(who, uai, school.Staff, nurse[g])
	}
}

func (b *builder) teach(class, member int) {
	b.Classes[class].Teachers = append(b.Classes[class].Teachers, member)
}

// classesOf lists the classes of a school, by index.
func (d *Demo) classesOf(uai school.UAI) []int {
	var out []int
	for i, c := range d.Classes {
		if c.School == uai {
			out = append(out, i)
		}
	}
	return out
}

func ecolesOf(sector school.Territory) []school.UAI {
	var out []school.UAI
	for _, p := range plans {
		if p.parent == sector {
			out = append(out, p.uai)
		}
	}
	return out
}

// authorities adds the people of the offices above the schools.
func (b *builder) authorities() {
	office := func(t school.Territory, title, name, mail string) {
		who, _ := b.adult()
		b.Offices = append(b.Offices, Office{who, t, title, Contact{name, b.phone(), mail}})
	}
	office(academy, "cabinet de la rectrice ou du recteur", "Rectorat, cabinet", "cabinet@academie.example")
	office(department, "direction académique, cabinet du DASEN", "Cabinet du DASEN", "cabinet@dsden79.example")
	office(department, "direction académique, secrétariat général", "Secrétariat général de la DSDEN", "secretariat@dsden79.example")
	office(north, "inspection de la circonscription du Haut-Bocage", "Inspection du Haut-Bocage", "haut-bocage@dsden79.example")
	office(south, "inspection de la circonscription de la Plaine", "Inspection de la Plaine", "plaine@dsden79.example")
}
