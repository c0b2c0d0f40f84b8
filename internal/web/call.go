package web

import (
	"bytes"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/url"
	"runtime/debug"
	"strconv"
	"strings"
	"time"

	"github.com/a-h/templ"
	"github.com/ecluse-ecole/ecluse"
	"github.com/ecluse-ecole/ecluse/internal/account"
	"github.com/ecluse-ecole/ecluse/internal/fault"
	"github.com/ecluse-ecole/ecluse/internal/message"
	"github.com/ecluse-ecole/ecluse/internal/school"
	"github.com/ecluse-ecole/ecluse/internal/web/page"
	"golang.org/x/text/language"
)

// A call is one request: who asks, as what, in which language.
type call struct {
	*Server
	w     http.ResponseWriter
	r     *http.Request
	lang  page.Lang
	visit ecluse.Visit // zero when nobody is signed in
	who   ecluse.Actor // as what; zero outside a place
	loc   *time.Location
}

// A handler answers a call or returns why not; one wrapper renders that.
type handler func(c *call) error

// public wraps a handler that anybody may call.
func (s *Server) public(h handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		c := &call{Server: s, w: w, r: r, loc: paris}
		c.lang = c.preferred()
		defer c.recover()
		c.finish(orElse(c.readForm(), func() error { return h(c) }))
	})
}

// recover turns a panic of ours into the page of an accident; what net/http
// itself uses to abort an answer goes on.
func (c *call) recover() {
	switch p := recover(); p {
	case nil:
	case http.ErrAbortHandler:
		panic(p)
	default:
		c.opts.Log.Error("a handler panicked", "path", c.r.URL.Path, "panic", p, "stack", string(debug.Stack()))
		c.finish(fmt.Errorf("panic: %v", p))
	}
}

// readForm reads what was posted, once, before anybody asks for a field: a form
// cut short must never look like one with empty fields.
func (c *call) readForm() error {
	err := c.r.ParseForm()
	if err == nil {
		err = c.r.ParseMultipartForm(maxStolenForm) // nothing is put on disk
	}
	var large *http.MaxBytesError
	switch {
	case err == nil || errors.Is(err, http.ErrNotMultipart):
		return nil
	case errors.As(err, &large):
		return fault.Wrap(err, fault.Invalid,
			"Ce texte est trop long pour être reçu en une fois. Revenez en arrière et raccourcissez-le.",
			"This text is too long to be received at once. Go back and shorten it.")
	default:
		return fault.Wrap(err, fault.Invalid,
			"Ce formulaire est arrivé abîmé. Revenez en arrière et envoyez-le de nouveau.",
			"This form arrived damaged. Go back and send it again.")
	}
}

// paris is the clock of pages that belong to no school.
var paris = mustLoad("Europe/Paris")

func mustLoad(name string) *time.Location {
	loc, err := time.LoadLocation(name)
	if err != nil {
		return time.UTC
	}
	return loc
}

// person wraps a handler that needs somebody signed in.
func (s *Server) person(h handler) http.Handler {
	return s.public(func(c *call) error {
		visit, err := c.app.Visit(c.r.Context(), c.caller())
		if err != nil {
			return err
		}
		c.visit, c.who = visit, visit.Alone()
		if visit.Person.Language != "" {
			c.lang = page.ParseLang(visit.Person.Language)
		}
		return h(c)
	})
}

// place wraps a handler of one of the person's memberships.
func (s *Server) place(h handler) http.Handler {
	return s.person(func(c *call) error {
		id, err := strconv.ParseInt(c.r.PathValue("member"), 10, 64)
		if err != nil {
			return c.nothing()
		}
		if c.who, err = c.visit.As(account.MemberID(id)); err != nil {
			return err
		}
		_, c.loc, err = c.app.School(c.who.Member.School)
		return orElse(err, func() error { return h(c) })
	})
}

// office wraps a handler of one of the person's offices.
func (s *Server) office(h handler) http.Handler {
	return s.person(func(c *call) error {
		territory := school.Territory(strings.ReplaceAll(c.r.PathValue("territory"), "-", "/"))
		var err error
		if c.who, err = c.visit.For(territory); err != nil {
			return err
		}
		return h(c)
	})
}

