package web

import (
	"errors"
	"fmt"
	"strings"

	"github.com/ecluse-ecole/ecluse"
	"github.com/ecluse-ecole/ecluse/internal/fault"
	"github.com/ecluse-ecole/ecluse/internal/gate"
	"github.com/ecluse-ecole/ecluse/internal/message"
	"github.com/ecluse-ecole/ecluse/internal/order"
	"github.com/ecluse-ecole/ecluse/internal/web/page"
	"golang.org/x/text/unicode/norm"
)

func (c *call) compose() error {
	if err := c.mustRead(); err != nil {
		return err
	}
	d, err := c.app.Draft(c.r.Context(), c.who, number(c.r.FormValue("draft")))
	if fault.Is(err, fault.NotFound) {
		d, err = message.Draft{ID: c.app.NewDraftID()}, nil
	}
	if err != nil {
		return err
	}
	var p page.Compose
	if c.app.State(c.who).Decision.Access == order.Reply {
		p.Problem = c.lang.Say("Pour le moment, vous pouvez répondre, mais pas commencer une discussion. Ce que vous écrivez ici est gardé dans vos brouillons.",
			"For now you can answer, but not start a conversation. What you write here is kept in your drafts.")
	}
	return c.showCompose(ok, d, p)
}

// showCompose shows a draft being written; p carries what was wrong with it.
func (c *call) showCompose(status int, d message.Draft, p page.Compose) error {
	directory, err := c.app.Directory(c.r.Context(), c.who)
	if err != nil {
		return err
	}
	st := c.app.State(c.who)
	asked := p.Writing
	p.Writing = c.writing(d)
	p.Problem, p.Body.Error, p.Subject.Value = asked.Problem, asked.Body.Error, d.Subject
	p.Find = c.r.FormValue("q")
	p.Partial = len(directory.People) > mostPeople
	p.Groups = c.groups(directory, d, p.Find, st)
	p.Limits, p.Max = c.limits(st.Decision.Limits)
	if st.Decision.Access == order.Read {
		p.Button, p.Later = c.later(st)
	}
	if p.Frame, err = c.frame(c.lang.Say("Nouveau message", "New message")); err != nil {
		return err
	}
	return c.show(status, p)
}

// mostPeople is how many people a page offers at once. In a larger school those
// who match the search are shown, and always the classes.
const mostPeople = 1000

// groups lists the possible recipients under their headings: lists first, then
// people by role, those that match the filter or are chosen.
func (c *call) groups(d ecluse.Directory, draft message.Draft, find string, st ecluse.State) []page.Audience {
	chosen := map[string]bool{}
	for _, a := range draft.Audience {
		chosen[audienceValue(a)] = true
	}
	groups := []page.Audience{{Label: c.lang.Say("Classes", "Classes")}}
	at := map[string]int{}
	add := func(label string, r page.Recipient) {
		if !r.Chosen && !matches(r.Name+" "+r.Detail, find) {
			return
		}
		if _, known := at[label]; !known {
			at[label] = len(groups)
			groups = append(groups, page.Audience{Label: label})
		}
		groups[at[label]].Options = append(groups[at[label]].Options, r)
	}
	at[groups[0].Label] = 0
	for _, choice := range d.Lists {
		add(groups[0].Label, c.recipient(d, choice, chosen, st))
	}
	wide := len(d.People) > mostPeople && strings.TrimSpace(find) == ""
	for _, choice := range d.People {
		if wide && !chosen[audienceValue(choice.Audience)] {
			continue
		}
		add(page.RolesWord(c.lang, choice.Role), c.recipient(d, choice, chosen, st))
	}
	if len(groups[0].Options) == 0 {
		groups = groups[1:]
	}
	return groups
}

func (c *call) recipient(d ecluse.Directory, choice ecluse.Choice, chosen map[string]bool, st ecluse.State) page.Recipient {
	value := audienceValue(choice.Audience)
	r := page.Recipient{Value: value, Name: choice.Label, Count: choice.Count, Chosen: chosen[value]}
	details := append([]string{}, choice.Classes...)
	if choice.Function != "" {
		details = append([]string{choice.Function}, details...)
	}
	r.Detail = strings.Join(details, ", ")
	if choice.Class != 0 {
		r.Detail = c.lang.Count(choice.Count, "personne", "personnes", "person", "people")
	}
	r.Later = c.readsLater(d.Roles[choice.Role], st)
	return r
}

// readsLater says when people of a role can read what is sent now.
func (c *call) readsLater(rs ecluse.RoleState, st ecluse.State) string {
	if rs.ReadsNow {
		return ""
	}
	if rs.Reads.IsZero() {
		return c.lang.Say("à la réouverture", "at reopening")
	}
	f := c.bare("")
	f.Now = st.Now
	return f.Near(rs.Reads)
}

// matches reports whether every word of the filter begins somewhere in s,
// whatever the accents and capitals.
func matches(s, find string) bool {
	s = plain(s)
	for _, word := range strings.Fields(plain(find)) {
		if !strings.Contains(s, word) {
			return false
		}
	}
	return true
}

// plain is s in small letters without accents.
func plain(s string) string {
	return strings.Map(func(r rune) rune {
		if r >= 0x300 && r <= 0x36F {
			return -1
		}
		return r
	}, norm.NFD.String(strings.ToLower(s)))
}

