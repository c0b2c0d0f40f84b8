package calendar

import (
	"errors"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/ecluse-ecole/ecluse/hours"
)

const csvHeader = "description;population;start_date;end_date;location;zones;annee_scolaire\n"

// year is a school year of zone A as the export writes it: instants in UTC of
// midnights in Paris, two académies, and the teachers' own summer.
const year = csvHeader +
	"Vacances de la Toussaint;-;2027-10-22T22:00:00+00:00;2027-11-07T23:00:00+00:00;Lyon;Zone A;2027-2028\n" +
	"Vacances de la Toussaint;-;2027-10-22T22:00:00+00:00;2027-11-07T23:00:00+00:00;Poitiers;Zone A;2027-2028\n" +
	"Vacances de Noël;-;2027-12-17T23:00:00+00:00;2028-01-02T23:00:00+00:00;Lyon;Zone A;2027-2028\n" +
	"Vacances d'Hiver;-;2028-02-11T23:00:00+00:00;2028-02-27T23:00:00+00:00;Lyon;Zone A;2027-2028\n" +
	"Vacances de Printemps;-;2028-04-07T22:00:00+00:00;2028-04-23T22:00:00+00:00;Lyon;Zone A;2027-2028\n" +
	"Pont de l'Ascension;-;2028-05-24T22:00:00+00:00;2028-05-28T22:00:00+00:00;Lyon;Zone A;2027-2028\n" +
	"Vacances d'Été;Enseignants;2028-07-07T22:00:00+00:00;2028-08-30T22:00:00+00:00;Lyon;Zone A;2027-2028\n" +
	"Début des Vacances d'Été;Élèves;2028-07-07T22:00:00+00:00;2028-07-07T22:00:00+00:00;Lyon;Zone A;2027-2028\n"

func imported(t *testing.T, text string, o Options) *Import {
	t.Helper()
	got, err := ImportCSV(strings.NewReader(text), o)
	if err != nil {
		t.Fatal(err)
	}
	return got
}

func TestImportYear(t *testing.T) {
	got := imported(t, year, Options{})
	want := []Holiday{
		{"Vacances de la Toussaint", day("2027-10-23"), day("2027-11-08"), Official},
		{"Vacances de Noël", day("2027-12-18"), day("2028-01-03"), Official},
		{"Vacances d'Hiver", day("2028-02-12"), day("2028-02-28"), Official},
		{"Vacances de Printemps", day("2028-04-08"), day("2028-04-24"), Official},
		{"Pont de l'Ascension", day("2028-05-25"), day("2028-05-29"), Official},
		{"Début des Vacances d'Été", day("2028-07-08"), 0, Official},
	}
	if diff := cmp.Diff(want, got.Set.holidays["A"]); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	if got.Rows != 8 || got.Teachers != 1 || got.Repeated != 1 || got.Outside != 0 {
		t.Errorf("%+v", got)
	}
	if d, err := got.Set.Horizon("79"); err != nil || d != day("2028-08-04") {
		t.Errorf("Horizon = %s, %v", d, err)
	}
}

// one imports a single row and gives its only holiday.
func one(t *testing.T, description, population, start, end, zones string) (zone string, h Holiday) {
	t.Helper()
	got := imported(t, csvHeader+strings.Join([]string{description, population, start, end, "", zones, ""}, ";"), Options{})
	zone = got.Set.Zones()[0]
	return zone, got.Set.holidays[zone][0]
}

