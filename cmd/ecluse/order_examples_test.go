package main

import (
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/ecluse-ecole/ecluse/internal/demo"
)

// ordering runs "ecluse order" with these words and returns both streams.
func ordering(t *testing.T, words string) (out, errs string, status int) {
	t.Helper()
	var o, e strings.Builder
	status = run(append([]string{"order"}, strings.Fields(words)...), &streams{in: strings.NewReader(""), out: &o, err: &e})
	return o.String(), e.String(), status
}

// TestExamplesAsTheyStand runs what examples/README.md tells a reader to run.
func TestExamplesAsTheyStand(t *testing.T) {
	for _, c := range []struct{ words, want string }{
		{"check EX/premier-degre.yaml EX/second-degre.yaml --dir EX", "premier-degre.yaml: ok"},
		{"check EX/reopening/1-adults.yaml EX/reopening/2-pupils.yaml EX/reopening/3-lift.yaml --dir EX --dir EX/reopening", "3-lift.yaml: ok"},
		{"check EX/more/exercise.yaml EX/more/national-territory.yaml EX/more/numerique-raisonne.yaml --dir EX/more", "exercise.yaml: ok"},
		{"explain --dir EX --school 0790001X --role pupil --at 2024-04-02T10:00 --json", `"access":"closed","until":null`},
		{"explain --dir EX --school 0799001E --role teacher --at 2024-04-02T23:30 --json", `"until":"2024-04-03T07:00:00+02:00","orders":["FR/13/079/2024-0001"]`},
		{"explain --dir EX --school 0799101N --role staff --at 2024-03-29T19:00 --json", `"until":"2024-04-02T07:00:00+02:00","orders":["FR/13/079/2024-0002"]`},
		{"explain --dir EX --dir EX/reopening --school 0799101N --role pupil --at 2024-05-02T10:00 --json", `"access":"reply"`},
		{"explain --dir EX --dir EX/reopening --school 0799101N --role pupil --at 2024-05-27T07:00 --json", `"access":"write","until":null,"orders":[]`},
		{"explain --dir EX/more --schools EX/schools.csv --school 9870001M --role guardian --at 2025-11-14T20:00 --json", `"access":"read","until":"2025-11-17T07:00:00-09:30"`},
		{"simulate --dir EX --school 0799001E --week 2024-04-01", "write 07:00-23:00"},
		{"simulate --dir EX --new EX/second-degre.yaml", "It binds 3 of the 11 listed schools"},
	} {
		words := strings.ReplaceAll(c.words, "EX", filepath.Join("..", "..", "examples"))
		if out, errs, status := ordering(t, words); status != 0 || !strings.Contains(out, c.want) {
			t.Errorf("order %s: status %d, want %q in\n%s%s", c.words, status, c.want, out, errs)
		}
	}
}

// TestExampleSchoolsAreTheDemonstrations holds the list of schools against the
// invented ones, so that both tell the same story.
func TestExampleSchoolsAreTheDemonstrations(t *testing.T) {
	listed, err := readSchools(filepath.Join("..", "..", "examples", "schools.csv"))
	if err != nil {
		t.Fatal(err)
	}
	d := demo.Build(demoSeed)
	for _, s := range d.Schools {
		i := slices.IndexFunc(listed, func(l listedSchool) bool { return l.UAI == s.UAI })
		if i < 0 {
			t.Errorf("%s %s is not listed", s.UAI, s.Name)
			continue
		}
		if listed[i].School != s.School {
			t.Errorf("listed as %+v, want %+v", listed[i].School, s.School)
		}
	}
}
