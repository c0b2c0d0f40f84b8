package gate_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/ecluse-ecole/ecluse/hours"
	"github.com/ecluse-ecole/ecluse/internal/gate"
	"github.com/ecluse-ecole/ecluse/internal/order"
	"github.com/ecluse-ecole/ecluse/internal/school"
)

// drawn writes a day as "0-7 closed, 7-19 write".
func drawn(d gate.Day) string {
	var parts []string
	for _, g := range d.Segments {
		word := g.Access.String()
		if g.Unknown {
			word = "unknown"
		}
		parts = append(parts, fmt.Sprintf("%s-%s %s", hour(g.FromSecond), hour(g.ToSecond), word))
	}
	return strings.Join(parts, ", ")
}

func hour(second int) string {
	if second%3600 == 0 {
		return fmt.Sprint(second / 3600)
	}
	return fmt.Sprintf("%d:%02d", second/3600, second/60%60)
}

func TestWeekOfTheSecondLetter(t *testing.T) {
	b := under(t, weekdays())
	want := [7]string{
		"0-24 closed", // Easter Monday
		"0-7 closed, 7-19 write, 19-24 closed", "0-7 closed, 7-19 write, 19-24 closed",
		"0-7 closed, 7-19 write, 19-24 closed", "0-7 closed, 7-19 write, 19-24 closed",
		"0-24 closed", "0-24 closed",
	}
	w := b.s.Week(college.UAI, school.Staff, order.Messaging, hours.NewDate(2024, 4, 1))
	for i, d := range w.Days {
		if drawn(d) != want[i] || d.Date != w.Monday+hours.Date(i) {
			t.Errorf("%s: %s, want %s", d.Date, drawn(d), want[i])
		}
	}
	if got := w.Days[1].Segments[1].Orders; len(got) != 1 || got[0] != "FR/13/079/2024-0002" {
		t.Errorf("on Tuesday at 7 the orders %v bind", got)
	}
}

func TestWeekWhenTheOrderBeginsInIt(t *testing.T) {
	b := under(t, issue("FR", 1, "2024-03-29T08:15").rule(pupils, "off"))
	w := b.s.Week(college.UAI, school.Pupil, order.Messaging, hours.NewDate(2024, 3, 25))
	if got, want := drawn(w.Days[4]), "0-8:15 write, 8:15-24 closed"; got != want {
		t.Errorf("on that Friday: %s, want %s", got, want)
	}
}

func TestWeekWhenTheClocksChange(t *testing.T) {
	b := under(t, issue("FR", 1, "2024-01-01T00:00").rule(school.Adults, "00:00-02:30"))
	spring := b.s.Week(college.UAI, school.Head, order.Messaging, hours.NewDate(2024, 3, 25)).Days[6]
	if got, want := drawn(spring), "0-2 write, 3-24 closed"; got != want {
		t.Errorf("31 March: %s, want %s", got, want)
	}
	autumn := b.s.Week(college.UAI, school.Head, order.Messaging, hours.NewDate(2024, 10, 21)).Days[6]
	if got, want := drawn(autumn), "0-2:30 write, 2:30-24 closed"; got != want {
		t.Errorf("27 October: %s, want %s", got, want)
	}
	midway := under(t, issue("FR", 1, "2024-10-27T02:30").rule(school.Adults, "off"))
	begun := midway.s.Week(college.UAI, school.Head, order.Messaging, hours.NewDate(2024, 10, 21)).Days[6]
	if got, want := drawn(begun), "0-2 write, 2-24 closed"; got != want {
		t.Errorf("27 October, from the first 2:30 on: %s, want %s", got, want)
	}
	far := b.s.Week(miquelon.UAI, school.Head, order.Messaging, hours.NewDate(2024, 3, 4)).Days[6]
	if got, want := drawn(far), "0-2 write, 3-24 closed"; got != want {
		t.Errorf("10 March in Miquelon: %s, want %s", got, want)
	}
}

func TestWeekOfAnUnknownSchool(t *testing.T) {
	b := under(t)
	for _, d := range b.s.Week("0790999X", school.Head, order.Messaging, hours.NewDate(2024, 4, 1)).Days {
		if got := drawn(d); got != "0-24 unknown" {
			t.Errorf("%s: %s", d.Date, got)
		}
	}
}

func TestEffectOfANewOrder(t *testing.T) {
	people := func(school.UAI) [school.RoleCount]int { return [school.RoleCount]int{100, 150, 10, 5, 1} }
	before, after := under(t, issue("FR", 1, "2024-01-01T00:00").rule(school.Adults, "06:00-22:00")), under(t,
		issue("FR", 1, "2024-01-01T00:00").rule(school.Adults, "06:00-22:00"), weekdays())
	w := gate.Window{From: after.instant("2024-04-02T00:00"), To: after.instant("2024-04-09T00:00")}
	e := gate.EffectOf(before.s, after.s, w, people)

	if len(e.Schools) != 2 || e.People != 2*266 {
		t.Errorf("%d schools and %d people are touched, want 2 and 532", len(e.Schools), e.People)
	}
	pupil, teacher := e.ByRole[school.Pupil], e.ByRole[school.Teacher]
	if want := (gate.Tally{Schools: 2, People: 200}); pupil.Closed != want || pupil.Throughout != want || pupil.Tightened != want {
		t.Errorf("pupils: %+v", pupil)
	}
	if want := (gate.Tally{Schools: 2, People: 20}); teacher.Closed != want || teacher.Throughout != (gate.Tally{}) || teacher.Loosened != (gate.Tally{}) {
		t.Errorf("teachers: %+v", teacher)
	}
	back := gate.EffectOf(after.s, before.s, w, people)
	if len(back.Schools) != 0 || back.ByRole[school.Pupil].Loosened.People != 200 {
		t.Errorf("lifting it again: %+v", back)
	}
}

func TestEffectOfLimitsAndRequirements(t *testing.T) {
	ten := 10
	before := under(t)
	after := under(t, issue("FR", 1, "2024-03-29T00:00").
		rule(school.RolesOf(school.Head), "", limit(order.Limits{Recipients: &ten})).
		rule(pupils, "", require(order.Requirements{KnownDevice: true}, order.Closed)).
		rule(school.RolesOf(school.Staff), "08:00-18:00", with(pupils)))
	w := gate.Window{From: after.instant("2024-04-02T00:00"), To: after.instant("2024-04-09T00:00")}
	e := gate.EffectOf(before.s, after.s, w, nil)
	for _, role := range []school.Role{school.Head, school.Pupil, school.Staff} {
		if e.ByRole[role].Tightened.Schools != len(places) || e.ByRole[role].Closed.Schools != 0 {
			t.Errorf("%s: %+v", role, e.ByRole[role])
		}
	}
}
