package school_test

import (
	"slices"
	"testing"

	"github.com/ecluse-ecole/ecluse/internal/school"
)

func TestCountries(t *testing.T) {
	all := school.Countries()
	if len(all) != 249 || !slices.IsSorted(all) {
		t.Fatalf("%d codes, sorted: %t; want the 249 of ISO 3166-1, sorted", len(all), slices.IsSorted(all))
	}
	for word, want := range map[string]int{"FR": 1, "RE": 1, "FR+": 13, "UK": 0, "fr": 0, "FR++": 0, "": 0, "BE+": 0} {
		if got := school.CountriesOf(word); len(got) != want {
			t.Errorf("%q stands for %v; want %d", word, got, want)
		}
	}
	for _, code := range school.French() {
		if !school.IsCountry(code) || !school.IsFrench(code) {
			t.Errorf("%s is French, and no country", code)
		}
	}
	set := school.CountrySet([]string{"RE", "FR+", "BE", "BE"})
	if len(set) != 14 || !slices.IsSorted(set) {
		t.Errorf("the set is %v", set)
	}
	if got := school.CountryWords(set); !slices.Equal(got, []string{"FR+", "BE"}) {
		t.Errorf("in the fewest words: %v", got)
	}
	if got := school.CountryWords([]string{"FR", "RE"}); !slices.Equal(got, []string{"FR", "RE"}) {
		t.Errorf("a part of France: %v", got)
	}
}
