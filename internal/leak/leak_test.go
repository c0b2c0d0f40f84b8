package leak

import (
	"bytes"
	"context"
	"crypto/sha1"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"
)

// made builds a file of lists, given by their names, and opens it.
func made(t *testing.T, o Options, lists map[string]string) (*Set, Summary) {
	t.Helper()
	dir := t.TempDir()
	for name, text := range lists {
		path := filepath.Join(dir, "lists", name)
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	out := filepath.Join(dir, "leaked")
	sum, err := Build(t.Context(), out, []string{filepath.Join(dir, "lists")}, o)
	if err != nil {
		t.Fatal(err)
	}
	s, err := Open(out)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { s.Close() })
	return s, sum
}

func hashOf(password string) string { return fmt.Sprintf("%X", sha1.Sum([]byte(password))) }

// ntlm is that of "password", known to everybody.
const ntlm = "8846F7EAEE8FB117AD06BDD830B7586C"

func TestListsInEveryForm(t *testing.T) {
	part := hashOf("azerty12345678")
	for what, c := range map[string]struct {
		o     Options
		lists map[string]string
		in    []string
		out   []string
		kind  Kind
		read  int64
	}{
		"SHA-1 with counts":    {lists: map[string]string{"a": hashOf("soleil du matin") + ":3\r\n" + strings.ToLower(hashOf("lune")) + ":1\r\n"}, in: []string{"soleil du matin", "lune"}, out: []string{"terre", ""}, read: 2},
		"SHA-1 alone":          {lists: map[string]string{"a": "\uFEFF" + hashOf("lune")}, in: []string{"lune"}, read: 1},
		"NTLM":                 {lists: map[string]string{"a": ntlm + ":9\n"}, in: []string{"password"}, out: []string{"Password"}, kind: NTLM, read: 1},
		"a part":               {lists: map[string]string{part[:5] + ".txt": part[5:] + ":10\n" + hashOf("terre")[5:] + ":0\n"}, in: []string{"azerty12345678"}, out: []string{"terre"}, read: 1},
		"a part without .txt":  {lists: map[string]string{part[:5]: part[5:] + ":10\n"}, in: []string{"azerty12345678"}, read: 1},
		"parts of NTLM":        {lists: map[string]string{ntlm[:5] + ".txt": ntlm[5:] + ":1\n"}, in: []string{"password"}, kind: NTLM, read: 1},
		"passwords":            {lists: map[string]string{"a": "marmotte\r\n  deux espaces  \nmarmotte\n\n"}, in: []string{"marmotte", "  deux espaces  "}, out: []string{"deux espaces", ""}, read: 3},
		"passwords, NTLM":      {o: Options{NTLM: true}, lists: map[string]string{"a": "password\nétoile 🌟\n"}, in: []string{"password", "étoile 🌟"}, kind: NTLM, read: 2},
		"Windows-1252":         {lists: map[string]string{"a": "\xe9toile du berger\n"}, in: []string{"étoile du berger"}, read: 1},
		"look like hashes":     {o: Options{Plain: true}, lists: map[string]string{"a": hashOf("lune") + "\n"}, in: []string{hashOf("lune")}, out: []string{"lune"}, read: 1},
		"passwords and hashes": {lists: map[string]string{"a": "marmotte\n", "b": ntlm + "\n"}, in: []string{"marmotte", "password"}, kind: NTLM, read: 2},
		"typed by another way": {lists: map[string]string{"a": "étoile du berger\n"}, in: []string{"e\u0301toile du berger"}, read: 1},
		"a line without end":   {lists: map[string]string{"a": "marmotte\n" + strings.Repeat("x", 1<<20) + "\nlune\n"}, in: []string{"marmotte", "lune"}, read: 2},
		"hidden files":         {lists: map[string]string{"a": "marmotte\n", ".git/x": "lune\n"}, in: []string{"marmotte"}, out: []string{"lune"}, read: 1},
	} {
		t.Run(what, func(t *testing.T) {
			s, sum := made(t, c.o, c.lists)
			for _, p := range c.in {
				if found, err := s.Has(p); !found || err != nil {
					t.Errorf("%q is not found: %v", p, err)
				}
			}
			for _, p := range c.out {
				if found, err := s.Has(p); found || err != nil {
					t.Errorf("%q is found: %v", p, err)
				}
			}
			if sum.Kind != c.kind || s.Kind() != c.kind || sum.Read != c.read || s.Count() != sum.Count {
				t.Errorf("built %+v, opened with %d of %s", sum, s.Count(), s.Kind())
			}
		})
	}
}

