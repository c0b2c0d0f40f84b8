package web

import (
	"github.com/ecluse-ecole/ecluse"
	"github.com/ecluse-ecole/ecluse/internal/account"
	"github.com/ecluse-ecole/ecluse/internal/fault"
	"github.com/ecluse-ecole/ecluse/internal/web/page"
)

// proof asks who is signed in to prove it: half-way through signing in, in a
// session that is asked for from elsewhere, or before something risky.
func (c *call) proof() error {
	return c.showProof(ok, page.Proof{Next: c.r.FormValue("next")}, c.caller())
}

// showProof asks for what the account has; who is not signed in signs in first.
func (c *call) showProof(status int, p page.Proof, from ecluse.Caller) error {
	visit, err := c.app.Halfway(c.r.Context(), from.Token)
	if err != nil {
		return err
	}
	service, there := c.app.ServiceOf(visit)
	switch renewal := visit.Session.Stage == account.StageRenewal; {
	case renewal && there && !visit.Own: // the password is the service's
		return c.showServiceRenewal(status, service, visit, p.Next)
	case renewal:
		return c.showRenew(status, page.Renew{Next: p.Next, Kept: p.Kept}, from)
	}
	if p.Ways, err = c.app.Ways(c.r.Context(), visit); err != nil {
		return err
	}
	if p.Ways.Has(account.ByCard) {
		if p.Card, err = c.app.CardNumber(c.r.Context(), visit); err != nil {
			return err
		}
	}
	if there {
		p.Service = c.proofAt(service, visit, p.Next)
	}
	p.Frame = c.bare(c.lang.Say("C’est bien vous ?", "Is it you?"))
	p.Stage, p.Name = visit.Session.Stage, visit.Person.Name()
	p.Place = c.app.PlaceInDoubt(from.Address) && !visit.Session.Factors.Beyond()
	return c.show(status, p)
}

// codeWays are the proofs that are a code, by their name in the form.
var codeWays = map[string]account.Factors{"code": account.ByCode, "recovery": account.ByRecovery, "card": account.ByCard}

// prove takes a proof and leads on.
func (c *call) prove() error {
	p := page.Proof{Next: c.r.FormValue("next"), Kept: c.carried(), Sent: c.r.FormValue("way") == "mail"}
	if c.r.FormValue("way") == "send" {
		return c.mailCode(p)
	}
	welcome, err := c.proved()
	c.logEntry(err)
	switch kind := fault.KindOf(err); {
	case err == nil:
		return c.welcome(welcome, p.Kept, p.Next)
	case kind == fault.Invalid || kind == fault.Denied || kind == fault.TooMany || kind == fault.Conflict || kind == fault.Unavailable:
		p.Problem = c.sentence(err)
		return c.showProof(statuses[kind], p, c.caller())
	default:
		return err
	}
}

// mailCode sends a code and asks for it. Where one has left a moment ago, that one
// is asked for.
func (c *call) mailCode(p page.Proof) error {
	err := c.app.SendCode(c.r.Context(), c.caller())
	status := ok
	switch kind := fault.KindOf(err); {
	case err == nil:
	case kind == fault.TooMany || kind == fault.Unavailable || kind == fault.Denied || kind == fault.NotFound:
		p.Problem, status = c.sentence(err), statuses[kind]
	default:
		return err
	}
	p.Sent = err == nil || fault.Is(err, fault.TooMany)
	return c.showProof(status, p, c.caller())
}

// proved tries what was brought.
func (c *call) proved() (ecluse.Welcome, error) {
	if c.r.FormValue("way") == "mail" {
		return c.app.ProveMailedCode(c.r.Context(), c.caller(), c.r.FormValue("code"))
	}
	if c.r.FormValue("way") == "teacher" {
		return c.app.ProveVouched(c.r.Context(), c.caller(), c.r.FormValue("code"))
	}
	if by, ok := codeWays[c.r.FormValue("way")]; ok {
		return c.app.ProveCode(c.r.Context(), c.caller(), by, c.r.FormValue("code"))
	}
	if c.r.FormValue("way") == "passkey" {
		return c.app.ProvePasskey(c.r.Context(), c.caller(), []byte(c.r.FormValue("response")))
	}
	return c.app.ProvePassword(c.r.Context(), c.caller(), c.r.FormValue("password"))
}
