package demo

import (
	"slices"
	"strings"

	"github.com/ecluse-ecole/ecluse/internal/school"
)

// families fills the classes. The places of a sector are shuffled and dealt out
// to families of one to three children, so that many have children in two
// schools, and some in both degrees.
func (b *builder) families() {
	for _, sector := range []school.Territory{north, south} {
		seats := b.seats(sector)
		b.rng.Shuffle(len(seats), func(i, j int) { seats[i], seats[j] = seats[j], seats[i] })
		for len(seats) > 0 {
			n := min(b.children(), len(seats))
			b.household(seats[:n])
			seats = seats[n:]
		}
	}
}

// seats are the places in the classes of a sector, each the index of a class.
// Half of a school without sector belongs to each.
func (b *builder) seats(sector school.Territory) []int {
	var out []int
	for i, c := range b.Classes {
		p := planOf(c.School)
		if p.sector != sector && p.sector != "" {
			continue
		}
		n := b.between(p.smaller, p.larger)
		if p.sector == "" {
			n = (n + 1) / 2
		}
		for range n {
			out = append(out, i)
		}
	}
	return out
}

// children is how many of a family go to these schools.
func (b *builder) children() int {
	switch n := b.rng.IntN(100); {
	case n < 45:
		return 1
	case n < 87:
		return 2
	}
	return 3
}

// household adds a family: a child in each seat, and one or two guardians in
// every school where they have a child.
func (b *builder) household(seats []int) {
	guardians := b.guardians()
	last := b.childName(guardians)
	for _, class := range seats {
		uai := b.Classes[class].School
		child := b.person(pick(b, children[b.gender()]), last)
		m := b.member(child, uai, school.Pupil, "")
		b.Classes[class].Pupils = append(b.Classes[class].Pupils, m)
		for _, g := range guardians {
			b.member(g, uai, school.Guardian, "")
			b.Guardians = append(b.Guardians, Guardianship{g, child})
		}
	}
}

// guardians adds one or two: most couples are a woman and a man, a third of
// them under one name.
func (b *builder) guardians() []int {
	first, last := b.gender(), b.family()
	out := []int{b.person(pick(b, adults[first]), last)}
	if b.chance(22) {
		return out
	}
	second := woman + man - first
	if b.chance(4) {
		second = first
	}
	if !b.chance(35) {
		last = b.family()
	}
	return append(out, b.person(pick(b, adults[second]), last))
}

// childName is that of one guardian, or sometimes of both.
func (b *builder) childName(guardians []int) string {
	one := b.People[guardians[0]].Last
	if len(guardians) == 1 {
		return one
	}
	other := b.People[guardians[1]].Last
	if one != other && b.chance(15) && !strings.ContainsAny(one+other, "- '") {
		return one + "-" + other
	}
	if b.chance(60) {
		return other
	}
	return one
}

// share makes a few guardians teach elsewhere: one account, two roles.
func (b *builder) share() {
	for _, p := range []struct {
		home, work school.UAI
		name       string
	}{
		{"0799001E", "0799102P", "de français"},
		{"0799003G", "0799101N", "de mathématiques"},
		{"0799102P", "0799201X", "d'anglais"},
	} {
		who := b.anyGuardian(p.home, p.work)
		m := b.member(who, p.work, school.Teacher, "enseignement "+p.name)
		b.teach(b.classesOf(p.work)[0], m)
	}
}

// anyGuardian is one with a child in a school, none in another, and no work in
// any.
func (b *builder) anyGuardian(home, not school.UAI) int {
	for _, m := range b.Memberships {
		if m.School != home || m.Role != school.Guardian || b.works(m.Person) {
			continue
		}
		if _, there := b.members[place{m.Person, not}]; !there {
			return m.Person
		}
	}
	panic("demo: a school has no guardian to spare") // a test builds many seeds
}

func (b *builder) works(person int) bool {
	return slices.ContainsFunc(b.Memberships, func(m Membership) bool { return m.Person == person && m.Function != "" })
}
