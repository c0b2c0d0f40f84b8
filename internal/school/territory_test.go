package school

import (
	"slices"
	"testing"
	"time"
)

func TestTerritory(t *testing.T) {
	for _, s := range []string{"FR", "FR/13", "FR/13/079", "FR/13/079/C01", "FR/13/079/C01/0790001X", "FR/27/620"} {
		got, err := ParseTerritory(s)
		if err != nil || string(got) != s {
			t.Errorf("ParseTerritory(%q) = %q, %v", s, got, err)
		}
	}
	for _, s := range []string{"", "DE", "FR/", "FR//079", "FR/13/079/c01", "FR/13/079/C01/0790001X/X", "FR/é", "FR/13 "} {
		if got, err := ParseTerritory(s); err == nil {
			t.Errorf("ParseTerritory(%q) = %q, want an error", s, got)
		}
	}
}

func TestTree(t *testing.T) {
	d := Territory("FR/13/079")
	if d.Parent() != "FR/13" || Territory("FR").Parent() != "" || d.Level() != 3 {
		t.Errorf("parent %s, level %d", d.Parent(), d.Level())
	}
	for other, want := range map[Territory]bool{
		"FR/13/079": true, "FR/13/079/C01": true, "FR/13": false, "FR/13/0790": false, "FR/13/086": false,
	} {
		if d.Contains(other) != want {
			t.Errorf("%s contains %s: %v", d, other, !want)
		}
	}
}

func TestNames(t *testing.T) {
	for territory, want := range map[Territory]string{
		"FR":                     "France",
		"FR/13":                  "académie de Poitiers",
		"FR/41":                  "vice-rectorat de Polynésie française",
		"FR/13/079":              "Deux-Sèvres",
		"FR/27/720":              "Haute-Corse",
		"FR/13/079/C01":          "circonscription C01",
		"FR/13/079/C01/0790001X": "0790001X",
		"FR/99":                  "99",
		"FR/13/999":              "999",
	} {
		if got := Name(territory); got != want {
			t.Errorf("Name(%s) = %q, want %q", territory, got, want)
		}
	}
}

func TestDepartments(t *testing.T) {
	all := Departments()
	if len(all) != 107 { // 96 in Europe, 5 overseas, 6 overseas collectivities that have schools
		t.Errorf("%d départements", len(all))
	}
	academies := map[string]bool{}
	for i, d := range all {
		academies[d.Academy] = true
		if i > 0 && all[i-1].Code >= d.Code {
			t.Errorf("%s stands after %s: the search needs them sorted", d.Code, all[i-1].Code)
		}
		if Name(Territory("FR/"+d.Academy)) == d.Academy || d.Name == "" {
			t.Errorf("%s has no name or no académie: %+v", d.Code, d)
		}
		if _, err := ParseTerritory(string(d.Territory())); err != nil {
			t.Error(err)
		}
		for _, z := range d.Zones {
			if _, err := time.LoadLocation(z); err != nil {
				t.Errorf("%s: %v", d.Code, err)
			}
		}
	}
	if len(academies) != 34 { // 30 académies, 3 vice-rectorats, Saint-Pierre-et-Miquelon
		t.Errorf("%d académies", len(academies))
	}
}

func TestHolidayZonesOfAcademies(t *testing.T) {
	// One département of each académie, by zone, as the ministry lists them.
	for zone, codes := range map[string][]string{
		"A": {"25", "33", "63", "21", "38", "87", "69", "79"},
		"B": {"13", "80", "59", "54", "44", "06", "76", "45", "51", "35", "67"},
		"C": {"94", "34", "75", "31", "78"},
	} {
		for _, code := range codes {
			if d, err := ParseDepartment(code); err != nil || d.Holidays != zone {
				t.Errorf("%s (%s): zone %q, %v, want %s", code, d.Name, d.Holidays, err, zone)
			}
		}
	}
	want := []string{"A", "B", "C", "COR", "971", "972", "973", "974", "975", "976", "977", "978", "986", "987", "988"}
	if got := HolidayZones(); !slices.Equal(got, want) {
		t.Errorf("HolidayZones() = %v", got)
	}
}

func TestParseDepartment(t *testing.T) {
	for s, want := range map[string]string{
		"79": "079", "079": "079", "1": "001", "2A": "620", "02A": "620", "620": "620", "2b": "720", "720": "720",
		"971": "971", "987": "987", "984": "987", "983": "988", " 79 ": "079",
	} {
		if d, err := ParseDepartment(s); err != nil || d.Code != want {
			t.Errorf("ParseDepartment(%q) = %q, %v, want %q", s, d.Code, err, want)
		}
	}
	for _, s := range []string{"", "0", "20", "96", "2C", "0079", "A", "FR", "999", "é"} {
		if d, err := ParseDepartment(s); err == nil {
			t.Errorf("ParseDepartment(%q) = %q, want an error", s, d.Code)
		}
	}
}

func TestParseCalendar(t *testing.T) {
	for s, want := range map[string]Calendar{
		"FR":  {"FR", "FR", ""},
		"fr":  {"FR", "FR", ""},
		"b":   {"B", "FR", "B"},
		"COR": {"COR", "FR", "COR"},
		"79":  {"079", "FR", "A"},
		"67":  {"067", "ALM", "B"},
		"2A":  {"620", "FR", "COR"},
		"974": {"974", "974", "974"},
		"975": {"975", "FR", "975"},
	} {
		if got, err := ParseCalendar(s); err != nil || got != want {
			t.Errorf("ParseCalendar(%q) = %+v, %v, want %+v", s, got, err, want)
		}
	}
	for _, s := range []string{"", "D", "ALM", "Poitiers", "EU"} {
		if got, err := ParseCalendar(s); err == nil {
			t.Errorf("ParseCalendar(%q) = %+v, want an error", s, got)
		}
	}
}
