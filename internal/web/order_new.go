package web

import (
	"bytes"
	"errors"
	"net/http"
	"slices"
	"time"

	"github.com/ecluse-ecole/ecluse"
	"github.com/ecluse-ecole/ecluse/hours"
	"github.com/ecluse-ecole/ecluse/internal/fault"
	"github.com/ecluse-ecole/ecluse/internal/gate"
	"github.com/ecluse-ecole/ecluse/internal/order"
	"github.com/ecluse-ecole/ecluse/internal/school"
	"github.com/ecluse-ecole/ecluse/internal/web/page"
)

// newOrder shows an empty form, or the preview of an order that lifts another.
func (c *call) newOrder() error {
	issuer, err := c.issuer()
	if err != nil {
		return err
	}
	if id := c.r.FormValue("lift"); id != "" {
		return c.lift(issuer, order.ID(id))
	}
	if id := c.r.FormValue("update"); id != "" {
		return c.update(issuer, order.ID(id))
	}
	if id := c.r.FormValue("stop"); id != "" {
		return c.previewMade(c.app.StopSeries(c.who, order.ID(id), c.zoneName()))
	}
	if id := c.r.FormValue("close"); id != "" {
		return c.previewMade(c.app.CloseAgain(c.who, order.ID(id), c.zoneName()))
	}
	return c.showOrderForm(ok, c.emptyOrder(issuer), page.NewOrder{})
}

// emptyOrder is the form as it is first shown: from the next full hour, closed
// for pupils, as the most frequent order begins.
func (c *call) emptyOrder(issuer school.Territory) orderForm {
	f := orderForm{order: &order.Order{
		Issuer: issuer, Applies: order.Scope{Territory: issuer},
		From:    c.nextHour(),
		Contact: order.Contact{Office: c.officeName(), Phone: c.officePhone()},
	}}
	for range page.RuleRows {
		f.rules = append(f.rules, c.ruleForm(page.RuleForm{}, 0, order.Write, order.Closed))
	}
	return f
}

// nextHour is the next full hour.
func (c *call) nextHour() order.Wall {
	next := c.app.Now().In(c.loc).Add(time.Hour).Truncate(time.Hour)
	return order.Wall{Date: hours.DateOf(next), Second: next.Hour() * 3600}
}

// officeName is the office that the actor writes for.
func (c *call) officeName() string {
	if c.who.Office.Title != "" {
		return c.who.Office.Title
	}
	return c.lang.Say("Direction", "Head's office")
}

// officePhone is the school's own number, for a head's order.
func (c *call) officePhone() string {
	if c.who.Member.ID == 0 {
		return ""
	}
	contact, err := c.app.Contact(c.r.Context(), c.who.Member.School)
	if err != nil {
		return "" // the field stays to be filled
	}
	return contact.Phone
}

// showOrderForm shows the form; p carries a problem that is no field's.
func (c *call) showOrderForm(status int, f orderForm, p page.NewOrder) error {
	problem := p.Problem
	f.fields(c, &p)
	if problem != "" {
		p.Problem = problem
	}
	p.Issuer = c.app.TerritoryName(f.order.Issuer)
	c.orderChoices(f.order, &p)
	if c.who.Member.ID == 0 && p.Paste == nil {
		p.Paste = &page.Field{}
	}
	var err error
	if p.Frame, err = c.stayingFrame(c.lang.Say("Nouvel ordre", "New order")); err != nil {
		return err
	}
	return c.show(status, p)
}

