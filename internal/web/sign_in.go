package web

import (
	"net/http"
	"time"

	"github.com/ecluse-ecole/ecluse"
	"github.com/ecluse-ecole/ecluse/internal/account"
	"github.com/ecluse-ecole/ecluse/internal/fault"
	"github.com/ecluse-ecole/ecluse/internal/web/page"
)

// deviceAge is how long a browser is remembered as one that signed in.
const deviceAge = 365 * 24 * time.Hour

func (c *call) signIn() error {
	if _, err := c.app.Visit(c.r.Context(), c.caller()); err == nil {
		return c.redirect(local(c.r.FormValue("next")))
	}
	return c.showSignIn(ok, page.SignIn{Next: c.r.FormValue("next")})
}

func (c *call) showSignIn(status int, p page.SignIn) error {
	p.Frame = c.bare(c.lang.Say("Connexion", "Sign in"))
	p.Passkeys = c.app.Passkeys()
	p.Services = c.services(p.Next)
	p.Accounts, p.Secret = c.opts.Accounts, c.opts.Secret
	return c.show(status, p)
}

func (c *call) doSignIn() error {
	p := page.SignIn{Next: c.r.FormValue("next"), Kept: c.carried(), Login: page.Field{Value: c.r.FormValue("login")}}
	passkey := c.r.FormValue("way") == "passkey"
	if p.Login.Value == "" && !passkey {
		p.Login.Error = c.lang.Say("Écrivez votre identifiant.", "Write your login.")
		return c.showSignIn(http.StatusUnprocessableEntity, p)
	}
	welcome, err := c.enterWith(passkey)
	c.logEntry(err)
	switch kind := fault.KindOf(err); {
	case err == nil:
	case passkey && (kind == fault.Invalid || kind == fault.Conflict) || kind == fault.SignedOut || kind == fault.TooMany || kind == fault.Unavailable:
		p.Problem = c.sentence(err)
		return c.showSignIn(statuses[kind], p)
	default:
		return err
	}
	return c.welcome(welcome, p.Kept, p.Next)
}

// enterWith signs in with what the form brings.
func (c *call) enterWith(passkey bool) (ecluse.Welcome, error) {
	in := ecluse.SignIn{
		Login: c.r.FormValue("login"), Password: c.r.FormValue("password"), Device: c.cookie(deviceCookie),
		Browser: c.r.UserAgent(), Address: c.address(),
	}
	if passkey {
		return c.app.SignInPasskey(c.r.Context(), in, []byte(c.r.FormValue("response")))
	}
	return c.app.SignIn(c.r.Context(), in)
}

// welcome gives the browser what it keeps, and leads on: to what is still to be
// proved, or to where the person wanted to go.
func (c *call) welcome(w ecluse.Welcome, kept []page.Choice, next string) error {
	c.setCookie(sessionCookie, w.Token, 0)
	c.setCookie(deviceCookie, w.Device, deviceAge)
	switch {
	case w.Stage != account.StageWhole:
		return c.showProof(ok, page.Proof{Next: next, Kept: kept}, w.From(c.address()))
	case resumable(kept):
		return c.resume(kept)
	case len(kept) > 0:
		return c.redirect(c.landed(w))
	}
	return c.redirect(local(next))
}

// signOut ends the session, however far it has come.
func (c *call) signOut() error {
	visit, err := c.app.Halfway(c.r.Context(), c.cookie(sessionCookie))
	if err != nil {
		return err
	}
	if err := c.app.SignOut(c.r.Context(), visit.Alone()); err != nil {
		return err
	}
	c.setCookie(sessionCookie, "", -time.Hour)
	if s, there := c.app.ServiceOf(visit); there {
		return c.redirect(page.GoodbyeURL + "?service=" + s.Name)
	}
	return c.redirect(page.GoodbyeURL)
}

func (c *call) goodbye() error {
	p := page.Goodbye{Frame: c.bare(c.lang.Say("À bientôt", "Goodbye"))}
	if s, err := c.app.SignInService(c.r.FormValue("service")); err == nil {
		p.Service = page.ServiceLink{Label: c.lang.Say(s.French, s.English), URL: page.LeaveURL(s.Name)}
	}
	return c.show(ok, p)
}

// language keeps the choice in the browser and, for who is signed in, with the
// account.
func (c *call) language() error {
	lang := string(page.ParseLang(c.r.FormValue("lang")))
	c.setCookie(languageCookie, lang, deviceAge)
	if visit, err := c.app.Visit(c.r.Context(), c.caller()); err == nil {
		if err := c.app.SetLanguage(c.r.Context(), visit.Alone(), lang); err != nil {
			return err
		}
	}
	return c.redirect(local(c.r.FormValue("back")))
}

// home lists the person's places; who has one only goes straight there.
func (c *call) home() error {
	f, err := c.frame(c.lang.Say("Mes établissements", "My schools"))
	if err != nil {
		return err
	}
	if len(f.Places) == 1 {
		return c.redirect(f.Places[0].URL)
	}
	again := c.again()
	f.Refresh = int(again.Seconds()) + 1
	return c.show(ok, page.Home{Frame: f, Again: again})
}

// Real time between two looks at a list of places: an order may come at any time.
const (
	placesSeldom = time.Minute
	placesOften  = time.Second
)

// again is after how much real time the list of places is worth another look:
// just after the first of them changes, if that is near.
func (c *call) again() time.Duration {
	again := c.app.Clock().Real(placesSeldom)
	for _, m := range c.visit.Members {
		who, err := c.visit.As(m.ID)
		if err != nil {
			continue
		}
		if st := c.app.State(who); !st.Until.IsZero() {
			again = min(again, c.app.Clock().Real(st.Until.Sub(st.Now)))
		}
	}
	return max(again, placesOften)
}

// enter leads to where a place begins.
func (c *call) enter() error { return c.redirect(memberURL(c.who.Member.ID) + page.InboxPart) }
