// Package school holds the words of place and people's parts in it: school
// codes (UAI) with their check letter, the tree of territories, degrees,
// sectors, roles, and what a département tells about a school's clock and
// holidays. It is pure data and rules; nothing here reads a file or the network.
package school

import (
	"errors"
	"fmt"
	"strings"
)

// A School is one établissement as orders and decisions see it.
type School struct {
	UAI      UAI
	Name     string // as shown to people
	Degree   Degree
	Sector   Sector
	Parent   Territory // the node above: a circonscription or a département
	Zone     string    // IANA time zone, from the département unless set
	Calendar string    // holiday calendar code, from the département unless set
}

// Territory is the school's own node in the tree: its parent and its UAI.
func (s School) Territory() Territory { return s.Parent + "/" + Territory(s.UAI) }

// New makes a school whose clock and holidays are those of its département, and
// validates it. Where a département has several clocks (French Polynesia), set
// Zone afterwards for the schools that do not follow the first.
func New(uai UAI, name string, degree Degree, sector Sector, parent Territory) (School, error) {
	d, err := DepartmentOf(uai)
	if err != nil {
		return School{}, err
	}
	s := School{UAI: uai, Name: name, Degree: degree, Sector: sector, Parent: parent, Zone: d.Zones[0], Calendar: d.Code}
	return s, s.Validate()
}

// Validate reports all that is wrong with a school, one sentence a line: a bad
// code, no name, a parent that is no département or circonscription, a parent
// of another département than the code, an unknown clock or calendar.
func (s School) Validate() error {
	wrong := []error{s.validatePlace()}
	if _, err := ParseUAI(string(s.UAI)); err != nil {
		wrong = append(wrong, err)
	}
	if strings.TrimSpace(s.Name) == "" {
		wrong = append(wrong, fmt.Errorf("school %s has no name: give the one that is shown to people", s.UAI))
	}
	if s.Degree >= DegreeCount || s.Sector >= SectorCount {
		wrong = append(wrong, fmt.Errorf("school %s has no degree or sector: want first or second, public or private", s.UAI))
	}
	if !KnownZone(s.Zone) {
		wrong = append(wrong, fmt.Errorf("school %s: %q is not a time zone of French schools: want one such as Europe/Paris or Indian/Reunion", s.UAI, s.Zone))
	}
	if _, err := ParseCalendar(s.Calendar); err != nil {
		wrong = append(wrong, fmt.Errorf("school %s: %w", s.UAI, err))
	}
	return errors.Join(wrong...)
}

// validatePlace verifies that the parent stands in the tree where the school's
// code says. Saint-Barthélemy and Saint-Martin are let through under codes of
// Guadeloupe, from before they had their own.
func (s School) validatePlace() error {
	parent, err := ParseTerritory(string(s.Parent))
	if err != nil {
		return fmt.Errorf("school %s: %w", s.UAI, err)
	}
	if l := parent.Level(); l != 3 && l != 4 {
		return fmt.Errorf("school %s: its parent %s is not a département or a circonscription: want a path such as FR/13/079", s.UAI, parent)
	}
	d, err := DepartmentOf(s.UAI)
	if err != nil {
		return err
	}
	place := d.Territory()
	if place.Contains(parent) || d.Code == "971" && (Territory("FR/32/977").Contains(parent) || Territory("FR/32/978").Contains(parent)) {
		return nil
	}
	return fmt.Errorf("school %s: its code says %s (%s), its parent is %s: correct one of them", s.UAI, place, d.Name, parent)
}

// A Degree is one of the two of the French school system.
type Degree uint8

// First is primary (école); Second is secondary (collège, lycée).
const (
	First Degree = iota
	Second
	DegreeCount = iota
)

var degreeNames = [DegreeCount]string{"first", "second"}

// String is the word that orders use.
func (d Degree) String() string { return word(degreeNames[:], int(d), "degree") }

// ParseDegree reads "first" or "second".
func ParseDegree(s string) (Degree, error) {
	i, err := parseWord(degreeNames[:], s, "degree")
	return Degree(i), err
}

// A Sector is public or private.
type Sector uint8

// The two sectors.
const (
	Public Sector = iota
	Private
	SectorCount = iota
)

var sectorNames = [SectorCount]string{"public", "private"}

// String is the word that orders use.
func (s Sector) String() string { return word(sectorNames[:], int(s), "sector") }

// ParseSector reads "public" or "private".
func ParseSector(s string) (Sector, error) {
	i, err := parseWord(sectorNames[:], s, "sector")
	return Sector(i), err
}

// word is the i-th name, or a visible oddity for a value that no file can hold.
func word(names []string, i int, what string) string {
	if i >= len(names) {
		return fmt.Sprintf("%s(%d)", what, i)
	}
	return names[i]
}

func parseWord(names []string, s, what string) (int, error) {
	for i, name := range names {
		if s == name {
			return i, nil
		}
	}
	return 0, fmt.Errorf("%q is not a %s: want %s", s, what, strings.Join(names, " or "))
}
