package gallery

import (
	"net/http"
	"strings"

	"github.com/ecluse-ecole/ecluse/internal/web/page"
	"github.com/ecluse-ecole/ecluse/internal/web/static"
)

// Policy is the strict policy that every page must live under.
const Policy = "default-src 'none'; style-src 'self'; script-src 'self'; img-src 'self'; connect-src 'self'; form-action 'self'; frame-ancestors 'none'; base-uri 'none'"

// Handler shows the samples at /LANG/NAME, and the fragment of a notice at
// /LANG/NAME?fragment=1, under the same policy as the real pages.
func Handler() http.Handler {
	mux := http.NewServeMux()
	mux.Handle(static.Root, static.Handler())
	for _, l := range []page.Lang{page.French, page.English} {
		for _, s := range Samples(l) {
			mux.HandleFunc("GET /"+string(l)+"/"+s.Name, s.serve)
		}
	}
	return mux
}

func (s Sample) serve(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	w.Header().Set("Content-Security-Policy", Policy)
	view := s.Page.View()
	if notice, ok := s.Page.(page.Notice); ok && r.URL.Query().Has("fragment") {
		view = notice.Fragment()
	}
	var b strings.Builder
	if err := view.Render(r.Context(), &b); err != nil {
		http.Error(w, err.Error(), http.StatusInternalServerError)
		return
	}
	_, _ = w.Write([]byte(b.String())) // a reader who left needs no answer
}
