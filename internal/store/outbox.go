package store

import (
	"database/sql"
	"time"

	"github.com/ecluse-ecole/ecluse/internal/account"
	"github.com/ecluse-ecole/ecluse/internal/order"
	"github.com/ecluse-ecole/ecluse/internal/school"
)

// A MailKind is what a mailing is for.
type MailKind uint8

// The kinds. The numbers are kept.
const (
	MailReminder  MailKind = iota // to a school that is late
	MailDigest                    // to the level above, of its late schools
	MailSignature                 // to those who may sign a proposal
	MailFamilies                  // to the people of a school
	MailCopy                      // to those who get a copy of an order
	MailAccount                   // to the owner of an account, or who takes care of it
)

// A Mailing is one text on its way to several addresses. It never changes.
type Mailing struct {
	ID          int64
	Name        string // unique: what is sent once has a name of its own
	Batch       int64  // those queued by one act
	Kind        MailKind
	Order       order.ID
	Place       school.Territory
	Queued      time.Time
	ReplyTo     string
	Unsubscribe string
	French      MailText
	English     MailText // empty: in French alone
	Without     int      // how many people have no address
}

// A MailText is a mailing in one language.
type MailText struct{ Subject, Body string }

// A Recipient is an address, and the language read there; "" where it is not known.
type Recipient struct{ Address, Language string }

// AddMailing queues a text for some addresses. A name that was taken is a Conflict,
// an address that stands twice gets one. It was always due, so that it leaves
// before what waits since its hour, such as thousands of letters to families.
func (tx *Tx) AddMailing(m Mailing, to []Recipient) error {
	err := tx.put(`INSERT INTO mailing (id, name, batch, kind, order_id, place, queued, reply_to, unsubscribe,
			subject_fr, body_fr, subject_en, body_en, without)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14)`,
		m.ID, m.Name, m.Batch, m.Kind, m.Order, m.Place, m.Queued, m.ReplyTo, m.Unsubscribe,
		m.French.Subject, m.French.Body, m.English.Subject, m.English.Body, m.Without)
	if err != nil {
		return err
	}
	for _, r := range to {
		err := tx.put(`INSERT INTO outbox (mailing, address, language, state, tries, due, settled, reason)
			VALUES ($1, $2, $3, 0, 0, 0, 0, '') ON CONFLICT (mailing, address) DO NOTHING`, m.ID, r.Address, r.Language)
		if err != nil {
			return err
		}
	}
	return nil
}

// Mailed reports whether a mailing of this name was queued.
func (tx *Tx) Mailed(name string) (bool, error) {
	n, err := one(tx, errNoCounter, column[int], "SELECT count(*) FROM mailing WHERE name = $1", name)
	return n > 0, err
}

// MailedNames is the names of an order's mailings.
func (tx *Tx) MailedNames(id order.ID) (map[string]time.Time, error) {
	type named struct {
		name string
		at   time.Time
	}
	rows, err := all(tx, func(row *sql.Rows, n *named) error { return row.Scan(&n.name, instant{&n.at}) },
		"SELECT name, queued FROM mailing WHERE order_id = $1", id)
	names := make(map[string]time.Time, len(rows))
	for _, r := range rows {
		names[r.name] = r.at
	}
	return names, err
}

// A Posting is one letter of the outbox.
type Posting struct {
	Mailing  int64
	Address  string
	Language string
	Tries    int
	Due      time.Time
}

func scanPosting(row *sql.Rows, p *Posting) error {
	return row.Scan(&p.Mailing, &p.Address, &p.Language, &p.Tries, instant{&p.Due})
}

// Lease takes letters that are due, for whoever asks alone, until an instant: if
// they are not settled by then, they are due again. What another node takes at the
// same time is left to it.
func (tx *Tx) Lease(now, until time.Time, limit int) ([]Posting, error) {
	due, err := all(tx, scanPosting, `SELECT mailing, address, language, tries, due FROM outbox
		WHERE state = 0 AND due <= $1 ORDER BY due, mailing LIMIT $2`, now, limit)
	if err != nil {
		return nil, err
	}
	var leased []Posting
	for _, p := range due {
		n, err := tx.exec("UPDATE outbox SET due = $1, tries = tries + 1 WHERE mailing = $2 AND address = $3 AND state = 0 AND due = $4",
			until, p.Mailing, p.Address, p.Due)
		if err != nil {
			return nil, err
		}
		if n == 1 {
			p.Tries, p.Due = p.Tries+1, until
			leased = append(leased, p)
		}
	}
	return leased, nil
}

