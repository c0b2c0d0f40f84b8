package web

import (
	"strconv"
	"strings"

	"github.com/ecluse-ecole/ecluse/internal/account"
	"github.com/ecluse-ecole/ecluse/internal/fault"
	"github.com/ecluse-ecole/ecluse/internal/message"
	"github.com/ecluse-ecole/ecluse/internal/school"
)

// formDraft is what a form of Compose or Thread holds.
func (c *call) formDraft() message.Draft {
	c.r.ParseForm() // a form that cannot be parsed is an empty one, and refused as such
	d := message.Draft{
		ID: number(c.r.FormValue("draft")), ReplyTo: number(c.r.FormValue("thread")),
		Subject: c.r.FormValue("subject"), Body: c.r.FormValue("body"),
	}
	d.Version, _ = strconv.ParseInt(c.r.FormValue("version"), 10, 64)
	for _, v := range c.r.Form["to"] {
		if a, ok := parseAudience(v); ok {
			d.Audience = append(d.Audience, a)
		}
	}
	return d
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
