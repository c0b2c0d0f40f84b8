package store

import (
	"database/sql"
	"time"

	"github.com/ecluse-ecole/ecluse/internal/account"
	"github.com/ecluse-ecole/ecluse/internal/message"
	"github.com/ecluse-ecole/ecluse/internal/school"
)

// SignedIn is a person and how many sessions they have.
type SignedIn struct {
	Person   account.PersonID
	Sessions int
}

func scanSignedIn(row *sql.Rows, s *SignedIn) error { return row.Scan(&s.Person, &s.Sessions) }

// SignedInAt is who of these roles in a school has sessions that hold.
func (tx *Tx) SignedInAt(uai school.UAI, roles school.Roles, now time.Time) ([]SignedIn, error) {
	return all(tx, scanSignedIn, `SELECT person, count(*) FROM session WHERE person IN (
			SELECT person FROM membership WHERE school = $1 AND role IN (SELECT value FROM json_each($2)))
		AND expires > $3 GROUP BY person ORDER BY person`, uai, numbers(roles.Each()), now)
}

// SignedInClass is SignedInAt of a class: its pupils and teachers, and who is
// responsible for its pupils.
func (tx *Tx) SignedInClass(uai school.UAI, class message.ClassID, roles school.Roles, now time.Time) ([]SignedIn, error) {
	return all(tx, scanSignedIn, `SELECT person, count(*) FROM session WHERE person IN (
			SELECT m.person FROM membership m WHERE m.school = $1 AND m.role IN (SELECT value FROM json_each($2)) AND m.id IN (
				SELECT x.member FROM class_member x WHERE x.school = $1 AND x.class = $3
				UNION SELECT g.guardian FROM class_member x JOIN guardian g ON g.school = x.school AND g.pupil = x.member
					WHERE x.school = $1 AND x.class = $3))
		AND expires > $4 GROUP BY person ORDER BY person`, uai, numbers(roles.Each()), class, now)
}
