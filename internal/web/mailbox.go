package web

import (
	"strconv"
	"strings"

	"github.com/ecluse-ecole/ecluse"
	"github.com/ecluse-ecole/ecluse/internal/message"
	"github.com/ecluse-ecole/ecluse/internal/school"
	"github.com/ecluse-ecole/ecluse/internal/web/page"
)

// pageSize is how many messages a list shows.
const pageSize = 25

func (c *call) inbox() error {
	list, err := c.received("")
	if err != nil {
		return err
	}
	f, err := c.listFrame(c.lang.Say("Messages reçus", "Inbox"))
	if err != nil {
		return err
	}
	news, err := c.announced(3)
	if err != nil {
		return err
	}
	return c.show(ok, page.Inbox{Frame: f, List: list, News: news})
}

// received is a page of the inbox; selected is the thread open beside it.
func (c *call) received(selected string) (page.List, error) {
	before := number(c.r.FormValue("before"))
	got, err := c.app.Inbox(c.r.Context(), c.who, ecluse.Page{Before: before, Limit: pageSize + 1})
	if err != nil {
		return page.List{}, err
	}
	l := c.pager(page.InboxPart, before, len(got), func() message.ID { return got[pageSize-1].ID })
	for _, d := range got[:min(len(got), pageSize)] {
		thread := strconv.FormatInt(int64(d.Thread), 10)
		l.Rows = append(l.Rows, page.Row{
			URL: memberURL(c.who.Member.ID) + page.ThreadPart + "/" + thread,
			Who: d.From, Role: page.RoleWord(c.lang, d.FromRole), Subject: d.Subject, Preview: d.Body,
			At: c.in(d.Left), Unread: d.Read.IsZero(), Selected: thread == selected,
		})
	}
	return l, nil
}

// pager links to the parts of a list before and after this one.
func (c *call) pager(part string, before message.ID, got int, last func() message.ID) page.List {
	var l page.List
	base := memberURL(c.who.Member.ID) + part
	if before != 0 {
		l.Newer = base
	}
	if got > pageSize {
		l.Older = base + "?before=" + strconv.FormatInt(int64(last()), 10)
	}
	return l
}

func (c *call) sent() error {
	before := number(c.r.FormValue("before"))
	got, err := c.app.Sent(c.r.Context(), c.who, ecluse.Page{Before: before, Limit: pageSize + 1})
	if err != nil {
		return err
	}
	l := c.pager(page.SentPart, before, len(got), func() message.ID { return got[pageSize-1].ID })
	for _, m := range got[:min(len(got), pageSize)] {
		row := page.Row{
			URL: memberURL(c.who.Member.ID) + page.ThreadPart + "/" + strconv.FormatInt(int64(m.Thread), 10),
			Who: c.audience(m.Audience), Subject: m.Subject, Preview: m.Body, At: c.in(m.Left),
		}
		if row.Seen, err = c.seen(m); err != nil {
			return err
		}
		l.Rows = append(l.Rows, row)
	}
	f, err := c.listFrame(c.lang.Say("Messages envoyés", "Sent"))
	if err != nil {
		return err
	}
	return c.show(ok, page.Sent{Frame: f, List: l})
}

// seen counts who read a message. Pupils and guardians are not told when an
// adult of the school read them.
func (c *call) seen(m message.Message) (page.Seen, error) {
	if c.who.Member.Role == school.Pupil || c.who.Member.Role == school.Guardian || m.Waiting() {
		return page.Seen{}, nil
	}
	read, total, err := c.app.ReadBy(c.r.Context(), c.who, m.ID)
	return page.Seen{Read: read, Total: total}, err
}

// audience is what the sender chose, in words.
func (c *call) audience(to []message.Audience) string {
	const shown = 3
	var words []string
	for _, a := range to[:min(len(to), shown)] {
		words = append(words, a.Label)
	}
	if more := len(to) - shown; more > 0 {
		words = append(words, c.lang.Say("et ", "and ")+c.lang.Count(more, "autre", "autres", "other", "others"))
	}
	return strings.Join(words, ", ")
}

func (c *call) waiting() error {
	got, err := c.app.Waiting(c.r.Context(), c.who)
	if err != nil {
		return err
	}
	st := c.app.State(c.who)
	var p page.Waiting
	for _, m := range got {
		p.Rows = append(p.Rows, page.WaitingRow{
			ID: int64(m.ID), To: c.audience(m.Audience), Subject: m.Subject, Preview: message.Preview(m.Body),
			Written: c.in(m.Written), Leaves: st.Reopens,
		})
	}
	if p.Frame, err = c.listFrame(c.lang.Say("En attente", "Waiting")); err != nil {
		return err
	}
	return c.show(ok, p)
}

// cancelWaiting takes a message back; its text becomes a draft.
func (c *call) cancelWaiting() error {
	if _, err := c.app.CancelWaiting(c.r.Context(), c.who, number(c.r.PathValue("id"))); err != nil {
		return err
	}
	return c.redirect(memberURL(c.who.Member.ID) + page.WaitingPart + "?done=cancelled")
}

// changeWaiting takes a message back and opens its text.
func (c *call) changeWaiting() error {
	d, err := c.app.CancelWaiting(c.r.Context(), c.who, number(c.r.PathValue("id")))
	if err != nil {
		return err
	}
	return c.redirect(c.draftURL(d))
}

func (c *call) drafts() error {
	if err := c.mustRead(); err != nil {
		return err
	}
	got, err := c.app.Drafts(c.r.Context(), c.who)
	if err != nil {
		return err
	}
	directory, err := c.app.Directory(c.r.Context(), c.who)
	if err != nil {
		return err
	}
	var p page.Drafts
	for _, d := range got {
		p.Rows = append(p.Rows, page.DraftRow{
			ID: int64(d.ID), URL: c.draftURL(d), To: c.audience(named(directory, d.Audience)), Subject: d.Subject,
			Preview: message.Preview(d.Body), Saved: c.in(d.Saved),
		})
	}
	if p.Frame, err = c.listFrame(c.lang.Say("Brouillons", "Drafts")); err != nil {
		return err
	}
	return c.show(ok, p)
}

// draftURL is where a draft is written on.
func (c *call) draftURL(d message.Draft) string {
	base := memberURL(c.who.Member.ID)
	id := strconv.FormatInt(int64(d.ID), 10)
	if d.ReplyTo != 0 {
		return base + page.ThreadPart + "/" + strconv.FormatInt(int64(d.ReplyTo), 10) + "?draft=" + id
	}
	return base + page.ComposePart + "?draft=" + id
}

func (c *call) discardDraft() error {
	if err := c.mustRead(); err != nil {
		return err
	}
	if err := c.app.DeleteDraft(c.r.Context(), c.who, number(c.r.PathValue("id"))); err != nil {
		return err
	}
	return c.redirect(memberURL(c.who.Member.ID) + page.DraftsPart + "?done=discarded")
}

// mustRead refuses a page of the mailbox while messaging is closed.
func (c *call) mustRead() error {
	if st := c.app.State(c.who); !st.CanWrite() {
		return &ecluse.ClosedError{State: st}
	}
	return nil
}
