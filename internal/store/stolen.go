package store

import (
	"database/sql"
	"time"

	"github.com/ecluse-ecole/ecluse/internal/account"
	"github.com/ecluse-ecole/ecluse/internal/school"
)

// A StolenList is one list of stolen accounts that was received. Nothing of the list
// itself is kept.
type StolenList struct {
	ID       int64
	Digest   [32]byte // of the list and of what was asked of it
	Within   school.Territory
	By       string // as the journal names actors
	Received time.Time
	Moved    time.Time // when it was last read on
	Done     time.Time // zero: it was not read to its end
	Line     int64     // how far it was read
	LeftOut  int64     // lines without an account
	Untried  int64     // passwords that were not tried, since so many were at their account already
}

// A StolenOutcome is what became of an account that stood in a list. The numbers are
// kept.
type StolenOutcome uint8

// The outcomes.
const (
	StolenOld   StolenOutcome = iota // with another password than it has
	StolenWorks                      // with its password: it was frozen
	StolenNever                      // it has no password here
)

var noStolenList = missing("Cette liste n’est pas connue ici.", "This list is not known here.")

// AddStolenList notes that a list was received; one that was before is a Conflict.
func (tx *Tx) AddStolenList(l StolenList) error {
	return tx.put(`INSERT INTO stolen_list (id, digest, within, by_whom, received, moved, done, line, left_out, untried)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)`, l.ID, l.Digest[:], l.Within, l.By, l.Received, l.Moved, l.Done, l.Line, l.LeftOut, l.Untried)
}

// MoveStolenList notes how far a list was read; it never goes back.
func (tx *Tx) MoveStolenList(l StolenList) error {
	return tx.put("UPDATE stolen_list SET moved = $1, done = $2, line = $3, left_out = $4, untried = $5 WHERE id = $6 AND done = 0 AND line <= $3",
		l.Moved, l.Done, l.Line, l.LeftOut, l.Untried, l.ID)
}

const selectStolenList = "SELECT id, digest, within, by_whom, received, moved, done, line, left_out, untried FROM stolen_list "

func scanStolenList(row *sql.Rows, l *StolenList) error {
	return row.Scan(&l.ID, digest{&l.Digest}, &l.Within, &l.By, instant{&l.Received}, instant{&l.Moved}, instant{&l.Done}, &l.Line, &l.LeftOut, &l.Untried)
}

// StolenListOf is the list of a digest that was received for a territory.
func (tx *Tx) StolenListOf(digest [32]byte, within school.Territory) (StolenList, error) {
	return one(tx, noStolenList, scanStolenList, selectStolenList+"WHERE digest = $1 AND within = $2", digest[:], within)
}

// StolenList is a list by its number.
func (tx *Tx) StolenList(id int64) (StolenList, error) {
	return one(tx, noStolenList, scanStolenList, selectStolenList+"WHERE id = $1", id)
}

// StolenLists is the lists that were received for a territory or what lies below it,
// the newest first.
func (tx *Tx) StolenLists(within school.Territory) ([]StolenList, error) {
	return all(tx, scanStolenList, selectStolenList+"WHERE within = $1 OR within LIKE $2 ORDER BY id DESC LIMIT 100", within, within+"/%")
}

// PutStolenAccount notes what became of an account of a list, and reports whether
// that is news: a password that works counts more than one that does not.
func (tx *Tx) PutStolenAccount(list int64, person account.PersonID, outcome StolenOutcome, at time.Time) (news bool, err error) {
	n, err := tx.exec(`INSERT INTO stolen_account (list, person, outcome, at) VALUES ($1, $2, $3, $4)
		ON CONFLICT (list, person) DO UPDATE SET outcome = excluded.outcome, at = excluded.at
			WHERE stolen_account.outcome <> 1 AND excluded.outcome = 1`, list, person, outcome, at)
	return n > 0, err
}

// StolenOutcomes is what became of some accounts of a list, as far as they stood in
// it.
func (tx *Tx) StolenOutcomes(list int64, people []account.PersonID) (map[account.PersonID]StolenOutcome, error) {
	rows, err := all(tx, func(row *sql.Rows, a *StolenAccount) error { return row.Scan(&a.Person, &a.Outcome) },
		"SELECT person, outcome FROM stolen_account WHERE list = $1 AND person IN (SELECT value FROM json_each($2))", list, numbers(people))
	found := make(map[account.PersonID]StolenOutcome, len(rows))
	for _, r := range rows {
		found[r.Person] = r.Outcome
	}
	return found, err
}

// A StolenAccount is an account that stood in a list, at one of its places.
type StolenAccount struct {
	List    int64
	Person  account.PersonID
	Login   string
	First   string
	Last    string
	School  school.UAI // "" for who holds an office alone
	Role    school.Role
	Outcome StolenOutcome
	At      time.Time
	Frozen  bool      // it still is
	Changed time.Time // of the password; zero: there is none
}

const selectStolenAccount = `SELECT s.list, s.person, p.login, p.first_name, p.last_name, coalesce(m.school, ''), coalesce(m.role, 0),
		s.outcome, s.at, f.person IS NOT NULL, coalesce(c.changed, 0)
	FROM stolen_account s JOIN person p ON p.id = s.person
		LEFT JOIN membership m ON m.person = s.person
		LEFT JOIN frozen f ON f.person = s.person
		LEFT JOIN credential c ON c.person = s.person `

func scanStolenAccount(row *sql.Rows, a *StolenAccount) error {
	return row.Scan(&a.List, &a.Person, &a.Login, &a.First, &a.Last, &a.School, &a.Role, &a.Outcome, instant{&a.At}, &a.Frozen, instant{&a.Changed})
}

// StolenAccounts is the accounts of a list, once for each place, by school and name.
func (tx *Tx) StolenAccounts(list int64) ([]StolenAccount, error) {
	return all(tx, scanStolenAccount, selectStolenAccount+"WHERE s.list = $1 ORDER BY 6, p.sort_name, p.id", list)
}

// StolenAccountsAt is the accounts of a school that stood in any list, by name.
func (tx *Tx) StolenAccountsAt(uai school.UAI) ([]StolenAccount, error) {
	return all(tx, scanStolenAccount, selectStolenAccount+"WHERE m.school = $1 ORDER BY p.sort_name, p.id, s.list", uai)
}

// PurgeStolen forgets the lists that were last read before an instant, and which
// accounts stood in them.
func (tx *Tx) PurgeStolen(before time.Time) error {
	if err := tx.put("DELETE FROM stolen_account WHERE list IN (SELECT id FROM stolen_list WHERE moved < $1)", before); err != nil {
		return err
	}
	return tx.put("DELETE FROM stolen_list WHERE moved < $1", before)
}

// Names is every name by which somebody may sign in somewhere: logins, other names,
// addresses; folded.
func (tx *Tx) Names() ([]string, error) {
	return all(tx, column[string], "SELECT login FROM person UNION ALL SELECT name FROM alias UNION ALL SELECT lower(address) FROM email")
}

// PeopleNamed is the accounts of a folded name: one by its login or other name, and
// those whose letters go to that address, a family's perhaps.
func (tx *Tx) PeopleNamed(name string) ([]account.PersonID, error) {
	return all(tx, column[account.PersonID], `SELECT id FROM person WHERE login = $1
		UNION SELECT person FROM alias WHERE name = $2 UNION SELECT person FROM email WHERE lower(address) = $3`, name, name, name)
}
