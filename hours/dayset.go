package hours

import "time"

// A block is 384 consecutive days, looked at together: a selector fills a set
// of days at the cost of a few words, where asking day by day would cost 384
// times as much. That is what bounds the search for a far change.
const blockDays = 384

type block struct {
	first               Date
	firstYear, lastYear int
	phase               int // the weekday of the first day, from Monday = 0
}

func newBlock(first Date) block {
	year, month, day := first.Civil()
	last := year + 1
	if month == time.December && day > 12 {
		last++ // 384 days from 13 December reach into the second year after
	}
	return block{first, year, last, mondayIndex(first.Weekday())}
}

func (b block) last() Date { return b.first + blockDays - 1 }

// dayset is a set of days of a block.
type dayset [blockDays / 64]uint64

var everyDay = dayset{^uint64(0), ^uint64(0), ^uint64(0), ^uint64(0), ^uint64(0), ^uint64(0)}

// weeklyDays holds, for each of seven phases, every seventh day.
var weeklyDays = func() (sets [7]dayset) {
	for i := range blockDays {
		sets[i%7][i/64] |= 1 << (i % 64)
	}
	return sets
}()

// fill adds the days from..to of the calendar, as far as the block has them.
func (s *dayset) fill(b block, from, to Date) {
	if to < b.first || from > b.last() || to < from {
		return
	}
	low := max(int(from-b.first), 0)
	high := min(int(to-b.first), blockDays-1)
	for w := low / 64; w <= high/64; w++ {
		s[w] |= window(low-w*64, high-w*64)
	}
}

func (s *dayset) or(t *dayset) {
	for i := range s {
		s[i] |= t[i]
	}
}

func (s *dayset) and(t *dayset) {
	for i := range s {
		s[i] &= t[i]
	}
}

// matching is the set of days that a selector matches, once counting what the
// calendar knows and once counting also what it does not know.
type matching struct{ sure, may dayset }

func (m *matching) or(n *matching) {
	m.sure.or(&n.sure)
	m.may.or(&n.may)
}

func (m *matching) and(n *matching) {
	m.sure.and(&n.sure)
	m.may.and(&n.may)
}

func certain(s dayset) matching { return matching{sure: s, may: s} }

// days gives the days of a block that a rule matches.
func (r *rule) days(b block, cal *Calendar) matching {
	all := certain(r.wideDays(b))
	if len(r.holidays) > 0 {
		some := matching{}
		for i := range r.holidays {
			m := r.holidays[i].days(b, cal)
			some.or(&m)
		}
		all.and(&some)
	}
	if len(r.weekdays) == 0 {
		return all
	}
	some := matching{}
	for i := range r.weekdays {
		m := r.weekdays[i].days(b, cal)
		if offset := r.weekdays[i].offset; offset != 0 && r.isWide() {
			return r.daysWithOffsets(b, cal)
		}
		some.or(&m)
	}
	all.and(&some)
	return all
}

// daysWithOffsets is days for a rule such as "Aug Su[-1] +1 day": the month is
// asked about the Sunday, not about the day after it. So each weekday item is
// combined with the wide selectors before it is moved.
func (r *rule) daysWithOffsets(b block, cal *Calendar) matching {
	all := matching{}
	for i := range r.weekdays {
		item := &r.weekdays[i]
		wide := certain(r.wideDays(newBlock(b.first - Date(item.offset))))
		m := item.days(b, cal)
		m.and(&wide)
		all.or(&m)
	}
	if len(r.holidays) > 0 {
		some := matching{}
		for i := range r.holidays {
			m := r.holidays[i].days(b, cal)
			some.or(&m)
		}
		all.and(&some)
	}
	return all
}

// wideDays gives the days that years, months, dates and weeks leave.
func (r *rule) wideDays(b block) dayset {
	all := everyDay
	if len(r.years) > 0 {
		all = yearDays(b, r.years)
	}
	for _, list := range [2][]dateRange{r.months, r.dates} {
		if len(list) > 0 {
			some := dayset{}
			for i := range list {
				list[i].fill(&some, b)
			}
			all.and(&some)
		}
	}
	if len(r.weeks) > 0 {
		some := weekDays(b, r.weeks)
		all.and(&some)
	}
	return all
}

