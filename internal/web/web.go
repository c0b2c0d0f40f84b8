// Package web shows Écluse to people: pages that work without JavaScript, kept
// alive by small modules where there is some. It decides nothing: each handler
// asks the application, fills a page struct and renders it; whatever the
// application refuses becomes the page that says so in plain words.
//
// Every page of a place stands under /at/MEMBERSHIP, those of an office under
// /for/TERRITORY (with dashes for slashes). All routes stand on one screen, in
// routes.
package web

import (
	"log/slog"
	"net/http"
	"strings"
	"time"

	"github.com/ecluse-ecole/ecluse"
	"github.com/ecluse-ecole/ecluse/internal/web/page"
	"github.com/ecluse-ecole/ecluse/internal/web/static"
)

// Options are what a server needs to know beyond the application.
type Options struct {
	Secure   bool          // pages are served over TLS, here or by a proxy in front
	Proxied  bool          // a proxy in front tells the client's address in X-Forwarded-For
	Spread   time.Duration // clients return over this long after a reopening; 0: at once
	Poll     time.Duration // the longest that a closed page waits before it asks again
	Demo     bool          // show the simulated clock
	Accounts []page.DemoAccount
	Secret   string // the password of the demo's accounts
	Log      *slog.Logger
}

// The spread and the poll of a server in earnest.
const (
	DefaultSpread = 2 * time.Minute
	DefaultPoll   = 2 * time.Minute
)

// A Server answers browsers.
type Server struct {
	app      *ecluse.App
	opts     Options
	shelf    *shelf
	index    publicIndex
	refusals refusals // of what who is signed in asked for
	entries  refusals // at the entrances
}

// New returns the handler of all pages.
func New(app *ecluse.App, o Options) http.Handler {
	if o.Log == nil {
		o.Log = slog.Default()
	}
	s := &Server{app: app, opts: o, shelf: newShelf()}
	csrf := http.NewCrossOriginProtection()
	csrf.SetDenyHandler(s.public((*call).foreign))
	return s.secure(csrf.Handler(s.routes()))
}

// routes is every address that Écluse answers, room by room.
func (s *Server) routes() http.Handler {
	mux := http.NewServeMux()
	s.outside(mux)
	s.own(mux)
	at := s.under(mux, "/at/{member}", s.place)
	of := s.under(mux, "/for/{territory}", s.office)
	inPlace(at)
	inBoth(func(pattern string, h handler) { at(pattern, h); of(pattern, h) })
	at("GET /stolen.csv", (*call).stolenSchoolCSV)
	inOffice(of)
	mux.Handle("/", s.public((*call).nothing))
	return mux
}

// outside is for everybody, and how one signs in.
func (s *Server) outside(mux *http.ServeMux) {
	mux.Handle("GET "+static.Root, static.Handler())
	mux.Handle("GET /livez", s.public((*call).livez))
	mux.Handle("GET /readyz", s.public((*call).readyz))

	mux.Handle("GET /sign-in", s.public((*call).signIn))
	mux.Handle("POST /sign-in", s.public((*call).doSignIn))
	mux.Handle("POST /sign-in/kept", s.public((*call).backToText))
	mux.Handle("GET /sign-in/service/{name}", s.public((*call).toService))
	mux.Handle("GET /sign-in/service/{name}/back", s.public((*call).fromService))
	mux.Handle("POST /sign-in/service/{name}/back", s.public((*call).endedAtService))
	mux.Handle("GET /sign-out/service/{name}", s.public((*call).leaveService))
	mux.Handle("GET /proof", s.public((*call).proof))
	mux.Handle("POST /proof", s.public((*call).prove))
	mux.Handle("POST /sign-in/passkey", s.public((*call).askAnyPasskey))
	mux.Handle("POST /proof/passkey", s.public((*call).askPasskey))
	mux.Handle("GET /renew", s.public((*call).renew))
	mux.Handle("POST /renew", s.public((*call).doRenew))
	mux.Handle("GET /goodbye", s.public((*call).goodbye))
	mux.Handle("POST /language", s.public((*call).language))
	mux.Handle("GET /help", s.public((*call).publicHelp))

	mux.Handle("GET /ecoles", s.public((*call).publicList))
	mux.Handle("GET /ecole/{uai}", s.public((*call).publicPage))
	mux.Handle("GET /ecole/{uai}/reprendre", s.public((*call).publicShare))
	mux.Handle("GET /ecole/{uai}/atom.xml", s.public((*call).publicFeed))
	mux.Handle("GET /ecole/{uai}/etat.json", s.public((*call).publicStateJSON))

	mux.Handle("GET /not-me", s.public((*call).notMe))
	mux.Handle("POST /not-me", s.public((*call).doNotMe))
}

