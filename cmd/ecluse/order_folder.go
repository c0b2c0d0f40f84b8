package main

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"time"

	"github.com/ecluse-ecole/ecluse/hours"
	"github.com/ecluse-ecole/ecluse/internal/calendar"
	"github.com/ecluse-ecole/ecluse/internal/gate"
	"github.com/ecluse-ecole/ecluse/internal/order"
	"github.com/ecluse-ecole/ecluse/internal/school"
)

// schoolsFile is the list of schools that may stand beside orders in a folder.
const schoolsFile = "schools.csv"

// A folder is orders and the schools they are looked at for.
type folder struct {
	orders  []*order.Order
	schools []listedSchool
}

// readFolders reads the YAML files that stand directly in the folders. One file
// that is no order stops everything: an answer without it could be wrong.
func readFolders(dirs []string, schools string) (folder, error) {
	var f folder
	var files []order.File
	for _, dir := range dirs {
		more, err := orderFiles(dir)
		if err != nil {
			return f, err
		}
		files = append(files, more...)
		beside := filepath.Join(dir, schoolsFile)
		if schools == "" && exists(beside) {
			schools = beside
		}
	}
	var err error
	if f.orders, _, err = order.ParseAll(files); err != nil {
		return f, err
	}
	if schools != "" {
		f.schools, err = readSchools(schools)
	}
	return f, err
}

func orderFiles(dir string) ([]order.File, error) {
	entries, err := os.ReadDir(dir)
	if err != nil {
		return nil, fmt.Errorf("reading the folder of orders: %w: name the folder that holds their YAML files", err)
	}
	var files []order.File
	for _, e := range entries {
		if ext := filepath.Ext(e.Name()); e.IsDir() || ext != ".yaml" && ext != ".yml" {
			continue
		}
		name := filepath.Join(dir, e.Name())
		data, err := os.ReadFile(name)
		if err != nil {
			return nil, fmt.Errorf("reading an order: %w", err)
		}
		files = append(files, order.File{Name: name, Data: data})
	}
	if len(files) == 0 {
		return nil, fmt.Errorf("the folder %s holds no order: it must have files that end in .yaml", dir)
	}
	return files, nil
}

func exists(name string) bool {
	_, err := os.Stat(name)
	return !errors.Is(err, fs.ErrNotExist)
}

// set collects the orders, and refuses a collection that contradicts itself. A
// folder may hold a part of the orders: a reference to one that is not there is
// told and ends nothing.
func (f folder) set(told io.Writer, more ...*order.Order) (*order.Set, error) {
	set, errs := order.NewSet(slices.Concat(f.orders, more))
	var wrong []error
	for _, err := range errs {
		if errors.Is(err, order.ErrMissing) {
			fmt.Fprintln(told, "ecluse: warning:", err)
			continue
		}
		wrong = append(wrong, err)
	}
	return set, errors.Join(wrong...)
}

// school is a listed school, and whether it is listed.
func (f folder) school(u school.UAI) (listedSchool, bool) {
	i := slices.IndexFunc(f.schools, func(s listedSchool) bool { return s.UAI == u })
	if i < 0 {
		return listedSchool{}, false
	}
	return f.schools[i], true
}

// plain is the schools without their numbers of people.
func (f folder) plain() []school.School {
	out := make([]school.School, len(f.schools))
	for i, s := range f.schools {
		out[i] = s.School
	}
	return out
}

// findings compares an order with those above it, at the listed schools or,
// without a list, at one school of each kind in every département it binds.
func (f folder) findings(set *order.Set, o *order.Order) []gate.Finding {
	schools := f.plain()
	if len(schools) == 0 {
		schools = samples(o.Applies.Territory)
	}
	return gate.Findings(sourceAt(set, schools, daysToSeconds(o.From.Date)), o)
}

// daysToSeconds is the midnight of a date in UTC, near enough for a window.
func daysToSeconds(d hours.Date) int64 { return int64(d) * 24 * 3600 }

// samples invents schools of each degree and sector that stand in a territory.
func samples(t school.Territory) []school.School {
	var out []school.School
	for _, d := range school.Departments() {
		parent := d.Territory()
		switch {
		case parent.Contains(t):
			parent = t
		case !t.Contains(parent):
			continue
		}
		uai := invented(d)
		if own, err := school.ParseUAI(string(t[len(t.Parent()):][1:])); err == nil {
			parent, uai = t.Parent(), own
		}
		for degree := range school.Degree(school.DegreeCount) {
			for sector := range school.Sector(school.SectorCount) {
				out = append(out, school.School{UAI: uai, Name: d.Name, Degree: degree, Sector: sector, Parent: parent, Zone: d.Zones[0], Calendar: d.Code})
			}
		}
	}
	return out
}

// invented is a well-formed code of a département that no school has.
func invented(d school.Department) school.UAI {
	for letter := 'A'; letter <= 'Z'; letter++ {
		if uai, err := school.ParseUAI(d.Code + "0000" + string(letter)); err == nil {
			return uai
		}
	}
	return "" // not reached: one letter always fits
}

// sourceAt is what decisions around an instant follow from.
func sourceAt(set *order.Set, schools []school.School, at int64) gate.Source {
	const day = int64(24 * time.Hour / time.Second)
	return gate.Source{
		Schools: schools, Orders: set, Calendar: calendar.For,
		From: at - 7*day, To: at + 70*day, Cache: gate.NewCache(),
	}
}
