package web

import (
	"net/http"
	"strconv"
	"strings"

	"github.com/ecluse-ecole/ecluse"
	"github.com/ecluse-ecole/ecluse/internal/fault"
	"github.com/ecluse-ecole/ecluse/internal/school"
	"github.com/ecluse-ecole/ecluse/internal/sheet"
	"github.com/ecluse-ecole/ecluse/internal/store"
	"github.com/ecluse-ecole/ecluse/internal/web/page"
)

// stolen is what became of lists of stolen accounts: an office reads counts, a head
// the names of the school.
func (c *call) stolen() error {
	if c.who.Member.ID != 0 {
		return c.stolenSchool()
	}
	lists, err := c.app.StolenLists(c.r.Context(), c.who)
	if err != nil {
		return err
	}
	p := page.StolenLists{Leaks: c.leaks()}
	for _, l := range lists {
		p.Lists = append(p.Lists, c.stolenRow(l))
	}
	if p.Frame, err = c.stayingFrame(c.lang.Say("Comptes volés", "Stolen accounts")); err != nil {
		return err
	}
	return c.show(ok, p)
}

// leaks is the list of leaked passwords that is installed.
func (c *call) leaks() page.Leaks {
	list, there := c.app.LeakList()
	return page.Leaks{There: there, Trouble: list.Trouble, Count: int(list.Count), Built: c.in(list.Built)}
}

func (c *call) stolenRow(l ecluse.StolenReport) page.StolenRow {
	row := page.StolenRow{
		URL: page.Frame{Base: c.base()}.URL(page.StolenPart, strconv.FormatInt(l.ID, 10)), Received: c.in(l.Received),
		Lines: int(l.Line), LeftOut: int(l.LeftOut), Untried: int(l.Untried), Accounts: l.Matched, Works: l.Works, Old: l.Old, Never: l.Never,
	}
	switch {
	case c.app.Stalled(l.StolenList):
		row.State = page.StolenStalled
	case l.Done.IsZero():
		row.State = page.StolenReading
	}
	return row
}

// newStolen is the form of a list. Who acts proves it before a file is chosen.
func (c *call) newStolen() error { return c.showNewStolen(ok, page.StolenNew{}) }

func (c *call) showNewStolen(status int, p page.StolenNew) error {
	if err := c.app.MayReadStolen(c.who); err != nil {
		return err
	}
	var err error
	p.Most = ecluse.MaxStolen >> 20
	if p.Frame, err = c.stayingFrame(c.lang.Say("Remettre une liste", "Hand in a list")); err != nil {
		return err
	}
	return c.show(status, p)
}

// readStolen takes a list in. It is in memory only.
func (c *call) readStolen() error {
	p := page.StolenNew{Hosts: page.Field{Value: c.r.FormValue("hosts")}}
	list, err := c.file("list")
	if err != nil {
		return err
	}
	if len(list) == 0 {
		p.Problem = c.lang.Say("Choisissez le fichier que vous avez reçu.", "Choose the file that you received.")
		return c.showNewStolen(http.StatusUnprocessableEntity, p)
	}
	l, err := c.app.StartStolen(c.r.Context(), c.who, list, strings.Fields(strings.ToLower(p.Hosts.Value)))
	switch kind := fault.KindOf(err); {
	case kind == fault.Invalid:
		p.Hosts.Error = c.sentence(err)
		return c.showNewStolen(http.StatusUnprocessableEntity, p)
	case kind == fault.Conflict:
		p.Problem = c.sentence(err)
		return c.showNewStolen(http.StatusConflict, p)
	case err != nil:
		return err
	}
	return c.redirect(page.Frame{Base: c.base()}.URL(page.StolenPart, strconv.FormatInt(l.ID, 10)))
}

// stolenPause is after how many seconds a page of a list that is being read asks
// again.
const stolenPause = 5

