package store

import (
	"database/sql"
	"time"

	"github.com/ecluse-ecole/ecluse/internal/account"
	"github.com/ecluse-ecole/ecluse/internal/school"
)

// A Rolled is a membership with what decisions ask of its account.
type Rolled struct {
	Person  account.PersonID
	Login   string
	Changed time.Time // when its password was last changed; zero: it has none
	Frozen  bool
	School  school.UAI
	Member  account.MemberID
	Role    school.Role
}

func scanRolled(row *sql.Rows, r *Rolled) error {
	return row.Scan(&r.Person, &r.Login, instant{&r.Changed}, &r.Frozen, &r.School, &r.Member, &r.Role)
}

// Roll is every membership, those of one account together.
func (tx *Tx) Roll() ([]Rolled, error) {
	return all(tx, scanRolled, `SELECT p.id, p.login, coalesce(c.changed, 0), f.person IS NOT NULL, m.school, m.id, m.role
		FROM person p JOIN membership m ON m.person = p.id LEFT JOIN credential c ON c.person = p.id
			LEFT JOIN frozen f ON f.person = p.id
		ORDER BY p.id, m.school, m.id`)
}

// An Alias is another name of an account.
type Alias struct {
	Name   string
	Person account.PersonID
}

func scanAlias(row *sql.Rows, a *Alias) error { return row.Scan(&a.Name, &a.Person) }

// Aliases is every other name, those of one account together.
func (tx *Tx) Aliases() ([]Alias, error) {
	return all(tx, scanAlias, "SELECT name, person FROM alias ORDER BY person, name")
}
