package ecluse

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/ecluse-ecole/ecluse/internal/account"
	"github.com/ecluse-ecole/ecluse/internal/fault"
	"github.com/ecluse-ecole/ecluse/internal/gate"
	"github.com/ecluse-ecole/ecluse/internal/journal"
	"github.com/ecluse-ecole/ecluse/internal/school"
	"github.com/ecluse-ecole/ecluse/internal/store"
)

// An Actor is who acts: a signed-in person and, where the act belongs to one,
// the membership or the office they act as.
type Actor struct {
	Person  account.Person
	Member  account.Membership // zero outside any school
	Office  account.Office     // zero without authority
	Session [32]byte           // digest of the session's token
	Proved  time.Time          // when the latest proof of who acts was given
	Facts   gate.Facts         // what orders may require of the account
	Part    string             // a part of the program that acts by itself, such as "feed"
}

// String is how the journal names the actor: by number, never by name.
func (w Actor) String() string {
	if w.Part != "" {
		return w.Part
	}
	if w.Member.ID != 0 {
		return fmt.Sprintf("person %d as member %d", w.Person.ID, w.Member.ID)
	}
	if w.Office.Territory != "" {
		return fmt.Sprintf("person %d for %s", w.Person.ID, w.Office.Territory)
	}
	return fmt.Sprintf("person %d", w.Person.ID)
}

// An act is one verb that somebody is about to do.
type act struct {
	verb   string
	log    journal.Log
	action gate.Action // what the gate must allow at the actor's place
}

// work does what an act is about. It returns the subject and detail for the
// journal, which never hold the text of a message.
type work func(tx *store.Tx, now time.Time) (subject, detail string, err error)

// errStale says that the orders in the database are newer than the snapshot.
var errStale = errors.New("the orders have changed")

// do is the one door: it fixes the instant, asks the gate, does the work and
// journals it, in one transaction. No act is decided by older orders than those
// the transaction sees, whichever node issued them.
func (a *App) do(ctx context.Context, who Actor, v act, w work) error {
	for range 3 {
		err := a.try(ctx, who, v, w)
		if !errors.Is(err, errStale) {
			return err
		}
		if err := a.Reload(ctx); err != nil {
			return err
		}
	}
	return changing()
}

func changing() error {
	return fault.New(fault.Unavailable,
		"Les ordres changent en ce moment. Réessayez dans un instant.", "The orders are changing just now. Try again in a moment.")
}

// try does an act once.
func (a *App) try(ctx context.Context, who Actor, v act, work work) error {
	return a.store.Write(ctx, func(tx *store.Tx) error {
		now := a.clock.Now()
		if err := a.pass(tx, who, v.action, now); err != nil {
			return err
		}
		subject, detail, err := work(tx, now)
		if err != nil {
			return err
		}
		return tx.Append(journal.Entry{
			Log: v.log, At: now, Actor: who.String(), Verb: v.verb, Subject: subject, Detail: detail,
		})
	})
}

// pass asks the gate whether the action is open at the actor's place, by the
// orders that the transaction sees.
func (a *App) pass(tx *store.Tx, who Actor, action gate.Action, now time.Time) error {
	if _, always := gate.Needs(action); always {
		return nil
	}
	generation, err := tx.Generation()
	if err != nil {
		return err
	}
	if generation != a.gate.Load().Version() {
		return errStale
	}
	return a.open(who, action, now)
}

// open asks the present snapshot whether the action is open.
func (a *App) open(who Actor, action gate.Action, now time.Time) error {
	if _, always := gate.Needs(action); always {
		return nil
	}
	if who.Member.ID == 0 {
		return denied("Choisissez d’abord l’établissement.", "Choose the school first.")
	}
	if st := a.stateAt(who, 0, now); !gate.Allows(st.Decision, action) {
		return &ClosedError{State: st}
	}
	return nil
}

// A ClosedError refuses what an order closes for now. Faces show its notice.
type ClosedError struct {
	State State
}

// Error is for logs; people read the notice.
func (e *ClosedError) Error() string {
	return fmt.Sprintf("messaging is %s for %s at %s", e.State.Decision.Access, e.State.Role, e.State.School.UAI)
}

// Unwrap makes a ClosedError a fault of kind Closed.
func (e *ClosedError) Unwrap() error {
	return fault.New(fault.Closed, "La messagerie est fermée pour le moment.", "Messaging is closed for now.")
}

func denied(french, english string) error   { return fault.New(fault.Denied, french, english) }
func notFound(french, english string) error { return fault.New(fault.NotFound, french, english) }
func invalid(french, english string) error  { return fault.New(fault.Invalid, french, english) }

// logOf is the journal's log of a school.
func logOf(uai school.UAI) journal.Log { return journal.Log(uai) }

// logAt is the journal's log of a territory; a school's is its UAI, whoever acts.
func logAt(t school.Territory) journal.Log {
	last := string(t[len(t.Parent()):])
	if uai, err := school.ParseUAI(strings.TrimPrefix(last, "/")); err == nil {
		return logOf(uai)
	}
	return journal.Log(t)
}
