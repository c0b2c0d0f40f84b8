// Package forward answers servers that ask, for each request they forward,
// whether it may pass: nginx's auth_request, Caddy's forward_auth, Traefik's
// ForwardAuth, Envoy's ext_authz over HTTP. One handler family serves them all:
//
//	/gate/forward                      whoever speaks as one of them does
//	/gate/forward/nginx                X-Original-URL or -URI, -Method, -Host
//	/gate/forward/caddy, …/traefik     X-Forwarded-Uri, -Method, -Host
//	/gate/forward/envoy/…              the request itself, behind this prefix
//
// A server's configuration may say more behind the kind: service=chat,
// action=message.send, school=0799002F, and notice (see below), each as a part
// of the path, such as /gate/forward/nginx/service=chat. It is the path and not
// the query, because some servers hand the client's own query on; for Envoy it is
// the table of routes alone.
//
// What it promises:
//
//   - Only a point is answered: a token in X-Ecluse-Point, or a trusted network.
//     Anybody else gets 401 and no word more.
//   - 200 lets pass; 401 is nobody, 403 a refusal, whatever its cause: nginx makes
//     500 of every other status. All of them close.
//   - Only the headers of the asking server's kind count. One that is there twice,
//     or two that disagree, are refused: one of them is the client's.
//   - A question that does not say what is asked for is taken for sending.
//   - A refusal carries the notice in the client's own format, Retry-After and the
//     instant of reopening. nginx drops the body of a question's answer, so the
//     headers say it too, and with notice the same question is answered with the
//     notice whatever comes out.
//
// It does not cut what is already open: these servers ask once, at the beginning.
// What must be cut at the second stands behind `ecluse proxy`.
package forward

import (
	"log/slog"
	"net/http"
	"strings"
	"sync/atomic"
	"time"

	"github.com/ecluse-ecole/ecluse"
	"github.com/ecluse-ecole/ecluse/internal/enforce"
	"github.com/ecluse-ecole/ecluse/internal/identity"
	"github.com/ecluse-ecole/ecluse/internal/metric"
	"github.com/ecluse-ecole/ecluse/internal/route"
	"github.com/ecluse-ecole/ecluse/internal/wire"
)

// Prefix is where the handler stands.
const Prefix = "/gate/forward"

// A Handler answers servers that forward.
type Handler struct {
	desk   *wire.Desk
	porter wire.Porter
	table  *route.Table
	all    *route.Table // where a server says itself that an address is messaging
	spread time.Duration
	kinds  map[string]fronts
	asks   bool // some source of the chain reads the query
	names  bool // some source finds a name that the server in front does not know
	untils untils
}

// fronts are the servers of one kind.
type fronts struct {
	figures *metric.Point
	trusted *ecluse.Answerer // answers those that a network vouches for
}

// New returns the handler. Who is behind a request is found by the chain, what it
// is for by the table; clients return over spread after a reopening.
func New(desk *wire.Desk, who *identity.Chain, table *route.Table, m *metric.Set, spread time.Duration) *Handler {
	h := &Handler{desk: desk, table: table, spread: spread, kinds: map[string]fronts{}}
	h.porter.Who = who
	h.all, _ = route.Compile(nil, "messaging") // nothing in it can be refused
	for _, kind := range []string{other, nginx, caddy, traefik, envoy} {
		h.kinds[kind] = fronts{m.Point(kind), desk.Local(kind)}
	}
	for _, s := range who.Sources {
		_, asks := s.(*identity.Whoami)
		_, told := s.(identity.Header)
		h.asks, h.names = h.asks || asks, h.names || !told
	}
	return h
}

// LogTo has what hinders answers logged there instead of to slog.Default; it
// stands before the first question.
func (h *Handler) LogTo(log *slog.Logger) *Handler {
	h.porter.Log = log
	return h
}

// Wrap takes the requests under Prefix and leaves all others to next. It must
// stand before everything that cleans paths or redirects, as http.ServeMux does:
// Envoy's questions carry the client's path as it is.
func (h *Handler) Wrap(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if rest, found := strings.CutPrefix(r.URL.Path, Prefix); found && (rest == "" || rest[0] == '/') {
			h.ServeHTTP(w, r)
			return
		}
		next.ServeHTTP(w, r)
	})
}

