package gate_test

import (
	"os"
	"testing"

	"github.com/ecluse-ecole/ecluse/hours"
	"github.com/ecluse-ecole/ecluse/internal/calendar"
	"github.com/ecluse-ecole/ecluse/internal/gate"
	"github.com/ecluse-ecole/ecluse/internal/order"
	"github.com/ecluse-ecole/ecluse/internal/school"
)

// The two letters of March 2024 stand in examples/ as orders. Each test below
// quotes a sentence of a letter that lays down a rule and proves it. The
// calendars are the built-in ones.

// letter compiles an example for all places; the orders speak of Deux-Sèvres,
// and elsewhere tells them for another territory.
func letter(t *testing.T, name string, elsewhere ...school.Territory) book {
	t.Helper()
	data, err := os.ReadFile("../../examples/" + name)
	if err != nil {
		t.Fatal(err)
	}
	o, err := order.Parse(name, data)
	if err != nil {
		t.Fatal(err)
	}
	for _, territory := range elsewhere {
		o.Applies.Territory = territory
	}
	orders, errs := order.NewSet([]*order.Order{o})
	if len(errs) > 0 {
		t.Fatal(errs)
	}
	return underAll(t, gate.Source{Schools: places, Orders: orders, Calendar: calendar.For})
}

var adults = []school.Role{school.Guardian, school.Teacher, school.Staff, school.Head}

// each runs the assertion for every adult role.
func each(f func(role school.Role)) {
	for _, role := range adults {
		f(role)
	}
}

func TestFirstLetter(t *testing.T) {
	l := letter(t, "premier-degre.yaml").at(ecole)

	t.Run("pour tous les élèves : totalement", func(t *testing.T) {
		l.deny(school.Pupil,
			"2024-03-29T00:00:00", "2024-03-29T08:30:00", "2024-03-29T12:00:00", "2024-03-30T15:00:00",
			"2024-04-01T10:00:00", "2024-04-02T22:59:59", "2024-04-02T23:00:00", "2025-09-01T09:00:00")
		if until := l.s.Lasts(l.request(school.Pupil, "2024-04-02T10:00:00")); until != hours.Never {
			t.Errorf("closed until %d, want until lifted", until)
		}
	})

	t.Run("pour les adultes utilisateurs (enseignants, parents...) : entre 23 h et 7 h", func(t *testing.T) {
		each(func(role school.Role) {
			l.allow(role, "2024-03-29T22:59:59", "2024-03-30T07:00:00", "2024-03-31T22:59:59", "2024-05-01T12:00:00")
			l.deny(role, "2024-03-29T00:00:00", "2024-03-29T23:00:00", "2024-03-30T06:59:59", "2024-04-02T03:00:00")
		})
	})

	t.Run("les messageries ne seront ouvertes que pendant la journée, et pour les seuls personnels et parents d'élèves", func(t *testing.T) {
		each(func(role school.Role) { l.allow(role, "2024-04-02T12:00:00") })
		l.deny(school.Pupil, "2024-04-02T12:00:00")
	})

	t.Run("dans toutes les écoles", func(t *testing.T) {
		l.at(ecole2).deny(school.Pupil, "2024-04-02T12:00:00")
		l.at(ecole2).deny(school.Teacher, "2024-04-02T23:00:00")
		l.at(college).allow(school.Pupil, "2024-04-02T12:00:00")
		l.at(vienne).allow(school.Pupil, "2024-04-02T12:00:00")
	})

	t.Run("not before the order begins", func(t *testing.T) {
		l.allow(school.Pupil, "2024-03-28T23:59:59")
		l.allow(school.Teacher, "2024-03-28T23:59:59")
	})
}

