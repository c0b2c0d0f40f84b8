package page

import (
	"strconv"
	"strings"
	"time"

	"github.com/ecluse-ecole/ecluse/hours"
	"github.com/ecluse-ecole/ecluse/internal/order"
	"github.com/ecluse-ecole/ecluse/internal/school"
)

// RuleSentence says a rule in plain words: for whom, when, and what holds
// inside and outside these hours.
func RuleSentence(l Lang, r order.Rule) string {
	var b strings.Builder
	b.WriteString(capital(rolesWords(l, r.Roles)))
	if r.With != 0 {
		b.WriteString(l.Say(" avec ", " with ") + rolesWords(l, r.With))
	}
	b.WriteString(l.Say(" : ", ": ") + ruleHours(l, r))
	if !r.Require.IsZero() {
		b.WriteString(l.Say(", pour les comptes ", ", for accounts ") + requireWords(l, r.Require) +
			l.Say(" ; les autres : ", "; others: ") + accessPhrase(l, r.Otherwise))
	}
	return b.String() + "."
}

// requireWords says which accounts an order has in mind.
func requireWords(l Lang, r order.Requirements) string {
	var words []string
	if !r.PasswordSince.IsZero() {
		year, month, date := r.PasswordSince.Date.Civil()
		day := l.date(time.Date(year, month, date, 0, 0, 0, 0, time.UTC)) + " " + strconv.Itoa(year)
		words = append(words, l.Say("dont le mot de passe a changé depuis le "+day, "whose password has changed since "+day))
	}
	if r.SecondFactor {
		words = append(words, l.Say("connectés avec une deuxième preuve", "signed in with a second proof"))
	}
	if r.KnownDevice {
		words = append(words, l.Say("connectés depuis un appareil connu", "signed in from a known device"))
	}
	if len(r.Countries) > 0 {
		names := CountryNames(l, r.Countries)
		words = append(words, l.Say("connectés depuis un pays autorisé ("+names+")", "signed in from an allowed country ("+names+")"))
	}
	return l.and(words)
}

// rolesWords joins the words of some roles, "adultes" for all four.
func rolesWords(l Lang, roles school.Roles) string {
	var words []string
	if roles&school.Adults == school.Adults {
		words, roles = append(words, l.Say("les adultes", "adults")), roles&^school.Adults
	}
	for _, r := range roles.Each() {
		words = append(words, RolesWord(l, r))
	}
	return l.and(words)
}

// ruleHours says when and how much.
func ruleHours(l Lang, r order.Rule) string {
	inside, outside := accessPhrase(l, r.Access), accessPhrase(l, r.Outside)
	switch r.Hours.String() {
	case "off", "closed":
		return outside + l.Say(" à toute heure", " at all hours")
	case "24/7":
		return inside + l.Say(" à toute heure", " at all hours")
	}
	return inside + " " + HoursWords(l, r.Hours) + l.Say(", sinon ", ", otherwise ") + outside
}

// HoursWords says hours in plain words.
func HoursWords(l Lang, h *hours.Hours) string { return h.Words(HoursLanguage(l)) }

// HoursLanguage is the language of packages hours and order that a page speaks.
func HoursLanguage(l Lang) hours.Language {
	if l == English {
		return hours.English
	}
	return hours.French
}

func accessPhrase(l Lang, a order.Access) string {
	return [...]string{
		order.Closed: l.Say("fermé", "closed"),
		order.Read:   l.Say("lecture seule", "read only"),
		order.Reply:  l.Say("réponses seulement", "replies only"),
		order.Write:  l.Say("ouvert", "open"),
	}[a]
}
