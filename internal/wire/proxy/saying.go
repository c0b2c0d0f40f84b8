package proxy

import (
	"encoding/json"
	"html/template"
	"net/http"
	"strconv"
	"strings"

	"github.com/ecluse-ecole/ecluse/internal/wire"
)

// A saying is what the proxy answers of itself, where no order is the reason.
type saying struct {
	status          int
	french, english string
	again           int // after how many seconds to come back; 0: not said
}

var (
	down = &saying{http.StatusBadGateway,
		"L’application ne répond pas. Ce n’est pas une fermeture de la messagerie : réessayez dans quelques minutes, et prévenez l’établissement si cela dure.",
		"The application does not answer. Messaging has not been closed: try again in a few minutes, and tell the school if it lasts.", 10}
	late = &saying{http.StatusGatewayTimeout,
		"L’application met trop de temps à répondre. Ce n’est pas une fermeture de la messagerie : réessayez dans quelques minutes.",
		"The application takes too long to answer. Messaging has not been closed: try again in a few minutes.", 10}
	slow = &saying{http.StatusRequestTimeout,
		"L’envoi a pris trop de temps et n’est pas arrivé en entier. Réessayez.",
		"Sending took too long and did not arrive as a whole. Try again.", 0}
	busy = &saying{http.StatusTooManyRequests,
		"Trop de demandes arrivent en même temps de cette adresse. Réessayez dans quelques secondes.",
		"Too many requests arrive at once from this address. Try again in a few seconds.", 5}
	noPage = &saying{http.StatusNotFound,
		"Il n’y a rien à cette adresse.", "There is nothing at this address.", 0}
	noMethod = &saying{http.StatusMethodNotAllowed,
		"Cette méthode n’est pas acceptée ici.", "This method is not accepted here.", 0}
	noHost = &saying{http.StatusBadRequest,
		"La demande ne dit pas clairement à quel site elle s’adresse.", "The request does not say clearly which site it is for.", 0}
	noTarget = &saying{http.StatusBadRequest,
		"L’adresse demandée n’est pas écrite comme une adresse de page.", "The address asked for is not written as the address of a page.", 0}
	noConnection = &saying{http.StatusBadRequest,
		"L’en-tête Connection nomme des champs qui ne dépendent pas de la connexion.",
		"The Connection header names fields that are not the connection's own.", 0}
)

// sayingPage holds one sentence; it loads nothing and runs nothing.
var sayingPage = template.Must(template.New("saying").Parse(`<!doctype html>
<html lang="{{.Lang}}">
<head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark"><meta name="robots" content="noindex"><title>{{.Status}} · Écluse</title></head>
<body><main><h1>{{.Title}}</h1><p>{{.Text}}</p></main></body>
</html>
`))

type sayingView struct {
	Lang, Title, Text string
	Status            int
}

type sayingJSON struct {
	Error  string `json:"error"`
	Status int    `json:"status"`
}

// write answers with a page for who reads pages, else JSON.
func (s *saying) write(w http.ResponseWriter, r *http.Request) {
	h := w.Header()
	h.Set("Cache-Control", "no-store")
	h.Set("Vary", "Accept, Accept-Language")
	h.Set("X-Content-Type-Options", "nosniff")
	if s.again > 0 {
		h.Set("Retry-After", strconv.Itoa(s.again))
	}
	view := sayingView{wire.Language(r), "Cette page ne peut pas être affichée", s.french, s.status}
	if view.Lang == "en" {
		view.Title, view.Text = "This page cannot be shown", s.english
	}
	h.Set("Content-Language", view.Lang)
	if !strings.Contains(r.Header.Get("Accept"), "text/html") {
		h.Set("Content-Type", "application/json")
		w.WriteHeader(s.status)
		_ = json.NewEncoder(w).Encode(sayingJSON{view.Text, s.status}) // who left does not read it
		return
	}
	h.Set("Content-Type", "text/html; charset=utf-8")
	h.Set("Content-Security-Policy", "default-src 'none'; base-uri 'none'; form-action 'none'")
	w.WriteHeader(s.status)
	_ = sayingPage.Execute(w, view)
}
