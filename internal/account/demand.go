package account

import (
	"fmt"
	"math"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/ecluse-ecole/ecluse/internal/fault"
	"golang.org/x/text/unicode/norm"
)

// The length of a password, in characters, and the bits that it must have at
// least: CNIL 2022-100 asks for 50 where tries are limited. Beside a second proof,
// which a thief lacks, a shorter one will do; never shorter than NIST SP 800-63B
// and ASVS 6.2.1 have it. No kinds of characters are asked for, and what is longer
// than MaxPassword would only cost time.
const (
	MinPassword       = 12
	MinBesidePassword = 8
	MaxPassword       = 128

	enoughBits       = 50
	enoughBesideBits = 36
)

// A Demand is what a new password is held against.
type Demand struct {
	Person Person
	Words  []string // that everybody around knows: names of schools, places, offices
	Beside bool     // a second proof is asked beside it
}

// CheckPassword refuses a new password that is too short or too long, that holds
// the person's own names, or that is guessed too soon. It says in words what is
// lacking, and repeats nothing of what was typed.
func CheckPassword(d Demand, password string) error {
	atLeast, bits := MinPassword, float64(enoughBits)
	if d.Beside {
		atLeast, bits = MinBesidePassword, enoughBesideBits
	}
	switch n := utf8.RuneCountInString(password); {
	case n < atLeast:
		return fault.New(fault.Invalid,
			fmt.Sprintf("Le mot de passe doit avoir au moins %d caractères\u00a0: il en manque %d.", atLeast, atLeast-n),
			fmt.Sprintf("The password must have at least %d characters: %d more.", atLeast, atLeast-n))
	case n > MaxPassword:
		return fault.New(fault.Invalid,
			fmt.Sprintf("Le mot de passe doit avoir au plus %d caractères.", MaxPassword),
			fmt.Sprintf("The password must have at most %d characters.", MaxPassword))
	}
	g := newGuess(password)
	if slices.ContainsFunc(d.names(longName), g.holds) {
		return fault.New(fault.Invalid,
			"Le mot de passe ne doit contenir ni votre nom ni votre identifiant.",
			"The password must contain neither your name nor your login.")
	}
	g.collapse(append(d.names(shortName), d.Words...))
	if g.bits() < bits {
		return g.tooEasy()
	}
	return nil
}

// Names of longName letters and more must not stand in a password; shorter ones, which
// other words hold by chance, count as a single sign.
const (
	longName  = 4
	shortName = 3
)

// names are the person's own, from a number of letters on.
func (d Demand) names(atLeast int) (list []string) {
	for _, name := range append(strings.Fields(d.Person.First+" "+d.Person.Last), d.Person.First, d.Person.Last, d.Person.Login) {
		if utf8.RuneCountInString(name) >= atLeast {
			list = append(list, name)
		}
	}
	return list
}

// A guess is a password as somebody guesses it who knows the person, the school
// and the keyboard: what is guessed as one thing counts as one sign. What is left
// is counted as CNIL 2022-100 does, signs times the bits of the alphabet in use.
type guess struct {
	typed []rune
	plain []rune // small letters without accents
	saved []bool // signs that cost a guesser nothing: they follow from the one before
	found [weaknesses]bool
}

// What makes a password easier to guess than it is long.
const (
	weakWord = iota
	weakYear
	weakRun
	weakRepeat
	weaknesses
)

func newGuess(password string) *guess {
	typed := []rune(norm.NFC.String(password))
	g := &guess{typed: typed, plain: make([]rune, len(typed)), saved: make([]bool, len(typed))}
	for i, r := range typed {
		g.plain[i] = plainRune(r)
	}
	return g
}

// plainRune is a small letter without its accent.
func plainRune(r rune) rune {
	base, _ := utf8.DecodeRuneInString(norm.NFD.String(string(r)))
	return unicode.ToLower(base)
}

// leet is how digits and signs stand for letters; 1 is read as i and as l.
var leet = map[rune]rune{'0': 'o', '1': 'i', '3': 'e', '4': 'a', '5': 's', '7': 't', '8': 'b', '9': 'g', '@': 'a', '$': 's', '!': 'i', '€': 'e', '|': 'l'}

// lettersOf is the letters of a text read through leet, with where each stands; what
// stands between them, a dot or a space, hides no word.
func lettersOf(text []rune, one rune) (list []rune, at []int) {
	for i, r := range text {
		if stands, ok := leet[r]; ok {
			r = stands
		}
		if text[i] == '1' {
			r = one
		}
		if unicode.IsLetter(r) || unicode.IsDigit(r) {
			list, at = append(list, r), append(at, i)
		}
	}
	return list, at
}

// holds reports whether a word stands in the password.
func (g *guess) holds(word string) bool {
	found := false
	g.each(word, func(int, int) { found = true })
	return found
}

// each calls f with where a word begins and ends in the password.
func (g *guess) each(word string, f func(from, to int)) {
	plain := newGuess(word).plain
	for _, one := range []rune{'i', 'l'} {
		list, at := lettersOf(g.plain, one)
		want, _ := lettersOf(plain, one)
		for i := 0; len(want) > 0 && i+len(want) <= len(list); i++ {
			if slices.Equal(list[i:i+len(want)], want) {
				f(at[i], at[i+len(want)-1]+1)
			}
		}
	}
}

// collapse makes one sign of what is guessed as one thing.
func (g *guess) collapse(words []string) {
	for _, word := range slices.Concat(words, everybodys) {
		g.each(word, func(from, to int) { g.save(from, to, weakWord) })
	}
	for i := range g.plain {
		if isYear(g.plain[i:]) {
			g.save(i, i+4, weakYear)
		}
		if n := runLength(g.plain[i:]); n > 0 {
			g.save(i, i+n, weakRun)
		}
	}
	for i := 1; i < len(g.plain); i++ {
		if n := g.repeated(i); n >= shortestRepeat {
			g.save(i, i+n, weakRepeat)
			i += n - 1
		}
	}
}

