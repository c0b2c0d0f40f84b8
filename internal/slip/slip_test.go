package slip

import (
	"bytes"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// sheet is n slips in classes of 28.
func sheet(n int) Sheet {
	s := Sheet{
		School: "Collège Élise-Noël-Œuvrard", Address: "https://messagerie.ecole.example/renew",
		Printed: time.Date(2024, 4, 2, 10, 0, 0, 0, time.UTC), Until: "mardi 16 avril 2024",
	}
	for i := range n {
		s.Slips = append(s.Slips, Slip{
			Class: fmt.Sprintf("%de %c", 6-i/28%4, 'A'+i/112), Name: fmt.Sprintf("Aïcha Lœïla Ménard-Çelik %d", i), Role: "élève",
			Login: fmt.Sprintf("aicha.menard-celik%d", i), Code: "K7QM-2XFA-9RTC",
		})
	}
	return s
}

// TestSlipsAsPrinted reads the file as a printer would: pages, names, codes, and
// the squares as a telephone sees them.
func TestSlipsAsPrinted(t *testing.T) {
	s := sheet(30)
	file := filepath.Join(t.TempDir(), "slips.pdf")
	var b bytes.Buffer
	if err := Write(&b, s); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(file, b.Bytes(), 0o600); err != nil {
		t.Fatal(err)
	}
	text := output(t, "pdftotext", "-layout", file, "-")
	for _, want := range []string{"Collège Élise-Noël-Œuvrard", "Aïcha Lœïla Ménard-Çelik 29", "aicha.menard-celik0", "K7QM-2XFA-9RTC", "6e A", "28 billets", "2 billets", "mardi 16 avril 2024"} {
		if !strings.Contains(text, want) {
			t.Errorf("%q cannot be read", want)
		}
	}
	if pages := strings.Count(text, "\f"); pages != 5 { // 29 cards, then 3
		t.Errorf("%d pages, want 5", pages)
	}
}

// TestSquaresAreRead: the squares of a printed page, read as a telephone reads them,
// lead to the form with the login and the code of their own slip.
func TestSquaresAreRead(t *testing.T) {
	s := sheet(7) // with the card of the class, a full page
	want := map[string]bool{}
	for i := range s.Slips {
		s.Slips[i].Code = fmt.Sprintf("K7QM-2XFA-9RT%d", i+2)
		want[s.link(s.Slips[i])] = true
	}
	var b bytes.Buffer
	if err := Write(&b, s); err != nil {
		t.Fatal(err)
	}
	folder := t.TempDir()
	file := filepath.Join(folder, "slips.pdf")
	if err := os.WriteFile(file, b.Bytes(), 0o600); err != nil {
		t.Fatal(err)
	}
	output(t, "pdftoppm", "-r", "150", "-gray", "-png", file, filepath.Join(folder, "page"))
	read := strings.Fields(output(t, "zbarimg", "--quiet", "--raw", "-S*.enable=0", "-Sqrcode.enable=1", filepath.Join(folder, "page-1.png")))
	for _, link := range read {
		if !want[link] {
			t.Errorf("%q is read, which is on no slip or was read before", link)
		}
		delete(want, link)
	}
	if len(want) > 0 {
		t.Errorf("%d squares are not read", len(want))
	}
}

// TestCardsAsPrinted: every code stands beside its number, class by class.
func TestCardsAsPrinted(t *testing.T) {
	s := Cards{School: "Collège Élise-Noël-Œuvrard", Printed: sheet(0).Printed}
	for i := range 9 {
		c := Card{Class: "4e B", Name: fmt.Sprintf("Aïcha Lœïla Ménard-Çelik %d", i), Login: "aicha.menard-celik"}
		for n := range 30 {
			c.Codes = append(c.Codes, fmt.Sprintf("K%dQ M%dX", i, n%10))
		}
		s.Cards = append(s.Cards, c)
	}
	file := filepath.Join(t.TempDir(), "cards.pdf")
	var b bytes.Buffer
	if err := WriteCards(&b, s); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(file, b.Bytes(), 0o600); err != nil {
		t.Fatal(err)
	}
	text := output(t, "pdftotext", "-layout", file, "-")
	for _, want := range []string{s.School, "Aïcha Lœïla Ménard-Çelik 8", "9 cartes de codes", "K8Q M9X", "4e B · aicha.menard-celik"} {
		if !strings.Contains(text, want) {
			t.Errorf("%q cannot be read", want)
		}
	}
	if codes := strings.Count(text, " M"); strings.Count(text, "\f") != 2 || codes < 9*30 {
		t.Errorf("%d pages with %d codes", strings.Count(text, "\f"), codes)
	}
}

// output runs a program that reads PDF files or squares; in CI it must be there.
func output(t *testing.T, name string, args ...string) string {
	t.Helper()
	if _, err := exec.LookPath(name); err != nil && os.Getenv("CI") != "true" {
		t.Skipf("%s is not installed here (poppler-utils, zbar-tools)", name)
	}
	out, err := exec.Command(name, args...).Output()
	if err != nil {
		t.Fatalf("%s: %v", name, err)
	}
	return string(out)
}

// TestTheSameSheetIsTheSameFile: nothing in the file tells of the machine.
func TestTheSameSheetIsTheSameFile(t *testing.T) {
	var one, two bytes.Buffer
	if err := Write(&one, sheet(9)); err != nil {
		t.Fatal(err)
	}
	if err := Write(&two, sheet(9)); err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(one.Bytes(), two.Bytes()) {
		t.Error("two files of one sheet differ")
	}
}

// BenchmarkWrite prints a thousand slips. The goal is two seconds.
func BenchmarkWrite(b *testing.B) {
	s := sheet(1000)
	for b.Loop() {
		if err := Write(io.Discard, s); err != nil {
			b.Fatal(err)
		}
	}
}
