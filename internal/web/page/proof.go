package page

import "github.com/ecluse-ecole/ecluse/internal/account"

// Proof asks somebody who is signed in to prove who they are. It posts to ProofURL.
type Proof struct {
	Frame
	Name    string
	Stage   account.Stage   // why it is asked: StageWhole before something risky or from elsewhere
	Ways    account.Factors // by which it can be proved
	Service ServiceLink     // that vouches for them; zero: none
	Card    int             // the number of the code of a card that is asked; 0: none is left
	Problem string
	Next    string
	Kept    []Choice
	Sent    bool // a code was mailed
	Place   bool // the country is in doubt
}

// Mails reports whether a code can be mailed.
func (p Proof) Mails() bool { return p.Ways.Has(account.ByMail) }

// Resume gives back a form that was interrupted to ask for a proof, as it was.
// Its button sends it; nothing is sent by itself.
type Resume struct {
	Frame
	Action string
	Fields []Choice // Label and Value of hidden fields
}

// why says in one sentence why it is asked.
func (p Proof) why() string {
	switch {
	case p.Place && p.Stage != account.StageRenewal:
		return p.Say("Nous ne savons pas dire de quel pays vous vous connectez, et cette messagerie ne s’ouvre que depuis certains. Montrez-nous autrement que c’est vous. Vous n’avez rien fait de mal.",
			"We cannot tell from which country you connect, and this messaging opens from some only. Show us in another way that it is you. You have done nothing wrong.")
	case p.Stage == account.StageStranger:
		return p.Say("Quelqu’un essaie en ce moment des mots de passe volés sur beaucoup de comptes. Le vôtre est juste, mais vous êtes sur un appareil et un réseau que nous ne connaissons pas\u00a0: montrez-nous autrement que c’est vous. Vous n’avez rien fait de mal.",
			"Somebody is trying stolen passwords on many accounts right now. Yours is right, but you are on a device and a network that we do not know: show us in another way that it is you. You have done nothing wrong.")
	case p.Stage == account.StageRenewal:
		return p.Say("Votre mot de passe doit être renouvelé avant de continuer. Il a peut-être été volé\u00a0: vous n’avez rien fait de mal.",
			"Your password has to be renewed before you go on. It may have been stolen: you have done nothing wrong.")
	}
	return p.Say("Vous êtes peut-être sur un autre appareil ou un autre réseau, ou ce que vous voulez faire demande à être sûr que c’est vous.",
		"You may be on another device or network, or what you want to do needs to be sure that it is you.")
}
