package forward

import (
	"github.com/ecluse-ecole/ecluse/internal/enforce"
	"github.com/ecluse-ecole/ecluse/internal/order"
)

// What is answered where the gate is not asked.
var (
	open = &enforce.Answer{Access: order.Write, French: both("Cette page est ouverte\u00a0: rechargez-la."), English: both("This page is open: load it again.")}

	undecided = enforce.Undecided("", "")

	nobody = enforce.Undecided(
		"Connectez-vous à votre espace, puis revenez à cette page.",
		"Sign in to your school’s space, then come back to this page.")

	forged = enforce.Undecided(
		"Ce que votre navigateur a envoyé ne permet pas de savoir qui vous êtes. Fermez votre session, ouvrez-en une nouvelle, puis réessayez. Si cela continue, parlez-en à votre établissement.",
		"What your browser sent does not tell who you are. Sign out, sign in again, then try once more. If it goes on, speak to your school.")

	contradiction = enforce.Undecided(
		"Cette demande dit deux choses différentes sur ce qu’elle veut ouvrir\u00a0: dans le doute, l’accès reste fermé. Revenez à la page d’accueil, puis réessayez.",
		"This request says two different things about what it wants to open: in doubt, access stays closed. Go back to the first page, then try again.")
)

func both(sentence string) enforce.Words { return enforce.Words{Brief: sentence, Full: sentence} }
