package page

import (
	"net/url"

	"github.com/ecluse-ecole/ecluse/internal/gate"
)

// A Step is something the reader can do so that messaging opens for them.
type Step struct {
	Text string
	URL  string // where to do it; "" when there is no page for it
}

// Steps are what an account lacks, as things to do. Nobody is at fault: a
// password that is too old is changed, a new device is signed in from again.
func Steps(l Lang, lacking gate.Requirement) []Step {
	var out []Step
	for _, s := range []struct {
		lacks gate.Requirement
		step  Step
	}{
		{gate.PasswordSince, Step{l.Say("Changez votre mot de passe.", "Change your password."), AccountURL}},
		{gate.SecondFactor, Step{l.Say("Activez une seconde protection de votre compte, avec l'aide de l'établissement.", "Turn on a second protection of your account, with the school's help."), ""}},
		{gate.KnownDevice, Step{l.Say("Utilisez un appareil sur lequel vous vous êtes déjà connecté.", "Use a device on which you have signed in before."), ""}},
		{gate.FromCountry, Step{l.Say("Connectez-vous depuis un pays autorisé. En voyage ? Appelez l'établissement : la direction peut autoriser ce pays le temps du séjour.", "Connect from an allowed country. Travelling? Call the school: the head can allow this country for the length of the stay."), ""}},
	} {
		if lacking&s.lacks != 0 {
			out = append(out, s.step)
		}
	}
	return out
}

// CameFrom is how the country of a connection stands that an order asks for.
type CameFrom struct {
	Doubt  bool   // it is not known for sure
	Second bool   // its owner can give a second proof, which settles a doubt
	Next   string // where to go on after it
}

// StepsFrom are Steps where a country may be in doubt: then nobody is sent home, but
// asked for more.
func StepsFrom(l Lang, lacking gate.Requirement, from CameFrom) []Step {
	if lacking&gate.FromCountry == 0 || !from.Doubt {
		return Steps(l, lacking)
	}
	step := Step{l.Say("Nous ne savons pas dire de quel pays vous vous connectez. Ajoutez une deuxième preuve à votre compte, ou appelez l'établissement.", "We cannot tell from which country you connect. Add a second proof to your account, or call the school."), AccountURL}
	if from.Second {
		step = Step{l.Say("Nous ne savons pas dire de quel pays vous vous connectez. Donnez votre deuxième preuve : la messagerie s'ouvrira.", "We cannot tell from which country you connect. Give your second proof, and messaging opens."), ProofURL + "?next=" + url.QueryEscape(from.Next)}
	}
	return append(Steps(l, lacking&^gate.FromCountry), step)
}
