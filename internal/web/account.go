package web

import (
	"encoding/hex"
	"net/http"
	"time"

	"github.com/ecluse-ecole/ecluse/internal/fault"
	"github.com/ecluse-ecole/ecluse/internal/web/page"
)

func (c *call) account() error { return c.showAccount(ok, page.Account{}) }

func (c *call) showAccount(status int, p page.Account) error {
	var err error
	if p.Frame, err = c.stayingFrame(c.lang.Say("Mon compte", "My account")); err != nil {
		return err
	}
	if changed := c.visit.Facts.PasswordChanged; changed > 0 {
		p.Changed = time.Unix(changed, 0).In(c.loc)
	}
	if p.Mail, err = c.mailForm(p.Mail); err != nil {
		return err
	}
	if p.Factors, err = c.factorRows(); err != nil {
		return err
	}
	sessions, err := c.app.Sessions(c.r.Context(), c.who)
	if err != nil {
		return err
	}
	p.Sessions = c.sessionRows(sessions)
	return c.show(status, p)
}

func (c *call) changePassword() error {
	var p page.Account
	if c.r.FormValue("new") != c.r.FormValue("again") {
		p.Again.Error = c.lang.Say("Les deux nouveaux mots de passe diffèrent. Écrivez le même deux fois.",
			"The two new passwords differ. Write the same one twice.")
		return c.showAccount(http.StatusUnprocessableEntity, p)
	}
	if err := c.app.CheckNewPassword(c.r.Context(), c.visit.Person, c.r.FormValue("new")); err != nil {
		p.New.Error = c.sentence(err)
		return c.showAccount(http.StatusUnprocessableEntity, p)
	}
	err := c.app.ChangePassword(c.r.Context(), c.who, c.r.FormValue("current"), c.r.FormValue("new"))
	if fault.Is(err, fault.Invalid) {
		p.Present.Error = c.sentence(err)
		return c.showAccount(http.StatusUnprocessableEntity, p)
	}
	if err != nil {
		return err
	}
	return c.redirect(page.AccountURL + "?done=password")
}

// endSession ends one of the person's sessions, or all but the present one.
func (c *call) endSession() error {
	wanted := c.r.FormValue("end")
	if wanted == "others" {
		if err := c.app.EndOtherSessions(c.r.Context(), c.who); err != nil {
			return err
		}
		return c.redirect(page.AccountURL + "?done=endedall")
	}
	sessions, err := c.app.Sessions(c.r.Context(), c.who)
	if err != nil {
		return err
	}
	for _, s := range sessions {
		if s.Digest == c.who.Session || wanted != hex.EncodeToString(s.Digest[:]) {
			continue
		}
		if err := c.app.EndSession(c.r.Context(), c.who, s.Digest); err != nil {
			return err
		}
	}
	return c.redirect(page.AccountURL + "?done=ended")
}