// TestNothingIsMissed: whatever the passwords, however many stand twice, each is
// found, with one shard and with many.
func TestNothingIsMissed(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		keys := rapid.SliceOfN(rapid.Uint64(), 1, 60).Draw(t, "keys")
		keys = append(keys, keys[:len(keys)/3]...)
		name := filepath.Join(os.TempDir(), fmt.Sprintf("ecluse-leak-%d-%d", os.Getpid(), rand.Uint64()))
		defer os.Remove(name)
		writeKeys(t, name, keys, rapid.Uint32Range(0, maxBits).Draw(t, "bits"))
		s, err := Open(name)
		if err != nil {
			t.Fatal(err)
		}
		defer s.Close()
		for _, k := range keys {
			if !s.has(k) {
				t.Fatalf("%x is missed", k)
			}
		}
	})
}

type failing interface {
	Helper()
	Fatal(...any)
}

// writeKeys writes a file of keys with so many shards as bits say.
func writeKeys(t failing, name string, keys []uint64, bits uint32) {
	t.Helper()
	dir, err := os.MkdirTemp("", "ecluse-leak")
	if err != nil {
		t.Fatal(err)
	}
	defer os.RemoveAll(dir)
	b := newBuilder(context.Background(), dir, Options{Now: time.Unix(0, 0)})
	defer b.close()
	b.bits = func(int64) uint32 { return bits }
	for _, k := range keys {
		if err := b.add(k); err != nil {
			t.Fatal(err)
		}
	}
	if err := errors.Join(b.flush(), b.write(name)); err != nil {
		t.Fatal(err)
	}
}

// TestDamageIsRefused: no byte of a file can change unnoticed, and a file cut short
// is refused.
func TestDamageIsRefused(t *testing.T) {
	name := filepath.Join(t.TempDir(), "leaked")
	writeKeys(t, name, []uint64{1, 2, 3 << 60, 9 << 59}, 2)
	whole, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	for i := range whole {
		broken := bytes.Clone(whole)
		broken[i] ^= 0x20
		refused(t, broken, fmt.Sprintf("with byte %d changed", i))
		refused(t, whole[:i], fmt.Sprintf("cut at %d", i))
	}
	refused(t, append(whole, 0), "with a byte more")
}

func refused(t *testing.T, data []byte, what string) {
	t.Helper()
	name := filepath.Join(t.TempDir(), "broken")
	if err := os.WriteFile(name, data, 0o600); err != nil {
		t.Fatal(err)
	}
	if s, err := Open(name); err == nil {
		s.Close()
		t.Errorf("a file %s is opened", what)
	}
}

