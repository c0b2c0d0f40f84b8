package store

import (
	"database/sql"

	"github.com/ecluse-ecole/ecluse/internal/school"
)

// A Contact is how a school is reached. Protection names the people to whom a
// pupil's alert goes, in words.
type Contact struct {
	Phone      string
	Email      string
	Protection string
}

// PutSchool adds a school or replaces what is known of it.
func (tx *Tx) PutSchool(s school.School, c Contact) error {
	err := tx.put(`INSERT INTO school (uai, name, degree, sector, parent, zone, calendar, phone, email, protection)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)
		ON CONFLICT (uai) DO UPDATE SET name = excluded.name, degree = excluded.degree, sector = excluded.sector,
			parent = excluded.parent, zone = excluded.zone, calendar = excluded.calendar,
			phone = excluded.phone, email = excluded.email, protection = excluded.protection`,
		s.UAI, s.Name, s.Degree, s.Sector, s.Parent, s.Zone, s.Calendar, c.Phone, c.Email, c.Protection)
	if err != nil {
		return err
	}
	_, err = tx.newGeneration()
	return err
}

func scanSchool(row *sql.Rows, s *school.School) error {
	return row.Scan(&s.UAI, &s.Name, &s.Degree, &s.Sector, &s.Parent, &s.Zone, &s.Calendar)
}

// Schools is every school, by code.
func (tx *Tx) Schools() ([]school.School, error) {
	return all(tx, scanSchool, "SELECT uai, name, degree, sector, parent, zone, calendar FROM school ORDER BY uai")
}

func scanContact(row *sql.Rows, c *Contact) error {
	return row.Scan(&c.Phone, &c.Email, &c.Protection)
}

var noSchool = missing("Cet établissement n’est pas connu ici.", "This school is not known here.")

// SchoolContact is how a school is reached.
func (tx *Tx) SchoolContact(uai school.UAI) (Contact, error) {
	return one(tx, noSchool, scanContact, "SELECT phone, email, protection FROM school WHERE uai = $1", uai)
}

// PutTerritory names a node of the tree as people read it.
func (tx *Tx) PutTerritory(code school.Territory, name string) error {
	return tx.put(`INSERT INTO territory (code, name) VALUES ($1, $2)
		ON CONFLICT (code) DO UPDATE SET name = excluded.name`, code, name)
}

type territoryName struct {
	code school.Territory
	name string
}

func scanTerritory(row *sql.Rows, t *territoryName) error { return row.Scan(&t.code, &t.name) }

// TerritoryNames is the name of each node that has one.
func (tx *Tx) TerritoryNames() (map[school.Territory]string, error) {
	rows, err := all(tx, scanTerritory, "SELECT code, name FROM territory")
	names := make(map[school.Territory]string, len(rows))
	for _, t := range rows {
		names[t.code] = t.name
	}
	return names, err
}