// ServeHTTP answers one question.
func (h *Handler) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	began := time.Now()
	s, err := settingOf(r.URL.Path)
	answerer := h.answerer(r, s.kind)
	if answerer == nil {
		w.Header().Set("WWW-Authenticate", `Bearer realm="ecluse"`)
		w.WriteHeader(http.StatusUnauthorized)
		return
	}
	if err != nil {
		http.Error(w, err.Error(), http.StatusNotFound)
		return
	}
	q := question{h: h, setting: s, decider: answerer, r: r}
	v := q.answer()
	h.kinds[s.kind].figures.Decided(began, v.Answer, q.target.Action)
	if v.Status == http.StatusOK && !s.notice {
		h.pass(w.Header(), v.Login, v.Answer)
		return
	}
	q.refuse(w, v.Answer, v.Status)
}

// answerer is who answers a server, nil for who is none. It is wire.Desk.ByHeader,
// with those of trusted networks at hand.
func (h *Handler) answerer(r *http.Request, kind string) *ecluse.Answerer {
	if _, token := r.Header[wire.TokenHeader]; !token && h.desk.Trusts(r) {
		return h.kinds[kind].trusted
	}
	answerer, err := h.desk.ByHeader(r, kind)
	if err != nil {
		return nil
	}
	return answerer
}

// A question is one request of a server, being answered.
type question struct {
	setting
	h       *Handler
	decider *ecluse.Answerer
	r       *http.Request
	target  route.Target
}

// contradiction is what is told who asks for two things.
var contradiction = enforce.Undecided(
	"Cette demande dit deux choses différentes sur ce qu’elle veut ouvrir\u00a0: dans le doute, l’accès reste fermé. Revenez à la page d’accueil, puis réessayez.",
	"This request says two different things about what it wants to open: in doubt, access stays closed. Go back to the first page, then try again.")

// answer decides: 200, 401 or 403.
func (q *question) answer() wire.Verdict {
	asked, ok := q.asked(q.r)
	q.target = q.setting.over(q.h, asked)
	if !ok {
		return wire.Verdict{Answer: contradiction, Status: http.StatusForbidden}
	}
	v := q.h.porter.Judge(q.identified(asked), q.target, q.decider)
	if v.Status == http.StatusServiceUnavailable {
		v.Status = http.StatusForbidden
	}
	return v
}

// identified is the request by which the person is known: the server's, with the
// address of the client's where a source reads that.
func (q *question) identified(asked route.Request) *http.Request {
	if !q.h.asks {
		return q.r
	}
	copied, address := *q.r, *q.r.URL
	address.RawQuery = ""
	if _, query, found := strings.Cut(asked.Target, "?"); found {
		address.RawQuery = query
	}
	copied.URL = &address
	return &copied
}

// accesses are the values of X-Ecluse-Access, shared between answers.
var accesses = func() (values [4][]string) {
	for i, word := range [...]string{"closed", "read", "reply", "write"} {
		values[i] = []string{word}
	}
	return values
}()

// pass tells the server in front what the answer was, for its logs and for the
// application behind it. Keys are written as net/http writes them, which saves
// looking them up.
func (h *Handler) pass(to http.Header, login string, a *enforce.Answer) {
	if login == "" {
		return
	}
	to["X-Ecluse-Access"] = accesses[a.Access]
	if h.names {
		to["X-Ecluse-User"] = []string{login}
	}
	if !a.Until.IsZero() {
		to["X-Ecluse-Until"] = h.untils.of(a)
	}
}

// untils remembers how the ends of answers are written: people share them.
type untils [64]atomic.Pointer[until]

type until struct {
	of    *enforce.Answer
	value []string
}

func (u *untils) of(a *enforce.Answer) []string {
	at := &u[uint64(a.Until.Unix()/60)%uint64(len(u))]
	if known := at.Load(); known != nil && known.of == a {
		return known.value
	}
	made := &until{a, []string{a.Until.Format(time.RFC3339)}}
	at.Store(made)
	return made.value
}

// refuse tells why. nginx drops the body, so it is made only where it asks for
// the notice.
func (q *question) refuse(w http.ResponseWriter, a *enforce.Answer, status int) {
	f := wire.Refusal{Answer: a, Action: q.target.Action, Status: status, Spread: q.h.spread, Format: q.target.Refusal}
	if reopens := a.Reopens(f.Action); !reopens.IsZero() {
		f.Wait = q.decider.Wait(reopens)
	}
	if status == http.StatusOK { // it has opened since the server asked before
		f.Status, f.Wait, f.Spread = http.StatusServiceUnavailable, time.Second, 0
	}
	if q.kind == nginx && !q.notice {
		f.Lang = wire.Language(q.r)
		f.Headers(w.Header())
		w.WriteHeader(f.Status)
		return
	}
	f.Write(w, q.r)
}
