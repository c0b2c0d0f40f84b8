package page

import (
	"fmt"
	"reflect"
	"strconv"
	"strings"
	"time"

	"github.com/a-h/templ"

	"github.com/ecluse-ecole/ecluse/hours"
	"github.com/ecluse-ecole/ecluse/internal/order"
	"github.com/ecluse-ecole/ecluse/internal/school"
)

// The picture's measures, in units of its view box: a column a day beside the
// hours, ten units an hour, a strip below for the names of the day's orders.
const (
	weekLeft   = 31
	weekColumn = 43
	weekTop    = 34
	weekHour   = 9
	weekDayEnd = 86400
	weekWidth  = weekLeft + 7*weekColumn
	weekBottom = weekTop + 24*weekHour
	weekHeight = weekBottom + 54
)

// A pane is one picture: the roles that share the same week.
type pane struct {
	roles []school.Role
	days  [7][]Span
}

// panes gathers roles whose weeks are the same, so that five roles with two
// different weeks make two pictures that can be read on a phone.
func (w Week) panes() []pane {
	var out []pane
	index := map[string]int{}
	for _, b := range w.Bands {
		key := fmt.Sprint(b.Days)
		i, ok := index[key]
		if !ok {
			i = len(out)
			index[key] = i
			out = append(out, pane{days: b.Days})
		}
		out[i].roles = append(out[i].roles, b.Role)
	}
	return out
}

// name lists the roles of a pane, with the one word for all adults.
func (p pane) name(l Lang) string {
	var set school.Roles
	var words []string
	for _, r := range p.roles {
		set |= school.RolesOf(r)
		words = append(words, RolesWord(l, r))
	}
	switch set {
	case school.Everyone:
		words = []string{l.Say("tout le monde", "everybody")}
	case school.Adults:
		words = []string{l.Say("adultes", "adults")}
	}
	return capital(l.and(words))
}

// A run is some days in a row that are alike.
type run struct{ first, last int }

// runs cuts the week into days that are alike.
func (p pane) runs() []run {
	list := []run{{0, 0}}
	for i := 1; i < 7; i++ {
		latest := &list[len(list)-1]
		if reflect.DeepEqual(p.days[latest.first], p.days[i]) {
			latest.last = i
		} else {
			list = append(list, run{i, i})
		}
	}
	return list
}

// name is "Lundi 1er avril", or "Du mardi 2 avril au vendredi 5 avril".
func (r run) name(f Frame, w Week) string {
	first, last := f.Day(w.day(r.first)), f.Day(w.day(r.last))
	switch {
	case r.first == r.last:
		return capital(first)
	case r.last-r.first == 6:
		return f.Say("Toute la semaine", "All week")
	default:
		return f.Say("Du ", "From ") + first + f.Say(" au ", " to ") + last
	}
}

// orders names all orders that bind in the week of a pane.
func (p pane) orders() []string {
	var spans []Span
	for _, day := range p.days {
		spans = append(spans, day...)
	}
	return dayOrders(spans)
}

// capital makes the first letter one.
func capital(s string) string {
	for i, r := range s {
		return strings.ToUpper(string(r)) + s[i+len(string(r)):]
	}
	return s
}

// day is the i-th day of the week. It counts on the calendar, so that a change
// of the clocks in the week moves nothing.
func (w Week) day(i int) time.Time {
	return time.Date(w.Monday.Year(), w.Monday.Month(), w.Monday.Day()+i, 12, 0, 0, 0, w.Monday.Location())
}

// word is a span's answer: "ouvert", "lecture seule", "fermé".
func (s Span) word(l Lang) string {
	if s.Unknown {
		return l.Say("fermé, horaires inconnus", "closed, hours unknown")
	}
	return AccessWord(l, s.Access)
}

// whole reports whether the span is the whole day.
func (s Span) whole() bool { return s.From <= 0 && s.To >= weekDayEnd }

// sentence is "de 7 h 00 à 19 h 00 : ouvert".
func (s Span) sentence(l Lang) string {
	if s.whole() {
		return l.Say("toute la journée : ", "all day: ") + s.word(l)
	}
	return l.Say("de ", "from ") + l.clock(s.From) + l.Say(" à ", " to ") + l.clock(s.To) + l.Say(" : ", ": ") + s.word(l)
}

// class chooses the look of a span; closed ones are hatched.
func (s Span) class() string {
	if s.Unknown {
		return "unknown"
	}
	return [...]string{order.Closed: "closed", order.Read: "read", order.Reply: "reply", order.Write: "open"}[s.Access]
}

// label is what is written inside a span of the picture, if there is room.
func (s Span) label(l Lang) string {
	if s.height() < 16 {
		return ""
	}
	switch {
	case s.Unknown:
		return "?"
	case s.Access == order.Read:
		return l.Say("lire", "read")
	case s.Access == order.Reply:
		return l.Say("rép.", "reply")
	default:
		return AccessWord(l, s.Access)
	}
}

// y is where a second of the day stands in the picture.
func y(second int) int { return weekTop + second*weekHour/3600 }

// top and height place a span in the picture.
func (s Span) top() int { return y(s.From) }

func (s Span) height() int { return y(s.To) - y(s.From) }

// x is the left edge of a day's column.
func x(day int) int { return weekLeft + day*weekColumn }

// hourMark is a line of the picture: every six hours, in as little room as "18 h".
func hourMark(l Lang, hour int) string {
	if l == English {
		return [...]string{"12", "6am", "12", "6pm", "12"}[hour/6]
	}
	return strconv.Itoa(hour) + nbsp + "h"
}

// dayMark is the head of a column: "lun. 8".
func dayMark(l Lang, t time.Time) (name, number string) {
	number = strconv.Itoa(t.Day())
	if l == English {
		return t.Weekday().String()[:3], number
	}
	return hours.French.Weekday(t.Weekday())[:3] + ".", number
}

// dayText is a whole day in words: for the title of a column and for readers of
// the screen.
func dayText(l Lang, day time.Time, spans []Span) string {
	var b strings.Builder
	b.WriteString(capital(l.Day(day)))
	b.WriteString(l.Say(" : ", ": "))
	for i, s := range spans {
		if i > 0 {
			b.WriteString(l.Say(" ; ", "; "))
		}
		b.WriteString(s.sentence(l))
	}
	if names := dayOrders(spans); len(names) > 0 {
		b.WriteString(". ")
		b.WriteString(strings.Join(names, ", "))
	}
	return b.String()
}

// dayOrders names the orders that bind on a day, once each.
func dayOrders(spans []Span) []string {
	var names []string
	seen := map[string]bool{}
	for _, s := range spans {
		for _, name := range s.Orders {
			if !seen[name] {
				seen[name] = true
				names = append(names, name)
			}
		}
	}
	return names
}

// caption is the strip below the picture for one day: its date and at most two
// orders' names, cut to what fits.
func caption(l Lang, day time.Time, spans []Span) []string {
	lines := []string{capital(l.Day(day))}
	for _, name := range dayOrders(spans) {
		lines = append(lines, cut(name, 52))
	}
	return lines[:min(len(lines), 3)]
}

// cut shortens a text to n runes, with an ellipsis.
func cut(s string, n int) string {
	runes := []rune(s)
	if len(runes) <= n {
		return s
	}
	return strings.TrimSpace(string(runes[:n-1])) + "…"
}

// filled hatches what is closed; the other looks are classes.
func filled(s Span, hatch string) templ.OrderedAttributes {
	if s.Access != order.Closed && !s.Unknown {
		return nil
	}
	return templ.OrderedAttributes{attribute("fill", "url(#"+hatch+")")}
}
