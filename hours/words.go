package hours

import (
	"strings"
	"time"
)

// Language is a language in which hours can be put in words.
type Language uint8

// The languages of the screens.
const (
	French Language = iota
	English
)

// Month is the name of a month, as it stands inside a sentence.
func (l Language) Month(m time.Month) string {
	if l == French {
		return frenchMonths[m]
	}
	return m.String()
}

// Weekday is the name of a day of the week, as it stands inside a sentence.
func (l Language) Weekday(d time.Weekday) string {
	if l == French {
		return frenchWeekdays[d]
	}
	return d.String()
}

// Words puts the hours in a plain phrase, such as "du lundi au vendredi de 7 h à
// 19 h, sauf jours fériés". French is set with no-break spaces where its
// typography asks for them. The phrase has neither capital nor full stop.
func (h *Hours) Words(l Language) string {
	g := &english
	if l == French {
		g = &french
	}
	var b strings.Builder
	for i := range h.rules {
		b.WriteString(g.link(h.rules[:i], &h.rules[i]))
		b.WriteString(g.rule(h.rules[:i], &h.rules[i]))
	}
	return b.String()
}

// grammar is what a language needs to say a rule.
type grammar struct {
	everyDay, allDay, always   string
	closed, unknown, otherwise string
	except, also, but, then    string
	and                        string
	comment                    [2]string // what opens and closes a quotation

	weekday func(w weekdays) string
	holiday func(h holiday, bare bool) string
	date    func(d dateRange) string
	years   func(y yearRange) string
	weeks   func(w weekRange) string
	time    func(t timeSpan) string
}

// link joins a rule to those before it, by what it does to them.
func (g *grammar) link(before []rule, r *rule) string {
	switch {
	case len(before) == 0:
		return ""
	case r.separator == fallsBack:
		return g.then + g.otherwise
	case r.isException(before):
		return g.except
	case r.separator == adds && r.state != Closed:
		return g.also
	case r.clearsDay() && overlaps(before, r):
		return g.then + g.but
	default:
		return g.then
	}
}

// isException says whether "except" says the rule: whole days taken from what
// was opened.
func (r *rule) isException(before []rule) bool {
	return r.state == Closed && len(r.times) == 0 && !r.always && !r.onEveryDay() &&
		r.separator != fallsBack && r.comment == "" && before[0].state != Closed
}

func overlaps(before []rule, r *rule) bool {
	for i := range before {
		if before[i].meets(r, 0) {
			return true
		}
	}
	return false
}

func (g *grammar) rule(before []rule, r *rule) string {
	exception := len(before) > 0 && r.isException(before)
	parts := []string{g.days(r, exception), g.times(r)}
	switch {
	case exception:
	case r.state == Closed:
		parts = append([]string{g.closed}, parts...)
	case r.state == Unknown:
		parts = append([]string{g.unknown}, parts...)
	case r.onEveryDay() && len(r.times) == 0:
		parts = []string{g.always}
	case r.onEveryDay():
		parts = append([]string{g.everyDay}, parts...)
	case len(r.times) == 0:
		parts = append(parts, g.allDay)
	}
	if r.comment != "" {
		parts = append(parts, g.comment[0]+r.comment+g.comment[1])
	}
	return joinWords(parts)
}

// days says which days a rule names; bare leaves out the article of holidays, as
// after "except".
func (g *grammar) days(r *rule, bare bool) string {
	weekday := func(w weekdays) string {
		if w.holiday != nil {
			return g.holiday(*w.holiday, bare)
		}
		return g.weekday(w)
	}
	return joinWords([]string{
		list(g.and, r.holidays, func(h holiday) string { return g.holiday(h, bare) }),
		list(g.and, r.weekdays, weekday),
		list(g.and, r.dates, g.date),
		list(g.and, r.months, g.date),
		list(g.and, r.weeks, g.weeks),
		list(g.and, r.years, g.years),
	})
}

func (g *grammar) times(r *rule) string { return list(g.and, r.times, g.time) }

// list says items as "a, b and c".
func list[T any](and string, items []T, say func(T) string) string {
	words := make([]string, len(items))
	for i := range items {
		words[i] = say(items[i])
	}
	if n := len(words); n > 1 {
		return strings.Join(words[:n-1], ", ") + and + words[n-1]
	}
	return strings.Join(words, "")
}

// nthWeekdays gives one item for each number of "Su[1,-1]".
func nthWeekdays(w weekdays) []weekdays {
	var items []weekdays
	for _, n := range w.nth {
		item := w
		item.nth = []int{n}
		items = append(items, item)
	}
	return items
}

// isFullDay says whether the span is a whole day from midnight to midnight.
func (t timeSpan) isFullDay() bool { return t.from == 0 && t.to == minutesOfDay }
