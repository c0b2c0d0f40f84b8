package web

import (
	"errors"
	"fmt"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/ecluse-ecole/ecluse/hours"
	"github.com/ecluse-ecole/ecluse/internal/order"
	"github.com/ecluse-ecole/ecluse/internal/web/page"
)

// A speaker is an error or a warning of packages hours and order.
type speaker interface {
	In(l hours.Language) string
}

// spoken is what is wrong or doubtful as a sentence in the reader's language.
func (c *call) spoken(s speaker) string { return c.whole(s.In(page.HoursLanguage(c.lang))) }

// spokenError is spoken for an error.
func (c *call) spokenError(err error) string {
	return c.whole(order.Say(err, page.HoursLanguage(c.lang)))
}

// whole gives words a capital and a full stop, and English its apostrophes;
// French comes with its typography, and what was typed stays as it is.
func (c *call) whole(words string) string {
	if c.lang == page.English {
		words = c.lang.Say("", words)
	}
	first, size := utf8.DecodeRuneInString(words)
	words = string(unicode.ToUpper(first)) + words[size:]
	if !strings.HasSuffix(words, "?") {
		words += "."
	}
	return words
}

// hoursProblem says from which character on hours are not understood, and why.
func (c *call) hoursProblem(typed string, err error) string {
	var refused *hours.Error
	if typed == "" || !errors.As(err, &refused) {
		return c.spokenError(err)
	}
	at := min(refused.Offset, len(typed))
	rest := typed[at:]
	if rest == "" {
		return c.lang.Say("Ces horaires s’arrêtent trop tôt.", "These hours end too early.") + " " + c.spoken(refused)
	}
	n := utf8.RuneCountInString(typed[:at]) + 1
	place := fmt.Sprintf(c.lang.Say("Ces horaires ne se comprennent plus au caractère %d, « %s ».",
		"These hours are not understood from character %d on, “%s”."), n, glimpse(rest))
	return place + " " + c.spoken(refused)
}

// hoursDoubts are the sentences below hours that may not say what is meant.
func (c *call) hoursDoubts(h *hours.Hours) []string {
	var out []string
	for _, w := range h.Warnings() {
		out = append(out, c.spoken(w))
	}
	return out
}

// glimpse is the beginning of what was typed, to show where a problem lies.
func glimpse(s string) string {
	const most = 40
	if runes := []rune(s); len(runes) > most {
		return string(runes[:most]) + "…"
	}
	return s
}

// formProblem is what is wrong with an order that came from the form, whose
// lines the reader never saw.
func (c *call) formProblem(err error) string {
	var list order.Errors
	if !errors.As(err, &list) {
		return c.trouble(err)
	}
	var texts []string
	for _, e := range list {
		texts = append(texts, c.spoken(e))
	}
	return strings.Join(texts, "\n")
}

// orderProblem is the place and remedy of the errors of a pasted order, one a
// line, or a fault's words.
func (c *call) orderProblem(err error) string {
	var list order.Errors
	if errors.As(err, &list) {
		return list.In(page.HoursLanguage(c.lang))
	}
	if s := c.sentence(err); s != "" {
		return s
	}
	return err.Error()
}