// orderChoices fills what may be chosen: a head's order is for the school.
func (c *call) orderChoices(o *order.Order, p *page.NewOrder) {
	views, _ := c.orderViews()
	for _, v := range views {
		chosen := slices.Contains(o.References, v.ID)
		if chosen || v.Issuer == o.Issuer && v.Type != order.Cancel && (v.State == order.InForce || v.State == order.Announced) {
			p.About.References = append(p.About.References, page.Choice{Value: string(v.ID), Label: c.marked(v.Order), Hint: string(v.ID), Chosen: chosen})
		}
	}
	if c.who.Member.ID != 0 {
		return
	}
	for _, t := range c.app.Below(o.Issuer) {
		p.Scope.Territories = append(p.Scope.Territories, page.Choice{
			Value: string(t), Label: c.app.TerritoryName(t), Chosen: t == o.Applies.Territory,
		})
	}
	for _, d := range []school.Degree{school.First, school.Second} {
		p.Scope.Degrees = append(p.Scope.Degrees, page.Choice{
			Value: d.String(), Label: page.DegreeWord(c.lang, d), Chosen: slices.Contains(o.Applies.Degrees, d),
		})
	}
	for _, s := range []school.Sector{school.Public, school.Private} {
		p.Scope.Sectors = append(p.Scope.Sectors, page.Choice{
			Value: s.String(), Label: page.SectorWord(c.lang, s), Chosen: slices.Contains(o.Applies.Sectors, s),
		})
	}
}

// draftOrder reads the form or the pasted file and shows what it would do.
func (c *call) draftOrder() error {
	issuer, err := c.issuer()
	if err != nil {
		return err
	}
	if c.r.FormValue("do") == "read" {
		return c.readPasted(issuer)
	}
	f := c.readOrderForm(issuer)
	if len(f.errors) > 0 {
		return c.showOrderForm(http.StatusUnprocessableEntity, f, page.NewOrder{})
	}
	o, doubts, err := c.app.ReadOrder(c.who, f.order.Encode())
	if err == nil {
		err = c.preview(o, doubts)
	}
	if isOrderFault(err) {
		return c.showOrderForm(http.StatusUnprocessableEntity, f, page.NewOrder{Problem: c.formProblem(err)})
	}
	return err
}

// isOrderFault reports whether the order itself is what is wrong.
func isOrderFault(err error) bool {
	var list order.Errors
	return errors.As(err, &list) || fault.Is(err, fault.Invalid) || fault.Is(err, fault.Denied)
}

func (c *call) readPasted(issuer school.Territory) error {
	text := c.r.FormValue("yaml")
	o, doubts, err := c.app.ReadOrder(c.who, []byte(text))
	if err == nil {
		err = c.preview(o, doubts)
	}
	if isOrderFault(err) {
		return c.showOrderForm(http.StatusUnprocessableEntity, c.emptyOrder(issuer),
			page.NewOrder{Paste: &page.Field{Value: text, Error: c.orderProblem(err)}})
	}
	return err
}

// preview shows what an order would do, before it is signed.
func (c *call) preview(o *order.Order, doubts []order.Warning) error {
	return c.showPreview(ok, o, doubts, "")
}

// showPreview is preview, with what kept the order from being proposed.
func (c *call) showPreview(status int, o *order.Order, doubts []order.Warning, problem string) error {
	p, err := c.app.PreviewOrder(c.r.Context(), c.who, o)
	if err != nil {
		return err
	}
	view := c.previewed(p, doubts)
	if view.Unserved, err = c.app.Unserved(c.r.Context(), c.who, p); err != nil {
		return err
	}
	if c.who.Member.ID != 0 {
		view.Families = c.base() + page.SecuredPart + "#families-title"
	}
	if view.Signing, err = c.signing(problem, o); err != nil {
		return err
	}
	if view.Frame, err = c.stayingFrame(c.lang.Say("Avant de signer", "Before you sign")); err != nil {
		return err
	}
	return c.show(status, view)
}

// previewed is what a preview shows, in a frame to be filled.
func (c *call) previewed(p ecluse.Preview, doubts []order.Warning) page.OrderPreview {
	o := p.Order
	view := page.OrderPreview{
		Row: c.previewRow(p), Schools: len(p.Schools), Source: string(o.Encode()), Blocked: p.Refused(),
		Rules: c.ruleSentences(o), Why: o.Reason, Findings: c.findings(p, doubts),
	}
	for role, all := range p.People {
		e := p.Effect.ByRole[role]
		view.People = append(view.People, page.RoleSum{
			Role: school.Role(role), All: all, Closed: e.Closed.People, Always: e.Throughout.People, Opened: e.Loosened.People,
		})
	}
	if len(p.Schools) > 0 {
		first := max(o.From.Date, hours.DateOf(c.app.Now().In(c.loc)))
		view.Week = c.week(p.After, p.Schools[0].UAI, first-hours.Date((first.Weekday()+6)%7))
	}
	return view
}

