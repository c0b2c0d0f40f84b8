package store

import (
	"time"

	"github.com/ecluse-ecole/ecluse/internal/account"
	"github.com/ecluse-ecole/ecluse/internal/fault"
)

var spentBefore = fault.New(fault.Conflict, "Cette connexion a déjà servi. Recommencez.", "This sign-in has been used already. Start again.")

// Spend notes that something was brought that counts once: the second time is a
// Conflict, whichever node it comes to.
func (tx *Tx) Spend(d [32]byte, now time.Time) error {
	return tx.must(spentBefore, "INSERT INTO spent (digest, at) VALUES ($1, $2) ON CONFLICT (digest) DO NOTHING", d[:], now)
}

// PurgeSpent forgets what was spent before an instant, when it is too old to be
// brought again.
func (tx *Tx) PurgeSpent(before time.Time) error {
	return tx.put("DELETE FROM spent WHERE at < $1", before)
}

// SessionsByService is the sessions that a sign-in service vouched for: the one
// that hangs on a session of its own or, where that is not told, all of a person.
func (tx *Tx) SessionsByService(s account.Service) ([]account.Session, error) {
	if s.Session != ([32]byte{}) {
		return all(tx, scanSession, selectSession+"WHERE service = $1 AND service_session = $2 ORDER BY digest", s.Name, s.Session[:])
	}
	return all(tx, scanSession, selectSession+"WHERE service = $1 AND service_subject = $2 ORDER BY digest", s.Name, s.Subject[:])
}
