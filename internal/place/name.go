package place

import (
	"cmp"
	"slices"
	"strings"
	"unicode"

	"golang.org/x/text/language"
	"golang.org/x/text/language/display"
	"golang.org/x/text/unicode/norm"

	"github.com/ecluse-ecole/ecluse/internal/school"
)

// Name is what a country is called in French or English (Unicode CLDR), "" for "".
func Name(code string, english bool) string {
	region, err := language.ParseRegion(code)
	if err != nil {
		return code
	}
	if english {
		return display.English.Regions().Name(region)
	}
	return strings.ReplaceAll(display.French.Regions().Name(region), "'", "’")
}

// Names are the names of a list of codes in a few words: France with all its
// territories is one.
func Names(codes []string, english bool) (names []string) {
	for _, w := range school.CountryWords(codes) {
		switch {
		case w != school.AllFrance:
			names = append(names, Name(w, english))
		case english:
			names = append(names, "France and all its territories")
		default:
			names = append(names, "la France et tous ses territoires")
		}
	}
	return names
}

// A Named country is one to choose from.
type Named struct{ Code, Name string }

// AllNamed are all countries, as a reader looks for them.
func AllNamed(english bool) (list []Named) {
	for _, code := range school.Countries() {
		list = append(list, Named{code, Name(code, english)})
	}
	slices.SortFunc(list, func(a, b Named) int { return cmp.Compare(plain(a.Name), plain(b.Name)) })
	return list
}

// plain is a name without accents, as lists are sorted.
func plain(name string) string {
	return strings.ToLower(strings.Map(func(r rune) rune {
		if unicode.Is(unicode.Mn, r) {
			return -1
		}
		return r
	}, norm.NFD.String(name)))
}
