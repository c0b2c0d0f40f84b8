package web

import (
	"cmp"
	"errors"
	"net/http"
	"slices"

	"github.com/ecluse-ecole/ecluse"
	"github.com/ecluse-ecole/ecluse/internal/fault"
	"github.com/ecluse-ecole/ecluse/internal/order"
	"github.com/ecluse-ecole/ecluse/internal/web/page"
)

// series shows the stages by which an order could be reopened, or those that are
// announced already, to be changed.
func (c *call) series() error {
	s, now, err := c.reopens(order.ID(c.r.FormValue("of")))
	if err != nil {
		return err
	}
	f := seriesForm{of: now, errors: map[string]string{}, reason: c.lang.Say(
		"Les comptes sont remis en sécurité ; la messagerie rouvre par étapes.", "Accounts are being made safe; messaging reopens in stages.")}
	if rest := s.Rest(); len(rest) > 0 {
		f.reason = rest[0].Reason
		for _, v := range rest {
			f.rows = append(f.rows, c.keptRow(v.Order))
		}
	} else {
		for _, suggested := range c.app.SuggestStages(s, c.zoneName()) {
			f.rows = append(f.rows, c.suggestedRow(suggested))
		}
	}
	return c.showSeries(ok, f, "")
}

// reopens is the series of an order, and its order in force, if the reader may
// change it.
func (c *call) reopens(id order.ID) (ecluse.Series, ecluse.OrderView, error) {
	s, err := c.app.Series(id, c.zoneName())
	if err != nil {
		return s, ecluse.OrderView{}, err
	}
	now, err := s.Now()
	if err == nil && !c.mayLift(now) {
		err = notTheirs()
	}
	return s, now, err
}

// showSeries shows the form with what was typed.
func (c *call) showSeries(status int, f seriesForm, problem string) error {
	s, err := c.app.Series(f.of.ID, c.zoneName())
	if err != nil {
		return err
	}
	p := page.Series{
		Of: c.orderRow(f.of), Rules: c.ruleSentences(f.of.Order), Rest: len(s.Rest()), Problem: problem,
		Reason: page.Field{Value: f.reason, Error: f.errors["reason"]},
	}
	p.Of.Summary = ""
	if len(f.errors) > 0 && problem == "" {
		p.Problem = c.lang.Say("Quelques champs sont à revoir.", "Some fields need another look.")
	}
	for i, row := range f.rows {
		p.Stages = append(p.Stages, c.stageForm(row, stagePrefix(i), f.errors))
	}
	if len(p.Stages) < page.MaxStages {
		empty := c.stageForm(stageRow{access: order.Write}, stagePrefix(len(p.Stages)), nil)
		empty.New = true
		p.Stages = append(p.Stages, empty)
	}
	title := c.lang.Say("Rouvrir par étapes", "Reopen in stages")
	if p.Rest > 0 {
		title = c.lang.Say("Changer les étapes à venir", "Change the stages to come")
	}
	if p.Frame, err = c.stayingFrame(title); err != nil {
		return err
	}
	return c.show(status, p)
}

// draftSeries reads the form, sorts it or shows what it would do, or signs what
// was shown.
func (c *call) draftSeries() error {
	do := c.r.FormValue("do")
	if do == "again" {
		return c.seriesAgain()
	}
	_, now, err := c.reopens(order.ID(c.r.FormValue("of")))
	if err != nil {
		return err
	}
	f := c.readSeriesForm(now)
	switch do {
	case "edit":
		return c.showSeries(ok, f, "")
	case "sort":
		slices.SortStableFunc(f.rows, func(a, b stageRow) int { return a.from.Compare(b.from) })
		f.errors = map[string]string{} // they stood at rows that have moved
		return c.showSeries(ok, f, "")
	case "issue", "propose":
		return c.signSeries(f, do)
	}
	list, err := c.seriesOrders(&f)
	if err == nil && len(f.errors) == 0 {
		err = c.previewSeries(ok, &f, list, "")
	}
	switch {
	case err == nil && len(f.errors) > 0:
		return c.showSeries(http.StatusUnprocessableEntity, f, "")
	case isOrderFault(err):
		return c.showSeries(http.StatusUnprocessableEntity, f, c.formProblem(err))
	}
	return err
}

// seriesOrders makes the orders of what was typed. What is wrong with a stage is
// said at its row.
func (c *call) seriesOrders(f *seriesForm) ([]*order.Order, error) {
	stages := c.stagesOf(f)
	if len(f.errors) > 0 {
		return nil, nil
	}
	list, err := c.app.Reopening(c.who, f.of.ID, c.zoneName(), f.reason, stages)
	var wrong *ecluse.WrongStage
	if errors.As(err, &wrong) {
		f.errors[stagePrefix(f.chosen()[wrong.Stage])+"from"] = c.sentence(wrong.Unwrap())
		return nil, nil
	}
	return list, err
}

// previewSeries shows what each order would do. A stage that is looser than an
// order above goes back to its row with the reason.
func (c *call) previewSeries(status int, f *seriesForm, list []*order.Order, problem string) error {
	checked, err := c.readOrders(list)
	if err != nil {
		return err
	}
	previews, err := c.app.PreviewOrders(c.r.Context(), c.who, checked)
	if err != nil {
		return err
	}
	if c.tooLoose(f, previews); len(f.errors) > 0 {
		return nil
	}
	view := page.SeriesPreview{Typed: c.typed()}
	if view.Stages, err = c.previewedAll(previews); err != nil {
		return err
	}
	if view.Signing, err = c.signing(problem, checked...); err != nil {
		return err
	}
	if view.Frame, err = c.stayingFrame(c.lang.Say("Avant de signer", "Before you sign")); err != nil {
		return err
	}
	for i := range view.Stages {
		view.Stages[i].Frame = view.Frame
	}
	return c.show(status, view)
}

