package account

import (
	"context"
	"errors"
	"strings"
	"testing"
)

func TestPassword(t *testing.T) {
	ctx, h := context.Background(), NewHasher(2)
	stored, err := h.Hash(ctx, "quatre mots très simples")
	if err != nil {
		t.Fatal(err)
	}
	verify := func(password, hash string, want bool) {
		t.Helper()
		if got, err := h.Verify(ctx, password, stands(hash)); got != want || err != nil {
			t.Errorf("Verify(%q) = %v, %v; want %v", password, got, err, want)
		}
	}
	verify("quatre mots très simples", stored, true)
	verify("quatre mots tre\u0300s simples", stored, true) // the same letters, typed on another keyboard
	verify("quatre mots tres simples", stored, false)
	verify("", stored, false)
	verify("", "", false) // never activated
	verify("anything", "", false)

	if _, err := h.Verify(ctx, "x", stands("$2a$10$abcdef")); err == nil {
		t.Error("a hash of another kind was accepted")
	}
	late := errors.New("somebody else has tried meanwhile")
	if _, err := h.Verify(ctx, "x", func() (string, error) { return "", late }); err != late {
		t.Errorf("refused when its turn came: %v", err)
	}
	again, _ := h.Hash(ctx, "quatre mots très simples")
	if again == stored {
		t.Error("two hashes of one password share their salt")
	}
}

// stands is a hash that stands already when the turn comes.
func stands(hash string) func() (string, error) { return func() (string, error) { return hash, nil } }

func TestCheckPassword(t *testing.T) {
	p := Person{Login: "c.ferrand", First: "Camille", Last: "Ferrand"}
	for password, ok := range map[string]bool{
		"onze lettre":              false,
		"douze lettres":            true,
		"Ferrand-camille-2024":     false,
		"mon ami C.FERRAND":        false,
		"éàüîôéàüîôéà":             true,
		strings.Repeat("long", 40): false,
	} {
		if err := CheckPassword(p, password); (err == nil) != ok {
			t.Errorf("CheckPassword(%q) = %v, want ok %v", password, err, ok)
		}
	}
}

func TestFoldLogin(t *testing.T) {
	for in, want := range map[string]string{" C.Ferrand ": "c.ferrand", "ÉLISE.noël": "élise.noël", "": ""} {
		if got := FoldLogin(in); got != want {
			t.Errorf("FoldLogin(%q) = %q, want %q", in, got, want)
		}
	}
}

func TestFoldAddress(t *testing.T) {
	for in, want := range map[string]string{
		"192.0.2.7": "192.0.2.7", "::ffff:192.0.2.7": "192.0.2.7",
		"2001:db8:1:2:3:4:5:6": "2001:db8:1:2::/64", "2001:db8:1:2:ffff::1": "2001:db8:1:2::/64",
		"fe80::1%eth0": "fe80::/64", "": "", "@": "@",
	} {
		if got := FoldAddress(in); got != want {
			t.Errorf("FoldAddress(%q) = %q, want %q", in, got, want)
		}
	}
}

func TestToken(t *testing.T) {
	token, digest := NewToken()
	if DigestOf(token) != digest || len(token) < 40 {
		t.Errorf("NewToken = %q, which has another digest", token)
	}
}
