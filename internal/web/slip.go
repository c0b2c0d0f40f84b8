package web

import (
	"bytes"
	"cmp"
	"net/http"
	"slices"
	"strconv"

	"github.com/ecluse-ecole/ecluse"
	"github.com/ecluse-ecole/ecluse/internal/account"
	"github.com/ecluse-ecole/ecluse/internal/fault"
	"github.com/ecluse-ecole/ecluse/internal/message"
	"github.com/ecluse-ecole/ecluse/internal/school"
	"github.com/ecluse-ecole/ecluse/internal/slip"
	"github.com/ecluse-ecole/ecluse/internal/web/page"
)

// mostSlipRows is how many people the page lists.
const mostSlipRows = 400

// slips lists the people of a school with their slips.
func (c *call) slips() error { return c.showSlips(ok, page.Slips{}) }

// slipURL is where a slip is printed for one member of the head's school.
func (c *call) slipURL(m account.MemberID) string {
	return c.placeURL() + page.SlipsPart + "?all=1&member=" + strconv.FormatInt(int64(m), 10)
}

// chosenSlips is whom the address chooses: by class and role, one person, or the
// families that the securing board invites.
func (c *call) chosenSlips() (ecluse.SlipFilter, error) {
	f := c.slipFilter()
	if c.r.URL.Query().Get("families") == "" || c.who.Member.ID == 0 {
		return f, nil
	}
	invited, err := c.app.Invited(c.r.Context(), c.who)
	f.Members, f.All = append([]account.MemberID{}, invited...), true
	return f, err
}

// slipFilter is whom the address chooses by class, role or as one person.
func (c *call) slipFilter() ecluse.SlipFilter {
	q := c.r.URL.Query()
	f := ecluse.SlipFilter{School: c.who.Member.School, Roles: school.Everyone, All: q.Get("all") != ""}
	if c.who.Member.ID == 0 {
		f.School = school.UAI(q.Get("school"))
	}
	if r, err := school.ParseRole(q.Get("role")); err == nil {
		f.Roles = school.RolesOf(r)
	}
	if m := number(q.Get("member")); m != 0 {
		f.Members = []account.MemberID{account.MemberID(m)}
	}
	f.Class = message.ClassID(number(q.Get("class")))
	return f
}

func (c *call) showSlips(status int, p page.Slips) error {
	f, err := c.chosenSlips()
	if err != nil {
		return err
	}
	rows, err := c.app.Slips(c.r.Context(), c.who, f)
	if err != nil {
		return err
	}
	sc, _, err := c.app.School(f.School)
	if err != nil {
		return err
	}
	if p.Frame, err = c.stayingFrame(c.lang.Say("Billets", "Slips")); err != nil {
		return err
	}
	if c.who.Member.ID == 0 {
		p.Code = string(f.School)
	}
	p.School, p.Self, p.All = sc.Name, c.r.URL.RequestURI(), f.All && f.Members == nil
	p.Families, p.One = c.r.URL.Query().Get("families") != "", len(f.Members) == 1 && c.r.URL.Query().Get("member") != ""
	p.Days.Value = cmp.Or(p.Days.Value, strconv.Itoa(account.SlipDays))
	if err := c.slipChoices(&p, f); err != nil {
		return err
	}
	p.More = max(0, len(rows)-mostSlipRows)
	for i, r := range rows {
		if r.Service == "" || f.Members != nil {
			p.Total++
		}
		if i < mostSlipRows {
			p.Rows = append(p.Rows, c.slipRow(r))
		}
	}
	return c.show(status, p)
}

// slipChoices fills the lists of the filter.
func (c *call) slipChoices(p *page.Slips, f ecluse.SlipFilter) error {
	classes, err := c.classesOf(f.School, f.Class)
	p.Classes = classes
	p.Roles = []page.Choice{{Label: c.lang.Say("tous", "all")}}
	for r := range school.Role(school.RoleCount) {
		p.Roles = append(p.Roles, page.Choice{Value: r.String(), Label: page.RolesWord(c.lang, r), Chosen: f.Roles == school.RolesOf(r)})
	}
	return err
}

