// Package roster reads who is in which school from a folder of CSV files of
// Écluse's own: schools.csv, people.csv and, if there are authorities,
// offices.csv. docs/importing.md is written for whoever fills them in.
//
// Parse is pure and all or nothing: it gives a Roster in which everything that
// is referred to exists, or every reason why there is none, each with file, line
// and remedy. It guesses nothing: an unknown column, file or word is refused,
// since what was meant by it would be lost in silence. Logins are the keys of
// people, so that two may have the same name.
//
// Other formats (ONDE, SIECLE) are meant to become other ways to a Roster.
package roster

import (
	"maps"
	"slices"
	"strings"

	"github.com/ecluse-ecole/ecluse/internal/school"
)

// The files of a folder. The last may be missing.
const (
	SchoolsFile = "schools.csv"
	PeopleFile  = "people.csv"
	OfficesFile = "offices.csv"
)

// A Roster is schools and their people. Its parts refer to each other by index.
type Roster struct {
	Schools []School
	People  []Person
	Members []Member
	Classes []Class
	Offices []Office
}

// A School is an établissement and how to reach it.
type School struct {
	school.School
	Phone      string
	Email      string
	Protection string // whom a pupil's alert goes to, in words
}

// A Person has one account, in however many schools.
type Person struct {
	At    Place  // the first line that names the person
	Login string // folded by account.FoldLogin; nobody else's
	First string
	Last  string

	// Aliases are the other names by which other systems know the account, such
	// as its mail address; folded, and nobody else's.
	Aliases []string

	Email string // where letters go; "": nowhere. Nobody else sees it
}

// A Member is one person in one school in one role.
type Member struct {
	Person   int // in Roster.People
	School   school.UAI
	Role     school.Role
	Function string
	Classes  []int // in Roster.Classes; of pupils and teachers
	Children []int // in Roster.Members, of the same school; of guardians
}

// A Class exists because somebody is in it.
type Class struct {
	School school.UAI
	Name   string // "6e A"
}

// Folded is the class however its name is spelled: "6E A" and "6eA" are one.
func (c Class) Folded() Class {
	return Class{c.School, strings.ToLower(strings.Join(strings.Fields(c.Name), ""))}
}

// An Office is a person's place in an authority above the schools.
type Office struct {
	Person    int // in Roster.People
	Territory school.Territory
	Title     string
}

// Parse reads a folder's CSV files by their names. The error is Errors, in the
// order of files and lines.
func Parse(files map[string][]byte) (Roster, error) {
	p := &parser{
		schools: map[string]int{}, people: map[string]int{}, members: map[memberKey]int{},
		classes: map[Class]int{}, offices: map[officeKey]int{}, aliases: map[string]int{},
	}
	p.strangers(files)
	for _, r := range p.rows(files, schoolsTable) {
		p.school(r)
	}
	for _, r := range p.rows(files, peopleTable) {
		p.member(r)
	}
	p.families()
	p.namesake()
	if _, given := files[OfficesFile]; given {
		for _, r := range p.rows(files, officesTable) {
			p.office(r)
		}
	}
	if len(p.wrong) > 0 {
		p.wrong.sort()
		return Roster{}, p.wrong
	}
	return p.out, nil
}

// A parser gathers a Roster and all that is wrong. Its maps also hold what was
// refused, so that one mistake is told once.
type parser struct {
	out   Roster
	wrong Errors

	schools  map[string]int    // the line of each code
	people   map[string]int    // index of each login
	members  map[memberKey]int // index of each place
	classes  map[Class]int     // index of each, folded
	offices  map[officeKey]int // the line of each
	aliases  map[string]int    // whose each is
	children []family          // to be linked when everybody is known
}

func (p *parser) refuse(at Place, text string) {
	p.wrong = append(p.wrong, &Error{at, text})
}

// strangers refuses files that Parse would not read.
func (p *parser) strangers(files map[string][]byte) {
	known := []string{SchoolsFile, PeopleFile, OfficesFile}
	for _, name := range slices.Sorted(maps.Keys(files)) {
		if !slices.Contains(known, name) {
			p.refuse(Place{File: name}, "this is no file of a roster: want "+strings.Join(known, ", ")+"; correct its name or take it out of the folder")
		}
	}
}
