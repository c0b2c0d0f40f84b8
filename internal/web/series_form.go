package web

import (
	"fmt"
	"slices"
	"strings"

	"github.com/ecluse-ecole/ecluse"
	"github.com/ecluse-ecole/ecluse/hours"
	"github.com/ecluse-ecole/ecluse/internal/order"
	"github.com/ecluse-ecole/ecluse/internal/school"
	"github.com/ecluse-ecole/ecluse/internal/web/page"
)

// A seriesForm is a reopening as it is typed, and what is wrong with each field.
type seriesForm struct {
	of     ecluse.OrderView // the order in force
	reason string
	rows   []stageRow
	errors map[string]string // by the field's name
}

// A stageRow is one stage as it is typed.
type stageRow struct {
	title     string
	fromTyped string
	from      order.Wall // zero: not given, or not readable
	roles     school.Roles
	access    order.Access
	hours     string
	since     string
	factor    bool
	otherwise order.Access
	skip      bool
	keep      *order.Order // whose rules stay as they are; nil: rules are typed
}

func stagePrefix(i int) string { return fmt.Sprintf("stage-%d-", i) }

// chosen are the rows that are meant.
func (f seriesForm) chosen() (list []int) {
	for i, row := range f.rows {
		if !row.skip {
			list = append(list, i)
		}
	}
	return list
}

// keptRow is an order that exists as a row.
func (c *call) keptRow(o *order.Order) stageRow {
	return stageRow{title: o.Title, from: o.From, fromTyped: minute(o.From), keep: o}
}

func (c *call) suggestedRow(s ecluse.SuggestedStage) stageRow {
	return stageRow{
		title: c.lang.Say(s.Title[0], s.Title[1]), from: s.From, fromTyped: minute(s.From), roles: s.Roles,
		access: order.Write, hours: s.Hours, since: day(s.Since), otherwise: s.Otherwise,
	}
}

// readSeriesForm reads what was posted; rows without a word are left out.
func (c *call) readSeriesForm(of ecluse.OrderView) seriesForm {
	f := seriesForm{of: of, reason: strings.TrimSpace(c.r.FormValue("reason")), errors: map[string]string{}}
	if f.reason == "" {
		f.errors["reason"] = c.lang.Say("À remplir.", "Fill this in.")
	}
	for i := range page.MaxStages {
		row, said := c.readStage(stagePrefix(i))
		if !said {
			continue
		}
		f.rows = append(f.rows, row)
	}
	return f
}

// readStage reads one row, and reports whether it says anything.
func (c *call) readStage(prefix string) (row stageRow, said bool) {
	value := func(name string) string { return strings.TrimSpace(c.r.FormValue(prefix + name)) }
	row = stageRow{
		title: value("title"), fromTyped: value("from"), hours: value("hours"), since: value("since"),
		factor: value("factor") != "", skip: value("skip") != "",
		access: accessOr(value("access"), order.Write), otherwise: accessOr(value("otherwise"), order.Closed),
	}
	row.from, _ = order.ParseWall(row.fromTyped)
	row.roles, _ = school.ParseRoles(c.r.Form[prefix+"roles"])
	if text := value("keep"); text != "" {
		row.keep, _ = order.Parse("", []byte(text))
	}
	return row, row.title+row.fromTyped+row.hours+row.since != "" || row.roles != 0 || row.keep != nil
}

// stagesOf makes stages of the rows that are meant, each on the rules of the one
// before it. What is wrong is said at its field.
func (c *call) stagesOf(f *seriesForm) (stages []ecluse.Stage) {
	rules := f.of.Rules
	for _, i := range f.chosen() {
		row, prefix := f.rows[i], stagePrefix(i)
		if row.title == "" {
			f.errors[prefix+"title"] = c.lang.Say("À remplir.", "Fill this in.")
		}
		if row.from.IsZero() {
			f.errors[prefix+"from"] = c.lang.Say("Écrivez une date et une heure.", "Write a date and a time.")
		}
		if row.keep != nil {
			rules = row.keep.Rules
		} else {
			rules = c.relaxed(f, prefix, row, rules)
		}
		stages = append(stages, ecluse.Stage{Title: row.title, From: row.from, Rules: rules})
	}
	if len(stages) == 0 {
		f.errors[stagePrefix(0)+"stage"] = c.lang.Say("Gardez au moins une étape.", "Keep at least one stage.")
	}
	return stages
}

