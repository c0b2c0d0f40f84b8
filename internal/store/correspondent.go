package store

import (
	"database/sql"

	"github.com/ecluse-ecole/ecluse/internal/school"
)

// A Correspondent is somebody to whom an office writes: a préfecture, a mayor. Its
// name is that by which orders name their copies; several may share one.
type Correspondent struct {
	ID        int64
	Territory school.Territory // of the office whose book it is
	Name      string
	Postal    string // lines of the address
	Email     string
}

func scanCorrespondent(row *sql.Rows, c *Correspondent) error {
	return row.Scan(&c.ID, &c.Territory, &c.Name, &c.Postal, &c.Email)
}

var noCorrespondent = missing("Cette adresse n’est plus dans le carnet.", "This address is no longer in the book.")

// Correspondents is an office's book, by name.
func (tx *Tx) Correspondents(t school.Territory) ([]Correspondent, error) {
	return all(tx, scanCorrespondent, "SELECT id, territory, name, postal, email FROM correspondent WHERE territory = $1 ORDER BY name, id", t)
}

// AddCorrespondent adds one.
func (tx *Tx) AddCorrespondent(c Correspondent) error {
	return tx.put("INSERT INTO correspondent (id, territory, name, postal, email) VALUES ($1, $2, $3, $4, $5)",
		c.ID, c.Territory, c.Name, c.Postal, c.Email)
}

// ChangeCorrespondent replaces what is known of one of an office's.
func (tx *Tx) ChangeCorrespondent(c Correspondent) error {
	return tx.must(noCorrespondent, "UPDATE correspondent SET name = $1, postal = $2, email = $3 WHERE id = $4 AND territory = $5",
		c.Name, c.Postal, c.Email, c.ID, c.Territory)
}

// RemoveCorrespondent takes one of an office's out of its book.
func (tx *Tx) RemoveCorrespondent(t school.Territory, id int64) error {
	return tx.must(noCorrespondent, "DELETE FROM correspondent WHERE territory = $1 AND id = $2", t, id)
}
