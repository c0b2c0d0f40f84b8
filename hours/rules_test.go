package hours

import (
	"errors"
	"math"
	"strings"
	"testing"
	"time"
)

// book is the rule book's calendar and clock: Paris, 2024 to 2026, with the
// holidays of fixedHolidays and two weeks of school holidays.
type book struct {
	t    *testing.T
	zone *Zone
	cal  Calendar
}

func newBook(t *testing.T, zone string) *book {
	z, err := LoadZone(zone)
	if err != nil {
		t.Fatal(err)
	}
	cal := fixedHolidays()
	var school []Date
	for d := NewDate(2024, 4, 6); d <= NewDate(2024, 4, 21); d++ {
		school = append(school, d)
	}
	cal.School = NewDays(NewDate(2024, 1, 1), NewDate(2025, 8, 31), school...)
	return &book{t, z, cal}
}

// at reads wall clocks such as "2024-03-29 07:00" in the book's zone.
func (b *book) at(wall string) int64 {
	b.t.Helper()
	u, err := time.ParseInLocation("2006-01-02 15:04", wall, b.zone.Location())
	if err != nil {
		b.t.Fatal(err)
	}
	return u.Unix()
}

func (b *book) says(value string, want State, walls ...string) {
	b.t.Helper()
	h, err := Parse(value)
	if err != nil {
		b.t.Errorf("%s: %v", value, err)
		return
	}
	fast := h.Compile(b.zone, b.cal, unix(2024, 1, 1), unix(2026, 1, 1))
	slow := h.Compile(b.zone, b.cal, 0, 0)
	for _, wall := range walls {
		u := b.at(wall)
		got, next := fast.At(u)
		if got != want {
			b.t.Errorf("%s at %s is %v, want %v", value, wall, got, want)
		}
		if s, n := slow.At(u); s != got || n != next {
			b.t.Errorf("%s at %s is %v until %d with a table, %v until %d without", value, wall, got, next, s, n)
		}
	}
}

func (b *book) open(value string, walls ...string)    { b.t.Helper(); b.says(value, Open, walls...) }
func (b *book) closed(value string, walls ...string)  { b.t.Helper(); b.says(value, Closed, walls...) }
func (b *book) unknown(value string, walls ...string) { b.t.Helper(); b.says(value, Unknown, walls...) }

// changes says when the state next changes; "" means never.
func (b *book) changes(value, from, want string) {
	b.t.Helper()
	s := mustParse(b.t, value).Compile(b.zone, b.cal, unix(2024, 1, 1), unix(2025, 1, 1))
	wantAt := int64(Never)
	if want != "" {
		wantAt = b.at(want)
	}
	if _, next := s.At(b.at(from)); next != wantAt {
		b.t.Errorf("%s after %s changes at %v, want %s", value, from, time.Unix(next, 0).In(b.zone.Location()), want)
	}
}

// The two letters: a département's order of March 2024 and a school's notice.
func TestTheLetters(t *testing.T) {
	b := newBook(t, "Europe/Paris")
	b.open("07:00-23:00", "2024-03-29 07:00", "2024-03-31 22:59", "2024-05-01 12:00")
	b.closed("07:00-23:00", "2024-03-29 06:59", "2024-03-29 23:00", "2024-03-30 00:00")
	b.open("Mo-Fr 07:00-19:00; PH off", "2024-03-29 07:00", "2024-03-29 18:59")
	b.closed("Mo-Fr 07:00-19:00; PH off", "2024-03-29 19:00", "2024-03-30 12:00", "2024-04-01 12:00", "2024-05-01 12:00")
	b.closed("off", "2024-03-29 12:00", "2031-01-01 00:00")
	b.changes("off", "2024-03-29 12:00", "")
	b.changes("24/7", "2024-03-29 12:00", "")
	b.changes("Mo-Fr 07:00-19:00; PH off", "2024-03-29 19:00", "2024-04-02 07:00")
}

