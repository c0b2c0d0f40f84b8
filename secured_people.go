package ecluse

import (
	"context"
	"slices"
	"time"

	"github.com/ecluse-ecole/ecluse/internal/account"
	"github.com/ecluse-ecole/ecluse/internal/message"
	"github.com/ecluse-ecole/ecluse/internal/school"
	"github.com/ecluse-ecole/ecluse/internal/store"
)

// people adds the people of a head's own school, by name, with their classes.
func (v *securing) people(tx *store.Tx, uai school.UAI, known map[account.MemberID]SecuredPerson) error {
	members, err := tx.MembersByRole(uai, school.Everyone)
	if err != nil {
		return err
	}
	classes, err := tx.Classes(uai)
	if err != nil {
		return err
	}
	seatings, err := tx.Seatings(uai)
	if err != nil {
		return err
	}
	kinships, err := tx.Kinships(uai)
	if err != nil {
		return err
	}
	rows, belongs := seat(classes, seatings, kinships)
	for _, m := range members {
		p := known[m.ID]
		p.Membership = m
		for _, at := range belongs[m.ID] {
			rows[at].add(p)
			p.Classes = append(p.Classes, rows[at].Class.Name)
		}
		v.out.People = append(v.out.People, p)
	}
	v.out.Classes = rows
	return v.families(tx, uai, kinships)
}

// seat is the classes as rows, and to which of them each person belongs: a
// guardian to those of the children.
func seat(classes []message.Class, seatings []store.Seating, kinships []store.Kinship) ([]SecuredClass, map[account.MemberID][]int) {
	rows, at := make([]SecuredClass, len(classes)), map[message.ClassID]int{}
	for i, c := range classes {
		rows[i].Class = c
		at[c.ID] = i
	}
	belongs := map[account.MemberID][]int{}
	for _, s := range seatings {
		belongs[s.Member] = append(belongs[s.Member], at[message.ClassID(s.Class)])
	}
	for _, k := range kinships {
		for _, i := range belongs[k.Pupil] {
			if !slices.Contains(belongs[k.Guardian], i) {
				belongs[k.Guardian] = append(belongs[k.Guardian], i)
			}
		}
	}
	return rows, belongs
}

// add counts a pupil or a guardian; teachers are counted with their role.
func (c *SecuredClass) add(p SecuredPerson) {
	switch p.Role {
	case school.Pupil:
		c.Pupils.add(p.Lacks, p.Second)
	case school.Guardian:
		c.Guardians.add(p.Lacks, p.Second)
	}
}

// Invited is the guardians whom the securing board of the actor's school invites, but
// for those who sign in through a service: a slip is of no use to them.
func (a *App) Invited(ctx context.Context, who Actor) (list []account.MemberID, err error) {
	s, err := a.Secured(ctx, who, time.Time{})
	for _, p := range s.Families {
		if p.Service == "" {
			list = append(list, p.ID)
		}
	}
	return list, err
}

// mostUnserved is in how many schools families are counted before an order.
const mostUnserved = 1000

// Unserved is how many pupils, of those whom a previewed order closes, have an
// account in use while none of their guardians has: their families would read
// nothing more. Nobody is named. It is 0 where the order is for too many schools to
// look.
func (a *App) Unserved(ctx context.Context, who Actor, p Preview) (n int, err error) {
	if err := a.mayIssue(who, p.Order); err != nil {
		return 0, err
	}
	if p.Effect.ByRole[school.Pupil].Closed.People == 0 || len(p.Schools) > mostUnserved {
		return 0, nil
	}
	since := a.clock.Now().Add(-knownFor)
	err = a.store.Read(ctx, func(tx *store.Tx) error {
		n = 0
		return each(p.Schools, func(sc school.School) error {
			count, err := tx.CountUnserved(sc.UAI, since)
			n += count
			return err
		})
	})
	return n, err
}

// families finds the guardians to invite before pupils are closed: those of a
// pupil whose account was signed in to these last months, while no guardian of the
// pupil has signed in to one of their own. Whoever reads the school's messages in
// such a family does so through the child's account, and would lose them. Nothing
// more is looked at: no device, no hour, no address.
func (v *securing) families(tx *store.Tx, uai school.UAI, kinships []store.Kinship) error {
	signed, err := tx.SignedIn(uai, v.app.clock.Now().Add(-knownFor))
	if err != nil {
		return err
	}
	in := make(map[account.MemberID]bool, len(signed))
	for _, m := range signed {
		in[m] = true
	}
	served := map[account.MemberID]bool{} // pupils of whom a guardian has signed in
	for _, k := range kinships {
		served[k.Pupil] = served[k.Pupil] || in[k.Guardian]
	}
	invited := map[account.MemberID]bool{}
	for _, k := range kinships {
		if in[k.Pupil] && !served[k.Pupil] {
			invited[k.Guardian] = true
		}
	}
	for _, p := range v.out.People {
		if invited[p.ID] {
			v.out.Families = append(v.out.Families, p)
		}
	}
	return nil
}
