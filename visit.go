package ecluse

import (
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/ecluse-ecole/ecluse/internal/account"
	"github.com/ecluse-ecole/ecluse/internal/fault"
	"github.com/ecluse-ecole/ecluse/internal/gate"
	"github.com/ecluse-ecole/ecluse/internal/place"
	"github.com/ecluse-ecole/ecluse/internal/school"
	"github.com/ecluse-ecole/ecluse/internal/store"
)

// A Visit is a session that holds: the person, their places and their offices.
type Visit struct {
	Person  account.Person
	Members []account.Membership
	Offices []account.Office
	Session account.Session
	Facts   gate.Facts
	Own     bool          // there is a password here
	Found   place.Finding // where it comes from; of Visit alone

	travels []account.Travel
}

// A Caller is who asks, as far as a request shows it.
type Caller struct {
	Token   string // of the session
	Device  string // the browser's long-lived device token
	Address string
	Browser string // what the browser calls itself; "" where nothing new is to be kept
}

// A StageError refuses a session that is not whole: something is still to be
// proved. Faces lead to where it is.
type StageError struct {
	Stage account.Stage
}

// Error is for logs; people are led on.
func (e *StageError) Error() string { return fmt.Sprintf("the session is at stage %d", e.Stage) }

// Unwrap makes a StageError a fault of kind SignedOut, for faces that cannot lead on.
func (e *StageError) Unwrap() error { return signedOut() }

// Visit finds the session of a caller: a fault of kind SignedOut if there is
// none, a StageError if it is not whole or comes from elsewhere. A session's
// cookie can be stolen like a password: it holds in the browser that signed in,
// in networks where its person has proved who they are, and elsewhere only after
// they do so again. Where it comes from is looked at each time, too.
func (a *App) Visit(ctx context.Context, from Caller) (Visit, error) {
	v, err := a.Halfway(ctx, from.Token)
	switch {
	case err != nil:
		return v, err
	case v.Session.Stage != account.StageWhole:
		return v, &StageError{v.Session.Stage}
	}
	v.locate(a.places.Find(from.Address), a.clock.Now())
	moved, err := a.moved(ctx, v, from)
	if err != nil {
		return v, err
	}
	doubt, err := a.admits(v.Found, v.travels, v.Session.Factors)
	if err != nil {
		return v, err
	}
	if moved || doubt {
		return v, &StageError{account.StageMoved}
	}
	return v, a.touch(ctx, v.Session, a.clock.Now())
}

// Halfway finds the session of a token whatever its stage: for the pages that
// lead on, and for ending it.
func (a *App) Halfway(ctx context.Context, token string) (Visit, error) {
	var v Visit
	if token == "" {
		return v, signedOut()
	}
	err := a.store.Read(ctx, func(tx *store.Tx) error {
		var err error
		if v.Session, err = tx.Session(account.DigestOf(token)); err != nil {
			return err
		}
		return v.load(tx, a.clock.Now())
	})
	if fault.Is(err, fault.NotFound) || err == nil && !a.clock.Now().Before(v.Session.Expires) {
		return v, signedOut()
	}
	return v, err
}

// moved reports whether a session is asked for from another browser, or from a
// network in which its person has not proved who they are. One in which they have
// is noted.
func (a *App) moved(ctx context.Context, v Visit, from Caller) (bool, error) {
	if account.DigestOf(from.Device) != v.Session.Browser {
		return true, nil
	}
	network := account.FoldNetwork(from.Address)
	if network == v.Session.Network {
		return false, nil
	}
	known, err := a.knownNetwork(ctx, v.Person.Login, network)
	if err != nil || !known {
		return true, err
	}
	return false, a.store.Write(ctx, func(tx *store.Tx) error {
		return tx.MoveNetwork(v.Session.Digest, network, from.Address, v.Found.Country)
	})
}

// knownNetwork reports whether somebody proved to be the owner of a login from a
// network these last months.
func (a *App) knownNetwork(ctx context.Context, login, network string) (bool, error) {
	now := a.clock.Now()
	var tries []account.Try
	err := a.store.Read(ctx, func(tx *store.Tx) (err error) {
		tries, err = tx.Tries(login, "", now, now.Add(-knownFor))
		return err
	})
	return slices.ContainsFunc(tries, func(t account.Try) bool {
		return t.OK && t.Login == login && account.FoldNetwork(t.Address) == network
	}), err
}

// VisitOf is a person's visit without a session, for commands and tests on the
// machine itself.
func (a *App) VisitOf(ctx context.Context, login string) (v Visit, err error) {
	err = a.store.Read(ctx, func(tx *store.Tx) error {
		p, err := tx.PersonByLogin(account.FoldLogin(login))
		if err != nil {
			return err
		}
		v.Session.Person = p.ID
		return v.load(tx, a.clock.Now())
	})
	return v, err
}

// load reads who the session's person is and where they have a place.
func (v *Visit) load(tx *store.Tx, now time.Time) (err error) {
	if v.Person, err = tx.Person(v.Session.Person); err != nil {
		return err
	}
	if v.Members, err = tx.MembershipsOf(v.Person.ID); err != nil {
		return err
	}
	if v.Offices, err = tx.Offices(v.Person.ID); err != nil {
		return err
	}
	if v.travels, err = tx.Travels(v.Person.ID, now); err != nil {
		return err
	}
	device, err := tx.Device(v.Person.ID, v.Session.Browser)
	if err := ignoreNotFound(err); err != nil {
		return err
	}
	credential, err := tx.Credential(v.Person.ID)
	v.Facts.KnownDevice = device.IsKnown(now)
	v.Facts.SecondFactor = v.Session.Factors.Second()
	v.Facts.PasswordChanged = credential.Changed.Unix()
	v.Own = credential.Hash != ""
	return ignoreNotFound(err)
}

// touch puts the end of a session off while it is used.
func (a *App) touch(ctx context.Context, s account.Session, now time.Time) error {
	if now.Sub(s.Seen) < touchEvery {
		return nil
	}
	return a.store.Write(ctx, func(tx *store.Tx) error { return tx.TouchSession(s.Digest, now, lasts(s, now)) })
}

func signedOut() error {
	return fault.New(fault.SignedOut, "Connectez-vous pour continuer.", "Sign in to go on.")
}

// As is the actor of one of the visit's memberships.
func (v Visit) As(id account.MemberID) (Actor, error) {
	for _, m := range v.Members {
		if m.ID == id {
			return Actor{Person: v.Person, Member: m, Office: headOffice(m), Session: v.Session.Digest, Proved: v.Session.Proved, Facts: v.Facts}, nil
		}
	}
	return Actor{}, notFound("Cette page n’existe pas, ou n’est pas à vous.", "This page does not exist, or is not yours.")
}

// For is the actor of one of the visit's offices.
func (v Visit) For(t school.Territory) (Actor, error) {
	for _, o := range v.Offices {
		if o.Territory == t {
			return Actor{Person: v.Person, Office: o, Session: v.Session.Digest, Proved: v.Session.Proved, Facts: v.Facts}, nil
		}
	}
	return Actor{}, notFound("Cette page n’existe pas, ou n’est pas à vous.", "This page does not exist, or is not yours.")
}

// Alone is the actor outside any place: account security.
func (v Visit) Alone() Actor {
	return Actor{Person: v.Person, Session: v.Session.Digest, Proved: v.Session.Proved, Facts: v.Facts}
}
