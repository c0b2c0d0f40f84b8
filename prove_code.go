package ecluse

import (
	"context"
	"errors"
	"slices"
	"time"

	"github.com/ecluse-ecole/ecluse/internal/account"
	"github.com/ecluse-ecole/ecluse/internal/fault"
	"github.com/ecluse-ecole/ecluse/internal/store"
)

// ProveCode proves with a code who asks: of an application, of the list of
// recovery codes or of a printed card. A code counts once, and wrong ones make the
// next wait, sooner and longer than wrong passwords do; after ten the owner is told.
func (a *App) ProveCode(ctx context.Context, from Caller, by account.Factors, code string) (Welcome, error) {
	v, err := a.Halfway(ctx, from.Token)
	if err != nil {
		return Welcome{}, err
	}
	turn := &a.codes[uint64(v.Person.ID)%uint64(len(a.codes))]
	turn.Lock() // guesses sent together are judged like guesses sent in a row
	defer turn.Unlock()
	try := account.CodeTry(v.Person.Login, by, account.Try{Device: account.DigestOf(from.Device), At: a.clock.Now()})
	if err := a.mayTryCode(ctx, try); err != nil {
		return Welcome{}, err
	}
	welcome, err := a.advance(ctx, v, from, by, func(tx *store.Tx, now time.Time) error {
		if err := a.useCode(tx, v.Person.ID, by, code, now); err != nil {
			return err
		}
		return tx.AddTry(account.CodeTry(v.Person.Login, by, account.Try{Device: try.Device, At: try.At, OK: true}))
	})
	if errors.Is(err, errWrongCode) {
		err = orElse(a.store.Write(ctx, func(tx *store.Tx) error { return a.missCode(tx, v.Session, from, try) }), err)
	}
	return welcome, err
}

// missCode keeps a wrong code, and tells the owner once a day where somebody guesses:
// whoever came so far has the password.
func (a *App) missCode(tx *store.Tx, s account.Session, from Caller, try account.Try) error {
	if err := tx.AddTry(try); err != nil {
		return err
	}
	tries, err := codeTries(tx, try)
	if err != nil || !account.GuessedAt(tries, try.At) {
		return err
	}
	told, err := tx.Alterations(s.Person, try.At.Add(-account.CodeWindow))
	if err != nil || slices.ContainsFunc(told, func(c account.Alteration) bool { return c.Kind == account.CodesGuessed }) {
		return err
	}
	s.Browser, s.Address, s.Country = try.Device, from.Address, a.places.Find(from.Address).Country
	return a.alteredIn(tx, s, account.CodesGuessed, try.At)
}

// codeTries are the wrong codes of an account lately, and the right ones of the
// devices that are known by them.
func codeTries(tx *store.Tx, try account.Try) ([]account.Try, error) {
	return tx.Tries(try.Address, try.Address, try.At.Add(-account.CodeWindow), try.At.Add(-knownFor))
}

// errWrongCode refuses a code that is none of the account's.
var errWrongCode = fault.New(fault.Invalid, "Ce code ne correspond pas. Vérifiez-le, ou attendez le suivant.",
	"This code does not match. Check it, or wait for the next one.")

// mayTryCode says whether a code has to wait.
func (a *App) mayTryCode(ctx context.Context, try account.Try) error {
	return a.store.Read(ctx, func(tx *store.Tx) error {
		tries, err := codeTries(tx, try)
		if err != nil {
			return err
		}
		if wait := account.WaitCode(tries, try); wait > 0 {
			return tooSoon(wait)
		}
		return nil
	})
}

// useCode spends a code of one of the person's factors.
func (a *App) useCode(tx *store.Tx, person account.PersonID, by account.Factors, code string, now time.Time) error {
	list, err := tx.Factors(person)
	if err != nil {
		return err
	}
	for _, f := range list {
		if f.Kind != by {
			continue
		}
		secret, err := a.unseal(person, f.Kind, f.Secret)
		if err != nil {
			return err
		}
		if used, err := a.useIf(tx, f, secret, code, now); used || err != nil {
			return err
		}
	}
	return errWrongCode
}

// useIf spends a code if it is one of the factor's.
func (a *App) useIf(tx *store.Tx, f account.Factor, secret []byte, code string, now time.Time) (used bool, err error) {
	switch f.Kind {
	case account.ByCode:
		step, ok := account.CodeStep(secret, code, now)
		if !ok {
			return false, nil
		}
		return true, tx.UseFactor(f.ID, f.Secret, step, now)
	case account.ByRecovery:
		left, ok := account.SpendRecovery(secret, code)
		if !ok {
			return false, nil
		}
		err := tx.UseFactor(f.ID, a.seal.Close(f.Person, f.Kind, left), f.Mark+1, now)
		if err == nil && len(left) == 0 {
			err = tx.RemoveFactors(f.Person, f.Kind)
		}
		return true, err
	case account.ByCard: // an empty one stays: a thief must not wait for it to be used up
		left, ok := account.SpendCard(secret, code)
		if !ok {
			return false, nil
		}
		return true, tx.UseFactor(f.ID, a.seal.Close(f.Person, f.Kind, left), f.Mark+1, now)
	default:
		return false, nil
	}
}