func TestImportTraps(t *testing.T) {
	trap := func(why, zone, first, back string, in ...string) {
		t.Helper()
		z, h := one(t, in[0], in[1], in[2], in[3], in[4])
		if z != zone || h.First != day(first) || back != "" && h.Back != day(back) || back == "" && h.Back != 0 {
			t.Errorf("%s: zone %s, %s to %s, want zone %s, %s to %s", why, z, h.First, h.Back, zone, first, back)
		}
	}
	trap("midnight in Paris, written in UTC, in summer time", "A", "2026-10-17", "2026-11-02",
		"Toussaint", "-", "2026-10-16T22:00:00+00:00", "2026-11-01T23:00:00+00:00", "Zone A")
	trap("midnight in Paris, written with its offset", "B", "2026-10-17", "2026-11-02",
		"Toussaint", "", "2026-10-17T00:00:00+02:00", "2026-11-02T00:00:00+01:00", "Zone B")
	trap("Paris counts overseas too, and a weekday still has class", "974", "2024-12-20", "2025-01-21",
		"Été austral", "-", "2024-12-18T23:00:00+00:00", "2025-01-20T23:00:00+00:00", "Réunion")
	trap("bare dates", "C", "2026-10-17", "2026-11-02", "Toussaint", "Élèves", "2026-10-17", "2026-11-02", "Zone C")
	trap("a bridge begins on its own first day", "A", "2026-05-14", "2026-05-18",
		"Pont de l'Ascension", "-", "2026-05-13T22:00:00+00:00", "2026-05-17T22:00:00+00:00", "Zone A")
	trap("a record of no length is the day itself", "A", "2027-05-07", "2027-05-08",
		"Pont de l'Ascension", "-", "2027-05-06T22:00:00+00:00", "2027-05-06T22:00:00+00:00", "Zone A")
	trap("but a beginning is a summer without an end", "A", "2027-07-03", "",
		"Début des Vacances d'Été", "-", "2027-07-02T22:00:00+00:00", "2027-07-02T22:00:00+00:00", "Zone A")
	trap("one day", "971", "2025-05-26", "2025-05-27", "Semaine en mai", "-", "2025-05-26", "2025-05-27", "Guadeloupe")
	trap("names with and without hyphens", "988", "2027-04-03", "2027-04-19", "1re période", "-", "2027-04-03", "2027-04-19", "Nouvelle Calédonie")
	trap("names with and without article", "974", "2027-07-10", "2027-08-16", "hiver austral", "-", "2027-07-10", "2027-08-16", "La Réunion")
	trap("islands in the population column", "978", "2025-12-20", "2026-01-05", "Noël", "Saint-Martin", "2025-12-20", "2026-01-05", "Guadeloupe")
}

func TestImportTakesWhatIsAsked(t *testing.T) {
	text := year + "Toussaint;-;2027-10-23;2027-12-32;;Zone B;\n"
	got := imported(t, text, Options{Zones: []string{"A"}})
	if len(got.Set.Zones()) != 1 || got.Outside != 1 {
		t.Errorf("%+v", got)
	}
	got = imported(t, year, Options{Since: day("2028-01-01")})
	if n := len(got.Set.holidays["A"]); n != 4 || got.Outside != 3 {
		t.Errorf("%d holidays, %+v", n, got)
	}
}

func TestImportRefuses(t *testing.T) {
	refuse := func(text string, want ...string) {
		t.Helper()
		_, err := ImportCSV(strings.NewReader(text), Options{})
		if err == nil {
			t.Errorf("%q was imported", text)
			return
		}
		for _, w := range want {
			if !strings.Contains(err.Error(), w) {
				t.Errorf("error %q does not say %q", err, w)
			}
		}
	}
	rows := func(rows ...string) string { return csvHeader + strings.Join(rows, "\n") }

	refuse("", "empty")
	refuse("\uFEFF \n", "empty")
	refuse(csvHeader, "none of the 0 records")
	refuse("nom;prénom\n", "line 1", `column "description" is missing`)
	refuse(csvHeader+"x;y\n", "line 2", "wrong number of fields")
	refuse(csvHeader+"\"x\n", "line 2")
	refuse("description;population;start_date;end_date;zones\nVacances de No\xebl;-;;;Zone A", "line 2", "UTF-8")
	refuse(rows("NoÃ«l;-;2025-12-20;2026-01-05;;Zone A;"), "line 2", "twice")
	refuse(rows("Noël;-;2025-12-20;2026-01-05;;;"), "line 2", `"" is not a holiday zone`)
	refuse(rows("Noël;-;2025-12-20;2026-01-05;;Zone D;"), `"Zone D"`)
	refuse(rows("Noël;Licornes;2025-12-20;2026-01-05;;Zone A;"), "population", "licornes")
	refuse(rows(";-;2025-12-20;2026-01-05;;Zone A;"), "no description")
	refuse(rows("Noël;-;;2026-01-05;;Zone A;"), "start", "missing")
	refuse(rows("Noël;-;2025-12-20;5 janvier;;Zone A;"), "end", "not a date")
	refuse(rows("Noël;-;2025-12-20T04:00:00Z;2026-01-05;;Zone A;"), "05:00 in Paris")
	refuse(rows("Noël;-;2026-12-19;2026-01-04;;Zone A;"), "before it begins")
	refuse(rows("hiver;-;2025-12-20;2026-08-08;;Zone A;"), "231 days")
	refuse(rows("Noël;-;2205-12-20;2206-01-05;;Zone A;"), "outside the years")
	refuse(rows("Pâques;-;2026-04-03;2026-04-19;;Guadeloupe;", "Pâques;-;2026-04-18;2026-05-04;;Guadeloupe;"), "line 3", "zone 971", "overlaps")
	refuse(rows("Noël;-;2023-12-23;2024-01-08;;Zone A;", "été;-;2024-07-06;2024-09-02;;Zone A;"), "no holiday for 180 days", "rows are missing")
	refuse(rows("Début des vacances;-;2023-07-08;2023-07-08;;Zone A;", "Noël;-;2023-12-23;2024-01-08;;Zone A;"), "has no end")
	refuse(rows("Noël;-;x;2026-01-05;;Zone A;", "Noël;-;2026-12-19;y;;Zone A;"), "line 2", "line 3")
}

