package store

import (
	"database/sql"

	"github.com/ecluse-ecole/ecluse/internal/school"
)

func scanLogin(row *sql.Rows, login *string) error { return row.Scan(login) }

// LoginsAfter is, in a fixed order, the next logins of people with a place in a
// school as one of these roles.
func (tx *Tx) LoginsAfter(uai school.UAI, roles school.Roles, after string, n int) ([]string, error) {
	return all(tx, scanLogin, `SELECT DISTINCT p.login FROM membership m JOIN person p ON p.id = m.person
		WHERE m.school = $1 AND m.role IN (SELECT value FROM json_each($2)) AND p.login > $3 ORDER BY p.login LIMIT $4`,
		uai, numbers(roles.Each()), after, n)
}
