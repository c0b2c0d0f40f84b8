package store

import (
	"cmp"
	"database/sql"
	"slices"

	"github.com/ecluse-ecole/ecluse/internal/account"
	"github.com/ecluse-ecole/ecluse/internal/message"
	"github.com/ecluse-ecole/ecluse/internal/school"
)

// AddClass adds a class to a school.
func (tx *Tx) AddClass(c message.Class) error {
	return tx.put("INSERT INTO class (school, id, name) VALUES ($1, $2, $3)", c.School, c.ID, c.Name)
}

func scanClass(row *sql.Rows, c *message.Class) error {
	return row.Scan(&c.School, &c.ID, &c.Name)
}

func (tx *Tx) classes(query string, args ...any) ([]message.Class, error) {
	list, err := all(tx, scanClass, query, args...)
	slices.SortFunc(list, func(a, b message.Class) int { return cmp.Or(cmp.Compare(a.Name, b.Name), cmp.Compare(a.ID, b.ID)) })
	return list, err
}

// Classes is a school's classes by name.
func (tx *Tx) Classes(uai school.UAI) ([]message.Class, error) {
	return tx.classes("SELECT school, id, name FROM class WHERE school = $1", uai)
}

// ClassesOf is the classes that a pupil or a teacher belongs to.
func (tx *Tx) ClassesOf(uai school.UAI, member account.MemberID) ([]message.Class, error) {
	return tx.classes(`SELECT c.school, c.id, c.name FROM class_member x JOIN class c ON c.school = x.school AND c.id = x.class
		WHERE x.school = $1 AND x.member = $2`, uai, member)
}

// JoinClass puts a pupil or a teacher of the school into a class.
func (tx *Tx) JoinClass(uai school.UAI, class message.ClassID, member account.MemberID) error {
	return tx.put("INSERT INTO class_member (school, class, member) VALUES ($1, $2, $3)", uai, class, member)
}

// ClassMembers is the people of a role in a class, by name; for Guardian, those
// responsible for its pupils, each once.
func (tx *Tx) ClassMembers(uai school.UAI, class message.ClassID, role school.Role) ([]account.Membership, error) {
	if role == school.Guardian {
		return tx.members("SELECT "+memberColumns+` FROM membership m WHERE m.school = $1 AND m.id IN (
			SELECT g.guardian FROM class_member x JOIN guardian g ON g.school = x.school AND g.pupil = x.member
			WHERE x.school = $1 AND x.class = $2)`, uai, class)
	}
	return tx.members("SELECT "+memberColumns+` FROM class_member x JOIN membership m ON m.school = x.school AND m.id = x.member
		WHERE x.school = $1 AND x.class = $2 AND m.role = $3`, uai, class, role)
}

type classSize struct {
	class message.ClassID
	size  int
}

func scanClassSize(row *sql.Rows, c *classSize) error { return row.Scan(&c.class, &c.size) }

// ClassSizes is how many people ClassMembers has for each of these classes;
// classes without any are left out.
func (tx *Tx) ClassSizes(uai school.UAI, classes []message.ClassID, role school.Role) (map[message.ClassID]int, error) {
	query, args := `SELECT x.class, count(*) FROM class_member x JOIN membership m ON m.school = x.school AND m.id = x.member
		WHERE x.school = $1 AND x.class IN (SELECT value FROM json_each($2)) AND m.role = $3 GROUP BY x.class`, []any{uai, numbers(classes), role}
	if role == school.Guardian {
		query, args = `SELECT x.class, count(DISTINCT g.guardian) FROM class_member x JOIN guardian g ON g.school = x.school AND g.pupil = x.member
			WHERE x.school = $1 AND x.class IN (SELECT value FROM json_each($2)) GROUP BY x.class`, args[:2]
	}
	rows, err := all(tx, scanClassSize, query, args...)
	sizes := make(map[message.ClassID]int, len(rows))
	for _, r := range rows {
		sizes[r.class] = r.size
	}
	return sizes, err
}
