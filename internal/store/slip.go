package store

import (
	"database/sql"
	"time"

	"github.com/ecluse-ecole/ecluse/internal/account"
	"github.com/ecluse-ecole/ecluse/internal/school"
)

var (
	noSlip    = missing("Ce billet n’existe pas.", "There is no such slip.")
	spentSlip = missing("Ce billet ne vaut plus.", "This slip no longer counts.")
)

// AddSlip keeps a slip that is about to be printed, and cancels those that its
// person had.
func (tx *Tx) AddSlip(s account.Slip) error {
	if err := tx.put("UPDATE slip SET cancelled = $1 WHERE person = $2 AND used = 0 AND cancelled = 0", s.Printed, s.Person); err != nil {
		return err
	}
	return tx.put(`INSERT INTO slip (school, id, person, member, digest, printed, expires, used, cancelled, clears)
		VALUES ($1, $2, $3, $4, $5, $6, $7, 0, 0, $8)`,
		s.School, s.ID, s.Person, s.Member, s.Digest[:], s.Printed, s.Expires, s.Clears)
}

const selectSlip = "SELECT school, id, person, member, digest, printed, expires, used, cancelled, clears FROM slip "

func scanSlip(row *sql.Rows, s *account.Slip) error {
	return row.Scan(&s.School, &s.ID, &s.Person, &s.Member, digest{&s.Digest}, instant{&s.Printed}, instant{&s.Expires},
		instant{&s.Used}, instant{&s.Cancelled}, &s.Clears)
}

// LatestSlip is the one that was last printed for a person; NotFound when none was.
func (tx *Tx) LatestSlip(person account.PersonID) (account.Slip, error) {
	return one(tx, noSlip, scanSlip, selectSlip+"WHERE person = $1 ORDER BY id DESC LIMIT 1", person)
}

// Slip is one that a school printed.
func (tx *Tx) Slip(uai school.UAI, id int64) (account.Slip, error) {
	return one(tx, noSlip, scanSlip, selectSlip+"WHERE school = $1 AND id = $2", uai, id)
}

// SlipsOf is what a school has printed, each person's latest after the others.
func (tx *Tx) SlipsOf(uai school.UAI) ([]account.Slip, error) {
	return all(tx, scanSlip, selectSlip+"WHERE school = $1 ORDER BY id", uai)
}

// UseSlip spends a slip, once: of two who bring the same, one finds it gone.
func (tx *Tx) UseSlip(id int64, now time.Time) error {
	return tx.must(spentSlip, "UPDATE slip SET used = $1 WHERE id = $2 AND used = 0 AND cancelled = 0 AND expires > $1", now, id)
}

// CancelSlip makes a slip of a school worthless.
func (tx *Tx) CancelSlip(uai school.UAI, id int64, now time.Time) error {
	return tx.must(spentSlip, "UPDATE slip SET cancelled = $1 WHERE school = $2 AND id = $3 AND used = 0 AND cancelled = 0", now, uai, id)
}

// PurgeSlips forgets slips that could not be used any more at an instant.
func (tx *Tx) PurgeSlips(before time.Time) error {
	return tx.put("DELETE FROM slip WHERE expires < $1", before)
}

// An Enrolled is somebody of a school with what a head sees of their account.
type Enrolled struct {
	account.Membership
	First, Last string
	Key         string // by which lists are sorted
	Login       string
	Active      bool   // it has a password
	Service     string // the sign-in service whose password it has instead; "": none
	Asked       bool   // for a new password
	Office      bool   // they hold one, or head another school
	Factors     bool   // there is something beside the password
}

func scanEnrolled(row *sql.Rows, e *Enrolled) error {
	return row.Scan(&e.School, &e.ID, &e.Person, &e.Role, &e.Function, &e.Name, &e.Key, &e.First, &e.Last, &e.Login,
		&e.Active, &e.Service, &e.Asked, &e.Office, &e.Factors)
}

// Enrolled is everyone of these roles in a school.
func (tx *Tx) Enrolled(uai school.UAI, roles school.Roles) ([]Enrolled, error) {
	return all(tx, scanEnrolled, "SELECT "+memberColumns+`, p.first_name, p.last_name, p.login,
			coalesce(c.hash, '') <> '', CASE WHEN c.hash = '' THEN c.service ELSE '' END, r.person IS NOT NULL,
			EXISTS (SELECT 1 FROM office o WHERE o.person = m.person)
				OR EXISTS (SELECT 1 FROM membership h WHERE h.person = m.person AND h.role = $1 AND h.school <> m.school), EXISTS (SELECT 1 FROM factor f WHERE f.person = m.person)
		FROM membership m JOIN person p ON p.id = m.person LEFT JOIN credential c ON c.person = m.person
			LEFT JOIN renewal r ON r.person = m.person
		WHERE m.school = $2 AND m.role IN (SELECT value FROM json_each($3)) ORDER BY m.id`, school.Head, uai, numbers(roles.Each()))
}

// A Seat is a member in a class; a guardian sits where their children do.
type Seat struct {
	Member account.MemberID
	Class  int64
	Name   string // of the class
}

func scanSeat(row *sql.Rows, s *Seat) error { return row.Scan(&s.Member, &s.Class, &s.Name) }

// Seats is who sits in which class of a school.
func (tx *Tx) Seats(uai school.UAI) ([]Seat, error) {
	return all(tx, scanSeat, `SELECT x.member, c.id, c.name FROM class_member x JOIN class c ON c.school = x.school AND c.id = x.class
			WHERE x.school = $1
		UNION SELECT g.guardian, c.id, c.name FROM guardian g JOIN class_member x ON x.school = g.school AND x.member = g.pupil
			JOIN class c ON c.school = x.school AND c.id = x.class WHERE g.school = $1
		ORDER BY 1, 2`, uai)
}
