package page

import (
	"testing"
	"time"

	"github.com/ecluse-ecole/ecluse/internal/order"
)

func paris(t *testing.T) *time.Location {
	t.Helper()
	zone, err := time.LoadLocation("Europe/Paris")
	if err != nil {
		t.Fatal(err)
	}
	return zone
}

// frames are those of Tuesday 2 April 2024 at 22:58 in both languages.
func frames(t *testing.T) (fr, en Frame, at func(day, hour, minute int) time.Time) {
	t.Helper()
	at = func(day, hour, minute int) time.Time {
		return time.Date(2024, time.April, day, hour, minute, 0, 0, paris(t))
	}
	return Frame{Lang: French, Now: at(2, 22, 58)}, Frame{Lang: English, Now: at(2, 22, 58)}, at
}

// plain shows no-break spaces as "~", so that expectations can be read.
func plain(s string) string {
	out := []rune(s)
	for i, r := range out {
		switch r {
		case '\u00a0':
			out[i] = '~'
		case '\u202f':
			out[i] = '_'
		}
	}
	return string(out)
}

func same(t *testing.T, got, want string) {
	t.Helper()
	if plain(got) != want {
		t.Errorf("got %q, want %q", plain(got), want)
	}
}

func TestMomentsAreSaidInFull(t *testing.T) {
	fr, en, at := frames(t)
	same(t, fr.Moment(at(8, 7, 0)), "lundi 8~avril à 7~h~00")
	same(t, en.Moment(at(8, 7, 0)), "Monday 8~April at 7:00~am")
	same(t, fr.Moment(at(1, 0, 0)), "lundi 1er~avril à 0~h~00")
	same(t, fr.Moment(at(2, 0, 0).AddDate(-1, 0, 0)), "dimanche 2~avril~2023 à 0~h~00")
	same(t, en.Clock(at(2, 12, 5)), "12:05~pm")
	same(t, en.Clock(at(2, 0, 5)), "12:05~am")
}

func TestNearMomentsAreSaidAsPeopleDo(t *testing.T) {
	fr, en, at := frames(t)
	same(t, fr.Near(at(3, 7, 0)), "demain à 7~h~00")
	same(t, fr.Near(at(2, 21, 14)), "aujourd’hui à 21~h~14")
	same(t, en.Near(at(1, 21, 14)), "yesterday at 9:14~pm")
	same(t, fr.Near(at(9, 7, 0)), "mardi 9~avril à 7~h~00")
	same(t, fr.Brief(at(2, 8, 5)), "8~h~05")
	same(t, fr.Brief(at(1, 8, 5)), "1~avr.")
	same(t, en.Brief(at(1, 8, 5).AddDate(-1, 0, 0)), "1~Apr~2023")
}

func TestEndsAreSaidWithTheRightWord(t *testing.T) {
	fr, en, at := frames(t)
	same(t, fr.Until(at(2, 23, 0)), "jusqu’à 23~h~00")
	same(t, fr.Until(at(3, 7, 0)), "jusqu’à demain 7~h~00")
	same(t, fr.Until(at(8, 7, 0)), "jusqu’au lundi 8~avril à 7~h~00")
	same(t, fr.Until(time.Time{}), "jusqu’à nouvel ordre")
	same(t, en.Until(at(3, 7, 0)), "until tomorrow at 7:00~am")
}

func TestStatesNameTheInstantNeverTheMinutesLeft(t *testing.T) {
	fr, _, at := frames(t)
	state := func(a order.Access, until time.Time) State { return NewState(French, a, false, until, fr.Now) }
	same(t, state(order.Write, at(2, 23, 0)).Line, "La messagerie ferme à 23~h~00.")
	same(t, state(order.Closed, at(8, 7, 0)).Line, "Fermé jusqu’au lundi 8~avril à 7~h~00.")
	same(t, state(order.Read, time.Time{}).Line, "Lecture seule, jusqu’à nouvel ordre.")
	same(t, state(order.Write, time.Time{}).Line, "Ouvert à toute heure.")
}

