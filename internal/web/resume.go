package web

import (
	"slices"
	"strings"

	"github.com/ecluse-ecole/ecluse/internal/web/page"
)

// A form that was sent when a fresh proof was wanted first is carried through the
// proof in hidden fields, and given back as it was.

const (
	formField = "form-"    // before each of its fields' names
	formAt    = "form.url" // where it was sent
)

// secrets are fields that are never carried: whoever filled them writes them again.
var secrets = []string{"password", "current", "new", "again", "proof", "code", "response"}

// interrupted are the fields of the form that was sent.
func (c *call) interrupted() []page.Choice {
	kept := []page.Choice{{Label: formAt, Value: c.r.URL.RequestURI()}}
	for name, values := range c.r.PostForm {
		if slices.Contains(secrets, name) {
			continue
		}
		for _, value := range values {
			kept = append(kept, page.Choice{Label: formField + name, Value: value})
		}
	}
	return kept
}

// carriedForm are the same fields, as the page of the proof posts them.
func (c *call) carriedForm() (kept []page.Choice) {
	for name, values := range c.r.PostForm {
		if name != formAt && !strings.HasPrefix(name, formField) {
			continue
		}
		for _, value := range values {
			kept = append(kept, page.Choice{Label: name, Value: value})
		}
	}
	return kept
}

// resumable reports whether a whole form was carried.
func resumable(kept []page.Choice) bool {
	return slices.ContainsFunc(kept, func(k page.Choice) bool { return k.Label == formAt })
}

// resume gives the form back.
func (c *call) resume(kept []page.Choice) error {
	p := page.Resume{Frame: c.bare(c.lang.Say("Continuer", "Go on"))}
	for _, k := range kept {
		if k.Label == formAt {
			p.Action = local(k.Value)
			continue
		}
		if name, ours := strings.CutPrefix(k.Label, formField); ours {
			p.Fields = append(p.Fields, page.Choice{Label: name, Value: k.Value})
		}
	}
	return c.show(ok, p)
}
