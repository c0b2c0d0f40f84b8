package ecluse

import (
	"context"
	"strings"

	"github.com/ecluse-ecole/ecluse/internal/account"
	"github.com/ecluse-ecole/ecluse/internal/store"
)

// CheckNewPassword refuses a new password that is too easy to guess, or that
// strangers know. It is held against what the person has besides: a shorter one will
// do beside a second proof.
func (a *App) CheckNewPassword(ctx context.Context, p account.Person, password string) error {
	_, err := a.newPassword(ctx, p, password, false)
	return err
}

// newPassword is CheckNewPassword, and tells whether the password is enough only
// beside a second proof. alone is for who is about to lose theirs.
func (a *App) newPassword(ctx context.Context, p account.Person, password string, alone bool) (beside bool, err error) {
	d, err := a.demand(ctx, p)
	if err != nil {
		return false, err
	}
	strict := d
	strict.Beside = false
	if err = account.CheckPassword(strict, password); err != nil && d.Beside && !alone {
		beside, err = true, account.CheckPassword(d, password)
	}
	if err != nil {
		return false, err
	}
	return beside, a.checkUnleaked(password)
}

// demand is what a person's new password is held against: among others the words of
// their schools and offices, which everybody around them knows.
func (a *App) demand(ctx context.Context, p account.Person) (d account.Demand, err error) {
	d.Person = p
	var members []account.Membership
	var offices []account.Office
	err = a.store.Read(ctx, func(tx *store.Tx) error {
		kinds, err := tx.FactorKinds(p.ID)
		if err != nil {
			return err
		}
		d.Beside = kinds&primary != 0
		if members, err = tx.MembershipsOf(p.ID); err != nil {
			return err
		}
		offices, err = tx.Offices(p.ID)
		return err
	})
	names := []string{}
	for _, m := range members {
		if sc, err := a.gate.Load().School(m.School); err == nil {
			names = append(names, sc.Name, string(sc.UAI), a.TerritoryName(sc.Parent))
		}
	}
	for _, o := range offices {
		names = append(names, o.Title, a.TerritoryName(o.Territory))
	}
	for _, word := range strings.Fields(strings.Join(names, " ")) {
		if len([]rune(word)) >= shortestKnownWord {
			d.Words = append(d.Words, word)
		}
	}
	return d, err
}

// shortestKnownWord is how many letters a word of a school's name has that counts.
const shortestKnownWord = 4

// putPassword sets a password. One that is enough only beside a second proof is
// refused to who has none any more.
func putPassword(tx *store.Tx, c account.Credential) error {
	kinds, err := tx.FactorKinds(c.Person)
	if err != nil {
		return err
	}
	if c.Beside && kinds&primary == 0 {
		return invalid("Votre deuxième preuve a été retirée entre-temps\u00a0: choisissez un mot de passe plus long.",
			"Your second proof was removed meanwhile: choose a longer password.")
	}
	return tx.PutCredential(c)
}

// mayStandAlone refuses to take the last second proof from a password that is not
// enough without one.
func mayStandAlone(tx *store.Tx, person account.PersonID) error {
	kinds, err := tx.FactorKinds(person)
	if err != nil || kinds&primary != 0 {
		return err
	}
	c, err := tx.Credential(person)
	if err == nil && c.Beside {
		return invalid("Sans deuxième preuve, votre mot de passe serait trop court. Changez-le d’abord pour un plus long, puis retirez cette preuve.",
			"Without a second proof your password would be too short. Change it for a longer one first, then remove this proof.")
	}
	return ignoreNotFound(err)
}
