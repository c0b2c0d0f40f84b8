package web

import (
	"encoding/base64"
	"errors"
	"net/http"
	"strings"
	"time"

	"github.com/ecluse-ecole/ecluse"
	"github.com/ecluse-ecole/ecluse/internal/account"
	"github.com/ecluse-ecole/ecluse/internal/fault"
	"github.com/ecluse-ecole/ecluse/internal/identity"
	"github.com/ecluse-ecole/ecluse/internal/web/page"
)

const (
	// attemptCookie ties who comes back from a service to who set out.
	attemptCookie = "ecluse-attempt"
	attemptLife   = 30 * time.Minute
	// hintCookie is what the service wants to hear when somebody leaves it: the
	// token that it made for them. It opens nothing, and stays in their browser.
	hintCookie  = "ecluse-hint"
	longestHint = 3500 // a browser keeps 4096 bytes
	longestNext = 1000
)

// services are the sign-in services that the sign-in page offers.
func (c *call) services(next string) (list []page.ServiceLink) {
	for _, s := range c.app.SignInServices() {
		list = append(list, page.ServiceLink{Label: c.lang.Say(s.French, s.English), URL: page.ServiceURL(s.Name, next, false)})
	}
	return list
}

// serviceName is a service as people know it; one that is not configured any more has
// only the name that the configuration gave it.
func (c *call) serviceName(name string) string {
	s, err := c.app.SignInService(name)
	if err != nil {
		return name
	}
	return c.lang.Say(s.French, s.English)
}

// proofAt leads to the service where somebody proves who they are: not where only
// a second factor is missing.
func (c *call) proofAt(s ecluse.SignInService, v ecluse.Visit, next string) page.ServiceLink {
	if v.Session.Stage == account.StageSecond {
		return page.ServiceLink{}
	}
	return page.ServiceLink{Label: c.lang.Say(s.French, s.English), URL: page.ServiceURL(s.Name, next, true)}
}

// toService sends somebody to a sign-in service.
func (c *call) toService() error {
	way := attempt{secret: identity.NewSecret(), proof: c.r.FormValue("proof") != "", next: local(c.r.FormValue("next"))}
	address, err := c.app.SetOut(c.r.Context(), c.r.PathValue("name"), way.secret, way.proof)
	if err != nil {
		return c.serviceTrouble(err, way)
	}
	c.setCookie(attemptCookie, way.String(), attemptLife)
	return c.redirect(address)
}

// fromService takes somebody back.
func (c *call) fromService() error {
	way := parseAttempt(c.cookie(attemptCookie))
	c.setCookie(attemptCookie, "", -time.Hour)
	name := c.r.PathValue("name")
	from := c.caller()
	from.Browser = c.r.UserAgent()
	welcome, hint, err := c.app.ComeBack(c.r.Context(), ecluse.Return{Service: name, Secret: way.secret, Proof: way.proof, Query: c.r.URL.Query(), From: from})
	if err != nil {
		return c.serviceTrouble(err, way)
	}
	if len(hint) > longestHint {
		hint = ""
	}
	c.setCookie(hintCookie, hint, 0)
	if welcome.Stage == account.StageWhole {
		return c.welcome(welcome, nil, way.next)
	}
	c.setCookie(sessionCookie, welcome.Token, 0)
	c.setCookie(deviceCookie, welcome.Device, deviceAge)
	return c.redirect(page.ProofURL + "?next=" + queryEscape(way.next)) // what the service said leaves the address bar
}

// serviceTrouble says why a service's word opened nothing.
func (c *call) serviceTrouble(err error, way attempt) error {
	s, missing := c.app.SignInService(c.r.PathValue("name"))
	kind := fault.KindOf(err)
	if missing != nil || kind == fault.Internal || kind == fault.SignedOut {
		return err
	}
	c.logAccident(err)
	p := page.ServiceTrouble{
		Frame: c.bare(c.lang.Say("Connexion", "Sign in")), Sentence: c.sentence(err),
		Again: page.ServiceLink{Label: c.lang.Say(s.French, s.English), URL: page.ServiceURL(s.Name, way.next, way.proof)},
	}
	var unknown *ecluse.UnknownError
	if errors.As(err, &unknown) {
		p.Unknown, p.Shut = !unknown.Shut, unknown.Shut
	}
	return c.show(statuses[kind], p)
}

// showServiceRenewal asks somebody to change the password that is a service's.
func (c *call) showServiceRenewal(status int, s ecluse.SignInService, v ecluse.Visit, next string) error {
	label := c.lang.Say(s.French, s.English)
	return c.show(status, page.ServiceRenewal{
		Frame: c.bare(c.lang.Say("Reprendre votre compte", "Take your account back")), Name: v.Person.Name(),
		Where: page.ServiceLink{Label: label, URL: s.Renew}, Back: page.ServiceLink{Label: label, URL: page.ServiceURL(s.Name, next, true)},
	})
}

// endedAtService takes a service's word that a session of its own has ended.
func (c *call) endedAtService() error {
	err := c.app.EndedAt(c.r.Context(), c.r.PathValue("name"), c.r.PostForm)
	switch kind := fault.KindOf(err); {
	case err == nil:
		c.w.WriteHeader(http.StatusOK)
		return nil
	case kind == fault.Invalid || kind == fault.Conflict: // as OpenID Connect Back-Channel Logout 1.0 wants it, section 2.8
		http.Error(c.w, c.sentence(err), http.StatusBadRequest)
		return nil
	default:
		return err
	}
}

// leaveService signs out of the service too, after Écluse.
func (c *call) leaveService() error {
	s, err := c.app.SignInService(c.r.PathValue("name"))
	if err != nil {
		return err
	}
	hint := c.cookie(hintCookie)
	c.setCookie(hintCookie, "", -time.Hour)
	address := s.Leave(c.r.Context(), hint, s.Home+page.GoodbyeURL)
	if address == "" {
		address = page.GoodbyeURL
	}
	return c.redirect(address)
}

// backToText leads somebody who signed in beside a page to the text it kept.
func (c *call) backToText() error {
	kept := c.carried()
	var stage *ecluse.StageError
	switch _, err := c.app.Visit(c.r.Context(), c.caller()); {
	case errors.As(err, &stage):
		return c.showProof(http.StatusUnauthorized, page.Proof{Kept: kept}, c.caller())
	case err != nil:
		return c.showSignIn(http.StatusUnauthorized, page.SignIn{
			Kept: kept, Problem: c.lang.Say("Vous n’êtes pas encore connecté. Votre texte est toujours là.", "You are not signed in yet. Your text is still here."),
		})
	}
	return c.redirect(c.landed(ecluse.Welcome{Token: c.cookie(sessionCookie), Device: c.cookie(deviceCookie)}))
}

// An attempt is one way to a service and back, as a browser keeps it.
type attempt struct {
	secret string
	proof  bool
	next   string
}

// String is the cookie's value.
func (a attempt) String() string {
	mode := "enter"
	if a.proof {
		mode = "prove"
	}
	if len(a.next) > longestNext {
		a.next = page.HomeURL
	}
	return a.secret + "." + mode + "." + base64.RawURLEncoding.EncodeToString([]byte(a.next))
}

// parseAttempt reads a cookie; what is no attempt has no secret, and is refused.
func parseAttempt(value string) attempt {
	parts := strings.Split(value, ".")
	if len(parts) != 3 {
		return attempt{next: page.HomeURL}
	}
	next, err := base64.RawURLEncoding.DecodeString(parts[2])
	if err != nil {
		return attempt{next: page.HomeURL}
	}
	return attempt{parts[0], parts[1] == "prove", local(string(next))}
}