// own is for who is signed in, wherever they belong.
func (s *Server) own(mux *http.ServeMux) {
	mux.Handle("GET /{$}", s.person((*call).home))
	mux.Handle("POST /sign-out", s.public((*call).signOut))
	mux.Handle("GET /account", s.person((*call).account))
	mux.Handle("GET /account/factors", s.person((*call).factors))
	mux.Handle("POST /account/factors", s.person((*call).changeFactors))
	mux.Handle("GET /account/factors/code", s.person((*call).codeSetup))
	mux.Handle("POST /account/factors/code", s.person((*call).addCode))
	mux.Handle("POST /account/factors/passkey", s.person((*call).beginPasskey))
	mux.Handle("GET /account/password", s.person((*call).password))
	mux.Handle("POST /account/password", s.person((*call).changePassword))
	mux.Handle("POST /account/email", s.person((*call).changeEmail))
	mux.Handle("POST /account/push", s.person((*call).changePush))
	mux.Handle("POST /account/sessions", s.person((*call).endSession))
	mux.Handle("POST /account/alterations", s.person((*call).answerAlteration))
}

// A room registers handlers under its prefix.
type room func(pattern string, h handler)

// inPlace is for a membership of a school.
func inPlace(at room) {
	at("GET /{$}", (*call).enter)
	at("GET /inbox", (*call).inbox)
	at("GET /sent", (*call).sent)
	at("GET /waiting", (*call).waiting)
	at("POST /waiting/{id}/change", (*call).changeWaiting)
	at("POST /waiting/{id}/cancel", (*call).cancelWaiting)
	at("GET /drafts", (*call).drafts)
	at("POST /drafts/{id}/discard", (*call).discardDraft)
	at("GET /thread/{id}", (*call).thread)
	at("POST /thread/{id}", (*call).answer)
	at("GET /compose", (*call).compose)
	at("POST /compose", (*call).send)
	at("POST /draft", (*call).saveDraft)
	at("GET /live", (*call).live)
	at("GET /state", (*call).state)
	at("GET /notice", (*call).notice)
	at("GET /alerts", (*call).alerts)
	at("GET /vouch", (*call).vouching)
	at("POST /vouch", (*call).vouch)
	at("GET /matrix", (*call).matrix)
	at("POST /matrix", (*call).setMatrix)
	at("GET /answers", (*call).homework)
	at("POST /answers", (*call).answerOrder)
}

// inBoth is for a membership and for an office.
func inBoth(both room) {
	both("GET /help", (*call).help)
	both("POST /help", (*call).alert)
	both("GET /announcements", (*call).announcements)
	both("POST /announcements", (*call).announce)
	both("GET /orders", (*call).orders)
	both("POST /orders", (*call).issue)
	both("GET /orders/new", (*call).newOrder)
	both("POST /orders/new", (*call).draftOrder)
	both("GET /orders/series", (*call).series)
	both("POST /orders/series", (*call).draftSeries)
	both("GET /orders/{id...}", (*call).order)
	both("POST /orders/{id...}", (*call).exempt)
	both("GET /reports/{id...}", (*call).report)
	both("GET /campaigns", (*call).campaigns)
	both("POST /campaigns", (*call).startCampaign)
	both("GET /campaigns/{id}", (*call).campaign)
	both("POST /campaigns/{id}", (*call).changeCampaign)
	both("GET /slips", (*call).slips)
	both("POST /slips", (*call).changeSlips)
	both("GET /cards", (*call).cards)
	both("POST /cards", (*call).printCards)
	both("GET /points", (*call).points)
	both("GET /people", (*call).people)
	both("GET /people/{id}", (*call).care)
	both("POST /people/{id}", (*call).doCare)
	both("GET /sessions", (*call).sessions)
	both("POST /sessions", (*call).endSessions)
	both("GET /answers/{id}/picture", (*call).answerPicture)
	both("GET /tell/{id...}", (*call).tell)
	both("POST /tell/{id...}", (*call).doTell)
	both("GET /secured", (*call).secured)
	both("GET /secured.csv", (*call).securedCSV)
	both("GET /stolen", (*call).stolen)
}

