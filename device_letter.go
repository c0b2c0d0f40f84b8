package ecluse

import (
	"fmt"

	"github.com/ecluse-ecole/ecluse/internal/account"
	"github.com/ecluse-ecole/ecluse/internal/place"
	"github.com/ecluse-ecole/ecluse/internal/store"
)

// deviceLetter tells an owner of a new device, in plain words.
func (a *App) deviceLetter(d account.Device, link string) store.Mailing {
	at := d.First.In(a.zone("Europe/Paris")) // people may have places in several zones
	french := fmt.Sprintf("Bonjour,\n\nQuelqu’un vient de se connecter à votre compte de messagerie scolaire depuis un appareil nouveau pour ce compte.\n\n"+
		"Appareil\u00a0: %s\nQuand\u00a0: le %s (heure de Paris)\nOù\u00a0: %s\n\n"+
		"C’est vous\u00a0? Vous n’avez rien à faire.\n\n"+
		"Ce n’est pas vous\u00a0? Ouvrez ce lien et confirmez\u00a0: votre compte sera bloqué aussitôt, pour tout le monde, et cet appareil sera déconnecté. Votre établissement vous le rendra. Vous n’avez rien fait de mal.\n%s\n\n"+
		"Le lien sert une fois, pendant sept jours. Aucun mot de passe ne vous sera demandé.",
		account.DeviceWords(d.Name, false), at.Format("02/01/2006 à 15:04"), placeWords(d, false), link)
	english := fmt.Sprintf("Hello,\n\nSomebody has just signed in to your school messaging account from a device that is new to it.\n\n"+
		"Device: %s\nWhen: %s (Paris time)\nWhere: %s\n\n"+
		"Was it you? There is nothing to do.\n\n"+
		"It was not you? Open this link and confirm: your account is frozen at once, for everybody, and that device is signed out. Your school will give it back to you. You have done nothing wrong.\n%s\n\n"+
		"The link works once, for seven days. No password will be asked of you.",
		account.DeviceWords(d.Name, true), at.Format("2 January 2006, 15:04"), placeWords(d, true), link)
	return store.Mailing{
		French:  store.MailText{Subject: "Un nouvel appareil s’est connecté à votre compte", Body: french},
		English: store.MailText{Subject: "A new device signed in to your account", Body: english},
	}
}

// placeWords is where a device signed in from, as far as it is known.
func placeWords(d account.Device, english bool) string {
	switch {
	case d.Country != "" && english:
		return fmt.Sprintf("%s (address %s)", place.Name(d.Country, true), d.Address)
	case d.Country != "":
		return fmt.Sprintf("%s (adresse %s)", place.Name(d.Country, false), d.Address)
	case english:
		return "country not known (address " + d.Address + ")"
	}
	return "pays inconnu (adresse " + d.Address + ")"
}
