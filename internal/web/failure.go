package web

import (
	"errors"
	"fmt"
	"net/http"
	"strconv"
	"time"

	"github.com/ecluse-ecole/ecluse"
	"github.com/ecluse-ecole/ecluse/hours"
	"github.com/ecluse-ecole/ecluse/internal/fault"
	"github.com/ecluse-ecole/ecluse/internal/feed"
	"github.com/ecluse-ecole/ecluse/internal/web/page"
)

// statuses is the one table from a kind of fault to HTTP.
var statuses = map[fault.Kind]int{
	fault.Internal:    http.StatusInternalServerError,
	fault.Unavailable: http.StatusServiceUnavailable,
	fault.Full:        http.StatusInsufficientStorage,
	fault.SignedOut:   http.StatusUnauthorized,
	fault.Unproved:    http.StatusForbidden,
	fault.Denied:      http.StatusForbidden,
	fault.Closed:      http.StatusForbidden,
	fault.NotFound:    http.StatusNotFound,
	fault.Invalid:     http.StatusUnprocessableEntity,
	fault.Conflict:    http.StatusConflict,
	fault.TooMany:     http.StatusTooManyRequests,
}

// failures is the one table from a kind of fault to the page that says so.
var failures = map[fault.Kind]page.FailureKind{
	fault.Internal:    page.Trouble,
	fault.Unavailable: page.Trouble,
	fault.Full:        page.NoRoom,
	fault.Denied:      page.Denied,
	fault.Closed:      page.Refused,
	fault.NotFound:    page.NotFound,
	fault.Invalid:     page.Refused,
	fault.Conflict:    page.Refused,
	fault.TooMany:     page.TooMany,
}

// finish turns what a handler returned into an answer.
func (c *call) finish(err error) {
	var closed *ecluse.ClosedError
	var stage *ecluse.StageError
	c.logRefusal(err)
	switch {
	case err == nil:
		return
	case c.r.Context().Err() != nil:
		return // the reader has left
	case errors.As(err, &closed):
		err = c.closed(closed.State, 0)
	case errors.As(err, &stage) || fault.Is(err, fault.Unproved):
		err = c.askProof()
	case fault.Is(err, fault.SignedOut):
		err = c.askSignIn()
	default:
		err = c.fail(err)
	}
	if err != nil {
		c.opts.Log.Error("rendering a refusal", "path", c.r.URL.Path, "error", err)
		http.Error(c.w, "Écluse: un incident est survenu. / Something went wrong.", http.StatusInternalServerError)
	}
}

// fail shows the page of a fault. An accident of ours is logged under a
// reference that the reader can quote.
func (c *call) fail(err error) error {
	kind := fault.KindOf(err)
	p := page.Failure{Frame: c.bare(c.failureTitle(kind)), Kind: failures[kind], Detail: c.sentence(err)}
	p.Reference = c.logAccident(err)
	if kind == fault.TooMany || kind == fault.Unavailable {
		c.w.Header().Set("Retry-After", "60")
	}
	status := statuses[kind]
	if frozen := (*ecluse.FrozenError)(nil); errors.As(err, &frozen) {
		p.Kind, p.Title = page.Stolen, c.lang.Say("Compte bloqué", "Account frozen")
	}
	if large := (*http.MaxBytesError)(nil); errors.As(err, &large) {
		status = http.StatusRequestEntityTooLarge
	}
	if c.wantsJSON() {
		return c.json(status, refusal{Error: p.Detail})
	}
	return c.show(status, p)
}

// failureTitle is what the browser's tab says.
func (c *call) failureTitle(kind fault.Kind) string {
	switch failures[kind] {
	case page.NotFound:
		return c.lang.Say("Page introuvable", "Page not found")
	case page.Trouble, page.NoRoom:
		return c.lang.Say("Un problème d’Écluse", "A problem of Écluse")
	default:
		return c.lang.Say("Ce n’est pas possible", "This cannot be done")
	}
}

// logAccident logs what the reader can do nothing about, and returns what to
// quote; anything else is not logged.
func (c *call) logAccident(err error) (reference string) {
	switch fault.KindOf(err) {
	case fault.Internal, fault.Unavailable, fault.Full:
		reference = strconv.FormatInt(time.Now().UnixNano(), 36)
		c.opts.Log.Error("a request failed", "path", c.r.URL.Path, "reference", reference, "error", err)
	}
	return reference
}

// askSignIn leads to the sign-in page and back afterwards; a form that was sent
// comes back to where it stood.
func (c *call) askSignIn() error {
	if c.wantsJSON() {
		return c.json(http.StatusUnauthorized, refusal{Error: c.lang.Say("Connectez-vous pour continuer.", "Sign in to go on.")})
	}
	if c.hasText() {
		return c.signInWithText()
	}
	next := c.r.URL.RequestURI()
	if c.r.Method != http.MethodGet {
		next = page.HomeURL
	}
	return c.redirect(page.SignInURL + "?next=" + queryEscape(next))
}

// askProof leads to where somebody who is signed in proves who they are, and back
// afterwards. What was being written is carried along.
func (c *call) askProof() error {
	if c.wantsJSON() {
		return c.json(http.StatusUnauthorized, refusal{Error: c.lang.Say("Prouvez de nouveau que c’est bien vous.", "Prove again that it is you.")})
	}
	if c.hasText() {
		return c.showProof(http.StatusUnauthorized, page.Proof{Kept: c.written()}, c.caller())
	}
	if c.r.Method != http.MethodGet {
		return c.showProof(http.StatusUnauthorized, page.Proof{Kept: c.interrupted(), Next: c.path()}, c.caller())
	}
	next := c.r.URL.RequestURI()
	return c.redirect(page.ProofURL + "?next=" + queryEscape(next))
}

// nothing answers an address that does not exist.
func (c *call) nothing() error {
	return fault.New(fault.NotFound, "", "")
}

// foreign answers a form that another site sent in the reader's name.
func (c *call) foreign() error {
	return fault.New(fault.Denied,
		"Ce formulaire vient d’un autre site. Rien n’a été fait. Ouvrez Écluse et recommencez.",
		"This form comes from another site. Nothing was done. Open Écluse and start again.")
}

// livez says that the process answers.
func (c *call) livez() error {
	fmt.Fprintln(c.w, "ok")
	return nil
}

// readyz says whether decisions can be made: not with a clock set back.
func (c *call) readyz() error {
	if err := c.app.Ready(); err != nil {
		c.w.WriteHeader(http.StatusServiceUnavailable)
		fmt.Fprintln(c.w, err)
		return nil
	}
	fmt.Fprintln(c.w, "ok")
	if s, followed := c.app.Feed(); followed && s.Standing != feed.Fresh {
		fmt.Fprintln(c.w, s.Say(hours.English)) // it decides all the same, by the orders it has
	}
	switch list, there := c.app.LeakList(); {
	case !there:
		fmt.Fprintln(c.w, "passwords are not checked against leaked ones: no list is installed (key \"leaked\" of the configuration)")
	case list.Trouble:
		fmt.Fprintln(c.w, "passwords are not checked against leaked ones: the list cannot be read")
	}
	c.readyCountries()
	return nil
}
