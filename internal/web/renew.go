package web

import (
	"net/http"

	"github.com/ecluse-ecole/ecluse"
	"github.com/ecluse-ecole/ecluse/internal/account"
	"github.com/ecluse-ecole/ecluse/internal/fault"
	"github.com/ecluse-ecole/ecluse/internal/web/page"
)

// renew shows where a slip is used. What the address holds, as the square on the
// slip has it, only fills in the form.
func (c *call) renew() error {
	p := page.Renew{Login: page.Field{Value: c.r.FormValue("login")}, Code: page.Field{Value: c.r.FormValue("slip")}, Next: c.r.FormValue("next")}
	return c.showRenew(ok, p, c.caller())
}

// showRenew asks who is half-way through signing in for what is missing, and
// anybody else for everything. Somebody else's slip opened in a browser in which
// another person is half-way is for the person on the slip.
func (c *call) showRenew(status int, p page.Renew, from ecluse.Caller) error {
	p.Frame = c.bare(c.lang.Say("Nouveau mot de passe", "New password"))
	visit, err := c.app.Halfway(c.r.Context(), from.Token)
	if err != nil && !fault.Is(err, fault.SignedOut) {
		return err
	}
	half := err == nil && visit.Session.Stage == account.StageRenewal
	if half && (p.Login.Value == "" || account.FoldLogin(p.Login.Value) == visit.Person.Login) {
		p.Name = visit.Person.Name()
		p.Proved = visit.Session.Factors.Second()
		p.Vouched = !p.Proved && c.app.MayBeVouchedFor(visit)
	}
	return c.show(status, p)
}

// doRenew sets the new password and leads on.
func (c *call) doRenew() error {
	p := page.Renew{
		Login: page.Field{Value: c.r.FormValue("login")}, Code: page.Field{Value: c.r.FormValue("code")},
		Next: c.r.FormValue("next"), Kept: c.carried(),
	}
	next := c.r.FormValue("new")
	if next != c.r.FormValue("again") {
		p.New.Error = c.lang.Say("Les deux saisies diffèrent : tapez deux fois le même mot de passe.", "The two differ: type the same password twice.")
		return c.showRenew(http.StatusUnprocessableEntity, p, c.caller())
	}
	welcome, err := c.app.Renew(c.r.Context(), ecluse.Renewing{
		From: c.caller(), Login: p.Login.Value, Code: p.Code.Value, Password: next, Browser: c.r.UserAgent(),
	})
	c.logEntry(err)
	switch kind := fault.KindOf(err); {
	case err == nil:
		return c.welcome(welcome, p.Kept, p.Next)
	case kind == fault.Invalid || kind == fault.Denied || kind == fault.TooMany || kind == fault.Conflict || kind == fault.Unavailable:
		p.Problem = c.sentence(err)
		return c.showRenew(statuses[kind], p, c.caller())
	default:
		return err
	}
}
