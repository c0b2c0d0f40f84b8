package ecluse

import (
	"context"
	"time"

	"github.com/ecluse-ecole/ecluse/internal/account"
	"github.com/ecluse-ecole/ecluse/internal/gate"
	"github.com/ecluse-ecole/ecluse/internal/journal"
	"github.com/ecluse-ecole/ecluse/internal/store"
)

// A LeakList is the list of leaked passwords that new and present ones are checked
// against.
type LeakList struct {
	Count   int64
	Built   time.Time
	Trouble bool // it could not be read the last time
}

// LeakList is the list of leaked passwords; there is not always one, and then
// faces say so.
func (a *App) LeakList() (list LeakList, there bool) {
	if a.leaks == nil {
		return list, false
	}
	return LeakList{a.leaks.Count(), a.leaks.Built(), a.leaksTrouble.Load()}, true
}

// Leaked reports whether a password stands in the list of leaked ones. Without a
// list, or with one that cannot be read, none does: that is logged and shown, and
// locks nobody out.
func (a *App) Leaked(password string) bool {
	found, err := a.leaks.Has(password)
	if a.leaksTrouble.Swap(err != nil) != (err != nil) {
		a.log.Error("the list of leaked passwords can be read, or can no more", "error", err)
	}
	return found
}

func (a *App) checkUnleaked(password string) error {
	if !a.Leaked(password) {
		return nil
	}
	return invalid("Ce mot de passe figure dans des listes de mots de passe volés, que d’autres connaissent. Choisissez-en un autre\u00a0: plusieurs mots sans lien entre eux.",
		"This password stands in lists of stolen passwords that others know. Choose another one: a few unrelated words.")
}

// askRenewal asks for a new password where the present one is leaked: whoever has
// just typed it may be its owner or a thief. What was opened with it ends on every
// node. The hash is what it was verified against: one that was changed since is not
// meant.
func (a *App) askRenewal(ctx context.Context, person account.PersonID, hash string) error {
	asked, err := a.renewalAsked(ctx, person)
	if err != nil || asked {
		return err
	}
	who := Actor{Person: account.Person{ID: person}}
	err = a.do(ctx, who, act{"password.leaked", journal.Installation, gate.Security}, func(tx *store.Tx, now time.Time) (string, string, error) {
		if c, err := tx.Credential(person); err != nil || c.Hash != hash {
			return "", "", orElse(err, noMatch())
		}
		if err := tx.PutRenewal(account.Renewal{Person: person, Since: now, Why: account.RenewLeaked}); err != nil {
			return "", "", err
		}
		_, err := tx.EndSessions(person, [32]byte{}, now)
		return who.String(), "", err
	})
	return orElse(err, a.revoked(ctx))
}

// renewalAsked reports whether a new password is asked of somebody already.
func (a *App) renewalAsked(ctx context.Context, person account.PersonID) (asked bool, err error) {
	err = a.store.Read(ctx, func(tx *store.Tx) error {
		_, err := tx.Renewal(person)
		asked = err == nil
		return ignoreNotFound(err)
	})
	return asked, err
}
