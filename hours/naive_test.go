package hours

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"
)

// naive answers minute by minute, straight from the rules as they were read. It
// knows nothing of blocks, cells, signatures, tables and compiled zones, and
// takes readings, dates, weeks and Easter from elsewhere.
type naive struct {
	rules []rule
	loc   *time.Location
	cal   Calendar
}

// tri is an answer that may be missing.
type tri int

const (
	no tri = iota
	maybe
	yes
)

func truth(b bool) tri {
	if b {
		return yes
	}
	return no
}

// at gives the state in which the wall clock's reading lies.
func (n *naive) at(unix int64) State {
	t := time.Unix(unix, 0).In(n.loc)
	today := time.Date(t.Year(), t.Month(), t.Day(), 0, 0, 0, 0, time.UTC)
	minute := t.Hour()*60 + t.Minute()
	possible := map[State]bool{Closed: true}
	for i := range n.rules {
		r := &n.rules[i]
		if m := n.matches(r, today); m != no && (r.clearsDay() || inside(r, minute)) {
			say(possible, r, inside(r, minute), m)
		}
		if m := n.matches(r, today.AddDate(0, 0, -1)); m != no && len(r.times) > 0 && inside(r, minute+minutesOfDay) {
			say(possible, r, true, m)
		}
	}
	if len(possible) > 1 {
		return Unknown
	}
	for s := range possible {
		return s
	}
	panic("no state is possible")
}

// say lets a rule change what is possible at one minute.
func say(possible map[State]bool, r *rule, inside bool, m tri) {
	state := Closed
	if inside {
		state = r.state
	}
	if r.separator == fallsBack {
		if possible[Closed] {
			if m == yes {
				delete(possible, Closed)
			}
			possible[state] = true
		}
		return
	}
	if m == yes {
		clear(possible)
	}
	possible[state] = true
}

func inside(r *rule, minute int) bool {
	if len(r.times) == 0 {
		return minute < minutesOfDay
	}
	return slices.ContainsFunc(r.times, func(s timeSpan) bool { return minute >= s.from && minute < s.to })
}

// matches asks each kind of selector about one day.
func (n *naive) matches(r *rule, day time.Time) tri {
	holidays, weekdays := yes, yes
	if len(r.holidays) > 0 {
		holidays = no
		for _, h := range r.holidays {
			holidays = max(holidays, n.holiday(h, day))
		}
	}
	if len(r.weekdays) > 0 {
		weekdays = no
		for _, w := range r.weekdays {
			weekdays = max(weekdays, min(n.weekday(w, day), truth(wide(r, day.AddDate(0, 0, -w.offset)))))
		}
	} else {
		weekdays = truth(wide(r, day))
	}
	return min(holidays, weekdays)
}

func (n *naive) holiday(h holiday, day time.Time) tri {
	days := n.cal.Public
	if h.school {
		days = n.cal.School
	}
	in, known := days.Contains(DateOf(day.AddDate(0, 0, -h.offset)))
	if !known {
		return maybe
	}
	return truth(in)
}

func (n *naive) weekday(w weekdays, day time.Time) tri {
	if w.holiday != nil {
		return n.holiday(*w.holiday, day)
	}
	if len(w.nth) == 0 {
		span := (int(w.to) - int(w.from) + 7) % 7
		return truth((int(day.Weekday())-int(w.from)+7)%7 <= span)
	}
	anchor := day.AddDate(0, 0, -w.offset)
	if anchor.Weekday() != w.from {
		return no
	}
	fromStart := (anchor.Day()-1)/7 + 1
	fromEnd := -((anchor.AddDate(0, 1, -anchor.Day()).Day()-anchor.Day())/7 + 1)
	if anchor.Day() > 28 { // AddDate runs over short months
		last := time.Date(anchor.Year(), anchor.Month()+1, 0, 0, 0, 0, 0, time.UTC).Day()
		fromEnd = -((last-anchor.Day())/7 + 1)
	}
	return truth(slices.Contains(w.nth, fromStart) || slices.Contains(w.nth, fromEnd))
}

