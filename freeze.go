package ecluse

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/ecluse-ecole/ecluse/internal/account"
	"github.com/ecluse-ecole/ecluse/internal/enforce"
	"github.com/ecluse-ecole/ecluse/internal/fault"
	"github.com/ecluse-ecole/ecluse/internal/gate"
	"github.com/ecluse-ecole/ecluse/internal/journal"
	"github.com/ecluse-ecole/ecluse/internal/message"
	"github.com/ecluse-ecole/ecluse/internal/school"
	"github.com/ecluse-ecole/ecluse/internal/store"
)

// Freeze keeps everybody out of the account of somebody of the actor's school or
// territory, its owner too, and ends what is live of it on every node before it
// returns. The owner is a victim, and is told so. The note is for the school.
func (a *App) Freeze(ctx context.Context, who Actor, person account.PersonID, note string) error {
	if err := a.fresh(who); err != nil {
		return err
	}
	if person == who.Person.ID {
		return denied("Vous ne pouvez pas bloquer votre propre compte ici : fermez vos connexions et changez votre mot de passe.",
			"You cannot freeze your own account here: end your sessions and change your password.")
	}
	note = strings.TrimSpace(message.Clean(cut(note, MaxFreezeNote)))
	err := a.do(ctx, who, act{"account.freeze", officeLog(who), gate.Security}, func(tx *store.Tx, now time.Time) (string, string, error) {
		if err := a.mayCareFor(tx, who, person); err != nil {
			return "", "", err
		}
		since, err := strangerSince(tx, person, now)
		if err != nil {
			return "", "", err
		}
		f := account.Freeze{Person: person, At: now, Since: since, By: who.String(), Why: account.FrozenBySchool, Note: note}
		seals, err := a.freeze(tx, f)
		return account.Person{ID: person}.Number(), seals, err
	})
	return orElse(err, a.revoked(ctx))
}

// MaxFreezeNote bounds the note that goes with a freeze, in bytes.
const MaxFreezeNote = 2000

// freeze keeps everybody out of an account and ends its sessions. What it sent and
// how it was entered is kept before, once: the journal gets the seals of the files.
func (a *App) freeze(tx *store.Tx, f account.Freeze) (detail string, err error) {
	if err := tx.HoldPerson(f.Person); err != nil { // a session that is being opened is in the evidence, or is refused
		return "", err
	}
	switch _, err = tx.Freeze(f.Person); {
	case fault.Is(err, fault.NotFound):
		if detail, err = a.keepEvidence(tx, f); err != nil {
			return "", err
		}
		if err = a.tellBrowsers(tx, account.Alteration{Person: f.Person, Kind: account.AccountFrozen, At: f.At}); err != nil {
			return "", err
		}
	case err != nil:
		return "", err
	}
	if err := tx.PutFreeze(f); err != nil {
		return "", err
	}
	_, err = tx.EndSessions(f.Person, [32]byte{}, f.At)
	return detail, err
}

// strangerSince is since when somebody else may have used an account: since the
// first device that is not known to be its owner's, if that is not long ago.
func strangerSince(tx *store.Tx, person account.PersonID, now time.Time) (since time.Time, err error) {
	devices, err := tx.Devices(person)
	since = now.Add(-account.EvidenceBefore)
	for _, d := range devices {
		if !d.IsKnown(now) && d.First.Before(since) && now.Sub(d.Seen) < account.EvidenceBefore {
			since = d.First
		}
	}
	return since, err
}

// TickGiveBack notes a step before an account is given back: done, or decided with
// its owner.
func (a *App) TickGiveBack(ctx context.Context, who Actor, person account.PersonID, step account.GiveBackStep) error {
	if step >= account.GiveBackSteps {
		return invalid("Cette étape n’existe pas.", "This step does not exist.")
	}
	return a.do(ctx, who, act{"account.give-back-step", officeLog(who), gate.Security}, func(tx *store.Tx, now time.Time) (string, string, error) {
		if err := a.mayCareFor(tx, who, person); err != nil {
			return "", "", err
		}
		if _, err := tx.Freeze(person); err != nil {
			return "", "", err
		}
		return account.Person{ID: person}.Number(), fmt.Sprintf("step %d", step), tx.PutGiveBack(person, step, who.String(), now)
	})
}

