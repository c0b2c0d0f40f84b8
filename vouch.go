package ecluse

import (
	"context"
	"crypto/subtle"
	"slices"
	"strings"
	"time"

	"github.com/ecluse-ecole/ecluse/internal/account"
	"github.com/ecluse-ecole/ecluse/internal/fault"
	"github.com/ecluse-ecole/ecluse/internal/gate"
	"github.com/ecluse-ecole/ecluse/internal/journal"
	"github.com/ecluse-ecole/ecluse/internal/message"
	"github.com/ecluse-ecole/ecluse/internal/school"
	"github.com/ecluse-ecole/ecluse/internal/store"
)

// vouchesKept is how long it is known who vouched for whom, beside the journal.
const vouchesKept = 90 * 24 * time.Hour

// A VouchRow is a pupil for whom the actor may vouch, with the latest vouch.
type VouchRow struct {
	account.Membership
	Class string
	Vouch account.Vouch // ID is 0 where there was none these last months
	By    string        // who vouched
}

// Vouchable is the pupils for whom the actor may vouch: a teacher for those of their
// own classes, the head for all of the school. Class narrows it by name; "" is all.
func (a *App) Vouchable(ctx context.Context, who Actor, class string) (rows []VouchRow, classes []string, err error) {
	if err := mayVouchAtAll(who); err != nil {
		return nil, nil, err
	}
	uai := who.Member.School
	err = a.store.Read(ctx, func(tx *store.Tx) error {
		own, err := vouchClasses(tx, who)
		if err != nil {
			return err
		}
		latest, names, err := vouchesOf(tx, uai)
		for _, c := range own {
			classes = append(classes, c.Name)
			if err != nil || class != "" && class != c.Name {
				continue
			}
			var pupils []account.Membership
			pupils, err = tx.ClassMembers(uai, c.ID, school.Pupil)
			for _, p := range pupils {
				v := latest[p.Person]
				rows = append(rows, VouchRow{p, c.Name, v, names[v.ByMember]})
			}
		}
		return err
	})
	return rows, classes, err
}

// vouchesOf is the latest vouch of each pupil of a school, and who vouched by name.
func vouchesOf(tx *store.Tx, uai school.UAI) (latest map[account.PersonID]account.Vouch, names map[account.MemberID]string, err error) {
	latest, names = map[account.PersonID]account.Vouch{}, map[account.MemberID]string{}
	list, err := tx.VouchesOf(uai)
	if err != nil {
		return nil, nil, err
	}
	for _, v := range list {
		if _, later := latest[v.Person]; !later {
			latest[v.Person] = v
		}
		if _, known := names[v.ByMember]; !known {
			m, err := tx.Membership(uai, v.ByMember)
			if err := ignoreNotFound(err); err != nil {
				return nil, nil, err
			}
			names[v.ByMember] = m.Name
		}
	}
	return latest, names, nil
}

// Vouch shows the actor a code for a pupil who stands before them. The actor must
// have proved lately, with more than a password, who they are: a thief of a
// teacher's password vouches for nobody.
func (a *App) Vouch(ctx context.Context, who Actor, pupil account.MemberID) (code string, until time.Time, err error) {
	if err := mayVouchAtAll(who); err != nil {
		return "", until, err
	}
	if err := a.fresh(who); err != nil {
		return "", until, err
	}
	if who.Session != ([32]byte{}) && !who.Facts.SecondFactor {
		return "", until, denied("Pour vous porter garant d’un élève, il faut vous être connecté avec une deuxième preuve : ajoutez-en une sur votre compte.",
			"To vouch for a pupil, you must have signed in with a second proof: add one on your account's page.")
	}
	code = account.NewVouchCode()
	err = a.do(ctx, who, act{"vouch.open", logOf(who.Member.School), gate.Security}, func(tx *store.Tx, now time.Time) (string, string, error) {
		m, err := mayVouchFor(tx, who, pupil)
		if err != nil {
			return "", "", err
		}
		until = now.Add(account.VouchLasts)
		v := account.Vouch{
			ID: store.NewID(now), School: m.School, Member: m.ID, Person: m.Person, By: who.Person.ID, ByMember: who.Member.ID,
			Digest: account.DigestOf(code), At: now, Expires: until,
		}
		return account.Person{ID: m.Person}.Number(), "", tx.AddVouch(v, now.Add(-vouchesKept))
	})
	return code, until, err
}

func mayVouchAtAll(who Actor) error {
	if r := who.Member.Role; who.Member.ID == 0 || r != school.Teacher && r != school.Head {
		return denied("Seuls les professeurs et la direction se portent garants d’un élève.", "Only teachers and the head vouch for a pupil.")
	}
	return nil
}