func TestDays(t *testing.T) {
	b := newBook(t, "Europe/Paris")
	b.open("Sa-Mo 10:00-12:00", "2024-03-30 10:00", "2024-04-01 11:00")
	b.closed("Sa-Mo 10:00-12:00", "2024-03-29 10:00")
	b.open("Th[-1],Fr[5] 10:00-12:00", "2024-03-28 10:00", "2024-03-29 10:00")
	b.closed("Th[-1],Fr[5] 10:00-12:00", "2024-03-21 10:00", "2024-04-26 10:00")
	b.open("Mar Su[-1] +1 day", "2024-04-01 12:00")
	b.closed("Mar Su[-1] +1 day", "2024-03-31 12:00", "2024-03-25 12:00")
	b.open("easter -2 days", "2024-03-29 12:00")
	b.open("Dec 24-Jan 02", "2024-12-31 12:00", "2025-01-02 23:59")
	b.closed("Dec 24-Jan 02", "2025-01-03 00:00", "2024-12-23 23:59")
	b.open("2024 Dec 24-2025 Jan 02", "2025-01-02 12:00")
	b.closed("2024 Dec 24-2025 Jan 02", "2024-01-02 12:00", "2025-12-24 12:00")
	b.open("week 01", "2024-12-30 12:00", "2025-01-05 12:00")
	b.closed("week 01", "2024-12-29 12:00", "2025-01-06 12:00")
	b.open("week 53", "2027-01-03 12:00")
	b.open("2025 Feb Mo", "2025-02-03 12:00")
	b.closed("2025 Feb Mo", "2024-02-05 12:00", "2025-02-04 12:00")
}

func TestHolidays(t *testing.T) {
	b := newBook(t, "Europe/Paris")
	b.open("PH 10:00-12:00", "2024-05-01 10:00")
	b.open("PH -1 day", "2024-04-30 10:00")
	b.open("PH,Su", "2024-05-01 10:00", "2024-05-05 10:00")
	b.open("PH We", "2024-05-01 10:00")
	b.closed("PH We", "2024-04-24 10:00", "2024-05-09 10:00")
	b.open("SH Mo-Fr", "2024-04-08 10:00")
	b.closed("SH Mo-Fr", "2024-04-13 10:00", "2024-04-22 10:00")
}

func TestLaterRules(t *testing.T) {
	b := newBook(t, "Europe/Paris")
	b.closed("Mo-Fr 08:00-18:00; We 08:00-12:00", "2024-03-27 14:00")
	b.open("Mo-Fr 08:00-18:00, We 18:00-20:00", "2024-03-27 14:00", "2024-03-27 19:00")
	b.closed("Mo-Fr 08:00-18:00; 12:00-14:00 off", "2024-03-27 13:00")
	b.open("Mo-Fr 08:00-18:00; 12:00-14:00 off", "2024-03-27 11:59", "2024-03-27 14:00")
	b.open("PH off; Mo-Fr 08:00-18:00", "2024-05-01 12:00")
	b.closed("Mo 10:00-12:00; 14:00-16:00", "2024-03-25 11:00")
	b.unknown(`Mo-Fr 08:00-12:00 || "by appointment"`, "2024-03-25 12:00")
	b.open(`Mo-Fr 08:00-12:00 || "by appointment"`, "2024-03-25 11:59")
	b.unknown("Mo 10:00-12:00 unknown", "2024-03-25 11:00")
}

func TestOvernight(t *testing.T) {
	b := newBook(t, "Europe/Paris")
	b.open("Fr 22:00-02:00", "2024-03-29 22:00", "2024-03-30 01:59")
	b.closed("Fr 22:00-02:00", "2024-03-29 01:00", "2024-03-30 02:00")
	b.open("Tu 20:00-26:00", "2024-04-30 23:59", "2024-05-01 01:59")
	b.closed("Tu 20:00-26:00; PH off", "2024-05-01 00:00", "2024-05-01 01:59")
	b.open("Tu 20:00-26:00; PH off", "2024-04-30 23:59")
	b.open("We 23:00-48:00", "2024-05-02 23:59")
	b.closed("We 23:00-48:00", "2024-05-03 00:00")
}

