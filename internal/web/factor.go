package web

import (
	"net/http"
	"strconv"

	"github.com/ecluse-ecole/ecluse/internal/fault"
	"github.com/ecluse-ecole/ecluse/internal/web/page"
	"github.com/skip2/go-qrcode"
)

// factors lists what the person has beside the password.
func (c *call) factors() error { return c.showFactors(ok, page.Factors{}) }

func (c *call) showFactors(status int, p page.Factors) error {
	var err error
	if p.Frame, err = c.stayingFrame(c.lang.Say("Vos preuves", "Your proofs")); err != nil {
		return err
	}
	p.Passkeys = c.app.Passkeys()
	if p.Rows, err = c.factorRows(); err != nil {
		return err
	}
	return c.show(status, p)
}

func (c *call) factorRows() (rows []page.FactorRow, err error) {
	list, err := c.app.Factors(c.r.Context(), c.who)
	for _, f := range list {
		rows = append(rows, page.FactorRow{ID: f.ID, Kind: f.Kind, Name: f.Name, Added: c.in(f.Added), Used: c.in(f.Used), Left: f.Left()})
	}
	return rows, err
}

// changeFactors does what a button of the page asks.
func (c *call) changeFactors() error {
	id, _ := strconv.ParseInt(c.r.FormValue("id"), 10, 64) // 0 names none
	var err error
	to := page.FactorsURL
	switch c.r.FormValue("do") {
	case "rename":
		err, to = c.app.RenameFactor(c.r.Context(), c.who, id, c.r.FormValue("name")), to+"?done=renamed"
	case "remove":
		err, to = c.app.RemoveFactor(c.r.Context(), c.who, id), to+"?done=unfactor"
	case "passkey":
		err, to = c.app.AddPasskey(c.r.Context(), c.who, []byte(c.r.FormValue("response")), c.r.FormValue("name")), to+"?done=factor"
	case "recovery":
		var codes []string
		if codes, err = c.app.NewRecovery(c.r.Context(), c.who); err == nil {
			return c.showRecovery(codes)
		}
	case "code":
		err, to = c.app.BeginCode(c.r.Context(), c.who), page.CodeURL
	}
	switch kind := fault.KindOf(err); {
	case err == nil:
		return c.redirect(to)
	case kind == fault.Invalid || kind == fault.Unavailable || kind == fault.NotFound || kind == fault.Conflict:
		return c.showFactors(statuses[kind], page.Factors{Problem: c.sentence(err)})
	default:
		return err
	}
}

func (c *call) showRecovery(codes []string) error {
	f, err := c.stayingFrame(c.lang.Say("Codes de secours", "Recovery codes"))
	if err != nil {
		return err
	}
	return c.show(ok, page.Recovery{Frame: f, Codes: codes})
}

// codeSetup shows the secret of an application that is being set up.
func (c *call) codeSetup() error { return c.showCodeSetup(ok, page.CodeSetup{}) }

func (c *call) showCodeSetup(status int, p page.CodeSetup) error {
	setup, err := c.app.Setup(c.r.Context(), c.who)
	if fault.Is(err, fault.NotFound) {
		return c.redirect(page.FactorsURL)
	}
	if err != nil {
		return err
	}
	picture, err := qrcode.New(setup.Link, qrcode.Medium)
	if err != nil {
		return err
	}
	p.Picture, p.Text = picture.Bitmap(), setup.Text
	if p.Frame, err = c.stayingFrame(c.lang.Say("Application de codes", "Code application")); err != nil {
		return err
	}
	return c.show(status, p)
}

// addCode makes an application count whose first code is right.
func (c *call) addCode() error {
	err := c.app.AddCode(c.r.Context(), c.who, c.r.FormValue("code"), c.r.FormValue("name"))
	if fault.Is(err, fault.Invalid) {
		return c.showCodeSetup(http.StatusUnprocessableEntity, page.CodeSetup{
			Code: page.Field{Error: c.sentence(err)}, Name: page.Field{Value: c.r.FormValue("name")},
		})
	}
	if err != nil {
		return err
	}
	return c.redirect(page.FactorsURL + "?done=factor")
}
