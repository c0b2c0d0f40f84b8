package web

import (
	"time"

	"github.com/ecluse-ecole/ecluse"
	"github.com/ecluse-ecole/ecluse/hours"
	"github.com/ecluse-ecole/ecluse/internal/fault"
	"github.com/ecluse-ecole/ecluse/internal/order"
	"github.com/ecluse-ecole/ecluse/internal/store"
	"github.com/ecluse-ecole/ecluse/internal/web/page"
)

// A plea is what was typed about exemptions on an order's page and could not be
// done as it was.
type plea struct {
	form    page.ExemptionForm // a request
	request int64              // one that was answered
	refusal page.Field         // the answer
	access  order.Access
	problem string
}

// exempt asks for an exemption from the order of the page, or answers a request.
func (c *call) exempt() error {
	switch c.r.FormValue("do") {
	case "ask":
		return c.askExemption()
	case "grant", "refuse":
		return c.answerExemption()
	}
	return c.nothing()
}

func (c *call) askExemption() error {
	p := plea{form: page.ExemptionForm{
		Until: page.Field{Value: c.r.FormValue("until")}, Reason: page.Field{Value: c.r.FormValue("reason")},
	}}
	until := c.endOf(&p.form.Until)
	p.form.Reason.Error = c.sentence(ecluse.CheckExemptionReason(p.form.Reason.Value))
	if p.form.Wrong() {
		return c.showOrder(statuses[fault.Invalid], p)
	}
	err := c.app.AskExemption(c.r.Context(), c.who, c.orderID(), time.Time{}, until, p.form.Reason.Value)
	switch {
	case err == nil:
		return c.redirect(c.r.URL.EscapedPath() + "?done=asked")
	case fault.Is(err, fault.Invalid): // the reason is known to be right
		p.form.Until.Error = c.sentence(err)
	case fault.Is(err, fault.Conflict):
		p.form.Problem = c.sentence(err)
	default:
		return err
	}
	return c.showOrder(statuses[fault.KindOf(err)], p)
}

// endOf reads the end of an exemption on the clock of the place.
func (c *call) endOf(f *page.Field) time.Time {
	zone, zoneErr := hours.LoadZone(c.zoneName())
	wall, err := order.ParseWall(f.Value)
	switch {
	case f.Value == "":
		f.Error = c.lang.Say("Choisissez le jour et l’heure.", "Choose the day and the hour.")
	case err != nil || zoneErr != nil:
		f.Error = c.lang.Say("Cette date ne se lit pas. Écrivez le jour et l’heure, comme 2024-03-29T18:00.",
			"This date cannot be read. Write the day and the hour, such as 2024-03-29T18:00.")
	default:
		return time.Unix(wall.Instant(zone), 0)
	}
	return time.Time{}
}

func (c *call) answerExemption() error {
	typed := c.r.FormValue("request")
	p := plea{
		request: int64(number(typed)), access: accessOr(c.r.FormValue("access-"+typed), order.Closed),
		refusal: page.Field{Value: c.r.FormValue("refusal-" + typed)},
	}
	var err error
	done := "granted"
	if c.r.FormValue("do") == "grant" {
		err = c.app.GrantExemption(c.r.Context(), c.who, p.request, p.access)
	} else {
		err, done = c.app.RefuseExemption(c.r.Context(), c.who, p.request, p.refusal.Value), "refused"
	}
	switch {
	case err == nil:
		return c.redirect(c.r.URL.EscapedPath() + "?done=" + done)
	case fault.Is(err, fault.Invalid) && done == "refused":
		p.refusal.Error = c.sentence(err)
	case fault.Is(err, fault.Invalid), fault.Is(err, fault.Conflict):
		p.problem = c.sentence(err)
	default:
		return err
	}
	return c.showOrder(statuses[fault.KindOf(err)], p)
}

