package web

import (
	"encoding/hex"
	"net/http"
	"slices"
	"time"

	"github.com/ecluse-ecole/ecluse"
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
	} else {
		p.NoPassword, p.Services = true, c.passwordServices()
	}
	if p.Mail, err = c.mailForm(p.Mail); err != nil {
		return err
	}
	if p.Factors, err = c.factorRows(); err != nil {
		return err
	}
	if p.Push, err = c.pushSwitch(p.Push); err != nil {
		return err
	}
	if err := c.protection(&p); err != nil {
		return err
	}
	return c.show(status, p)
}

// protection adds who is in the account, and what changed about it.
func (c *call) protection(p *page.Account) error {
	sessions, err := c.app.Sessions(c.r.Context(), c.who)
	if err != nil {
		return err
	}
	p.Sessions = c.sessionRows(sessions)
	if i := slices.IndexFunc(p.Sessions, func(s page.SessionRow) bool { return s.Current }); i > 0 {
		p.Sessions = slices.Concat(p.Sessions[i:i+1], p.Sessions[:i], p.Sessions[i+1:])
	}
	altered, err := c.app.Altered(c.r.Context(), c.who)
	for _, x := range altered {
		row := c.alteration(x)
		row.Mine = false // asked at the top of the page, where it is
		p.Altered = append(p.Altered, row)
	}
	return err
}

// passwordServices are where somebody changes their password who has none here: the
// service that their session came from or, after a passkey, those that open the
// account.
func (c *call) passwordServices() (list []page.ServiceLink) {
	services := c.app.ServicesFor(c.visit)
	if s, there := c.app.ServiceOf(c.visit); there {
		services = []ecluse.SignInService{s}
	}
	for _, s := range services {
		list = append(list, page.ServiceLink{Label: c.lang.Say(s.French, s.English), URL: s.Renew})
	}
	return list
}

// password asks for a new one. Who has a second proof gives it first.
func (c *call) password() error {
	if err := c.app.MayChangePassword(c.r.Context(), c.who); err != nil {
		return err
	}
	return c.showPassword(ok, page.Password{})
}

func (c *call) showPassword(status int, p page.Password) error {
	var err error
	if p.Frame, err = c.stayingFrame(c.lang.Say("Changer le mot de passe", "Change the password")); err != nil {
		return err
	}
	if p.Factors, err = c.factorRows(); err != nil {
		return err
	}
	return c.show(status, p)
}

func (c *call) changePassword() error {
	var p page.Password
	if c.r.FormValue("new") != c.r.FormValue("again") {
		p.Again.Error = c.lang.Say("Les deux nouveaux mots de passe diffèrent. Écrivez le même deux fois.",
			"The two new passwords differ. Write the same one twice.")
		return c.showPassword(http.StatusUnprocessableEntity, p)
	}
	if err := c.app.CheckNewPassword(c.r.Context(), c.visit.Person, c.r.FormValue("new")); err != nil {
		p.New.Error = c.sentence(err)
		return c.showPassword(http.StatusUnprocessableEntity, p)
	}
	switch err := c.app.ChangePassword(c.r.Context(), c.who, c.r.FormValue("current"), c.r.FormValue("new")); {
	case err == nil:
		return c.redirect(page.AccountURL + "?done=password")
	case fault.Is(err, fault.Unproved): // passwords are not carried through a proof
		return c.redirect(page.PasswordURL)
	case fault.Is(err, fault.Invalid), fault.Is(err, fault.TooMany):
		p.Present.Error = c.sentence(err)
		return c.showPassword(statuses[fault.KindOf(err)], p)
	default:
		return err
	}
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
