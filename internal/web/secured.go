package web

import (
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/ecluse-ecole/ecluse"
	"github.com/ecluse-ecole/ecluse/internal/order"
	"github.com/ecluse-ecole/ecluse/internal/school"
	"github.com/ecluse-ecole/ecluse/internal/web/page"
)

// securedPage is how many people a page of the securing board lists.
const securedPage = 100

// secured shows how far accounts are secured.
func (c *call) secured() error {
	since, problem := c.since()
	s, err := c.app.Secured(c.r.Context(), c.who, since)
	if err != nil {
		return err
	}
	p := page.Secured{
		Own: c.who.Member.ID != 0, Asked: s.Asked, Total: tallyRow("", s.Total()),
		Since: page.Field{Value: c.r.FormValue("since"), Error: problem}, Export: c.base() + page.SecuredCSVPart + mark(c.r.URL.RawQuery),
	}
	for _, n := range s.Needs {
		p.Needs = append(p.Needs, c.need(n))
	}
	p.Roles = c.roleRows(s)
	if p.Own {
		c.ownSecured(&p, s)
	} else {
		p.Rows, p.Countries = schoolRows(s), c.countries()
	}
	if p.Frame, err = c.stayingFrame(c.lang.Say("Comptes sécurisés", "Secured accounts")); err != nil {
		return err
	}
	status := ok
	if problem != "" {
		status = http.StatusUnprocessableEntity
	}
	return c.show(status, p)
}

// since is the date that the address bar asks for, from its first hour.
func (c *call) since() (day time.Time, problem string) {
	typed := c.r.FormValue("since")
	if typed == "" {
		return day, ""
	}
	day, err := time.ParseInLocation(time.DateOnly, typed, c.loc)
	if err != nil {
		return day, c.lang.Say("Écrivez la date comme 2024-03-28.", "Write the date as 2024-03-28.")
	}
	return day, ""
}

// need is what one order asks, and who meets it.
func (c *call) need(n ecluse.Need) page.SecuredNeed {
	var asks []string
	if !n.Since.IsZero() {
		asks = append(asks, c.lang.Say("un mot de passe choisi depuis le ", "a password chosen since ")+c.lang.Moment(c.in(n.Since)))
	}
	if n.Second {
		asks = append(asks, c.lang.Say("une deuxième preuve", "a second proof"))
	}
	if n.Live {
		asks = append(asks, c.lang.Say("un appareil connu ou un pays", "a known device or a country"))
	}
	out := page.SecuredNeed{
		Title: n.Order.Title, URL: c.base() + page.OrdersPart + "/" + string(n.Order.ID), Live: n.Live, Begun: n.Order.State == order.InForce,
		Asks: c.lang.Say("Il demande : ", "It asks for: ") + strings.Join(asks, c.lang.Say(" ; ", "; ")) + ".",
	}
	for r := range school.Role(school.RoleCount) {
		if m := n.Roles[r]; m.Of > 0 {
			out.Roles = append(out.Roles, page.SecuredMet{Role: r, Meet: m.Meet, Of: m.Of})
		}
	}
	return out
}

func tallyRow(label string, t ecluse.Tally) page.SecuredRow {
	return page.SecuredRow{Label: label, All: t.All, Ready: t.Secured, Second: t.Second, Lacking: t.Lacking}
}

func (c *call) roleRows(s ecluse.Secured) (rows []page.SecuredRow) {
	for r := range school.Role(school.RoleCount) {
		var t ecluse.Tally
		for _, sc := range s.Schools {
			t = t.Plus(sc.Roles[r])
		}
		row := tallyRow(page.RolesWord(c.lang, r), t)
		if c.who.Member.ID != 0 {
			row.URL = c.securedURL("role", r.String()) + "#people-title"
		}
		rows = append(rows, row)
	}
	return rows
}

func schoolRows(s ecluse.Secured) (rows []page.SecuredRow) {
	for _, sc := range s.Schools {
		row := tallyRow(sc.School.Name, sc.Total())
		row.Code = string(sc.School.UAI)
		rows = append(rows, row)
	}
	return rows
}

// securedURL is the page with one thing more asked for.
func (c *call) securedURL(key, value string) string {
	query := url.Values{key: {value}}
	if since := c.r.FormValue("since"); since != "" {
		query.Set("since", since)
	}
	return c.base() + page.SecuredPart + "?" + query.Encode()
}

// ownSecured adds what only the school itself reads.
func (c *call) ownSecured(p *page.Secured, s ecluse.Secured) {
	for _, class := range s.Classes {
		row := tallyRow(class.Class.Name+c.lang.Say(", élèves", ", pupils"), class.Pupils)
		row.URL = c.securedURL("class", class.Class.Name) + "#people-title"
		p.Rows = append(p.Rows, row, tallyRow(class.Class.Name+c.lang.Say(", responsables", ", guardians"), class.Guardians))
	}
	p.Families, p.Slips = families(s.Families), c.base()+page.SlipsPart+"?families=1"
	p.Filter = c.securedFilter(s)
	found := c.securedPeople(s)
	p.Found = len(found)
	from := min(max(int(number(c.r.FormValue("from"))), 0), len(found))
	to := min(from+securedPage, len(found))
	for _, one := range found[from:to] {
		row := page.SecuredPerson{Name: one.Name, Role: one.Role, Classes: one.Classes, Lacks: lackList(one.Lacks), Second: one.Second}
		if one.Service != "" {
			row.Service, row.Renewed = c.serviceName(one.Service), !one.Renewed.IsZero()
		}
		p.People = append(p.People, row)
	}
	if to < len(found) {
		query := c.r.URL.Query()
		query.Set("from", strconv.Itoa(to))
		p.More = c.base() + page.SecuredPart + "?" + query.Encode() + "#people-title"
	}
}

