package signin

import (
	"context"
	"crypto/rand"
	"crypto/subtle"
	"errors"
	"log/slog"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/ecluse-ecole/ecluse/internal/config"
	"github.com/ecluse-ecole/ecluse/internal/enforce"
	"github.com/ecluse-ecole/ecluse/internal/fault"
	"github.com/ecluse-ecole/ecluse/internal/identity"
	"github.com/ecluse-ecole/ecluse/internal/wire"
)

// A CAS signs people in with a CAS 3.0 server and remembers them in the signed
// cookie. It serves three addresses under its prefix: sign-in sends a browser to
// CAS, cas takes it back, and takes CAS's word that a session has ended.
type CAS struct {
	config  config.CAS
	who     *identity.Chain
	decider enforce.Decider
	prefix  string
	log     *slog.Logger
	server  *identity.CASServer
	lost    wire.Seldom // endings of sessions that cannot be remembered
}

const (
	// longestCookie is how long somebody is remembered without a new ticket.
	longestCookie = 12 * time.Hour
	// unknownCookie is how long where nothing could be decided about them.
	unknownCookie = time.Minute
	// stateLife is how long somebody may take to sign in.
	stateLife = 30 * time.Minute
	// boundary is how near a change of the answer is waited out: a cookie that
	// ends with it would be over before the browser shows it.
	boundary = 2 * time.Second
	// longestLogout bounds what CAS posts.
	longestLogout = 32 << 10
)

// NewCAS signs people in for who's cookie, at addresses under a prefix such as
// "/gate".
func NewCAS(c config.CAS, who *identity.Chain, d enforce.Decider, prefix string, log *slog.Logger) (*CAS, error) {
	if who == nil || who.Cookie == nil {
		return nil, errors.New("identity.cas needs identity.cookie: who came back with a ticket is remembered in it")
	}
	if err := identity.Secure("identity.cas.url", c.URL); err != nil {
		return nil, err
	}
	if err := identity.Secure("identity.cas.service", c.Service); err != nil {
		return nil, err
	}
	c.URL, c.Service = strings.TrimRight(c.URL, "/"), strings.TrimRight(c.Service, "/")
	if u, err := url.Parse(c.Service); err != nil || u.Path != "" || u.RawQuery != "" {
		return nil, errors.New("identity.cas.service is " + c.Service + ": write the public address without a path, such as https://ent.example")
	}
	if strings.HasPrefix(who.Cookie.Name(), "__") && !strings.HasPrefix(c.Service, "https:") {
		return nil, errors.New("identity.cookie.name begins with __, which browsers keep for https: name it otherwise, or write identity.cas.service with https")
	}
	if log == nil {
		log = slog.Default()
	}
	return &CAS{config: c, who: who, decider: d, prefix: prefix, log: log, server: identity.NewCASServer(c.URL)}, nil
}

// Routes adds the addresses to a mux.
func (c *CAS) Routes(mux *http.ServeMux) {
	mux.HandleFunc("GET "+c.prefix+"/sign-in", c.signIn)
	mux.HandleFunc("GET "+c.prefix+"/cas", c.comeBack)
	mux.HandleFunc("POST "+c.prefix+"/cas", c.signedOut)
}

// SignIn is the address that signs somebody in and then shows them another one
// of this site.
func (c *CAS) SignIn(to string) string {
	return c.prefix + "/sign-in?" + url.Values{"to": {to}}.Encode()
}

// signIn sends a browser to CAS. The state in a cookie and in the address ties
// the answer to this browser: nobody can be signed in as somebody else by a link
// they were sent, and a browser without cookies is told so instead of being sent
// in circles.
func (c *CAS) signIn(w http.ResponseWriter, r *http.Request) {
	state := c.stateOf(r)
	if state == "" {
		state = rand.Text()
	}
	c.setCookie(w, c.stateCookie(), state, stateLife)
	w.Header().Set("Cache-Control", "no-store")
	http.Redirect(w, r, c.server.Login(c.service(state, c.target(r)), false), http.StatusSeeOther)
}

// service is where CAS sends the browser back to, and what the ticket is for.
func (c *CAS) service(state, to string) string {
	return c.config.Service + c.prefix + "/cas?" + url.Values{"state": {state}, "to": {to}}.Encode()
}

// target is the address that is asked for. A server in front that cannot encode
// writes it after "to=" as it stands, with its own question mark and all.
func (c *CAS) target(r *http.Request) string {
	if raw, found := strings.CutPrefix(r.URL.RawQuery, "to=/"); found {
		return c.own("/" + raw)
	}
	return c.own(r.URL.Query().Get("to"))
}

// own is an address of this site, and its first page for whatever could lead
// elsewhere, or back here.
func (c *CAS) own(to string) string {
	u, err := url.ParseRequestURI(to)
	elsewhere := err != nil || u.Host != "" || u.Scheme != "" || len(to) > 2000 || !strings.HasPrefix(to, "/") ||
		strings.HasPrefix(to, "//") || strings.IndexFunc(to, func(r rune) bool { return r <= ' ' || r >= 0x7f || r == '\\' }) >= 0
	if elsewhere || strings.HasPrefix(to, c.prefix+"/") {
		return "/"
	}
	return to
}

func (c *CAS) stateCookie() string { return c.who.Cookie.Name() + "-state" }

