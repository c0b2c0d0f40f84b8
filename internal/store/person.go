package store

import (
	"database/sql"
	"strings"
	"unicode"

	"golang.org/x/text/unicode/norm"

	"github.com/ecluse-ecole/ecluse/internal/account"
	"github.com/ecluse-ecole/ecluse/internal/school"
)

var noPerson = missing("Ce compte n’existe pas.", "There is no such account.")

// AddPerson adds an account; a login or number that is taken is a Conflict.
func (tx *Tx) AddPerson(p account.Person) error {
	return tx.put("INSERT INTO person (id, login, first_name, last_name, sort_name, language) VALUES ($1, $2, $3, $4, $5, $6)",
		p.ID, p.Login, p.First, p.Last, sortName(p.Last+" "+p.First), p.Language)
}

// sortName is a name as lists order it: capitals and accents do not count.
func sortName(name string) string {
	name = strings.ToLower(name)
	if strings.IndexFunc(name, func(r rune) bool { return r > unicode.MaxASCII }) < 0 {
		return name
	}
	return strings.Map(func(r rune) rune {
		if unicode.Is(unicode.Mn, r) {
			return -1
		}
		return r
	}, norm.NFD.String(name))
}

const selectPerson = "SELECT id, login, first_name, last_name, language FROM person "

func scanPerson(row *sql.Rows, p *account.Person) error {
	return row.Scan(&p.ID, &p.Login, &p.First, &p.Last, &p.Language)
}

// Person is one account.
func (tx *Tx) Person(id account.PersonID) (account.Person, error) {
	return one(tx, noPerson, scanPerson, selectPerson+"WHERE id = $1", id)
}

// PersonByLogin is the account of a folded login.
func (tx *Tx) PersonByLogin(login string) (account.Person, error) {
	return one(tx, noPerson, scanPerson, selectPerson+"WHERE login = $1", login)
}

// SetLanguage keeps the language that a person reads.
func (tx *Tx) SetLanguage(id account.PersonID, language string) error {
	return tx.must(noPerson, "UPDATE person SET language = $1 WHERE id = $2", language, id)
}

// PutCredential sets the proof of a person's password, and leaves the service as it
// is. Every node is told.
func (tx *Tx) PutCredential(c account.Credential) error {
	if err := tx.revokeFor(c.Person); err != nil {
		return err
	}
	return tx.put(`INSERT INTO credential (person, hash, changed, beside) VALUES ($1, $2, $3, $4)
		ON CONFLICT (person) DO UPDATE SET hash = excluded.hash, changed = excluded.changed, beside = excluded.beside`,
		c.Person, c.Hash, c.Changed, c.Beside)
}

// RenewHash keeps the same password under another hash: no session is revoked.
func (tx *Tx) RenewHash(person account.PersonID, hash string) error {
	return tx.put("UPDATE credential SET hash = $1 WHERE person = $2", hash, person)
}

func scanCredential(row *sql.Rows, c *account.Credential) error {
	return row.Scan(&c.Person, &c.Hash, instant{&c.Changed}, &c.Service, &c.Beside)
}

// CameBy notes by which sign-in service a person came in.
func (tx *Tx) CameBy(person account.PersonID, service string) error {
	return tx.put(`INSERT INTO credential (person, hash, changed, service) VALUES ($1, '', 0, $2)
		ON CONFLICT (person) DO UPDATE SET service = excluded.service`, person, service)
}

// Credential is the proof of a person's password; NotFound before the first.
func (tx *Tx) Credential(person account.PersonID) (account.Credential, error) {
	return one(tx, noPerson, scanCredential, "SELECT person, hash, changed, service, beside FROM credential WHERE person = $1", person)
}

// PutOffice gives a person a place in an authority, or a new title for it.
func (tx *Tx) PutOffice(o account.Office) error {
	return tx.put(`INSERT INTO office (person, territory, title) VALUES ($1, $2, $3)
		ON CONFLICT (person, territory) DO UPDATE SET title = excluded.title`, o.Person, o.Territory, o.Title)
}

func scanOffice(row *sql.Rows, o *account.Office) error {
	return row.Scan(&o.Person, &o.Territory, &o.Title)
}

// Offices is where a person may issue orders, from the highest.
func (tx *Tx) Offices(person account.PersonID) ([]account.Office, error) {
	return all(tx, scanOffice, "SELECT person, territory, title FROM office WHERE person = $1 ORDER BY length(territory), territory", person)
}

// RemoveOffice ends a person's place in an authority.
func (tx *Tx) RemoveOffice(person account.PersonID, at school.Territory) error {
	return tx.must(noPerson, "DELETE FROM office WHERE person = $1 AND territory = $2", person, at)
}
