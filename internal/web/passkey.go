package web

import (
	"encoding/json"

	"github.com/ecluse-ecole/ecluse/internal/account"
)

// What a device has to sign is asked for by the module of the page; the answer
// comes back with the page's form.

func (c *call) beginPasskey() error {
	return c.options(c.app.BeginPasskey(c.r.Context(), c.who))
}

func (c *call) askPasskey() error {
	return c.options(c.app.AskPasskey(c.r.Context(), c.caller()))
}

// askAnyPasskey asks for a passkey of whoever is there; the browser is marked, so
// that the answer counts from it alone.
func (c *call) askAnyPasskey() error {
	device := c.cookie(deviceCookie)
	if device == "" {
		device, _ = account.NewToken()
		c.setCookie(deviceCookie, device, deviceAge)
	}
	return c.options(c.app.AskAnyPasskey(device))
}

func (c *call) options(options []byte, err error) error {
	if err != nil {
		return err
	}
	return c.json(ok, json.RawMessage(options))
}
