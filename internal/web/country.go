package web

import (
	"fmt"
	"strconv"
	"time"

	"github.com/ecluse-ecole/ecluse"
	"github.com/ecluse-ecole/ecluse/internal/account"
	"github.com/ecluse-ecole/ecluse/internal/fault"
	"github.com/ecluse-ecole/ecluse/internal/gate"
	"github.com/ecluse-ecole/ecluse/internal/web/page"
)

// cameFrom is how the country stands that an order asks for.
func (c *call) cameFrom(st ecluse.State) (from page.CameFrom, err error) {
	if st.Decision.Unmet&gate.FromCountry == 0 || c.visit.Found.Sure {
		return from, nil
	}
	from.Doubt, from.Next = true, memberURL(c.who.Member.ID)+page.InboxPart
	ways, err := c.app.Ways(c.r.Context(), c.visit)
	from.Second = ways.Second()
	return from, err
}

// travels is where a person is expected, with what was typed.
func (c *call) travels(list []account.Travel) page.Travels {
	out := page.Travels{From: c.r.PostFormValue("from"), To: c.r.PostFormValue("to"), Countries: page.CountryChoices(c.lang, c.r.PostFormValue("country"))}
	for _, t := range list {
		out.List = append(out.List, page.Travel{
			ID: strconv.FormatInt(t.ID, 10), Country: page.CountryName(c.lang, t.Country),
			From: c.in(t.Since), To: c.in(t.Until.Add(-time.Second)), Begun: t.Holds(c.app.Now()),
		})
	}
	return out
}

// addTravel takes the form: both days count whole, by the clock of the school.
func (c *call) addTravel(person account.PersonID) error {
	t := account.Travel{Person: person, Country: c.r.FormValue("country")}
	for field, day := range map[string]*time.Time{"from": &t.Since, "to": &t.Until} {
		var err error
		if *day, err = time.ParseInLocation(time.DateOnly, c.r.FormValue(field), c.loc); err != nil {
			return fault.Wrap(err, fault.Invalid, "Écrivez chaque jour comme 2024-03-28.", "Write each day as 2024-03-28.")
		}
	}
	t.Until = t.Until.AddDate(0, 0, 1)
	return c.app.AddTravel(c.r.Context(), c.who, t)
}

// countries is what an office reads of databases of countries.
func (c *call) countries() page.Countries {
	known := c.app.Countries()
	out := page.Countries{Missing: known.Missing(), Open: page.CountryNames(c.lang, known.Open)}
	for _, d := range known.Databases {
		out.Databases = append(out.Databases, page.CountryDatabase{
			File: d.File, Built: d.Built, Old: d.IsOld(c.app.Now()), Trouble: d.Trouble != nil,
		})
	}
	return out
}

// readyCountries says what hangs on countries and is not known. It names no file:
// anybody may ask.
func (c *call) readyCountries() {
	known := c.app.Countries()
	if known.Missing() {
		fmt.Fprintln(c.w, "no country is known, so that a second proof is asked for wherever one counts: no database can be read (key \"places\" of the configuration)")
	}
	broken, old := 0, 0
	for _, d := range known.Databases {
		if d.Trouble != nil {
			broken++
		}
		if d.IsOld(c.app.Now()) {
			old++
		}
	}
	if broken > 0 {
		fmt.Fprintf(c.w, "%d of %d databases of countries cannot be read\n", broken, len(known.Databases))
	}
	if old > 0 {
		fmt.Fprintf(c.w, "%d of %d databases of countries are older than 90 days\n", old, len(known.Databases))
	}
}
