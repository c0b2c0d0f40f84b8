package signin

import (
	"html/template"
	"net/http"

	"github.com/ecluse-ecole/ecluse/internal/fault"
	"golang.org/x/text/language"
)

// A page tells a person why signing in did not work, and how to try again.
type page struct {
	Lang, Title, Text string
	Again, Try        string // where to try again, and the words for it; "" where that makes no sense
}

var pageView = template.Must(template.New("page").Parse(`<!doctype html>
<html lang="{{.Lang}}">
<head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1"><meta name="color-scheme" content="light dark"><title>{{.Title}}</title></head>
<body><main><h1>{{.Title}}</h1><p>{{.Text}}</p>{{if .Again}}<p><a href="{{.Again}}">{{.Try}}</a></p>{{end}}</main></body>
</html>
`))

// status is what a kind of fault is answered with.
func status(kind fault.Kind) int {
	switch kind {
	case fault.SignedOut:
		return http.StatusUnauthorized
	case fault.Denied, fault.Closed:
		return http.StatusForbidden
	case fault.NotFound:
		return http.StatusNotFound
	case fault.Invalid:
		return http.StatusBadRequest
	case fault.TooMany:
		return http.StatusTooManyRequests
	default:
		return http.StatusServiceUnavailable
	}
}

// sayWhy shows a fault to a person, in French unless English is asked for first.
func sayWhy(w http.ResponseWriter, r *http.Request, f *fault.Error, again string) {
	p := page{Lang: "fr", Title: "La connexion n’a pas abouti", Text: f.French, Again: again, Try: "Réessayer"}
	tags, _, err := language.ParseAcceptLanguage(r.Header.Get("Accept-Language"))
	if _, i, _ := language.NewMatcher([]language.Tag{language.French, language.English}).Match(tags...); err == nil && len(tags) > 0 && i == 1 {
		p = page{Lang: "en", Title: "Signing in did not work", Text: f.English, Again: again, Try: "Try again"}
	}
	h := w.Header()
	h.Set("Content-Type", "text/html; charset=utf-8")
	h.Set("Content-Security-Policy", "default-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'")
	h.Set("X-Content-Type-Options", "nosniff")
	h.Set("Referrer-Policy", "no-referrer")
	h.Set("Cache-Control", "no-store")
	h.Add("Vary", "Accept-Language")
	w.WriteHeader(status(f.Kind))
	_ = pageView.Execute(w, p) // who left does not read it
}