// classesOf are the classes of a school, to choose one.
func (c *call) classesOf(uai school.UAI, chosen message.ClassID) ([]page.Choice, error) {
	classes, err := c.app.Classes(c.r.Context(), c.who, uai)
	list := []page.Choice{{Label: c.lang.Say("toutes", "all")}}
	for _, k := range classes {
		list = append(list, page.Choice{Value: strconv.FormatInt(int64(k.ID), 10), Label: k.Name, Chosen: k.ID == chosen})
	}
	return list, err
}

func (c *call) slipRow(r ecluse.SlipRow) page.SlipRow {
	row := page.SlipRow{
		Member: int64(r.ID), Slip: r.Slip.ID, Name: r.Name, Class: r.Class, Role: page.RoleWord(c.lang, r.Role), Login: r.Login, State: r.State,
	}
	switch {
	case r.Service != "":
		row.Why = c.lang.Say("se connecte par ", "signs in by ") + c.serviceName(r.Service)
	case !r.Active:
		row.Why = c.lang.Say("compte jamais activé", "account never activated")
	case r.Asked:
		row.Why = c.lang.Say("mot de passe à renouveler", "password to renew")
	}
	switch r.State {
	case account.SlipUsed:
		row.At = c.in(r.Slip.Used)
	case account.SlipCancelled:
		row.At = c.in(r.Slip.Cancelled)
	default:
		row.At = c.in(r.Slip.LastDay())
	}
	return row
}

// changeSlips prints or cancels.
func (c *call) changeSlips() error {
	if id := number(c.r.FormValue("cancel")); id != 0 {
		err := c.app.CancelSlip(c.r.Context(), c.who, c.slipFilter().School, int64(id))
		if err != nil {
			return err
		}
		q := c.r.URL.Query()
		q.Set("done", "slip")
		return c.redirect(c.r.URL.EscapedPath() + "?" + q.Encode())
	}
	f, err := c.chosenSlips()
	if err != nil {
		return err
	}
	o := ecluse.SlipOrder{SlipFilter: f, Clears: c.r.FormValue("clears") != ""}
	if one := number(c.r.FormValue("print")); one != 0 {
		o.Members, o.All = []account.MemberID{account.MemberID(one)}, true
	}
	o.Days, _ = strconv.Atoi(c.r.FormValue("days"))
	if o.Days == 0 {
		o.Days = -1 // refused with what is allowed
	}
	return c.printSlips(o)
}

// printSlips answers with a file. A proof that is asked for leads back to the same
// choice.
func (c *call) printSlips(o ecluse.SlipOrder) error {
	printed, err := c.app.PrintSlips(c.r.Context(), c.who, o)
	switch kind := fault.KindOf(err); {
	case err == nil:
	case kind == fault.Unproved:
		return c.redirect(page.ProofURL + "?next=" + queryEscape(c.r.URL.RequestURI()))
	case kind == fault.Invalid:
		return c.showSlips(http.StatusUnprocessableEntity, page.Slips{Problem: c.sentence(err), Days: page.Field{Value: c.r.FormValue("days")}})
	default:
		return err
	}
	sc, loc, err := c.app.School(o.School)
	if err != nil {
		return err
	}
	sheet := slip.Sheet{School: sc.Name, Address: c.origin() + page.RenewURL, Printed: printed[0].Slip.Printed,
		Until: page.French.Day(printed[0].Slip.LastDay().In(loc))}
	for _, s := range printed {
		sheet.Slips = append(sheet.Slips, slip.Slip{Class: s.Class, Name: s.Name, Role: page.RoleWord(page.French, s.Role), Login: s.Login, Code: s.Code})
	}
	var b bytes.Buffer
	if err := slip.Write(&b, sheet); err != nil {
		return err
	}
	c.sendPDF("billets-"+string(o.School), b.Bytes())
	return nil
}

// sendPDF answers with what was printed. A reader who has left is no fault: printing
// again replaces it.
func (c *call) sendPDF(name string, data []byte) {
	c.w.Header().Set("Content-Type", "application/pdf")
	c.w.Header().Set("Content-Disposition", `attachment; filename="`+name+`.pdf"`)
	c.w.Write(data)
}

// chosenRoles are the roles that a form ticks.
func (c *call) chosenRoles(name string) (roles school.Roles) {
	for _, word := range c.r.Form[name] {
		if r, err := school.ParseRole(word); err == nil && !slices.Contains(roles.Each(), r) {
			roles |= school.RolesOf(r)
		}
	}
	return roles
}
