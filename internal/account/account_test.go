package account

import (
	"bytes"
	"context"
	"errors"
	"strings"
	"sync"
	"testing"
)

func TestPassword(t *testing.T) {
	ctx, h := context.Background(), NewHasher(2, DefaultCost())
	stored, err := h.Hash(ctx, "quatre mots très simples")
	if err != nil {
		t.Fatal(err)
	}
	verify := func(password, hash string, want bool) {
		t.Helper()
		if got, err := h.Verify(ctx, password, hash); got != want || err != nil {
			t.Errorf("Verify(%q) = %v, %v; want %v", password, got, err, want)
		}
	}
	verify("quatre mots très simples", stored, true)
	verify("quatre mots tre\u0300s simples", stored, true) // the same letters, typed on another keyboard
	verify("quatre mots tres simples", stored, false)
	verify("", stored, false)
	verify("", "", false) // never activated
	verify("anything", "", false)

	if _, err := h.Verify(ctx, "x", "$2a$10$abcdef"); err == nil {
		t.Error("a hash of another kind was accepted")
	}
	for _, other := range []string{"$argon2id$v=19$m=19456,t=2,p=1$AAAAAAAAAAAAAAAAAAAAAA$", strings.Replace(stored, "p=1", "p=4", 1)} {
		if _, err := h.Verify(ctx, "x", other); err == nil {
			t.Errorf("%s was accepted", other)
		}
	}
	again, _ := h.Hash(ctx, "quatre mots très simples")
	if again == stored {
		t.Error("two hashes of one password share their salt")
	}
}

// TestGuess: what is done in a guess's turn is done before the next one's.
func TestGuess(t *testing.T) {
	h := NewHasher(1, Cost{Memory: 64, Passes: 1})
	stored, err := h.Hash(t.Context(), "quatre mots très simples")
	if err != nil {
		t.Fatal(err)
	}
	late, wrong, tries := errors.New("somebody else has tried meanwhile"), errors.New("wrong"), 0
	guess := func(password, hash string) error {
		return h.VerifyGuess(t.Context(), Guess{
			Password: password,
			Stored: func() (string, error) {
				if tries >= 3 {
					return "", late
				}
				return hash, nil
			},
			Wrong: func() error {
				tries++
				return wrong
			},
		})
	}
	if err := guess("quatre mots très simples", stored); err != nil || tries != 0 {
		t.Errorf("the right password: %v after %d tries", err, tries)
	}
	if err := guess("", ""); err != wrong {
		t.Errorf("an account without a password: %v", err)
	}
	var all sync.WaitGroup
	for range 20 {
		all.Go(func() { guess("deux mots", stored) })
	}
	all.Wait()
	if tries != 3 {
		t.Errorf("of guesses sent together %d were verified, want 3", tries)
	}
	if err := guess("quatre mots très simples", stored); err != late {
		t.Errorf("refused when its turn came: %v", err)
	}
}

func TestCost(t *testing.T) {
	const password = "quatre mots très simples"
	ctx := t.Context()
	low, high := NewHasher(1, Cost{Memory: 64, Passes: 1}), NewHasher(1, Cost{Memory: 128, Passes: 1})
	old, err := low.Hash(ctx, password)
	if err != nil || !strings.HasPrefix(old, "$argon2id$v=19$m=64,t=1,p=1$") {
		t.Fatalf("Hash = %q, %v", old, err)
	}
	for _, h := range []*Hasher{low, high} {
		if ok, err := h.Verify(ctx, password, old); !ok || err != nil {
			t.Errorf("a hash is verified at its own cost: %v, %v", ok, err)
		}
	}
	renewed := high.Renew(ctx, password, old)
	if ok, _ := low.Verify(ctx, password, renewed); !ok || !strings.Contains(renewed, "$m=128,t=1,p=1$") {
		t.Errorf("a hash below the cost was renewed to %q", renewed)
	}
	if again := low.Renew(ctx, password, renewed) + high.Renew(ctx, password, renewed) + high.Renew(ctx, password, ""); again != "" {
		t.Errorf("a hash at the cost or above it was renewed to %q", again)
	}
	if def := NewHasher(1, Cost{}); def.cost != DefaultCost() || !strings.Contains(def.decoy, "$m=19456,t=2,p=1$") {
		t.Errorf("without a cost: %v and the decoy %s", def.cost, def.decoy)
	}
}

// FuzzParsePHC reads any text: no stored hash asks for more than the machine has,
// matches every password, or is written otherwise than it was read.
func FuzzParsePHC(f *testing.F) {
	f.Add("$argon2id$v=19$m=19456,t=2,p=1$AAAAAAAAAAAAAAAAAAAAAA$AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA")
	f.Add("$argon2id$v=19$m=262145,t=2,p=1$AAAAAAAAAAAAAAAAAAAAAA$AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA")
	f.Add("$argon2id$v=19$m=0,t=0,p=0$$")
	f.Fuzz(func(t *testing.T, s string) {
		h, err := parsePHC(s)
		if err != nil {
			return
		}
		if h.cost.Memory > 256*1024 || h.cost.Passes > 10 || h.cost.Memory < 8 || h.cost.Passes < 1 || len(h.key) < 16 {
			t.Errorf("%q was read as %+v", s, h)
		}
		if again, err := parsePHC(h.String()); err != nil || again.cost != h.cost || !bytes.Equal(again.key, h.key) || !bytes.Equal(again.salt, h.salt) {
			t.Errorf("%q was written as %q, which is read as %+v, %v", s, h, again, err)
		}
	})
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
