package web

import (
	"strconv"

	"github.com/ecluse-ecole/ecluse"
	"github.com/ecluse-ecole/ecluse/internal/fault"
	"github.com/ecluse-ecole/ecluse/internal/message"
	"github.com/ecluse-ecole/ecluse/internal/web/page"
)

// sessions counts the sessions that would end.
func (c *call) sessions() error {
	r := c.reach()
	p := page.EndSessions{School: string(r.School), Office: c.who.Member.ID == 0, Roles: c.roleChoices()}
	count, err := c.app.CountSessions(c.r.Context(), c.who, r)
	if fault.Is(err, fault.NotFound) && p.Office {
		p.Problem, err = c.sentence(err), nil
	}
	if err != nil {
		return err
	}
	p.People, p.Held = count.People, count.Sessions
	if p.Classes, err = c.classChoices(r); err != nil {
		return err
	}
	if p.Frame, err = c.stayingFrame(c.lang.Say("Fermer des connexions", "End sessions")); err != nil {
		return err
	}
	return c.show(ok, p)
}

// reach is whose sessions the form is about.
func (c *call) reach() ecluse.Reach {
	r := ecluse.Reach{School: c.schoolAsked(), Roles: c.rolesAsked()}
	if r.School != "" {
		r.Class = message.ClassID(number(c.r.FormValue("class")))
	}
	return r
}

func (c *call) classChoices(r ecluse.Reach) ([]page.Choice, error) {
	list := []page.Choice{{Label: c.lang.Say("Toutes", "All")}}
	if r.School == "" {
		return list, nil
	}
	classes, err := c.app.ClassesFor(c.r.Context(), c.who, r.School)
	for _, x := range classes {
		list = append(list, page.Choice{Value: strconv.FormatInt(int64(x.ID), 10), Label: x.Name, Chosen: x.ID == r.Class})
	}
	if fault.Is(err, fault.NotFound) {
		err = nil
	}
	return list, err
}

func (c *call) endSessions() error {
	if c.r.FormValue("do") != "end" { // whose sessions end is asked for in so many words
		return c.nothing()
	}
	if _, err := c.app.EndSessions(c.r.Context(), c.who, c.reach()); err != nil {
		return err
	}
	return c.redirect(c.base() + page.PeoplePart + "?done=endedall")
}
