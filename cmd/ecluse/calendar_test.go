package main

import (
	"bytes"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/alecthomas/kong"
)

const toussaint = "description;population;start_date;end_date;location;zones;annee_scolaire\n" +
	"Vacances d'Été;-;2027-07-02T22:00:00+00:00;2027-08-31T22:00:00+00:00;Lyon;Zone A;2026-2027\n" +
	"Vacances d'Été;Enseignants;2027-07-02T22:00:00+00:00;2027-08-30T22:00:00+00:00;Lyon;Zone A;2026-2027\n" +
	"Vacances de la Toussaint;-;2027-10-22T22:00:00+00:00;2027-11-07T23:00:00+00:00;Lyon;Zone A;2027-2028\n"

// calendarLine runs "ecluse calendar …" and gives what it prints.
func calendarLine(t *testing.T, stdin string, args ...string) (string, error) {
	t.Helper()
	var cli struct {
		Calendar calendarCmd `cmd:""`
	}
	var out bytes.Buffer
	io := &streams{in: strings.NewReader(stdin), out: &out, err: &out}
	parser, err := kong.New(&cli, kong.Bind(io))
	if err != nil {
		t.Fatal(err)
	}
	ctx, err := parser.Parse(append([]string{"calendar"}, args...))
	if err != nil {
		return "", usageError{err.Error()}
	}
	err = ctx.Run(io)
	return out.String(), err
}

func prints(t *testing.T, out string, err error, want ...string) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
	for _, w := range want {
		if !strings.Contains(out, w) {
			t.Errorf("%q is missing in:\n%s", w, out)
		}
	}
}

func TestCalendarShow(t *testing.T) {
	out, err := calendarLine(t, "", "show", "79", "--year", "2024")
	prints(t, out, err, "Calendar 079 (Deux-Sèvres), 2024", "2024-05-20  Lundi de Pentecôte", "zone A",
		"2024-02-17  2024-03-03  Vacances d'hiver", "Known without a gap from 2023-07-08 to 2027-07-30")

	out, err = calendarLine(t, "", "show", "67", "--year", "2024")
	prints(t, out, err, "2024-03-29  Vendredi saint", "2024-12-26")

	out, err = calendarLine(t, "", "show", "986", "--year", "2024")
	prints(t, out, err, "none known", "Warning: calendar 986: no school holidays are known")

	out, err = calendarLine(t, "", "show", "FR", "--year", "1900")
	prints(t, out, err, "not known for this year")

	out, err = calendarLine(t, "", "show", "B", "--year", "2027", "--json")
	prints(t, out, err, `"code": "B"`, `"first": "2027-07-03"`, `"last": ""`, `"known_until": "2027-07-30"`)

	if _, err = calendarLine(t, "", "show", "D"); err == nil || !strings.Contains(err.Error(), "not a calendar") {
		t.Errorf("show D: %v", err)
	}
}

func TestCalendarImport(t *testing.T) {
	dir := t.TempDir()
	in, stored := filepath.Join(dir, "export.csv"), filepath.Join(dir, "calendar.json")
	if err := os.WriteFile(in, []byte(toussaint), 0o600); err != nil {
		t.Fatal(err)
	}
	out, err := calendarLine(t, "", "import", in, "--out", stored)
	prints(t, out, err, "3 records: 1 for teachers alone", "A     2         2027-07-03  2027-11-07  2027-11-07", "Stored in")

	out, err = calendarLine(t, "", "show", "79", "--year", "2027", "--with", stored)
	prints(t, out, err, "2027-10-23  2027-11-07  Vacances de la Toussaint  official", "to 2027-11-07")

	out, err = calendarLine(t, toussaint, "import", "-", "--json")
	prints(t, out, err, `"zone": "A"`, `"horizon": "2027-11-07"`, `"teachers": 1`)

	out, err = calendarLine(t, `[{"description":"Noël","start_date":"2027-12-18","end_date":"2028-01-03","zones":"Zone A"}]`, "import", "-")
	prints(t, out, err, "Nothing was stored")
}

func TestCalendarImportRefuses(t *testing.T) {
	stored := filepath.Join(t.TempDir(), "calendar.json")
	bad := toussaint + strings.Repeat("Noël;-;2027-12-18;2028-12-18;Lyon;Zone A;\n", 30)
	_, err := calendarLine(t, bad, "import", "-", "--out", stored)
	if err == nil || !strings.Contains(err.Error(), "line 5") || !strings.Contains(err.Error(), "and 10 more") {
		t.Errorf("%v", err)
	}
	if _, err := os.Stat(stored); err == nil {
		t.Error("a refused file was stored")
	}
	for _, args := range [][]string{{"import", "-", "--zone", "D"}, {"import", "-", "--since", "hier"}, {"import"}, {"show"}} {
		if _, err := calendarLine(t, toussaint, args...); !errors.As(err, new(usageError)) {
			t.Errorf("%q: %v, want wrong usage", args, err)
		}
	}
	if _, err := calendarLine(t, "", "import", filepath.Join(t.TempDir(), "none.csv")); err == nil {
		t.Error("a missing file was imported")
	}
}