// stolenList is one list with its counts.
func (c *call) stolenList() error {
	report, counts, err := c.app.StolenList(c.r.Context(), c.who, c.stolenID())
	if err != nil {
		return err
	}
	p := page.StolenList{Row: c.stolenRow(report), CSV: c.base() + page.StolenCSVPart + "/" + strconv.FormatInt(report.ID, 10)}
	for _, n := range counts {
		p.Counts = append(p.Counts, page.StolenCount{
			School: c.schoolOf(n.School), Role: n.Role, Works: n.Works, Frozen: n.Frozen, Old: n.Old, Never: n.Never,
		})
	}
	if p.Frame, err = c.stayingFrame(c.lang.Say("Comptes volés", "Stolen accounts")); err != nil {
		return err
	}
	if p.Row.State == page.StolenReading {
		c.w.Header().Set("Refresh", strconv.Itoa(stolenPause))
	}
	return c.show(ok, p)
}

func (c *call) stolenID() int64 {
	id, err := strconv.ParseInt(c.r.PathValue("id"), 10, 64)
	if err != nil {
		return 0
	}
	return id
}

// schoolOf is a school with its code; "" stays.
func (c *call) schoolOf(uai school.UAI) string {
	if uai == "" {
		return ""
	}
	return c.schoolName(uai) + " (" + string(uai) + ")"
}

// stolenCSV is the counts of a list as a file.
func (c *call) stolenCSV() error {
	_, counts, err := c.app.StolenList(c.r.Context(), c.who, c.stolenID())
	if err != nil {
		return err
	}
	out := c.csv("ecluse-comptes-voles.csv", "uai", "role", "frozen", "still_frozen", "another_password", "no_password_here")
	for _, n := range counts {
		role := n.Role.String()
		if n.School == "" {
			role = "authority"
		}
		out.Write(string(n.School), role, strconv.Itoa(n.Works), strconv.Itoa(n.Frozen), strconv.Itoa(n.Old), strconv.Itoa(n.Never))
	}
	return out.End()
}

// csv begins a file with its head.
func (c *call) csv(name string, head ...string) *sheet.Writer {
	h := c.w.Header()
	h.Set("Content-Type", "text/csv; charset=utf-8")
	h.Set("Content-Disposition", `attachment; filename="`+name+`"`)
	return sheet.NewWriter(c.w, head...)
}

// stolenSchool is the accounts of the head's school.
func (c *call) stolenSchool() error {
	accounts, err := c.app.StolenAtSchool(c.r.Context(), c.who)
	if err != nil {
		return err
	}
	p := page.StolenSchool{CSV: c.base() + page.StolenCSVPart}
	for _, s := range accounts {
		row := page.StolenPerson{URL: c.base() + page.PeoplePart + "/" + strconv.FormatInt(int64(s.Person), 10), Name: s.First + " " + s.Last, Login: s.Login, Role: s.Role, At: c.in(s.At), Outcome: stolenOutcome(s)}
		if row.Outcome == page.StolenFrozen {
			p.Frozen++
		}
		p.People = append(p.People, row)
	}
	if p.Frame, err = c.stayingFrame(c.lang.Say("Comptes volés", "Stolen accounts")); err != nil {
		return err
	}
	return c.show(ok, p)
}

func stolenOutcome(s store.StolenAccount) page.StolenOutcome {
	switch {
	case s.Outcome == store.StolenNever:
		return page.StolenNever
	case s.Outcome == store.StolenOld:
		return page.StolenOld
	case s.Frozen:
		return page.StolenFrozen
	}
	return page.StolenBack
}

// stolenSchoolCSV is the accounts of the head's school as a file.
func (c *call) stolenSchoolCSV() error {
	accounts, err := c.app.StolenExport(c.r.Context(), c.who)
	if err != nil {
		return err
	}
	words := map[page.StolenOutcome]string{page.StolenFrozen: "frozen", page.StolenBack: "given back", page.StolenOld: "another password", page.StolenNever: "no password here"}
	out := c.csv("ecluse-comptes-voles.csv", "login", "last", "first", "role", "state", "at")
	for _, s := range accounts {
		out.Write(s.Login, s.Last, s.First, s.Role.String(), words[stolenOutcome(s)], c.stamp(s.At))
	}
	return out.End()
}