func orElse(err error, next func() error) error {
	if err != nil {
		return err
	}
	return next()
}

// The cookies. A session's is for the browser alone; the device's lets an owner
// sign in while a stranger guesses.
const (
	sessionCookie  = "ecluse-session"
	deviceCookie   = "ecluse-device"
	languageCookie = "ecluse-lang"
)

// cookieName carries the prefix by which browsers keep a cookie to this host
// and to TLS.
func (s *Server) cookieName(name string) string {
	if s.opts.Secure {
		return "__Host-" + name
	}
	return name
}

func (c *call) cookie(name string) string {
	found, err := c.r.Cookie(c.cookieName(name))
	if err != nil {
		return ""
	}
	return found.Value
}

// setCookie keeps a value in the browser; an age below zero forgets it, and
// zero keeps it until the browser closes.
func (c *call) setCookie(name, value string, age time.Duration) {
	http.SetCookie(c.w, &http.Cookie{
		Name: c.cookieName(name), Value: value, Path: "/", MaxAge: int(age.Seconds()),
		HttpOnly: true, Secure: c.opts.Secure, SameSite: http.SameSiteLaxMode,
	})
}

// signedIn reports whether a request comes from somebody who is.
func (s *Server) signedIn(r *http.Request) bool {
	c := call{Server: s, r: r}
	_, err := s.app.Visit(r.Context(), c.caller())
	return err == nil
}

// caller is who asks, as far as the request shows it.
func (c *call) caller() ecluse.Caller {
	return ecluse.Caller{Token: c.cookie(sessionCookie), Device: c.cookie(deviceCookie), Address: c.address(), Browser: c.r.UserAgent()}
}

var offered = language.NewMatcher([]language.Tag{language.French, language.English})

// preferred is the language chosen before, or the browser's own.
func (c *call) preferred() page.Lang {
	if chosen := c.cookie(languageCookie); chosen != "" {
		return page.ParseLang(chosen)
	}
	_, i := language.MatchStrings(offered, c.r.Header.Get("Accept-Language"))
	return [...]page.Lang{page.French, page.English}[i]
}

// address is the client's, without the port. Of several X-Forwarded-For lines the
// last is the proxy's own: some proxies add a line to those that the client made up.
func (c *call) address() string {
	if c.opts.Proxied {
		hops := strings.Split(strings.Join(c.r.Header.Values("X-Forwarded-For"), ","), ",")
		if last := strings.TrimSpace(hops[len(hops)-1]); net.ParseIP(last) != nil {
			return last
		}
	}
	host, _, err := net.SplitHostPort(c.r.RemoteAddr)
	if err != nil {
		return c.r.RemoteAddr
	}
	return host
}

// show renders a page to a buffer, then sends it with the status.
func (c *call) show(status int, p page.Page) error { return c.showPart(status, p.View()) }

func (c *call) showPart(status int, part templ.Component) error {
	var b bytes.Buffer
	if err := part.Render(c.r.Context(), &b); err != nil {
		return err
	}
	c.w.Header().Set("Content-Type", "text/html; charset=utf-8")
	c.w.Header().Set("Content-Language", string(c.lang))
	c.w.WriteHeader(status)
	c.w.Write(b.Bytes()) // a reader who has left is no fault
	return nil
}

// redirect sends the browser on after a form, so that reloading sends nothing.
func (c *call) redirect(to string) error {
	http.Redirect(c.w, c.r, to, http.StatusSeeOther)
	return nil
}

// number reads an identifier from the path or the form.
func number(s string) message.ID {
	n, err := strconv.ParseInt(s, 10, 64)
	if err != nil || n < 0 {
		return 0
	}
	return message.ID(n)
}

// local keeps a redirection on this site: a path of ours, or the home page.
func local(target string) string {
	u, err := url.Parse(target)
	if err != nil || u.IsAbs() || u.Host != "" || !strings.HasPrefix(u.Path, "/") ||
		strings.HasPrefix(target, "//") || strings.ContainsAny(target, "\\\r\n") {
		return page.HomeURL
	}
	return target
}

// sentence is a fault's words in the reader's language.
func (c *call) sentence(err error) string {
	var f *fault.Error
	if !errors.As(err, &f) {
		return ""
	}
	return c.lang.Say(f.French, f.English)
}
