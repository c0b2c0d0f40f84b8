package ecluse

import (
	"context"
	"time"

	"github.com/ecluse-ecole/ecluse/internal/account"
	"github.com/ecluse-ecole/ecluse/internal/fault"
	"github.com/ecluse-ecole/ecluse/internal/gate"
	"github.com/ecluse-ecole/ecluse/internal/journal"
	"github.com/ecluse-ecole/ecluse/internal/store"
)

// freshFor is how long a proof of who acts is enough for what is risky.
const freshFor = 15 * time.Minute

// fresh refuses what is risky to who has not proved lately who they are. Who acts
// without a session, as commands do, needs no proof.
func (a *App) fresh(who Actor) error {
	if who.Session == ([32]byte{}) || a.clock.Now().Sub(who.Proved) < freshFor {
		return nil
	}
	return unproved()
}

func unproved() error {
	return fault.New(fault.Unproved,
		"Pour cela, prouvez de nouveau que c’est bien vous.", "For this, prove again that it is you.")
}

// Fresh is for faces: what asks for a fresh proof before it is shown at all.
func (a *App) Fresh(who Actor) error { return a.fresh(who) }

// stillIn refuses whose session has ended since the act began. A changed password
// or proof ends the sessions that were opened with the old one.
func stillIn(tx *store.Tx, who Actor) error {
	if who.Session == ([32]byte{}) {
		return nil
	}
	_, err := tx.Session(who.Session)
	return signedOutIf(err)
}

// ProvePassword proves with the password who asks, where no second factor is set
// up: in a session that is asked for from elsewhere, or before something risky.
func (a *App) ProvePassword(ctx context.Context, from Caller, password string) (Welcome, error) {
	v, err := a.Halfway(ctx, from.Token)
	if err != nil {
		return Welcome{}, err
	}
	hash, err := a.prove(ctx, v.Alone(), password)
	if err != nil {
		return Welcome{}, err
	}
	return a.advance(ctx, v, from, account.ByPassword, func(tx *store.Tx, _ time.Time) error {
		c, err := tx.Credential(v.Person.ID)
		if err == nil && c.Hash != hash {
			err = wrongPassword()
		}
		return err
	})
}

// advance notes a proof in a session and gives the browser a new token: what was
// known of the session before opens nothing more. use spends what was brought, in
// the same transaction, so that nothing counts twice. A session that is asked for
// from another browser stays with the first one; this one gets its own.
func (a *App) advance(ctx context.Context, v Visit, from Caller, by account.Factors, use func(tx *store.Tx, now time.Time) error) (Welcome, error) {
	if from.Device == "" {
		from.Device, _ = account.NewToken() // else all browsers without one were the same
	}
	welcome := Welcome{Device: from.Device}
	var digest [32]byte
	welcome.Token, digest = account.NewToken()
	err := a.do(ctx, v.Alone(), act{"session.prove", journal.Installation, gate.Security}, func(tx *store.Tx, now time.Time) (string, string, error) {
		if err := tx.HoldPerson(v.Person.ID); err != nil {
			return "", "", err
		}
		s, err := tx.Session(v.Session.Digest)
		if err != nil {
			return "", "", signedOutIf(err)
		}
		if err := enough(tx, s, by); err != nil {
			return "", "", err
		}
		if err := use(tx, now); err != nil {
			return "", "", err
		}
		next := a.proved(s, from, by, now)
		if next.Digest = digest; next.Browser != s.Browser {
			next.Created, next.Seen = now, now
		}
		if next.Stage, err = a.stageOf(tx, next); err != nil {
			return "", "", err
		}
		welcome.Stage = next.Stage
		if s.Stage == account.StageWhole && next.Stage == account.StageWhole && next.Browser == s.Browser {
			if err := permit(tx, v.Person.ID, digest, toAdd, now); err != nil {
				return "", "", err
			}
		}
		if next.Stage == account.StageWhole { // half-way makes no device and no network known
			err = tx.AddTry(account.Try{Login: v.Person.Login, Address: account.FoldAddress(from.Address), Device: next.Browser, At: now, OK: true})
		}
		if err != nil {
			return "", "", err
		}
		if next.Browser != s.Browser {
			return v.Alone().String(), "another browser", a.keepSession(tx, next, tx.AddSession)
		}
		return v.Alone().String(), "", a.keepSession(tx, next, func(next account.Session) error { return tx.MoveSession(s.Digest, next) })
	})
	return welcome, err
}

// proved is a session after one more proof.
func (a *App) proved(s account.Session, from Caller, by account.Factors, now time.Time) account.Session {
	s.Factors |= by
	s.Proved = now
	s.Browser = account.DigestOf(from.Device)
	if from.Browser != "" {
		s.Device = cut(from.Browser, 200)
	}
	s.Network, s.Address, s.Country = account.FoldNetwork(from.Address), from.Address, a.places.Find(from.Address).Country
	return s
}

// enough refuses a password where a second factor is set up: who stole a session
// has often stolen the password too.
func enough(tx *store.Tx, s account.Session, by account.Factors) error {
	kinds, err := tx.FactorKinds(s.Person)
	if err == nil && kinds != 0 && !by.Second() {
		err = denied("Votre compte demande aussi une deuxième preuve : prenez celle-ci.", "Your account asks for a second proof as well: use that one.")
	}
	return err
}

// signedOutIf tells who acts in a session that has ended that it has.
func signedOutIf(err error) error {
	if fault.Is(err, fault.NotFound) {
		return signedOut()
	}
	return err
}

// Ways is how somebody can prove who they are in a session.
func (a *App) Ways(ctx context.Context, v Visit) (ways account.Factors, err error) {
	var own bool
	err = a.store.Read(ctx, func(tx *store.Tx) (err error) {
		if ways, err = tx.FactorKinds(v.Person.ID); err != nil {
			return err
		}
		own, err = hasPassword(tx, v.Person.ID)
		return err
	})
	switch {
	case ways != 0 || v.Session.Stage == account.StageRenewal:
	case v.Session.Stage == account.StageStranger:
		ways, err = a.mailable(ctx, v)
	case own:
		ways = account.ByPassword
	}
	if a.MayBeVouchedFor(v) {
		ways |= account.ByWitness
	}
	return ways, err
}
