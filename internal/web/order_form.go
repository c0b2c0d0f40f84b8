package web

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"github.com/ecluse-ecole/ecluse/hours"
	"github.com/ecluse-ecole/ecluse/internal/order"
	"github.com/ecluse-ecole/ecluse/internal/school"
	"github.com/ecluse-ecole/ecluse/internal/web/page"
)

// An orderForm is an order as it is typed, and what is wrong with each field.
type orderForm struct {
	order  *order.Order
	rules  []page.RuleForm
	errors map[string]string // by the field's name
	typed  map[string]string // what could not be read, by the field's name
}

// readOrderForm reads what was posted. What cannot be read is said at its field.
func (c *call) readOrderForm(issuer school.Territory) orderForm {
	f := orderForm{errors: map[string]string{}, typed: map[string]string{}, order: &order.Order{
		Issuer: issuer, ID: c.app.NextOrderID(issuer),
		Title: c.r.FormValue("title"), Basis: c.r.FormValue("basis"), Reason: c.r.FormValue("reason"),
		Contact: order.Contact{
			Office: strings.TrimSpace(c.r.FormValue("office")), Phone: strings.TrimSpace(c.r.FormValue("phone")),
			Email: strings.TrimSpace(c.r.FormValue("email")),
		},
		Copies: lines(c.r.FormValue("copies")),
	}}
	if c.r.FormValue("exercise") != "" {
		f.order.Status = order.Exercise
	}
	for _, id := range c.r.Form["references"] {
		f.order.Type = order.Update
		f.order.References = append(f.order.References, order.ID(id))
	}
	f.scope(c, issuer)
	f.order.From = f.wall(c, "from", order.ParseWall)
	f.order.Until = f.wall(c, "until", order.ParseWall)
	f.order.Review = f.wall(c, "review", order.ParseDay)
	for i := range page.RuleRows {
		f.rule(c, i)
	}
	f.required(c)
	return f
}

func lines(s string) []string {
	var out []string
	for _, l := range strings.Split(s, "\n") {
		if l = strings.TrimSpace(l); l != "" {
			out = append(out, l)
		}
	}
	return out
}

func (f *orderForm) scope(c *call, issuer school.Territory) {
	f.order.Applies.Territory = issuer
	if typed := c.r.FormValue("territory"); typed != "" {
		chosen, err := school.ParseTerritory(typed)
		if err != nil { // never a wider place than was meant
			f.errors["scope"] = c.lang.Say("Ce territoire n’existe pas. Choisissez-en un dans la liste.",
				"There is no such territory. Choose one from the list.")
		} else {
			f.order.Applies.Territory = chosen
		}
	}
	for _, d := range []school.Degree{school.First, school.Second} {
		if slices.Contains(c.r.Form["degree"], d.String()) {
			f.order.Applies.Degrees = append(f.order.Applies.Degrees, d)
		}
	}
	for _, s := range []school.Sector{school.Public, school.Private} {
		if slices.Contains(c.r.Form["sector"], s.String()) {
			f.order.Applies.Sectors = append(f.order.Applies.Sectors, s)
		}
	}
}

// wall reads an instant of the form; an empty field is none.
func (f *orderForm) wall(c *call, name string, parse func(string) (order.Wall, error)) order.Wall {
	typed := c.r.FormValue(name)
	if typed == "" {
		return order.Wall{}
	}
	w, err := parse(typed)
	if err != nil {
		f.typed[name] = typed
		f.errors[name] = c.lang.Say("Cette date ne se lit pas.", "This date cannot be read.") + " " + c.spokenError(err)
	}
	return w
}