func wide(r *rule, day time.Time) bool {
	_, week := day.ISOWeek()
	return (len(r.years) == 0 || slices.ContainsFunc(r.years, func(y yearRange) bool { return day.Year() >= y.from && day.Year() <= y.to })) &&
		(len(r.weeks) == 0 || slices.ContainsFunc(r.weeks, func(w weekRange) bool { return week >= w.from && week <= w.to })) &&
		(len(r.months) == 0 || slices.ContainsFunc(r.months, func(d dateRange) bool { return inRange(d, day) })) &&
		(len(r.dates) == 0 || slices.ContainsFunc(r.dates, func(d dateRange) bool { return inRange(d, day) }))
}

// inRange asks about the range of the day's own year and of the year before,
// whose end can have been moved past New Year.
func inRange(d dateRange, day time.Time) bool {
	for y := day.Year() - 1; y <= day.Year(); y++ {
		if d.from.year != 0 {
			y = day.Year()
		}
		from, okFrom := point(d.from, y, false)
		to, okTo := point(d.to, y, !d.single || d.isMonths())
		if !okFrom || !okTo {
			continue
		}
		between := !day.Before(from) && !day.After(to)
		wrapped := to.Before(from) && day.Year() == y && (!day.Before(from) || !day.After(to))
		if d.from.kind == easterDay && d.to == d.from && !d.single {
			wrapped = false
		}
		if between || wrapped {
			return true
		}
	}
	return false
}

func point(p datePoint, year int, isEnd bool) (time.Time, bool) {
	if p.year != 0 {
		year = p.year
	}
	at := func(m time.Month, d int) time.Time { return time.Date(year, m, d, 0, 0, 0, 0, time.UTC) }
	switch p.kind {
	case wholeMonth:
		if isEnd {
			return at(p.month+1, 0), true
		}
		return at(p.month, 1), true
	case monthDay:
		d := at(p.month, p.day)
		return d, d.Month() == p.month
	case easterDay:
		d := knuthEaster(year).AddDate(0, 0, p.offset)
		if isEnd {
			d = d.AddDate(0, 0, -1)
		}
		return d, true
	}
	for d, seen := at(p.month, 1), 0; d.Month() == p.month; d = d.AddDate(0, 0, 1) {
		if d.Weekday() != p.weekday {
			continue
		}
		seen++
		left := (at(p.month+1, 0).Day() - d.Day()) / 7
		if seen == p.nth || -(left+1) == p.nth {
			return d.AddDate(0, 0, p.offset), true
		}
	}
	return time.Time{}, false
}

// knuthEaster follows Knuth, The Art of Computer Programming, 1.3.2, exercise 14.
func knuthEaster(year int) time.Time {
	golden := year%19 + 1
	century := year/100 + 1
	skipped := 3*century/4 - 12
	correction := (8*century+5)/25 - 5
	sunday := 5*year/4 - skipped - 10
	epact := ((11*golden+20+correction-skipped)%30 + 30) % 30
	if epact == 25 && golden > 11 || epact == 24 {
		epact++
	}
	day := 44 - epact
	if day < 21 {
		day += 30
	}
	day += 7 - (sunday+day)%7
	return time.Date(year, time.March, day, 0, 0, 0, 0, time.UTC)
}

// frenchZones are the zones in which France has schools.
var frenchZones = []string{
	"Europe/Paris", "America/Guadeloupe", "America/Martinique", "America/St_Barthelemy", "America/Marigot",
	"America/Cayenne", "America/Miquelon", "Indian/Reunion", "Indian/Mayotte", "Pacific/Noumea",
	"Pacific/Wallis", "Pacific/Tahiti", "Pacific/Marquesas", "Pacific/Gambier",
}