func TestSecondLetter(t *testing.T) {
	l := letter(t, "second-degre.yaml").at(college)

	t.Run("la fermeture de la messagerie du logiciel Pronote pour tous les élèves et tout le temps", func(t *testing.T) {
		l.deny(school.Pupil, "2024-03-29T00:00:00", "2024-03-29T10:00:00", "2024-04-02T07:00:00", "2024-04-02T18:59:59",
			"2024-04-06T12:00:00", "2024-12-25T12:00:00")
	})

	t.Run("durant les jours ouvrés, entre 7h00 et 19h00 au plus tard", func(t *testing.T) {
		each(func(role school.Role) {
			l.allow(role, "2024-03-29T07:00:00", "2024-03-29T18:59:59", "2024-04-02T12:00:00", "2024-04-30T07:00:00")
		})
	})

	t.Run("nous la fermerons de 19h00 à 7h00 du matin", func(t *testing.T) {
		each(func(role school.Role) {
			l.deny(role, "2024-03-29T00:00:00", "2024-03-29T06:59:59", "2024-03-29T19:00:00", "2024-04-02T22:00:00")
		})
	})

	t.Run("La messagerie sera fermée durant les week-end", func(t *testing.T) {
		each(func(role school.Role) {
			l.deny(role, "2024-03-30T07:00:00", "2024-03-30T12:00:00", "2024-03-31T12:00:00", "2024-04-07T18:59:59")
		})
	})

	t.Run("jours ouvrés: not on 1 May, nor on Easter Monday", func(t *testing.T) {
		each(func(role school.Role) { l.deny(role, "2024-05-01T10:00:00", "2024-04-01T10:00:00") })
	})

	t.Run("pour les seuls personnels d'EPLE et les parents d'élèves", func(t *testing.T) {
		l.at(lycee).deny(school.Pupil, "2024-04-02T12:00:00")
		l.at(lycee).deny(school.Guardian, "2024-04-02T19:00:00")
		l.at(ecole).allow(school.Guardian, "2024-04-02T19:00:00")
	})

	t.Run("Friday 19:00 says until Tuesday 07:00 at Easter, until Monday otherwise", func(t *testing.T) {
		l.lasts(school.Teacher, "2024-03-29T19:00", "2024-04-02T07:00")
		l.lasts(school.Teacher, "2024-04-12T19:00", "2024-04-15T07:00")
	})
}

// TestNightOfTheClockChange: in metropolitan France 02:00 became 03:00 on
// 31 March 2024, the second night of the order. It was an hour shorter.
func TestNightOfTheClockChange(t *testing.T) {
	l := letter(t, "premier-degre.yaml").at(ecole)
	l.deny(school.Teacher, "2024-03-30T23:00:00", "2024-03-31T01:59:59", "2024-03-31T03:00:00", "2024-03-31T06:59:59")
	l.allow(school.Teacher, "2024-03-30T22:59:59", "2024-03-31T07:00:00")
	l.lasts(school.Teacher, "2024-03-30T23:00", "2024-03-31T07:00")
	if night := l.instant("2024-03-31T07:00") - l.instant("2024-03-30T23:00"); night != 7*3600 {
		t.Errorf("the night had %d s, want 7 h", night)
	}
}

// TestLettersFarAway: each school follows its own clock. Saint-Pierre-et-
// Miquelon had changed its clocks on 10 March, the Marquesas never do.
func TestLettersFarAway(t *testing.T) {
	l := letter(t, "second-degre.yaml", "FR")
	for _, far := range []school.School{miquelon, marquesa} {
		b := l.at(far)
		b.deny(school.Pupil, "2024-03-29T10:00:00")
		each(func(role school.Role) {
			b.allow(role, "2024-04-02T07:00:00", "2024-04-02T18:59:59")
			b.deny(role, "2024-04-02T06:59:59", "2024-04-02T19:00:00", "2024-03-31T12:00:00")
			b.allow(role, "2024-03-28T23:59:59")
			b.deny(role, "2024-03-29T00:00:00")
		})
	}
	for _, c := range []struct {
		school school.School
		utc    string
	}{{miquelon, "2024-04-02T09:00"}, {marquesa, "2024-04-02T16:30"}, {college, "2024-04-02T05:00"}} {
		if have, want := l.at(c.school).instant("2024-04-02T07:00"), wall(c.utc).Instant(utc(t)); have != want {
			t.Errorf("%s opens at %d, want %s UTC", c.school.UAI, have, c.utc)
		}
	}
}

func utc(t *testing.T) *hours.Zone {
	t.Helper()
	z, err := hours.LoadZone("UTC")
	if err != nil {
		t.Fatal(err)
	}
	return z
}
