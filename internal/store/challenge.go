package store

import (
	"database/sql"
	"time"

	"github.com/ecluse-ecole/ecluse/internal/account"
)

var noChallenge = missing("Cette demande a expiré ou a déjà servi. Recommencez.", "This request has expired or was used already. Start again.")

// PutChallenge keeps a question until it is answered or expires; one of the same
// digest is replaced. Those that expired are forgotten.
func (tx *Tx) PutChallenge(c account.Challenge, now time.Time) error {
	if err := tx.put("DELETE FROM challenge WHERE expires < $1", now); err != nil {
		return err
	}
	return tx.put(`INSERT INTO challenge (digest, kind, person, holder, data, expires) VALUES ($1, $2, $3, $4, $5, $6)
		ON CONFLICT (digest) DO UPDATE SET kind = excluded.kind, person = excluded.person, holder = excluded.holder,
			data = excluded.data, expires = excluded.expires`,
		c.Digest[:], c.Kind, c.Person, c.Holder[:], c.Data, c.Expires)
}

func scanChallenge(row *sql.Rows, c *account.Challenge) error {
	return row.Scan(digest{&c.Digest}, &c.Kind, &c.Person, digest{&c.Holder}, &c.Data, instant{&c.Expires})
}

// Challenge is a question that still waits.
func (tx *Tx) Challenge(d [32]byte, kind account.Factors, now time.Time) (account.Challenge, error) {
	return one(tx, noChallenge, scanChallenge,
		"SELECT digest, kind, person, holder, data, expires FROM challenge WHERE digest = $1 AND kind = $2 AND expires > $3", d[:], kind, now)
}

// TakeChallenge is a question that still waited, which no other answer finds again.
func (tx *Tx) TakeChallenge(d [32]byte, kind account.Factors, now time.Time) (account.Challenge, error) {
	return one(tx, noChallenge, scanChallenge,
		"DELETE FROM challenge WHERE digest = $1 AND kind = $2 AND expires > $3 RETURNING digest, kind, person, holder, data, expires", d[:], kind, now)
}

// ChallengeOf is the latest question that waits for the answer of who holds something.
func (tx *Tx) ChallengeOf(holder [32]byte, kind account.Factors, now time.Time) (account.Challenge, error) {
	return one(tx, noChallenge, scanChallenge, `SELECT digest, kind, person, holder, data, expires FROM challenge
		WHERE holder = $1 AND kind = $2 AND expires > $3 ORDER BY expires DESC, digest LIMIT 1`, holder[:], kind, now)
}

// OwnKey is a key of the installation's own, the same on every node: the one given
// if there was none.
func (tx *Tx) OwnKey(name string, fresh []byte) ([]byte, error) {
	if err := tx.put("INSERT INTO own_key (name, key) VALUES ($1, $2) ON CONFLICT (name) DO NOTHING", name, fresh); err != nil {
		return nil, err
	}
	return one(tx, noChallenge, column[[]byte], "SELECT key FROM own_key WHERE name = $1", name)
}
