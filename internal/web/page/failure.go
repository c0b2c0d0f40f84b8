package page

// failureWords are what happened and what to do next.
type failureWords struct {
	what string
	next string
}

// words never blame and never show a number.
func (p Failure) words() failureWords {
	switch p.Kind {
	case Denied:
		return failureWords{
			p.Say("Cette page n'est pas pour votre profil.", "This page is not for your role."),
			p.Say("Si vous en avez besoin, demandez à la direction de votre établissement.", "If you need it, ask the head of your school."),
		}
	case Trouble:
		return failureWords{
			p.Say("Écluse a un problème.", "Écluse has a problem."),
			p.Say("Ce n'est pas de votre fait. Vos messages sont gardés. Essayez de nouveau dans quelques minutes.", "It is not your doing. Your messages are kept. Try again in a few minutes."),
		}
	case NoRoom:
		return failureWords{
			p.Say("Écluse n'a plus de place.", "Écluse has no room left."),
			p.Say("Ce que vous venez d'écrire n'est pas parti. Gardez-en une copie et essayez plus tard.", "What you just wrote has not left. Keep a copy and try later."),
		}
	case TooMany:
		return failureWords{
			p.Say("Trop d'essais en peu de temps.", "Too many tries in a short time."),
			p.Say("Attendez quelques minutes, puis recommencez.", "Wait a few minutes, then try again."),
		}
	case Stolen:
		return failureWords{
			p.Say("Quelqu'un a utilisé votre compte.", "Someone has used your account."),
			p.Say("Vous n'avez rien fait de mal. Voici comment le reprendre : présentez-vous à l'accueil de votre établissement, ou utilisez la fiche de reprise que vous avez reçue.", "You have done nothing wrong. Here is how to take it back: go to your school's front office, or use the recovery slip you were given."),
		}
	case SessionEnded:
		return failureWords{
			p.Say("Votre connexion a pris fin.", "Your sign-in has ended."),
			p.Say("Votre brouillon est gardé. Connectez-vous de nouveau pour continuer.", "Your draft is kept. Sign in again to go on."),
		}
	case Refused:
		return failureWords{
			p.Say("Écluse ne peut pas faire cela.", "Écluse cannot do that."),
			p.Say("Revenez en arrière pour corriger, ou recommencez depuis l'accueil.", "Go back to correct it, or begin again from the start."),
		}
	default:
		return failureWords{
			p.Say("Écluse ne trouve pas cette page.", "Écluse cannot find this page."),
			p.Say("Elle a peut-être changé d'adresse, ou le message n'est plus là.", "It may have moved, or the message is no longer there."),
		}
	}
}