// stateOf is the state that a browser was given, "" if none or no good one.
func (c *CAS) stateOf(r *http.Request) string {
	found := r.CookiesNamed(c.stateCookie())
	if len(found) != 1 || len(found[0].Value) != len("ABCDEFGHIJKLMNOPQRSTUVWXYZ") || strings.Trim(found[0].Value, "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567") != "" {
		return ""
	}
	return found[0].Value
}

func (c *CAS) setCookie(w http.ResponseWriter, name, value string, life time.Duration) {
	http.SetCookie(w, &http.Cookie{
		Name: name, Value: value, Path: "/", MaxAge: max(1, int(life/time.Second)), HttpOnly: true,
		Secure: strings.HasPrefix(c.config.Service, "https:"), SameSite: http.SameSiteLaxMode,
	})
}

// comeBack takes a browser back from CAS with its ticket.
func (c *CAS) comeBack(w http.ResponseWriter, r *http.Request) {
	q := r.URL.Query()
	to := c.own(q.Get("to"))
	login, err := c.signedIn(r, q)
	var why *fault.Error
	switch {
	case errors.As(err, &why):
		c.log.Info("a ticket of CAS signed nobody in", "cause", why.Cause, "why", why.English)
		sayWhy(w, r, why, c.SignIn(to))
		return
	case err != nil:
		c.log.Error("validating a ticket with CAS", "error", err)
		sayWhy(w, r, fault.New(fault.Unavailable,
			"Le service de connexion de l’établissement ne répond pas comme il devrait. Réessayez dans quelques minutes.",
			"The school's sign-in service does not answer as it should. Try again in a few minutes."), c.SignIn(to))
		return
	}
	life := c.lifetime(r.Context(), login)
	value := c.who.Cookie.Sign(identity.Pass{Login: login, Expires: time.Now().Add(life), Session: q.Get("ticket")})
	c.setCookie(w, c.who.Cookie.Name(), value, life)
	w.Header().Set("Cache-Control", "no-store")
	w.Header().Set("Referrer-Policy", "no-referrer") // the ticket is in our address
	http.Redirect(w, r, c.config.Service+to, http.StatusSeeOther)
}

// signedIn is the name behind the ticket of a request.
func (c *CAS) signedIn(r *http.Request, q url.Values) (string, error) {
	state, ticket := c.stateOf(r), q.Get("ticket")
	if state == "" || subtle.ConstantTimeCompare([]byte(state), []byte(q.Get("state"))) != 1 {
		return "", fault.New(fault.Denied,
			"Votre navigateur n’a pas renvoyé le cookie de cette connexion. Autorisez les cookies pour ce site, puis réessayez.",
			"Your browser did not send the cookie of this sign-in back. Allow cookies for this site, then try again.")
	}
	again := func(cause error) error {
		return fault.Wrap(cause, fault.Denied,
			"Cette connexion n’est plus valable\u00a0: elle a peut-être déjà servi, ou elle a trop attendu. Réessayez.",
			"This sign-in is no longer valid: it may have been used already, or waited too long. Try again.")
	}
	if len(q["ticket"]) != 1 || !identity.IsTicket(ticket) || len(q["to"]) > 1 {
		return "", again(errors.New("the address holds no ticket"))
	}
	if !c.server.First(ticket, time.Now()) {
		return "", again(errors.New("the ticket was shown before"))
	}
	answer, err := c.server.Validate(r.Context(), ticket, c.service(state, c.own(q.Get("to"))), false)
	if errors.Is(err, identity.ErrTicket) {
		return "", again(err)
	}
	if err != nil {
		return "", err
	}
	name, err := answer.Name(c.config.Attribute)
	if err != nil {
		return "", err
	}
	if _, err := c.who.Login(name); err != nil {
		return "", err
	}
	return name, nil
}

// lifetime is how long somebody is remembered: never past the instant at which
// what they may do can change.
func (c *CAS) lifetime(ctx context.Context, name string) time.Duration {
	login, _ := c.who.Login(name)
	life := longestCookie
	for range 2 {
		answer := c.decider.Ask(ctx, enforce.Question{Login: login})
		if answer.Unknown {
			return unknownCookie
		}
		if answer.Until.IsZero() {
			return longestCookie
		}
		if life = min(longestCookie, c.decider.Wait(answer.Until)); life > boundary {
			break
		}
		select {
		case <-time.After(life):
		case <-ctx.Done():
		}
	}
	return life
}

// signedOut takes CAS's word that the session of a ticket has ended. Anybody can
// send it who knows the ticket, which is as secret as the session was.
func (c *CAS) signedOut(w http.ResponseWriter, r *http.Request) {
	r.Body = http.MaxBytesReader(w, r.Body, longestLogout)
	if err := r.ParseForm(); err != nil {
		w.WriteHeader(http.StatusBadRequest)
		return
	}
	ticket, err := identity.EndedTicket([]byte(r.PostForm.Get("logoutRequest")))
	if err != nil {
		w.WriteHeader(http.StatusBadRequest)
		return
	}
	if c.who.Cookie.End(ticket, c.who.Client(r)) {
		c.lost.Log(c.log, slog.LevelWarn, "more sessions end than began here: some endings are not remembered", "from", r.RemoteAddr)
	}
	w.WriteHeader(http.StatusNoContent)
}
