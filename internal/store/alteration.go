package store

import (
	"database/sql"
	"time"

	"github.com/ecluse-ecole/ecluse/internal/account"
)

var noAlteration = missing("Ce changement n’est pas connu, ou ce lien a déjà servi.", "This change is not known, or this link was used already.")

// AddAlteration keeps what changed about an account.
func (tx *Tx) AddAlteration(c account.Alteration) error {
	return tx.put(`INSERT INTO alteration (id, person, kind, at, browser, name, address, country, ticket, settled)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, 0)`,
		c.ID, c.Person, c.Kind, c.At, c.Browser[:], c.Name, c.Address, c.Country, c.Ticket)
}

const selectAlteration = "SELECT id, person, kind, at, browser, name, address, country, ticket, settled <> 0 FROM alteration "

func scanAlteration(row *sql.Rows, c *account.Alteration) error {
	return row.Scan(&c.ID, &c.Person, &c.Kind, instant{&c.At}, digest{&c.Browser}, &c.Name, &c.Address, &c.Country, &c.Ticket, &c.Settled)
}

// Alterations is what changed about an account since an instant, the latest first.
func (tx *Tx) Alterations(person account.PersonID, since time.Time) ([]account.Alteration, error) {
	return all(tx, scanAlteration, selectAlteration+"WHERE person = $1 AND at > $2 ORDER BY at DESC, id DESC", person, since)
}

// AlterationByTicket is what a letter's link is about.
func (tx *Tx) AlterationByTicket(ticket string) (account.Alteration, error) {
	return one(tx, noAlteration, scanAlteration, selectAlteration+"WHERE ticket = $1 AND ticket <> ''", ticket)
}

// SettleAlteration notes that the owner has answered. The letter's link holds on.
func (tx *Tx) SettleAlteration(person account.PersonID, id int64) error {
	return tx.must(noAlteration, "UPDATE alteration SET settled = 1 WHERE person = $1 AND id = $2", person, id)
}

// ForgetAlterations forgets all that changed about an account, and the links about
// it: it was frozen for one of them.
func (tx *Tx) ForgetAlterations(person account.PersonID) error {
	return tx.put("DELETE FROM alteration WHERE person = $1", person)
}

// PurgeAlterations forgets those before an instant.
func (tx *Tx) PurgeAlterations(before time.Time) error {
	return tx.put("DELETE FROM alteration WHERE at < $1", before)
}
