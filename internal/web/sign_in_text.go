package web

import (
	"net/http"
	"slices"
	"strconv"
	"strings"

	"github.com/ecluse-ecole/ecluse"
	"github.com/ecluse-ecole/ecluse/internal/account"
	"github.com/ecluse-ecole/ecluse/internal/web/page"
)

// A message that is sent after its session has ended is carried through signing
// in and becomes a draft: in hidden fields, because nobody knows yet whose it is.

const (
	carry     = "kept-"
	carriedAt = carry + "at" // the membership at which it was written
)

// carriedFields are those of a form that are carried.
var carriedFields = []string{"draft", "version", "thread", "subject", "body", "to"}

// hasText reports whether a form of Compose or Thread was sent with a text in it.
func (c *call) hasText() bool {
	writing := strings.HasSuffix(c.r.Pattern, page.ComposePart) || strings.HasSuffix(c.r.Pattern, page.ThreadPart+"/{id}")
	return writing && c.r.Method == http.MethodPost && c.r.FormValue("subject")+c.r.FormValue("body") != ""
}

// written are the fields of what was sent, to be carried.
func (c *call) written() []page.Choice {
	kept := []page.Choice{{Label: carriedAt, Value: c.r.PathValue("member")}}
	for _, name := range carriedFields {
		for _, value := range c.r.Form[name] {
			kept = append(kept, page.Choice{Label: carry + name, Value: value})
		}
	}
	return kept
}

// signInWithText asks who is there and keeps what was sent.
func (c *call) signInWithText() error {
	return c.showSignIn(http.StatusUnauthorized, page.SignIn{
		Kept: c.written(),
		Problem: c.lang.Say("Votre connexion a pris fin. Votre texte est gardé : connectez-vous pour le retrouver.",
			"Your sign-in has ended. Your text is kept: sign in to find it again."),
	})
}

// carried are the fields that the sign-in page was given to keep.
func (c *call) carried() []page.Choice {
	var kept []page.Choice
	for _, name := range slices.Concat([]string{"at"}, carriedFields) {
		for _, value := range c.r.Form[carry+name] {
			kept = append(kept, page.Choice{Label: carry + name, Value: value})
		}
	}
	return append(kept, c.carriedForm()...)
}

// landed saves the text that was carried as a draft of its writer and returns
// where it is. A text that is not theirs leads home.
func (c *call) landed(welcome ecluse.Welcome) string {
	visit, err := c.app.Visit(c.r.Context(), welcome.From(c.address()))
	if err != nil {
		return page.HomeURL
	}
	id, _ := strconv.ParseInt(c.r.FormValue(carriedAt), 10, 64)
	if c.who, err = visit.As(account.MemberID(id)); err != nil {
		return page.HomeURL
	}
	saved, err := c.keepText(c.draftOf(carry))
	if err != nil {
		c.opts.Log.Warn("a text could not be carried through signing in", "error", err)
		return page.HomeURL
	}
	return c.draftURL(saved)
}
