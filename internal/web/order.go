package web

import (
	"slices"
	"strings"
	"time"

	"github.com/ecluse-ecole/ecluse"
	"github.com/ecluse-ecole/ecluse/hours"
	"github.com/ecluse-ecole/ecluse/internal/gate"
	"github.com/ecluse-ecole/ecluse/internal/order"
	"github.com/ecluse-ecole/ecluse/internal/school"
	"github.com/ecluse-ecole/ecluse/internal/web/page"
)

// orders lists the orders that concern the place and shows its week.
func (c *call) orders() error {
	views, err := c.orderViews()
	if err != nil {
		return err
	}
	p := page.Orders{Issue: c.who.Office.Territory != ""}
	if p.Frame, err = c.stayingFrame(c.lang.Say("Ordres et horaires", "Orders and hours")); err != nil {
		return err
	}
	if p.Proposals, err = c.proposals(); err != nil {
		return err
	}
	waiting, err := c.app.WaitingExemptions(c.r.Context(), c.who)
	if err != nil {
		return err
	}
	late, err := c.late()
	if err != nil {
		return err
	}
	for _, v := range views {
		row := c.orderRow(v)
		row.Requests, row.Late = waiting[v.ID], late[v.ID]
		p.Rows = append(p.Rows, row)
	}
	if uai := c.sample(); uai != "" {
		p.Week = c.week(c.app.Snapshot(), uai, c.monday())
		p.Public = page.PublicURL(string(uai))
		base := p.Base + page.OrdersPart + "?week="
		if c.who.Member.ID == 0 {
			base = p.Base + page.OrdersPart + "?school=" + string(uai) + "&week="
		}
		p.Week.Previous = base + (c.monday() - 7).String()
		p.Week.Next = base + (c.monday() + 7).String()
	}
	return c.show(ok, p)
}

func (c *call) orderViews() ([]ecluse.OrderView, error) {
	if c.who.Member.ID != 0 {
		return c.app.OrdersFor(c.who.Member.School)
	}
	return c.app.OrdersOf(c.who.Office.Territory, c.zoneName()), nil
}

// sample is the school whose week is shown: one's own, or for an office the one
// asked for, else the first of its territory.
func (c *call) sample() school.UAI {
	if c.who.Member.ID != 0 {
		return c.who.Member.School
	}
	asked, first := school.UAI(c.r.FormValue("school")), school.UAI("")
	for _, sc := range c.app.Snapshot().Schools() {
		switch {
		case !c.who.Office.Territory.Contains(sc.Territory()):
		case sc.UAI == asked:
			return asked
		case first == "":
			first = sc.UAI
		}
	}
	return first
}

// zoneName is the clock of the current place.
func (c *call) zoneName() string {
	if sc, err := c.app.Snapshot().School(c.sample()); err == nil {
		return sc.Zone
	}
	return "Europe/Paris"
}

// monday is that of the week asked for, or of the present one.
func (c *call) monday() hours.Date {
	day, err := hours.ParseDate(c.r.FormValue("week"))
	if err != nil || day < hours.NewDate(2000, 1, 1) || day > hours.NewDate(2100, 1, 1) {
		return mondayOf(c.app.Now().In(c.loc))
	}
	return day - hours.Date((day.Weekday()+6)%7)
}

// mondayOf is the Monday of an instant's week.
func mondayOf(t time.Time) hours.Date {
	day := hours.DateOf(t)
	return day - hours.Date((day.Weekday()+6)%7)
}

// week draws the week of every role of a school.
func (c *call) week(s *gate.Snapshot, uai school.UAI, monday hours.Date) page.Week {
	sc, err := s.School(uai)
	if err != nil {
		return page.Week{}
	}
	year, month, day := monday.Civil()
	w := page.Week{School: sc.Name, Monday: time.Date(year, month, day, 12, 0, 0, 0, c.loc)}
	for role := range school.Role(school.RoleCount) {
		band := page.Band{Role: role}
		for i, d := range s.Week(uai, role, order.Messaging, monday).Days {
			for _, seg := range d.Segments {
				band.Days[i] = lay(band.Days[i], span(s, seg))
			}
		}
		w.Bands = append(w.Bands, band)
	}
	return w
}

// lay adds a span to a day. Two that say the same are one: only the hour that a
// change of clocks skips lies between them.
func lay(day []page.Span, next page.Span) []page.Span {
	if n := len(day); n > 0 {
		last := &day[n-1]
		if last.Access == next.Access && last.Unknown == next.Unknown && slices.Equal(last.Orders, next.Orders) {
			last.To = next.To
			return day
		}
	}
	return append(day, next)
}