// families is whom to invite, by class.
func families(list []ecluse.SecuredPerson) (out []page.SecuredFamily) {
	names := map[string][]string{}
	for _, g := range list {
		classes := g.Classes
		if len(classes) == 0 {
			classes = []string{""}
		}
		for _, class := range classes {
			names[class] = append(names[class], g.Name)
		}
	}
	for class, list := range names {
		out = append(out, page.SecuredFamily{Class: class, Names: list})
	}
	slices.SortFunc(out, func(a, b page.SecuredFamily) int { return strings.Compare(a.Class, b.Class) })
	return out
}

func lackList(l ecluse.Lacks) (out []page.SecuredLack) {
	for lack := range ecluse.Lack(ecluse.LackCount) {
		if l.Has(lack) {
			out = append(out, page.SecuredLack(lack))
		}
	}
	return out
}

// securedPeople keeps whom the address bar asks for.
func (c *call) securedPeople(s ecluse.Secured) (out []ecluse.SecuredPerson) {
	role, class, lack, name := c.r.FormValue("role"), c.r.FormValue("class"), c.r.FormValue("lack"), c.r.FormValue("name")
	for _, p := range s.People {
		switch {
		case role != "" && p.Role.String() != role, class != "" && !slices.Contains(p.Classes, class), !matches(p.Name, name):
		case lack == "" || lack == "any" && p.Lacks != 0 || lack == "none" && p.Lacks == 0 || hasLack(p.Lacks, lack):
			out = append(out, p)
		}
	}
	return out
}

func hasLack(l ecluse.Lacks, word string) bool {
	for lack := range ecluse.Lack(ecluse.LackCount) {
		if lack.String() == word {
			return l.Has(lack)
		}
	}
	return false
}

func (c *call) securedFilter(s ecluse.Secured) page.SecuredFilter {
	choice := func(key, value, label string) page.Choice {
		return page.Choice{Value: value, Label: label, Chosen: c.r.FormValue(key) == value}
	}
	f := page.SecuredFilter{
		Name:    c.r.FormValue("name"),
		Roles:   []page.Choice{{Label: c.lang.Say("tous", "all")}},
		Classes: []page.Choice{{Label: c.lang.Say("toutes", "all")}},
		Lacks: []page.Choice{{Label: c.lang.Say("tous", "all")}, choice("lack", "any", c.lang.Say("quelque chose", "something")),
			choice("lack", "none", c.lang.Say("rien", "nothing"))},
	}
	for r := range school.Role(school.RoleCount) {
		f.Roles = append(f.Roles, choice("role", r.String(), page.RolesWord(c.lang, r)))
	}
	for _, class := range s.Classes {
		f.Classes = append(f.Classes, choice("class", class.Class.Name, class.Class.Name))
	}
	for lack := range ecluse.Lack(ecluse.LackCount) {
		f.Lacks = append(f.Lacks, choice("lack", lack.String(), page.SecuredLackWord(c.lang, page.SecuredLack(lack))))
	}
	return f
}

// securedCSV is the same as a file, for who has just proved who they are: people
// for a head, schools and roles for an office.
func (c *call) securedCSV() error {
	since, problem := c.since()
	if problem != "" {
		return c.secured()
	}
	s, err := c.app.SecuredFile(c.r.Context(), c.who, since)
	if err != nil {
		return err
	}
	if c.who.Member.ID != 0 {
		out := c.csv("ecluse-comptes.csv", "name", "role", "classes", "lacks", "second_factor")
		for _, p := range c.securedPeople(s) {
			var lacks []string
			for _, lack := range lackList(p.Lacks) {
				lacks = append(lacks, ecluse.Lack(lack).String())
			}
			out.Write(p.Name, p.Role.String(), strings.Join(p.Classes, " "), strings.Join(lacks, " "), strconv.FormatBool(p.Second))
		}
		return out.End()
	}
	out := c.csv("ecluse-comptes.csv", "uai", "school", "role", "accounts", "ready", "never_activated", "old_password", "no_second_factor", "renewal_asked", "frozen", "second_factor")
	for _, sc := range s.Schools {
		for r := range school.Role(school.RoleCount) {
			t := sc.Roles[r]
			line := []string{string(sc.School.UAI), sc.School.Name, r.String(), strconv.Itoa(t.All), strconv.Itoa(t.Secured)}
			for _, n := range t.Lacking {
				line = append(line, strconv.Itoa(n))
			}
			out.Write(append(line, strconv.Itoa(t.Second))...)
		}
	}
	return out.End()
}