func (c *call) previewRow(p ecluse.Preview) page.OrderRow {
	v := ecluse.OrderView{Order: p.Order}
	if len(p.Schools) > 0 {
		zone := p.After.Zone(p.Schools[0].UAI)
		life := p.After.Set().Life(p.Order.ID, zone)
		v.From = time.Unix(life.From, 0).In(c.loc)
		if life.Kind != order.InForce {
			v.Until = time.Unix(life.Until, 0).In(c.loc)
		}
	}
	row := c.orderRow(v)
	row.State = page.Unsigned
	return row
}

var findingKinds = map[gate.Verdict]page.FindingKind{
	gate.Tighter: page.Note, gate.Past: page.Note, gate.Stays: page.Warning, gate.Later: page.Warning, gate.Shorter: page.Warning,
	gate.Looser: page.Looser, gate.Contradicts: page.Contradicts,
}

// findings are the remarks about an order, gravest first.
func (c *call) findings(p ecluse.Preview, doubts []order.Warning) []page.Finding {
	var out []page.Finding
	for _, f := range p.Findings {
		told := page.Finding{Kind: findingKinds[f.Verdict], Text: c.lang.Say(f.French, f.English)}
		if f.Other != nil {
			told.Reason = f.Other.Title + " (" + string(f.Other.ID) + ", " + c.app.Decider(f.Other) + ")"
		}
		out = append(out, told)
	}
	if c.liftsUpdate(p.Order) {
		out = append(out, page.Finding{Kind: page.Warning, Text: c.lang.Say(
			"L'ordre levé en remplaçait un autre, qui ne reprend pas : ce qu'il fermait s'ouvre aussi.",
			"The order lifted had replaced another, which does not come back: what that one closed opens too.")})
	}
	for _, w := range doubts {
		out = append(out, page.Finding{Kind: page.Warning, Text: c.spoken(w)})
	}
	if len(p.Schools) == 0 {
		out = append(out, page.Finding{Kind: page.Warning, Text: c.lang.Say(
			"Cet ordre ne concerne aucun établissement connu ici.", "This order concerns no school known here.")})
	}
	return out
}

// liftsUpdate reports whether an order lifts one that has replaced another by
// then. One that is called off before it begins leaves the other in force.
func (c *call) liftsUpdate(o *order.Order) bool {
	return o.Type == order.Cancel && slices.ContainsFunc(o.References, func(id order.ID) bool {
		lifted, err := c.app.Order(id, c.zoneName())
		return err == nil && lifted.Type == order.Update && lifted.Order.From.Before(o.From)
	})
}

// lift previews the order that ends another.
func (c *call) lift(issuer school.Territory, id order.ID) error {
	v, err := c.app.Order(id, c.zoneName())
	if err != nil {
		return err
	}
	if !c.mayLift(v) {
		return notTheirs()
	}
	now := c.app.Now().In(c.loc)
	o := &order.Order{
		ID: c.app.NextOrderID(issuer), Issuer: issuer, Type: order.Cancel, Status: v.Status, References: c.withRest(v, issuer),
		Title: "Levée\u00a0: " + v.Title, Applies: v.Applies,
		From:    order.Wall{Date: hours.DateOf(now), Second: now.Hour()*3600 + now.Minute()*60},
		Reason:  "Les mesures décidées par l’ordre " + string(id) + " prennent fin.",
		Contact: v.Contact, Copies: v.Copies,
	}
	return c.previewMade(o, nil)
}

// previewMade previews an order that Écluse itself wrote.
func (c *call) previewMade(o *order.Order, err error) error {
	if err != nil {
		return err
	}
	checked, doubts, err := c.app.ReadOrder(c.who, o.Encode())
	if err != nil {
		return fault.Wrap(err, fault.Invalid, c.orderProblem(err), c.orderProblem(err))
	}
	return c.preview(checked, doubts)
}