// Taken notes that the relay has a letter.
func (tx *Tx) Taken(p Posting, at time.Time) error {
	return tx.put("UPDATE outbox SET state = 1, settled = $1, reason = '' WHERE mailing = $2 AND address = $3 AND state = 0", at, p.Mailing, p.Address)
}

// GiveUp notes that a letter is not tried again, and why.
func (tx *Tx) GiveUp(p Posting, at time.Time, reason string) error {
	return tx.put("UPDATE outbox SET state = 2, settled = $1, reason = $2 WHERE mailing = $3 AND address = $4 AND state = 0",
		at, reason, p.Mailing, p.Address)
}

// Retry puts a leased letter back until an instant. One that was not tried at all
// has no reason, and the lease does not count as a try.
func (tx *Tx) Retry(p Posting, due time.Time, reason string) error {
	tries := p.Tries
	if reason == "" {
		tries--
	}
	return tx.put(`UPDATE outbox SET due = $1, tries = $2, reason = CASE WHEN $3 = '' THEN reason ELSE $3 END
		WHERE mailing = $4 AND address = $5 AND state = 0 AND due = $6`,
		due, tries, reason, p.Mailing, p.Address, p.Due)
}

// PurgeLetters forgets to whom letters went that were settled before an instant.
// Their texts and names stay, so that none is written again.
func (tx *Tx) PurgeLetters(before time.Time) error {
	return tx.put("DELETE FROM outbox WHERE state > 0 AND settled < $1", before)
}

const selectMailing = `SELECT id, name, batch, kind, order_id, place, queued, reply_to, unsubscribe,
	subject_fr, body_fr, subject_en, body_en, without FROM mailing `

func scanMailing(row *sql.Rows, m *Mailing) error {
	return row.Scan(&m.ID, &m.Name, &m.Batch, &m.Kind, &m.Order, &m.Place, instant{&m.Queued}, &m.ReplyTo, &m.Unsubscribe,
		&m.French.Subject, &m.French.Body, &m.English.Subject, &m.English.Body, &m.Without)
}

var noMailing = missing("Cet envoi n’existe pas.", "There is no such mailing.")

// Mailing is one text by its number.
func (tx *Tx) Mailing(id int64) (Mailing, error) {
	return one(tx, noMailing, scanMailing, selectMailing+"WHERE id = $1", id)
}

// A MailSum is what became of one mailing, without its text or addresses.
type MailSum struct {
	Name    string
	Batch   int64
	Kind    MailKind
	Place   school.Territory
	Queued  time.Time
	Without int
	To      int // addresses
	Taken   int
	GivenUp int
	Reason  string // the latest that the relay said against one of them
}

func scanMailSum(row *sql.Rows, m *MailSum) error {
	return row.Scan(&m.Name, &m.Batch, &m.Kind, &m.Place, instant{&m.Queued}, &m.Without, &m.To, &m.Taken, &m.GivenUp, &m.Reason)
}

// MailSums is what became of an order's mailings about places below a territory, as
// they were queued.
func (tx *Tx) MailSums(id order.ID, below school.Territory) ([]MailSum, error) {
	return all(tx, scanMailSum, `SELECT m.name, m.batch, m.kind, m.place, m.queued, m.without, count(o.address),
			coalesce(sum(CASE WHEN o.state = 1 THEN 1 ELSE 0 END), 0), coalesce(sum(CASE WHEN o.state = 2 THEN 1 ELSE 0 END), 0),
			coalesce(max(o.reason), '')
		FROM mailing m LEFT JOIN outbox o ON o.mailing = m.id
		WHERE m.order_id = $1 AND (m.place = $2 OR m.place LIKE $3)
		GROUP BY m.id, m.name, m.batch, m.kind, m.place, m.queued, m.without ORDER BY m.id`, id, below, below+"/%")
}

