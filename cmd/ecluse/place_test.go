package main

import (
	"slices"
	"strings"
	"testing"

	"github.com/ecluse-ecole/ecluse/internal/config"
)

func TestCountriesOfTheConfiguration(t *testing.T) {
	_, codes, err := countriesOf(config.Config{Countries: []string{"FR+", "BE"}, OwnCountry: "RE"})
	if err != nil || len(codes) != 14 || !slices.Contains(codes, "RE") || !slices.Contains(codes, "BE") {
		t.Errorf("%v, %v", codes, err)
	}
	for _, c := range []config.Config{{Countries: []string{"UK"}}, {Countries: []string{"FR", ""}}, {OwnCountry: "FR+"}} {
		if _, _, err := countriesOf(c); err == nil || !strings.Contains(err.Error(), "ISO 3166-1") {
			t.Errorf("%+v: %v", c, err)
		}
	}
}
