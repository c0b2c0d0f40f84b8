package web

import (
	"bytes"
	"net/http"
	"strconv"

	"github.com/ecluse-ecole/ecluse"
	"github.com/ecluse-ecole/ecluse/internal/account"
	"github.com/ecluse-ecole/ecluse/internal/fault"
	"github.com/ecluse-ecole/ecluse/internal/slip"
	"github.com/ecluse-ecole/ecluse/internal/web/page"
)

// cards lists the people of a school with their cards of codes.
func (c *call) cards() error { return c.showCards(ok, "") }

func (c *call) showCards(status int, problem string) error {
	f := c.slipFilter()
	rows, err := c.app.Cards(c.r.Context(), c.who, f)
	if err != nil {
		return err
	}
	sc, _, err := c.app.School(f.School)
	if err != nil {
		return err
	}
	p := page.Cards{School: sc.Name, Self: c.r.URL.RequestURI(), All: f.All, Problem: problem}
	if p.Frame, err = c.stayingFrame(c.lang.Say("Cartes de codes", "Code cards")); err != nil {
		return err
	}
	if c.who.Member.ID == 0 {
		p.Code = string(f.School)
	}
	var choices page.Slips
	if err := c.slipChoices(&choices, f); err != nil {
		return err
	}
	p.Classes, p.Roles = choices.Classes, choices.Roles
	p.More = max(0, len(rows)-mostSlipRows)
	for _, r := range rows[:len(rows)-p.More] {
		p.Rows = append(p.Rows, page.CardRow{
			Member: int64(r.ID), Name: r.Name, Class: r.Class, Role: page.RoleWord(c.lang, r.Role), Login: r.Login,
			Has: r.Card.ID != 0, Left: r.Card.Left(),
		})
	}
	return c.show(status, p)
}

// printCards answers with a file. A proof that is asked for leads back to the same
// choice.
func (c *call) printCards() error {
	f := c.slipFilter()
	switch one := number(c.r.FormValue("print")); {
	case one != 0:
		f.Members, f.All = []account.MemberID{account.MemberID(one)}, true
	case c.r.FormValue("print") != "all": // it ends people's sessions: never without the button
		return c.nothing()
	}
	printed, err := c.app.PrintCards(c.r.Context(), c.who, f)
	switch kind := fault.KindOf(err); {
	case err == nil:
	case kind == fault.Unproved:
		return c.redirect(page.ProofURL + "?next=" + queryEscape(c.r.URL.RequestURI()))
	case kind == fault.Invalid || kind == fault.Unavailable:
		return c.showCards(statuses[kind], c.sentence(err))
	default:
		return err
	}
	sc, _, err := c.app.School(f.School)
	if err != nil {
		return err
	}
	sheet := slip.Cards{School: sc.Name, Printed: c.app.Now()}
	for _, p := range printed {
		sheet.Cards = append(sheet.Cards, slip.Card{Class: p.Class, Name: p.Name, Login: p.Login, Codes: p.Codes})
	}
	var b bytes.Buffer
	if err := slip.WriteCards(&b, sheet); err != nil {
		return err
	}
	c.sendPDF("cartes-"+string(f.School), b.Bytes())
	return nil
}

// vouching lists the pupils for whom the reader may vouch.
func (c *call) vouching() error { return c.showVouch(ok, page.Vouch{}) }

func (c *call) showVouch(status int, p page.Vouch) error {
	class := c.r.URL.Query().Get("class")
	rows, classes, err := c.app.Vouchable(c.r.Context(), c.who, class)
	if err != nil {
		return err
	}
	if p.Frame, err = c.stayingFrame(c.lang.Say("Se porter garant", "Vouch")); err != nil {
		return err
	}
	p.Self = c.r.URL.RequestURI()
	p.Classes = []page.Choice{{Label: c.lang.Say("toutes", "all")}}
	for _, name := range classes {
		p.Classes = append(p.Classes, page.Choice{Value: name, Label: name, Chosen: name == class})
	}
	for _, r := range rows {
		p.Rows = append(p.Rows, page.VouchRow{Member: int64(r.ID), Name: r.Name, Class: r.Class, Last: c.vouchWords(p.Frame, r)})
		if p.Code != "" && p.For == strconv.FormatInt(int64(r.ID), 10) {
			p.For = r.Name
		}
	}
	return c.show(status, p)
}

// vouchWords says who vouched last for a pupil.
func (c *call) vouchWords(f page.Frame, r ecluse.VouchRow) string {
	switch {
	case r.Vouch.ID == 0:
		return ""
	case !r.Vouch.Used.IsZero():
		return r.By + c.lang.Say(" s’en est porté garant ", " vouched for them ") + f.Near(c.in(r.Vouch.Used))
	}
	return r.By + c.lang.Say(" a montré un code ", " showed a code ") + f.Near(c.in(r.Vouch.At))
}

// vouch shows a code for a pupil who stands before the reader.
func (c *call) vouch() error {
	pupil := c.r.FormValue("pupil")
	code, until, err := c.app.Vouch(c.r.Context(), c.who, account.MemberID(number(pupil)))
	switch kind := fault.KindOf(err); {
	case err == nil:
		return c.showVouch(ok, page.Vouch{For: pupil, Code: code[:3] + " " + code[3:], Until: c.lang.Clock(c.in(until))})
	case kind == fault.Unproved:
		return c.redirect(page.ProofURL + "?next=" + queryEscape(c.r.URL.RequestURI()))
	case kind == fault.Denied && c.mayVouch():
		return c.showVouch(http.StatusForbidden, page.Vouch{Problem: c.sentence(err), Alone: !c.who.Facts.SecondFactor})
	default:
		return err
	}
}

// mayVouch reports whether the reader has pupils to vouch for at all.
func (c *call) mayVouch() bool {
	_, _, err := c.app.Vouchable(c.r.Context(), c.who, "")
	return err == nil
}
