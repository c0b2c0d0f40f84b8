package hours

import (
	"fmt"
	"time"
)

var englishNth = map[int]string{1: "first", 2: "second", 3: "third", 4: "fourth", 5: "fifth", -1: "last", -2: "last but one"}

const (
	englishAnd    = " and "
	englishAllDay = "all day"
)

var english = grammar{
	everyDay: "every day", allDay: englishAllDay, always: "always open",
	closed: "closed", unknown: "to be confirmed", otherwise: "otherwise ",
	except: ", except ", also: ", and also ", but: "but ", then: "; ",
	and:     englishAnd,
	comment: [2]string{"(“", "”)"},

	weekday: englishWeekday, holiday: englishHoliday, date: englishDate,
	years: englishYears, weeks: englishWeeks, time: englishTime,
}

func englishWeekday(w weekdays) string {
	switch {
	case len(w.nth) > 1:
		return list(englishAnd, nthWeekdays(w), englishWeekday)
	case len(w.nth) == 1:
		return englishOffset(w.offset, englishNthDay(w.nth[0], w.from)+" of the month")
	case w.from == w.to:
		return w.from.String()
	default:
		return w.from.String() + " to " + w.to.String()
	}
}

func englishNthDay(n int, w time.Weekday) string {
	if ordinal, ok := englishNth[n]; ok {
		return "the " + ordinal + " " + w.String()
	}
	return fmt.Sprintf("the %s %s from the end", englishNth[-n], w)
}

func englishOffset(days int, from string) string {
	switch {
	case days == 0:
		return from
	case days == 1:
		return "the day after " + from
	case days == -1:
		return "the day before " + from
	case days > 0:
		return fmt.Sprintf("%d days after %s", days, from)
	default:
		return fmt.Sprintf("%d days before %s", -days, from)
	}
}

func englishHoliday(h holiday, bare bool) string {
	name := "public holidays"
	if h.school {
		name = "school holidays"
	}
	if h.offset == 0 && !bare {
		return "on " + name
	}
	return englishOffset(h.offset, name)
}

func englishDate(d dateRange) string {
	from, to := englishPoint(d.from), englishPoint(d.to)
	switch {
	case d.isMonths() && (d.single || d.from.month == d.to.month):
		return "in " + from
	case d.single:
		return "on " + from
	case d.to.kind == easterDay:
		return "from " + from + " up to and including " + englishPoint(dayBefore(d.to))
	default:
		return "from " + from + " to " + to
	}
}

func englishPoint(p datePoint) string {
	year := ""
	if p.year != 0 {
		year = fmt.Sprintf(" %d", p.year)
	}
	switch p.kind {
	case easterDay:
		return englishOffset(p.offset, "Easter Sunday"+year)
	case nthDay:
		return englishOffset(p.offset, englishNthDay(p.nth, p.weekday)+" of "+p.month.String()+year)
	case monthDay:
		return fmt.Sprintf("%d %s%s", p.day, p.month, year)
	default:
		return p.month.String()
	}
}

func englishYears(y yearRange) string {
	if y.from == y.to {
		return fmt.Sprintf("in %d", y.from)
	}
	return fmt.Sprintf("from %d to %d", y.from, y.to)
}

func englishWeeks(w weekRange) string {
	if w.from == w.to {
		return fmt.Sprintf("in week %d", w.from)
	}
	return fmt.Sprintf("in weeks %d to %d", w.from, w.to)
}

func englishTime(t timeSpan) string {
	switch {
	case t.isFullDay():
		return englishAllDay
	case t.to > minutesOfDay:
		return "from " + clock(t.from) + " to " + clock(t.to-minutesOfDay) + " the next day"
	default:
		return "from " + clock(t.from) + " to " + clock(t.to)
	}
}
