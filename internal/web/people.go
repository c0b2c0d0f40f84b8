package web

import (
	"encoding/hex"
	"strconv"
	"strings"

	"github.com/ecluse-ecole/ecluse"
	"github.com/ecluse-ecole/ecluse/internal/account"
	"github.com/ecluse-ecole/ecluse/internal/fault"
	"github.com/ecluse-ecole/ecluse/internal/message"
	"github.com/ecluse-ecole/ecluse/internal/school"
	"github.com/ecluse-ecole/ecluse/internal/web/page"
)

// people finds accounts of which the reader takes care.
func (c *call) people() error {
	p := page.People{Query: c.r.FormValue("name"), School: string(c.schoolAsked()), Roles: c.roleChoices()}
	p.Asked = p.School != "" && (c.r.Form.Has("name") || c.who.Member.ID != 0)
	q := ecluse.PeopleQuery{School: school.UAI(p.School), Roles: c.rolesAsked(), Name: p.Query, Class: message.ClassID(number(c.r.FormValue("class")))}
	// Whoever has asked nothing yet is not shown a whole school, but what is urgent in it.
	q.Frozen = c.who.Member.ID != 0 && q.Roles == 0 && q.Name == "" && q.Class == 0
	p.Urgent = q.Frozen
	rows, more, err := c.app.People(c.r.Context(), c.who, q)
	if fault.Is(err, fault.NotFound) && c.who.Member.ID == 0 {
		p.Problem, p.Asked, err = c.sentence(err), false, nil
	}
	if err != nil {
		return err
	}
	for _, r := range rows {
		p.Rows = append(p.Rows, c.peopleRow(r))
	}
	p.More = more
	if c.who.Member.ID != 0 {
		if p.Classes, err = c.classesOf(q.School, q.Class); err != nil {
			return err
		}
	}
	if p.Frame, err = c.stayingFrame(c.lang.Say("Personnes", "People")); err != nil {
		return err
	}
	return c.show(ok, p)
}

// schoolAsked is the head's own, or the one that an office names.
func (c *call) schoolAsked() school.UAI {
	if c.who.Member.ID != 0 {
		return c.who.Member.School
	}
	return school.UAI(strings.ToUpper(strings.TrimSpace(c.r.FormValue("school"))))
}

func (c *call) rolesAsked() school.Roles {
	for r := range school.Role(school.RoleCount) {
		if c.r.FormValue("role") == r.String() {
			return school.RolesOf(r)
		}
	}
	return 0
}

func (c *call) roleChoices() []page.Choice {
	list := []page.Choice{{Label: c.lang.Say("Tous", "All")}}
	for r := range school.Role(school.RoleCount) {
		list = append(list, page.Choice{Value: r.String(), Label: page.RoleWord(c.lang, r), Chosen: c.r.FormValue("role") == r.String()})
	}
	return list
}

func (c *call) peopleRow(r ecluse.PersonRow) page.PeopleRow {
	state := c.lang.Say("actif", "active")
	switch {
	case r.Frozen:
		state = c.lang.Say("bloqué", "frozen")
	case r.Renewal:
		state = c.lang.Say("nouveau mot de passe demandé", "new password asked")
	case r.Service != "":
		state = c.lang.Say("se connecte par ", "signs in by ") + c.serviceName(r.Service)
	case !r.Activated:
		state = c.lang.Say("jamais activé", "never activated")
	}
	return page.PeopleRow{
		URL: c.base() + page.PeoplePart + "/" + strconv.FormatInt(int64(r.Person), 10), Name: r.Name,
		Role: page.RoleWord(c.lang, r.Role), Classes: strings.Join(r.Classes, ", "), State: state, Frozen: r.Frozen,
	}
}

func (c *call) personAsked() account.PersonID { return account.PersonID(number(c.r.PathValue("id"))) }

// care is one account.
func (c *call) care() error { return c.showCare(ok, "") }

