package hours

import "time"

// separator is what stands before a rule.
type separator uint8

const (
	replaces  separator = iota // ";", and the first rule
	adds                       // ","
	fallsBack                  // "||"
)

// rule is one rule as it was written. Selectors of one slice are alternatives;
// an empty slice says nothing; all that say something must hold.
type rule struct {
	pos       int // byte offset in the value
	separator separator
	years     []yearRange
	months    []dateRange // lists that start with a month
	dates     []dateRange // lists that start with a date
	weeks     []weekRange
	holidays  []holiday
	weekdays  []weekdays
	times     []timeSpan
	always    bool  // 24/7 was written
	state     State // what the rule says
	written   bool  // whether the state was written or follows from the rest
	comment   string
}

// onEveryDay says whether the rule names no days.
func (r *rule) onEveryDay() bool {
	return !r.isWide() && len(r.holidays) == 0 && len(r.weekdays) == 0
}

// isWide says whether the rule names years, months, dates or weeks.
func (r *rule) isWide() bool {
	return len(r.years)+len(r.months)+len(r.dates)+len(r.weeks) > 0
}

// clearsDay says whether the rule makes void what was said before about a day
// that it matches. A rule that is off speaks only about its own times.
func (r *rule) clearsDay() bool { return r.separator == replaces && r.state != Closed }

type yearRange struct{ from, to int }

type weekRange struct{ from, to int }

// holiday is PH or SH, moved by some days.
type holiday struct {
	pos    int
	school bool
	offset int
}

// weekdays is one item of a weekday list: a range of weekdays, an nth weekday
// of the month moved by some days, or a holiday.
type weekdays struct {
	from, to time.Weekday
	nth      []int // 1..5, or -1..-5 from the end of the month
	offset   int
	holiday  *holiday
}

// timeSpan runs from a minute of the day up to another, at most 48:00; an end
// past 24:00 reaches into the next day.
type timeSpan struct{ from, to int }

// dateRange is a range of months or of dates; a single one has both ends alike.
type dateRange struct {
	from, to datePoint
	single   bool // written without "-"
}

// isMonths says whether whole months are meant.
func (d *dateRange) isMonths() bool { return d.from.kind == wholeMonth }

type pointKind uint8

const (
	wholeMonth pointKind = iota
	monthDay
	nthDay // Su[-1] of a month
	easterDay
)

// datePoint is one end of a date range.
type datePoint struct {
	kind    pointKind
	year    int // 0: every year
	month   time.Month
	day     int
	weekday time.Weekday
	nth     int
	offset  int // days, for nthDay and easterDay
}

// in gives the point's day in a year, and whether that year has it.
func (p *datePoint) in(year int) (Date, bool) {
	switch p.kind {
	case easterDay:
		return easterSunday(year) + Date(p.offset), true
	case nthDay:
		d, ok := nthWeekday(year, p.month, p.weekday, p.nth)
		return d + Date(p.offset), ok
	case monthDay:
		leapDay := p.month == time.February && p.day == 29
		return firstOfMonth(year, p.month) + Date(p.day-1), !leapDay || isLeap(year)
	default:
		return firstOfMonth(year, p.month), true
	}
}
