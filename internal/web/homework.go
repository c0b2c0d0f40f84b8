package web

import (
	"errors"
	"io"
	"net/http"
	"slices"
	"strconv"

	"github.com/ecluse-ecole/ecluse"
	"github.com/ecluse-ecole/ecluse/internal/fault"
	"github.com/ecluse-ecole/ecluse/internal/order"
	"github.com/ecluse-ecole/ecluse/internal/procedure"
	"github.com/ecluse-ecole/ecluse/internal/school"
	"github.com/ecluse-ecole/ecluse/internal/store"
	"github.com/ecluse-ecole/ecluse/internal/web/page"
)

// A deed is what a head typed about a procedure and could not be kept as it was.
type deed struct {
	order   order.ID
	product string // "" in a refusal
	undo    bool
	ticked  map[string]bool
	by      string
	reason  string
	problem string // why not
}

// homework shows the head what is to be done by hand.
func (c *call) homework() error { return c.showHomework(ok, deed{}) }

func (c *call) showHomework(status int, typed deed) error {
	if c.who.Member.Role != school.Head {
		return c.nothing()
	}
	h, err := c.app.Homework(c.r.Context(), c.who)
	if err != nil {
		return err
	}
	p := page.Homework{URL: c.base() + page.AnswersPart, Said: h.Said}
	for _, known := range c.app.Procedures().All() {
		p.Products = append(p.Products, page.Choice{
			Value: known.ID, Label: c.text(known.Name), Chosen: slices.Contains(h.Products, known.ID),
		})
	}
	found := typed.problem == ""
	for i, t := range h.Tasks {
		task := c.task(t, "t"+strconv.Itoa(i), typed)
		task.Others = t.Undo && slices.ContainsFunc(h.Tasks, func(o ecluse.Task) bool { return !o.Undo && o.Order.Status == order.Actual })
		p.Tasks = append(p.Tasks, task)
		found = found || t.Order.ID == typed.order
	}
	if !found { // what it was about is gone
		p.Problem = typed.problem
	}
	if p.Frame, err = c.stayingFrame(c.lang.Say("À la main", "By hand")); err != nil {
		return err
	}
	return c.show(status, p)
}

// text is a sentence of the catalogue in the reader's language.
func (c *call) text(t procedure.Text) string { return c.lang.Say(t.French, t.English) }

func (c *call) texts(list []procedure.Text) []string {
	var out []string
	for _, t := range list {
		out = append(out, c.text(t))
	}
	return out
}

// task is one order with its procedures, and what was typed about it.
func (c *call) task(t ecluse.Task, key string, typed deed) page.Task {
	out := page.Task{Key: key, Order: c.orderRow(t.Order), Rules: c.ruleSentences(t.Order.Order), Undo: t.Undo, MayRefuse: !t.Undo}
	if t.Refusal != nil {
		out.Refusal = t.Refusal.Reason
	}
	mine := typed.order == t.Order.ID && typed.undo == t.Undo
	if mine && typed.product == "" {
		out.Refuse = page.Field{Value: typed.reason, Error: typed.problem}
	}
	for _, p := range t.Products {
		f := c.procedureForm(p, t.Undo)
		f.Key = key + "-" + p.Procedure.ID
		if mine && typed.product == p.Procedure.ID {
			f.Problem, f.By.Value = typed.problem, typed.by
			c.ticks(&f, p.Procedure, t.Undo, typed.ticked)
		}
		out.Procedures = append(out.Procedures, f)
	}
	return out
}

// procedureForm is the empty form of a procedure, with what was attested before.
func (c *call) procedureForm(p ecluse.ProductAnswer, undo bool) page.ProcedureForm {
	f := page.ProcedureForm{
		Product: p.Procedure.ID, Name: c.text(p.Procedure.Name), Who: c.text(p.Procedure.Who),
		By: page.Field{Value: c.who.Person.Name()},
	}
	c.ticks(&f, p.Procedure, undo, nil)
	if p.Kept != nil {
		c.kept(&f, p, undo)
	}
	if p.Answer != nil && p.Answer.Kind == store.Attested {
		f.Done = c.answerSentence(*p.Answer)
		if p.Answer.Picture {
			f.Picture = c.pictureURL(*p.Answer)
		}
	}
	return f
}

