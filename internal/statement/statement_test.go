package statement_test

import (
	"bytes"
	"compress/gzip"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"golang.org/x/mod/sumdb/note"

	"github.com/ecluse-ecole/ecluse/internal/school"
	"github.com/ecluse-ecole/ecluse/internal/statement"
)

var noon = time.Date(2024, 3, 29, 12, 0, 0, 0, time.UTC)

// keys are the two halves of a new key.
func keys(t testing.TB, name string) (note.Signer, note.Verifiers) {
	t.Helper()
	private, public, err := note.GenerateKey(rand.Reader, name)
	if err != nil {
		t.Fatal(err)
	}
	signer, err := note.NewSigner(private)
	if err != nil {
		t.Fatal(err)
	}
	verifier, err := note.NewVerifier(public)
	if err != nil {
		t.Fatal(err)
	}
	return signer, note.VerifierList(verifier)
}

func said() statement.Statement {
	return statement.Statement{
		From: "host.example", At: noon, Version: 7,
		Orders: []statement.Order{{
			ID: "FR/2024-0001", Digest: "d",
			Groups: []statement.Group{
				{Received: noon.Add(-time.Hour), Held: noon.Add(-time.Minute), Schools: []school.UAI{"0799001E"}},
				{Received: noon.Add(-time.Hour), Schools: []school.UAI{"0799002F"}},
			},
			Answers: []statement.Answer{
				{School: "0799001E", Product: "pronote", Kind: statement.Attested, At: noon, By: "La direction"},
				{School: "0799002F", Kind: statement.Refused, At: noon, By: "La direction", Reason: "Panne"},
			},
		}},
		Uses: []statement.Use{{Products: []string{"ent", "pronote"}, Schools: []school.UAI{"0799001E"}}, {Products: []string{}, Schools: []school.UAI{"0799002F"}}},
	}
}

func TestWhatIsSignedIsRead(t *testing.T) {
	key, known := keys(t, "host.example")
	data, err := said().Sign(key)
	if err != nil {
		t.Fatal(err)
	}
	got, sig, err := statement.Open(data, known)
	if err != nil || sig.Name != "host.example" {
		t.Fatalf("signed by %q: %v", sig.Name, err)
	}
	if diff := cmp.Diff(said(), got); diff != "" {
		t.Error(diff)
	}
}

// TestTampered: whichever byte is changed, wherever it is cut, it is refused. (The
// last bits of a signature's base64 mean nothing: there, nothing is changed.)
func TestTampered(t *testing.T) {
	key, known := keys(t, "host.example")
	data, err := said().Sign(key)
	if err != nil {
		t.Fatal(err)
	}
	for i := range data {
		changed := bytes.Clone(data)
		changed[i] ^= 1
		if got, _, err := statement.Open(changed, known); err == nil && !cmp.Equal(got, said()) {
			t.Errorf("byte %d of %d changed: it is taken", i, len(data))
		}
		if _, _, err := statement.Open(data[:i], known); err == nil {
			t.Errorf("cut to %d of %d bytes: it is taken", i, len(data))
		}
	}
	if _, _, err := statement.Open(append(data, 0), known); err == nil {
		t.Error("something stands behind it, and it is taken")
	}
	if _, other := keys(t, "host.example"); true {
		if _, _, err := statement.Open(data, other); !errors.Is(err, statement.ErrUnknown) {
			t.Errorf("another key of the same name: %v", err)
		}
	}
}

// TestRefused: what cannot be meant is neither written nor, from another hand, read.
func TestRefused(t *testing.T) {
	key, _ := keys(t, "host.example")
	for want, change := range map[string]func(*statement.Statement){
		"lacks its instant":       func(s *statement.Statement) { s.At = time.Time{} },
		"below zero":              func(s *statement.Statement) { s.Version = -1 },
		"FR/2024-0001 stands twi": func(s *statement.Statement) { s.Orders = append(s.Orders, s.Orders[0]) },
		"an order":                func(s *statement.Statement) { s.Orders[0].ID = "x" },
		"0799001E stands twice":   func(s *statement.Statement) { s.Orders[0].Groups[1].Schools[0] = "0799001E" },
		"0799003":                 func(s *statement.Statement) { s.Orders[0].Groups[1].Schools[0] = "0799003" },
		"same instants":           func(s *statement.Statement) { s.Orders[0].Groups[0].Held = time.Time{} },
		"after the statement": func(s *statement.Statement) {
			s.Orders[0].Groups[0].Received = noon.Add(1)
			s.Orders[0].Groups[0].Held = noon.Add(2)
		},
		"second before the first": func(s *statement.Statement) { s.Orders[0].Groups[0].Held = noon.Add(-2 * time.Hour) },
		"it answered at":          func(s *statement.Statement) { s.Orders[0].Answers[0].At = noon.Add(1) },
		"no kind of answer":       func(s *statement.Statement) { s.Orders[0].Answers[0].Kind = "maybe" },
		"has a reason":            func(s *statement.Statement) { s.Orders[0].Answers[1].Reason = "" },
		"about no product":        func(s *statement.Statement) { s.Orders[0].Answers[0].Product = "" },
		"too long":                func(s *statement.Statement) { s.Orders[0].Answers[0].By = strings.Repeat("x", 9000) },
		"cannot be read":          func(s *statement.Statement) { s.Orders[0].Answers[0].By = "a\x00b" },
		"is no product":           func(s *statement.Statement) { s.Uses[0].Products[0] = "a b" },
		"same products":           func(s *statement.Statement) { s.Uses[1].Products = s.Uses[0].Products },
	} {
		s := said()
		change(&s)
		if _, err := s.Sign(key); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("want %q, got %v", want, err)
		}
	}
}

