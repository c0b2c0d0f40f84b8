package hours

import "time"

const minutesOfDay = 24 * 60

// weeks reads "week 01,03-05,week 07".
func (p *parser) weeks() error {
	if err := p.enter(rankWeek, p.peek()); err != nil {
		return err
	}
	p.take()
	for {
		weeks, err := p.weekRange()
		if err != nil {
			return err
		}
		p.rule.weeks = append(p.rule.weeks, weeks)
		if !p.peek().is(",") || !p.isWeekAt(1) {
			return p.colon()
		}
		p.take()
		if p.peek().text == "week" {
			p.take()
		}
	}
}

func (p *parser) isWeekAt(n int) bool {
	if p.ahead(n).text == "week" {
		n++
	}
	return p.ahead(n).kind == tokNumber && len(p.ahead(n).text) <= 2
}

func (p *parser) weekRange() (weekRange, error) {
	from, err := p.week()
	if err != nil {
		return weekRange{}, err
	}
	to, pos := from, p.peek().pos
	if p.takeMark("-") {
		if to, err = p.week(); err != nil {
			return weekRange{}, err
		}
	}
	if to < from {
		return weekRange{}, refuse(pos, "the range of weeks ends before it starts: write it as two ranges")
	}
	if t := p.peek(); t.is("/") {
		return weekRange{}, p.strayMark(t)
	}
	return weekRange{from, to}, nil
}

func (p *parser) week() (int, error) {
	t := p.take()
	if err := p.count(t.pos); err != nil {
		return 0, err
	}
	if t.kind != tokNumber || len(t.text) != 2 || t.number < 1 || t.number > 53 {
		return 0, refuse(t.pos, "a week is a number of two digits between 01 and 53, and not %s", t)
	}
	return t.number, nil
}

// holidays reads PH or SH. Followed by a comma it opens a weekday list, whose
// items are alternatives: "PH,Su". Otherwise it is a selector of its own, which
// must hold beside the weekdays: "PH Su".
func (p *parser) holidays() error {
	if p.isWeekdayListAt(p.holidayLength()) {
		return p.weekdays()
	}
	if err := p.enter(rankHoliday, p.peek()); err != nil {
		return err
	}
	day, err := p.holiday()
	if err != nil {
		return err
	}
	p.rule.holidays = append(p.rule.holidays, day)
	return p.colon()
}

// holidayLength is the number of tokens of the holiday ahead.
func (p *parser) holidayLength() int {
	if isOffset(p.ahead(1), p.ahead(2), p.ahead(3)) {
		return 4
	}
	return 1
}

func (p *parser) holiday() (holiday, error) {
	t := p.take()
	day := holiday{pos: t.pos, school: t.text == "SH"}
	if day.school && isOffset(p.peek(), p.ahead(1), p.ahead(2)) {
		return day, refuse(p.peek().pos, "a day offset on school holidays is not in the profile: write the dates")
	}
	return day, p.offset(&day.offset, -1, 1)
}

// isWeekdayListAt says whether a comma and a weekday or holiday stand n tokens
// ahead.
func (p *parser) isWeekdayListAt(n int) bool {
	t := p.ahead(n + 1)
	_, weekday := weekdayNames[t.text]
	return p.ahead(n).is(",") && (weekday || t.text == "PH" || t.text == "SH")
}

func (p *parser) weekdays() error {
	if err := p.enter(rankWeekday, p.peek()); err != nil {
		return err
	}
	for {
		item, err := p.weekdayItem()
		if err != nil {
			return err
		}
		p.rule.weekdays = append(p.rule.weekdays, item)
		if !p.isWeekdayListAt(0) {
			return p.colon()
		}
		p.take()
	}
}

func (p *parser) weekdayItem() (weekdays, error) {
	t := p.peek()
	if err := p.count(t.pos); err != nil {
		return weekdays{}, err
	}
	if t.text == "PH" || t.text == "SH" {
		day, err := p.holiday()
		return weekdays{holiday: &day}, err
	}
	p.take()
	item := weekdays{from: weekdayNames[t.text], to: weekdayNames[t.text]}
	if p.peek().is("[") {
		var err error
		if item.nth, err = p.nth(); err != nil {
			return item, err
		}
		return item, p.offset(&item.offset, -maxNthOffset, maxNthOffset)
	}
	return item, p.weekdayEnd(&item.to)
}

