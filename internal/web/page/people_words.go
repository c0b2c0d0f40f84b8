package page

import (
	"slices"
	"strconv"

	"github.com/ecluse-ecole/ecluse/internal/account"
)

// Where says from where, as far as it is known.
func Where(l Lang, country, address string) string {
	name := CountryName(l, country)
	if country == "" {
		name = l.Say("pays inconnu", "country not known")
	}
	if address == "" {
		return name
	}
	return name + " (" + address + ")"
}

// LossChoices is why second proofs are taken from an account.
func LossChoices(l Lang) (list []Choice) {
	words := [account.Losses]string{
		account.LostPhone: l.Say("téléphone perdu ou changé", "phone lost or replaced"),
		account.LostKey:   l.Say("clé d'accès perdue", "passkey lost"),
		account.LostCard:  l.Say("carte perdue", "card lost"),
		account.LostOther: l.Say("autre raison", "another reason"),
	}
	for i, word := range words {
		list = append(list, Choice{Value: strconv.Itoa(i), Label: word})
	}
	return list
}

// FreezeWord says why an account is frozen.
func FreezeWord(l Lang, why account.FreezeReason) string {
	switch why {
	case account.FrozenByOwner:
		return l.Say("son titulaire a dit : ce n'est pas moi", "its owner said: it was not me")
	case account.FrozenByLeak:
		return l.Say("son mot de passe figure dans une liste de mots de passe volés", "its password stands in a list of stolen ones")
	}
	return l.Say("bloqué par l'établissement ou une autorité", "frozen by the school or an authority")
}

// CareSteps is what is done before an account is given back.
func CareSteps(l Lang, done []account.GiveBackStep) []CareStep {
	texts := [account.GiveBackSteps]string{
		account.StepSpoken:   l.Say("J'ai parlé à la personne : elle sait ce qui s'est passé, et qu'elle n'est pas en faute.", "I have spoken to the person: they know what happened, and that they are not at fault."),
		account.StepDevice:   l.Say("Son appareil est nettoyé, ou elle en prend un autre : le logiciel voleur lirait aussi le prochain mot de passe.", "Their device is cleaned, or they take another one: the stealing software would read the next password too."),
		account.StepMessages: l.Say("Ce qui a été envoyé est rappelé, ou gardé comme pièce, et les destinataires sont prévenus.", "What was sent is recalled, or kept as evidence, and those who got it are told."),
		account.StepPassword: l.Say("Un nouveau mot de passe l'attend, par un billet remis en main propre.", "A new password awaits them, by a slip handed over in person."),
		account.StepFactor:   l.Say("Une deuxième preuve lui a été proposée : application, clé d'accès ou carte imprimée.", "A second proof was offered to them: application, passkey or printed card."),
	}
	var steps []CareStep
	for step, text := range texts {
		steps = append(steps, CareStep{ID: strconv.Itoa(step), Text: text, Done: slices.Contains(done, account.GiveBackStep(step))})
	}
	return steps
}
