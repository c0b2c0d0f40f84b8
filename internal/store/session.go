package store

import (
	"database/sql"
	"time"

	"github.com/ecluse-ecole/ecluse/internal/account"
)

var noSession = missing("Cette connexion est terminée.", "This session has ended.")

// AddSession keeps a sign-in.
func (tx *Tx) AddSession(s account.Session) error {
	return tx.put(`INSERT INTO session
			(digest, person, created, seen, expires, device, address, country, stage, factors, proved, browser, network,
			service, service_session, service_subject)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16)`,
		s.Digest[:], s.Person, s.Created, s.Seen, s.Expires, s.Device, s.Address, s.Country, s.Stage, s.Factors, s.Proved, s.Browser[:], s.Network,
		s.Service.Name, s.Service.Session[:], s.Service.Subject[:])
}

const selectSession = `SELECT digest, person, created, seen, expires, device, address, country, stage, factors, proved, browser, network,
		service, service_session, service_subject
	FROM session `

func scanSession(row *sql.Rows, s *account.Session) error {
	return row.Scan(digest{&s.Digest}, &s.Person, instant{&s.Created}, instant{&s.Seen}, instant{&s.Expires}, &s.Device, &s.Address, &s.Country,
		&s.Stage, &s.Factors, instant{&s.Proved}, digest{&s.Browser}, &s.Network,
		&s.Service.Name, digest{&s.Service.Session}, digest{&s.Service.Subject})
}

// Session is the sign-in of a token's digest, expired or not.
func (tx *Tx) Session(d [32]byte) (account.Session, error) {
	return one(tx, noSession, scanSession, selectSession+"WHERE digest = $1", d[:])
}

// TouchSession notes that a session was used, and until when it now holds.
func (tx *Tx) TouchSession(d [32]byte, seen, expires time.Time) error {
	return tx.must(noSession, "UPDATE session SET seen = $1, expires = $2 WHERE digest = $3", seen, expires, d[:])
}

// MoveSession notes what was proved in a session, from where, and until when it now holds; the digest is
// that of its new token, so that what was known of it before proves nothing.
func (tx *Tx) MoveSession(old [32]byte, s account.Session) error {
	return tx.must(noSession, `UPDATE session SET digest = $1, stage = $2, factors = $3, proved = $4, browser = $5, network = $6, address = $7, country = $8, device = $9, expires = $10
		WHERE digest = $11`, s.Digest[:], s.Stage, s.Factors, s.Proved, s.Browser[:], s.Network, s.Address, s.Country, s.Device, s.Expires, old[:])
}

// MoveNetwork notes that a session is used from another network that is known.
func (tx *Tx) MoveNetwork(d [32]byte, network, address, country string) error {
	return tx.must(noSession, "UPDATE session SET network = $1, address = $2, country = $3 WHERE digest = $4", network, address, country, d[:])
}

// EndSession ends one session, on every node. Its browser is told of nothing more.
func (tx *Tx) EndSession(d [32]byte, now time.Time) error {
	s, err := tx.Session(d)
	if err != nil {
		return err
	}
	if err := tx.HoldPerson(s.Person); err != nil {
		return err
	}
	seq, err := tx.ended()
	if err != nil {
		return err
	}
	err = tx.put(`DELETE FROM push_subscription WHERE EXISTS (SELECT 1 FROM session s
		WHERE s.digest = $1 AND s.person = push_subscription.person AND s.browser = push_subscription.browser)`, d[:])
	if err != nil {
		return err
	}
	if err := tx.must(noSession, "DELETE FROM session WHERE digest = $1", d[:]); err != nil {
		return err
	}
	return tx.put("INSERT INTO ended_session (seq, digest, at) VALUES ($1, $2, $3)", seq, d[:], now)
}

// HoldPerson makes other acts that open or end sessions of a person wait until this
// one is done: who opens one calls it before looking whether the account is frozen
// and what its password is, so that no freeze and no new password is outrun by a
// session that is about to be. Whatever an act locks, it holds the person first, then
// counters (Revoke), then sessions and the rest: two nodes that lock in one order
// never wait for each other.
func (tx *Tx) HoldPerson(person account.PersonID) error {
	_, err := all(tx, column[account.PersonID], "SELECT id FROM person WHERE id = $1"+forHold, person)
	return err
}

