package proxy

import (
	"net/http"
	"strings"

	"github.com/ecluse-ecole/ecluse/internal/enforce"
	"github.com/ecluse-ecole/ecluse/internal/wire"
)

// Own is where the proxy's own addresses begin.
const Own = "/_ecluse/"

// aside answers what is not for the application, and reports whether it was.
func (p *Proxy) aside(w http.ResponseWriter, r *http.Request) bool {
	path, _, _ := strings.Cut(r.RequestURI, "?")
	if h := p.Beside[path]; h != nil {
		h.ServeHTTP(w, r)
		return true
	}
	// The application has nothing under such a path, in whatever form.
	if !strings.Contains(r.URL.Path, Own[:len(Own)-1]) {
		return false
	}
	switch path {
	case Own + "livez":
		answer(w, http.StatusOK, "ok")
	case Own + "readyz":
		p.readyz(w)
	case Own + "self-test":
		p.selfTest(w, r)
	default:
		noPage.write(w, r)
	}
	return true
}

// readyz says whether anything can be decided; where not, messaging is closed and
// everything else goes on.
func (p *Proxy) readyz(w http.ResponseWriter) {
	switch {
	case p.stopped.Load():
		answer(w, http.StatusServiceUnavailable, "stopping")
	case p.Ready == nil:
		answer(w, http.StatusOK, "ok")
	default:
		if p.Ready() != nil { // the reason names machines: it is for the log and the page of figures
			answer(w, http.StatusServiceUnavailable, "nothing can be decided: everything is closed")
			return
		}
		answer(w, http.StatusOK, "ok")
	}
}

// selfTest is a request of the account that is always closed: what it is told is
// what any other would be told. Whoever gets 200 here has no gate.
func (p *Proxy) selfTest(w http.ResponseWriter, r *http.Request) {
	held := enforce.Held{Question: enforce.Question{Login: enforce.SelfTest}, Action: enforce.OpenSession}
	conn, a := p.live.Admit(r.Context(), p.Decider, held, func(*enforce.Answer) {})
	if conn != nil {
		conn.Leave()
		p.Log.Error("the account that is always closed was let in: nothing is enforced")
		answer(w, http.StatusOK, "open: the account that must always be refused was let in")
		return
	}
	wire.Refusal{Answer: a, Action: held.Action, Status: http.StatusForbidden}.Write(w, r)
}

func answer(w http.ResponseWriter, status int, text string) {
	w.Header().Set("Content-Type", "text/plain; charset=utf-8")
	w.Header().Set("Cache-Control", "no-store")
	w.Header().Set("X-Content-Type-Options", "nosniff")
	w.WriteHeader(status)
	_, _ = w.Write([]byte(text + "\n")) // who left does not read it
}