// watched are instants around which readings and calendars do something odd:
// changes of the clock in Paris and Miquelon, year ends, a leap day, the end of
// what the calendar knows.
var watched = []time.Time{
	time.Date(2024, 3, 30, 12, 0, 0, 0, time.UTC), time.Date(2024, 10, 26, 12, 0, 0, 0, time.UTC),
	time.Date(2024, 3, 9, 12, 0, 0, 0, time.UTC), time.Date(2024, 11, 2, 12, 0, 0, 0, time.UTC),
	time.Date(2023, 12, 31, 0, 0, 0, 0, time.UTC), time.Date(2024, 12, 30, 12, 0, 0, 0, time.UTC),
	time.Date(2020, 12, 31, 0, 0, 0, 0, time.UTC), time.Date(2024, 2, 28, 0, 0, 0, 0, time.UTC),
	time.Date(2025, 8, 31, 0, 0, 0, 0, time.UTC), time.Date(2100, 2, 28, 0, 0, 0, 0, time.UTC),
	time.Date(2024, 3, 31, 0, 0, 0, 0, time.UTC), time.Date(2040, 12, 30, 12, 0, 0, 0, time.UTC),
}

func TestAgainstTheMinuteScan(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		h, err := Parse(valueGen.Draw(t, "value"))
		if err != nil {
			t.Fatalf("the generator wrote a value that is refused: %v", err)
		}
		zone, err := LoadZone(rapid.SampledFrom(frenchZones).Draw(t, "zone"))
		if err != nil {
			t.Fatal(err)
		}
		cal := calendarGen(t)
		start := rapid.SampledFrom(watched).Draw(t, "around").Unix()
		end := start + 2*86400
		n := naive{h.rules, zone.Location(), cal}
		fast := h.Compile(zone, cal, start-30*86400, end+30*86400)
		slow := h.Compile(zone, cal, 0, 0)
		var changes []int64
		for u := start; u < end; u += 60 {
			want := n.at(u)
			state, next := fast.At(u)
			if state != want {
				t.Fatalf("at %v it is %v, and the scan says %v", time.Unix(u, 0).In(zone.Location()), state, want)
			}
			if u > start && want != n.at(u-60) {
				changes = append(changes, u)
			}
			if next <= u {
				t.Fatalf("the next change after %d is %d", u, next)
			}
		}
		checkChanges(t, fast, start, end, changes)
		checkChanges(t, slow, start, end, changes)
	})
}

// TestNothingChangesBefore asks, at random instants of two centuries, the scan
// about instants between the answer and the next change, and at the change.
func TestNothingChangesBefore(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		h, err := Parse(valueGen.Draw(t, "value"))
		if err != nil {
			t.Fatal(err)
		}
		zone, err := LoadZone(rapid.SampledFrom(frenchZones).Draw(t, "zone"))
		if err != nil {
			t.Fatal(err)
		}
		cal := calendarGen(t)
		at := unix(1990, 1, 1) + 60*rapid.Int64Range(0, 100*366*1440).Draw(t, "at")
		n := naive{h.rules, zone.Location(), cal}
		state, next := h.Compile(zone, cal, 0, 0).At(at)
		for range 50 {
			last := min(next-1, at+60*366*86400)
			u := rapid.Int64Range(at, last).Draw(t, "between")
			if got := n.at(u); got != state {
				t.Fatalf("from %d it is %v until %d, and the scan says %v at %d", at, state, next, got, u)
			}
		}
		if next != Never && n.at(next) == state {
			t.Fatalf("from %d it is %v until %d, and the scan still says so", at, state, next)
		}
	})
}

// checkChanges holds the chain of next changes against the scan's, and Since
// against both.
func checkChanges(t *rapid.T, s *Schedule, start, end int64, want []int64) {
	var got []int64
	for u := start; ; {
		_, next := s.At(u)
		if next >= end {
			break
		}
		if since := s.Since(next); since != next {
			t.Fatalf("the state at the change %d is said to hold since %d", next, since)
		}
		if since := s.Since(next - 1); since > u && since != u {
			t.Fatalf("before the change %d the state is said to hold since %d, after %d", next, since, u)
		}
		got = append(got, next)
		u = next
	}
	if !slices.Equal(got, want) {
		t.Fatalf("changes %v, and the scan says %v", got, want)
	}
}