// signed is a statement as another program might write it.
func signed(t testing.TB, key note.Signer, text string) []byte {
	t.Helper()
	var body bytes.Buffer
	pack := gzip.NewWriter(&body)
	pack.Write([]byte(text))
	pack.Close()
	sum := sha256.Sum256(body.Bytes())
	head, err := note.Sign(&note.Note{Text: fmt.Sprintf("ecluse statement 1\n%d\n%s\n", body.Len(), base64.StdEncoding.EncodeToString(sum[:]))}, key)
	if err != nil {
		t.Fatal(err)
	}
	return append(head, body.Bytes()...)
}

func TestReadStrictly(t *testing.T) {
	key, known := keys(t, "host.example")
	const well = `{"from":"host.example","at":"2024-03-29T12:00:00Z"}`
	if _, _, err := statement.Open(signed(t, key, well), known); err != nil {
		t.Fatal(err)
	}
	for text, want := range map[string]string{
		strings.Replace(well, "host", "other", 1):   `is from "other.example"`,
		strings.Replace(well, "}", `,"more":1}`, 1): "unknown field",
		well + well:                         "something stands after it",
		"":                                  "EOF",
		strings.Repeat(" ", 9<<20) + well:   "more than",
		well + strings.Repeat(" ", 9<<20):   "more than",
		strings.Replace(well, "12:", "", 1): "cannot parse",
	} {
		if _, _, err := statement.Open(signed(t, key, text), known); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%.60q: want %q, got %v", text, want, err)
		}
	}
}

func TestFollowers(t *testing.T) {
	_, public, err := note.GenerateKey(rand.Reader, "host.example")
	if err != nil {
		t.Fatal(err)
	}
	f := statement.Follower{Name: "dsden-79", Key: public, Within: []school.Territory{"FR/13", "FR/13/079"}}
	if err := f.Check(); err != nil {
		t.Fatal(err)
	}
	if f.Covers("FR/13/079/0799001E") <= f.Covers("FR/13/086/0860001A") || f.Covers("FR/14/050") != 0 {
		t.Error("a follower covers other places than its territories, or none more closely")
	}
	for _, wrong := range []statement.Follower{{}, {Name: "Dé", Key: public, Within: f.Within}, {Name: "a", Key: "b", Within: f.Within}, {Name: "a", Key: public}, {Name: "a", Key: public, Within: []school.Territory{"DE"}}} {
		if wrong.Check() == nil {
			t.Errorf("%+v is taken", wrong)
		}
	}
}

// FuzzOpen: whatever a holder of a key writes, it is refused or could be written
// again; whatever a stranger sends, it is refused.
func FuzzOpen(f *testing.F) {
	key, known := keys(f, "host.example")
	f.Add(`{"from":"host.example","at":"2024-03-29T12:00:00Z","orders":[{"id":"FR/2024-0001","groups":[{"received":"2024-03-29T12:00:00Z","schools":["0799001E"]}]}]}`)
	f.Fuzz(func(t *testing.T, text string) {
		if _, _, err := statement.Open([]byte(text), known); err == nil {
			t.Fatal("a stranger's statement is taken")
		}
		s, _, err := statement.Open(signed(t, key, text), known)
		if err != nil {
			return
		}
		again, err := s.Sign(key)
		if err != nil {
			t.Fatalf("what was read cannot be written: %v", err)
		}
		if _, _, err := statement.Open(again, known); err != nil {
			t.Fatal(err)
		}
	})
}
