package calendar

import (
	"slices"
	"sync"
	"time"

	"github.com/ecluse-ecole/ecluse/hours"
)

// The years whose public holidays are known. The national list last changed in
// 1982 (8 May), the overseas days were set in 1983.
const (
	firstYear = 1984
	lastYear  = 2099
)

// A Day is a public holiday.
type Day struct {
	Date hours.Date
	Name string // in French, as shown
}

// A feast is a public holiday of every year: a day of a month, or, when month is
// 0, so many days after Easter Sunday.
type feast struct {
	month time.Month
	day   int
	name  string
}

var national = []feast{
	{time.January, 1, "Jour de l’an"},
	{0, 1, "Lundi de Pâques"},
	{time.May, 1, "Fête du travail"},
	{time.May, 8, "Victoire de 1945"},
	{0, 39, "Ascension"},
	{0, 50, "Lundi de Pentecôte"},
	{time.July, 14, "Fête nationale"},
	{time.August, 15, "Assomption"},
	{time.November, 1, "Toussaint"},
	{time.November, 11, "Armistice de 1918"},
	{time.December, 25, "Noël"},
}

const abolition = "Abolition de l’esclavage"

// local are the days that a public-holiday territory adds to the national ones.
// Saint-Martin keeps 28 May; some sources say 27 May, Guadeloupe's day.
var local = map[string][]feast{
	"FR":  nil,
	"ALM": {{0, -2, "Vendredi saint"}, {time.December, 26, "Saint-Étienne"}},
	"971": {{time.May, 27, abolition}},
	"972": {{time.May, 22, abolition}},
	"973": {{time.June, 10, abolition}},
	"974": {{time.December, 20, abolition}},
	"976": {{time.April, 27, abolition}},
	"977": {{time.October, 9, abolition}},
	"978": {{time.May, 28, abolition}},
	"988": {{time.September, 24, "Fête de la citoyenneté"}},
}

func (f feast) in(year int) hours.Date {
	if f.month == 0 {
		return easter(year) + hours.Date(f.day)
	}
	return hours.NewDate(year, f.month, f.day)
}

// easter is Easter Sunday of the Gregorian calendar, by the anonymous algorithm
// of 1876 (Meeus, Astronomical Algorithms, chapter 8).
func easter(year int) hours.Date {
	a, b, c := year%19, year/100, year%100
	d, e := b/4, b%4
	g := (8*b + 13) / 25
	h := (19*a + b - d - g + 15) % 30
	i, k := c/4, c%4
	l := (32 + 2*e + 2*i - h - k) % 7
	m := (a + 11*h + 22*l) / 451
	n := h + l - 7*m + 114
	return hours.NewDate(year, time.Month(n/31), n%31+1)
}

// Public lists the public holidays of a year in the territory of a calendar's
// Public code ("FR", "ALM", "971"…), in order; two may share a date. It is nil
// for an unknown territory and outside 1984 to 2099.
func Public(territory string, year int) []Day {
	extra, ok := local[territory]
	if !ok || year < firstYear || year > lastYear {
		return nil
	}
	var days []Day
	for _, f := range slices.Concat(national, extra) {
		days = append(days, Day{f.in(year), f.name})
	}
	slices.SortStableFunc(days, func(a, b Day) int { return int(a.Date - b.Date) })
	return days
}

// publicDays has the public holidays of every territory, computed once: the
// answer is the same for all sets.
var publicDays = sync.OnceValue(func() map[string]hours.Days {
	first, last := hours.NewDate(firstYear, time.January, 1), hours.NewDate(lastYear, time.December, 31)
	all := make(map[string]hours.Days, len(local))
	for territory := range local {
		var dates []hours.Date
		for year := firstYear; year <= lastYear; year++ {
			for _, d := range Public(territory, year) {
				dates = append(dates, d.Date)
			}
		}
		all[territory] = hours.NewDays(first, last, slices.Compact(dates)...)
	}
	return all
})
