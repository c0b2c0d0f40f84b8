package calendar

import (
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/ecluse-ecole/ecluse/hours"
	"github.com/ecluse-ecole/ecluse/internal/school"
)

// day reads a date of a test.
func day(s string) hours.Date {
	d, err := hours.ParseDate(s)
	if err != nil {
		panic(err)
	}
	return d
}

// answers asks whether days are school holidays (or public ones) and expects
// "off", "class" (or "work") and "unknown".
type answers struct {
	t      *testing.T
	code   string
	public bool
}

func (a answers) expect(want string, dates ...string) {
	a.t.Helper()
	cal, err := For(a.code)
	if err != nil {
		a.t.Fatal(err)
	}
	days := cal.School
	if a.public {
		days = cal.Public
	}
	for _, s := range dates {
		in, known := days.Contains(day(s))
		got := "class"
		if a.public {
			got = "work"
		}
		switch {
		case !known:
			got = "unknown"
		case in:
			got = "off"
		}
		if got != want {
			a.t.Errorf("%s on %s: %s, want %s", a.code, s, got, want)
		}
	}
}

func schoolDays(t *testing.T, code string) answers { return answers{t, code, false} }
func publicDaysOf(t *testing.T, code string) answers {
	return answers{t, code, true}
}

func TestNationalHolidays(t *testing.T) {
	for _, code := range []string{"FR", "A", "79", "079", "COR", "975", "987"} {
		fr := publicDaysOf(t, code)
		fr.expect("off", "2024-01-01", "2024-04-01", "2024-05-01", "2024-05-08", "2024-05-09", "2024-05-20",
			"2024-07-14", "2024-08-15", "2024-11-01", "2024-11-11", "2024-12-25")
		fr.expect("work", "2024-03-29", "2024-03-31", "2024-12-26", "2024-05-22", "2024-02-29")
		fr.expect("unknown", "1983-12-31", "2100-01-01")
		fr.expect("off", "1984-01-01", "2099-12-25")
	}
}

func TestLocalHolidays(t *testing.T) {
	for _, code := range []string{"57", "67", "68"} {
		publicDaysOf(t, code).expect("off", "2024-03-29", "2024-12-26", "2025-04-18")
	}
	publicDaysOf(t, "54").expect("work", "2024-03-29", "2024-12-26")
	for code, date := range map[string]string{
		"971": "2024-05-27", "972": "2024-05-22", "973": "2024-06-10", "974": "2024-12-20",
		"976": "2024-04-27", "977": "2024-10-09", "978": "2024-05-28", "988": "2024-09-24",
	} {
		publicDaysOf(t, code).expect("off", date)
		publicDaysOf(t, "79").expect("work", date)
	}
}

func TestPublicCounts(t *testing.T) {
	for _, d := range school.Departments() {
		want := 11
		if d.Public == "ALM" {
			want = 13
		} else if d.Public != "FR" {
			want = 12
		}
		for year := firstYear; year <= lastYear; year++ {
			if got := Public(d.Public, year); len(got) != want {
				t.Fatalf("%s has %d public holidays in %d, want %d", d.Name, len(got), year, want)
			}
		}
	}
	if Public("XX", 2024) != nil || Public("FR", 1900) != nil {
		t.Error("what is not known must be nil")
	}
}

// Easter by the table of dates that the rule of Nicaea gives; the extremes are
// 22 March and 25 April.
func TestEaster(t *testing.T) {
	for _, s := range []string{
		"1818-03-22", "1886-04-25", "1943-04-25", "1954-04-18", "1981-04-19", "2000-04-23", "2008-03-23",
		"2011-04-24", "2023-04-09", "2024-03-31", "2025-04-20", "2026-04-05", "2027-03-28", "2038-04-25",
		"2049-04-18", "2076-04-19", "2099-04-12", "2285-03-22",
	} {
		want := day(s)
		y, _, _ := want.Civil()
		if got := easter(y); got != want {
			t.Errorf("Easter %d: %s, want %s", y, got, want)
		}
	}
	for y := 1583; y < 4000; y++ {
		e := easter(y)
		_, m, d := e.Civil()
		if e.Weekday() != time.Sunday || m == time.March && d < 22 || m == time.April && d > 25 {
			t.Fatalf("Easter %d on %s", y, e)
		}
	}
}

func TestSchoolHolidays(t *testing.T) {
	for _, code := range []string{"A", "79", "079"} {
		a := schoolDays(t, code)
		a.expect("off", "2023-07-08", "2024-02-17", "2024-03-03", "2024-04-28", "2026-12-19", "2027-07-03")
		a.expect("class", "2024-02-16", "2024-03-04", "2024-03-29", "2024-04-29", "2027-07-02", "2027-05-06")
		a.expect("unknown", "2023-07-07", "2027-07-31", "2027-09-01")
	}
	schoolDays(t, "75").expect("off", "2024-02-10", "2024-02-25")
	schoolDays(t, "75").expect("class", "2024-02-26")
	schoolDays(t, "57").expect("off", "2024-03-10")
	schoolDays(t, "FR").expect("unknown", "2024-08-01")
	schoolDays(t, "986").expect("unknown", "2024-08-01")
	schoolDays(t, "974").expect("class", "2025-08-19", "2026-09-01")
	schoolDays(t, "974").expect("off", "2025-08-18", "2025-01-15")
}

