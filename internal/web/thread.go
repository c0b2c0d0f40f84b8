package web

import (
	"net/http"

	"github.com/ecluse-ecole/ecluse"
	"github.com/ecluse-ecole/ecluse/internal/fault"
	"github.com/ecluse-ecole/ecluse/internal/message"
	"github.com/ecluse-ecole/ecluse/internal/order"
	"github.com/ecluse-ecole/ecluse/internal/web/page"
)

func (c *call) thread() error {
	id := number(c.r.PathValue("id"))
	letters, err := c.app.Thread(c.r.Context(), c.who, id)
	if err != nil {
		return err
	}
	w, err := c.writingIn(id)
	if err != nil {
		return err
	}
	return c.showThread(ok, id, letters, w)
}

// writingIn is the answer begun in a thread: the one that was kept last, or a new
// one.
func (c *call) writingIn(thread message.ID) (page.Writing, error) {
	drafts, err := c.app.Drafts(c.r.Context(), c.who)
	if err != nil {
		return page.Writing{}, err
	}
	for _, d := range drafts {
		if d.ReplyTo == thread {
			return c.writing(d), nil
		}
	}
	return page.Writing{Draft: int64(c.app.NewDraftID())}, nil
}

func (c *call) writing(d message.Draft) page.Writing {
	return page.Writing{Draft: int64(d.ID), Version: d.Version, Saved: c.in(d.Saved), Body: page.Field{Value: d.Body}}
}

func (c *call) showThread(status int, id message.ID, letters []message.Delivery, w page.Writing) error {
	st := c.app.State(c.who)
	p := page.Thread{ID: int64(id), Subject: letters[0].Subject}
	for _, d := range letters {
		letter, err := c.letter(d, st)
		if err != nil {
			return err
		}
		p.Letters = append(p.Letters, letter)
	}
	p.Answer, p.NoReply = c.answerBox(letters, st, w)
	var err error
	if p.Frame, err = c.frame(p.Subject); err != nil {
		return err
	}
	if p.List, err = c.received(c.r.PathValue("id")); err != nil {
		return err
	}
	return c.show(status, p)
}

func (c *call) letter(d message.Delivery, st ecluse.State) (page.Letter, error) {
	l := page.Letter{
		ID: int64(d.ID), From: d.From, Role: page.RoleWord(c.lang, d.FromRole), To: c.audience(d.Audience),
		Written: c.in(d.Written), Left: c.in(d.Left), Body: d.Body,
		Mine: d.Sender == c.who.Member.ID, Alert: d.Kind == message.Alert,
	}
	l.Unread = !l.Mine && d.Read.IsZero()
	if d.Waiting() {
		l.Leaves = st.Reopens
	}
	if !l.Mine {
		return l, nil
	}
	var err error
	l.Seen, err = c.seen(d.Message)
	return l, err
}

// answered is the last letter that somebody else wrote: the one a reply answers.
func (c *call) answered(letters []message.Delivery) (message.Delivery, bool) {
	for i := len(letters) - 1; i >= 0; i-- {
		if letters[i].Sender != c.who.Member.ID {
			return letters[i], true
		}
	}
	return message.Delivery{}, false
}

// answerBox is the reply box, or why there is none.
func (c *call) answerBox(letters []message.Delivery, st ecluse.State, w page.Writing) (*page.Answer, string) {
	to, found := c.answered(letters)
	switch {
	case !found:
		return nil, c.lang.Say("Personne n’a encore répondu à ce message.", "Nobody has answered this message yet.")
	case st.Decision.Access == order.Read:
		w.Button, w.Later = c.later(st)
	}
	return &page.Answer{Writing: w, To: to.From}, ""
}

// later says when what is written now will leave.
func (c *call) later(st ecluse.State) (button, sentence string) {
	if st.Reopens.IsZero() {
		return c.lang.Say("Programmer pour la réouverture", "Schedule for reopening"),
			c.lang.Say("Vous pouvez écrire ; votre message partira à la réouverture.", "You can write; your message will leave at reopening.")
	}
	f := c.bare("")
	f.Now = st.Now
	near := f.Near(st.Reopens)
	return c.lang.Say("Programmer pour "+near, "Schedule for "+near),
		c.lang.Say("Vous pouvez écrire ; votre message partira "+near+".", "You can write; your message will leave "+near+".")
}

// answer sends a reply.
func (c *call) answer() error {
	id := number(c.r.PathValue("id"))
	d := c.formDraft()
	d.ReplyTo, d.Audience, d.Subject = id, nil, ""
	letters, err := c.app.Thread(c.r.Context(), c.who, id)
	if err != nil {
		return c.keep(err, d)
	}
	to, found := c.answered(letters)
	if !found {
		return c.showThread(http.StatusUnprocessableEntity, id, letters, c.writing(d))
	}
	sent, err := c.app.Send(c.r.Context(), c.who, ecluse.Outgoing{
		ID: d.ID, ReplyTo: to.ID, Subject: message.ReplySubject(letters[0].Subject), Body: d.Body,
	})
	switch {
	case err == nil && sent.Waiting:
		return c.redirect(c.threadURL(id) + "?done=waiting")
	case err == nil:
		return c.redirect(c.threadURL(id) + "?done=sent")
	case fault.Is(err, fault.Conflict) && c.wasSent(id, d):
		return c.redirect(c.threadURL(id) + "?done=already")
	case fault.Is(err, fault.Unproved):
		return err // what is written is carried through the proof
	case c.shut(err):
		return c.keep(err, d)
	default:
		return c.refusedAnswer(id, letters, d, err)
	}
}

// refusedAnswer shows the thread again with what was typed and why it did not
// leave. The text is kept besides, as far as that is possible.
func (c *call) refusedAnswer(id message.ID, letters []message.Delivery, d message.Draft, err error) error {
	c.logAccident(err)
	d = c.renumbered(d, err)
	problem := c.problem(err)
	w := c.writing(c.keepTyped(d))
	if fault.Is(err, fault.Invalid) && message.Check("-", message.Clean(d.Body)) != nil {
		w.Body.Error = problem
	} else {
		w.Problem = problem
	}
	return c.showThread(statuses[fault.KindOf(err)], id, letters, w)
}

func (c *call) threadURL(id message.ID) string {
	f := page.Frame{Base: memberURL(c.who.Member.ID)}
	return f.ThreadURL(int64(id))
}