// TestABrokenListBuildsNothing: what cannot be read is told by its place, the
// earlier file stays, and nothing is left beside it.
func TestABrokenListBuildsNothing(t *testing.T) {
	dir := t.TempDir()
	out, list := filepath.Join(dir, "leaked"), filepath.Join(dir, "list")
	put := func(name, text string) {
		if err := os.WriteFile(name, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	put(out, "the earlier one")
	stopped, stop := context.WithCancel(t.Context())
	for what, c := range map[string]struct {
		text, says string
		ctx        context.Context
		progress   func(Progress)
	}{
		"cut in a hash":  {strings.Repeat(hashOf("lune")+":1\n", 1000) + hashOf("soleil")[:20], ":1001:", t.Context(), nil},
		"empty":          {"", "no password", t.Context(), nil},
		"nobody waits":   {"marmotte\n", "canceled", stopped, func(p Progress) { stop() }},
		"stopped midway": {"marmotte\n", "canceled", stopped, nil},
	} {
		put(list, c.text)
		_, err := Build(c.ctx, out, []string{list}, Options{Progress: c.progress})
		if err == nil || !strings.Contains(err.Error(), c.says) {
			t.Errorf("%s: %v", what, err)
		}
		left, _ := filepath.Glob(filepath.Join(dir, "*"))
		hidden, _ := filepath.Glob(filepath.Join(dir, ".*"))
		if text, _ := os.ReadFile(out); string(text) != "the earlier one" || len(left) != 2 || len(hidden) != 0 {
			t.Errorf("%s: left %q %q, with %q", what, left, hidden, text)
		}
	}
	put(list, hashOf("lune")+"\n")
	put(filepath.Join(dir, "other"), ntlm+"\n")
	if _, err := Build(t.Context(), out, []string{list, filepath.Join(dir, "other")}, Options{}); err == nil || !strings.Contains(err.Error(), "NTLM") {
		t.Errorf("both kinds in one file: %v", err)
	}
}

// TestAFileThatIsGone: pages that the disk no longer gives are an error, not an end
// of the program.
func TestAFileThatIsGone(t *testing.T) {
	name := filepath.Join(t.TempDir(), "leaked")
	keys := make([]uint64, 100_000)
	for i := range keys {
		keys[i] = rand.Uint64()
	}
	writeKeys(t, name, keys, 0)
	s, err := Open(name)
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	if err := os.Truncate(name, 0); err != nil {
		t.Fatal(err)
	}
	if _, err := s.Has("marmotte"); err == nil {
		t.Error("an answer was read from a file that is gone")
	}
}

// TestNoSetHoldsNothing: an installation without a file asks one all the same.
func TestNoSetHoldsNothing(t *testing.T) {
	var s *Set
	if found, err := s.Has("password"); found || err != nil {
		t.Errorf("found %v, %v", found, err)
	}
}

// FuzzForms: no list makes the reader fail otherwise than by a place.
func FuzzForms(f *testing.F) {
	f.Add("00000.txt", []byte("0005AD76BD555C1D6D771DE417A4B87E4B4:10\r\n"))
	f.Add("list", []byte("\uFEFFmarmotte\n\xe9toile\n"))
	f.Add("list", []byte(ntlm+":1\n\n"+ntlm))
	f.Fuzz(func(t *testing.T, name string, data []byte) {
		how := formOf(name, data)
		for line := range bytes.Lines(data) {
			how.add(line, func(uint64) error { return nil })
		}
	})
}

// BenchmarkHas looks passwords up in a file of ten million.
func BenchmarkHas(b *testing.B) {
	const many = 10_000_000
	name := filepath.Join(b.TempDir(), "leaked")
	keys := make([]uint64, many)
	for i := range keys {
		keys[i] = SHA1.key(passwordOf(i))
	}
	start := time.Now()
	writeKeys(b, name, keys, bitsFor(many))
	built := time.Since(start)
	info, err := os.Stat(name)
	if err != nil {
		b.Fatal(err)
	}
	s, err := Open(name)
	if err != nil {
		b.Fatal(err)
	}
	defer s.Close()
	size := float64(info.Size()) / many
	if size > 2.3 {
		b.Errorf("%.3f bytes a password, want at most 2.3", size)
	}
	for i := range many {
		if !s.has(keys[i]) {
			b.Fatalf("%q is missed", passwordOf(i))
		}
	}
	asked := make([]string, 1<<16)
	for i := range asked {
		asked[i] = passwordOf(rand.IntN(2 * many))
	}
	b.ResetTimer()
	for i := 0; b.Loop(); i++ {
		if _, err := s.Has(asked[i&(len(asked)-1)]); err != nil {
			b.Fatal(err)
		}
	}
	b.ReportMetric(size, "bytes/password")
	b.ReportMetric(built.Seconds(), "s/build")
}

func passwordOf(i int) string { return fmt.Sprintf("marmotte-%d-soleil", i) }
