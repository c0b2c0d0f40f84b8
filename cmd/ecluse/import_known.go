package main

import (
	"context"
	"fmt"

	"github.com/ecluse-ecole/ecluse"
	"github.com/ecluse-ecole/ecluse/internal/account"
	"github.com/ecluse-ecole/ecluse/internal/fault"
	"github.com/ecluse-ecole/ecluse/internal/message"
	"github.com/ecluse-ecole/ecluse/internal/roster"
	"github.com/ecluse-ecole/ecluse/internal/school"
	"github.com/ecluse-ecole/ecluse/internal/store"
)

// known is what a database has already of a roster, so that an import adds the
// rest.
type known struct {
	schools   map[school.UAI]bool
	classes   map[roster.Class]message.ClassID // by its folded name
	people    map[string]account.Person        // by login
	members   map[placeOf]account.MemberID
	seats     map[ecluse.Seat]bool
	guardians map[ecluse.Guardian]bool
	offices   map[officeOf]bool
	aliases   map[string]account.PersonID
	emails    map[account.PersonID]bool // those who have an address
}

// A placeOf is what a membership is unique by.
type placeOf struct {
	person account.PersonID
	school school.UAI
	role   school.Role
}

// An officeOf is what an office is unique by.
type officeOf struct {
	person    account.PersonID
	territory school.Territory
}

// readKnown looks up what a roster names. The database is made when there is none.
func readKnown(ctx context.Context, database string, r roster.Roster) (known, error) {
	k := known{
		schools: map[school.UAI]bool{}, classes: map[roster.Class]message.ClassID{},
		people: map[string]account.Person{}, members: map[placeOf]account.MemberID{},
		seats: map[ecluse.Seat]bool{}, guardians: map[ecluse.Guardian]bool{}, offices: map[officeOf]bool{},
		aliases: map[string]account.PersonID{}, emails: map[account.PersonID]bool{},
	}
	db, err := store.Open(ctx, database, store.Options{Readers: 1})
	if err != nil {
		return k, err
	}
	defer db.Close()
	err = db.Read(ctx, func(tx *store.Tx) error { return k.read(tx, r) })
	if err != nil {
		err = fmt.Errorf("looking up what is imported already: %w", err)
	}
	return k, err
}

func (k known) read(tx *store.Tx, r roster.Roster) error {
	schools, err := tx.Schools()
	if err != nil {
		return err
	}
	for _, s := range schools {
		k.schools[s.UAI] = true
	}
	for _, s := range r.Schools {
		classes, err := tx.Classes(s.UAI)
		if err != nil {
			return err
		}
		for _, c := range classes {
			k.classes[roster.Class{School: c.School, Name: c.Name}.Folded()] = c.ID
		}
	}
	for _, p := range r.People {
		if err := k.readPerson(tx, p.Login); err != nil {
			return err
		}
		if err := k.readAliases(tx, p.Aliases); err != nil {
			return err
		}
	}
	return nil
}

// readAliases looks up whose each name is.
func (k known) readAliases(tx *store.Tx, names []string) error {
	for _, name := range names {
		p, err := tx.PersonByName(name)
		if err != nil && !fault.Is(err, fault.NotFound) {
			return err
		}
		if err == nil {
			k.aliases[name] = p.ID
		}
	}
	return nil
}

// readPerson looks up an account with its places and offices.
func (k known) readPerson(tx *store.Tx, login string) error {
	p, err := tx.PersonByLogin(login)
	if fault.Is(err, fault.NotFound) {
		return nil
	}
	if err != nil {
		return err
	}
	k.people[login] = p
	address, err := tx.Email(p.ID)
	if err != nil {
		return err
	}
	k.emails[p.ID] = address != ""
	offices, err := tx.Offices(p.ID)
	if err != nil {
		return err
	}
	for _, o := range offices {
		k.offices[officeOf{p.ID, o.Territory}] = true
	}
	members, err := tx.MembershipsOf(p.ID)
	if err != nil {
		return err
	}
	for _, m := range members {
		k.members[placeOf{p.ID, m.School, m.Role}] = m.ID
		if err := k.readLinks(tx, m); err != nil {
			return err
		}
	}
	return nil
}

// readLinks looks up a place's classes and children.
func (k known) readLinks(tx *store.Tx, m account.Membership) error {
	classes, err := tx.ClassesOf(m.School, m.ID)
	if err != nil {
		return err
	}
	for _, c := range classes {
		k.seats[ecluse.Seat{School: m.School, Class: c.ID, Member: m.ID}] = true
	}
	children, err := tx.ChildrenOf(m.School, m.ID)
	if err != nil {
		return err
	}
	for _, child := range children {
		k.guardians[ecluse.Guardian{School: m.School, Guardian: m.ID, Pupil: child.ID}] = true
	}
	return nil
}