// Where the source skips a holiday, what lies around the hole is not known.
func TestHolesAreNotClass(t *testing.T) {
	schoolDays(t, "971").expect("unknown", "2024-02-20", "2024-05-09", "2026-10-20")
	schoolDays(t, "971").expect("off", "2024-05-10")
	schoolDays(t, "973").expect("unknown", "2024-07-20")
	schoolDays(t, "975").expect("unknown", "2024-02-20", "2026-02-20")
	schoolDays(t, "975").expect("off", "2025-02-25")
	schoolDays(t, "988").expect("unknown", "2026-06-10")
	schoolDays(t, "988").expect("off", "2027-06-10")
	schoolDays(t, "2A").expect("unknown", "2026-10-20", "2026-12-25")
}

func TestUnknownCodes(t *testing.T) {
	for _, code := range []string{"", "D", "99", "Poitiers", "FRA"} {
		if _, err := For(code); err == nil || !strings.Contains(err.Error(), "not a calendar") {
			t.Errorf("For(%q): %v", code, err)
		}
		if _, err := Horizon(code); err == nil {
			t.Errorf("Horizon(%q) has an answer", code)
		}
		if _, err := Builtin().Holidays(code); err == nil {
			t.Errorf("Holidays(%q) has an answer", code)
		}
	}
}

func TestHorizonAndWarning(t *testing.T) {
	if d, err := Horizon("79"); err != nil || d != day("2027-07-30") {
		t.Errorf("Horizon = %s, %v", d, err)
	}
	for _, code := range []string{"FR", "986"} {
		if d, err := Horizon(code); err == nil {
			t.Errorf("Horizon(%s) = %s, want an error", code, d)
		}
	}
	warns := func(code, today, want string) {
		t.Helper()
		got := ""
		if w := Warn(code, day(today)); w != nil {
			got = w.String()
		}
		if (got == "") != (want == "") || !strings.Contains(got, want) {
			t.Errorf("Warn(%s, %s) = %q, want %q", code, today, got, want)
		}
	}
	warns("79", "2027-06-04", "")
	warns("79", "2027-06-05", "until 2027-07-30 only, for 55 more days")
	warns("79", "2027-07-31", "known until 2027-07-30, so hours that mention SH now close")
	warns("986", "2024-01-01", "no school holidays are known")
	warns("FR", "2024-01-01", "")
	warns("D", "2024-01-01", "")
}

func TestFileRoundTrip(t *testing.T) {
	text := Builtin().Encode()
	again, err := Decode(text)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(builtinFile), string(text)); diff != "" {
		t.Errorf("the built-in file is not in canonical form (-file +canonical):\n%s", diff)
	}
	if diff := cmp.Diff(Builtin().holidays, again.holidays); diff != "" {
		t.Error(diff)
	}
}

func TestDecodeRefuses(t *testing.T) {
	const (
		noel  = `{"name":"Noël","first":"2025-12-20","back":"2026-01-05","confidence":"high"}`
		hiver = `{"name":"hiver","first":"2026-02-07","back":"2026-02-23","confidence":"high"}`
	)
	wrap := func(zone, list string) string {
		return `{"format":1,"zones":[{"zone":"` + zone + `","holidays":[` + list + `]}]}`
	}
	for text, want := range map[string]string{
		``:                                       "reading the calendar file",
		`{"format":2,"zones":[]}`:                "format 2",
		`{"format":1,"zone":[]}`:                 "unknown field",
		`{"format":1,"zones":[]} x`:              "follows its end",
		wrap("D", noel):                          "not a holiday zone",
		wrap("A", ""):                            "no holidays",
		wrap("A", hiver+","+noel):                "overlaps",
		wrap("A", noel+","+noel):                 "overlaps",
		wrap("A", noel[:len(noel)-7]+`"sure"}`):  "not a confidence",
		wrap("A", `{"name":"x","first":"2025"}`): "2025",
		wrap("A", `{"name":"x","first":"2025-12-20","back":"2025-12-20"}`):                                      "before it begins",
		wrap("A", `{"name":"x","first":"2025-12-20","back":"2026-12-20"}`):                                      "365 days",
		wrap("A", `{"name":"x","first":"0025-12-20"}`):                                                          "outside the years",
		`{"format":1,"zones":[{"zone":"A","holidays":[` + noel + `]},{"zone":"A","holidays":[` + hiver + `]}]}`: "twice",
	} {
		if _, err := Decode([]byte(text)); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("Decode(%s) = %v, want an error with %q", text, err, want)
		}
	}
}

func TestWithLaysOver(t *testing.T) {
	next := newSet(map[string][]Holiday{"A": {
		{"Vacances d'été", day("2027-07-03"), day("2027-09-01"), Official},
		{"Vacances de la Toussaint", day("2027-10-23"), day("2027-11-08"), Official},
		{"Vacances de Noël", day("2027-12-18"), day("2028-01-03"), Official},
	}})
	both := Builtin().With(next)
	if d, err := both.Horizon("79"); err != nil || d != day("2028-01-02") {
		t.Errorf("Horizon = %s, %v", d, err)
	}
	cal, err := both.For("79")
	if err != nil {
		t.Fatal(err)
	}
	for date, want := range map[string]bool{"2024-02-20": true, "2027-08-25": true, "2027-09-01": false, "2027-11-07": true} {
		if in, known := cal.School.Contains(day(date)); !known || in != want {
			t.Errorf("%s: %v, known %v", date, in, known)
		}
	}
	if d, _ := Horizon("79"); d != day("2027-07-30") {
		t.Error("With changed the built-in set")
	}
	if d, _ := both.Horizon("C"); d != day("2027-07-30") {
		t.Error("With changed a zone that the other does not speak of")
	}
}

func BenchmarkFor(b *testing.B) {
	for b.Loop() {
		if _, err := For("79"); err != nil {
			b.Fatal(err)
		}
	}
}
