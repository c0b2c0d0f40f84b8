package page

import (
	"testing"

	"github.com/ecluse-ecole/ecluse/internal/order"
	"github.com/ecluse-ecole/ecluse/internal/school"
)

const hour = 3600

// letter is the second letter's week for a role: pupils closed, others open on
// working days from 7 to 19.
func letter(r school.Role) Band {
	b := Band{Role: r}
	for day := range b.Days {
		if r == school.Pupil || day > 4 {
			b.Days[day] = []Span{{To: 24 * hour, Orders: []string{"Fermeture"}}}
			continue
		}
		b.Days[day] = []Span{{To: 7 * hour}, {From: 7 * hour, To: 19 * hour, Access: order.Write}, {From: 19 * hour, To: 24 * hour}}
	}
	return b
}

func TestRolesWithTheSameWeekShareAPicture(t *testing.T) {
	var w Week
	for r := range school.Role(school.RoleCount) {
		w.Bands = append(w.Bands, letter(r))
	}
	panes := w.panes()
	if len(panes) != 2 {
		t.Fatalf("%d pictures, want 2", len(panes))
	}
	same(t, panes[0].name(French), "Élèves")
	same(t, panes[1].name(French), "Adultes")
	same(t, panes[1].name(English), "Adults")
}

func TestDaysThatAreAlikeShareALine(t *testing.T) {
	fr, _, at := frames(t)
	w := Week{Monday: at(1, 0, 0)}
	names := func(r school.Role) (out []string) {
		p := pane{days: letter(r).Days}
		for _, r := range p.runs() {
			out = append(out, r.name(fr, w))
		}
		return out
	}
	staff := names(school.Staff)
	if len(staff) != 2 {
		t.Fatalf("%d lines, want 2", len(staff))
	}
	same(t, staff[0], "Du lundi 1er~avril au vendredi 5~avril")
	same(t, staff[1], "Du samedi 6~avril au dimanche 7~avril")
	same(t, names(school.Pupil)[0], "Toute la semaine")
}

func TestADayIsSaidInWords(t *testing.T) {
	_, _, at := frames(t)
	same(t, dayText(French, at(1, 12, 0), letter(school.Staff).Days[0]),
		"Lundi 1er~avril~: de 0~h~00 à 7~h~00~: fermé~; de 7~h~00 à 19~h~00~: ouvert~; de 19~h~00 à 24~h~00~: fermé")
	same(t, dayText(French, at(6, 12, 0), letter(school.Staff).Days[5]), "Samedi 6~avril~: toute la journée~: fermé. Fermeture")
}

// The week of 31 March 2024 has a day of 23 hours; columns are calendar days.
func TestTheChangeOfClocksMovesNoColumn(t *testing.T) {
	fr, _, at := frames(t)
	w := Week{Monday: at(1, 0, 0).AddDate(0, 0, -7)}
	same(t, fr.Day(w.day(6)), "dimanche 31~mars")
}

func TestSpansFillTheirColumn(t *testing.T) {
	y := weekTop
	for _, s := range letter(school.Staff).Days[0] {
		if s.top() != y {
			t.Errorf("a span begins at %d, want %d", s.top(), y)
		}
		y += s.height()
	}
	if y != weekBottom {
		t.Errorf("the column ends at %d, want %d", y, weekBottom)
	}
}
