package gate_test

import (
	"testing"

	"github.com/ecluse-ecole/ecluse/hours"
	"github.com/ecluse-ecole/ecluse/internal/gate"
	"github.com/ecluse-ecole/ecluse/internal/school"
)

// TestACacheOutlivesItsWindow recompiles as a server does, later and later, and
// with orders added and taken away.
func TestACacheOutlivesItsWindow(t *testing.T) {
	asked := 0
	src := gate.Source{Schools: places, Cache: gate.NewCache(), Calendar: func(code string) (hours.Calendar, error) {
		asked++
		return holidays(code)
	}}
	b := under(t)
	day := b.instant("2024-03-25T00:00")
	for i := range 100 {
		drafts := []draft{weekdays()}
		if i%3 == 0 {
			drafts = append(drafts, nights())
		}
		src.Orders, src.From, src.To = set(t, drafts...), day+int64(i)*86400, day+int64(i+400)*86400
		b = underAll(t, src)
		b.allow(school.Staff, "2024-04-02T07:00", "2024-07-12T18:59:59")
		b.deny(school.Staff, "2024-04-02T06:59:59", "2024-05-01T12:00", "2024-07-12T19:00")
		b.lasts(school.Staff, "2024-04-05T19:00", "2024-04-08T07:00")
	}
	if asked != 1 {
		t.Errorf("the calendar was asked for %d times, want once", asked)
	}
}

// TestACalendarThatComesLaterIsAskedForAgain keeps nothing of what failed.
func TestACalendarThatComesLaterIsAskedForAgain(t *testing.T) {
	src := gate.Source{Schools: places, Cache: gate.NewCache(), Orders: set(t, weekdays())}
	s, err := gate.Compile(src)
	if err == nil {
		t.Error("nothing was said of the missing calendar")
	}
	b := book{t: t, s: s, place: college, facts: gate.Compliant()}
	b.unknown(school.Staff, "2024-04-02T10:00")
	b.deny(school.Pupil, "2024-04-02T10:00")
	src.Calendar = holidays
	underAll(t, src).allow(school.Staff, "2024-04-02T10:00")
}
