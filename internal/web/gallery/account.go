package gallery

import (
	"time"

	"github.com/ecluse-ecole/ecluse/internal/account"
	"github.com/ecluse-ecole/ecluse/internal/web/page"
)

// account is the pages of one's own security, in the states that people meet.
func (g gallery) account() []Sample {
	alone := page.Account{Frame: g.own("Votre compte", "Your account", page.AccountURL), Changed: at(1, 9, 10), Sessions: g.ownSessions()[:1]}
	alone.Mail.Address.Value = "ines.carrel@famille.example"
	alone.Flash = g.Say("La connexion est fermée.", "The session has ended.")
	proofs := alone
	proofs.Flash, proofs.Sessions = "", g.ownSessions()
	proofs.Factors = []page.FactorRow{
		{ID: 1, Kind: account.ByCode, Name: g.Say("téléphone", "phone"), Added: at(1, 9, 0)}, {ID: 2, Kind: account.ByPasskey, Name: "YubiKey", Added: at(1, 9, 5)},
		{ID: 3, Kind: account.ByRecovery, Added: at(1, 9, 6), Left: 9},
	}
	proofs.Altered = g.alterations()
	proofs.Questions = proofs.Altered[:1]
	proofs.Mail.Address.Error = g.Say("Ceci n’est pas une adresse de courriel.", "This is not an e-mail address.")
	service := alone
	service.Flash, service.NoPassword, service.Changed, service.Mail.Off = "", true, time.Time{}, true
	service.Services = []page.ServiceLink{{Label: "ÉduConnect", URL: "https://educonnect.example/"}, {Label: "Mon ENT"}}
	told, untold := alone, alone
	told.Push.Key, told.Push.On = "BP4z9KsN6nGRTbVYI_c7VJSPQTBtkgcy27mlmlMoZIIgDll6e3vCYLocInmYWAmS6TlzAC8wEqKK6PBru3jl7A8", true
	untold.Push.Key = told.Push.Key
	untold.Push.Problem = g.Say("Le service de notifications de ce navigateur n’est pas de ceux que cette installation utilise. Les courriels, eux, partent toujours.",
		"The push service of this browser is not one that this installation uses. E-mails leave all the same.")
	none := service
	none.Services = nil
	password := page.Password{Frame: g.own("Changer le mot de passe", "Change the password", page.PasswordURL)}
	refused := password
	refused.Present.Error = g.Say("Le mot de passe actuel ne correspond pas.", "The present password does not match.")
	refused.New.Error = g.Say("Ce mot de passe figure dans une liste de mots de passe volés. Choisissez-en un autre.", "This password is in a list of stolen passwords. Choose another.")
	return []Sample{{"account", alone}, {"account-proofs", proofs}, {"account-service", service}, {"account-nowhere", none}, {"account-told", told}, {"account-untold", untold},
		{"password", password}, {"password-refused", refused}}
}

func (g gallery) ownSessions() []page.SessionRow {
	list := []page.SessionRow{
		{ID: "a", Device: page.Device(g.Lang, "Firefox Android"), Address: page.Where(g.Lang, "RE", "192.0.2.14"), Since: at(1, 9, 12), Seen: at(2, 22, 57), Current: true},
		{ID: "b", Device: page.Device(g.Lang, "Chrome Windows"), Address: page.Where(g.Lang, "", "198.51.100.7"), Since: at(1, 20, 3), Seen: at(2, 8, 0)},
	}
	for _, id := range []string{"c", "d", "e", "f"} {
		list = append(list, page.SessionRow{ID: id, Device: page.Device(g.Lang, "Safari iPhone"), Address: "203.0.113.20", Since: at(1, 7, 0), Seen: at(1, 7, 30)})
	}
	return list
}

func (g gallery) alterations() []page.Alteration {
	english := g.Lang == page.English
	return []page.Alteration{
		{Field: "change", ID: "7", What: account.EmailChanged.Words(english), Device: page.Device(g.Lang, "Chrome Windows"), Where: page.Where(g.Lang, "BE", "198.51.100.7"), At: at(2, 22, 41)},
		{Field: "change", ID: "6", What: account.ProofsCleared.Words(english), At: at(1, 9, 0)},
	}
}