// limits are the sentences about what the orders bound.
func (c *call) limits(l gate.Limits) (sentences []string, most int) {
	if l.Recipients != gate.Unlimited {
		most = int(l.Recipients)
		sentences = append(sentences, c.lang.Say(
			fmt.Sprintf("%d destinataires au plus par message.", most), fmt.Sprintf("At most %d recipients per message.", most)))
	}
	if l.PerHour != gate.Unlimited {
		sentences = append(sentences, c.lang.Say(
			fmt.Sprintf("%d messages au plus par heure.", l.PerHour), fmt.Sprintf("At most %d messages an hour.", l.PerHour)))
	}
	if !l.Lists {
		sentences = append(sentences, c.lang.Say("Pas de message à toute une classe.", "No message to a whole class."))
	}
	if !l.Links {
		sentences = append(sentences, c.lang.Say("Pas de lien dans les messages.", "No links in messages."))
	}
	return sentences, most
}

// send sends the message, or applies the filter or throws the draft away.
func (c *call) send() error {
	d := c.formDraft()
	d.ReplyTo = 0
	if err := c.mustRead(); err != nil {
		return c.keep(err, d)
	}
	switch c.r.FormValue("do") {
	case "find":
		return c.showCompose(ok, d, page.Compose{})
	case "discard":
		return c.throwAway(d)
	}
	sent, err := c.app.Send(c.r.Context(), c.who, ecluse.Outgoing{ID: d.ID, Audience: d.Audience, Subject: d.Subject, Body: d.Body})
	switch {
	case err == nil && sent.Waiting:
		return c.redirect(c.base() + page.WaitingPart + "?done=waiting")
	case err == nil:
		return c.redirect(c.base() + page.SentPart + "?done=sent")
	case fault.Is(err, fault.Conflict) && c.wasSent(d.ID, d):
		return c.redirect(c.base() + page.SentPart + "?done=already")
	case fault.Is(err, fault.Unproved):
		return err // what is written is carried through the proof
	case c.shut(err):
		return c.keep(err, d)
	default:
		return c.refused(d, err)
	}
}

// throwAway discards the draft that is open.
func (c *call) throwAway(d message.Draft) error {
	if err := c.app.DeleteDraft(c.r.Context(), c.who, d.ID); err != nil && !fault.Is(err, fault.NotFound) {
		return err
	}
	return c.redirect(c.base() + page.InboxPart + "?done=discarded")
}

// refused shows the form again with what was typed and why it did not leave.
// The text is kept besides, as far as that is possible.
func (c *call) refused(d message.Draft, err error) error {
	c.logAccident(err)
	d = c.renumbered(d, err)
	var p page.Compose
	if p.Problem = c.problem(err); fault.Is(err, fault.Invalid) {
		c.blame(d, &p)
	}
	return c.showCompose(statuses[fault.KindOf(err)], c.keepTyped(d), p)
}

// blame moves what is missing or too long to its field.
func (c *call) blame(d message.Draft, p *page.Compose) {
	subject, body := message.Clean(d.Subject), message.Clean(d.Body)
	if len(d.Audience) == 0 {
		p.To.Error = c.lang.Say("Choisissez au moins un destinataire.", "Choose at least one recipient.")
	}
	if err := message.Check(subject, "-"); err != nil {
		p.Subject.Error = c.sentence(err)
	}
	if err := message.Check("-", body); err != nil {
		p.Body.Error = c.sentence(err)
	}
	if p.To.Error+p.Subject.Error+p.Body.Error != "" {
		p.Problem = ""
	}
}

// problem is why a form was refused; an accident of ours has words too.
func (c *call) problem(err error) string {
	if fault.Is(err, fault.Conflict) {
		return c.lang.Say("Un message est déjà parti depuis ce formulaire. Ce texte-ci n'est pas parti : relisez-le, puis envoyez-le.",
			"A message has left from this form already. This text has not left: read it again, then send it.")
	}
	var closed *ecluse.ClosedError
	if errors.As(err, &closed) {
		return c.closedTowards(closed.State)
	}
	return c.trouble(err)
}

// closedTowards says that an order closes writing to some of the recipients, and
// until when.
func (c *call) closedTowards(st ecluse.State) string {
	if st.Reopens.IsZero() {
		return c.lang.Say("Un ordre ferme la messagerie avec certains de ces destinataires, jusqu'à nouvel ordre. Votre texte est gardé dans vos brouillons.",
			"An order closes messaging with some of these recipients until further notice. Your text is kept in your drafts.")
	}
	f := c.bare("")
	f.Now = st.Now
	near := f.Near(st.Reopens)
	return c.lang.Say("Un ordre ferme la messagerie avec certains de ces destinataires ; vous pourrez leur écrire "+near+". Votre texte est gardé dans vos brouillons.",
		"An order closes messaging with some of these recipients; you can write to them "+near+". Your text is kept in your drafts.")
}

// trouble is the sentence of a fault, or of an accident of ours.
func (c *call) trouble(err error) string {
	if s := c.sentence(err); s != "" {
		return s
	}
	return c.lang.Say("Écluse a un problème. Votre texte est encore là : essayez de nouveau dans quelques minutes.",
		"Écluse has a problem. Your text is still here: try again in a few minutes.")
}