// vouchClasses is the classes for whose pupils the actor may vouch.
func vouchClasses(tx *store.Tx, who Actor) (list []message.Class, err error) {
	if who.Member.Role == school.Head {
		return tx.Classes(who.Member.School)
	}
	return tx.ClassesOf(who.Member.School, who.Member.ID)
}

// mayVouchFor finds a pupil for whom the actor may vouch: of one of their classes, a
// pupil and nothing else anywhere, and not frozen.
func mayVouchFor(tx *store.Tx, who Actor, pupil account.MemberID) (m account.Membership, err error) {
	if m, err = tx.Membership(who.Member.School, pupil); err != nil {
		return m, err
	}
	classes, err := vouchClasses(tx, who)
	if err != nil {
		return m, err
	}
	theirs, err := tx.ClassesOf(m.School, m.ID)
	if err != nil {
		return m, err
	}
	shared := slices.ContainsFunc(theirs, func(c message.Class) bool { return slices.Contains(classes, c) })
	members, err := tx.MembershipsOf(m.Person)
	if err != nil {
		return m, err
	}
	offices, err := tx.Offices(m.Person)
	if err != nil {
		return m, err
	}
	if !shared || len(offices) > 0 || !onlyPupil(members) {
		return m, notFound("Cet élève n’est pas dans vos classes.", "This pupil is not in your classes.")
	}
	_, err = tx.Freeze(m.Person)
	if err == nil {
		return m, denied("Le compte de cet élève est bloqué pour le protéger : seule la direction le rend, après l’avoir vu.", "This pupil’s account is frozen to protect them: only the head gives it back, after having seen them.")
	}
	return m, ignoreNotFound(err)
}

// onlyPupil reports whether somebody is a pupil wherever they have a place.
func onlyPupil(members []account.Membership) bool {
	return len(members) > 0 && !slices.ContainsFunc(members, func(m account.Membership) bool { return m.Role != school.Pupil })
}

// MayBeVouchedFor reports whether a teacher's word helps in a session: a pupil's that
// waits for more than the password.
func (a *App) MayBeVouchedFor(v Visit) bool {
	s := v.Session.Stage
	return onlyPupil(v.Members) && len(v.Offices) == 0 && (s == account.StageSecond || s == account.StageRenewal || s == account.StageStranger)
}

// ProveVouched takes the code that a teacher shows, in place of a second proof. It
// counts once; wrong ones end it.
func (a *App) ProveVouched(ctx context.Context, from Caller, code string) (Welcome, error) {
	v, err := a.Halfway(ctx, from.Token)
	if err != nil {
		return Welcome{}, err
	}
	if !a.MayBeVouchedFor(v) || v.Session.Browser != account.DigestOf(from.Device) {
		return Welcome{}, denied("Aucun code de professeur n’est demandé ici.", "No teacher's code is asked for here.")
	}
	w, err := a.checkVouch(ctx, v.Person.ID, account.DigestOf(strings.Join(strings.Fields(code), "")))
	if err != nil {
		return Welcome{}, err
	}
	return a.advance(ctx, v, from, account.ByWitness, func(tx *store.Tx, now time.Time) error {
		if err := tx.UseVouch(w.ID, now); err != nil {
			return err
		}
		by, err := tx.Person(w.By)
		if err != nil {
			return err
		}
		if err := a.alteredIn(tx, account.Session{Person: w.Person, Device: by.Name()}, account.VouchedFor, now); err != nil {
			return err
		}
		return tx.Append(journal.Entry{
			Log: logOf(w.School), At: now, Actor: v.Alone().String(), Verb: "vouch.use", Subject: account.Person{ID: w.By}.Number(),
		})
	})
}

// checkVouch finds the vouch whose code was typed. It counts a wrong one, and so has
// an act of its own. The word of a teacher who was frozen since counts no more.
func (a *App) checkVouch(ctx context.Context, pupil account.PersonID, digest [32]byte) (w account.Vouch, err error) {
	wrong := false
	err = a.store.Write(ctx, func(tx *store.Tx) error {
		if w, err = tx.LatestVouch(pupil); err != nil {
			return err
		}
		if !w.Holds(a.clock.Now()) {
			return store.ErrVouch
		}
		_, err := tx.Freeze(w.By)
		if !fault.Is(err, fault.NotFound) {
			return orElse(err, store.ErrVouch)
		}
		if wrong = subtle.ConstantTimeCompare(w.Digest[:], digest[:]) == 0; wrong {
			return tx.MissVouch(w.ID)
		}
		return nil
	})
	if err == nil && wrong {
		err = store.ErrVouch
	}
	return w, err
}
