package calendar

import (
	"encoding/json"
	"os"
	"path/filepath"
	"testing"

	"github.com/ecluse-ecole/ecluse/hours"
)

// A fact is one holiday of the collection that the built-in file was made from.
type fact struct {
	Name       string `json:"name"`
	First      string `json:"first_day_off"`
	Back       string `json:"first_day_back"`
	Confidence string `json:"confidence"`
}

// zoneCodes are the codes of the collection's zones.
var zoneCodes = map[string]string{
	"A": "A", "B": "B", "C": "C", "Corse": "COR", "Guadeloupe": "971", "Martinique": "972", "Guyane": "973",
	"La Réunion": "974", "Saint-Pierre-et-Miquelon": "975", "Mayotte": "976", "Saint-Barthélemy": "977",
	"Saint-Martin": "978", "Wallis-et-Futuna": "986", "Polynésie française": "987", "Nouvelle-Calédonie": "988",
}

// sharedData finds the folder that stands beside the repository on the machines
// of those who build it. Elsewhere the test that asks is skipped.
func sharedData(t *testing.T) string {
	t.Helper()
	if dir := os.Getenv("ECLUSE_SHARED"); dir != "" {
		return filepath.Join(dir, "data")
	}
	dir, err := os.Getwd()
	if err != nil {
		t.Fatal(err)
	}
	for ; dir != filepath.Dir(dir); dir = filepath.Dir(dir) {
		if data := filepath.Join(dir, "shared", "data"); exists(data) {
			return data
		}
	}
	t.Skip("the shared folder is not here")
	return ""
}

func exists(path string) bool {
	_, err := os.Stat(path)
	return err == nil
}

func TestBuiltinAgreesWithFacts(t *testing.T) {
	data, err := os.ReadFile(filepath.Join(sharedData(t), "fr_school_holidays.json"))
	if err != nil {
		t.Fatal(err)
	}
	var facts struct {
		Zones map[string][]fact `json:"zones"`
	}
	if err := json.Unmarshal(data, &facts); err != nil {
		t.Fatal(err)
	}
	if len(facts.Zones) != len(zoneCodes) {
		t.Errorf("%d zones, want %d", len(facts.Zones), len(zoneCodes))
	}
	for name, list := range facts.Zones {
		agree(t, zoneCodes[name], list)
	}
}

// agree verifies that a zone's holidays and the facts are the same, and that
// every day between the known first and last is off exactly when a fact says so.
func agree(t *testing.T, code string, list []fact) {
	t.Helper()
	wanted := map[Holiday]bool{}
	for _, f := range list {
		h := Holiday{Name: f.Name, First: day(f.First)}
		if f.Back != "" {
			h.Back = day(f.Back)
		}
		if err := h.Confidence.UnmarshalText([]byte(f.Confidence)); err != nil {
			t.Fatal(err)
		}
		wanted[h] = true
	}
	have, err := Builtin().Holidays(code)
	if err != nil {
		t.Fatal(err)
	}
	for _, h := range have {
		if !wanted[h] {
			t.Errorf("zone %s: %+v is no fact", code, h)
		}
	}
	if len(have) != len(wanted) {
		t.Errorf("zone %s: %d holidays, %d facts", code, len(have), len(wanted))
	}
	cal, err := For(code)
	if err != nil {
		t.Fatal(err)
	}
	for d := day("2023-01-01"); d < day("2029-01-01"); d++ {
		if in, known := cal.School.Contains(d); known && in != factually(wanted, d) {
			t.Errorf("zone %s, %s: off %v", code, d, in)
		}
	}
}

func factually(facts map[Holiday]bool, d hours.Date) bool {
	for h := range facts {
		if d >= h.First && d < h.end() {
			return true
		}
	}
	return false
}