// rule reads one row; an empty row is no rule.
func (f *orderForm) rule(c *call, i int) {
	prefix := fmt.Sprintf("rule-%d-", i)
	roles, typed := c.r.Form[prefix+"roles"], strings.TrimSpace(c.r.FormValue(prefix+"hours"))
	form := page.RuleForm{Hours: page.Field{Value: typed}}
	if len(roles) == 0 && typed == "" {
		f.rules = append(f.rules, c.ruleForm(form, 0, order.Write, order.Closed))
		return
	}
	rule := order.Rule{Access: order.Write}
	var err error
	if rule.Roles, err = school.ParseRoles(roles); err != nil || rule.Roles == 0 {
		form.Error = c.lang.Say("Choisissez pour qui vaut cette règle.", "Choose for whom this rule holds.")
	}
	rule.Access = accessOr(c.r.FormValue(prefix+"inside"), order.Write)
	rule.Outside = accessOr(c.r.FormValue(prefix+"outside"), order.Closed)
	if form.Error == "" && rule.Outside > rule.Access {
		form.Error = c.lang.Say("Cette règle ouvre plus en dehors de ces heures que pendant. Échangez les deux choix.",
			"This rule opens more outside these hours than inside them. Swap the two choices.")
	}
	if rule.Hours, err = hours.Parse(typed); err != nil {
		form.Hours.Error = c.hoursProblem(typed, err)
	} else {
		form.Reading, form.Notes = page.HoursWords(c.lang, rule.Hours), c.hoursDoubts(rule.Hours)
		f.order.Rules = append(f.order.Rules, rule)
	}
	if form.Error != "" || form.Hours.Error != "" {
		f.errors[prefix+"rule"] = "!"
	}
	f.rules = append(f.rules, c.ruleForm(form, rule.Roles, rule.Access, rule.Outside))
}

// accessOr reads a choice of access. What is no access closes.
func accessOr(word string, absent order.Access) order.Access {
	if word == "" {
		return absent
	}
	a, err := order.ParseAccess(word)
	if err != nil {
		return order.Closed
	}
	return a
}

// ruleForm fills the choices of a row.
func (c *call) ruleForm(form page.RuleForm, roles school.Roles, inside, outside order.Access) page.RuleForm {
	for r := range school.Role(school.RoleCount) {
		form.Roles = append(form.Roles, page.Choice{
			Value: r.String(), Label: page.RolesWord(c.lang, r), Chosen: roles.Has(r),
		})
	}
	for _, a := range []order.Access{order.Write, order.Reply, order.Read, order.Closed} {
		choice := page.Choice{Value: a.String(), Label: page.AccessWord(c.lang, a)}
		choice.Chosen = a == inside
		form.Inside = append(form.Inside, choice)
		choice.Chosen = a == outside
		form.Outside = append(form.Outside, choice)
	}
	return form
}

// required says what is missing.
func (f *orderForm) required(c *call) {
	for name, value := range map[string]string{
		"title": f.order.Title, "reason": f.order.Reason, "from": c.r.FormValue("from"), "office": f.order.Contact.Office,
	} {
		if strings.TrimSpace(value) == "" && f.errors[name] == "" {
			f.errors[name] = c.lang.Say("À remplir.", "Fill this in.")
		}
	}
	if f.order.Contact.Phone+f.order.Contact.Email == "" {
		f.errors["phone"] = c.lang.Say("Donnez un téléphone ou une adresse électronique.", "Give a phone number or an e-mail address.")
	}
	if !f.order.Until.IsZero() && !f.order.From.Before(f.order.Until) {
		f.errors["until"] = c.lang.Say("La fin vient avant le début.", "The end comes before the beginning.")
	}
	if len(f.order.Rules) == 0 && len(f.errors) == 0 {
		f.errors["rule-0-rule"] = "!"
		f.rules[0].Error = c.lang.Say("Écrivez au moins une règle.", "Write at least one rule.")
	}
}

// fields shows the form of an order with what was typed.
func (f orderForm) fields(c *call, p *page.NewOrder) {
	o := f.order
	field := func(name, value string) page.Field {
		return page.Field{Value: cmp.Or(value, f.typed[name]), Error: f.errors[name]}
	}
	p.Scope.Error = f.errors["scope"]
	p.About.Title, p.About.Basis, p.About.Reason = field("title", o.Title), field("basis", o.Basis), field("reason", o.Reason)
	p.About.Exercise = o.Status == order.Exercise
	p.Times.From, p.Times.Until = field("from", minute(o.From)), field("until", minute(o.Until))
	p.Times.Review = field("review", day(o.Review))
	p.Contact = page.OrderContact{
		Office: field("office", o.Contact.Office), Phone: field("phone", o.Contact.Phone),
		Email: field("email", o.Contact.Email), Copies: field("copies", strings.Join(o.Copies, "\n")),
	}
	p.Rules = f.rules
	if len(f.errors) > 0 {
		p.Problem = c.lang.Say("Quelques champs sont à revoir.", "Some fields need another look.")
	}
}

// minute is a wall-clock reading as a datetime-local input wants it.
func minute(w order.Wall) string {
	if w.IsZero() {
		return ""
	}
	return fmt.Sprintf("%sT%02d:%02d", w.Date, w.Second/3600, w.Second/60%60)
}

func day(w order.Wall) string {
	if w.IsZero() {
		return ""
	}
	return w.Date.String()
}