func TestTheLineGrowsClearAsTheHourComes(t *testing.T) {
	fr, _, at := frames(t)
	closing := fr.Now.Add(5 * time.Minute)
	cases := []struct {
		before time.Duration
		kind   StateKind
		urgent bool
	}{
		{time.Hour + time.Second, Open, false},
		{time.Hour, Soon, false},
		{urgent + time.Second, Soon, false},
		{urgent, Soon, true},
		{time.Second, Soon, true},
	}
	for _, c := range cases {
		s := NewState(French, order.Write, false, closing, closing.Add(-c.before))
		if s.Kind != c.kind || s.Urgent != c.urgent {
			t.Errorf("%v before closing: %s urgent %t, want %s %t", c.before, s.Kind, s.Urgent, c.kind, c.urgent)
		}
	}
	if s := NewState(French, order.Write, true, at(3, 7, 0), fr.Now); s.Kind != Unknown {
		t.Errorf("what cannot be decided is %s, want unknown", s.Kind)
	}
}

func TestCountsAgreeWithTheirNoun(t *testing.T) {
	count := func(l Lang, n int) string { return l.Count(n, "message", "messages", "message", "messages") }
	same(t, count(French, 0), "0~message")
	same(t, count(French, 1), "1~message")
	same(t, count(French, 2), "2~messages")
	same(t, count(English, 0), "0~messages")
	same(t, count(English, 1), "1~message")
	same(t, French.Number(1234567), "1_234_567")
	same(t, English.Number(-1234), "-1,234")
	same(t, English.Number(-123), "-123")
}

func TestFrenchIsTypeset(t *testing.T) {
	same(t, Typeset("Attention : « ouvert » à 7 h 00 ; d'accord ? Oui !"), "Attention~: «~ouvert~» à 7~h~00~; d’accord~? Oui~!")
	same(t, Typeset("de 7 h à 19 h"), "de 7~h à 19~h")
	same(t, Typeset("un homme, 3 hommes"), "un homme, 3 hommes")
}

func TestReceiptsShowBothTimes(t *testing.T) {
	fr, en, at := frames(t)
	same(t, receipt(fr, Letter{Written: at(1, 21, 14), Left: at(2, 7, 0)}), "écrit hier à 21~h~14, reçu aujourd’hui à 7~h~00")
	same(t, receipt(fr, Letter{Written: at(2, 6, 14), Left: at(2, 7, 0)}), "écrit aujourd’hui à 6~h~14, reçu à 7~h~00")
	same(t, receipt(fr, Letter{Written: at(2, 19, 2), Left: at(2, 19, 2)}), "aujourd’hui à 19~h~02")
	same(t, receipt(en, Letter{Written: at(2, 21, 14), Leaves: at(3, 7, 0)}), "written today at 9:14~pm, leaves tomorrow at 7:00~am")
}

func TestLinksShowWhereTheyLead(t *testing.T) {
	parts := linked("Voir https://exemple.invalid/a?b=1. Ou (http://exemple.invalid), javascript:alert(1)")
	want := []part{{"Voir ", false}, {"https://exemple.invalid/a?b=1", true}, {". Ou (", false}, {"http://exemple.invalid", true}, {"), javascript:alert(1)", false}}
	if len(parts) != len(want) {
		t.Fatalf("%d parts %v, want %d", len(parts), parts, len(want))
	}
	for i := range want {
		if parts[i] != want[i] {
			t.Errorf("part %d is %v, want %v", i, parts[i], want[i])
		}
	}
}

func FuzzLinked(f *testing.F) {
	f.Add("a https://b.c/d. e")
	f.Add("https://»")
	f.Fuzz(func(t *testing.T, text string) {
		var whole string
		for _, p := range linked(text) {
			if p.text == "" {
				t.Errorf("an empty part in %q", text)
			}
			whole += p.text
		}
		if whole != text {
			t.Errorf("%q became %q", text, whole)
		}
	})
}
