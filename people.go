package ecluse

import (
	"context"
	"slices"
	"strings"
	"time"

	"github.com/ecluse-ecole/ecluse/internal/account"
	"github.com/ecluse-ecole/ecluse/internal/message"
	"github.com/ecluse-ecole/ecluse/internal/school"
	"github.com/ecluse-ecole/ecluse/internal/store"
)

// A PeopleQuery is which people of a school are looked for. Zero fields do not
// narrow it.
type PeopleQuery struct {
	School school.UAI
	Roles  school.Roles
	Class  message.ClassID // its pupils, their guardians and its teachers
	Name   string
	Frozen bool // only whoever is kept out
}

// A PersonRow is what who takes care of accounts sees of a person: nothing of what
// they write.
type PersonRow struct {
	account.Membership
	Classes   []string
	Frozen    bool
	Renewal   bool   // a new password is asked
	Activated bool   // a password was ever set
	Service   string // the sign-in service whose password it has instead; "": none
}

// mostPeopleShown is how many people a search lists.
const mostPeopleShown = 100

// People lists people of a school of whose accounts the actor takes care, by name,
// and tells whether there are more.
func (a *App) People(ctx context.Context, who Actor, q PeopleQuery) (list []PersonRow, more bool, err error) {
	if _, err := a.schoolsOf(who, q.School); err != nil || q.School == "" {
		return nil, false, err
	}
	if q.Roles == 0 {
		q.Roles = school.Everyone
	}
	err = a.store.Read(ctx, func(tx *store.Tx) error {
		members, err := q.members(tx)
		if err != nil {
			return err
		}
		members = slices.DeleteFunc(members, func(m account.Membership) bool { return !hasWords(m.Name, q.Name) })
		more = len(members) > mostPeopleShown
		for _, m := range members[:min(len(members), mostPeopleShown)] {
			row, err := personRow(tx, m)
			if err != nil {
				return err
			}
			list = append(list, row)
		}
		return nil
	})
	return list, more, err
}

// members is the people of the query, whatever their names.
func (q PeopleQuery) members(tx *store.Tx) (list []account.Membership, err error) {
	switch {
	case q.Frozen:
		return tx.FrozenMembers(q.School)
	case q.Class == 0:
		return tx.MembersByRole(q.School, q.Roles)
	}
	for _, r := range q.Roles.Each() {
		some, err := tx.ClassMembers(q.School, q.Class, r)
		if err != nil {
			return nil, err
		}
		list = append(list, some...)
	}
	return list, nil
}

// hasWords reports whether a name holds each of the words looked for.
func hasWords(name, words string) bool {
	name = account.FoldLogin(name)
	return !slices.ContainsFunc(strings.Fields(account.FoldLogin(words)), func(w string) bool { return !strings.Contains(name, w) })
}

func personRow(tx *store.Tx, m account.Membership) (row PersonRow, err error) {
	row.Membership = m
	classes, err := tx.ClassesOf(m.School, m.ID)
	if err != nil {
		return row, err
	}
	for _, c := range classes {
		row.Classes = append(row.Classes, c.Name)
	}
	_, err = tx.Freeze(m.Person)
	if row.Frozen = err == nil; ignoreNotFound(err) != nil {
		return row, err
	}
	_, err = tx.Renewal(m.Person)
	if row.Renewal = err == nil; ignoreNotFound(err) != nil {
		return row, err
	}
	c, err := tx.Credential(m.Person)
	if row.Activated = c.Hash != ""; c.Elsewhere() {
		row.Service = c.Service
	}
	return row, ignoreNotFound(err)
}

// A CareView is one account, for who takes care of it.
type CareView struct {
	Person   account.Person
	Places   []PersonRow // in the actor's schools
	Sessions []account.Session
	Travels  []account.Travel // that have not ended
	Second   bool             // has a second factor
	Card     bool             // a card of codes among them
	Freeze   *account.Freeze  // nil: it is not frozen
	Done     []account.GiveBackStep
	Since    time.Time // what it sent from then on is counted
	Evidence store.Evidence
	Held     []HeldView // what is kept for a complaint
}

// Care is the account of somebody of whom the actor takes care.
func (a *App) Care(ctx context.Context, who Actor, person account.PersonID) (v CareView, err error) {
	err = a.store.Read(ctx, func(tx *store.Tx) error {
		if err := a.mayCareFor(tx, who, person); err != nil {
			return err
		}
		if v.Person, err = tx.Person(person); err != nil {
			return err
		}
		if v.Places, err = a.placesOf(tx, who, person); err != nil {
			return err
		}
		if v.Sessions, err = tx.SessionsOf(person); err != nil {
			return err
		}
		if v.Travels, err = tx.Travels(person, a.clock.Now()); err != nil {
			return err
		}
		kinds, err := tx.FactorKinds(person)
		if err != nil {
			return err
		}
		v.Second, v.Card = kinds.Second(), kinds.Has(account.ByCard)
		if v.Held, err = a.heldFor(tx, who, person); err != nil {
			return err
		}
		return v.frozen(tx, a.clock.Now())
	})
	return v, err
}

// frozen reads how the account is frozen, and what it sent.
func (v *CareView) frozen(tx *store.Tx, now time.Time) error {
	f, err := tx.Freeze(v.Person.ID)
	if err := ignoreNotFound(err); err != nil {
		return err
	}
	v.Since = now.Add(-account.EvidenceBefore)
	if err == nil {
		v.Freeze, v.Since = &f, f.Evidence()
		if v.Done, err = tx.GivenBack(v.Person.ID); err != nil {
			return err
		}
	}
	v.Evidence, err = tx.EvidenceOf(v.Person.ID, v.Since)
	return err
}

// placesOf is a person's places in the actor's schools.
func (a *App) placesOf(tx *store.Tx, who Actor, person account.PersonID) (rows []PersonRow, err error) {
	within, err := a.careOf(who)
	if err != nil {
		return nil, err
	}
	members, err := tx.MembershipsOf(person)
	if err != nil {
		return nil, err
	}
	for _, m := range members {
		if sc, err := a.gate.Load().School(m.School); err != nil || !within.Contains(sc.Territory()) {
			continue
		}
		row, err := personRow(tx, m)
		if err != nil {
			return nil, err
		}
		rows = append(rows, row)
	}
	return rows, nil
}
