package ecluse

import (
	"context"
	"strings"
	"time"

	"github.com/ecluse-ecole/ecluse/internal/account"
	"github.com/ecluse-ecole/ecluse/internal/gate"
	"github.com/ecluse-ecole/ecluse/internal/journal"
	"github.com/ecluse-ecole/ecluse/internal/store"
)

// How long things about signing in last.
const (
	sessionIdle   = 12 * time.Hour      // without a request
	halfwayFor    = 30 * time.Minute    // until what is still asked was proved
	sessionLonger = 30 * 24 * time.Hour // at all
	touchEvery    = 5 * time.Minute     // how precisely the last use is kept
	knownFor      = 90 * 24 * time.Hour // a device is known that long after it last signed in
)

// SignOut ends the session that acts.
func (a *App) SignOut(ctx context.Context, who Actor) error {
	return a.endSession(ctx, who, who.Session)
}

// Sessions lists the person's own.
func (a *App) Sessions(ctx context.Context, who Actor) (list []account.Session, err error) {
	err = a.store.Read(ctx, func(tx *store.Tx) (err error) {
		list, err = tx.SessionsOf(who.Person.ID)
		return err
	})
	return list, err
}

// EndSession ends one of the person's own sessions.
func (a *App) EndSession(ctx context.Context, who Actor, digest [32]byte) error {
	own, err := a.Sessions(ctx, who)
	if err != nil {
		return err
	}
	for _, s := range own {
		if s.Digest == digest {
			return a.endSession(ctx, who, digest)
		}
	}
	return notFound("Cette connexion est déjà fermée.", "This session has ended already.")
}

func (a *App) endSession(ctx context.Context, who Actor, digest [32]byte) error {
	err := a.do(ctx, who, act{"session.end", journal.Installation, gate.Security}, func(tx *store.Tx, now time.Time) (string, string, error) {
		return who.String(), "", tx.EndSession(digest, now)
	})
	return orElse(err, a.revoked(ctx))
}

// MayChangePassword refuses who has no password here, and who has a second proof and
// has not given it lately: the password alone may be stolen.
func (a *App) MayChangePassword(ctx context.Context, who Actor) error {
	return a.store.Read(ctx, func(tx *store.Tx) error {
		own, err := hasPassword(tx, who.Person.ID)
		if err != nil {
			return err
		}
		if !own {
			return notFound("Vous n’avez pas de mot de passe dans Écluse : changez celui du service par lequel vous entrez.",
				"You have no password in Écluse: change that of the service by which you come in.")
		}
		kinds, err := tx.FactorKinds(who.Person.ID)
		if err == nil && kinds != 0 {
			err = a.fresh(who)
		}
		return err
	})
}

// ChangePassword asks for the present password, sets the new one and ends all
// other sessions of the person. Guesses at the present one are limited as those
// at signing in are, but apart from them: no stranger keeps the owner from it.
func (a *App) ChangePassword(ctx context.Context, who Actor, present, next string) error {
	beside, err := a.newPassword(ctx, who.Person, next, false)
	if err != nil {
		return err
	}
	if err := a.MayChangePassword(ctx, who); err != nil {
		return err
	}
	if _, err := a.prove(ctx, who, present); err != nil {
		return err
	}
	hash, err := a.hasher.Hash(ctx, next)
	if err != nil {
		return err
	}
	return a.replacePassword(ctx, who, account.Credential{Person: who.Person.ID, Hash: hash, Beside: beside})
}

// prove asks who is signed in for their password again, and returns what it was
// verified against.
func (a *App) prove(ctx context.Context, who Actor, password string) (hash string, err error) {
	own := signedIn + who.Person.Login
	try := account.Try{Login: own, Address: own, At: a.clock.Now()}
	err = a.hasher.VerifyGuess(ctx, account.Guess{
		From: account.Place{Rank: account.OnDevice, Key: own}, Password: password,
		Stored: func() (_ string, err error) {
			hash, err = a.presentHash(ctx, who, try)
			return hash, err
		},
		Wrong: func() error {
			return orElse(a.store.Write(ctx, func(tx *store.Tx) error { return tx.AddTry(try) }), wrongPassword())
		},
	})
	return hash, err
}

func wrongPassword() error {
	return invalid("Le mot de passe actuel ne correspond pas.", "The present password does not match.")
}

// signedIn begins the login and address of tries by who is signed in.
// No login that is typed begins so: FoldLogin trims it.
const signedIn = "\n"

// presentHash is the actor's own, unless this try must wait.
func (a *App) presentHash(ctx context.Context, who Actor, try account.Try) (hash string, err error) {
	err = a.store.Read(ctx, func(tx *store.Tx) error {
		tries, err := tx.Tries(try.Login, try.Address, try.At.Add(-account.TryWindow), try.At)
		if err != nil {
			return err
		}
		if wait := account.Wait(tries, try); wait > 0 {
			return tooSoon(wait)
		}
		c, err := tx.Credential(who.Person.ID)
		hash = c.Hash
		return err
	})
	return hash, err
}

func (a *App) replacePassword(ctx context.Context, who Actor, c account.Credential) error {
	err := a.do(ctx, who, act{"password.change", journal.Installation, gate.Security}, func(tx *store.Tx, now time.Time) (string, string, error) {
		c.Changed = now
		if err := putPassword(tx, c); err != nil {
			return "", "", err
		}
		if err := a.altered(tx, who, account.PasswordChanged, now); err != nil {
			return "", "", err
		}
		_, err := tx.EndSessions(who.Person.ID, who.Session, now)
		return who.String(), "", err
	})
	if err != nil {
		return err
	}
	return a.revoked(ctx)
}

// SetLanguage keeps the language the person reads.
func (a *App) SetLanguage(ctx context.Context, who Actor, lang string) error {
	if lang != "fr" && lang != "en" {
		return invalid("Cette langue n’est pas disponible.", "This language is not available.")
	}
	return a.store.Write(ctx, func(tx *store.Tx) error { return tx.SetLanguage(who.Person.ID, lang) })
}

func orElse(err, other error) error {
	if err != nil {
		return err
	}
	return other
}

// cut makes valid text of the first n bytes of a foreign string.
func cut(s string, n int) string {
	s = strings.ToValidUTF8(s[:min(len(s), n)], "\uFFFD")
	return strings.ReplaceAll(s, "\x00", "\uFFFD")
}
