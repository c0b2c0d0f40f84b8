package page

import "github.com/ecluse-ecole/ecluse/internal/school"

// stateWord is a state in one word, for a dense table.
func stateWord(l Lang, k StateKind) string {
	switch k {
	case Open:
		return l.Say("ouvert", "open")
	case Soon:
		return l.Say("ferme bientôt", "closing soon")
	case Reply:
		return l.Say("réponses", "replies")
	case Read:
		return l.Say("lecture", "read only")
	case Closed:
		return l.Say("fermé", "closed")
	case Unknown:
		return l.Say("inconnu", "unknown")
	default:
		return "–"
	}
}

// cellName names one select of the matrix: "Élèves vers enseignants".
func cellName(l Lang, from, to school.Role) string {
	return capital(RolesWord(l, from)) + l.Say(" vers ", " to ") + RolesWord(l, to)
}
