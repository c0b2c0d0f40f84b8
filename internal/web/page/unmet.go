package page

import "github.com/ecluse-ecole/ecluse/internal/gate"

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
		{gate.FromCountry, Step{l.Say("Connectez-vous depuis le territoire français, ou appelez l'établissement.", "Connect from French territory, or call the school."), ""}},
	} {
		if lacking&s.lacks != 0 {
			out = append(out, s.step)
		}
	}
	return out
}
