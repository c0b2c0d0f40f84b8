package sheet_test

import (
	"errors"
	"strings"
	"testing"

	"github.com/ecluse-ecole/ecluse/internal/sheet"
)

// TestNoCellIsAFormula: whatever a name begins with, it stays a name, in each column.
func TestNoCellIsAFormula(t *testing.T) {
	for _, s := range []string{"=cmd|' /C calc'!A0", "+1", "-1", "@SUM(1)", "\t=1", "\r=1", "\n=1", "＝1", "－1"} {
		if got := sheet.Cell(s); got != "'"+s {
			t.Errorf("%q is written as %q", s, got)
		}
	}
	for _, s := range []string{"", "Inès", "a=1", "2024-03-29", "\xff"} {
		if got := sheet.Cell(s); got != s {
			t.Errorf("%q is written as %q", s, got)
		}
	}
	var text strings.Builder
	w := sheet.NewFrench(&text, "login", "name")
	w.Write("=1", `a;"b"`)
	if err := w.End(); err != nil {
		t.Fatal(err)
	}
	if want := "\uFEFFlogin;name\n'=1;\"a;\"\"b\"\"\"\n"; text.String() != want {
		t.Errorf("a table is %q, want %q", text.String(), want)
	}
}

// TestAFullDiskIsTold when the table ends.
func TestAFullDiskIsTold(t *testing.T) {
	w := sheet.NewWriter(full{}, "login")
	w.Write(strings.Repeat("x", 10_000))
	if err := w.End(); !errors.Is(err, errFull) {
		t.Errorf("on a full disk: %v", err)
	}
}

var errFull = errors.New("no space left")

type full struct{}

func (full) Write([]byte) (int, error) { return 0, errFull }