// exemptions are the requests on an order's page, with what was typed.
func (c *call) exemptions(v ecluse.OrderView, p plea) (page.Exemptions, error) {
	e := page.Exemptions{URL: page.Frame{Base: c.base()}.URL(page.OrdersPart, string(v.ID)), Reader: c.app.Decider(v.Order), Problem: p.problem}
	if err := c.ownExemptions(v, p, &e); err != nil {
		return e, err
	}
	list, waiting, err := c.app.ExemptionRequests(c.r.Context(), c.who, v.ID)
	if fault.Is(err, fault.Denied) {
		return e, nil // somebody else's to answer
	}
	e.Grants, e.More = true, waiting
	for _, r := range list {
		row := c.askedRow(v, r, p)
		if row.State == page.ExemptionWaiting {
			e.More--
		}
		e.Asked = append(e.Asked, row)
	}
	return e, err
}

// ownExemptions adds what the reader asked, and the form of who may ask.
func (c *call) ownExemptions(v ecluse.OrderView, p plea, e *page.Exemptions) error {
	if c.who.Member.ID == 0 {
		return nil
	}
	list, err := c.app.AskedExemptions(c.r.Context(), c.who, v.ID)
	waits := false
	for _, r := range list {
		row := c.exemptionRow(v, r)
		waits = waits || row.State == page.ExemptionWaiting
		e.Own = append(e.Own, row)
	}
	if p.form.Wrong() || !waits && c.app.MayAskExemption(c.who, v.ID) == nil {
		e.Form = &p.form
	}
	return err
}

// askedRow is a request as an office reads it, with the form of an answer.
func (c *call) askedRow(v ecluse.OrderView, r store.ExemptionRequest, p plea) page.ExemptionRow {
	row := c.exemptionRow(v, r)
	sc, _, _ := c.app.School(r.School) // its code at least is known
	row.Who = page.ExemptionAsker{Name: r.Name, Role: page.RoleWord(c.lang, r.Role), School: sc.Name}
	row.Mine = r.Person == c.who.Person.ID && row.State == page.ExemptionWaiting
	if row.State != page.ExemptionWaiting || row.Mine {
		return row
	}
	row.Form = &page.AnswerForm{}
	chosen := order.Write
	if p.request == r.ID {
		chosen, row.Form.Refusal = p.access, p.refusal
	}
	for _, a := range []order.Access{order.Write, order.Reply, order.Read} {
		row.Form.Access = append(row.Form.Access, page.Choice{Value: a.String(), Label: page.AccessWord(c.lang, a), Chosen: a == chosen})
	}
	return row
}

// exemptionRow is a request on the clock of its school.
func (c *call) exemptionRow(v ecluse.OrderView, r store.ExemptionRequest) page.ExemptionRow {
	_, loc, err := c.app.School(r.School)
	if err != nil {
		loc = c.loc
	}
	row := page.ExemptionRow{
		ID: r.ID, State: exemptionState(r, c.app.Now()), From: r.From.In(loc), Until: r.Until.In(loc),
		Reason: r.Reason, Access: r.Answer.Access, Answer: r.Answer.Refusal,
	}
	switch r.Answer.Authority {
	case "":
	case v.Issuer:
		row.By = c.app.Decider(v.Order)
	default:
		row.By = c.app.TerritoryName(r.Answer.Authority)
	}
	return row
}

// exemptionState is where a request stands at an instant.
func exemptionState(r store.ExemptionRequest, now time.Time) page.ExemptionState {
	switch {
	case r.Waits(now):
		return page.ExemptionWaiting
	case r.Granted() && now.Before(r.Until):
		return page.ExemptionGranted
	case r.Granted():
		return page.ExemptionOver
	case r.Answer.Refusal != "":
		return page.ExemptionRefused
	}
	return page.ExemptionUnanswered
}

// exemptURL is where the reader asks for an exemption, or "" for who may not.
func (c *call) exemptURL(o *order.Order) string {
	if c.app.MayAskExemption(c.who, o.ID) != nil {
		return ""
	}
	return page.Frame{Base: c.base()}.URL(page.OrdersPart, string(o.ID)) + "#" + page.ExemptionsID
}
