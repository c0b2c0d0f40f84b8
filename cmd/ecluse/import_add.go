package main

import (
	"fmt"
	"time"

	"github.com/ecluse-ecole/ecluse"
	"github.com/ecluse-ecole/ecluse/internal/account"
	"github.com/ecluse-ecole/ecluse/internal/message"
	"github.com/ecluse-ecole/ecluse/internal/roster"
	"github.com/ecluse-ecole/ecluse/internal/store"
)

// An addition is what a roster has and the database has not, as the application
// takes it in.
type addition struct {
	ecluse.Roster
	fresh []int // who gets an account, as indexes of the roster's people

	// The number of each of the roster's parts, known before or new.
	people  []account.PersonID
	members []account.MemberID
	classes []message.ClassID
}

// newAddition compares a roster with what is known. A login that somebody of
// another name has is refused, as roster.Errors.
func newAddition(r roster.Roster, k known, now time.Time) (addition, error) {
	a := addition{}
	for _, s := range r.Schools {
		if !k.schools[s.UAI] {
			contact := store.Contact{Phone: s.Phone, Email: s.Email, Protection: s.Protection}
			a.Schools = append(a.Schools, ecluse.SchoolEntry{School: s.School, Contact: contact})
		}
	}
	if err := a.addPeople(r, k, now); err != nil {
		return a, err
	}
	a.addClasses(r, k, now)
	a.addMembers(r, k, now)
	a.addLinks(r, k)
	for _, o := range r.Offices {
		if person := a.people[o.Person]; !k.offices[officeOf{person, o.Territory}] {
			a.Offices = append(a.Offices, account.Office{Person: person, Territory: o.Territory, Title: o.Title})
		}
	}
	return a, nil
}

func (a *addition) addPeople(r roster.Roster, k known, now time.Time) error {
	var wrong roster.Errors
	for i, p := range r.People {
		there, found := k.people[p.Login]
		if !found {
			there = account.Person{ID: account.PersonID(store.NewID(now)), Login: p.Login, First: p.First, Last: p.Last}
			a.People = append(a.People, there)
			a.fresh = append(a.fresh, i)
		}
		if there.First != p.First || there.Last != p.Last {
			wrong = append(wrong, &roster.Error{Place: p.At, Text: fmt.Sprintf(
				"login %s is that of %s in the database: give %s %s another login, or write the name as it is there", p.Login, there.Name(), p.First, p.Last)})
		}
		a.people = append(a.people, there.ID)
		a.addEmail(p, there.ID, k)
		wrong = append(wrong, a.addAliases(p, there.ID, k)...)
	}
	if len(wrong) > 0 {
		return wrong
	}
	return nil
}

// addEmail gives a person an address who has none: who changed theirs keeps it.
func (a *addition) addEmail(p roster.Person, id account.PersonID, k known) {
	if p.Email == "" || k.emails[id] {
		return
	}
	if a.Emails == nil {
		a.Emails = map[account.PersonID]string{}
	}
	a.Emails[id] = p.Email
}

// addAliases gives a person the names that nobody has yet.
func (a *addition) addAliases(p roster.Person, id account.PersonID, k known) (wrong roster.Errors) {
	for _, name := range p.Aliases {
		switch owner, taken := k.aliases[name]; {
		case !taken:
			if a.Aliases == nil {
				a.Aliases = map[string]account.PersonID{}
			}
			a.Aliases[name] = id
		case owner != id:
			wrong = append(wrong, &roster.Error{Place: p.At, Text: fmt.Sprintf(
				"alias %s is that of another account in the database: a name leads to one person only", name)})
		}
	}
	return wrong
}

func (a *addition) addClasses(r roster.Roster, k known, now time.Time) {
	for _, c := range r.Classes {
		id, found := k.classes[c.Folded()]
		if !found {
			id = message.ClassID(store.NewID(now))
			a.Classes = append(a.Classes, message.Class{School: c.School, ID: id, Name: c.Name})
		}
		a.classes = append(a.classes, id)
	}
}

func (a *addition) addMembers(r roster.Roster, k known, now time.Time) {
	for _, m := range r.Members {
		person := a.people[m.Person]
		id, found := k.members[placeOf{person, m.School, m.Role}]
		if !found {
			id = account.MemberID(store.NewID(now))
			a.Members = append(a.Members, account.Membership{
				School: m.School, ID: id, Person: person, Role: m.Role, Function: m.Function,
			})
		}
		a.members = append(a.members, id)
	}
}

// addLinks puts people into classes and gives guardians their children.
func (a *addition) addLinks(r roster.Roster, k known) {
	for i, m := range r.Members {
		for _, c := range m.Classes {
			if seat := (ecluse.Seat{School: m.School, Class: a.classes[c], Member: a.members[i]}); !k.seats[seat] {
				a.Seats = append(a.Seats, seat)
			}
		}
		for _, child := range m.Children {
			link := ecluse.Guardian{School: m.School, Guardian: a.members[i], Pupil: a.members[child]}
			if !k.guardians[link] {
				a.Guardians = append(a.Guardians, link)
			}
		}
	}
}

func (a *addition) counts() counts {
	return counts{
		Schools: len(a.Schools), People: len(a.People), Memberships: len(a.Members), Classes: len(a.Classes),
		Seats: len(a.Seats), Children: len(a.Guardians), Offices: len(a.Offices),
		Aliases: len(a.Aliases), Emails: len(a.Emails),
	}
}
