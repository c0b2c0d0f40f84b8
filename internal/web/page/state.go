package page

import (
	"time"

	"github.com/ecluse-ecole/ecluse/internal/order"
)

// soon is how long before a closing the quiet line appears, and urgent the clear
// one.
const (
	soon   = time.Hour
	urgent = 5 * time.Minute
)

// NewState says in one line how open messaging is at now, and until when. until
// is the next instant at which that changes, in the school's zone; zero when
// none is known. unknown is closed because something could not be decided.
func NewState(l Lang, access order.Access, unknown bool, until, now time.Time) State {
	f := Frame{Lang: l, Now: now}
	if unknown {
		return State{Kind: Unknown, Line: l.Say(
			"Messagerie fermée : Écluse ne peut pas vérifier les horaires.",
			"Messaging is closed: Écluse cannot check the hours.")}
	}
	kind := [...]StateKind{order.Closed: Closed, order.Read: Read, order.Reply: Reply, order.Write: Open}[access]
	if until.IsZero() {
		return State{Kind: kind, Line: f.endless(kind)}
	}
	left := until.Sub(now)
	if kind == Open && left <= soon {
		return State{Kind: Soon, Urgent: left <= urgent, Line: f.closing(until),
			Detail: l.Say("Ce que vous écrivez est gardé.", "What you write is kept.")}
	}
	return State{Kind: kind, Line: f.lasting(kind, until)}
}

// closing is the line of the last hour. It names the instant, never the minutes
// left: a line that ages would be wrong on a page left open.
func (f Frame) closing(until time.Time) string {
	return f.Say("La messagerie ferme à ", "Messaging closes at ") + f.Clock(until) + "."
}

// lasting is the line of a state with a known end.
func (f Frame) lasting(kind StateKind, until time.Time) string {
	end := f.Until(until) + "."
	switch kind {
	case Open:
		return f.Say("Ouvert ", "Open ") + end
	case Reply:
		return f.Say("Réponses seulement, ", "Replies only, ") + end
	case Read:
		return f.Say("Lecture seule, ", "Read only, ") + end
	default:
		return f.Say("Fermé ", "Closed ") + end
	}
}

// endless is the line of a state without a known end.
func (f Frame) endless(kind StateKind) string {
	switch kind {
	case Open:
		return f.Say("Ouvert à toute heure.", "Open at all hours.")
	case Reply:
		return f.Say("Réponses seulement, jusqu'à nouvel ordre.", "Replies only, until further notice.")
	case Read:
		return f.Say("Lecture seule, jusqu'à nouvel ordre.", "Read only, until further notice.")
	default:
		return f.Say("Fermé jusqu'à nouvel ordre.", "Closed until further notice.")
	}
}