// weekdayEnd reads the end of a range of weekdays, if there is one.
func (p *parser) weekdayEnd(to *time.Weekday) error {
	if isOffset(p.peek(), p.ahead(1), p.ahead(2)) {
		return refuse(p.peek().pos, "a day offset needs a certain day: write Mo[1] +1 day, PH +1 day or easter +1 day")
	}
	if !p.takeMark("-") {
		return nil
	}
	t := p.take()
	day, ok := weekdayNames[t.text]
	if !ok {
		return refuse(t.pos, "a weekday such as Fr is expected, and not %s", t)
	}
	*to = day
	return nil
}

// nth reads "[1,3-4,-1]".
func (p *parser) nth() ([]int, error) {
	if t := p.take(); !t.is("[") {
		return nil, refuse(t.pos, "an nth weekday such as Su[1] is expected, and not %s", t)
	}
	var list []int
	for {
		from, err := p.nthNumber()
		if err != nil {
			return nil, err
		}
		to := from
		if from > 0 && p.peek().is("-") {
			p.take()
			if to, err = p.nthNumber(); err != nil {
				return nil, err
			}
		}
		if to < from {
			return nil, refuse(p.peek().pos, "the range of numbers ends before it starts: write the smaller first")
		}
		for n := from; n <= to; n++ {
			list = append(list, n)
		}
		if t := p.take(); t.is("]") {
			return list, nil
		} else if !t.is(",") {
			return nil, refuse(t.pos, "a ] or another number is expected, and not %s", t)
		}
	}
}

func (p *parser) nthNumber() (int, error) {
	sign := 1
	if p.takeMark("-") {
		sign = -1
	}
	t := p.take()
	if err := p.count(t.pos); err != nil {
		return 0, err
	}
	if t.kind != tokNumber || len(t.text) != 1 || t.number < 1 || t.number > 5 {
		return 0, refuse(t.pos, "the nth weekday of a month is a number from 1 to 5, or -1 to -5 from its end")
	}
	return sign * t.number, nil
}

// times reads a list of time spans.
func (p *parser) times() error {
	if p.rank == rankTime {
		p.warn(p.peek().pos, "time spans side by side are read as one list: join them with a comma")
	}
	if err := p.enter(rankTime, p.peek()); err != nil {
		return err
	}
	for {
		span, err := p.timeSpan()
		if err != nil {
			return err
		}
		p.rule.times = append(p.rule.times, span)
		if !p.peek().is(",") || p.ahead(1).kind != tokTime {
			return nil
		}
		p.take()
	}
}

func (p *parser) timeSpan() (timeSpan, error) {
	from := p.take()
	if err := p.count(from.pos); err != nil {
		return timeSpan{}, err
	}
	if from.number >= minutesOfDay {
		return timeSpan{}, refuse(from.pos, "a time span starts before 24:00: write it on the next day")
	}
	if !p.takeMark("-") {
		return timeSpan{}, p.openTime(from)
	}
	to := p.take()
	if to.kind != tokTime {
		return timeSpan{}, noClosingTime(to)
	}
	if to.number > 2*minutesOfDay {
		return timeSpan{}, refuse(to.pos, "a time span ends at 48:00 at the latest")
	}
	if t := p.peek(); t.is("+") || t.is("/") {
		return timeSpan{}, p.strayMark(t)
	}
	span := timeSpan{from: from.number, to: to.number}
	if span.to <= span.from {
		span.to += minutesOfDay
	}
	return span, nil
}

// noClosingTime explains what stands in the place of a closing time.
func noClosingTime(t token) error {
	if t.kind == tokWord || t.is("(") {
		return refuse(t.pos, "a closing time such as 19:00 is expected, and not %s: times of the sun and free text are not in the profile", t)
	}
	return refuse(t.pos, "a closing time such as 19:00 is expected, and not %s", t)
}

// openTime explains what is wrong with a time that has no end.
func (p *parser) openTime(from token) error {
	if t := p.peek(); t.is("+") {
		return p.strayMark(t)
	}
	return refuse(from.pos, "a single time is not in the profile: write a span such as 07:00-19:00")
}

// fullTime reads 24/7.
func (p *parser) fullTime() error {
	t := p.peek()
	if p.rank == rankTime {
		return refuse(t.pos, "24/7 stands beside other times: write one or the other")
	}
	if err := p.enter(rankTime, t); err != nil {
		return err
	}
	p.take()
	p.rule.always = true
	return p.colon()
}