// calendarGen draws a calendar that knows some years.
func calendarGen(t *rapid.T) Calendar {
	days := func(label string) Days {
		first := NewDate(2023, 6, 1)
		last := rapid.SampledFrom([]Date{NewDate(2024, 3, 30), NewDate(2024, 12, 31), NewDate(2025, 6, 1), first - 1}).Draw(t, label)
		in := rapid.SliceOfN(rapid.Int32Range(int32(first), int32(first)+600), 0, 200).Draw(t, label+" days")
		dates := []Date{NewDate(2024, 3, 31), NewDate(2024, 1, 1), NewDate(2024, 11, 1)}
		for _, d := range in {
			dates = append(dates, Date(d))
		}
		return NewDays(first, last, dates...)
	}
	return Calendar{Public: days("public"), School: days("school")}
}

// valueGen writes values of the profile.
var valueGen = rapid.Custom(func(t *rapid.T) string {
	var b strings.Builder
	for i := range rapid.IntRange(1, 5).Draw(t, "rules") {
		if i > 0 {
			b.WriteString(rapid.SampledFrom([]string{"; ", "; ", ", ", " || "}).Draw(t, "separator"))
		}
		b.WriteString(drawRule(t))
	}
	return b.String()
})

// drawRule writes a rule that ends in a state, so that any separator may follow.
func drawRule(t *rapid.T) string {
	parts := []string{
		some(t, "2024", "2023-2024", "2024,2026", "2100"),
		some(t, "Mar", "Oct-Mar", "Jan,Mar 20-31,easter", "Feb 29", "Dec 24-Jan 02", "2024 Mar 30-2025 Jan 01", "Mar Su[-1]-Oct Su[-1] -1 day",
			"easter -7 days-easter +3 days", "easter-Mar 30", "Dec 20-Dec Su[-1] +6 days", "Dec 31", "Aug,Dec 25-easter"),
		some(t, "week 01", "week 13,44", "week 52-53", "week 01-09"),
		some(t, "PH", "SH", "PH -1 day", "PH +1 day SH"),
		some(t, "Mo-Fr", "Sa-Mo", "Su", "Su[-1]", "Su[-1] +1 day", "Mo[1],Sa[5]", "PH,Su", "Su,SH,PH -1 day", "Sa[1,-1] -5 days", "Sa[1-3]"),
		some(t, "07:00-19:00", "02:00-03:00", "02:30-02:45,03:00-03:30", "22:00-02:30", "00:00-24:00", "24/7", "23:00-47:00", "10:00-10:00", "01:59-02:01"),
	}
	if parts[0] != "" {
		parts[1] = some(t, "Mar", "Oct-Mar") // a year before a date belongs to the date
	}
	parts = append(parts, rapid.SampledFrom([]string{"open", "open", "off", "unknown", `"call"`}).Draw(t, "state"))
	return joinWords(parts)
}

// some draws a selector of one kind, or none.
func some(t *rapid.T, words ...string) string {
	if rapid.IntRange(0, 2).Draw(t, "left out") > 0 {
		return ""
	}
	return rapid.SampledFrom(words).Draw(t, "selector")
}

// TestCanonicalFormReadsBack: the canonical form is a fixed point and means the
// same.
func TestCanonicalFormReadsBack(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		h, err := Parse(valueGen.Draw(t, "value"))
		if err != nil {
			t.Fatal(err)
		}
		again, err := Parse(h.String())
		if err != nil {
			t.Fatalf("the canonical form %q is refused: %v", h.String(), err)
		}
		if again.String() != h.String() || describe(again) != describe(h) {
			t.Fatalf("the canonical form %q reads back as %q", h.String(), again.String())
		}
	})
}

// describe writes what a value does, without where it was written.
func describe(h *Hours) string { return fmt.Sprintf("%+v", h.plan) }
