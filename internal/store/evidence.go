package store

import (
	"database/sql"
	"time"

	"github.com/ecluse-ecole/ecluse/internal/account"
	"github.com/ecluse-ecole/ecluse/internal/message"
	"github.com/ecluse-ecole/ecluse/internal/school"
)

var noEvidence = missing("Ces preuves ne sont plus conservées, ou ne sont pas à votre établissement.",
	"This evidence is no longer kept, or is not your school's.")

// Held is what is kept of a frozen account at one of its places. It never changes,
// but for its end.
type Held struct {
	ID       int64
	Person   account.PersonID
	Place    school.Territory
	Frozen   time.Time
	Since    time.Time
	Seal     string
	Messages int
	People   int // reached, counted for each message
	SignIns  int
	Until    time.Time // zero: as long as the account is frozen
}

// AddEvidence keeps a file.
func (tx *Tx) AddEvidence(h Held, file []byte) error {
	return tx.put(`INSERT INTO evidence (id, person, place, frozen, since, seal, messages, people, sign_ins, until, file)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)`,
		h.ID, h.Person, h.Place, h.Frozen, h.Since, h.Seal, h.Messages, h.People, h.SignIns, h.Until, file)
}

const selectHeld = "SELECT id, person, place, frozen, since, seal, messages, people, sign_ins, until FROM evidence "

func scanHeld(row *sql.Rows, h *Held) error {
	return row.Scan(&h.ID, &h.Person, &h.Place, instant{&h.Frozen}, instant{&h.Since}, &h.Seal, &h.Messages, &h.People, &h.SignIns, instant{&h.Until})
}

// HeldOf is what is kept of a person's account, the latest first.
func (tx *Tx) HeldOf(person account.PersonID) ([]Held, error) {
	return all(tx, scanHeld, selectHeld+"WHERE person = $1 ORDER BY id DESC", person)
}

// Held is one of them.
func (tx *Tx) Held(person account.PersonID, id int64) (Held, error) {
	return one(tx, noEvidence, scanHeld, selectHeld+"WHERE person = $1 AND id = $2", person, id)
}

// EvidenceFile is the file itself.
func (tx *Tx) EvidenceFile(id int64) ([]byte, error) {
	return one(tx, noEvidence, column[[]byte], "SELECT file FROM evidence WHERE id = $1", id)
}

// KeepEvidenceUntil gives an end to what is kept of an account that is given back.
func (tx *Tx) KeepEvidenceUntil(person account.PersonID, until time.Time) error {
	return tx.put("UPDATE evidence SET until = $1 WHERE person = $2 AND until = 0", until, person)
}

// EndEvidence forgets a file.
func (tx *Tx) EndEvidence(id int64) error {
	if err := tx.put("DELETE FROM evidence_fetch WHERE evidence = $1", id); err != nil {
		return err
	}
	return tx.must(noEvidence, "DELETE FROM evidence WHERE id = $1", id)
}

// PurgeEvidence forgets what was to be kept until an instant. What belongs to an
// account that is frozen stays.
func (tx *Tx) PurgeEvidence(now time.Time) error {
	if err := tx.put("DELETE FROM evidence_fetch WHERE evidence IN (SELECT id FROM evidence WHERE until > 0 AND until <= $1)", now); err != nil {
		return err
	}
	return tx.put("DELETE FROM evidence WHERE until > 0 AND until <= $1", now)
}

// A Fetch is somebody who was given a file.
type Fetch struct {
	At   time.Time
	Name string
}

// AddFetch notes that somebody was given a file.
func (tx *Tx) AddFetch(id int64, person account.PersonID, at time.Time) error {
	return tx.put("INSERT INTO evidence_fetch (evidence, at, person) VALUES ($1, $2, $3) ON CONFLICT (evidence, at, person) DO NOTHING", id, at, person)
}

// Fetches is who was given a file, the first first.
func (tx *Tx) Fetches(id int64) ([]Fetch, error) {
	return all(tx, func(row *sql.Rows, f *Fetch) error { return row.Scan(instant{&f.At}, &f.Name) },
		`SELECT f.at, p.first_name || ' ' || p.last_name FROM evidence_fetch f JOIN person p ON p.id = f.person
		WHERE f.evidence = $1 ORDER BY f.at, p.id`, id)
}

// SentSince is what a member wrote since an instant, with the texts, oldest first.
func (tx *Tx) SentSince(uai school.UAI, sender account.MemberID, since time.Time) ([]message.Message, error) {
	return all(tx, scanMessage, selectFull+"WHERE m.school = $1 AND m.sender = $2 AND m.written >= $3 ORDER BY m.written, m.id", uai, sender, since)
}

// A Reader is a member who has a message, or would have it once it leaves.
type Reader struct {
	Member account.MemberID
	Role   school.Role
	Read   time.Time // zero: not read
}

// ReadersOf is to whom a message went, or waits to go.
func (tx *Tx) ReadersOf(uai school.UAI, id message.ID) ([]Reader, error) {
	return all(tx, func(row *sql.Rows, r *Reader) error { return row.Scan(&r.Member, &r.Role, instant{&r.Read}) },
		`SELECT d.member, m.role, d.read_at FROM delivery d JOIN membership m ON m.school = d.school AND m.id = d.member
			WHERE d.school = $1 AND d.message = $2
		UNION ALL SELECT w.member, m.role, 0 FROM waiting_recipient w JOIN membership m ON m.school = w.school AND m.id = w.member
			WHERE w.school = $1 AND w.message = $2 ORDER BY 1`, uai, id)
}

// OpenedSince is the tries that opened an account since an instant, oldest first.
func (tx *Tx) OpenedSince(login string, since time.Time) ([]account.Try, error) {
	return all(tx, scanTry, "SELECT login, address, device, at, ok FROM sign_in_try WHERE login = $1 AND at >= $2 AND ok = 1 ORDER BY at, id", login, since)
}
