package store

import (
	"database/sql"
	"time"

	"github.com/ecluse-ecole/ecluse/internal/account"
	"github.com/ecluse-ecole/ecluse/internal/fault"
)

var (
	noFactor    = missing("Ce moyen de prouver son identité n’existe plus.", "This proof of identity exists no longer.")
	spentFactor = fault.New(fault.Conflict, "Ce code a déjà servi. Attendez le suivant, ou prenez-en un autre.",
		"This code has been used already. Wait for the next one, or take another.")
)

// AddFactor adds a proof beside the password.
func (tx *Tx) AddFactor(f account.Factor) error {
	return tx.put("INSERT INTO factor (id, person, kind, name, secret, added, used, mark) VALUES ($1, $2, $3, $4, $5, $6, $7, $8)",
		f.ID, f.Person, f.Kind, f.Name, f.Secret, f.Added, f.Used, f.Mark)
}

func scanFactor(row *sql.Rows, f *account.Factor) error {
	return row.Scan(&f.ID, &f.Person, &f.Kind, &f.Name, &f.Secret, instant{&f.Added}, instant{&f.Used}, &f.Mark)
}

// Factors is what a person has beside the password, the oldest first.
func (tx *Tx) Factors(person account.PersonID) ([]account.Factor, error) {
	return all(tx, scanFactor, "SELECT id, person, kind, name, secret, added, used, mark FROM factor WHERE person = $1 ORDER BY kind, id", person)
}

// FactorKinds is which kinds of factors a person has.
func (tx *Tx) FactorKinds(person account.PersonID) (kinds account.Factors, err error) {
	list, err := all(tx, column[account.Factors], "SELECT DISTINCT kind FROM factor WHERE person = $1", person)
	for _, k := range list {
		kinds |= k
	}
	return kinds, err
}

// UseFactor notes that a factor proved its owner, up to a counter, with what it
// is verified with from now on. A counter that was reached before is a Conflict:
// of two who bring the same code, one is refused.
func (tx *Tx) UseFactor(id int64, secret []byte, mark int64, now time.Time) error {
	return tx.must(spentFactor, "UPDATE factor SET secret = $1, mark = $2, used = $3 WHERE id = $4 AND mark < $2", secret, mark, now, id)
}

// RemoveFactor forgets one of a person's factors.
func (tx *Tx) RemoveFactor(person account.PersonID, id int64) error {
	return tx.must(noFactor, "DELETE FROM factor WHERE person = $1 AND id = $2", person, id)
}

// RemoveFactors forgets all factors of some kinds that a person has.
func (tx *Tx) RemoveFactors(person account.PersonID, kinds account.Factors) error {
	return tx.put("DELETE FROM factor WHERE person = $1 AND kind & $2 <> 0", person, kinds)
}

// SealedFactor is some factor whose secret is sealed; NotFound where there is none.
func (tx *Tx) SealedFactor(kinds account.Factors) (account.Factor, error) {
	return one(tx, noFactor, scanFactor, "SELECT id, person, kind, name, secret, added, used, mark FROM factor WHERE kind & $1 <> 0 LIMIT 1", kinds)
}

// RenameFactor keeps what its owner calls a factor.
func (tx *Tx) RenameFactor(person account.PersonID, id int64, name string) error {
	return tx.must(noFactor, "UPDATE factor SET name = $1 WHERE person = $2 AND id = $3", name, person, id)
}
