package page

import (
	"time"

	"github.com/ecluse-ecole/ecluse/internal/place"
)

// CountryName is what a country is called.
func CountryName(l Lang, code string) string { return place.Name(code, l == English) }

// CountryNames are countries in a sentence.
func CountryNames(l Lang, codes []string) string { return l.and(place.Names(codes, l == English)) }

// CountryChoices are all countries, to choose one.
func CountryChoices(l Lang, chosen string) []Choice {
	list := []Choice{{Label: l.Say("choisir", "choose"), Chosen: chosen == ""}}
	for _, c := range place.AllNamed(l == English) {
		list = append(list, Choice{Value: c.Code, Label: c.Name, Chosen: c.Code == chosen})
	}
	return list
}

// Travels is where a person is expected, and the form that says so.
type Travels struct {
	List      []Travel
	Countries []Choice
	From, To  string // days, as typed
}

// A Travel is one journey that is expected.
type Travel struct {
	ID       string // what the form posts
	Country  string
	From, To time.Time // the first day and the last
	Begun    bool
}

// Countries is what an installation knows of the countries that people connect
// from, for an office.
type Countries struct {
	Databases []CountryDatabase
	Open      string // the countries of its own rule, in words; "": it has none
	Missing   bool   // something hangs on countries and none can be known
}

// A CountryDatabase is one file.
type CountryDatabase struct {
	File    string
	Built   time.Time // zero: never read
	Old     bool
	Trouble bool // the file, as it is now, cannot be read
}

// state is how a database is, in a few words.
func (d CountryDatabase) state(l Lang) string {
	built := l.Say("du ", "of ") + l.date(d.Built) + " " + d.Built.Format("2006")
	switch {
	case d.Built.IsZero():
		return l.Say("illisible : elle ne compte pas", "cannot be read: it does not count")
	case d.Trouble:
		return l.Say("le nouveau fichier est illisible : celui "+built+" continue de servir", "the new file cannot be read: the one "+built+" goes on")
	case d.Old:
		return built + l.Say(" : plus de 90 jours, à remplacer", ": more than 90 days old, to be replaced")
	}
	return built
}