// The clocks go forward in Paris on 31 March 2024 from 2:00 to 3:00, and back
// on 27 October from 3:00 to 2:00.
func TestWallClock(t *testing.T) {
	b := newBook(t, "Europe/Paris")
	lasts := func(value string, day Date, want time.Duration) {
		t.Helper()
		s := mustParse(t, value).Compile(b.zone, b.cal, 0, 0)
		total := time.Duration(0)
		for _, i := range s.Intervals(time.Unix(b.zone.Instant(day, 0), 0), time.Unix(b.zone.Instant(day+1, 0), 0)) {
			total += i.To.Sub(i.From)
		}
		if total != want {
			t.Errorf("%s on %v is open for %v, want %v", value, day, total, want)
		}
	}
	spring, autumn := NewDate(2024, 3, 31), NewDate(2024, 10, 27)
	lasts("02:00-03:00", spring, 0)
	lasts("02:00-03:00", autumn, 2*time.Hour)
	lasts("01:30-02:30", spring, 30*time.Minute)
	lasts("01:30-02:30", autumn, 90*time.Minute)
	lasts("02:30-03:30", spring, 30*time.Minute)
	lasts("02:30-03:30", autumn, 90*time.Minute)
	lasts("24/7", spring, 23*time.Hour)
	lasts("24/7", autumn, 25*time.Hour)
	lasts("02:15-02:45", spring, 0)
	lasts("02:15-02:45", autumn, time.Hour)
}

func TestUnknownDays(t *testing.T) {
	b := newBook(t, "Europe/Paris")
	// The public calendar ends with 2029, the school's with August 2025.
	b.unknown("Mo-Fr 07:00-19:00; PH off", "2030-01-07 12:00")
	b.closed("Mo-Fr 07:00-19:00; PH off", "2030-01-07 06:00", "2030-01-06 12:00") // closed either way
	b.unknown("07:00-19:00; SH off", "2025-09-01 12:00", "2023-12-31 12:00")
	b.open("PH off; Mo-Fr 07:00-19:00", "2030-01-07 12:00") // replaced either way
	b.open("Mo,PH", "2030-01-07 12:00")
	b.unknown("Mo,PH", "2030-01-08 12:00")
	b.unknown("Mo-Fr 10:00-12:00; PH 11:00-12:00", "2030-01-07 10:30")
	b.open("Mo-Fr 10:00-12:00; PH 11:00-12:00", "2030-01-07 11:30") // open either way
	b.changes("Mo-Fr 07:00-19:00; PH off", "2030-01-07 12:00", "2030-01-07 19:00")
	b.cal = Calendar{}
	b.unknown("PH", "2024-05-01 12:00")
	b.changes("PH", "2024-05-01 12:00", "")
}

func TestFarChanges(t *testing.T) {
	b := newBook(t, "Europe/Paris")
	b.changes("Feb 29", "2024-03-01 00:00", "2028-02-29 00:00")
	b.changes("Feb 29", "2096-03-01 00:00", "2104-02-29 00:00")
	b.changes("Feb 29 Mo", "2072-03-01 00:00", "2112-02-29 00:00")
	b.changes("2199 Dec 31 23:59-24:00", "2024-01-01 00:00", "2199-12-31 23:59")
	b.changes("2040-2050", "2024-01-01 00:00", "2040-01-01 00:00")
	b.changes("week 53 Su", "2021-01-04 00:00", "2027-01-03 00:00")
	b.changes("2015 Feb 29", "2024-01-01 00:00", "")
	b.changes("Mo-Su", "2024-01-01 00:00", "")
	b.changes("Jan-Dec 00:00-24:00", "2024-01-01 00:00", "")
	b.changes("2012", "2024-01-01 00:00", "")
	b.changes("Apr 25-Apr 26 Su[4]; Jan-Mar off", "2024-12-01 00:00", "2026-04-26 00:00")
}

func TestSince(t *testing.T) {
	b := newBook(t, "Europe/Paris")
	since := func(value, at, want string) {
		t.Helper()
		wantAt := int64(math.MinInt64)
		if want != "" {
			wantAt = b.at(want)
		}
		for _, from := range []int64{unix(2024, 1, 1), unix(2030, 1, 1)} {
			s := mustParse(t, value).Compile(b.zone, b.cal, from, from+366*86400)
			if got := s.Since(b.at(at)); got != wantAt {
				t.Errorf("%s at %s holds since %v, want %s", value, at, time.Unix(got, 0).In(b.zone.Location()), want)
			}
		}
	}
	since("Mo-Fr 07:00-19:00; PH off", "2024-04-01 12:00", "2024-03-29 19:00")
	since("Mo-Fr 07:00-19:00; PH off", "2024-03-29 07:00", "2024-03-29 07:00")
	since("Feb 29", "2027-06-01 12:00", "2024-03-01 00:00")
	since("2012", "2031-06-01 12:00", "2013-01-01 00:00")
	since("off", "2024-03-29 07:00", "")
	since("24/7", "2024-03-29 07:00", "")
}