// kept fills a form with what was done so far, and says who kept it.
func (c *call) kept(f *page.ProcedureForm, p ecluse.ProductAnswer, undo bool) {
	ticked := map[string]bool{}
	for _, step := range p.Kept.Steps {
		ticked[strconv.Itoa(step)] = true
	}
	c.ticks(f, p.Procedure, undo, ticked)
	f.By.Value = p.Kept.By
	at := page.Frame{Lang: c.lang, Now: c.app.Now().In(c.loc)}.Near(c.in(p.Kept.At))
	f.Kept = c.lang.Say("Gardé "+at+", par ", "Kept "+at+", by ") + p.Kept.Name
}

func (c *call) ticks(f *page.ProcedureForm, p procedure.Procedure, undo bool, ticked map[string]bool) {
	if undo {
		f.Ticks(c.texts(p.Undo), nil, ticked)
		return
	}
	f.Ticks(c.texts(p.Steps), c.texts(p.Check), ticked)
}

// answerOrder keeps what the head says.
func (c *call) answerOrder() error {
	if c.who.Member.Role != school.Head {
		return c.nothing()
	}
	switch do := c.r.FormValue("do"); do {
	case "products":
		err := c.app.SetProducts(c.r.Context(), c.who, c.r.Form["product"])
		return orElse(err, func() error { return c.redirect(c.base() + page.AnswersPart + "?done=products") })
	case "attest", "undo":
		return c.attest(do == "undo")
	case "keep", "keep-undo":
		return c.keepTicks(do == "keep-undo")
	case "refuse":
		return c.refuseOrder()
	}
	return c.nothing()
}

// typedDeed is what the form of a procedure holds.
func (c *call) typedDeed(undo bool) deed {
	typed := deed{
		order: order.ID(c.r.FormValue("order")), product: c.r.FormValue("product"), undo: undo,
		by: c.r.FormValue("by-" + c.r.FormValue("key")), ticked: map[string]bool{},
	}
	for _, step := range c.r.Form["step"] {
		typed.ticked[step] = true
	}
	return typed
}

// keepTicks keeps what is done so far, for whoever goes on with it.
func (c *call) keepTicks(undo bool) error {
	typed := c.typedDeed(undo)
	var steps []int
	for step := range typed.ticked {
		if n, err := strconv.Atoi(step); err == nil {
			steps = append(steps, n)
		}
	}
	err := c.app.KeepTicks(c.r.Context(), c.who, ecluse.Attestation{Order: typed.order, Product: typed.product, Undo: undo, By: typed.by}, steps)
	return c.afterDeed(err, typed, "kept")
}

func (c *call) attest(undo bool) error {
	typed := c.typedDeed(undo)
	picture, err := c.file("picture-" + c.r.FormValue("key"))
	if err != nil {
		return err
	}
	err = c.app.Attest(c.r.Context(), c.who, ecluse.Attestation{
		Order: typed.order, Product: typed.product, Undo: undo, Ticked: len(typed.ticked), By: typed.by, Picture: picture,
	})
	done := "attested"
	if undo {
		done = "undone"
	}
	return c.afterDeed(err, typed, done)
}

func (c *call) refuseOrder() error {
	typed := deed{order: order.ID(c.r.FormValue("order")), reason: c.r.FormValue("reason-" + c.r.FormValue("key"))}
	err := c.app.RefuseOrder(c.r.Context(), c.who, typed.order, typed.reason)
	return c.afterDeed(err, typed, "declined")
}

// afterDeed leads on, or shows the page again with what was typed.
func (c *call) afterDeed(err error, typed deed, done string) error {
	switch {
	case err == nil:
		return c.redirect(c.base() + page.AnswersPart + "?done=" + done)
	case fault.Is(err, fault.Invalid), fault.Is(err, fault.Conflict):
		typed.problem = c.sentence(err)
		return c.showHomework(statuses[fault.KindOf(err)], typed)
	}
	return err
}

// file is what was sent in a field of files; nil when nothing was.
func (c *call) file(name string) ([]byte, error) {
	f, _, err := c.r.FormFile(name)
	if errors.Is(err, http.ErrMissingFile) || errors.Is(err, http.ErrNotMultipart) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	defer f.Close()
	return io.ReadAll(f) // secure bounds the whole form
}