func yearDays(b block, ranges []yearRange) (s dayset) {
	for _, y := range ranges {
		s.fill(b, firstOfMonth(y.from, time.January), firstOfMonth(y.to+1, time.January)-1)
	}
	return s
}

// weekDays fills weeks by ISO 8601; week 53 is left out in years without it.
func weekDays(b block, ranges []weekRange) (s dayset) {
	for y := b.firstYear - 1; y <= b.lastYear+1; y++ {
		first, next := firstWeek(y), firstWeek(y+1)
		for _, w := range ranges {
			s.fill(b, first+Date(7*(w.from-1)), min(first+Date(7*w.to), next)-1)
		}
	}
	return s
}

// fill adds the days of the range. Each year stands for itself: a range whose
// end comes before its start in that year covers the year's beginning up to the
// end, and its rest from the start on. "Dec 24-Jan 02" so joins up over New
// Year, and "easter-Apr 20" is empty of January even after a late Easter.
func (d *dateRange) fill(s *dayset, b block) {
	if d.from.year != 0 {
		d.fillYear(s, b, d.from.year)
		return
	}
	// An end moved by an offset can lie in the year after its own.
	for y := b.firstYear - 1; y <= b.lastYear; y++ {
		d.fillYear(s, b, y)
	}
}

func (d *dateRange) fillYear(s *dayset, b block, year int) {
	from, ok := d.from.in(year)
	if !ok {
		return
	}
	to, ok := d.last(year)
	switch {
	case !ok:
	case to >= from:
		s.fill(b, from, to)
	case d.to.kind == easterDay && to == from-1:
		// "easter-easter": the end is not part of the range.
	default:
		s.fill(b, firstOfMonth(year, time.January), to)
		s.fill(b, from, lastOfMonth(year, time.December))
	}
}

// last gives the last day of the range in a year. A range up to easter ends on
// the day before, as the reference implementation has it; a warning says so.
func (d *dateRange) last(year int) (Date, bool) {
	if d.to.year != 0 {
		year = d.to.year
	}
	switch {
	case d.to.kind == wholeMonth:
		return lastOfMonth(year, d.to.month), true
	case d.to.kind == easterDay && !d.single:
		return easterSunday(year) + Date(d.to.offset-1), true
	default:
		return d.to.in(year)
	}
}

// days gives the holidays known, moved by the offset, and the days about which
// nothing is known.
func (h *holiday) days(b block, cal *Calendar) (m matching) {
	days := cal.days(h.school)
	for w := range m.sure {
		in, known := days.sixtyFour(b.first + Date(64*w-h.offset))
		m.sure[w], m.may[w] = in, in|^known
	}
	return m
}

func (w *weekdays) days(b block, cal *Calendar) matching {
	switch {
	case w.holiday != nil:
		return w.holiday.days(b, cal)
	case len(w.nth) > 0:
		return certain(w.nthDays(b))
	}
	s := dayset{}
	for day := mondayIndex(w.from); ; day = (day + 1) % 7 {
		s.or(&weeklyDays[(day-b.phase+7)%7])
		if day == mondayIndex(w.to) {
			return certain(s)
		}
	}
}

// nthDays fills the nth weekdays of all months that can reach into the block.
func (w *weekdays) nthDays(b block) (s dayset) {
	y, m, _ := (b.first - maxNthOffset).Civil()
	for first := firstOfMonth(y, m); first <= b.last()+maxNthOffset; first = NewDate(y, m, 1) {
		for _, n := range w.nth {
			if d, ok := nthWeekday(y, m, w.from, n); ok {
				s.fill(b, d+Date(w.offset), d+Date(w.offset))
			}
		}
		if m++; m > time.December {
			y, m = y+1, time.January
		}
	}
	return s
}
