package main

import (
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"os"
	"slices"
	"strconv"
	"strings"

	"github.com/ecluse-ecole/ecluse/internal/school"
)

// A listedSchool is a school with its number of people by role.
type listedSchool struct {
	school.School
	people [school.RoleCount]int
}

// The columns of a list of schools. A head is counted without being listed.
var (
	neededColumns = []string{"uai", "degree"}
	knownColumns  = []string{"uai", "name", "degree", "sector", "territory", "zone", "calendar", "pupils", "guardians", "teachers", "staff"}
	peopleColumns = map[school.Role]string{
		school.Pupil: "pupils", school.Guardian: "guardians", school.Teacher: "teachers", school.Staff: "staff",
	}
)

// readSchools reads a CSV of schools with a header line, and reports every line
// that is wrong.
func readSchools(name string) ([]listedSchool, error) {
	f, err := os.Open(name)
	if err != nil {
		return nil, fmt.Errorf("reading the schools: %w: name a CSV file with --schools", err)
	}
	defer f.Close()

	r := csv.NewReader(f)
	header, err := r.Read()
	if err != nil {
		return nil, fmt.Errorf("%s:1: the header line cannot be read (%w): the columns are %s", name, err, strings.Join(knownColumns, ","))
	}
	header[0] = strings.TrimPrefix(header[0], "\ufeff")
	if err := checkHeader(header); err != nil {
		return nil, fmt.Errorf("%s:1: %w", name, err)
	}
	return readLines(name, r, header)
}

func checkHeader(header []string) error {
	for _, column := range header {
		if !slices.Contains(knownColumns, column) {
			return fmt.Errorf("%.40q is not a column of a list of schools: the columns are %s", column, strings.Join(knownColumns, ","))
		}
	}
	for _, column := range neededColumns {
		if !slices.Contains(header, column) {
			return fmt.Errorf("the column %s is missing: the columns are %s", column, strings.Join(knownColumns, ","))
		}
	}
	return nil
}

func readLines(name string, r *csv.Reader, header []string) ([]listedSchool, error) {
	var (
		out   []listedSchool
		wrong []error
		seen  = map[school.UAI]bool{}
	)
	for {
		fields, err := r.Read()
		if errors.Is(err, io.EOF) {
			return out, errors.Join(wrong...)
		}
		if err != nil {
			return nil, fmt.Errorf("%s: %w", name, err)
		}
		line, _ := r.FieldPos(0)
		s, err := readLine(schoolLine{header, fields})
		if err == nil && seen[s.UAI] {
			err = fmt.Errorf("school %s stands twice: keep one line", s.UAI)
		}
		if err != nil {
			wrong = append(wrong, fmt.Errorf("%s:%d: %w", name, line, err))
		}
		seen[s.UAI] = true
		out = append(out, s)
	}
}

// A schoolLine gives the fields of one line by their column.
type schoolLine struct{ header, fields []string }

func (l schoolLine) get(column, absent string) string {
	i := slices.Index(l.header, column)
	if i < 0 || strings.TrimSpace(l.fields[i]) == "" {
		return absent
	}
	return strings.TrimSpace(l.fields[i])
}

// readLine reads one school. What the line leaves out follows from the code:
// the département, and with it the clock and the holidays.
func readLine(l schoolLine) (listedSchool, error) {
	uai, err := school.ParseUAI(l.get("uai", ""))
	if err != nil {
		return listedSchool{}, err
	}
	d, err := school.DepartmentOf(uai)
	if err != nil {
		return listedSchool{}, err
	}
	degree, err := school.ParseDegree(l.get("degree", ""))
	if err != nil {
		return listedSchool{}, err
	}
	sector, err := school.ParseSector(l.get("sector", school.Public.String()))
	if err != nil {
		return listedSchool{}, err
	}
	s := listedSchool{School: school.School{
		UAI: uai, Name: l.get("name", string(uai)), Degree: degree, Sector: sector,
		Parent: school.Territory(l.get("territory", string(d.Territory()))),
		Zone:   l.get("zone", d.Zones[0]), Calendar: l.get("calendar", d.Code),
	}}
	if err := s.Validate(); err != nil {
		return s, err
	}
	s.people, err = l.people()
	return s, err
}

// people is the numbers of a line. Every school has one head.
func (l schoolLine) people() (out [school.RoleCount]int, err error) {
	out[school.Head] = 1
	for role, column := range peopleColumns {
		n, err := strconv.ParseUint(l.get(column, "0"), 10, 31)
		if err != nil {
			return out, fmt.Errorf("%s is %q: write a whole number", column, l.get(column, ""))
		}
		out[role] = int(n)
	}
	return out, nil
}
