package account

import (
	"strings"
	"testing"
	"time"
)

func TestSlipCode(t *testing.T) {
	seen := map[string]bool{}
	for range 200 {
		code := NewSlipCode()
		plain, err := ParseSlipCode(" " + strings.ToLower(strings.ReplaceAll(code, "-", " ")) + "\t")
		if err != nil || plain != strings.ReplaceAll(code, "-", "") {
			t.Fatalf("%s is read as %q, %v", code, plain, err)
		}
		if seen[plain] {
			t.Fatalf("%s was drawn twice", code)
		}
		seen[plain] = true
		misreadings(t, plain)
	}
	for _, typed := range []string{"", "K7QM", "0000-0000-0000", "éééé-éééé-éééé", strings.Repeat("2", 13), strings.Repeat("2", 5000)} {
		if code, err := ParseSlipCode(typed); err == nil {
			t.Errorf("%q is taken for the code %s", typed, code)
		}
	}
}

// misreadings tries every code with one letter wrong, and with two neighbours
// swapped.
func misreadings(t *testing.T, code string) {
	t.Helper()
	for i := range code {
		for _, c := range []byte(slipLetters) {
			if wrong := code[:i] + string(c) + code[i+1:]; wrong != code && parses(wrong) {
				t.Errorf("%s is taken beside %s", wrong, code)
			}
		}
		if i > 0 {
			swapped := code[:i-1] + code[i:i+1] + code[i-1:i] + code[i+1:]
			if swapped != code && parses(swapped) {
				t.Errorf("%s is taken beside %s", swapped, code)
			}
		}
	}
}

func parses(code string) bool {
	_, err := ParseSlipCode(code)
	return err == nil
}

func TestSlipState(t *testing.T) {
	now := time.Date(2024, 4, 2, 8, 0, 0, 0, time.UTC)
	for want, s := range map[SlipState]Slip{
		SlipPrinted:   {Expires: now.Add(time.Second)},
		SlipExpired:   {Expires: now},
		SlipUsed:      {Expires: now, Used: now, Cancelled: now},
		SlipCancelled: {Expires: now.Add(time.Hour), Cancelled: now},
	} {
		if got := s.State(now); got != want {
			t.Errorf("%+v is at state %d, want %d", s, got, want)
		}
	}
}

func TestSlipBears(t *testing.T) {
	bears := func(s Slip, code string, want bool) {
		t.Helper()
		if got, err := s.Bears(code); got != want || err != nil {
			t.Errorf("Bears(%s) = %v, %v; want %v", code, got, err, want)
		}
	}
	code, _ := ParseSlipCode(NewSlipCode())
	other, _ := ParseSlipCode(NewSlipCode())
	s := Slip{ID: 7, Person: 3}
	s.Digest, _ = SlipDigest(s.ID, s.Person, code)
	bears(s, code, true)
	bears(s, other, false)
	s.Person = 4
	bears(s, code, false)
}

func FuzzParseSlipCode(f *testing.F) {
	f.Add(NewSlipCode())
	f.Add("k7qm 2xfa 9rtc")
	f.Fuzz(func(t *testing.T, typed string) {
		code, err := ParseSlipCode(typed)
		if err != nil {
			return
		}
		if again, err := ParseSlipCode(code); err != nil || again != code || len(code) != slipLength {
			t.Errorf("%q is read as %q, and that as %q, %v", typed, code, again, err)
		}
	})
}

func BenchmarkSlipDigest(b *testing.B) {
	for b.Loop() {
		SlipDigest(1, 2, "222222222222")
	}
}