const record = `{"description":"Vacances de Noël","population":"-","start_date":"2026-12-18T23:00:00+00:00",` +
	`"end_date":"2027-01-03T23:00:00+00:00","location":"Lyon","zones":"Zone A","annee_scolaire":"2026-2027"}`

func TestImportJSON(t *testing.T) {
	for _, text := range []string{"[" + record + "," + record + "]", `{"total_count":1,"results":[` + record + `]}`, "\uFEFF[" + record + "]"} {
		got, err := ImportJSON(strings.NewReader(text), Options{})
		if err != nil {
			t.Fatal(err)
		}
		want := []Holiday{{"Vacances de Noël", day("2026-12-19"), day("2027-01-04"), Official}}
		if diff := cmp.Diff(want, got.Set.holidays["A"]); diff != "" {
			t.Error(diff)
		}
	}
	for text, want := range map[string]string{
		"":                            "empty",
		"[":                           "not the official calendar",
		"[]":                          "none of the 0 records",
		"{}":                          "none of the 0 records",
		"\n\n[{]":                     "line 3",
		`[{"description":3}]`:         "line 1",
		`[{"description":"x"}]`:       "record 1",
		"[" + record[:len(record)-28]: "not the official calendar",
	} {
		_, err := ImportJSON(strings.NewReader(text), Options{})
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("ImportJSON(%q) = %v, want an error with %q", text, err, want)
		}
	}
}

func TestImportSizeLimit(t *testing.T) {
	_, err := ImportCSV(strings.NewReader(strings.Repeat("x", maxFile+1)), Options{})
	if p := (*Problem)(nil); !errors.As(err, &p) || !strings.Contains(p.Text, "32 MB") {
		t.Errorf("%v", err)
	}
}

// What an import accepts is sorted, plausible, and survives being stored.
func FuzzImport(f *testing.F) {
	f.Add([]byte(year))
	f.Add([]byte("[" + record + "]"))
	f.Add([]byte(`{"results":[` + record + `]}`))
	f.Add([]byte(csvHeader + "Noël;-;2025-12-20;2026-01-05;;Guadeloupe;"))
	f.Fuzz(func(t *testing.T, data []byte) {
		for _, read := range []func() (*Import, error){
			func() (*Import, error) { return ImportCSV(strings.NewReader(string(data)), Options{}) },
			func() (*Import, error) { return ImportJSON(strings.NewReader(string(data)), Options{}) },
		} {
			got, err := read()
			if err != nil {
				continue
			}
			again, err := Decode(got.Set.Encode())
			if err != nil {
				t.Fatalf("stored and read again: %v", err)
			}
			if diff := cmp.Diff(got.Set.holidays, again.holidays); diff != "" {
				t.Fatal(diff)
			}
			plausible(t, got.Set)
		}
	})
}

func plausible(t *testing.T, s *Set) {
	t.Helper()
	for _, zone := range s.Zones() {
		var before hours.Date
		for _, h := range s.holidays[zone] {
			if h.First < before || h.end() <= h.First || h.end()-h.First > longestDays {
				t.Fatalf("zone %s: %+v", zone, h)
			}
			before = h.end()
		}
	}
}
