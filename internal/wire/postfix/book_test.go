package postfix

import (
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// a held message of the tests.
func about(queue string) entry {
	return entry{Queue: queue, To: []string{"teacher1@college.example"}, At: time.Unix(1_700_000_000, 0).UTC()}
}

func open(t *testing.T, path string) *book {
	t.Helper()
	b, err := openBook(path)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func TestBook(t *testing.T) {
	path := filepath.Join(t.TempDir(), "held")
	b := open(t, path)
	for _, name := range []string{"A1", "A2", "A3"} {
		if err := b.add(about(name)); err != nil {
			t.Fatal(err)
		}
		if text, _ := os.ReadFile(path); !strings.Contains(string(text), name) {
			t.Errorf("%s is not in the file when add returns", name)
		}
	}
	if err := b.forget([]string{"A2", "unheard"}); err != nil {
		t.Fatal(err)
	}
	if _, err := openBook(path); err == nil {
		t.Error("two processes have the same file")
	}
	if err := b.close(); err != nil {
		t.Fatal(err)
	}
	b = open(t, path)
	if b.len() != 2 || b.lines != 2 {
		t.Errorf("%d entries in %d lines after opening again, want 2 in 2", b.len(), b.lines)
	}
	if err := b.forget([]string{"A1", "A3"}); err != nil {
		t.Fatal(err)
	}
	if text, _ := os.ReadFile(path); len(text) != 0 {
		t.Errorf("nothing is held, but the file holds %q", text)
	}
}

// TestBookAfterCrash cuts the file short after every byte: what was answered for
// is there, and what was not is nothing.
func TestBookAfterCrash(t *testing.T) {
	path := filepath.Join(t.TempDir(), "held")
	b := open(t, path)
	if err := b.add(about("A1")); err != nil {
		t.Fatal(err)
	}
	first, _ := os.ReadFile(path)
	if err := b.add(about("A2")); err != nil {
		t.Fatal(err)
	}
	both, _ := os.ReadFile(path)
	b.close()
	for n := len(first); n < len(both); n++ {
		if err := os.WriteFile(path, both[:n], 0o600); err != nil {
			t.Fatal(err)
		}
		b := open(t, path)
		if want := 1; b.len() != want && n != len(both)-1 { // the last byte is the line's end alone
			t.Errorf("%d of %d bytes: %d entries, want %d", n, len(both), b.len(), want)
		}
		b.close()
	}
	for _, damaged := range []string{"{}\n", "not JSON\n" + string(first), `{"queue":"-d ALL"}` + "\n"} {
		if err := os.WriteFile(path, []byte(damaged), 0o600); err != nil {
			t.Fatal(err)
		}
		if _, err := openBook(path); err == nil || !strings.Contains(err.Error(), "line 1 is damaged") {
			t.Errorf("%q: %v", damaged, err)
		}
	}
}

// TestBookAfterFailure has the disk fail once: that message is not held, and the
// next one is written to a whole file.
func TestBookAfterFailure(t *testing.T) {
	path := filepath.Join(t.TempDir(), "held")
	b := open(t, path)
	if err := b.add(about("A1")); err != nil {
		t.Fatal(err)
	}
	b.file.Close()
	if err := b.add(about("A2")); err == nil || b.len() != 1 {
		t.Errorf("an entry that is not on disk: %v, %d entries", err, b.len())
	}
	if err := b.add(about("A3")); err != nil {
		t.Fatal(err)
	}
	if text, _ := os.ReadFile(path); strings.Count(string(text), "\n") != 2 || strings.Contains(string(text), "A2") {
		t.Errorf("the file holds %q", text)
	}
}

func FuzzBook(f *testing.F) {
	f.Add(`{"queue":"A1","to":["a@b.example"],"at":"2024-04-02T19:00:00Z"}` + "\n" + `{"queue":"A1","gone":true}` + "\n")
	f.Add(`{"queue":"A1"`)
	f.Fuzz(func(t *testing.T, text string) {
		path := filepath.Join(t.TempDir(), "held")
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		b, err := openBook(path)
		if err != nil {
			return
		}
		n := b.len()
		b.close()
		again, err := openBook(path)
		if err != nil || again.len() != n {
			t.Fatalf("%q: read %d entries, then %v", text, n, err)
		}
		again.close()
	})
}

// TestOldEntries looks at messages that are in no hold queue: one that Postfix
// may still be receiving stays in the book, an old one goes.
func TestOldEntries(t *testing.T) {
	b := open(t, filepath.Join(t.TempDir(), "held"))
	s := &Server{book: b, queue: queue{super: []string{"false"}, list: []string{"true"}}, log: slog.New(slog.DiscardHandler)}
	young, old := about("A1"), about("A2")
	young.At = time.Now()
	for _, e := range []entry{young, old} {
		if err := b.add(e); err != nil {
			t.Fatal(err)
		}
	}
	if left, err := s.look(t.Context(), true); left != 1 || err != nil {
		t.Errorf("%d are awaited, want 1: %v", left, err)
	}
	if list := b.all(); len(list) != 1 || list[0].Queue != "A1" {
		t.Errorf("%v are in the book, want A1", list)
	}
}

func TestTogether(t *testing.T) {
	early, late := fate{held, time.Unix(5, 0)}, fate{held, time.Unix(9, 0)}
	for name, c := range map[string]struct {
		fates []fate
		want  fate
		alike bool
	}{
		"one":                {[]fate{early}, early, true},
		"two times":          {[]fate{early, late, early}, late, true},
		"a time not known":   {[]fate{late, {kind: held}, early}, fate{kind: held}, true},
		"one passes":         {[]fate{early, {}}, early, false},
		"one is in doubt":    {[]fate{early, {}, {kind: doubted}}, fate{kind: doubted}, true},
		"the first in doubt": {[]fate{{kind: doubted}, {}}, fate{kind: doubted}, true},
	} {
		if f, alike := together(c.fates); f != c.want || alike != c.alike {
			t.Errorf("%s: %v %v, want %v %v", name, f, alike, c.want, c.alike)
		}
	}
}