// relaxed is the rules of a stage: those before it, but for whom it opens.
func (c *call) relaxed(f *seriesForm, prefix string, row stageRow, rules []order.Rule) []order.Rule {
	if row.roles == 0 {
		f.errors[prefix+"stage"] = c.lang.Say("Choisissez pour qui cette étape ouvre.", "Choose for whom this stage opens.")
		return rules
	}
	require := c.required(f, prefix, row)
	if row.otherwise > row.access && !require.IsZero() {
		f.errors[prefix+"stage"] = c.lang.Say("Les autres comptes pourraient plus que ceux qui remplissent la condition. Échangez les deux choix.",
			"Other accounts could do more than those that meet the condition. Swap the two choices.")
	}
	before := rules
	for _, role := range row.roles.Each() {
		rule := order.Rule{Roles: school.RolesOf(role), Access: row.access, Require: require}
		if !require.IsZero() {
			rule.Otherwise = row.otherwise
		}
		var err error
		if rule.Hours = ecluse.OpenHours(before, role); row.hours != "" {
			rule.Hours, err = hours.Parse(row.hours)
		}
		switch {
		case err != nil:
			f.errors[prefix+"hours"] = c.hoursProblem(row.hours, err)
			return before
		case rule.Hours == nil:
			f.errors[prefix+"hours"] = c.lang.Say("Ces personnes n'ont pas encore d'heures ouvertes : écrivez des horaires.",
				"These people have no open hours yet: write some.")
			return before
		}
		rules = order.Relax(rules, rule)
	}
	return rules
}

// required is a row's condition.
func (c *call) required(f *seriesForm, prefix string, row stageRow) order.Requirements {
	r := order.Requirements{SecondFactor: row.factor}
	if row.since == "" {
		return r
	}
	var err error
	if r.PasswordSince, err = order.ParseDay(row.since); err != nil {
		f.errors[prefix+"since"] = c.lang.Say("Cette date ne se lit pas.", "This date cannot be read.")
	} else if today := hours.DateOf(c.app.Now().In(c.loc)); r.PasswordSince.Date > today {
		f.errors[prefix+"since"] = c.lang.Say("Cette date est à venir : personne ne pourrait remplir la condition.",
			"This date is to come: nobody could meet the condition.")
	}
	return r
}

// stageForm shows one row with what was typed.
func (c *call) stageForm(row stageRow, prefix string, wrong map[string]string) page.StageForm {
	field := func(name, value string) page.Field { return page.Field{Value: value, Error: wrong[prefix+name]} }
	s := page.StageForm{
		Title: field("title", row.title), From: field("from", row.fromTyped), Hours: field("hours", row.hours),
		Since: field("since", row.since), Factor: row.factor, Skip: row.skip, Error: wrong[prefix+"stage"],
	}
	if row.keep != nil {
		s.Keep, s.Kept = string(row.keep.Encode()), c.ruleSentences(row.keep)
		return s
	}
	form := c.ruleForm(page.RuleForm{}, row.roles, row.access, row.otherwise)
	s.Roles, s.Access, s.Otherwise = form.Roles, form.Inside, form.Outside
	s.Access = slices.DeleteFunc(s.Access, func(x page.Choice) bool { return x.Value == order.Closed.String() })
	if h, err := hours.Parse(row.hours); err == nil && row.hours != "" {
		s.Reading = page.HoursWords(c.lang, h)
	}
	return s
}
