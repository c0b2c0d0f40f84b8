package web

import (
	"encoding/base64"

	"github.com/ecluse-ecole/ecluse/internal/fault"
	"github.com/ecluse-ecole/ecluse/internal/push"
	"github.com/ecluse-ecole/ecluse/internal/web/page"
)

// changePush has the browser that asks told of what happens to the account, or no more.
func (c *call) changePush() error {
	if c.r.FormValue("do") == "off" {
		if err := c.app.StopPush(c.r.Context(), c.who); err != nil {
			return err
		}
		return c.redirect(page.AccountURL + "?done=pushoff")
	}
	s := push.Subscription{Endpoint: c.r.FormValue("endpoint"), Public: base64URL(c.r.FormValue("p256dh")), Auth: base64URL(c.r.FormValue("auth"))}
	err := c.app.StartPush(c.r.Context(), c.who, s)
	switch kind := fault.KindOf(err); {
	case err == nil:
		return c.redirect(page.AccountURL + "?done=pushon")
	case kind == fault.Invalid || kind == fault.Denied || kind == fault.Unavailable:
		return c.showAccount(statuses[kind], page.Account{Push: page.PushSwitch{Problem: c.sentence(err)}})
	}
	return err
}

// base64URL is what a browser's key says; nil where it cannot be read.
func base64URL(s string) []byte {
	b, err := base64.RawURLEncoding.DecodeString(s)
	if err != nil {
		return nil
	}
	return b
}

// pushSwitch is how the page offers notices. The worker of this page alone may be
// registered.
func (c *call) pushSwitch(p page.PushSwitch) (page.PushSwitch, error) {
	state, err := c.app.PushState(c.r.Context(), c.who)
	if state.Offered {
		p.On, p.Key = state.On, state.Key
		c.w.Header().Set("Content-Security-Policy", policy+"; worker-src 'self'")
	}
	return p, err
}
