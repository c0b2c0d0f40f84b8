package store

import (
	"database/sql"

	"github.com/ecluse-ecole/ecluse/internal/account"
)

var (
	noFreeze  = missing("Ce compte n’est pas bloqué.", "This account is not frozen.")
	noRenewal = missing("Aucun nouveau mot de passe n’est demandé pour ce compte.", "No new password is asked of this account.")
)

// PutFreeze freezes an account; one that is frozen stays so, for the first reason.
// Every node is told.
func (tx *Tx) PutFreeze(f account.Freeze) error {
	if err := tx.revokeFor(f.Person); err != nil {
		return err
	}
	return tx.put("INSERT INTO frozen (person, at, since, by_whom, why, note) VALUES ($1, $2, $3, $4, $5, $6) ON CONFLICT (person) DO NOTHING",
		f.Person, f.At, f.Since, f.By, f.Why, f.Note)
}

func scanFreeze(row *sql.Rows, f *account.Freeze) error {
	return row.Scan(&f.Person, instant{&f.At}, instant{&f.Since}, &f.By, &f.Why, &f.Note)
}

// Freeze is how an account is frozen; NotFound when it is not.
func (tx *Tx) Freeze(person account.PersonID) (account.Freeze, error) {
	return one(tx, noFreeze, scanFreeze, "SELECT person, at, since, by_whom, why, note FROM frozen WHERE person = $1", person)
}

// EndFreeze gives an account back. Every node is told.
func (tx *Tx) EndFreeze(person account.PersonID) error {
	if err := tx.revokeFor(person); err != nil {
		return err
	}
	if err := tx.put("DELETE FROM give_back WHERE person = $1", person); err != nil {
		return err
	}
	return tx.must(noFreeze, "DELETE FROM frozen WHERE person = $1", person)
}

// PutRenewal asks for a new password; where one was asked before, the graver reason
// stays: a campaign that is stopped gives no stolen account back. Every node is told.
func (tx *Tx) PutRenewal(r account.Renewal) error {
	if err := tx.revokeFor(r.Person); err != nil {
		return err
	}
	return tx.put("INSERT INTO renewal (person, since, why) VALUES ($1, $2, $3) ON CONFLICT (person) DO UPDATE SET why = excluded.why WHERE renewal.why < excluded.why",
		r.Person, r.Since, r.Why)
}

func scanRenewal(row *sql.Rows, r *account.Renewal) error {
	return row.Scan(&r.Person, instant{&r.Since}, &r.Why)
}

// Renewal is whether a new password is asked of a person; NotFound when not.
func (tx *Tx) Renewal(person account.PersonID) (account.Renewal, error) {
	return one(tx, noRenewal, scanRenewal, "SELECT person, since, why FROM renewal WHERE person = $1", person)
}

// EndRenewal notes that the password was renewed, or that it no longer has to be.
// Every node is told.
func (tx *Tx) EndRenewal(person account.PersonID) error {
	if err := tx.revokeFor(person); err != nil {
		return err
	}
	return tx.put("DELETE FROM renewal WHERE person = $1", person)
}
