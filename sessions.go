package ecluse

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/ecluse-ecole/ecluse/internal/account"
	"github.com/ecluse-ecole/ecluse/internal/gate"
	"github.com/ecluse-ecole/ecluse/internal/journal"
	"github.com/ecluse-ecole/ecluse/internal/message"
	"github.com/ecluse-ecole/ecluse/internal/school"
	"github.com/ecluse-ecole/ecluse/internal/store"
)

// A Reach is whose sessions are ended at once. Zero fields do not narrow it: the
// zero Reach is everybody of the actor's school or territory.
type Reach struct {
	School school.UAI
	Roles  school.Roles
	Class  message.ClassID // of the School: its pupils, teachers and guardians
}

// A SessionCount is how many sessions a Reach has, or had.
type SessionCount struct {
	Schools, People, Sessions int
}

func (c SessionCount) String() string {
	return fmt.Sprintf("%d people, %d sessions", c.People, c.Sessions)
}

// endAtOnce is how many people's sessions end in one act.
const endAtOnce = 200

// CountSessions is how many sessions EndSessions would end now.
func (a *App) CountSessions(ctx context.Context, who Actor, r Reach) (count SessionCount, err error) {
	err = a.eachSchool(ctx, who, r, func(_ school.UAI, people []store.SignedIn) error {
		count.add(people)
		return nil
	})
	return count, err
}

func (c *SessionCount) add(people []store.SignedIn) {
	c.Schools++
	c.People += len(people)
	for _, p := range people {
		c.Sessions += p.Sessions
	}
}

// EndSessions ends the sessions of a reach, on every node, but those of the actor
// and of people of offices that are not below theirs. It is done school by school,
// and asked again it goes on where it stopped.
func (a *App) EndSessions(ctx context.Context, who Actor, r Reach) (ended SessionCount, err error) {
	if err := a.fresh(who); err != nil {
		return ended, err
	}
	err = a.eachSchool(ctx, who, r, func(uai school.UAI, people []store.SignedIn) error {
		ended.Schools++
		for part := range slices.Chunk(people, endAtOnce) {
			n, err := a.endSome(ctx, who, uai, part)
			if err != nil {
				return err
			}
			ended.People, ended.Sessions = ended.People+n.People, ended.Sessions+n.Sessions
		}
		return nil
	})
	return ended, err
}

// endSome ends the sessions of some people of a school in one act.
func (a *App) endSome(ctx context.Context, who Actor, uai school.UAI, people []store.SignedIn) (n SessionCount, err error) {
	err = a.do(ctx, who, act{"session.end-all", logOf(uai), gate.Security}, func(tx *store.Tx, now time.Time) (string, string, error) {
		n = SessionCount{}
		for _, p := range people {
			ended, err := tx.EndSessions(p.Person, [32]byte{}, now)
			if err != nil {
				return "", "", err
			}
			n.People, n.Sessions = n.People+1, n.Sessions+int(ended)
		}
		return string(uai), n.String(), nil
	})
	return n, cmp.Or(err, a.revoked(ctx))
}

// eachSchool calls f with who has sessions in each school of a reach that is the
// actor's to care for.
func (a *App) eachSchool(ctx context.Context, who Actor, r Reach, f func(school.UAI, []store.SignedIn) error) error {
	schools, err := a.schoolsOf(who, r.School)
	if err != nil {
		return err
	}
	if r.Roles == 0 {
		r.Roles = school.Everyone
	}
	for _, uai := range schools {
		var people []store.SignedIn
		err := a.store.Read(ctx, func(tx *store.Tx) (err error) {
			people, err = a.signedIn(tx, who, uai, r)
			return err
		})
		if err != nil {
			return err
		}
		if len(people) == 0 {
			continue
		}
		if err := f(uai, people); err != nil {
			return err
		}
	}
	return nil
}

// schoolsOf is the schools that the actor takes care of, or the one of them.
func (a *App) schoolsOf(who Actor, only school.UAI) (list []school.UAI, err error) {
	within, err := a.careOf(who)
	if err != nil {
		return nil, err
	}
	for _, sc := range a.gate.Load().Schools() {
		if within.Contains(sc.Territory()) && (only == "" || sc.UAI == only) {
			list = append(list, sc.UAI)
		}
	}
	if only != "" && len(list) == 0 {
		return nil, notFound("Cet établissement n’existe pas, ou n’est pas des vôtres.", "This school does not exist, or is not one of yours.")
	}
	slices.Sort(list)
	return list, nil
}

// signedIn is who of a reach has sessions in a school, without those whom the
// actor cannot sign out.
func (a *App) signedIn(tx *store.Tx, who Actor, uai school.UAI, r Reach) (people []store.SignedIn, err error) {
	now := a.clock.Now()
	if r.Class != 0 {
		people, err = tx.SignedInClass(uai, r.Class, r.Roles, now)
	} else {
		people, err = tx.SignedInAt(uai, r.Roles, now)
	}
	if err != nil {
		return nil, err
	}
	within, err := a.careOf(who)
	if err != nil {
		return nil, err
	}
	var mine []store.SignedIn
	for _, p := range people {
		above, err := a.beside(tx, within, p.Person)
		if err != nil {
			return nil, err
		}
		if p.Person != who.Person.ID && !above {
			mine = append(mine, p)
		}
	}
	return mine, nil
}

// SessionsOf lists the sessions of somebody whose account the actor takes care of.
func (a *App) SessionsOf(ctx context.Context, who Actor, person account.PersonID) (list []account.Session, err error) {
	err = a.store.Read(ctx, func(tx *store.Tx) error {
		if err := a.mayCareFor(tx, who, person); err != nil {
			return err
		}
		list, err = tx.SessionsOf(person)
		return err
	})
	return list, err
}

// EndSessionsOf ends all sessions of somebody whose account the actor takes care of.
func (a *App) EndSessionsOf(ctx context.Context, who Actor, person account.PersonID) error {
	err := a.do(ctx, who, act{"session.end-all", officeLog(who), gate.Security}, func(tx *store.Tx, now time.Time) (string, string, error) {
		if err := a.mayCareFor(tx, who, person); err != nil {
			return "", "", err
		}
		n, err := tx.EndSessions(person, [32]byte{}, now)
		return account.Person{ID: person}.Number(), fmt.Sprintf("%d sessions", n), err
	})
	return cmp.Or(err, a.revoked(ctx))
}

// EndOtherSessions ends the actor's own sessions but the one that acts.
func (a *App) EndOtherSessions(ctx context.Context, who Actor) error {
	err := a.do(ctx, who, act{"session.end-others", journal.Installation, gate.Security}, func(tx *store.Tx, now time.Time) (string, string, error) {
		n, err := tx.EndSessions(who.Person.ID, who.Session, now)
		return who.String(), fmt.Sprintf("%d sessions", n), err
	})
	return cmp.Or(err, a.revoked(ctx))
}

// ClassesFor is the classes of a school of which the actor takes care.
func (a *App) ClassesFor(ctx context.Context, who Actor, uai school.UAI) (list []message.Class, err error) {
	if _, err := a.schoolsOf(who, uai); err != nil {
		return nil, err
	}
	err = a.store.Read(ctx, func(tx *store.Tx) (err error) {
		list, err = tx.Classes(uai)
		return err
	})
	return list, err
}
