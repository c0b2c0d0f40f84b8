package store

import (
	"database/sql"
	"time"

	"github.com/ecluse-ecole/ecluse/internal/account"
)

// PutGiveBack notes that a step before giving an account back was done; once is enough.
func (tx *Tx) PutGiveBack(person account.PersonID, step account.GiveBackStep, by string, at time.Time) error {
	return tx.put("INSERT INTO give_back (person, step, at, by_whom) VALUES ($1, $2, $3, $4) ON CONFLICT (person, step) DO NOTHING",
		person, step, at, by)
}

// GivenBack is which steps were done.
func (tx *Tx) GivenBack(person account.PersonID) ([]account.GiveBackStep, error) {
	return all(tx, column[account.GiveBackStep], "SELECT step FROM give_back WHERE person = $1 ORDER BY step", person)
}

// Evidence is what an account sent since an instant.
type Evidence struct {
	Left    int // messages that left
	Reached int // people, counted for each message
	Waiting int // that wait, and stay while the account is frozen
}

func scanEvidence(row *sql.Rows, e *Evidence) error {
	return row.Scan(&e.Left, &e.Reached, &e.Waiting)
}

// EvidenceOf counts what an account sent or wrote since an instant, in all its places.
func (tx *Tx) EvidenceOf(person account.PersonID, since time.Time) (Evidence, error) {
	return one(tx, noFreeze, scanEvidence, `SELECT coalesce(sum(CASE WHEN x.left_at > 0 THEN 1 ELSE 0 END), 0),
			coalesce(sum(CASE WHEN x.left_at > 0 THEN x.people ELSE 0 END), 0), coalesce(sum(CASE WHEN x.left_at = 0 THEN 1 ELSE 0 END), 0)
		FROM membership m JOIN message x ON x.school = m.school AND x.sender = m.id WHERE m.person = $1 AND x.written >= $2`, person, since)
}
