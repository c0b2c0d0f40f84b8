package store

import (
	"cmp"
	"database/sql"
	"slices"

	"github.com/ecluse-ecole/ecluse/internal/account"
	"github.com/ecluse-ecole/ecluse/internal/school"
)

var noMember = missing("Cette personne n’est pas dans cet établissement.", "This person is not in this school.")

// AddMembership puts a person whose account exists into a school. When the name
// is empty it is taken from the account.
func (tx *Tx) AddMembership(m account.Membership) error {
	return tx.must(noPerson, `INSERT INTO membership (school, id, person, role, function, name, sort_name)
		SELECT CAST($1 AS TEXT), CAST($2 AS BIGINT), id, CAST($3 AS BIGINT), CAST($4 AS TEXT),
			coalesce(nullif(CAST($5 AS TEXT), ''), first_name || ' ' || last_name), sort_name
		FROM person WHERE id = $6`,
		m.School, m.ID, m.Role, m.Function, m.Name, m.Person)
}

// A sorted membership carries the key by which lists are ordered.
type sorted struct {
	account.Membership
	key string
}

const memberColumns = "m.school, m.id, m.person, m.role, m.function, m.name, m.sort_name"

func scanMember(row *sql.Rows, m *sorted) error {
	return row.Scan(&m.School, &m.ID, &m.Person, &m.Role, &m.Function, &m.Name, &m.key)
}

// members is a query's memberships in the order of their names. They are sorted
// here, because collations differ between the databases.
func (tx *Tx) members(query string, args ...any) ([]account.Membership, error) {
	rows, err := all(tx, scanMember, query, args...)
	if err != nil {
		return nil, err
	}
	slices.SortFunc(rows, func(a, b sorted) int { return cmp.Or(cmp.Compare(a.key, b.key), cmp.Compare(a.ID, b.ID)) })
	list := make([]account.Membership, len(rows))
	for i := range rows {
		list[i] = rows[i].Membership
	}
	return list, nil
}

// Membership is one place of a person in a school.
func (tx *Tx) Membership(uai school.UAI, id account.MemberID) (account.Membership, error) {
	m, err := one(tx, noMember, scanMember, "SELECT "+memberColumns+" FROM membership m WHERE m.school = $1 AND m.id = $2", uai, id)
	return m.Membership, err
}

// Member is a membership by its number alone.
func (tx *Tx) Member(id account.MemberID) (account.Membership, error) {
	m, err := one(tx, noMember, scanMember, "SELECT "+memberColumns+" FROM membership m WHERE m.id = $1", id)
	return m.Membership, err
}

// MembershipsOf is a person's places in all schools.
func (tx *Tx) MembershipsOf(person account.PersonID) ([]account.Membership, error) {
	rows, err := all(tx, scanMember, "SELECT "+memberColumns+" FROM membership m WHERE m.person = $1 ORDER BY m.school, m.id", person)
	list := make([]account.Membership, len(rows))
	for i := range rows {
		list[i] = rows[i].Membership
	}
	return list, err
}

// MembersByRole is everyone of these roles in a school, by name.
func (tx *Tx) MembersByRole(uai school.UAI, roles school.Roles) ([]account.Membership, error) {
	return tx.members("SELECT "+memberColumns+" FROM membership m WHERE m.school = $1 AND m.role IN (SELECT value FROM json_each($2))",
		uai, numbers(roles.Each()))
}

// FrozenMembers is everyone of a school whose account is frozen, by name.
func (tx *Tx) FrozenMembers(uai school.UAI) ([]account.Membership, error) {
	return tx.members("SELECT "+memberColumns+" FROM membership m WHERE m.school = $1 AND m.person IN (SELECT person FROM frozen)", uai)
}

type roleCount struct {
	school school.UAI
	role   school.Role
	count  int
}

func scanRoleCount(row *sql.Rows, c *roleCount) error {
	return row.Scan(&c.school, &c.role, &c.count)
}

// CountByRole is how many people of each role a school has.
func (tx *Tx) CountByRole(uai school.UAI) ([school.RoleCount]int, error) {
	var counts [school.RoleCount]int
	rows, err := all(tx, scanRoleCount, "SELECT school, role, count(*) FROM membership WHERE school = $1 GROUP BY school, role", uai)
	for _, r := range rows {
		counts[r.role] = r.count
	}
	return counts, err
}

// CountAllByRole is CountByRole of every school that has people.
func (tx *Tx) CountAllByRole() (map[school.UAI][school.RoleCount]int, error) {
	rows, err := all(tx, scanRoleCount, "SELECT school, role, count(*) FROM membership GROUP BY school, role")
	counts := map[school.UAI][school.RoleCount]int{}
	for _, r := range rows {
		c := counts[r.school]
		c[r.role] = r.count
		counts[r.school] = c
	}
	return counts, err
}

// AddGuardian says that a guardian is responsible for a pupil of the school.
func (tx *Tx) AddGuardian(uai school.UAI, guardian, pupil account.MemberID) error {
	return tx.put("INSERT INTO guardian (school, guardian, pupil) VALUES ($1, $2, $3)", uai, guardian, pupil)
}

// ChildrenOf is the pupils of the school for whom a guardian is responsible.
func (tx *Tx) ChildrenOf(uai school.UAI, guardian account.MemberID) ([]account.Membership, error) {
	return tx.members("SELECT "+memberColumns+` FROM guardian g JOIN membership m ON m.school = g.school AND m.id = g.pupil
		WHERE g.school = $1 AND g.guardian = $2`, uai, guardian)
}

// GuardiansOf is who is responsible for a pupil.
func (tx *Tx) GuardiansOf(uai school.UAI, pupil account.MemberID) ([]account.Membership, error) {
	return tx.members("SELECT "+memberColumns+` FROM guardian g JOIN membership m ON m.school = g.school AND m.id = g.guardian
		WHERE g.school = $1 AND g.pupil = $2`, uai, pupil)
}
