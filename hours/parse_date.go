package hours

import "time"

// monthDays holds the longest length of each month.
var monthDays = [...]int{0, 31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31}

// How far an offset may move Easter and stay inside its year.
const (
	minEasterOffset = -80
	maxEasterOffset = 250
	maxNthOffset    = 6
)

// number reads a part that starts with a number: a year, or a date with a year.
func (p *parser) number() error {
	t := p.peek()
	if len(t.text) != 4 {
		return refuse(t.pos, "the number %s has no place here: write times as 07:00, dates as Jan 09, weeks as week 02", t.text)
	}
	if p.isDateAt(1) {
		return p.dates()
	}
	return p.years()
}

func (p *parser) years() error {
	if err := p.enter(rankYear, p.peek()); err != nil {
		return err
	}
	for {
		years, err := p.yearRange()
		if err != nil {
			return err
		}
		p.rule.years = append(p.rule.years, years)
		if !p.peek().is(",") || !isYear(p.ahead(1)) {
			return p.colon()
		}
		p.take()
	}
}

func (p *parser) yearRange() (yearRange, error) {
	from, err := p.year()
	if err != nil || !p.peek().is("-") {
		if t := p.peek(); err == nil && (t.is("+") || t.is("/")) {
			err = p.strayMark(t)
		}
		return yearRange{from, from}, err
	}
	p.take()
	pos := p.peek().pos
	to, err := p.year()
	if err == nil && to <= from {
		err = refuse(pos, "the range of years ends at or before its start: write the earlier year first")
	}
	return yearRange{from, to}, err
}

func (p *parser) year() (int, error) {
	t := p.take()
	if err := p.count(t.pos); err != nil {
		return 0, err
	}
	if !isYear(t) {
		return 0, refuse(t.pos, "a year of four digits is expected, and not %s", t)
	}
	if t.number < minYear || t.number > maxYear {
		return 0, refuse(t.pos, "the year %d is outside %d to %d: check it", t.number, minYear, maxYear)
	}
	return t.number, nil
}

func isYear(t token) bool { return t.kind == tokNumber && len(t.text) == 4 }

// isDateAt says whether a date (and not a whole month) stands n tokens ahead.
func (p *parser) isDateAt(n int) bool {
	if p.ahead(n).text == "easter" {
		return true
	}
	if _, ok := monthNames[p.ahead(n).text]; !ok {
		return false
	}
	next := p.ahead(n + 1)
	return next.kind == tokNumber && len(next.text) == 2 || p.isNthRangeAt(n+1)
}

// isNthRangeAt says whether "Su[-1] +2 days-" stands n tokens ahead: an nth
// weekday that is an end of a range. Without the hyphen it is a weekday
// selector beside a month.
func (p *parser) isNthRangeAt(n int) bool {
	if _, ok := weekdayNames[p.ahead(n).text]; !ok || !p.ahead(n+1).is("[") {
		return false
	}
	n += 2
	if p.ahead(n).is("-") {
		n++
	}
	if p.ahead(n).kind != tokNumber || !p.ahead(n+1).is("]") {
		return false
	}
	n += 2
	if isOffset(p.ahead(n), p.ahead(n+1), p.ahead(n+2)) {
		n += 3
	}
	return p.ahead(n).is("-")
}

// isOffset says whether three tokens are a day offset such as "+2 days".
func isOffset(sign, number, unit token) bool {
	return (sign.is("+") || sign.is("-")) && number.kind == tokNumber && (unit.text == "day" || unit.text == "days")
}

// dates reads a list of months and dates. A list that starts with a month is
// kept apart from one that starts with a date, because both may stand side by
// side: "Jan-Feb Jan 09-15".
func (p *parser) dates() error {
	first := p.peek()
	late := p.rank == rankTime && len(p.rule.months) > 0 && !p.isDateAt(0)
	if late {
		p.warn(first.pos, "a month after the times belongs to the same rule: if a new rule is meant, put ; before it")
	} else if err := p.enter(rankDate, first); err != nil {
		return err
	}
	list, err := p.dateList()
	if err != nil {
		return err
	}
	into := &p.rule.dates
	if list[0].isMonths() {
		into = &p.rule.months
	}
	if len(*into) > 0 && !late {
		return refuse(first.pos, "%s stands beside another of its kind: join them with a comma, or use ; for a new rule", first)
	}
	*into = append(*into, list...)
	return p.colon()
}

func (p *parser) dateList() ([]dateRange, error) {
	var list []dateRange
	for {
		item, err := p.dateItem()
		if err != nil {
			return nil, err
		}
		list = append(list, item)
		if list, err = p.nextDays(list); err != nil {
			return nil, err
		}
		if !p.peek().is(",") || !p.isDateListAt(1) {
			return list, nil
		}
		p.take()
	}
}

func (p *parser) isDateListAt(n int) bool {
	if isYear(p.ahead(n)) {
		return p.isDateAt(n + 1)
	}
	_, month := monthNames[p.ahead(n).text]
	return month || p.ahead(n).text == "easter"
}

// nextDays reads bare days after a date: "Dec 24,25". The specification has no
// such list, and "Jan 23,25" is as often meant as a range: only the next day,
// which reads the same both ways, is understood.
func (p *parser) nextDays(list []dateRange) ([]dateRange, error) {
	for p.peek().is(",") && p.ahead(1).kind == tokNumber && len(p.ahead(1).text) <= 2 {
		p.take()
		t := p.take()
		last := list[len(list)-1].to
		if last.kind != monthDay || t.number != last.day+1 || t.number > monthDays[last.month] {
			return nil, refuse(t.pos, "the day %s has no month of its own: write the month before it", t.text)
		}
		last.day++
		list = append(list, dateRange{from: last, to: last, single: true})
		if err := p.count(t.pos); err != nil {
			return nil, err
		}
	}
	return list, nil
}

