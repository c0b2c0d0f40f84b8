package store

import (
	"database/sql"
	"time"

	"github.com/ecluse-ecole/ecluse/internal/account"
	"github.com/ecluse-ecole/ecluse/internal/school"
)

// A Security is what protects the account behind one membership. It names nobody.
type Security struct {
	Member  account.MemberID
	Role    school.Role
	Changed time.Time // when its password was last changed
	Active  bool      // it has a password here
	Service string    // the sign-in service whose password it has instead; "": none
	Second  bool      // something beside the password is set up
	Frozen  bool
	Renewal bool // a new password is asked of it
}

const selectSecurity = `SELECT m.id, m.role, coalesce(c.changed, 0), coalesce(c.hash, '') <> '',
		CASE WHEN c.hash = '' THEN c.service ELSE '' END,
		EXISTS (SELECT 1 FROM factor x WHERE x.person = m.person), f.person IS NOT NULL, r.person IS NOT NULL
	FROM membership m LEFT JOIN credential c ON c.person = m.person
		LEFT JOIN frozen f ON f.person = m.person LEFT JOIN renewal r ON r.person = m.person
	WHERE m.school = $1`

func scanSecurity(row *sql.Rows, s *Security) error {
	return row.Scan(&s.Member, &s.Role, instant{&s.Changed}, &s.Active, &s.Service, &s.Second, &s.Frozen, &s.Renewal)
}

// SecurityOf is what protects the accounts of a school's people.
func (tx *Tx) SecurityOf(uai school.UAI) ([]Security, error) {
	return all(tx, scanSecurity, selectSecurity, uai)
}

const selectSignedIn = `SELECT m.id FROM membership m JOIN person p ON p.id = m.person
	WHERE m.school = $1 AND m.role <= $2 AND EXISTS (SELECT 1 FROM sign_in_try t WHERE t.login = p.login AND t.at >= $3 AND t.ok = 1)`

// SignedIn is which pupils and guardians of a school have signed in since an
// instant, as far as tries are kept.
func (tx *Tx) SignedIn(uai school.UAI, since time.Time) ([]account.MemberID, error) {
	return all(tx, column[account.MemberID], selectSignedIn, uai, school.Guardian, since)
}

const countUnserved = `SELECT count(*) FROM membership m JOIN person p ON p.id = m.person
	WHERE m.school = $1 AND m.role = $2
		AND EXISTS (SELECT 1 FROM guardian g WHERE g.school = m.school AND g.pupil = m.id)
		AND EXISTS (SELECT 1 FROM sign_in_try t WHERE t.login = p.login AND t.at >= $3 AND t.ok = 1)
		AND NOT EXISTS (SELECT 1 FROM guardian g JOIN membership x ON x.school = g.school AND x.id = g.guardian
			JOIN person y ON y.id = x.person JOIN sign_in_try t ON t.login = y.login
			WHERE g.school = m.school AND g.pupil = m.id AND t.at >= $3 AND t.ok = 1)`

// CountUnserved is how many pupils of a school have signed in since an instant while
// none of their guardians has.
func (tx *Tx) CountUnserved(uai school.UAI, since time.Time) (int, error) {
	return one(tx, errNoCounter, column[int], countUnserved, uai, school.Pupil, since)
}

// A Kinship is a guardian and a pupil of theirs.
type Kinship struct{ Guardian, Pupil account.MemberID }

func scanKinship(row *sql.Rows, k *Kinship) error { return row.Scan(&k.Guardian, &k.Pupil) }

// Kinships is who answers for whom in a school.
func (tx *Tx) Kinships(uai school.UAI) ([]Kinship, error) {
	return all(tx, scanKinship, "SELECT guardian, pupil FROM guardian WHERE school = $1 ORDER BY guardian, pupil", uai)
}

// A Seating is somebody's place in a class.
type Seating struct {
	Class  int64
	Member account.MemberID
}

func scanSeating(row *sql.Rows, s *Seating) error { return row.Scan(&s.Class, &s.Member) }

// Seatings is who belongs to which class of a school.
func (tx *Tx) Seatings(uai school.UAI) ([]Seating, error) {
	return all(tx, scanSeating, "SELECT class, member FROM class_member WHERE school = $1", uai)
}