func (c *call) showCare(status int, problem string) error {
	v, err := c.app.Care(c.r.Context(), c.who, c.personAsked())
	if err != nil {
		return err
	}
	p := page.Care{
		Form: c.base() + page.PeoplePart + "/" + strconv.FormatInt(int64(v.Person.ID), 10), Name: v.Person.Name(), Second: v.Second, Card: v.Card, Losses: page.LossChoices(c.lang),
		Sessions: c.sessionRows(v.Sessions), Problem: problem, Travels: c.travels(v.Travels),
		Freezing: page.Freezing{
			Note: c.r.FormValue("note"), Since: c.in(v.Since),
			Left: v.Evidence.Left, Reached: v.Evidence.Reached, Waiting: v.Evidence.Waiting,
		},
	}
	for _, h := range v.Held {
		p.Kept = append(p.Kept, c.keptEvidence(h))
	}
	for _, r := range v.Places {
		p.Places = append(p.Places, c.peopleRow(r))
		if r.School == c.who.Member.School && r.Person != c.who.Person.ID {
			p.Slip = c.slipURL(r.ID)
		}
	}
	if v.Freeze != nil {
		p.Frozen, p.At, p.Note = true, c.in(v.Freeze.At), v.Freeze.Note
		p.Why, p.Steps = page.FreezeWord(c.lang, v.Freeze.Why), page.CareSteps(c.lang, v.Done)
	}
	if p.Frame, err = c.stayingFrame(p.Name); err != nil {
		return err
	}
	return c.show(status, p)
}

// doCare freezes an account, ends its sessions, notes a step, or gives it back.
func (c *call) doCare() error {
	ctx, person, done := c.r.Context(), c.personAsked(), ""
	var err error
	switch c.r.FormValue("do") {
	case "freeze":
		done, err = "frozen", c.app.Freeze(ctx, c.who, person, c.r.FormValue("note"))
	case "fetch":
		return c.fetchEvidence(person)
	case "release":
		done, err = "released", c.app.ReleaseEvidence(ctx, c.who, person, int64(number(c.r.FormValue("evidence"))))
	case "travel":
		done, err = "travel", c.addTravel(person)
	case "untravel":
		done, err = "untravel", c.app.EndTravel(ctx, c.who, person, int64(number(c.r.FormValue("travel"))))
	case "end":
		done, err = "endedall", c.app.EndSessionsOf(ctx, c.who, person)
	case "step":
		step, parseErr := strconv.ParseUint(c.r.FormValue("step"), 10, 8)
		if parseErr != nil {
			return c.nothing()
		}
		done, err = "step", c.app.TickGiveBack(ctx, c.who, person, account.GiveBackStep(step))
	case "card":
		done, err = "card", c.app.CancelCard(ctx, c.who, person)
	case "clear":
		why, parseErr := strconv.ParseUint(c.r.FormValue("why"), 10, 8)
		if parseErr != nil || account.Loss(why) >= account.Losses {
			return c.nothing()
		}
		done, err = "cleared", c.app.ClearFactors(ctx, c.who, person, account.Loss(why))
	case "back":
		done, err = "givenback", c.app.GiveBack(ctx, c.who, person)
	default:
		return c.nothing()
	}
	if kind := fault.KindOf(err); kind == fault.Invalid || kind == fault.Conflict {
		return c.showCare(statuses[kind], c.sentence(err))
	}
	if err != nil {
		return err
	}
	return c.redirect(c.r.URL.EscapedPath() + "?done=" + done)
}

// sessionRows are sessions as they are listed.
func (c *call) sessionRows(sessions []account.Session) (rows []page.SessionRow) {
	for _, s := range sessions {
		rows = append(rows, page.SessionRow{
			ID: hex.EncodeToString(s.Digest[:]), Device: page.Device(c.lang, s.Device), Address: page.Where(c.lang, s.Country, s.Address),
			Since: c.in(s.Created), Seen: c.in(s.Seen), Current: s.Digest == c.who.Session,
		})
	}
	return rows
}