func (p *parser) dateItem() (dateRange, error) {
	start := p.peek()
	from, err := p.datePoint(nil)
	if err != nil {
		return dateRange{}, err
	}
	if !p.takeMark("-") {
		if t := p.peek(); t.is("+") || t.is("/") {
			return dateRange{}, p.strayMark(t)
		}
		return dateRange{from: from, to: from, single: true}, nil
	}
	to, err := p.datePoint(&from)
	if err != nil {
		return dateRange{}, err
	}
	item := dateRange{from: from, to: to}
	return item, checkRange(start.pos, &item)
}

// datePoint reads one end of a date range; from is the other end when that was
// read before.
func (p *parser) datePoint(from *datePoint) (datePoint, error) {
	point := datePoint{}
	if err := p.count(p.peek().pos); err != nil {
		return point, err
	}
	if t := p.peek(); from != nil && from.kind == monthDay && t.kind == tokNumber && len(t.text) <= 2 {
		point = *from
		return point, p.day(&point)
	}
	if isYear(p.peek()) {
		year, err := p.year()
		if err != nil {
			return point, err
		}
		point.year = year
	}
	if p.peek().text == "easter" {
		p.take()
		point.kind = easterDay
		return point, p.offset(&point.offset, minEasterOffset, maxEasterOffset)
	}
	return point, p.monthPoint(&point, from)
}

func (p *parser) monthPoint(point, from *datePoint) error {
	t := p.take()
	month, ok := monthNames[t.text]
	if !ok {
		return refuse(t.pos, "a month such as Jan is expected, and not %s", t)
	}
	point.month = month
	if p.peek().kind == tokNumber && len(p.peek().text) <= 2 {
		return p.day(point)
	}
	_, weekday := weekdayNames[p.peek().text]
	if weekday && (p.isNthRangeAt(0) || from != nil && from.kind != wholeMonth) {
		return p.nthPoint(point)
	}
	return nil
}

func (p *parser) day(point *datePoint) error {
	t := p.take()
	if len(t.text) != 2 {
		return refuse(t.pos, "a day of the month has two digits: write %02d", t.number)
	}
	if t.number < 1 || t.number > monthDays[point.month] {
		return refuse(t.pos, "%s has no day %s: check the date", monthWords[point.month], t.text)
	}
	point.kind, point.day = monthDay, t.number
	return nil
}

func (p *parser) nthPoint(point *datePoint) error {
	point.kind, point.weekday = nthDay, weekdayNames[p.take().text]
	pos := p.peek().pos
	nth, err := p.nth()
	if err != nil {
		return err
	}
	if len(nth) != 1 {
		return refuse(pos, "an end of a range is one day: write one number between the brackets")
	}
	point.nth = nth[0]
	return p.offset(&point.offset, -maxNthOffset, maxNthOffset)
}

// offset reads a day offset, if there is one.
func (p *parser) offset(days *int, lowest, highest int) error {
	if !isOffset(p.peek(), p.ahead(1), p.ahead(2)) {
		return nil
	}
	sign, number := p.take(), p.take()
	p.take()
	n := number.number
	if sign.is("-") {
		n = -n
	}
	if n == 0 || n < lowest || n > highest {
		return refuse(sign.pos, "the day offset must lie between %d and +%d and not be 0", lowest, highest)
	}
	*days = n
	return nil
}

// checkRange refuses ranges that can be read in more than one way.
func checkRange(pos int, d *dateRange) error {
	from, to := &d.from, &d.to
	switch {
	case (from.kind == wholeMonth) != (to.kind == wholeMonth):
		return refuse(pos, "the range joins a month and a date: write both as dates, such as Mar 01-Oct 15")
	case (from.year == 0) != (to.year == 0):
		return refuse(pos, "one end of the range has a year: write it on both ends")
	case isBackwards(from, to):
		return refuse(pos, "the range ends before it starts: write the earlier date first")
	case leavesYear(from), to.month == time.January && leavesYear(to):
		return refuse(pos, "the range may start or end in another year: write that end as a date")
	case isLeapDay(from), isLeapDay(to):
		return refuse(pos, "29 February does not exist in every year: use Feb 28 or Mar 01 as the end of a range")
	}
	return nil
}

// isBackwards says whether the end comes before the start. Without years, only
// days of one month are compared: "Dec 24-Jan 02" goes over New Year.
func isBackwards(from, to *datePoint) bool {
	if from.year != to.year {
		return from.year > to.year
	}
	if from.year != 0 {
		return orderedBackwards(from, to)
	}
	return from.kind == monthDay && to.kind == monthDay && from.month == to.month && to.day < from.day
}

// orderedBackwards compares two points of the same year.
func orderedBackwards(from, to *datePoint) bool {
	a, okA := from.in(from.year)
	b, okB := to.in(to.year)
	return okA && okB && b < a
}

// leavesYear says whether the offset can move an nth weekday out of its year.
// January and December have 31 days.
func leavesYear(p *datePoint) bool {
	if p.kind != nthDay {
		return false
	}
	earliest := 7*(p.nth-1) + 1
	if p.nth < 0 {
		earliest = 31 + 7*p.nth + 1
	}
	return p.month == time.January && earliest+p.offset < 1 || p.month == time.December && earliest+6+p.offset > 31
}

// isLeapDay says whether the point is a 29 February that not every year has.
func isLeapDay(p *datePoint) bool {
	return p.kind == monthDay && p.month == time.February && p.day == 29 && (p.year == 0 || !isLeap(p.year))
}
