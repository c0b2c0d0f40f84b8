package web

import (
	"encoding/hex"

	"github.com/ecluse-ecole/ecluse/internal/account"
	"github.com/ecluse-ecole/ecluse/internal/web/page"
)

// newDevices fills the question about devices that are new to the account.
func (c *call) newDevices(f *page.Frame) error {
	list, err := c.app.NewDevices(c.r.Context(), c.who)
	for _, d := range list {
		f.NewDevices = append(f.NewDevices, c.newDevice(d))
	}
	return err
}

func (c *call) newDevice(d account.Device) page.NewDevice {
	return page.NewDevice{
		ID: hex.EncodeToString(d.Browser[:]), Device: page.Device(c.lang, d.Name), Where: page.Where(c.lang, d.Country, d.Address),
		At: c.in(d.First), Mine: c.visit.Facts.KnownDevice,
	}
}

// answerDevice takes the answer of who is asked about a new device.
func (c *call) answerDevice() error {
	var browser [32]byte
	if n, err := hex.Decode(browser[:], []byte(c.r.FormValue("device"))); err != nil || n != len(browser) {
		return c.nothing()
	}
	switch c.r.FormValue("do") {
	case "mine":
		if err := c.app.ConfirmDevice(c.r.Context(), c.who, browser); err != nil {
			return err
		}
		return c.redirect(page.AccountURL + "?done=mine")
	case "notme":
		if err := c.app.NotMe(c.r.Context(), c.who, browser); err != nil {
			return err
		}
		return c.showNotMe(page.NotMe{Done: true})
	}
	return c.nothing()
}

func (c *call) showNotMe(p page.NotMe) error {
	p.Frame = c.bare(c.lang.Say("Protéger mon compte", "Protect my account"))
	if p.Done {
		p.Person = "" // nobody is signed in any more
	}
	return c.show(ok, p)
}

// notMe shows what a letter is about; nothing happens before a button is pressed,
// because programs follow the links of letters too.
func (c *call) notMe() error {
	d, err := c.app.Ticketed(c.r.Context(), c.r.FormValue("t"))
	if err != nil {
		return err
	}
	return c.showNotMe(page.NotMe{Ticket: c.r.FormValue("t"), Device: c.newDevice(d)})
}

func (c *call) doNotMe() error {
	if err := c.app.NotMeByLetter(c.r.Context(), c.r.FormValue("t")); err != nil {
		return err
	}
	return c.showNotMe(page.NotMe{Done: true})
}
