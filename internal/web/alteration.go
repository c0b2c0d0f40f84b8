package web

import (
	"encoding/hex"
	"net/http"
	"strconv"

	"github.com/ecluse-ecole/ecluse/internal/account"
	"github.com/ecluse-ecole/ecluse/internal/fault"
	"github.com/ecluse-ecole/ecluse/internal/web/page"
)

// asked fills the questions about what changed about the reader's account.
func (c *call) asked(f *page.Frame) error {
	list, err := c.app.Asked(c.r.Context(), c.who)
	for _, x := range list {
		f.Questions = append(f.Questions, c.alteration(x))
	}
	return err
}

func (c *call) alteration(x account.Alteration) page.Alteration {
	p := page.Alteration{
		Field: "change", ID: strconv.FormatInt(x.ID, 10), What: x.Words(c.lang == page.English), At: c.in(x.At), Mine: c.visit.Facts.KnownDevice,
	}
	if x.ID == 0 {
		p.Field, p.ID = "device", hex.EncodeToString(x.Browser[:])
	}
	if x.Device()+x.Address != "" {
		p.Device, p.Where = page.Device(c.lang, x.Device()), page.Where(c.lang, x.Country, x.Address)
	}
	return p
}

// answerAlteration takes the answer of who is asked whether it was them.
func (c *call) answerAlteration() error {
	mine, notMe := c.answers()
	switch {
	case c.r.FormValue("do") == "mine" && mine != nil:
		if err := mine(); err != nil {
			return err
		}
		return c.redirect(page.AccountURL + "?done=mine")
	case c.r.FormValue("do") == "notme" && notMe != nil:
		if err := notMe(); err != nil {
			return err
		}
		return c.showNotMe(page.NotMe{Done: true})
	}
	return c.nothing()
}

// answers are what the two buttons do about what the form names; nil for nothing.
func (c *call) answers() (mine, notMe func() error) {
	ctx := c.r.Context()
	if id, err := strconv.ParseInt(c.r.FormValue("change"), 10, 64); err == nil {
		return func() error { return c.app.ConfirmAlteration(ctx, c.who, id) }, func() error { return c.app.NotMyAlteration(ctx, c.who, id) }
	}
	digest, err := hex.DecodeString(c.r.FormValue("device"))
	if err != nil || len(digest) != 32 {
		return nil, nil
	}
	browser := [32]byte(digest)
	return func() error { return c.app.ConfirmDevice(ctx, c.who, browser) }, func() error { return c.app.NotMe(ctx, c.who, browser) }
}

func (c *call) showNotMe(p page.NotMe) error {
	p.Frame = c.bare(c.lang.Say("Protéger mon compte", "Protect my account"))
	if p.Done {
		p.Person = "" // nobody is signed in any more
	}
	return c.show(ok, p)
}

// notMe shows what a letter is about; nothing happens before a button is pressed,
// because programs follow the links of letters too.
func (c *call) notMe() error {
	x, err := c.app.Ticketed(c.r.Context(), c.r.FormValue("t"))
	if err != nil {
		return c.oldLink(err)
	}
	return c.showNotMe(page.NotMe{Ticket: c.r.FormValue("t"), Asked: c.alteration(x)})
}

// oldLink says what to do with a link that does nothing any more.
func (c *call) oldLink(err error) error {
	if !fault.Is(err, fault.NotFound) {
		return err
	}
	p := page.NotMe{Frame: c.bare(c.lang.Say("Protéger mon compte", "Protect my account")), Old: c.sentence(err)}
	return c.show(http.StatusNotFound, p)
}

func (c *call) doNotMe() error {
	if err := c.app.NotMeByLetter(c.r.Context(), c.r.FormValue("t")); err != nil {
		return c.oldLink(err)
	}
	return c.showNotMe(page.NotMe{Done: true})
}