// GiveBack ends a freeze once each step was ticked. The owner signs in again with a
// new password, after a proof that whoever stole the old one lacks.
func (a *App) GiveBack(ctx context.Context, who Actor, person account.PersonID) error {
	if err := a.fresh(who); err != nil {
		return err
	}
	err := a.do(ctx, who, act{"account.give-back", officeLog(who), gate.Security}, func(tx *store.Tx, now time.Time) (string, string, error) {
		if err := a.mayCareFor(tx, who, person); err != nil {
			return "", "", err
		}
		done, err := tx.GivenBack(person)
		if err != nil {
			return "", "", err
		}
		if len(done) < int(account.GiveBackSteps) {
			return "", "", invalid("Cochez d’abord chaque étape : le compte rendu trop tôt serait volé de nouveau.",
				"Tick each step first: an account that is given back too soon is stolen again.")
		}
		if err := tx.EndFreeze(person); err != nil {
			return "", "", err
		}
		if err := tx.KeepEvidenceUntil(person, now.Add(evidenceKept)); err != nil {
			return "", "", err
		}
		return account.Person{ID: person}.Number(), "", tx.PutRenewal(account.Renewal{Person: person, Since: now, Why: account.RenewGivenBack})
	})
	return orElse(err, a.revoked(ctx))
}

// mayCareFor refuses who is not responsible for somebody's account: the head of a
// school where they have a place, and the offices above it are. Nobody is for an
// office's holder but an office above, nor for the head of another school.
func (a *App) mayCareFor(tx *store.Tx, who Actor, person account.PersonID) error {
	within, err := a.careOf(who)
	if err != nil {
		return err
	}
	members, err := tx.MembershipsOf(person)
	if err != nil {
		return err
	}
	offices, err := tx.Offices(person)
	if err != nil {
		return err
	}
	inside := slices.ContainsFunc(members, func(m account.Membership) bool { return a.contains(within, m.School) })
	switch {
	case holdsBeside(within, offices), inside && a.headsBeside(within, members):
		return denied("Cette personne tient un service ou dirige un établissement qui n’est pas au-dessous du vôtre : adressez-vous à l’autorité au-dessus.",
			"This person holds an office, or heads a school, that is not below yours: speak to the authority above.")
	case inside:
		return nil
	}
	return notFound("Cette personne n’a pas de place dans vos établissements.", "This person has no place in your schools.")
}

// contains reports whether a school lies in a territory.
func (a *App) contains(within school.Territory, uai school.UAI) bool {
	sc, err := a.gate.Load().School(uai)
	return err == nil && within.Contains(sc.Territory())
}

// beside reports whether a person holds an office that is not below a territory, or
// heads a school outside it: who takes that account takes that school.
func (a *App) beside(tx *store.Tx, within school.Territory, person account.PersonID) (bool, error) {
	offices, err := tx.Offices(person)
	if err != nil || holdsBeside(within, offices) {
		return err == nil, err
	}
	members, err := tx.MembershipsOf(person)
	return a.headsBeside(within, members), err
}

func holdsBeside(within school.Territory, offices []account.Office) bool {
	return slices.ContainsFunc(offices, func(o account.Office) bool { return o.Territory == within || !within.Contains(o.Territory) })
}

func (a *App) headsBeside(within school.Territory, members []account.Membership) bool {
	return slices.ContainsFunc(members, func(m account.Membership) bool { return m.Role == school.Head && !a.contains(within, m.School) })
}

// careOf is the territory of whose accounts the actor takes care.
func (a *App) careOf(who Actor) (school.Territory, error) {
	if who.Member.ID != 0 && who.Member.Role != school.Head {
		return "", denied("Seule la direction prend soin des comptes de l’établissement.", "Only the head takes care of the school's accounts.")
	}
	return a.TerritoryOf(who)
}

// officeLog is the journal's log of the actor's school or territory.
func officeLog(who Actor) journal.Log {
	if who.Member.ID != 0 {
		return logOf(who.Member.School)
	}
	return logAt(who.Office.Territory)
}

// shutAnswer is what enforcement points are told of an account that nobody may use
// for now; nil for others.
func shutAnswer(tx *store.Tx, person account.PersonID) (*enforce.Answer, error) {
	switch _, err := tx.Freeze(person); {
	case err == nil:
		return frozenAnswer, nil
	case ignoreNotFound(err) != nil:
		return nil, err
	}
	_, err := tx.Renewal(person)
	if err == nil {
		return renewalAnswer, nil
	}
	return nil, ignoreNotFound(err)
}

// renewalAnswer answers enforcement points about an account that is to be given a
// new password: who holds what the old one opened may be a thief.
var renewalAnswer = enforce.Undecided(
	"Un nouveau mot de passe est demandé pour ce compte, peut-être volé\u00a0: connectez-vous à Écluse pour le choisir. Vous n’avez rien fait de mal.",
	"A new password is asked for this account, which may have been stolen: sign in to Écluse to choose it. You have done nothing wrong.")

// frozenAnswer answers enforcement points about a frozen account.
var frozenAnswer = enforce.Undecided(
	"Ce compte est bloqué pour protéger la personne à qui il appartient. Elle s’adresse à son établissement, qui le lui rendra.",
	"This account is frozen to protect its owner, who asks the school to give it back.")
