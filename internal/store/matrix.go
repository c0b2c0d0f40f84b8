package store

import (
	"database/sql"

	"github.com/ecluse-ecole/ecluse/internal/message"
	"github.com/ecluse-ecole/ecluse/internal/school"
)

var noMatrix = missing("Cet établissement n’a pas de réglages à lui.", "This school has no settings of its own.")

type reachRow struct {
	from, to school.Role
	reach    message.Reach
}

func scanReach(row *sql.Rows, r *reachRow) error { return row.Scan(&r.from, &r.to, &r.reach) }

// Matrix is who may write to whom in a school that has set it; NotFound
// elsewhere: message.DefaultMatrix holds there. What was never set is None.
func (tx *Tx) Matrix(uai school.UAI) (message.Matrix, error) {
	rows, err := all(tx, scanReach, "SELECT from_role, to_role, reach FROM reach WHERE school = $1", uai)
	if err == nil && len(rows) == 0 {
		err = noMatrix
	}
	var m message.Matrix
	for _, r := range rows {
		if r.from < school.RoleCount && r.to < school.RoleCount {
			m[r.from][r.to] = r.reach
		}
	}
	return m, err
}

// PutMatrix sets who may write to whom in a school.
func (tx *Tx) PutMatrix(uai school.UAI, m message.Matrix) error {
	for from, row := range m {
		for to, reach := range row {
			err := tx.put(`INSERT INTO reach (school, from_role, to_role, reach) VALUES ($1, $2, $3, $4)
				ON CONFLICT (school, from_role, to_role) DO UPDATE SET reach = excluded.reach`, uai, from, to, reach)
			if err != nil {
				return err
			}
		}
	}
	_, err := tx.newGeneration()
	return err
}
