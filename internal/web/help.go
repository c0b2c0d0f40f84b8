package web

import (
	"github.com/ecluse-ecole/ecluse/internal/fault"
	"github.com/ecluse-ecole/ecluse/internal/school"
	"github.com/ecluse-ecole/ecluse/internal/web/page"
)

// publicHelp is the help page of who is not signed in.
func (c *call) publicHelp() error {
	return c.show(ok, page.Help{Frame: c.bare(c.lang.Say("Aide", "Help"))})
}

func (c *call) help() error { return c.showHelp(ok, page.Help{}) }

func (c *call) showHelp(status int, p page.Help) error {
	var err error
	if p.Frame, err = c.stayingFrame(c.lang.Say("Aide", "Help")); err != nil {
		return err
	}
	if c.who.Member.ID == 0 {
		return c.show(status, p)
	}
	sc, _, err := c.app.School(c.who.Member.School)
	if err != nil {
		return err
	}
	contact, err := c.app.Contact(c.r.Context(), sc.UAI)
	if err != nil {
		return err
	}
	p.School, p.Reader = sc.Name, contact.Protection
	if contact.Phone != "" {
		p.Phones = []page.Phone{{Number: contact.Phone, Label: sc.Name,
			When: c.lang.Say("aux heures d’ouverture de l’établissement", "when the school is open")}}
	}
	return c.show(status, p)
}

// alerts shows a head what was written to the protection contact.
func (c *call) alerts() error {
	if c.who.Member.Role != school.Head {
		return c.nothing()
	}
	list, err := c.app.Alerts(c.r.Context(), c.who)
	if err != nil {
		return err
	}
	var p page.Alerts
	for _, d := range list {
		p.Items = append(p.Items, page.Alert{From: d.From, Role: page.RoleWord(c.lang, d.FromRole), At: c.in(d.Left), Body: d.Body})
	}
	if p.Frame, err = c.stayingFrame(c.lang.Say("Alertes", "Alerts")); err != nil {
		return err
	}
	return c.show(ok, p)
}

// alert sends a word to the school's protection contact.
func (c *call) alert() error {
	if c.who.Member.ID == 0 {
		return c.nothing()
	}
	p := page.Help{Body: page.Field{Value: c.r.FormValue("body")}}
	err := c.app.Alert(c.r.Context(), c.who, p.Body.Value)
	switch kind := fault.KindOf(err); {
	case err == nil:
		return c.showHelp(ok, page.Help{Sent: c.app.Now().In(c.loc)})
	case kind == fault.Invalid || kind == fault.TooMany || kind == fault.Full || kind == fault.NotFound:
		p.Body.Error = c.sentence(err)
		return c.showHelp(statuses[kind], p)
	default:
		return err
	}
}
