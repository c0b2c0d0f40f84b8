package page

import "github.com/ecluse-ecole/ecluse/internal/account"

// Proof asks somebody who is signed in to prove who they are. It posts to ProofURL.
type Proof struct {
	Frame
	Name    string
	Stage   account.Stage   // why it is asked: StageWhole before something risky or from elsewhere
	Ways    account.Factors // by which it can be proved
	Problem string
	Next    string
	Kept    []Choice
}

// why says in one sentence why it is asked.
func (p Proof) why() string {
	if p.Stage == account.StageRenewal {
		return p.Say("Votre mot de passe doit être renouvelé avant de continuer. Il a peut-être été volé\u00a0: vous n’avez rien fait de mal.",
			"Your password has to be renewed before you go on. It may have been stolen: you have done nothing wrong.")
	}
	return p.Say("Vous êtes peut-être sur un autre appareil ou un autre réseau, ou ce que vous voulez faire demande à être sûr que c’est vous.",
		"You may be on another device or network, or what you want to do needs to be sure that it is you.")
}