// readOrders are orders as their files say them.
func (c *call) readOrders(list []*order.Order) (checked []*order.Order, err error) {
	for _, o := range list {
		read, _, err := c.app.ReadOrder(c.who, o.Encode())
		if err != nil {
			return nil, err
		}
		checked = append(checked, read)
	}
	return checked, nil
}

// tooLoose says at a stage's row which order above it is looser than.
func (c *call) tooLoose(f *seriesForm, previews []ecluse.Preview) {
	rows := f.chosen()
	first := len(previews) - len(rows) // what calls off stages stands before
	for i, row := range rows {
		for _, finding := range previews[first+i].Findings {
			if finding.Refuses() {
				f.errors[stagePrefix(row)+"stage"] = c.lang.Say(finding.French, finding.English) + " " +
					c.lang.Say("C'est l'ordre « ", "It is the order “") + finding.Other.Title + c.lang.Say(" » de ", "” of ") + c.app.Decider(finding.Other) + "."
			}
		}
	}
}

// typed are the fields of the form, for the page after it.
func (c *call) typed() (list []page.Typed) {
	for name, values := range c.r.PostForm {
		if name == "do" || name == "yaml" || name == "password" {
			continue
		}
		for _, v := range values {
			list = append(list, page.Typed{Name: name, Value: v})
		}
	}
	slices.SortStableFunc(list, func(a, b page.Typed) int { return cmp.Compare(a.Name, b.Name) })
	return list
}

// signSeries signs and issues or proposes the orders that were shown, exactly as
// they were.
func (c *call) signSeries(f seriesForm, do string) error {
	var list []*order.Order
	for _, text := range c.r.PostForm["yaml"] {
		o, _, err := c.app.ReadOrder(c.who, []byte(text))
		if err != nil {
			return c.showSeries(http.StatusUnprocessableEntity, f, c.orderProblem(err))
		}
		list = append(list, o)
	}
	if len(list) == 0 {
		return c.nothing()
	}
	if do == "issue" {
		return c.issueSeries(f, list)
	}
	id, err := c.app.ProposeOrders(c.r.Context(), c.who, list)
	switch {
	case err == nil:
		return c.redirect(c.proposalURL(id) + "?done=stages")
	case fault.Is(err, fault.Unproved):
		return err // the form comes back after the proof
	case fault.Is(err, fault.Invalid):
		refused := c.previewSeries(statuses[fault.KindOf(err)], &f, list, c.trouble(err))
		if refused == nil && len(f.errors) > 0 {
			return c.showSeries(http.StatusUnprocessableEntity, f, "")
		}
		return refused
	}
	c.logAccident(err)
	return c.showSeries(statuses[fault.KindOf(err)], f, c.trouble(err))
}

func (c *call) issueSeries(f seriesForm, list []*order.Order) error {
	if err := c.app.IssueOrders(c.r.Context(), c.who, list); err != nil {
		c.logAccident(err)
		return c.showSeries(statuses[fault.KindOf(err)], f, c.trouble(err))
	}
	return c.redirect(c.base() + page.OrdersPart + "/" + string(list[len(list)-1].ID) + "?done=staged")
}

// seriesAgain takes up the orders of a proposal that came to nothing.
func (c *call) seriesAgain() error {
	f := seriesForm{errors: map[string]string{}}
	var of order.ID
	for _, text := range c.r.PostForm["yaml"] {
		o, err := order.Parse("", []byte(text))
		if err != nil || o.Type != order.Update {
			continue // the order that called off others is made anew
		}
		if of == "" {
			of, f.reason = o.References[0], o.Reason
		}
		f.rows = append(f.rows, c.keptRow(o))
	}
	var err error
	if _, f.of, err = c.reopens(of); err != nil {
		return err
	}
	return c.showSeries(ok, f, "")
}

// ladder is where an order stands among the stages of its measure, and what the
// reader may do about them.
func (c *call) ladder(v ecluse.OrderView) page.Ladder {
	s, err := c.app.Series(v.ID, c.zoneName())
	if err != nil || v.Type == order.Cancel {
		return page.Ladder{}
	}
	var l page.Ladder
	for _, stage := range s.Stages {
		l.Rungs = append(l.Rungs, page.Rung{Row: c.orderRow(stage), Here: stage.ID == v.ID})
	}
	rest := s.Rest()
	l.Waiting = len(rest)
	now, err := s.Now()
	if err != nil || !c.mayLift(now) || slices.ContainsFunc(rest, func(v ecluse.OrderView) bool { return !c.mayLift(v) }) {
		return l
	}
	f := page.Frame{Base: c.base()}
	l.Reopen = f.URL(page.SeriesPart) + "?of=" + queryEscape(string(now.ID))
	if len(rest) > 0 {
		l.Stop = f.URL(page.NewOrderPart) + "?stop=" + queryEscape(string(now.ID))
	}
	if s.Reopened() {
		l.Close = f.URL(page.NewOrderPart) + "?close=" + queryEscape(string(now.ID))
	}
	return l
}
