package store

import (
	"database/sql"
	"time"

	"github.com/ecluse-ecole/ecluse/internal/account"
	"github.com/ecluse-ecole/ecluse/internal/fault"
	"github.com/ecluse-ecole/ecluse/internal/school"
)

// ErrVouch refuses a teacher's code, and does not say why: whoever tries codes need
// not know.
var ErrVouch = fault.New(fault.Invalid,
	"Ce code n’est pas celui que montre votre professeur, ou il ne vaut plus. Demandez-lui-en un autre.",
	"This is not the code that your teacher shows, or it no longer counts. Ask for another one.")

// AddVouch keeps a vouch, in place of those that its pupil had, and forgets old ones
// of the school.
func (tx *Tx) AddVouch(v account.Vouch, forget time.Time) error {
	if err := tx.put("DELETE FROM vouch WHERE school = $1 AND at < $2", v.School, forget); err != nil {
		return err
	}
	if err := tx.put("UPDATE vouch SET expires = $1 WHERE person = $2 AND used = 0 AND expires > $1", v.At, v.Person); err != nil {
		return err
	}
	return tx.put(`INSERT INTO vouch (school, id, member, person, by_person, by_member, digest, at, expires, wrong, used)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, 0, 0)`,
		v.School, v.ID, v.Member, v.Person, v.By, v.ByMember, v.Digest[:], v.At, v.Expires)
}

const selectVouch = "SELECT school, id, member, person, by_person, by_member, digest, at, expires, wrong, used FROM vouch "

func scanVouch(row *sql.Rows, v *account.Vouch) error {
	return row.Scan(&v.School, &v.ID, &v.Member, &v.Person, &v.By, &v.ByMember, digest{&v.Digest},
		instant{&v.At}, instant{&v.Expires}, &v.Wrong, instant{&v.Used})
}

// LatestVouch is the latest for a pupil.
func (tx *Tx) LatestVouch(person account.PersonID) (account.Vouch, error) {
	return one(tx, ErrVouch, scanVouch, selectVouch+"WHERE person = $1 ORDER BY id DESC LIMIT 1", person)
}

// VouchesOf is what was vouched in a school, the latest first.
func (tx *Tx) VouchesOf(uai school.UAI) ([]account.Vouch, error) {
	return all(tx, scanVouch, selectVouch+"WHERE school = $1 ORDER BY id DESC", uai)
}

// MissVouch notes that another code was tried.
func (tx *Tx) MissVouch(id int64) error {
	return tx.put("UPDATE vouch SET wrong = wrong + 1 WHERE id = $1", id)
}

// UseVouch spends a vouch, once: of two who bring it, one is refused.
func (tx *Tx) UseVouch(id int64, now time.Time) error {
	return tx.must(ErrVouch, "UPDATE vouch SET used = $1 WHERE id = $2 AND used = 0 AND expires > $1 AND wrong < $3", now, id, account.VouchTries)
}

// FactorsOf is the factors of a kind that people of a school have.
func (tx *Tx) FactorsOf(uai school.UAI, kind account.Factors) ([]account.Factor, error) {
	return all(tx, scanFactor, `SELECT DISTINCT f.id, f.person, f.kind, f.name, f.secret, f.added, f.used, f.mark
		FROM factor f JOIN membership m ON m.person = f.person WHERE m.school = $1 AND f.kind = $2 ORDER BY f.id`, uai, kind)
}
