package hours

import (
	"fmt"
	"time"
)

// Date is a civil day, counted from 1970-01-01, without time or zone.
type Date int32

// NewDate gives the civil day y-m-d of the Gregorian calendar. A month or day
// out of range runs over into its neighbour, as it does in [time.Date].
func NewDate(y int, m time.Month, d int) Date {
	month := int(m) - 1
	y += floorDiv(month, 12)
	return firstOfMonth(y, time.Month(floorMod(month, 12)+1)) + Date(d-1)
}

// ParseDate reads a day written 2006-01-02.
func ParseDate(s string) (Date, error) {
	t, err := time.Parse(time.DateOnly, s)
	if err != nil {
		return 0, fmt.Errorf("the date %q is not a day of the calendar: write it as 2024-03-29", s)
	}
	return DateOf(t), nil
}

// DateOf gives the day that t reads in its own location.
func DateOf(t time.Time) Date {
	y, m, d := t.Date()
	return NewDate(y, m, d)
}

// String writes the day as 2006-01-02.
func (d Date) String() string {
	y, m, day := d.Civil()
	return fmt.Sprintf("%04d-%02d-%02d", y, int(m), day)
}

// Civil gives the year, month and day of the month.
func (d Date) Civil() (y int, m time.Month, day int) {
	// Counted in eras of 400 years that start on 1 March, so that the leap day
	// is the last of its year.
	z := int(d) + 719468
	era := floorDiv(z, 146097)
	doe := z - era*146097
	yoe := (doe - doe/1460 + doe/36524 - doe/146096) / 365
	doy := doe - (365*yoe + yoe/4 - yoe/100)
	mp := (5*doy + 2) / 153
	day = doy - (153*mp+2)/5 + 1
	if mp < 10 {
		return yoe + era*400, time.Month(mp + 3), day
	}
	return yoe + era*400 + 1, time.Month(mp - 9), day
}

// Weekday gives the day of the week.
func (d Date) Weekday() time.Weekday { return time.Weekday(floorMod(int(d)+4, 7)) }

// year is the year in which d lies.
func (d Date) year() int {
	y, _, _ := d.Civil()
	return y
}

// firstOfMonth is the first day of a month between January and December.
func firstOfMonth(y int, m time.Month) Date {
	mp := int(m) - 3
	if mp < 0 {
		mp += 12
		y--
	}
	era := floorDiv(y, 400)
	yoe := y - era*400
	doe := yoe*365 + yoe/4 - yoe/100 + (153*mp+2)/5
	return Date(era*146097 + doe - 719468)
}

// lastOfMonth is the last day of a month.
func lastOfMonth(y int, m time.Month) Date { return NewDate(y, m+1, 1) - 1 }

func isLeap(y int) bool { return y%4 == 0 && (y%100 != 0 || y%400 == 0) }

// The years whose Easter is kept in a table: those that a search for the next
// change goes through.
const (
	easterFirst = 1500
	easterLast  = 2700
)

var easters = func() (table [easterLast - easterFirst + 1]Date) {
	for i := range table {
		table[i] = computeEaster(easterFirst + i)
	}
	return table
}()

// easterSunday gives Easter of the Gregorian calendar.
func easterSunday(y int) Date {
	if y < easterFirst || y > easterLast {
		return computeEaster(y)
	}
	return easters[y-easterFirst]
}

// computeEaster is the anonymous algorithm (Meeus, Astronomical Algorithms,
// chapter 8).
func computeEaster(y int) Date {
	a, b, c := y%19, y/100, y%100
	d, e := b/4, b%4
	g := (8*b + 13) / 25
	h := (19*a + b - d - g + 15) % 30
	i, k := c/4, c%4
	l := (32 + 2*e + 2*i - h - k) % 7
	m := (a + 11*h + 22*l) / 451
	n := h + l - 7*m + 114
	return firstOfMonth(y, time.Month(n/31)) + Date(n%31)
}

// firstWeek is the Monday of ISO week 1 of year y, the week of 4 January.
func firstWeek(y int) Date {
	d := firstOfMonth(y, time.January) + 3
	return d - Date(mondayIndex(d.Weekday()))
}

// mondayIndex counts weekdays from Monday = 0, as the language orders them.
func mondayIndex(w time.Weekday) int { return (int(w) + 6) % 7 }

// nthWeekday gives the nth weekday of a month, counted from its end when n is
// negative, and whether the month has it.
func nthWeekday(y int, m time.Month, w time.Weekday, n int) (Date, bool) {
	first, last := firstOfMonth(y, m), lastOfMonth(y, m)
	if n > 0 {
		d := first + Date(floorMod(int(w)-int(first.Weekday()), 7)+7*(n-1))
		return d, d <= last
	}
	d := last - Date(floorMod(int(last.Weekday())-int(w), 7)+7*(-n-1))
	return d, d >= first
}

func floorDiv(a, b int) int {
	q := a / b
	if a%b < 0 {
		q--
	}
	return q
}

func floorMod(a, b int) int { return a - floorDiv(a, b)*b }