// The answers hold for any instant, however far.
func TestExtremeInstants(t *testing.T) {
	s := mustParse(t, "Mo-Fr 07:00-19:00").Compile(paris(t), Calendar{}, unix(2024, 1, 1), unix(2025, 1, 1))
	for _, u := range []int64{math.MinInt64, math.MinInt64 + 1, earliest, -1, 0, latest, math.MaxInt64 - 1, math.MaxInt64} {
		s.At(u)
		s.Since(u)
	}
	far := mustParse(t, "off").Compile(paris(t), Calendar{}, math.MinInt64, math.MaxInt64)
	if state, next := far.At(unix(2024, 1, 1)); state != Closed || next != Never {
		t.Errorf("off is %v until %d", state, next)
	}
}

// Every refusal names its byte and gives a reason.
func TestRefusals(t *testing.T) {
	refuses := func(value string, offset int, reason string) {
		t.Helper()
		_, err := Parse(value)
		var refusal *Error
		if !errors.As(err, &refusal) {
			t.Errorf("%s: accepted", value)
			return
		}
		if refusal.Offset != offset || !strings.Contains(refusal.Reason, reason) {
			t.Errorf("%s: refused at %d because %s; want %d because %s", value, refusal.Offset, refusal.Reason, offset, reason)
		}
	}
	if _, err := Parse("Mo-Fr 17:00+"); err == nil || err.Error() != "opening hours refused at byte 11: open ends are not in the profile: write the closing time" {
		t.Errorf("the sentence of a refusal is %q", err)
	}
	refuses("", 0, "empty")
	refuses("Mo-Fr sunrise-sunset", 6, "sun")
	refuses("(sunrise+01:00)-sunset", 0, "sun")
	refuses("Mo-Fr 17:00+", 11, "open ends")
	refuses("Mo-Fr 08:00-17:00+", 17, "open ends")
	refuses("week 01-53/2", 10, "steps")
	refuses("10:00-16:00/90", 11, "steps")
	refuses("Mo 12:00", 3, "single time")
	refuses("on appointment", 0, "double quotes")
	refuses("mo-fr 08:00-12:00", 0, "write Mo")
	refuses("Mo 8:00-12:00", 3, "two digits")
	refuses("Mo 08:60-12:00", 6, "minutes 00 to 59")
	refuses("Mo 25:00-26:00", 3, "before 24:00")
	refuses("Mo 23:00-48:01", 9, "48:00")
	refuses("Jan 1", 4, "two digits")
	refuses("Feb 30", 4, "no day 30")
	refuses("Jan 23,25", 7, "no month of its own")
	refuses("2024 Dec 24-Jan 02", 0, "both ends")
	refuses("2024 Dec 24-2023 Jan 02", 0, "before it starts")
	refuses("Feb 01-Feb 29", 0, "29 February")
	refuses("Mar-Oct 15", 0, "month and a date")
	refuses("week 54", 5, "between 01 and 53")
	refuses("week 40-30", 7, "two ranges")
	refuses("2024+", 4, "open ends")
	refuses("1815", 0, "outside 1900 to 2199")
	refuses("Sa[6]", 3, "from 1 to 5")
	refuses("Mo[2] -7 days", 6, "day offset")
	refuses("PH +2 days", 3, "day offset")
	refuses("SH +1 day", 3, "school holidays")
	refuses("Mo +1 day", 3, "certain day")
	refuses("Mo Tu 10:00-12:00", 3, "join them with a comma")
	refuses("10:00-12:00 Mo", 12, "too late")
	refuses("We, Aug Mo", 2, "use ; for a new rule")
	refuses("Mo 10:00-12:00;", 15, "missing")
	refuses("|| open", 0, "missing")
	refuses(`Mo "a" "b"`, 7, "two comments")
	refuses(`Mo "a`, 3, "no end")
	refuses("Mo 10:00–12:00", 8, "no place")
	refuses("Mo \xff", 3, "UTF-8")
}
