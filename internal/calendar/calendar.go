// Package calendar knows which days are holidays where: public holidays,
// computed; school holidays, from a built-in file that an import extends.
//
// It answers "in", "not in" or "not known", and would rather not know than be
// wrong, because an order that depends on an unknown day closes. So each
// calendar has a range inside which it can be relied on, and says so weeks
// before the range ends (see Set.Warn).
//
//   - Public holidays are those of article L3133-1 of the Code du travail, the
//     two of the local law of Alsace and Moselle (L3134-13), and the abolition
//     days of the overseas territories. They are known from 1984, when the last
//     change of the national list was behind, to 2099.
//   - School holidays are read from the ministry's published calendar. A holiday
//     begins after class on its published first day and ends on the morning of
//     its published last: here it is the days [First, Back).
//
// Everything is keyed by code, never by name: a département's code, a holiday
// zone, or FR (see school.ParseCalendar). A Set is immutable; nothing here reads
// the clock, the disk or the network.
package calendar

import (
	"fmt"
	"maps"
	"slices"
	"sync"

	"github.com/ecluse-ecole/ecluse/hours"
	"github.com/ecluse-ecole/ecluse/internal/school"
)

// A Set holds the calendars of all of France. It is immutable and safe for
// concurrent use; With makes a new one.
type Set struct {
	holidays map[string][]Holiday  // by holiday zone, sorted
	days     map[string]hours.Days // the same as days, with the range known
}

// newSet takes over holidays, whose lists are sorted and free of overlaps.
func newSet(holidays map[string][]Holiday) *Set {
	s := &Set{holidays: holidays, days: make(map[string]hours.Days, len(holidays))}
	for zone, list := range holidays {
		s.days[zone] = daysOf(list)
	}
	return s
}

// For is the calendar that a code stands for in the built-in set.
func For(code string) (hours.Calendar, error) { return Builtin().For(code) }

// For is the calendar that a code stands for: a département in any spelling
// ("079", "79", "2A", "971"), a holiday zone ("A", "B", "C", "COR") or "FR", the
// eleven national holidays with no school holidays known. Any other code is an
// error.
func (s *Set) For(code string) (hours.Calendar, error) {
	c, err := school.ParseCalendar(code)
	if err != nil {
		return hours.Calendar{}, err
	}
	return hours.Calendar{Public: publicDays()[c.Public], School: s.days[c.Holidays]}, nil
}

// With is s with other's holidays laid over it: where other speaks of a zone and
// a time, s falls silent. Neither is changed.
func (s *Set) With(other *Set) *Set {
	merged := maps.Clone(s.holidays)
	for zone, list := range other.holidays {
		merged[zone] = lay(list, merged[zone])
	}
	return newSet(merged)
}

// lay is over, with those of under that lie wholly before or after it.
func lay(over, under []Holiday) []Holiday {
	if len(over) == 0 {
		return under
	}
	from, to := over[0].First, over[len(over)-1].end()
	out := slices.Clone(over)
	for _, h := range under {
		if h.end() <= from || h.First >= to {
			out = append(out, h)
		}
	}
	slices.SortFunc(out, byFirst)
	return out
}

// Zones lists the holiday zones the set speaks of, in the order of
// school.HolidayZones.
func (s *Set) Zones() []string {
	return slices.DeleteFunc(school.HolidayZones(), func(zone string) bool { return len(s.holidays[zone]) == 0 })
}

// Holidays lists the school holidays of a code's zone, in order. It is empty for
// FR and for a zone without data.
func (s *Set) Holidays(code string) ([]Holiday, error) {
	c, err := school.ParseCalendar(code)
	if err != nil {
		return nil, err
	}
	return slices.Clone(s.holidays[c.Holidays]), nil
}

// Horizon is the last day whose school holidays are known for a code. It fails
// for an unknown code and where no school holidays are known at all.
func (s *Set) Horizon(code string) (hours.Date, error) {
	c, err := school.ParseCalendar(code)
	if err != nil {
		return 0, err
	}
	if c.Holidays == "" {
		return 0, fmt.Errorf("calendar %s has no school holidays: use a département's code or a zone", c.Code)
	}
	if len(s.holidays[c.Holidays]) == 0 {
		return 0, fmt.Errorf("no school holidays are known for calendar %s: import the official calendar (ecluse calendar import)", c.Code)
	}
	_, last := known(s.holidays[c.Holidays])
	return last, nil
}

// Horizon is that of the built-in set.
func Horizon(code string) (hours.Date, error) { return Builtin().Horizon(code) }

// warnDays is how long before its horizon a calendar is reported: eight weeks,
// time enough to import the next year's.
const warnDays = 8 * 7

// A Warning says that a calendar ends soon or has ended.
type Warning struct {
	Code    string     // canonical calendar code
	Horizon hours.Date // last day known; 0 when nothing is
	Left    int        // days from today to the horizon; negative when it is past
}

// String is one sentence with its remedy.
func (w *Warning) String() string {
	const remedy = "import the official calendar (ecluse calendar import)"
	switch {
	case w.Horizon == 0:
		return fmt.Sprintf("calendar %s: no school holidays are known, so hours that mention SH close; %s", w.Code, remedy)
	case w.Left < 0:
		return fmt.Sprintf("calendar %s: school holidays were known until %s, so hours that mention SH now close; %s", w.Code, w.Horizon, remedy)
	default:
		return fmt.Sprintf("calendar %s: school holidays are known until %s only, for %d more days; %s", w.Code, w.Horizon, w.Left, remedy)
	}
}

// Warn reports a calendar whose school holidays are known for less than eight
// weeks from today, or not at all; nil when all is well, for FR, and for a code
// that For refuses.
func (s *Set) Warn(code string, today hours.Date) *Warning {
	c, err := school.ParseCalendar(code)
	if err != nil || c.Holidays == "" {
		return nil
	}
	last, err := s.Horizon(code)
	if err != nil {
		return &Warning{Code: c.Code}
	}
	if left := int(last - today); left < warnDays {
		return &Warning{Code: c.Code, Horizon: last, Left: left}
	}
	return nil
}

// Warn is that of the built-in set.
func Warn(code string, today hours.Date) *Warning { return Builtin().Warn(code, today) }

// Builtin is the set that travels with the program: the school years 2023-2024
// to 2026-2027, as far as they were published (docs/calendars.md says where that
// is not far).
var Builtin = sync.OnceValue(builtin)

func builtin() *Set {
	s, err := Decode(builtinFile)
	if err != nil {
		panic("calendar: the built-in file is damaged: " + err.Error())
	}
	return s
}
