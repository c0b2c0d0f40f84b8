package store

import (
	"database/sql"
	"time"

	"github.com/ecluse-ecole/ecluse/internal/account"
	"github.com/ecluse-ecole/ecluse/internal/fault"
)

// ErrMailedCode refuses a code, and does not say why: whoever tries codes need not know.
var ErrMailedCode = fault.New(fault.Invalid,
	"Ce code n’est pas le bon, ou il a expiré. Vérifiez le dernier courriel, ou demandez un nouveau code.",
	"This code is not the right one, or has expired. Check the latest e-mail, or ask for a new code.")

// A MailedCode is a code that was sent to a person's address for one session.
type MailedCode struct {
	Session [32]byte
	Person  account.PersonID
	Digest  [32]byte
	Sent    time.Time
	Wrong   int // how many other codes were tried
	Spent   bool
}

// AddMailedCode keeps a code, and forgets those that were sent before an instant.
func (tx *Tx) AddMailedCode(c MailedCode, forget time.Time) error {
	if err := tx.put("DELETE FROM mailed_code WHERE sent < $1", forget); err != nil {
		return err
	}
	return tx.put("INSERT INTO mailed_code (session, sent, person, digest, wrong, spent) VALUES ($1, $2, $3, $4, 0, 0)",
		c.Session[:], c.Sent, c.Person, c.Digest[:])
}

const selectMailedCode = "SELECT session, person, digest, sent, wrong, spent FROM mailed_code "

func scanMailedCode(row *sql.Rows, c *MailedCode) error {
	return row.Scan(digest{&c.Session}, &c.Person, digest{&c.Digest}, instant{&c.Sent}, &c.Wrong, &c.Spent)
}

// MailedCode is the latest code of a session.
func (tx *Tx) MailedCode(session [32]byte) (MailedCode, error) {
	return one(tx, ErrMailedCode, scanMailedCode, selectMailedCode+"WHERE session = $1 ORDER BY sent DESC LIMIT 1", session[:])
}

// MailedCodesTo is the codes that are kept of a person, the oldest first.
func (tx *Tx) MailedCodesTo(person account.PersonID) ([]MailedCode, error) {
	return all(tx, scanMailedCode, selectMailedCode+"WHERE person = $1 ORDER BY sent", person)
}

// MissMailedCode notes that another code was tried.
func (tx *Tx) MissMailedCode(c MailedCode) error {
	return tx.put("UPDATE mailed_code SET wrong = wrong + 1 WHERE session = $1 AND sent = $2", c.Session[:], c.Sent)
}

// SpendMailedCode takes a code: of two who bring it, one is refused.
func (tx *Tx) SpendMailedCode(session, code [32]byte) error {
	return tx.must(ErrMailedCode, "UPDATE mailed_code SET spent = 1 WHERE session = $1 AND digest = $2 AND spent = 0", session[:], code[:])
}
