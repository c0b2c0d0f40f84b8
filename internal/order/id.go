package order

import (
	"strconv"
	"strings"

	"github.com/ecluse-ecole/ecluse/internal/school"
)

// ParseID reads "FR/13/079/2024-0001": the issuer's territory, the year and a
// number of four to six digits, counted by the issuer.
func ParseID(s string) (ID, error) {
	territory, number, found := cutLast(s)
	if !found {
		return "", tell("%q is not an order's name: write the issuer, the year and a number, such as FR/13/079/2024-0001", s)
	}
	if _, err := school.ParseTerritory(territory); err != nil {
		return "", tell("%q is not an order's name: %s", s, notTerritory(err, territory))
	}
	year, serial, found := strings.Cut(number, "-")
	if !found || !digits(year, 4, 4) || !digits(serial, 4, 6) {
		return "", tell("%q is not an order's name: after the issuer write the year and a number of four to six digits, such as 2024-0001", s)
	}
	return ID(s), nil
}

// Issuer is the territory that the name begins with.
func (id ID) Issuer() school.Territory {
	territory, _, _ := cutLast(string(id))
	return school.Territory(territory)
}

// Year is the year in the name, and 0 when the name was not made by ParseID.
func (id ID) Year() int {
	_, number, _ := cutLast(string(id))
	text, _, _ := strings.Cut(number, "-")
	year, err := strconv.Atoi(text)
	if err != nil {
		return 0
	}
	return year
}

// notTerritory is why a text is no territory.
func notTerritory(err error, s string) sentence {
	return tellAs(err, "%q is not a territory: write a path such as FR/13/079", shorten(s))
}

func cutLast(s string) (before, after string, found bool) {
	i := strings.LastIndexByte(s, '/')
	if i < 0 {
		return "", s, false
	}
	return s[:i], s[i+1:], true
}

func digits(s string, least, most int) bool {
	return len(s) >= least && len(s) <= most && strings.Trim(s, "0123456789") == ""
}
