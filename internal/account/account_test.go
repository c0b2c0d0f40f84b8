package account

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/ecluse-ecole/ecluse/internal/fault"
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

func TestHasherBounded(t *testing.T) {
	h := NewHasher(1)
	for range longestQueue {
		h.queue <- struct{}{}
	}
	if _, err := h.Verify(context.Background(), "a password", stands("")); !fault.Is(err, fault.Unavailable) {
		t.Errorf("behind a full queue: %v, want unavailable at once", err)
	}
	release, err := h.turn(context.Background())
	if err != nil {
		t.Fatal(err)
	}
	full, cancel := context.WithCancel(context.Background())
	cancel()
	if _, err := h.Hash(full, "a password"); !fault.Is(err, fault.Unavailable) {
		t.Errorf("a hash beyond the bound: %v, want unavailable", err)
	}
	release()
	if _, err := h.Hash(context.Background(), "a password"); err != nil {
		t.Error(err)
	}
}

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

// A tale is a run of tries at a second's distance.
type tale struct {
	tries []Try
	now   time.Time
}

func (s *tale) try(login, address string, device byte, ok bool, times int) {
	for range times {
		s.now = s.now.Add(time.Second)
		s.tries = append(s.tries, Try{login, address, [32]byte{device}, s.now, ok})
	}
}

func (s *tale) wait(login, address string, device byte) time.Duration {
	return Wait(s.tries, Try{login, address, [32]byte{device}, s.now, false})
}

func TestWait(t *testing.T) {
	start := time.Date(2024, 3, 29, 12, 0, 0, 0, time.UTC)
	passes := func(s *tale, what, login, address string, device byte) {
		t.Helper()
		if w := s.wait(login, address, device); w != 0 {
			t.Errorf("%s waits %v", what, w)
		}
	}
	waits := func(s *tale, what, login, address string, device byte) {
		t.Helper()
		if w := s.wait(login, address, device); w <= 0 || w > longestWait {
			t.Errorf("%s waits %v, want up to a minute", what, w)
		}
	}

	s := &tale{now: start}
	s.try("prof", "home", 1, true, 1)
	s.try("prof", "elsewhere", 0, false, 40)
	waits(s, "a guesser", "prof", "elsewhere", 0)
	passes(s, "the owner at home", "prof", "home", 1)
	passes(s, "the owner's own device behind the guesser's address", "prof", "elsewhere", 1)
	passes(s, "the owner on a new device", "prof", "another place", 0)
	passes(s, "somebody else behind the guesser's address", "cpe", "elsewhere", 0)

	s = &tale{now: start}
	for i := range 60 {
		s.try("prof", "address "+string(rune('A'+i)), 0, false, 1)
	}
	waits(s, "one account guessed from sixty addresses", "prof", "yet another", 0)
	s.try("prof", "home", 1, true, 1)
	s.try("prof", "address A", 0, false, 9)
	passes(s, "the owner on a new device at home meanwhile", "prof", "home", 0)

	s = &tale{now: start}
	for i := range 60 {
		s.try("pupil "+string(rune('A'+i)), "one address", 0, false, 1)
	}
	waits(s, "one address guessing sixty accounts", "pupil z", "one address", 0)

	s = &tale{now: start}
	for i := range 300 {
		s.try("pupil "+string(rune('A'+i)), "school", 0, true, 1)
		if i%9 == 0 {
			s.try("pupil "+string(rune('A'+i)), "school", 0, false, 1)
		}
	}
	passes(s, "a school behind one address", "pupil new", "school", 0)

	s = &tale{now: start}
	s.try("prof", "home", 0, false, 9)
	s.now = s.now.Add(longestWait)
	passes(s, "a minute later", "prof", "home", 0)
}

func TestToken(t *testing.T) {
	token, digest := NewToken()
	if DigestOf(token) != digest || len(token) < 40 {
		t.Errorf("NewToken = %q, which has another digest", token)
	}
}
