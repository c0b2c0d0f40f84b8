package proxy

import (
	"context"
	"errors"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/ecluse-ecole/ecluse/internal/enforce"
	"github.com/ecluse-ecole/ecluse/internal/route"
	"github.com/ecluse-ecole/ecluse/internal/wire"
)

// match says what a request is for.
func (p *Proxy) match(r *http.Request) route.Target {
	q := route.Request{Host: r.Host, Method: r.Method, Target: r.RequestURI, Overridden: overridden(r.Header)}
	target := p.Table.Match(q)
	if r.Header["Upgrade"] == nil {
		return target
	}
	// What passes through a web socket nobody looks at: it is what the address is
	// for by whatever method, and a message where methods differ.
	q.Method = http.MethodPost
	if sent := p.Table.Match(q); sent != target {
		if target.Open {
			target = sent
		}
		target.Action = enforce.SendMessage
	}
	return target
}

var overrideHeaders = route.OverrideHeaders()

func overridden(h http.Header) bool {
	for _, name := range overrideHeaders {
		if h[name] != nil {
			return true
		}
	}
	return false
}

// stopping is what is told when nobody keeps what is live any more.
var stopping = enforce.Undecided(
	"La messagerie est fermée pour un instant\u00a0: le serveur qui la protège redémarre. Réessayez dans une minute.",
	"Messaging is closed for a moment: the server that guards it is restarting. Try again in a minute.")

// admit finds out who is asking, registers the exchange, and asks; it reports
// whether the request may go on.
func (p *Proxy) admit(x *exchange) bool {
	began := time.Now()
	if p.stopped.Load() {
		x.refuse(stopping, http.StatusServiceUnavailable)
		return false
	}
	login, refused := p.porter.Name(x.r)
	if refused != nil {
		p.turnAway(x, refused)
		return false
	}
	x.login = login
	held := enforce.Held{
		Question: enforce.Question{Login: login, School: x.target.School, Service: x.target.Service},
		Action:   x.target.Action,
	}
	conn, answer := p.live.Admit(x, p.Decider, held, x.cut)
	p.metric.Decided(began, answer, held.Action)
	if conn != nil && p.stopped.Load() { // Run may have ended all that was live before this was
		conn.Leave()
		conn, answer = nil, stopping
	}
	switch x.conn = conn; {
	case conn != nil:
		return true
	case answer == enforce.Crowded:
		x.refuse(answer, http.StatusTooManyRequests)
	default:
		x.refuse(answer, wire.Judged(login, answer, held.Action).Status)
	}
	return false
}

// turnAway answers a request that does not tell whose it is.
func (p *Proxy) turnAway(x *exchange, v *wire.Verdict) {
	if v.Status == http.StatusUnauthorized && p.SignIn != "" && x.r.Method == http.MethodGet &&
		strings.Contains(x.r.Header.Get("Accept"), "text/html") && x.target.Refusal != "json" {
		x.Header().Set("Cache-Control", "no-store")
		http.Redirect(x, x.r, p.SignIn+"?to="+url.QueryEscape(x.r.RequestURI), http.StatusSeeOther)
		return
	}
	x.refuse(v.Answer, v.Status)
}

// refuse writes the notice in the place of an answer that has not begun.
func (x *exchange) refuse(a *enforce.Answer, status int) {
	leaveUnread(x.ResponseWriter, x.r)
	if x.target.Refusal == "matrix" { // its clients are pages of other addresses
		x.Header().Set("Access-Control-Allow-Origin", "*")
	}
	f := wire.Refusal{Answer: a, Action: x.target.Action, Status: status, Spread: x.p.Spread, Format: x.target.Refusal}
	if reopens := a.Reopens(x.target.Action); !reopens.IsZero() {
		f.Wait = x.p.Decider.Wait(reopens)
	}
	f.Write(x.ResponseWriter, x.r)
}

// leaveUnread closes the connection after an answer that does not wait for the
// request's body: what comes of it later must not be taken for a request, least
// of all on the connection of a server in front.
func leaveUnread(w http.ResponseWriter, r *http.Request) {
	if r.ProtoMajor >= 2 || r.ContentLength == 0 {
		return
	}
	w.Header().Set("Connection", "close")
	// A connection closed at once over bytes still unread would take the answer
	// along. As after a body beyond a bound, the server waits a little.
	_, _ = http.MaxBytesReader(w, io.NopCloser(strings.NewReader("-")), 0).Read(make([]byte, 1))
}

// failed answers where the application did not: because the exchange was cut,
// because the client has left, or because the application is out of reach.
func (x *exchange) failed(err error) {
	why := x.why.Load()
	switch {
	case x.started: // by this very goroutine
		panic(http.ErrAbortHandler)
	case why == stopping:
		x.refuse(why, http.StatusServiceUnavailable)
	case why != nil && why.Unknown:
		x.refuse(why, http.StatusServiceUnavailable)
	case why != nil:
		x.refuse(why, http.StatusForbidden)
	case errors.Is(x.Err(), context.Canceled) && !x.broken.Load():
		panic(http.ErrAbortHandler) // nobody is there to be told
	default:
		x.silent(err)
	}
}

// silent says that the application does not answer.
func (x *exchange) silent(err error) {
	said := down
	var n net.Error
	switch {
	case x.broken.Load():
		said = slow
	case errors.As(err, &n) && n.Timeout():
		said = late
	}
	if said != slow {
		x.p.faults.Log(x.p.Log, slog.LevelError, "passing a request on to the application", "error", err)
	}
	leaveUnread(x.ResponseWriter, x.r)
	said.write(x.ResponseWriter, x.r)
}