// inOffice is for an office alone.
func inOffice(of room) {
	of("POST /remind/{id...}", (*call).remind)
	of("GET /copies/{id...}", (*call).copies)
	of("POST /copies/{id...}", (*call).doCopies)
	of("GET /book", (*call).book)
	of("POST /book", (*call).keepBook)
	of("POST /stolen", (*call).readStolen)
	of("GET /stolen/new", (*call).newStolen)
	of("GET /stolen/{id}", (*call).stolenList)
	of("GET /stolen.csv/{id}", (*call).stolenCSV)
	of("GET /{$}", (*call).desk)
	of("GET /desk", (*call).desk)
	of("GET /desk.csv", (*call).deskCSV)
	of("GET /board/{id...}", (*call).board)
	of("POST /board/{id...}", (*call).setDelay)
	of("GET /board.csv/{id...}", (*call).boardCSV)
	of("GET /proposals/{id}", (*call).proposal)
	of("POST /proposals/{id}", (*call).judge)
}

// under registers handlers under a prefix, each in the same wrapper.
func (s *Server) under(mux *http.ServeMux, prefix string, wrap func(handler) http.Handler) room {
	return func(pattern string, h handler) {
		method, path, _ := strings.Cut(pattern, " ")
		mux.Handle(method+" "+prefix+path, wrap(h))
	}
}

// policy is what a page may load. No page but one (see pushSwitch) starts a worker.
const policy = "default-src 'none'; style-src 'self'; script-src 'self'; img-src 'self'; connect-src 'self'; " +
	"manifest-src 'self'; form-action 'self'; frame-ancestors 'none'; base-uri 'none'"

// secure sets what every answer carries: no script, style, image, form or frame
// from elsewhere, nothing kept in shared caches, no address told to other sites.
func (s *Server) secure(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		h := w.Header()
		h.Set("Content-Security-Policy", policy+"; worker-src 'none'")
		h.Set("X-Content-Type-Options", "nosniff")
		h.Set("X-Frame-Options", "DENY")
		h.Set("Referrer-Policy", "same-origin")
		h.Set("Cross-Origin-Opener-Policy", "same-origin")
		h.Set("Cross-Origin-Resource-Policy", "same-origin")
		h.Set("Permissions-Policy", "camera=(), microphone=(), geolocation=()")
		h.Set("Cache-Control", "no-store")
		if s.opts.Secure {
			h.Set("Strict-Transport-Security", "max-age=31536000")
		}
		r.Body = http.MaxBytesReader(w, r.Body, s.formLimit(r))
		next.ServeHTTP(w, r)
	})
}

// maxForm bounds what one form may hold: a long message, an order's file. One
// form may hold a picture as well.
const (
	maxForm        = 512 << 10
	maxPictureForm = maxForm + ecluse.MaxPicture
	maxStolenForm  = maxForm + ecluse.MaxStolen
)

// formLimit is what a request may hold. A list of stolen accounts comes from who is
// signed in: strangers do not fill the memory.
func (s *Server) formLimit(r *http.Request) int64 {
	if strings.HasPrefix(r.URL.Path, "/at/") && strings.HasSuffix(r.URL.Path, page.AnswersPart) {
		return maxPictureForm
	}
	if strings.HasPrefix(r.URL.Path, "/for/") && strings.HasSuffix(r.URL.Path, page.StolenPart) && s.signedIn(r) {
		return maxStolenForm
	}
	return maxForm
}
