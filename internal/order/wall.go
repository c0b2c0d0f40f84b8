package order

import (
	"cmp"
	"fmt"
	"strconv"
	"strings"

	"github.com/ecluse-ecole/ecluse/hours"
)

// Orders speak of this span of years; outside it a reading is a slip of the pen.
const firstYear, lastYear = 2000, 2199

const secondsPerDay = 24 * 60 * 60

// ParseWall reads "2024-03-29T00:00", seconds optional. An offset or a "Z" is
// refused: the reading is each school's own wall clock, so that one order closes
// at 23:00 in Poitiers and at 23:00 in Cayenne.
func ParseWall(s string) (Wall, error) {
	day, clock, found := strings.Cut(s, "T")
	if !found {
		return Wall{}, tell("%q is not a date and time: write it as 2024-03-29T00:00", s)
	}
	if strings.ContainsAny(clock, "Zz+-") {
		return Wall{}, tell("%q carries an offset, but an order speaks of each school's own wall clock: write %sT%.5s", s, day, clock)
	}
	date, err := parseDay(day)
	if err != nil {
		return Wall{}, err
	}
	second, err := parseClock(clock)
	if err != nil {
		return Wall{}, err
	}
	return Wall{Date: date, Second: second}, nil
}

// ParseDay reads "2024-04-15" as the first second of that day.
func ParseDay(s string) (Wall, error) {
	date, err := parseDay(s)
	return Wall{Date: date}, err
}

// parseDay reads a day that exists, in the years orders speak of.
func parseDay(s string) (hours.Date, error) {
	date, err := hours.ParseDate(s)
	if err != nil {
		return 0, tell("%q is not a day of the calendar: write an existing day as 2024-03-29", s)
	}
	if y, _, _ := date.Civil(); y < firstYear || y > lastYear {
		return 0, tell("%q is outside the years %d to %d: check the year", s, firstYear, lastYear)
	}
	return date, nil
}

// parseClock reads "HH:MM" or "HH:MM:SS" as a second of the day.
func parseClock(s string) (int, error) {
	parts := strings.Split(s, ":")
	if len(parts) != 2 && len(parts) != 3 {
		return 0, tell("%q is not a time of day: write it as 07:00 or 07:00:30", s)
	}
	total := 0
	for i, part := range parts {
		n, err := strconv.ParseUint(part, 10, 8)
		if err != nil || len(part) != 2 || n >= [3]uint64{24, 60, 60}[i] {
			return 0, tell("%q is not a time of day: write it between 00:00 and 23:59, with two digits each", s)
		}
		total += int(n) * [3]int{3600, 60, 1}[i]
	}
	return total, nil
}

// String is the form that ParseWall reads, with seconds only when there are
// some; the zero Wall is "".
func (w Wall) String() string {
	if w.IsZero() {
		return ""
	}
	text := fmt.Sprintf("%sT%02d:%02d", w.Date, w.Second/3600, w.Second/60%60)
	if s := w.Second % 60; s != 0 {
		text += fmt.Sprintf(":%02d", s)
	}
	return text
}

// Compare is negative when w reads earlier than other on the same clock, and
// positive when later. The zero Wall compares as 1 January 1970: ask IsZero
// first.
func (w Wall) Compare(other Wall) int {
	return cmp.Or(cmp.Compare(w.Date, other.Date), cmp.Compare(w.Second, other.Second))
}

// Before reports whether w reads earlier than other on the same clock.
func (w Wall) Before(other Wall) bool { return w.Compare(other) < 0 }

// Instant is the first instant, in Unix seconds, at which a clock of the zone
// reads w or later: a reading skipped in spring is the end of the gap, a
// reading that comes twice in autumn is the first of the two.
func (w Wall) Instant(z *hours.Zone) int64 { return z.Instant(w.Date, w.Second) }