func span(s *gate.Snapshot, seg gate.Segment) page.Span {
	out := page.Span{From: seg.FromSecond, To: seg.ToSecond, Access: seg.Access, Unknown: seg.Unknown}
	for _, id := range seg.Orders {
		if o, err := s.Set().Order(id); err == nil {
			out.Orders = append(out.Orders, o.Title)
		}
	}
	return out
}

func (c *call) orderRow(v ecluse.OrderView) page.OrderRow {
	f := page.Frame{Base: c.base()}
	return page.OrderRow{
		ID: string(v.ID), URL: f.URL(page.OrdersPart, string(v.ID)), Title: v.Title, Issuer: c.app.Decider(v.Order),
		State: page.OrderState(v.State), Exercise: v.Status == order.Exercise,
		From: v.From, Until: v.Until, Summary: strings.Join(c.ruleSentences(v.Order), " "),
	}
}

// base is the prefix of the current place's pages.
func (c *call) base() string {
	if c.who.Member.ID != 0 {
		return memberURL(c.who.Member.ID)
	}
	return officeURL(c.who.Office.Territory)
}

// orderID is the order of the page.
func (c *call) orderID() order.ID { return order.ID(c.r.PathValue("id")) }

// order shows one order in full.
func (c *call) order() error { return c.showOrder(ok, plea{}) }

// showOrder shows an order with what was typed about exemptions from it.
func (c *call) showOrder(status int, typed plea) error {
	v, err := c.app.Order(c.orderID(), c.zoneName())
	if err != nil {
		return err
	}
	p := page.Order{
		Row: c.orderRow(v), Basis: v.Basis, Scope: c.scopeSentences(v.Applies), Rules: c.ruleSentences(v.Order),
		Reason: v.Reason, Contact: v.Contact, Copies: v.Copies, Source: string(v.Encode()),
	}
	p.Row.Summary = ""
	if !v.Review.IsZero() {
		year, month, day := v.Review.Date.Civil()
		p.Review = time.Date(year, month, day, 12, 0, 0, 0, c.loc)
	}
	for _, id := range v.References {
		if other, err := c.app.Order(id, c.zoneName()); err == nil {
			p.References = append(p.References, c.orderRow(other))
		}
	}
	switch {
	case !c.app.AsksForAnswers(v.ID): // nobody has to answer it
	case c.who.Member.ID == 0:
		p.Board = c.boardURL(page.BoardPart)
	case c.who.Member.Role == school.Head:
		p.Homework = c.base() + page.AnswersPart
	}
	if c.mayLift(v) {
		p.Lift = c.base() + page.NewOrderPart + "?lift=" + queryEscape(string(v.ID))
		p.Modify = c.base() + page.NewOrderPart + "?update=" + queryEscape(string(v.ID))
	}
	p.Tell, p.Letters = c.letterURLs(v)
	if c.who.Office.Territory != "" {
		p.Report = c.base() + page.ReportsPart + "/" + string(v.ID)
	}
	if p.Ladder = c.ladder(v); v.State == order.Announced && p.Ladder.Waiting > 0 && p.Ladder.Reopen != "" {
		p.Modify = "" // alone it would outlast the stages after it
	}
	if p.Exemptions, err = c.exemptions(v, typed); err != nil {
		return err
	}
	if p.Frame, err = c.stayingFrame(c.marked(v.Order)); err != nil {
		return err
	}
	return c.show(status, p)
}

// mayLift reports whether the present office may end an order that still holds.
func (c *call) mayLift(v ecluse.OrderView) bool {
	office, err := c.issuer()
	return err == nil && office.Contains(v.Issuer) && v.Type != order.Cancel &&
		(v.State == order.InForce || v.State == order.Announced)
}

// issuer is in whose name the present actor issues orders.
func (c *call) issuer() (school.Territory, error) { return c.app.TerritoryOf(c.who) }

// ruleSentences say each rule in plain words.
func (c *call) ruleSentences(o *order.Order) []string {
	var out []string
	for _, r := range o.Rules {
		out = append(out, page.RuleSentence(c.lang, r))
	}
	return out
}

// scopeSentences say where an order applies.
func (c *call) scopeSentences(s order.Scope) []string {
	out := []string{c.app.TerritoryName(s.Territory)}
	for _, d := range s.Degrees {
		out = append(out, page.DegreeWord(c.lang, d))
	}
	for _, sector := range s.Sectors {
		out = append(out, page.SectorWord(c.lang, sector))
	}
	for _, e := range s.Except {
		name := string(e.School)
		if sc, err := c.app.Snapshot().School(e.School); err == nil {
			name = sc.Name
		}
		out = append(out, c.lang.Say("sauf ", "except ")+name+" ("+e.Reason+")")
	}
	return out
}
