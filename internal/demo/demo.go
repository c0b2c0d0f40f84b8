// Package demo invents a small part of a département: territories, six écoles,
// two collèges, one lycée, some fifteen hundred people, their classes, families
// and offices, and letters between them. It exists for the demonstration and
// for tests that need a school full of people.
//
// Everything is drawn from a seed and nothing else, so that the same seed gives
// the same people, and nothing is read or written. School codes are valid but
// lie in a range that the ministry has not given out; family names are put
// together from syllables; telephone numbers come from the ranges that the
// regulator keeps for fiction, addresses from the domain .example. Who finds
// their own name here meets it by chance.
package demo

import (
	"math/rand/v2"
	"time"

	"github.com/ecluse-ecole/ecluse/internal/school"
)

// A Demo is the invented place. Whatever refers to a person, a membership or a
// class does so by its index in these slices.
type Demo struct {
	Territories []Territory // from FR down to the circonscriptions
	Schools     []School
	People      []Person
	Memberships []Membership
	Classes     []Class
	Guardians   []Guardianship
	Offices     []Office
	Threads     []Thread
	Passwords   []Password
}

// A Territory is a node of the tree above the schools, with its name.
type Territory struct {
	Path school.Territory
	Name string
}

// A School is one établissement and whom to tell when someone is in danger.
type School struct {
	school.School
	Protection Contact
}

// A Contact is an office that can be called.
type Contact struct {
	Office string
	Phone  string
	Email  string
}

// A Person has one account.
type Person struct {
	Login string // ASCII, unique
	First string
	Last  string
}

// Name is the person's name as shown to others.
func (p Person) Name() string { return p.First + " " + p.Last }

// A Membership is one person in one school in one role. Nobody has two in the
// same school.
type Membership struct {
	Person   int
	School   school.UAI
	Role     school.Role
	Function string // "professeure de mathématiques"; empty for pupils and guardians
}

// A Class has pupils and teachers, as indexes of memberships in its school.
type Class struct {
	School   school.UAI
	Name     string // "CM2", "6e A"
	Pupils   []int
	Teachers []int
}

// A Guardianship links a guardian to a child, both as indexes of people. The
// guardian has a membership in the child's school.
type Guardianship struct {
	Guardian, Child int
}

// An Office is a person's place in an authority.
type Office struct {
	Person    int
	Territory school.Territory
	Title     string
	Contact   Contact
}

// A Thread is a first message and its answers, oldest first.
type Thread struct {
	School   school.UAI
	Subject  string
	Messages []Message
}

// A Message goes from one membership to others.
type Message struct {
	From  int
	To    []int
	Class int         // index of the class that was written to, or -1
	Role  school.Role // of those meant in the class
	Body  string
	Age   time.Duration // before the instant at which the demonstration begins
}

// Build invents the place that belongs to a seed.
func Build(seed uint64) *Demo {
	b := &builder{
		Demo:    &Demo{},
		rng:     rand.New(rand.NewPCG(seed, 0xEC105E)),
		logins:  map[string]int{},
		members: map[place]int{},
	}
	b.places()
	b.staff()
	b.families()
	b.share()
	b.authorities()
	b.letters()
	b.passwords()
	return b.Demo
}

// A builder fills a Demo.
type builder struct {
	*Demo
	rng     *rand.Rand
	logins  map[string]int // how often each was wanted
	members map[place]int  // membership of a person in a school
}

// A place is what a membership is unique by.
type place struct {
	person int
	school school.UAI
}

// person adds someone and gives their index.
func (b *builder) person(first, last string) int {
	b.People = append(b.People, Person{Login: b.login(first, last), First: first, Last: last})
	return len(b.People) - 1
}

// member makes a person part of a school, unless they are already, and gives
// the index of the membership.
func (b *builder) member(person int, uai school.UAI, role school.Role, function string) int {
	key := place{person, uai}
	if i, ok := b.members[key]; ok {
		return i
	}
	b.Memberships = append(b.Memberships, Membership{person, uai, role, function})
	b.members[key] = len(b.Memberships) - 1
	return b.members[key]
}

// chance is true in so many of a hundred cases.
func (b *builder) chance(percent int) bool { return b.rng.IntN(100) < percent }

// between is a number from low to high, both included.
func (b *builder) between(low, high int) int { return low + b.rng.IntN(high-low+1) }

// pick is one of a list.
func pick[T any](b *builder, list []T) T { return list[b.rng.IntN(len(list))] }
