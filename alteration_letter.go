package ecluse

import (
	"fmt"

	"github.com/ecluse-ecole/ecluse/internal/account"
	"github.com/ecluse-ecole/ecluse/internal/place"
	"github.com/ecluse-ecole/ecluse/internal/store"
)

// alterationLetter tells an owner what changed about their account, in plain words.
func (a *App) alterationLetter(c account.Alteration, link string) store.Mailing {
	at := c.At.In(a.zone("Europe/Paris")) // people may have places in several zones
	from := []string{"", ""}
	if c.Device()+c.Address != "" {
		from[0] = fmt.Sprintf("Appareil\u00a0: %s\nOù\u00a0: %s\n", account.DeviceWords(c.Device(), false), placeWords(c, false))
		from[1] = fmt.Sprintf("Device: %s\nWhere: %s\n", account.DeviceWords(c.Device(), true), placeWords(c, true))
	}
	if c.Kind == account.CodesGuessed {
		from[0] += fmt.Sprintf("\nPersonne n’est entré ainsi. Changez votre mot de passe dès que vous pouvez\u00a0: %s\n", a.mail.Address)
		from[1] += fmt.Sprintf("\nNobody got in that way. Change your password as soon as you can: %s\n", a.mail.Address)
	}
	french := fmt.Sprintf("Bonjour,\n\n%s (messagerie scolaire).\n\n"+
		"Quand\u00a0: le %s (heure de Paris)\n%s\n"+
		"C’est vous, ou vous l’aviez demandé\u00a0? Vous n’avez rien à faire.\n\n"+
		"Ce n’est pas vous\u00a0? Ouvrez ce lien et confirmez\u00a0: votre compte sera bloqué aussitôt, pour tout le monde, et toutes ses connexions seront fermées. Votre établissement vous le rendra. Vous n’avez rien fait de mal.\n%s\n\n"+
		"Le lien sert une fois, pendant sept jours. Aucun mot de passe ne vous sera demandé.",
		c.Words(false), at.Format("02/01/2006 à 15:04"), from[0], link)
	english := fmt.Sprintf("Hello,\n\n%s (school messaging).\n\n"+
		"When: %s (Paris time)\n%s\n"+
		"Was it you, or did you ask for it? There is nothing to do.\n\n"+
		"It was not you? Open this link and confirm: your account is frozen at once, for everybody, and all its sessions end. Your school will give it back to you. You have done nothing wrong.\n%s\n\n"+
		"The link works once, for seven days. No password will be asked of you.",
		c.Words(true), at.Format("2 January 2006, 15:04"), from[1], link)
	return store.Mailing{
		French:  store.MailText{Subject: c.Kind.Words(false), Body: french},
		English: store.MailText{Subject: c.Kind.Words(true), Body: english},
	}
}

// placeWords is where a device was, as far as it is known.
func placeWords(c account.Alteration, english bool) string {
	switch {
	case c.Country != "" && english:
		return fmt.Sprintf("%s (address %s)", place.Name(c.Country, true), c.Address)
	case c.Country != "":
		return fmt.Sprintf("%s (adresse %s)", place.Name(c.Country, false), c.Address)
	case english:
		return "country not known (address " + c.Address + ")"
	}
	return "pays inconnu (adresse " + c.Address + ")"
}
