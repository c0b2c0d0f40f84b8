package store

import (
	"database/sql"
	"time"

	"github.com/ecluse-ecole/ecluse/internal/account"
)

var noTravel = missing("Ce voyage n’est plus prévu.", "This journey is no longer expected.")

// AddTravel keeps that somebody is expected to connect from a country.
func (tx *Tx) AddTravel(t account.Travel) error {
	return tx.put("INSERT INTO travel (id, person, country, since, until, by_whom) VALUES ($1, $2, $3, $4, $5, $6)",
		t.ID, t.Person, t.Country, t.Since, t.Until, t.By)
}

func scanTravel(row *sql.Rows, t *account.Travel) error {
	return row.Scan(&t.ID, &t.Person, &t.Country, instant{&t.Since}, instant{&t.Until}, &t.By)
}

// Travels are a person's that have not ended at an instant, the first to begin first.
func (tx *Tx) Travels(person account.PersonID, now time.Time) ([]account.Travel, error) {
	return all(tx, scanTravel, `SELECT id, person, country, since, until, by_whom FROM travel
		WHERE person = $1 AND until > $2 ORDER BY since, id`, person, now)
}

// RemoveTravel withdraws one of a person's.
func (tx *Tx) RemoveTravel(person account.PersonID, id int64) error {
	return tx.must(noTravel, "DELETE FROM travel WHERE person = $1 AND id = $2", person, id)
}

// PurgeTravels forgets those that ended before an instant.
func (tx *Tx) PurgeTravels(before time.Time) error {
	return tx.put("DELETE FROM travel WHERE until < $1", before)
}