// withRest is an order and, if it is in force, the whole measure that it is a
// stage of: whoever lifts or replaces it ends what was announced after it too.
func (c *call) withRest(v ecluse.OrderView, issuer school.Territory) []order.ID {
	s, err := c.app.Series(v.ID, c.zoneName())
	if err != nil || v.State != order.InForce {
		return []order.ID{v.ID}
	}
	return s.Before(issuer, v.Applies)
}

func notTheirs() error {
	return fault.New(fault.Denied,
		"Cet ordre ne peut être modifié ou levé que par l’autorité qui l’a émis ou une autorité au-dessus, et tant qu’il vaut encore.",
		"Only the authority that issued this order, or one above it, can change or lift it, and only while it still holds.")
}

// update shows the form of an order that replaces another, as that one was.
func (c *call) update(issuer school.Territory, id order.ID) error {
	v, err := c.app.Order(id, c.zoneName())
	if err != nil {
		return err
	}
	if !c.mayLift(v) {
		return notTheirs()
	}
	o := *v.Order
	o.ID, o.Issuer, o.Type, o.References = c.app.NextOrderID(issuer), issuer, order.Update, c.withRest(v, issuer)
	if next := c.nextHour(); o.From.Before(next) {
		o.From = next
	}
	return c.editOrder(ok, &o, "")
}

// issue signs and issues or proposes a previewed order, or goes back to its form.
func (c *call) issue() error {
	issuer, err := c.issuer()
	if err != nil {
		return err
	}
	o, doubts, err := c.app.ReadOrder(c.who, []byte(c.r.FormValue("yaml")))
	if err != nil {
		return c.readPasted(issuer)
	}
	switch c.r.FormValue("do") {
	case "edit":
		return c.editOrder(ok, o, "")
	case "propose":
		return c.propose(o, doubts)
	}
	if err := c.app.IssueOrder(c.r.Context(), c.who, o); err != nil {
		c.logAccident(err)
		return c.editOrder(statuses[fault.KindOf(err)], o, c.trouble(err))
	}
	return c.redirect(c.base() + page.OrdersPart + "?done=issued")
}

// editOrder goes back to the form, or to the file where that says more than the
// form can show.
func (c *call) editOrder(status int, o *order.Order, problem string) error {
	if c.formHolds(o) {
		return c.showOrderForm(status, c.formOf(o), page.NewOrder{Problem: problem})
	}
	if problem == "" {
		problem = c.lang.Say("Cet ordre dit plus que le formulaire ne peut montrer : modifiez son texte au bas de la page.",
			"This order says more than the form can show: change its text at the foot of the page.")
	}
	return c.showOrderForm(status, c.emptyOrder(o.Issuer), page.NewOrder{
		Problem: problem, Paste: &page.Field{Value: string(o.Encode())},
	})
}

// formHolds reports whether the form can show all that an order says.
func (c *call) formHolds(o *order.Order) bool {
	shown := *o
	shown.Applies.Services, shown.Applies.Except = nil, nil
	shown.From.Second -= shown.From.Second % 60
	shown.Until.Second -= shown.Until.Second % 60
	shown.Rules = nil
	for _, r := range o.Rules {
		shown.Rules = append(shown.Rules, order.Rule{Roles: r.Roles, Hours: r.Hours, Access: r.Access, Outside: r.Outside})
	}
	return o.Type != order.Cancel && len(o.Rules) <= page.RuleRows &&
		slices.Contains(c.app.Below(o.Issuer), o.Applies.Territory) && bytes.Equal(shown.Encode(), o.Encode())
}

// formOf is the form of an order that was read.
func (c *call) formOf(o *order.Order) orderForm {
	f := orderForm{order: o}
	for _, r := range o.Rules {
		form := page.RuleForm{Hours: page.Field{Value: r.Hours.String()}, Reading: page.HoursWords(c.lang, r.Hours), Notes: c.hoursDoubts(r.Hours)}
		f.rules = append(f.rules, c.ruleForm(form, r.Roles, r.Access, r.Outside))
	}
	for len(f.rules) < page.RuleRows {
		f.rules = append(f.rules, c.ruleForm(page.RuleForm{}, 0, order.Write, order.Closed))
	}
	return f
}
