package store

import (
	"database/sql"
	"time"

	"github.com/ecluse-ecole/ecluse/internal/account"
)

var noSession = missing("Cette connexion est terminée.", "This session has ended.")

// AddSession keeps a sign-in.
func (tx *Tx) AddSession(s account.Session) error {
	return tx.put("INSERT INTO session (digest, person, created, seen, expires, device, address, known) VALUES ($1, $2, $3, $4, $5, $6, $7, $8)",
		s.Digest[:], s.Person, s.Created, s.Seen, s.Expires, s.Device, s.Address, s.Known)
}

const selectSession = "SELECT digest, person, created, seen, expires, device, address, known FROM session "

func scanSession(row *sql.Rows, s *account.Session) error {
	return row.Scan(digest{&s.Digest}, &s.Person, instant{&s.Created}, instant{&s.Seen}, instant{&s.Expires}, &s.Device, &s.Address, &s.Known)
}

// Session is the sign-in of a token's digest, expired or not.
func (tx *Tx) Session(d [32]byte) (account.Session, error) {
	return one(tx, noSession, scanSession, selectSession+"WHERE digest = $1", d[:])
}

// TouchSession notes that a session was used, and until when it now holds.
func (tx *Tx) TouchSession(d [32]byte, seen, expires time.Time) error {
	return tx.must(noSession, "UPDATE session SET seen = $1, expires = $2 WHERE digest = $3", seen, expires, d[:])
}

// EndSession ends one session.
func (tx *Tx) EndSession(d [32]byte) error {
	return tx.must(noSession, "DELETE FROM session WHERE digest = $1", d[:])
}

// EndSessions ends all sessions of a person and tells how many there were.
func (tx *Tx) EndSessions(person account.PersonID) (int64, error) {
	return tx.exec("DELETE FROM session WHERE person = $1", person)
}

// SessionsOf is a person's sessions, the latest used first.
func (tx *Tx) SessionsOf(person account.PersonID) ([]account.Session, error) {
	return all(tx, scanSession, selectSession+"WHERE person = $1 ORDER BY seen DESC, created DESC, digest", person)
}

// PurgeSessions forgets the sessions that expired before an instant.
func (tx *Tx) PurgeSessions(before time.Time) error {
	return tx.put("DELETE FROM session WHERE expires < $1", before)
}

// AddTry keeps one attempt to sign in.
func (tx *Tx) AddTry(t account.Try) error {
	return tx.put("INSERT INTO sign_in_try (id, login, address, device, at, ok) VALUES ($1, $2, $3, $4, $5, $6)",
		NewID(t.At), t.Login, t.Address, t.Device[:], t.At, t.OK)
}

func scanTry(row *sql.Rows, t *account.Try) error {
	return row.Scan(&t.Login, &t.Address, digest{&t.Device}, instant{&t.At}, &t.OK)
}

// Tries is the attempts at a login, from anywhere, and those from an address,
// at any login, since an instant, with the login's older successes since
// another; oldest first.
func (tx *Tx) Tries(login, address string, since, known time.Time) ([]account.Try, error) {
	return all(tx, scanTry, `SELECT login, address, device, at, ok FROM (
			SELECT login, address, device, at, ok, id FROM sign_in_try WHERE login = $1 AND at >= $2
			UNION
			SELECT login, address, device, at, ok, id FROM sign_in_try WHERE address = $3 AND at >= $2
			UNION
			SELECT login, address, device, at, ok, id FROM sign_in_try WHERE login = $1 AND at >= $4 AND ok = 1
		) t ORDER BY at, id`,
		login, since, address, known)
}

// PurgeTries forgets the failures before an instant, and the successes before
// another.
func (tx *Tx) PurgeTries(failed, known time.Time) error {
	if err := tx.put("DELETE FROM sign_in_try WHERE at < $1 AND ok = 0", failed); err != nil {
		return err
	}
	return tx.put("DELETE FROM sign_in_try WHERE at < $1", known)
}
