package gate

import (
	"slices"

	"github.com/ecluse-ecole/ecluse/hours"
	"github.com/ecluse-ecole/ecluse/internal/order"
	"github.com/ecluse-ecole/ecluse/internal/school"
)

// A Week is what holds for one role from a Monday to a Sunday, as the school's
// wall clock shows it.
type Week struct {
	Monday hours.Date
	Days   [7]Day
}

// A Day is cut into segments, in order and without overlap. The hour that a
// change of clocks skips belongs to none; of the hour that comes twice the
// stricter passage is shown.
type Day struct {
	Date     hours.Date
	Segments []Segment
}

// A Segment is a part of a day in which the access and the orders that bind
// stay the same.
type Segment struct {
	FromSecond, ToSecond int // of the day; 86400 is midnight at its end
	Access               order.Access
	Unknown              bool
	Orders               []order.ID
}

const secondsPerDay = 24 * 60 * 60

// Week draws the week of a role for the place itself and a compliant account:
// rules that bind only some exchanges, and requirements, are not in it.
func (s *Snapshot) Week(u school.UAI, role school.Role, service order.Service, monday hours.Date) Week {
	return s.WeekOf(Request{School: u, Role: role, Service: service, Facts: Compliant()}, monday)
}

// WeekOf draws the week of a request, whose At does not count.
func (s *Snapshot) WeekOf(r Request, monday hours.Date) Week {
	w := Week{Monday: monday}
	zone := s.Zone(r.School)
	for i := range w.Days {
		date := monday + hours.Date(i)
		w.Days[i] = Day{Date: date, Segments: []Segment{{ToSecond: secondsPerDay, Unknown: true}}}
		if zone != nil {
			w.Days[i].Segments = s.day(r, zone, date)
		}
	}
	return w
}

// day is the segments of one day.
func (s *Snapshot) day(r Request, zone *hours.Zone, date hours.Date) []Segment {
	var passages []Segment
	for _, p := range passagesOf(zone, date) {
		passages = append(passages, s.passage(r, p)...)
	}
	return join(overlay(passages))
}

// A passage is a stretch of a day in which the clock runs evenly.
type passage struct {
	from, to int64
	reading  int // seconds of the day at from
}

// passagesOf is the one passage of an ordinary day, and the two of a day on
// which the clocks change.
func passagesOf(zone *hours.Zone, date hours.Date) []passage {
	from, to := zone.Instant(date, 0), zone.Instant(date+1, 0)
	start := readingOn(zone, date, from)
	change := firstWhere(from, to, func(t int64) bool {
		return readingOn(zone, date, t)-start != int(t-from)
	})
	if change == to {
		return []passage{{from, to, start}}
	}
	return []passage{{from, change, start}, {change, to, readingOn(zone, date, change)}}
}

// readingOn is the seconds of the day that the clock shows, counted from the
// midnight of date.
func readingOn(zone *hours.Zone, date hours.Date, at int64) int {
	d, second := zone.Reading(at)
	return int(d-date)*secondsPerDay + second
}

// firstWhere is the first instant in [from, to) from which on the condition
// holds, or to.
func firstWhere(from, to int64, holds func(int64) bool) int64 {
	n := int(to - from)
	lo, hi := 0, n
	for lo < hi {
		mid := (lo + hi) / 2
		if holds(from + int64(mid)) {
			hi = mid
		} else {
			lo = mid + 1
		}
	}
	return from + int64(lo)
}

// passage cuts a passage where the decision or its orders change.
func (s *Snapshot) passage(r Request, p passage) []Segment {
	r.At = p.from
	var out []Segment
	for _, span := range s.Spans(r, p.to) {
		out = append(out, Segment{
			FromSecond: p.reading + int(span.From-p.from), ToSecond: p.reading + int(span.To-p.from),
			Access: span.Decision.Access, Unknown: span.Decision.Unknown, Orders: idsOf(span.Orders),
		})
	}
	return out
}

func idsOf(orders []*order.Order) []order.ID {
	ids := make([]order.ID, len(orders))
	for i, o := range orders {
		ids[i] = o.ID
	}
	return ids
}

// overlay puts the passages of a day on one dial: where two show the same
// reading, the stricter stays.
func overlay(passages []Segment) []Segment {
	var marks []int
	for _, p := range passages {
		marks = append(marks, p.FromSecond, p.ToSecond)
	}
	slices.Sort(marks)
	marks = slices.Compact(marks)
	var out []Segment
	for i := 0; i+1 < len(marks); i++ {
		if shown := strictestOver(passages, marks[i]); shown != nil {
			cut := *shown
			cut.FromSecond, cut.ToSecond = marks[i], marks[i+1]
			out = append(out, cut)
		}
	}
	return out
}

// strictestOver is the strictest passage at a reading, and nil if the clock
// skips it.
func strictestOver(passages []Segment, reading int) *Segment {
	var found *Segment
	for i := range passages {
		p := &passages[i]
		if p.FromSecond <= reading && reading < p.ToSecond && (found == nil || p.Access < found.Access) {
			found = p
		}
	}
	return found
}

// join puts neighbours that say the same together.
func join(segments []Segment) []Segment {
	var out []Segment
	for _, next := range segments {
		if n := len(out); n > 0 && out[n-1].says(next) && out[n-1].ToSecond == next.FromSecond {
			out[n-1].ToSecond = next.ToSecond
			continue
		}
		out = append(out, next)
	}
	return out
}

// says reports whether two segments say the same of different times.
func (g Segment) says(other Segment) bool {
	return g.Access == other.Access && g.Unknown == other.Unknown && slices.Equal(g.Orders, other.Orders)
}
