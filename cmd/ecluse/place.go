package main

import (
	"fmt"

	"github.com/ecluse-ecole/ecluse/internal/config"
	"github.com/ecluse-ecole/ecluse/internal/place"
	"github.com/ecluse-ecole/ecluse/internal/school"
)

// countriesOf is the databases of countries, and the codes of those from which people
// sign in.
func countriesOf(c config.Config) (*place.Set, []string, error) {
	for _, word := range c.Countries {
		if school.CountriesOf(word) == nil {
			return nil, nil, fmt.Errorf("countries has %q: want codes of ISO 3166-1 in capitals, such as FR, or FR+ for France with all its territories", word)
		}
	}
	if c.OwnCountry != "" && !school.IsCountry(c.OwnCountry) {
		return nil, nil, fmt.Errorf("own_country is %q: want a code of ISO 3166-1 in capitals, such as FR or RE", c.OwnCountry)
	}
	return place.Open(c.Places, c.OwnCountry), school.CountrySet(c.Countries), nil
}
