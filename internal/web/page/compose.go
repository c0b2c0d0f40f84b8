package page

import (
	"strconv"

	"github.com/a-h/templ"
)

// attribute is one of an element's attributes.
func attribute(key, value string) templ.KeyValue[string, any] {
	return templ.KV[string, any](key, value)
}

// draftData tells draft.js where to keep the form, and its words.
func draftData(f Frame, w Writing) templ.OrderedAttributes {
	if f.Base == "" {
		return nil
	}
	return templ.OrderedAttributes{
		attribute("data-draft-url", f.URL(DraftPart)),
		attribute("data-words-saved", f.Say("Brouillon enregistré à", "Draft saved at")),
		attribute("data-words-local", f.Say("Pas de réseau : texte gardé sur cet appareil.", "No network: the text is kept on this device.")),
		attribute("data-words-found", f.Say("Un texte plus récent a été gardé sur cet appareil.", "A newer text was kept on this device.")),
		attribute("data-words-restore", f.Say("Reprendre ce texte", "Take this text up again")),
		attribute("data-words-conflict", f.Say("Ce brouillon a été changé ailleurs : le texte d'ici est gardé sur cet appareil.", "This draft was changed elsewhere: this text is kept on this device.")),
	}
}

// recipientData gives recipients.js its words and its limit.
func recipientData(c Compose) templ.OrderedAttributes {
	a := templ.OrderedAttributes{
		attribute("id", "to"),
		attribute("data-max", strconv.Itoa(c.Max)),
		attribute("data-words-none", c.Say("Aucun destinataire", "No recipient")),
		attribute("data-words-one", c.Say("1 personne", "1 person")),
		attribute("data-words-many", c.Say("{} personnes", "{} people")),
		attribute("data-words-remove", c.Say("Retirer {}", "Remove {}")),
		attribute("data-words-found-one", c.Say("1 résultat", "1 result")),
		attribute("data-words-found", c.Say("{} résultats", "{} results")),
		attribute("data-words-unmatched", c.Say("Personne ne correspond.", "Nobody matches.")),
		attribute("data-words-when", c.Say("Qui le recevra, et quand :", "Who gets it, and when:")),
		attribute("data-words-now", c.Say("tout de suite", "at once")),
		attribute("data-words-over", c.Say("C'est plus que les {} personnes permises.", "That is more than the {} people allowed.")),
		attribute("data-words-chosen", c.Say("Destinataires choisis", "Chosen recipients")),
	}
	if c.Partial {
		a = append(a, attribute("data-partial", "yes"))
	}
	return append(a, describedBy("to", c.To.Error)...)
}

// optionData is what recipients.js must know of one option.
func optionData(r Recipient) templ.OrderedAttributes {
	a := templ.OrderedAttributes{attribute("data-count", strconv.Itoa(r.people()))}
	if r.Later != "" {
		a = append(a, attribute("data-later", r.Later))
	}
	return a
}

// opened reports whether a group is unfolded: when it is the answer to a search
// or holds a chosen recipient, or when there are few.
func (c Compose) opened(g Audience) bool {
	if c.Find != "" || len(c.Groups) == 1 {
		return true
	}
	for _, r := range g.Options {
		if r.Chosen {
			return true
		}
	}
	return false
}

// waits reports whether some chosen recipient gets the message later.
func (c Compose) waits() bool {
	for _, r := range c.chosen() {
		if r.Later != "" {
			return true
		}
	}
	return false
}