// PutEmail keeps a person's address; "" forgets it. It stands apart from the
// account, so that no list of people carries it.
func (tx *Tx) PutEmail(person account.PersonID, address string) error {
	if address == "" {
		return tx.put("DELETE FROM email WHERE person = $1", person)
	}
	return tx.put(`INSERT INTO email (person, address) VALUES ($1, $2)
		ON CONFLICT (person) DO UPDATE SET address = excluded.address`, person, address)
}

// Email is a person's address; "" when there is none.
func (tx *Tx) Email(person account.PersonID) (string, error) {
	return one(tx, errNoCounter, column[string], "SELECT coalesce(max(address), '') FROM email WHERE person = $1", person)
}

// An Addressee is a person to write to; Address is "" where there is none.
type Addressee struct {
	Person account.PersonID
	Recipient
}

func scanAddressee(row *sql.Rows, a *Addressee) error {
	return row.Scan(&a.Person, &a.Language, &a.Address)
}

// Addressees is everyone of these roles in a school, each person once.
func (tx *Tx) Addressees(uai school.UAI, roles school.Roles) ([]Addressee, error) {
	return all(tx, scanAddressee, `SELECT DISTINCT p.id, p.language, coalesce(e.address, '')
		FROM membership m JOIN person p ON p.id = m.person LEFT JOIN email e ON e.person = p.id
		WHERE m.school = $1 AND m.role IN (SELECT value FROM json_each($2)) ORDER BY p.id`, uai, numbers(roles.Each()))
}

// Holders is everyone who holds an office of a territory, none above or below.
func (tx *Tx) Holders(t school.Territory) ([]Addressee, error) {
	return all(tx, scanAddressee, `SELECT p.id, p.language, coalesce(e.address, '')
		FROM office o JOIN person p ON p.id = o.person LEFT JOIN email e ON e.person = p.id
		WHERE o.territory = $1 ORDER BY p.id`, t)
}

// AddresseesOf is how to write to some people.
func (tx *Tx) AddresseesOf(people []account.PersonID) ([]Addressee, error) {
	return all(tx, scanAddressee, `SELECT p.id, p.language, coalesce(e.address, '')
		FROM person p LEFT JOIN email e ON e.person = p.id
		WHERE p.id IN (SELECT value FROM json_each($1)) ORDER BY p.id`, numbers(people))
}

// AddMailingTo is AddMailing for everyone of these roles in a school who has an
// address, each address once, in one statement whatever their number. They are due
// from when they were queued, behind what AddMailing queues. It returns how many.
func (tx *Tx) AddMailingTo(m Mailing, uai school.UAI, roles school.Roles) (int, error) {
	without, err := one(tx, errNoCounter, column[int], `SELECT count(DISTINCT m.person) FROM membership m
		WHERE m.school = $1 AND m.role IN (SELECT value FROM json_each($2))
			AND NOT EXISTS (SELECT 1 FROM email e WHERE e.person = m.person)`, uai, numbers(roles.Each()))
	if err != nil {
		return 0, err
	}
	m.Without = without
	if err := tx.AddMailing(m, nil); err != nil {
		return 0, err
	}
	n, err := tx.exec(`INSERT INTO outbox (mailing, address, language, state, tries, due, settled, reason)
		SELECT CAST($1 AS BIGINT), e.address, min(p.language), 0, 0, CAST($2 AS BIGINT), 0, ''
		FROM membership m JOIN email e ON e.person = m.person JOIN person p ON p.id = m.person
		WHERE m.school = $3 AND m.role IN (SELECT value FROM json_each($4)) GROUP BY e.address`,
		m.ID, m.Queued, uai, numbers(roles.Each()))
	return int(n), err
}

// A Reached is how many people of a school a letter would reach.
type Reached struct {
	School  school.UAI
	Role    school.Role
	With    int // people with an address
	Without int
}

// EmailReach counts the people of all schools by role, with and without an address.
func (tx *Tx) EmailReach() ([]Reached, error) {
	return all(tx, func(row *sql.Rows, r *Reached) error { return row.Scan(&r.School, &r.Role, &r.With, &r.Without) },
		`SELECT m.school, m.role, count(DISTINCT e.person), count(DISTINCT m.person) - count(DISTINCT e.person)
		FROM membership m LEFT JOIN email e ON e.person = m.person GROUP BY m.school, m.role ORDER BY m.school, m.role`)
}
