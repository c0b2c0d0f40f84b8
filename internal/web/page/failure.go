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
			p.Say("Votre compte est bloqué pour vous protéger.", "Your account is frozen to protect you."),
			p.Say("Que faire : allez voir votre établissement, ou appelez-le au numéro que vous connaissez. Changez aussi ce mot de passe partout où vous l'utilisez.", "What to do: go and see your school, or call the number that you know. Change this password too wherever else you use it."),
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
