package web

import (
	"net/http"
	"strconv"

	"github.com/ecluse-ecole/ecluse"
	"github.com/ecluse-ecole/ecluse/internal/message"
	"github.com/ecluse-ecole/ecluse/internal/order"
	"github.com/ecluse-ecole/ecluse/internal/web/page"
)

// notice shows why messaging is closed; where it is open there is nothing to
// show and the reader is led back.
func (c *call) notice() error {
	st := c.app.State(c.who)
	if st.Decision.Access > order.Closed {
		return c.redirect(memberURL(c.who.Member.ID) + page.InboxPart)
	}
	return c.showNotice(ok, st, number(c.r.FormValue("draft")))
}

// closed refuses whatever was asked with the notice.
func (c *call) closed(st ecluse.State, draft message.ID) error {
	seconds := 300
	if !st.Until.IsZero() {
		seconds = max(1, int(c.app.Clock().Real(st.Until.Sub(st.Now)).Seconds())+1)
	}
	c.w.Header().Set("Retry-After", strconv.Itoa(seconds))
	if c.wantsJSON() {
		return c.json(http.StatusForbidden, refusal{Error: c.line(st).Line})
	}
	return c.showNotice(http.StatusForbidden, st, draft)
}

func (c *call) showNotice(status int, st ecluse.State, draft message.ID) error {
	f, err := c.frame(c.lang.Say("Messagerie fermée", "Messaging is closed"))
	if err != nil {
		return err
	}
	f.LiveURL = ""
	if f.Refresh = c.refresh(st); f.Refresh == 0 {
		f.Refresh = 300
	}
	from, err := c.cameFrom(st)
	if err != nil {
		return err
	}
	p := page.Notice{
		Frame: f, Since: st.Since, Until: st.Until, School: st.School.Name,
		For: page.RolesWord(c.lang, st.Role), Steps: page.StepsFrom(c.lang, st.Decision.Unmet, from),
	}
	for _, o := range st.Orders {
		p.Deciders = append(p.Deciders, page.Decider{
			Office: c.app.Decider(o), Title: o.Title, Reason: o.Reason, Contact: o.Contact,
			URL: f.Base + page.OrdersPart + "/" + string(o.ID), Exempt: c.exemptURL(o),
		})
	}
	p.Next = c.nextStage(st)
	if p.Draft, err = c.keptDraft(draft); err != nil {
		return err
	}
	p.Return = c.comeBack(draft, p.Draft)
	contact, err := c.app.Contact(c.r.Context(), st.School.UAI)
	if err != nil {
		return err
	}
	p.Phone = contact.Phone
	if c.r.FormValue("fragment") != "" {
		return c.showPart(status, p.Fragment())
	}
	return c.show(status, p)
}

// nextStage is the first stage that is announced after the orders that close.
func (c *call) nextStage(st ecluse.State) (next page.NextStage) {
	for _, o := range st.Orders {
		s, err := c.app.Series(o.ID, st.School.Zone)
		if err != nil {
			continue
		}
		for _, v := range s.Rest() {
			if v.Applies.Holds(st.School) && (next.From.IsZero() || v.From.Before(next.From)) {
				next = page.NextStage{Title: v.Title, From: v.From}
			}
		}
	}
	return next
}

// comeBack is where the notice leads at reopening: to the text that was being
// written, and never to an address that only forms are sent to. "" is its own.
func (c *call) comeBack(draft message.ID, kept string) string {
	switch {
	case draft != 0 && kept != "":
		return kept
	case c.r.Method != http.MethodGet:
		return memberURL(c.who.Member.ID) + page.InboxPart
	}
	return ""
}

// keptDraft is the address of the text that was being written, or "".
func (c *call) keptDraft(id message.ID) (string, error) {
	drafts, err := c.app.Drafts(c.r.Context(), c.who)
	if err != nil {
		return "", err
	}
	for _, d := range drafts {
		if id == 0 || d.ID == id {
			return c.draftURL(d), nil
		}
	}
	return "", nil
}
