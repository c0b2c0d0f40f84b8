package hours

import (
	"fmt"
	"strconv"
	"strings"
)

// String writes the value in its canonical form. It reads back to the same
// hours.
func (h *Hours) String() string {
	var b strings.Builder
	for i := range h.rules {
		if i > 0 {
			b.WriteString([...]string{"; ", ", ", " || "}[h.rules[i].separator])
		}
		b.WriteString(h.rules[i].String())
	}
	return b.String()
}

// String writes one rule without its separator.
func (r *rule) String() string {
	parts := []string{
		join(r.years, yearRange.String),
		join(r.months, dateRange.String),
		join(r.dates, dateRange.String),
		prefix("week ", join(r.weeks, weekRange.String)),
	}
	for _, day := range r.holidays {
		parts = append(parts, day.String())
	}
	parts = append(parts, join(r.weekdays, weekdays.String), join(r.times, timeSpan.String))
	if r.always {
		parts = append(parts, "24/7")
	}
	if r.written {
		parts = append(parts, [...]string{Closed: "off", Open: "open", Unknown: "unknown"}[r.state])
	}
	if r.comment != "" {
		parts = append(parts, `"`+r.comment+`"`)
	}
	return joinWords(parts)
}

func join[T any](items []T, write func(T) string) string {
	words := make([]string, len(items))
	for i := range items {
		words[i] = write(items[i])
	}
	return strings.Join(words, ",")
}

func prefix(p, s string) string {
	if s == "" {
		return ""
	}
	return p + s
}

// joinWords joins what is not empty with spaces.
func joinWords(parts []string) string {
	kept := parts[:0]
	for _, p := range parts {
		if p != "" {
			kept = append(kept, p)
		}
	}
	return strings.Join(kept, " ")
}

func (y yearRange) String() string {
	if y.from == y.to {
		return strconv.Itoa(y.from)
	}
	return fmt.Sprintf("%d-%d", y.from, y.to)
}

func (w weekRange) String() string {
	if w.from == w.to {
		return fmt.Sprintf("%02d", w.from)
	}
	return fmt.Sprintf("%02d-%02d", w.from, w.to)
}

func (d dateRange) String() string {
	if d.single {
		return d.from.String()
	}
	if d.from.kind == monthDay && d.to.kind == monthDay && d.from.month == d.to.month && d.from.year == d.to.year {
		return fmt.Sprintf("%s-%02d", d.from.String(), d.to.day)
	}
	return d.from.String() + "-" + d.to.String()
}

func (p datePoint) String() string {
	s := ""
	if p.year != 0 {
		s = strconv.Itoa(p.year) + " "
	}
	switch p.kind {
	case easterDay:
		return s + "easter" + offsetString(p.offset)
	case nthDay:
		return fmt.Sprintf("%s%s %s[%d]%s", s, monthWords[p.month], weekdayWords[p.weekday], p.nth, offsetString(p.offset))
	case monthDay:
		return fmt.Sprintf("%s%s %02d", s, monthWords[p.month], p.day)
	default:
		return s + monthWords[p.month]
	}
}

func offsetString(days int) string {
	switch days {
	case 0:
		return ""
	case 1, -1:
		return fmt.Sprintf(" %+d day", days)
	default:
		return fmt.Sprintf(" %+d days", days)
	}
}

func (h holiday) String() string {
	if h.school {
		return "SH"
	}
	return "PH" + offsetString(h.offset)
}

func (w weekdays) String() string {
	switch {
	case w.holiday != nil:
		return w.holiday.String()
	case len(w.nth) > 0:
		return weekdayWords[w.from] + "[" + join(w.nth, strconv.Itoa) + "]" + offsetString(w.offset)
	case w.from == w.to:
		return weekdayWords[w.from]
	default:
		return weekdayWords[w.from] + "-" + weekdayWords[w.to]
	}
}

// String writes the span; what passes midnight by less than a day is written as
// a clock shows it: 22:00-02:00.
func (t timeSpan) String() string {
	to := t.to
	if to > minutesOfDay && to-minutesOfDay <= t.from {
		to -= minutesOfDay
	}
	return clock(t.from) + "-" + clock(to)
}

func clock(minute int) string { return fmt.Sprintf("%02d:%02d", minute/60, minute%60) }
