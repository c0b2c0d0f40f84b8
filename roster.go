package ecluse

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"time"

	"github.com/ecluse-ecole/ecluse/internal/account"
	"github.com/ecluse-ecole/ecluse/internal/gate"
	"github.com/ecluse-ecole/ecluse/internal/journal"
	"github.com/ecluse-ecole/ecluse/internal/message"
	"github.com/ecluse-ecole/ecluse/internal/order"
	"github.com/ecluse-ecole/ecluse/internal/school"
	"github.com/ecluse-ecole/ecluse/internal/store"
)

// A Roster is places and people to begin with.
type Roster struct {
	Territories map[school.Territory]string
	Schools     []SchoolEntry
	People      []account.Person
	Members     []account.Membership
	Classes     []message.Class
	Seats       []Seat     // who belongs to which class
	Guardians   []Guardian // who answers for which pupil
	Offices     []account.Office
	Credentials []account.Credential
	Aliases     map[string]account.PersonID // other names of accounts, such as their mail addresses
	Emails      map[account.PersonID]string // where letters to people go
	Messages    []Posted
}

// A SchoolEntry is a school and how to reach it.
type SchoolEntry struct {
	school.School
	Contact store.Contact
}

// A Seat is a pupil's or teacher's place in a class.
type Seat struct {
	School school.UAI
	Class  message.ClassID
	Member account.MemberID
}

// A Guardian answers for a pupil of the same school.
type Guardian struct {
	School          school.UAI
	Guardian, Pupil account.MemberID
}

// A Posted is a message that has already been sent.
type Posted struct {
	message.Message
	To   []account.MemberID
	Read []account.MemberID // those who have read it
}

// Import adds a roster in one act, all or nothing.
func (a *App) Import(ctx context.Context, r Roster) error {
	err := a.do(ctx, Actor{}, act{"roster.import", journal.Installation, gate.Security}, func(tx *store.Tx, _ time.Time) (string, string, error) {
		detail := fmt.Sprintf("%d schools, %d people, %d memberships", len(r.Schools), len(r.People), len(r.Members))
		return "roster", detail, r.add(tx)
	})
	if err != nil {
		return fmt.Errorf("importing schools and people: %w", err)
	}
	return a.apply(ctx)
}

// add writes the parts in the order in which they refer to each other.
func (r Roster) add(tx *store.Tx) error {
	for code, name := range r.Territories {
		if err := tx.PutTerritory(code, name); err != nil {
			return err
		}
	}
	steps := []func() error{
		func() error {
			return each(r.Schools, func(s SchoolEntry) error { return tx.PutSchool(s.School, s.Contact) })
		},
		func() error { return each(r.People, tx.AddPerson) },
		func() error { return each(r.Credentials, tx.PutCredential) },
		func() error { return r.addAliases(tx) },
		func() error { return r.addEmails(tx) },
		func() error { return each(r.Members, tx.AddMembership) },
		func() error { return each(r.Classes, tx.AddClass) },
		func() error {
			return each(r.Seats, func(s Seat) error { return tx.JoinClass(s.School, s.Class, s.Member) })
		},
		func() error {
			return each(r.Guardians, func(g Guardian) error { return tx.AddGuardian(g.School, g.Guardian, g.Pupil) })
		},
		func() error { return each(r.Offices, tx.PutOffice) },
		func() error {
			return each(r.Messages, func(p Posted) error {
				if p.Waiting() {
					return fmt.Errorf("message %d has no instant at which it left", p.ID)
				}
				return p.add(tx)
			})
		},
	}
	return each(steps, func(step func() error) error { return step() })
}

// addEmails writes where letters to people go.
func (r Roster) addEmails(tx *store.Tx) error {
	for _, person := range slices.Sorted(maps.Keys(r.Emails)) {
		if err := account.CheckEmail(r.Emails[person]); err != nil {
			return err
		}
		if err := tx.PutEmail(person, r.Emails[person]); err != nil {
			return err
		}
	}
	return nil
}

// addAliases writes the other names by which systems know people.
func (r Roster) addAliases(tx *store.Tx) error {
	for _, name := range slices.Sorted(maps.Keys(r.Aliases)) {
		if err := tx.PutAlias(account.FoldLogin(name), r.Aliases[name]); err != nil {
			return fmt.Errorf("the name %q: %w", name, err)
		}
	}
	return nil
}

// add writes the message with its deliveries, and who has read it.
func (p Posted) add(tx *store.Tx) error {
	if err := tx.AddMessage(p.Message, p.To); err != nil {
		return err
	}
	return each(p.Read, func(m account.MemberID) error { return tx.MarkRead(p.School, m, p.ID, p.Left) })
}

// each calls f for every element until one fails.
func each[T any](list []T, f func(T) error) error {
	for _, v := range list {
		if err := f(v); err != nil {
			return err
		}
	}
	return nil
}

// AdoptOrders makes orders known that are in force already, when an
// installation begins; those it knows are left alone.
func (a *App) AdoptOrders(ctx context.Context, orders []*order.Order) error {
	set, _ := a.orders.get()
	for _, o := range orders {
		if _, err := set.Order(o.ID); err == nil {
			continue
		}
		record := store.OrderRecord{ID: o.ID, Issuer: o.Issuer, Text: o.Encode(), Issued: a.clock.Now(), By: byAdoption}
		err := a.do(ctx, Actor{}, act{"order.adopt", logAt(o.Issuer), gate.Announce}, func(tx *store.Tx, _ time.Time) (string, string, error) {
			return string(o.ID), o.Digest(), tx.AddOrder(record)
		})
		if err != nil {
			return fmt.Errorf("adopting order %s: %w", o.ID, err)
		}
	}
	return a.apply(ctx)
}

// Hash computes the stored form of a password, for a roster. A leaked one is refused.
func (a *App) Hash(ctx context.Context, password string) (string, error) {
	if err := a.checkUnleaked(password); err != nil {
		return "", err
	}
	return a.hasher.Hash(ctx, password)
}
