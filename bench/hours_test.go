package bench

import (
	"testing"
	"time"

	"github.com/prometheus/alertmanager/timeinterval"
	"github.com/rickar/cal/v2"
	"github.com/rickar/cal/v2/fr"
	"github.com/robfig/cron/v3"

	"github.com/ecluse-ecole/ecluse/hours"
)

// The same question to four libraries: is a school that opens Monday to Friday
// from 7:00 to 19:00, Paris time, open at an instant? Only hours and cal know
// the public holidays; only hours and cron say when it changes next; hours
// answers both at once. The instants step through two years.

func parisTime(b testing.TB) *time.Location {
	loc, err := time.LoadLocation("Europe/Paris")
	if err != nil {
		b.Fatal(err)
	}
	return loc
}

const start = 1704067200 // 2024-01-01T00:00:00Z

// stepped is the i-th instant asked about: every 601 minutes for two years.
func stepped(i int) int64 { return start + int64(i%1700)*601*60 }

func publicHolidays() hours.Calendar {
	var in []hours.Date
	for year := 2023; year <= 2026; year++ {
		for _, h := range fr.Holidays {
			if actual, _ := h.Calc(year); !actual.IsZero() {
				in = append(in, hours.DateOf(actual))
			}
		}
	}
	return hours.Calendar{Public: hours.NewDays(hours.NewDate(2023, 1, 1), hours.NewDate(2026, 12, 31), in...)}
}

func schedule(b testing.TB) *hours.Schedule {
	h, err := hours.Parse("Mo-Fr 07:00-19:00; PH off")
	if err != nil {
		b.Fatal(err)
	}
	return h.Compile(hours.NewZone(parisTime(b)), publicHolidays(), stepped(0), stepped(1699)+1)
}

func workWeek() *cal.BusinessCalendar {
	week := cal.NewBusinessCalendar()
	week.AddHoliday(fr.Holidays...)
	week.SetWorkHours(7*time.Hour, 19*time.Hour)
	return week
}

func BenchmarkHours(b *testing.B) {
	s := schedule(b)
	b.ReportAllocs()
	for i := 0; b.Loop(); i++ {
		s.At(stepped(i))
	}
}

func BenchmarkAlertmanagerTimeInterval(b *testing.B) {
	week := timeinterval.TimeInterval{
		Times:    []timeinterval.TimeRange{{StartMinute: 7 * 60, EndMinute: 19 * 60}},
		Weekdays: []timeinterval.WeekdayRange{{InclusiveRange: timeinterval.InclusiveRange{Begin: 1, End: 5}}},
		Location: &timeinterval.Location{Location: parisTime(b)},
	}
	b.ReportAllocs()
	for i := 0; b.Loop(); i++ {
		week.ContainsTime(time.Unix(stepped(i), 0))
	}
}

func BenchmarkCalWorkTime(b *testing.B) {
	week, loc := workWeek(), parisTime(b)
	b.ReportAllocs()
	for i := 0; b.Loop(); i++ {
		week.IsWorkTime(time.Unix(stepped(i), 0).In(loc))
	}
}

// BenchmarkCronNext asks for the next opening and the next closing, of which the
// earlier tells the state.
func BenchmarkCronNext(b *testing.B) {
	loc := parisTime(b)
	parse := func(spec string) cron.Schedule {
		s, err := cron.ParseStandard("CRON_TZ=Europe/Paris " + spec)
		if err != nil {
			b.Fatal(err)
		}
		return s
	}
	opens, closes := parse("0 7 * * 1-5"), parse("0 19 * * 1-5")
	b.ReportAllocs()
	for i := 0; b.Loop(); i++ {
		at := time.Unix(stepped(i), 0).In(loc)
		opens.Next(at).Before(closes.Next(at))
	}
}

// TestHoursAgreeWithCal: two libraries that know nothing of each other give the
// same answer through two years, holidays and changes of the clock included.
func TestHoursAgreeWithCal(t *testing.T) {
	s, week, loc := schedule(t), workWeek(), parisTime(t)
	// Asked between the full ten minutes: cal counts the closing time as open.
	for u := stepped(0) + 300; u < stepped(1699); u += 600 {
		state, _ := s.At(u)
		if want := week.IsWorkTime(time.Unix(u, 0).In(loc)); (state == hours.Open) != want {
			t.Errorf("at %v hours says %v, cal says %v", time.Unix(u, 0).In(loc), state, want)
		}
	}
}
