package wire

import (
	"errors"
	"log/slog"
	"net/http"

	"github.com/ecluse-ecole/ecluse/internal/enforce"
	"github.com/ecluse-ecole/ecluse/internal/identity"
	"github.com/ecluse-ecole/ecluse/internal/order"
	"github.com/ecluse-ecole/ecluse/internal/route"
)

// A Verdict is what becomes of one HTTP request, the same at every face.
type Verdict struct {
	Login  string          // who is asking; "" where that is not known, or nobody was asked about
	Answer *enforce.Answer // never nil
	Status int             // 200 lets pass; 401 is nobody, 403 a refusal, 503 what could not be decided
}

// A Porter judges the requests that one face sees. What hinders it is logged once
// a minute at most: anybody can send a forgery, and a provider that does not
// answer hinders everybody.
type Porter struct {
	Who *identity.Chain
	Log *slog.Logger // nil: slog.Default

	forgeries, faults Seldom
}

// Judge finds out who is asking and what they may do there.
func (p *Porter) Judge(r *http.Request, t route.Target, d enforce.Decider) Verdict {
	if t.Open {
		return Verdict{Answer: opened, Status: http.StatusOK}
	}
	login, refused := p.Name(r)
	if refused != nil {
		return *refused
	}
	return Judged(login, t.Ask(r.Context(), d, login), t.Action)
}

// Name is who is asking; where that is not known, the Verdict that refuses.
func (p *Porter) Name(r *http.Request) (login string, refused *Verdict) {
	login, err := p.Who.Who(r)
	switch {
	case err == nil:
		return login, nil
	case errors.Is(err, identity.ErrNobody):
		return "", &Verdict{Answer: nobody, Status: http.StatusUnauthorized}
	case errors.Is(err, identity.ErrForged):
		p.forgeries.Log(p.log(), slog.LevelWarn, "a request names somebody in a way that cannot be believed", "from", r.RemoteAddr, "error", err)
		return "", &Verdict{Answer: forged, Status: http.StatusForbidden}
	}
	if r.Context().Err() == nil { // who has left is no fault
		p.faults.Log(p.log(), slog.LevelError, "finding out who is asking", "error", err)
	}
	return "", &Verdict{Answer: unsure, Status: http.StatusServiceUnavailable}
}

// Judged is the Verdict of an answer about somebody.
func Judged(login string, a *enforce.Answer, action enforce.Action) Verdict {
	switch {
	case a.Allows(action):
		return Verdict{login, a, http.StatusOK}
	case a.Unknown:
		return Verdict{login, a, http.StatusServiceUnavailable}
	default:
		return Verdict{login, a, http.StatusForbidden}
	}
}

func (p *Porter) log() *slog.Logger {
	if p.Log == nil {
		return slog.Default()
	}
	return p.Log
}

// What is answered where the gate is not asked.
var (
	opened = &enforce.Answer{
		Access:  order.Write,
		French:  once("Cette page est ouverte\u00a0: rechargez-la."),
		English: once("This page is open: load it again."),
	}
	nobody = enforce.Undecided(
		"Connectez-vous à votre espace, puis revenez à cette page.",
		"Sign in to your school’s space, then come back to this page.")
	forged = enforce.Undecided(
		"Ce que votre navigateur a envoyé ne permet pas de savoir qui vous êtes. Fermez votre session, ouvrez-en une nouvelle, puis réessayez. Si cela continue, parlez-en à votre établissement.",
		"What your browser sent does not tell who you are. Sign out, sign in again, then try once more. If it goes on, speak to your school.")
	unsure = enforce.Undecided(
		"La messagerie est fermée pour le moment\u00a0: il n’est pas possible de vérifier qui fait la demande. Réessayez dans quelques minutes.",
		"Messaging is closed for now: who is asking cannot be verified. Try again in a few minutes.")
)

func once(sentence string) enforce.Words { return enforce.Words{Brief: sentence, Full: sentence} }
