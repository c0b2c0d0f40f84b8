package config

import (
	"errors"
	"fmt"
	"slices"
)

// mostPlaces is how many databases of countries are asked.
const mostPlaces = 3

// placeFiles are the databases of countries.
func (c Config) placeFiles() (list []*string) {
	for i := range c.Places {
		list = append(list, &c.Places[i])
	}
	return list
}

// checkPlaces refuses what cannot be meant; whether a word is a country is for who
// knows them.
func (c Config) checkPlaces() error {
	switch {
	case len(c.Places) > mostPlaces:
		return fmt.Errorf("places names %d files: want at most %d", len(c.Places), mostPlaces)
	case slices.Contains(c.Places, ""):
		return errors.New("places has an empty name: name a file, or take the line out")
	case hasTwice(c.Places):
		return errors.New("places names a file twice: two databases must be of different makers, or their agreement means nothing")
	}
	return nil
}

func hasTwice(list []string) bool {
	for i, s := range list {
		if slices.Contains(list[:i], s) {
			return true
		}
	}
	return false
}