// save makes one sign of several.
func (g *guess) save(from, to, why int) {
	for i := from + 1; i < to; i++ {
		g.saved[i] = true
	}
	g.found[why] = true
}

// isYear reports whether a text begins with a year that somebody lived or taught in.
func isYear(text []rune) bool {
	if len(text) < 4 {
		return false
	}
	century := string(text[:2])
	return (century == "19" || century == "20") && isDigit(text[2]) && isDigit(text[3])
}

func isDigit(r rune) bool { return '0' <= r && r <= '9' }

// How long a run is before it is one: ordinary words hold "def" and "tre".
const (
	shortestSame   = 3
	shortestDigits = 3
	shortestRun    = 4
	shortestRepeat = 4
)

// runLength is how many signs a text begins with that follow from the first one:
// the same again and again, the alphabet, digits in order, or neighbours on a
// keyboard; 0 where there is no such run.
func runLength(text []rune) int {
	longest := 0
	for _, step := range []rune{0, 1, -1} {
		n, enough := 1, shortestRun
		for n < len(text) && text[n]-text[n-1] == step {
			n++
		}
		switch {
		case step == 0:
			enough = shortestSame
		case isDigit(text[0]):
			enough = shortestDigits
		}
		if n >= enough {
			longest = max(longest, n)
		}
	}
	return max(longest, keysInARow(text))
}

// keyboards are rows and columns of keys as neighbours, in France and elsewhere, in
// both directions.
var keyboards = bothWays("azertyuiop", "qsdfghjklm", "wxcvbn", "&é\"'(-è_çà", "qwertyuiop", "asdfghjkl", "zxcvbnm", "1234567890",
	"1aqw2zsx3edc4rfv5tgb", "1qaz2wsx3edc4rfv5tgb", "aqwzsxedcrfv", "qazwsxedcrfv")

func bothWays(rows ...string) (list [][]rune) {
	for _, row := range rows {
		keys := newGuess(row).plain
		back := slices.Clone(keys)
		slices.Reverse(back)
		list = append(list, keys, back)
	}
	return list
}

// keysInARow is how many signs a text begins with that are neighbours on a keyboard.
func keysInARow(text []rune) (longest int) {
	for _, keys := range keyboards {
		for i := range keys {
			longest = max(longest, common(keys[i:], text))
		}
	}
	if longest < shortestRun {
		return 0
	}
	return longest
}

// common is how many signs two texts begin with alike.
func common(a, b []rune) (n int) {
	for n < len(a) && n < len(b) && a[n] == b[n] {
		n++
	}
	return n
}

// repeated is how many signs from i on stood there before.
func (g *guess) repeated(i int) (longest int) {
	for j := range i {
		longest = max(longest, common(g.plain[j:], g.plain[i:]))
	}
	return longest
}

// bits is what is left to guess.
func (g *guess) bits() float64 {
	signs := 0
	for _, saved := range g.saved {
		if !saved {
			signs++
		}
	}
	return float64(signs) * math.Log2(float64(alphabet(g.typed)))
}

// alphabet is from how many characters a text draws, by the kinds that it uses:
// small and capital letters, digits, other ASCII, letters of other languages.
func alphabet(text []rune) (size int) {
	kinds := []struct {
		size int
		of   func(rune) bool
	}{
		{26, func(r rune) bool { return 'a' <= r && r <= 'z' }},
		{26, func(r rune) bool { return 'A' <= r && r <= 'Z' }},
		{10, isDigit},
		{33, func(r rune) bool { return r < 0x80 && !unicode.IsLetter(r) && !isDigit(r) }},
		{30, func(r rune) bool { return r >= 0x80 }},
	}
	for _, k := range kinds {
		if slices.ContainsFunc(text, k.of) {
			size += k.size
		}
	}
	return max(size, 2)
}

// everybodys are words that guessers try first, here; each counts as one sign.
var everybodys = strings.Fields(`ecluse college lycee ecole maternelle elementaire primaire etablissement classe
	eleve eleves professeur enseignant directeur directrice principal proviseur parents vacances rentree cantine
	motdepasse password bonjour bienvenue welcome soleil doudou loulou chouchou jetaime iloveyou amour
	azerty qwerty admin administrateur secret pronote educonnect messagerie internet france marseille football
	janvier fevrier avril juillet septembre octobre novembre decembre printemps automne hiver
	dragon pokemon naruto minecraft fortnite monamour coucou chocolat princesse superman`)

// tooEasy refuses a password, with the kinds of things that hardly count in it.
func (g *guess) tooEasy() error {
	words := [weaknesses][2]string{
		weakWord:   {"un mot que tout le monde connaît ici", "a word that everybody here knows"},
		weakYear:   {"une année", "a year"},
		weakRun:    {"une suite comme 1234 ou azerty", "a run such as 1234 or azerty"},
		weakRepeat: {"une répétition", "a repetition"},
	}
	var french, english []string
	for why, found := range g.found {
		if found {
			french, english = append(french, words[why][0]), append(english, words[why][1])
		}
	}
	inFrench, inEnglish := "", ""
	if len(french) > 0 {
		inFrench = " Il contient " + strings.Join(french, ", ") + "\u00a0: cela ne compte presque pas."
		inEnglish = " It holds " + strings.Join(english, ", ") + ": that hardly counts."
	}
	return fault.New(fault.Invalid,
		"Ce mot de passe se devine trop vite."+inFrench+" Ajoutez deux ou trois mots sans lien entre eux.",
		"This password is guessed too soon."+inEnglish+" Add two or three unrelated words.")
}
