package web

import (
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/ecluse-ecole/ecluse/internal/message"
	"github.com/ecluse-ecole/ecluse/internal/school"
	"github.com/ecluse-ecole/ecluse/internal/web/page"
)

// desk is an authority's table of its schools.
func (c *call) desk() error {
	rows := c.deskRows()
	p := page.Desk{Territory: c.app.TerritoryName(c.who.Office.Territory), Rows: c.filtered(rows)}
	p.Sums = c.sums(rows)
	p.Filter = c.deskFilter()
	p.Export = c.base() + "/desk.csv?" + c.r.URL.RawQuery
	for _, v := range c.app.OrdersOf(c.who.Office.Territory, c.zoneName()) {
		p.Orders = append(p.Orders, c.orderRow(v))
	}
	var err error
	if p.Frame, err = c.frame(p.Territory); err != nil {
		return err
	}
	return c.show(ok, p)
}

// deskRows is every school of the territory with its state now.
func (c *call) deskRows() []page.DeskRow {
	var rows []page.DeskRow
	for _, sc := range c.app.Snapshot().Schools() {
		if !c.who.Office.Territory.Contains(sc.Territory()) {
			continue
		}
		rows = append(rows, c.deskRow(sc))
	}
	slices.SortFunc(rows, func(a, b page.DeskRow) int { return strings.Compare(a.Name, b.Name) })
	return rows
}

func (c *call) deskRow(sc school.School) page.DeskRow {
	row := page.DeskRow{
		UAI: string(sc.UAI), Name: sc.Name, Degree: sc.Degree,
		URL: c.base() + page.OrdersPart + "?school=" + string(sc.UAI),
	}
	for role := range school.Role(school.RoleCount) {
		st := c.app.RoleState(sc.UAI, role)
		row.States[role] = c.line(st).Kind
		row.Orders = max(row.Orders, len(st.Orders))
		if !st.Until.IsZero() && (row.Next.IsZero() || st.Until.Before(row.Next)) {
			row.Next = st.Until
		}
	}
	return row
}

// filtered keeps the rows that the address bar asks for.
func (c *call) filtered(rows []page.DeskRow) []page.DeskRow {
	degree, state, name := c.r.FormValue("degree"), c.r.FormValue("state"), c.r.FormValue("name")
	var out []page.DeskRow
	for _, r := range rows {
		if degree != "" && r.Degree.String() != degree || !matches(r.Name+" "+r.UAI, name) {
			continue
		}
		if state == "closed" && !anyClosed(r) || state == "open" && anyClosed(r) {
			continue
		}
		out = append(out, r)
	}
	return out
}

// anyClosed reports whether messaging is closed for an adult role now.
func anyClosed(r page.DeskRow) bool {
	return slices.ContainsFunc(r.States[school.Guardian:], func(k page.StateKind) bool {
		return k == page.Closed || k == page.Unknown
	})
}

func (c *call) deskFilter() page.DeskFilter {
	f := page.DeskFilter{Name: c.r.FormValue("name")}
	f.Degrees = []page.Choice{{Label: c.lang.Say("tous", "all")}}
	for _, d := range []school.Degree{school.First, school.Second} {
		f.Degrees = append(f.Degrees, page.Choice{
			Value: d.String(), Label: page.DegreeWord(c.lang, d), Chosen: c.r.FormValue("degree") == d.String(),
		})
	}
	f.States = []page.Choice{
		{Label: c.lang.Say("tous", "all")},
		{Value: "open", Label: c.lang.Say("ouverts aux adultes", "open to adults")},
		{Value: "closed", Label: c.lang.Say("fermés aux adultes", "closed to adults")},
	}
	for i := range f.States {
		f.States[i].Chosen = f.States[i].Value == c.r.FormValue("state")
	}
	return f
}

func (c *call) sums(rows []page.DeskRow) []page.Sum {
	shut, pupils := 0, 0
	for _, r := range rows {
		if anyClosed(r) {
			shut++
		}
		if r.States[school.Pupil] == page.Closed {
			pupils++
		}
	}
	base := c.base() + page.DeskPart
	return []page.Sum{
		{Value: len(rows), Label: c.lang.Say("établissements", "schools"), URL: base},
		{Value: shut, Label: c.lang.Say("fermés aux adultes en ce moment", "closed to adults now"), URL: base + "?state=closed"},
		{Value: pupils, Label: c.lang.Say("fermés aux élèves", "closed to pupils")},
	}
}

// deskCSV is the same table as a file.
func (c *call) deskCSV() error {
	if err := c.app.Fresh(c.who); err != nil {
		return err
	}
	out := c.csv("ecluse.csv", "uai", "name", "degree", "pupil", "guardian", "teacher", "staff", "head", "next", "orders")
	for _, r := range c.filtered(c.deskRows()) {
		line := []string{r.UAI, r.Name, r.Degree.String()}
		for _, s := range r.States {
			line = append(line, string(s))
		}
		next := ""
		if !r.Next.IsZero() {
			next = r.Next.Format(time.RFC3339)
		}
		out.Write(append(line, next, c.lang.Number(r.Orders))...)
	}
	return out.End()
}

// matrix shows who may write to whom, for the head.
func (c *call) matrix() error { return c.showMatrix(ok, "") }

func (c *call) showMatrix(status int, problem string) error {
	if c.who.Member.Role != school.Head {
		return c.nothing()
	}
	m, err := c.app.Matrix(c.r.Context(), c.who)
	if err != nil {
		return err
	}
	p := page.Matrix{Reach: m, Problem: problem}
	if p.Frame, err = c.stayingFrame(c.lang.Say("Qui écrit à qui", "Who writes to whom")); err != nil {
		return err
	}
	return c.show(status, p)
}

func (c *call) setMatrix() error {
	if c.who.Member.Role != school.Head {
		return c.nothing()
	}
	var m message.Matrix
	for from := range school.Role(school.RoleCount) {
		for to := range school.Role(school.RoleCount) {
			reach, err := message.ParseReach(c.r.FormValue("reach-" + from.String() + "-" + to.String()))
			if err != nil {
				return c.showMatrix(http.StatusUnprocessableEntity, c.lang.Say(
					"Une case est illisible. Rien n’a été changé.", "A cell cannot be read. Nothing was changed."))
			}
			m[from][to] = reach
		}
	}
	if err := c.app.SetMatrix(c.r.Context(), c.who, m); err != nil {
		return err
	}
	return c.redirect(c.base() + page.MatrixPart + "?done=matrix")
}
