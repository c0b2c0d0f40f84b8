package school

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
)

// A Department is what a département, or an overseas territory that counts as
// one, tells about the schools in it: their place, their clock, their holidays.
type Department struct {
	Code     string   // three characters, as school codes begin: "079", "620", "971"
	Name     string   // "Deux-Sèvres"
	Academy  string   // number of its académie: "13"
	Zones    []string // IANA time zones; the first is the one of most schools
	Holidays string   // school-holiday zone: "A", "B", "C", "COR" or the code of an overseas territory
	Public   string   // public-holiday territory: "FR", "ALM" or the code of an overseas territory
}

// Territory is the département's node in the tree, such as "FR/13/079".
func (d Department) Territory() Territory {
	return Territory("FR/" + d.Academy + "/" + d.Code)
}

// Departments lists every département, by code. The slice is the caller's.
func Departments() []Department { return slices.Clone(departments) }

// DepartmentOf is the département that a school code belongs to. It fails for
// a code whose first digits are no département's.
func DepartmentOf(u UAI) (Department, error) {
	if len(u) != 8 {
		return Department{}, fmt.Errorf("%q is not a school code (UAI): want seven digits and a letter", string(u))
	}
	d, ok := department(u.Department())
	if !ok {
		return Department{}, fmt.Errorf("school code %s begins with %s, which is no département: check the code", u, u.Department())
	}
	return d, nil
}

// ParseDepartment reads a département's code in any of its spellings: "79",
// "079", "2A", "02A", "620", "971".
func ParseDepartment(s string) (Department, error) {
	code := strings.ToUpper(strings.TrimSpace(s))
	if len(code) < 3 && code != "" {
		code = strings.Repeat("0", 3-len(code)) + code
	}
	d, ok := department(code)
	if !ok {
		return Department{}, fmt.Errorf("%q is not a département: want a code such as 79, 079, 2A or 971", s)
	}
	return d, nil
}

// aliases are other spellings of a département's code: Corsica's in postal
// use, and the older numbers of the Pacific that school codes still begin with.
var aliases = map[string]string{"02A": "620", "02B": "720", "983": "988", "984": "987"}

func department(code string) (Department, bool) {
	if a, ok := aliases[code]; ok {
		code = a
	}
	i, ok := slices.BinarySearchFunc(departments, code, func(d Department, code string) int {
		return cmp.Compare(d.Code, code)
	})
	if !ok {
		return Department{}, false
	}
	return departments[i], true
}

// A Calendar says which holidays count somewhere: the territory whose public
// holidays and the zone whose school holidays. Empty Holidays: none are known.
type Calendar struct {
	Code     string // canonical: "079", "A", "FR"
	Public   string // see Department.Public
	Holidays string // see Department.Holidays
}

// ParseCalendar reads a calendar code as orders and commands write it: a
// département's code in any spelling, a school-holiday zone ("A", "B", "C",
// "COR"), or "FR" for the eleven national holidays alone.
func ParseCalendar(s string) (Calendar, error) {
	switch code := strings.ToUpper(strings.TrimSpace(s)); code {
	case "FR":
		return Calendar{Code: code, Public: "FR"}, nil
	case "A", "B", "C", "COR":
		return Calendar{Code: code, Public: "FR", Holidays: code}, nil
	}
	d, err := ParseDepartment(s)
	if err != nil {
		return Calendar{}, fmt.Errorf("%q is not a calendar: want a département's code such as 79 or 2A, a holiday zone A, B, C or COR, or FR", s)
	}
	return Calendar{Code: d.Code, Public: d.Public, Holidays: d.Holidays}, nil
}

// HolidayZones lists the school-holiday zones, A, B and C first.
func HolidayZones() []string {
	var zones []string
	for _, d := range departments {
		if !slices.Contains(zones, d.Holidays) {
			zones = append(zones, d.Holidays)
		}
	}
	slices.SortFunc(zones, func(a, b string) int { // letters before overseas numbers
		return cmp.Or(cmp.Compare(rank(a), rank(b)), cmp.Compare(a, b))
	})
	return zones
}

func rank(zone string) int {
	if zone[0] >= 'A' {
		return 0
	}
	return 1
}

// KnownZone reports whether an IANA time zone is a clock of some French school.
func KnownZone(name string) bool {
	return slices.ContainsFunc(departments, func(d Department) bool { return slices.Contains(d.Zones, name) })
}

// Name is what a territory is called in French: "France", "académie de
// Poitiers", "Deux-Sèvres". Below the département, where no national list
// exists, it is the last part of the path, and so it is for unknown codes.
func Name(t Territory) string {
	last := string(t[strings.LastIndexByte(string(t), '/')+1:])
	switch t.Level() {
	case 1:
		if t == "FR" {
			return "France"
		}
	case 2:
		return academyName(last)
	case 3:
		if d, ok := department(last); ok {
			return d.Name
		}
	case 4:
		return "circonscription " + last
	}
	return last
}

func academyName(code string) string {
	for _, a := range academies {
		if a.code == code {
			return a.name
		}
	}
	return code
}
