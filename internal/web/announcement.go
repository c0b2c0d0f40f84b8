package web

import (
	"net/http"

	"github.com/ecluse-ecole/ecluse/internal/fault"
	"github.com/ecluse-ecole/ecluse/internal/school"
	"github.com/ecluse-ecole/ecluse/internal/web/page"
)

func (c *call) announcements() error { return c.showAnnouncements(ok, nil) }

// showAnnouncements lists what was announced here; form is what was typed and
// refused, or nil.
func (c *call) showAnnouncements(status int, form *page.AnnouncementForm) error {
	items, err := c.announced(50)
	if err != nil {
		return err
	}
	p := page.Announcements{Items: items, Form: form}
	if p.Form == nil && c.who.Office.Territory != "" {
		p.Form = &page.AnnouncementForm{}
	}
	if p.Frame, err = c.stayingFrame(c.lang.Say("Annonces", "Announcements")); err != nil {
		return err
	}
	return c.show(status, p)
}

// announced is the newest of what was announced at the current place.
func (c *call) announced(most int) ([]page.Announcement, error) {
	at, err := c.territory()
	if err != nil {
		return nil, err
	}
	list, err := c.app.Announcements(c.r.Context(), at)
	if err != nil {
		return nil, err
	}
	var out []page.Announcement
	for _, a := range list[:min(len(list), most)] {
		by := a.By
		if a.Office != "" {
			by += ", " + a.Office
		}
		out = append(out, page.Announcement{
			Title: a.Title, Body: a.Body, By: by, For: c.app.TerritoryName(a.Territory), At: c.in(a.At),
		})
	}
	return out, nil
}

// territory is the node of the current place: the school's, or the office's.
func (c *call) territory() (school.Territory, error) {
	if c.who.Member.ID == 0 {
		return c.who.Office.Territory, nil
	}
	sc, _, err := c.app.School(c.who.Member.School)
	return sc.Territory(), err
}

func (c *call) announce() error {
	title, body := c.r.FormValue("title"), c.r.FormValue("body")
	err := c.app.Announce(c.r.Context(), c.who, title, body)
	if fault.Is(err, fault.Invalid) {
		return c.showAnnouncements(http.StatusUnprocessableEntity, &page.AnnouncementForm{
			Title: page.Field{Value: title}, Body: page.Field{Value: body, Error: c.sentence(err)},
		})
	}
	if err != nil {
		return err
	}
	at := c.r.URL.Path
	return c.redirect(at + "?done=announced")
}
