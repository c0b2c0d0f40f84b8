package feed

import (
	"bytes"
	"crypto/ed25519"
	"slices"
	"strings"
	"testing"

	"golang.org/x/mod/sumdb/tlog"
)

// Whatever a checkpoint's text is, what is read from it writes the same text.
func FuzzHead(f *testing.F) {
	f.Add(Head{"orders.example/log", 7, tlog.RecordHash([]byte("x"))}.text())
	f.Add("a\n-1\nAAAA\n")
	f.Add("a\n01\n" + strings.Repeat("A", 43) + "=\n")
	f.Fuzz(func(t *testing.T, text string) {
		h, err := parseHead(text)
		if err == nil && !strings.HasPrefix(text, h.text()) {
			t.Errorf("%q reads as %q", text, h.text())
		}
	})
}

func FuzzLedger(f *testing.F) {
	f.Add([]byte(ledgerLine("FR.13.2024-0001.yaml", strings.Repeat("0", 64))))
	f.Add([]byte("FR.13.2024-0001.yaml 0\n"))
	f.Fuzz(func(t *testing.T, lines []byte) {
		g := newLedger()
		if g.add(lines) == nil && !bytes.Equal(g.lines, lines) {
			t.Errorf("%q is kept as %q", lines, g.lines)
		}
	})
}

// A name that is taken leads nowhere else and means one order.
func FuzzNames(f *testing.F) {
	f.Add("FR.13.079.2024-0001.yaml")
	f.Add("../FR.13.2024-0001.yaml")
	f.Add("FR.13.079")
	f.Fuzz(func(t *testing.T, name string) {
		if id, err := idOf(name); err == nil && (TargetName(id) != name || strings.ContainsAny(name, "/\\")) {
			t.Errorf("%q is %q", name, id)
		}
		if at, err := territoryOf(name); err == nil && (roleOf(at) != name || strings.ContainsAny(name, "/\\")) {
			t.Errorf("%q is %q", name, at)
		}
	})
}

func FuzzSubmission(f *testing.F) {
	f.Add([]byte(`{"office":"FR/13","metadata":{"signed":{"_type":"targets"},"signatures":[]},"orders":{}}`))
	f.Fuzz(func(t *testing.T, data []byte) {
		if s, err := ReadSubmission(bytes.NewReader(data)); err == nil {
			_ = s.Sign(nil) // any error, no panic
		}
	})
}

func FuzzStamp(f *testing.F) {
	f.Add([]byte(`{"signed":{"_type":"timestamp","version":1,"expires":"2024-03-29T11:00:00Z","meta":{"snapshot.json":{"version":1}}},"signatures":[]}`))
	f.Fuzz(func(t *testing.T, data []byte) { _ = peek(data) })
}

func FuzzArchive(f *testing.F) {
	f.Add([]byte("\x1f\x8b"))
	f.Fuzz(func(t *testing.T, data []byte) {
		files, err := unarchive(bytes.NewReader(data))
		if err == nil && files[len(files)-1].name != timestampFile {
			t.Error("the timestamp is not the last")
		}
	})
}

func FuzzPack(f *testing.F) {
	data, err := packed(contents{"a": []byte("one"), "b": []byte("two")})
	if err != nil {
		f.Fatal(err)
	}
	f.Add(data)
	f.Fuzz(func(t *testing.T, data []byte) {
		into := contents{}
		lacking := []wanted{{sum: hashOf([]byte("one")), length: 3}}
		unpack(t.Context(), memory{packFile(1): data}, 1, lacking, into)
		for sum, file := range into {
			if hashOf(file) != sum {
				t.Errorf("%q is taken for %s", file, sum)
			}
		}
	})
}

// FuzzCosignature: whatever is offered as a cosignature, the checkpoint keeps the
// log's own signature and text.
func FuzzCosignature(f *testing.F) {
	key := ed25519.NewKeyFromSeed(make([]byte, ed25519.SeedSize))
	court, err := WitnessKey("court.example", key.Public())
	if err != nil {
		f.Fatal(err)
	}
	log, err := LogKey("orders.example", key.Public())
	if err != nil {
		f.Fatal(err)
	}
	checkpoint, err := newLedger().checkpoint(scribe{"orders.example", key})
	if err != nil {
		f.Fatal(err)
	}
	line, err := cosign(checkpoint, "court.example", key, noon)
	if err != nil {
		f.Fatal(err)
	}
	f.Add(append(slices.Clip(checkpoint), line...), court)
	f.Add(checkpoint, log)
	f.Fuzz(func(t *testing.T, offered []byte, witness string) {
		merged, err := merge(checkpoint, offered, []string{witness})
		if err != nil {
			return
		}
		trust := Trust{Log: log, Witnesses: []string{witness}, Need: 1}
		if _, err := trust.open(merged); err != nil {
			t.Errorf("what was merged does not verify: %v\n%s", err, merged)
		}
	})
}
