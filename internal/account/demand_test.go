package account

import (
	"errors"
	"math"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/ecluse-ecole/ecluse/internal/fault"
	"pgregory.net/rapid"
)

// demand is that of somebody of the Collège de la Boutonne.
func demand() Demand {
	return Demand{
		Person: Person{Login: "c.ferrand", First: "Camille", Last: "Ferrand"},
		Words:  []string{"Collège", "Boutonne", "Deux-Sèvres"},
	}
}

func TestCheckPassword(t *testing.T) {
	for password, ok := range map[string]bool{
		"onze lettre":                 false,
		"douze lettres":               true,
		"un long mot de passe":        true,
		"xkqvtdmrwzpb":                true, // no kinds of characters are asked for
		"7304915826481637":            true, // sixteen digits that follow no rule
		"730491582648":                false,
		"Ferrand-camille-2024":        false,
		"mon ami C.FERRAND":           false,
		"mon ami F3rr4nd ici":         false, // letters in disguise
		"mon ami fèr.rand ici":        false,
		"éàüîôéàüîôéà":                false, // five signs, again and again
		"aaaaaaaaaaaa":                false,
		"azertyuiopqs":                false,
		"Azerty123456":                false,
		"123456789012":                false,
		"1qaz2wsx3edc":                false,
		"motdepasse2024":              false,
		"M0t.De.P@sse!2024":           false,
		"CollegeBoutonne24":           false,
		"collège-boutonne-2024-2025":  false,
		"ecluse-ecluse-ecluse":        false,
		"le lycée du héron cendré":    true, // one such word among others
		strings.Repeat("long", 40):    false,
		strings.Repeat("é", 129):      false,
		"cheval sept bleu 2024 doute": true,
	} {
		if err := CheckPassword(demand(), password); (err == nil) != ok || err != nil && !fault.Is(err, fault.Invalid) {
			t.Errorf("CheckPassword(%q) = %v, want ok %v", password, err, ok)
		}
	}
}

// TestBesideASecondProof: eight characters will do where a thief lacks the rest.
func TestBesideASecondProof(t *testing.T) {
	d := demand()
	d.Beside = true
	for password, ok := range map[string]bool{"sept let": true, "sept le": false, "Ferrand7x": false, "azertyui": false, "aaaaaaaa": false, "20242025": false, "73049158": false} {
		if err := CheckPassword(d, password); (err == nil) != ok {
			t.Errorf("CheckPassword(%q) = %v, want ok %v", password, err, ok)
		}
	}
}

// TestWhatIsLacking is said in words, and nothing of the password is repeated.
func TestWhatIsLacking(t *testing.T) {
	for password, want := range map[string]string{
		"neuf sign":      "il en manque 3",
		"boutonne 2024!": "un mot que tout le monde connaît ici, une année",
		"azertyuiop1234": "une suite comme",
		"ab12!ab12!ab12": "une répétition",
	} {
		var refused *fault.Error
		if err := CheckPassword(demand(), password); !errors.As(err, &refused) || !strings.Contains(refused.French, want) || strings.Contains(refused.French, password) {
			t.Errorf("%q: %v", password, err)
		}
	}
}

func bitsOf(password string) float64 {
	g := newGuess(password)
	g.collapse(demand().Words)
	return g.bits()
}

// TestBits: no estimate is above the CNIL's plain one, saying a thing again adds one
// sign at most, and so does a word or a run that everybody knows.
func TestBits(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		password := rapid.StringMatching(`[a-zé0-9 !]{1,40}`).Draw(t, "password")
		sign := math.Log2(float64(alphabet([]rune(password + "a é0!"))))
		if got, most := bitsOf(password), float64(utf8.RuneCountInString(password))*sign; got > most {
			t.Fatalf("%q has %.1f bits, more than %.1f", password, got, most)
		}
		for _, more := range []string{password, "boutonne", "Lycée", "2024", "aaaa", "azerty", "M0tdepasse"} {
			if n := utf8.RuneCountInString(more); n >= shortestRepeat && signs(password+more) > signs(password)+1 {
				t.Fatalf("%q after %q adds %d signs", more, password, signs(password+more)-signs(password))
			}
		}
	})
}

func signs(password string) (n int) {
	g := newGuess(password)
	g.collapse(demand().Words)
	for _, saved := range g.saved {
		if !saved {
			n++
		}
	}
	return n
}

// TestDrawnAtRandom: what a password manager makes is accepted.
func TestDrawnAtRandom(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		password := rapid.StringMatching(`[a-zA-Z0-9]{20}`).Draw(t, "password")
		if signs(password) >= 12 && CheckPassword(demand(), password) != nil {
			t.Fatalf("%q is refused", password)
		}
	})
}

func FuzzCheckPassword(f *testing.F) {
	for _, seed := range []string{"", "douze lettres", "\xff\xfe\xfd\xfc\xfb\xfa\xf9\xf8\xf7\xf6\xf5\xf4", "e\u0301e\u0301e\u0301e\u0301e\u0301e\u0301e\u0301", "ﬁ1|lI0OœŒß", "1qaz2wsx", "ﷺﷺﷺﷺﷺﷺﷺﷺﷺﷺﷺﷺ"} {
		f.Add(seed, "Élise", "Noël-Œuvrard", false)
	}
	f.Fuzz(func(t *testing.T, password, first, last string, beside bool) {
		d := Demand{Person: Person{First: first, Last: last, Login: first}, Words: []string{last, ""}, Beside: beside}
		err := CheckPassword(d, password)
		if err == nil && utf8.RuneCountInString(password) < MinBesidePassword {
			t.Errorf("%q is accepted", password)
		}
		if err != nil && !fault.Is(err, fault.Invalid) {
			t.Errorf("%q is refused with %v", password, err)
		}
	})
}
