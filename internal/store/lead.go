package store

import "database/sql"

// A Lead is who does, of the nodes that share a database, what only one of them
// may do. It names no instant, because the clocks of two machines differ: who
// sees that Turn no longer grows takes it over.
type Lead struct {
	Name   string
	Holder string
	Turn   int64
	Mark   int64 // how far any holder has come; it never goes back
}

func scanLead(row *sql.Rows, l *Lead) error { return row.Scan(&l.Name, &l.Holder, &l.Turn, &l.Mark) }

// Lead is who leads, and a Lead without a holder where nobody ever did.
func (tx *Tx) Lead(name string) (Lead, error) {
	rows, err := all(tx, scanLead, "SELECT name, holder, turn, mark FROM lead WHERE name = $1"+forUpdate, name)
	if err != nil || len(rows) == 0 {
		return Lead{Name: name}, err
	}
	return rows[0], nil
}

// TakeLead writes a Lead that was read in this act and has a turn more.
func (tx *Tx) TakeLead(l Lead) error {
	return tx.put(`INSERT INTO lead (name, holder, turn, mark) VALUES ($1, $2, $3, $4)
		ON CONFLICT (name) DO UPDATE SET holder = excluded.holder, turn = excluded.turn, mark = excluded.mark
		WHERE excluded.turn > lead.turn AND excluded.mark >= lead.mark`, l.Name, l.Holder, l.Turn, l.Mark)
}
