package gallery

import (
	"github.com/ecluse-ecole/ecluse/internal/account"
	"github.com/ecluse-ecole/ecluse/internal/web/page"
)

// amid is the page that asks for more than a right password amid an attack.
func amid(g gallery, p page.Proof) []Sample {
	p.Stage, p.Ways = account.StageStranger, 0
	mails := p
	mails.Ways = account.ByMail
	sent := mails
	sent.Sent = true
	wrong := sent
	wrong.Problem = g.Say("Ce code n’est pas le bon, ou il a expiré. Vérifiez le dernier courriel, ou demandez un nouveau code.",
		"This code is not the right one, or has expired. Check the latest e-mail, or ask for a new code.")
	return []Sample{{"proof-amid", p}, {"proof-amid-mail", mails}, {"proof-amid-sent", sent}, {"proof-amid-wrong", wrong}}
}