// EndSessions ends all sessions of a person but one, on every node, and tells how
// many there were. A zero digest spares none. What the person has open in other
// software is to end with them: see PartedSince. Their browsers are told of nothing
// more, nor are those whose session has expired.
func (tx *Tx) EndSessions(person account.PersonID, but [32]byte, now time.Time) (int64, error) {
	if err := tx.HoldPerson(person); err != nil {
		return 0, err
	}
	seq, err := tx.ended()
	if err != nil {
		return 0, err
	}
	err = tx.put(`DELETE FROM push_subscription WHERE person = $1
		AND browser NOT IN (SELECT browser FROM session WHERE digest = $2)`, person, but[:])
	if err != nil {
		return 0, err
	}
	err = tx.put(`INSERT INTO ended_session (seq, digest, at)
		SELECT CAST($1 AS BIGINT), digest, CAST($2 AS BIGINT) FROM session WHERE person = $3 AND digest <> $4`, seq, now, person, but[:])
	if err != nil {
		return 0, err
	}
	err = tx.put(`INSERT INTO parted (person, seq, at) VALUES ($1, $2, $3)
		ON CONFLICT (person) DO UPDATE SET seq = excluded.seq, at = excluded.at`, person, seq, now)
	if err != nil {
		return 0, err
	}
	return tx.exec("DELETE FROM session WHERE person = $1 AND digest <> $2", person, but[:])
}

// SessionsOf is a person's sessions, the latest used first.
func (tx *Tx) SessionsOf(person account.PersonID) ([]account.Session, error) {
	return all(tx, scanSession, selectSession+"WHERE person = $1 ORDER BY seen DESC, created DESC, digest", person)
}

// PurgeSessions forgets the sessions that expired before an instant, and which
// ones were ended an hour before it.
func (tx *Tx) PurgeSessions(before time.Time) error {
	if err := tx.put("DELETE FROM parted WHERE at < $1", before.Add(-time.Hour)); err != nil {
		return err
	}
	if err := tx.put("DELETE FROM ended_session WHERE at < $1", before.Add(-time.Hour)); err != nil {
		return err
	}
	return tx.put("DELETE FROM session WHERE expires < $1", before)
}

// ended counts, once an act, that sessions ended.
func (tx *Tx) ended() (seq int64, err error) {
	if tx.revocation == 0 {
		tx.revocation, err = tx.bump("revocation")
	}
	return tx.revocation, err
}

// Revoke counts, once an act, that something changed about people which every
// node and every enforcement point must know at once: a freeze, a new password, a
// renewal that is asked. That a session ended is no such thing.
func (tx *Tx) Revoke() (err error) {
	if tx.people == 0 {
		tx.people, err = tx.bump("people")
	}
	return err
}

// revokeFor holds a person, and counts that something changed about them.
func (tx *Tx) revokeFor(person account.PersonID) error {
	if err := tx.HoldPerson(person); err != nil {
		return err
	}
	return tx.Revoke()
}

// bump counts one more and tells the other nodes.
func (tx *Tx) bump(counter string) (int64, error) {
	n, err := one(tx, errNoCounter, column[int64], "UPDATE counter SET value = value + 1 WHERE name = $1 RETURNING value", counter)
	if err == nil && tx.dialect.notify != "" {
		err = tx.put(tx.dialect.notify)
	}
	return n, err
}

const selectCounter = "SELECT value FROM counter WHERE name = $1"

// Revocation grows with each act that ends sessions, people with each that changes
// people.
func (tx *Tx) Revocation() (sessions, people int64, err error) {
	if sessions, err = one(tx, errNoCounter, column[int64], selectCounter, "revocation"); err != nil {
		return 0, 0, err
	}
	people, err = one(tx, errNoCounter, column[int64], selectCounter, "people")
	return sessions, people, err
}

func scanDigest(row *sql.Rows, d *[32]byte) error { return row.Scan(digest{d}) }

// EndedSince is which sessions were ended after a revocation.
func (tx *Tx) EndedSince(seq int64) ([][32]byte, error) {
	return all(tx, scanDigest, "SELECT digest FROM ended_session WHERE seq > $1 ORDER BY seq", seq)
}

// PartedSince is whose sessions were all ended after a revocation.
func (tx *Tx) PartedSince(seq int64) ([]account.PersonID, error) {
	return all(tx, column[account.PersonID], "SELECT person FROM parted WHERE seq > $1 ORDER BY seq, person", seq)
}
