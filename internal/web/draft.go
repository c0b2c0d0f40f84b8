package web

import (
	"slices"
	"strconv"
	"strings"

	"github.com/ecluse-ecole/ecluse"
	"github.com/ecluse-ecole/ecluse/internal/account"
	"github.com/ecluse-ecole/ecluse/internal/fault"
	"github.com/ecluse-ecole/ecluse/internal/message"
	"github.com/ecluse-ecole/ecluse/internal/school"
)

// formDraft is what a form of Compose or Thread holds. A form without a number
// gets one, so that its text can be kept.
func (c *call) formDraft() message.Draft { return c.draftOf("") }

// draftOf is a draft whose fields have names with a prefix.
func (c *call) draftOf(prefix string) message.Draft {
	d := message.Draft{
		ID: number(c.r.FormValue(prefix + "draft")), ReplyTo: number(c.r.FormValue(prefix + "thread")),
		Subject: c.r.FormValue(prefix + "subject"), Body: c.r.FormValue(prefix + "body"),
	}
	d.Version, _ = strconv.ParseInt(c.r.FormValue(prefix+"version"), 10, 64)
	if d.ID == 0 {
		d.ID = c.app.NewDraftID()
	}
	chosen := map[message.Audience]bool{}
	for _, v := range c.r.Form[prefix+"to"] {
		if a, ok := parseAudience(v); ok && !chosen[a] {
			chosen[a] = true
			d.Audience = append(d.Audience, a)
		}
	}
	return d
}

// keepText saves what was typed where it overwrites nothing newer: under its own
// number or, where another text stands there, under a new one.
func (c *call) keepText(d message.Draft) (message.Draft, error) {
	saved, err := c.app.SaveDraft(c.r.Context(), c.who, d)
	if !fault.Is(err, fault.Conflict) {
		return saved, err
	}
	there, err := c.app.Draft(c.r.Context(), c.who, d.ID)
	if err == nil && sameText(there, saved) {
		return there, nil
	}
	d.ID, d.Version = c.app.NewDraftID(), 0
	return c.app.SaveDraft(c.r.Context(), c.who, d)
}

// blank reports whether there is nothing to keep.
func blank(d message.Draft) bool { return d.Subject+d.Body == "" && len(d.Audience) == 0 }

// sameText reports whether two drafts say the same to the same people.
func sameText(a, b message.Draft) bool {
	return a.Subject == b.Subject && a.Body == b.Body && slices.EqualFunc(a.Audience, b.Audience,
		func(x, y message.Audience) bool { return audienceValue(x) == audienceValue(y) })
}

// keepTyped is keepText for a form that is shown again: where the text cannot be
// kept it is still on the page.
func (c *call) keepTyped(d message.Draft) message.Draft {
	if blank(d) {
		return d
	}
	kept, err := c.keepText(d)
	if err != nil {
		c.opts.Log.Warn("a refused text could not be kept", "error", err)
		return d
	}
	return kept
}

// keep saves the text of a form that a closing refused, so that the notice can
// offer it again; a failure to save it is the one reported.
func (c *call) keep(refused error, d message.Draft) error {
	if !fault.Is(refused, fault.Closed) {
		return refused
	}
	st := c.app.State(c.who)
	if blank(d) {
		return c.closed(st, 0)
	}
	saved, err := c.keepText(d)
	if err != nil {
		return err
	}
	return c.closed(st, saved.ID)
}

// shut reports whether a refusal means that messaging is closed here, and not
// only towards some people.
func (c *call) shut(err error) bool {
	return fault.Is(err, fault.Closed) && !c.app.State(c.who).CanWrite()
}

// wasSent reports whether this very text has left under this draft's number. A
// text that was changed since and sent again is another.
func (c *call) wasSent(thread message.ID, d message.Draft) bool {
	letters, err := c.app.Thread(c.r.Context(), c.who, thread)
	if err != nil {
		return false
	}
	return slices.ContainsFunc(letters, func(l message.Delivery) bool {
		return l.Message.ID == d.ID && l.Body == message.Clean(d.Body)
	})
}

// renumbered gives a text another number when a message has left under its own.
func (c *call) renumbered(d message.Draft, err error) message.Draft {
	if fault.Is(err, fault.Conflict) {
		d.ID, d.Version = c.app.NewDraftID(), 0
	}
	return d
}

// named fills in the names of a draft's recipients: a form tells only numbers.
func named(d ecluse.Directory, to []message.Audience) []message.Audience {
	out := slices.Clone(to)
	for i, a := range out {
		for _, choice := range slices.Concat(d.Lists, d.People) {
			if a.Label == "" && audienceValue(choice.Audience) == audienceValue(a) {
				out[i].Label = choice.Label
			}
		}
	}
	return out
}

// A recipient's value in a form is m and the membership, or c, the class, a dot
// and the role.

func audienceValue(a message.Audience) string {
	if a.Class == 0 {
		return "m" + strconv.FormatInt(int64(a.Member), 10)
	}
	return "c" + strconv.FormatInt(int64(a.Class), 10) + "." + a.Role.String()
}

func parseAudience(v string) (message.Audience, bool) {
	if rest, found := strings.CutPrefix(v, "m"); found {
		id := number(rest)
		return message.Audience{Member: account.MemberID(id)}, id != 0
	}
	class, role, _ := strings.Cut(strings.TrimPrefix(v, "c"), ".")
	r, err := school.ParseRole(role)
	id := number(class)
	return message.Audience{Class: message.ClassID(id), Role: r}, err == nil && id != 0
}

// saved tells the module that keeps what is typed.
type saved struct {
	ID      string `json:"id"`
	Version int64  `json:"version"`
	Saved   string `json:"saved"`
}

// saveDraft keeps what was typed. No order closes it.
func (c *call) saveDraft() error {
	d, err := c.app.SaveDraft(c.r.Context(), c.who, c.formDraft())
	if err != nil {
		if fault.KindOf(err) == fault.Internal {
			c.opts.Log.Error("saving a draft", "error", err)
		}
		return c.json(statuses[fault.KindOf(err)], refusal{Error: c.sentence(err)})
	}
	return c.json(ok, saved{
		ID: strconv.FormatInt(int64(d.ID), 10), Version: d.Version, Saved: c.lang.Clock(c.in(d.Saved)),
	})
}
