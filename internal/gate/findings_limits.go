package gate

import (
	"fmt"

	"github.com/ecluse-ecole/ecluse/internal/order"
)

// limits compares the bounds that both orders set for some role.
func (p *compared) limits() []Finding {
	for _, low := range p.lower.Rules {
		for _, up := range p.upper.Rules {
			roles := low.Roles & up.Roles
			together := low.With == 0 || up.With == 0 || low.With&up.With != 0
			if what := looserLimit(low.Limits, up.Limits); roles != 0 && together && what != "" {
				f := Finding{Verdict: Looser, Other: p.upper, Roles: roles, School: p.schools[0].UAI}
				f.At, _ = p.life(p.above.Zone(f.School))
				f.English = fmt.Sprintf("For %s, %s is set more loosely than in %s, whose limit stays in force: set it at most as high.", roles, what, p.upper.ID)
				f.French = fmt.Sprintf("Pour %s, la limite sur %s est plus large que dans l’ordre %s, qui reste applicable"+nbsp+": fixez-la au plus à la même valeur.", french.people(roles), frenchLimits[what], p.upper.ID)
				return []Finding{f}
			}
		}
	}
	return nil
}

// looserLimit is the key of a limit that is set higher than the one above sets
// it, or "".
func looserLimit(low, up order.Limits) string {
	higher := func(a, b *int) bool { return a != nil && b != nil && *a > *b }
	grants := func(a, b *bool) bool { return a != nil && b != nil && *a && !*b }
	switch {
	case higher(low.Recipients, up.Recipients):
		return "recipients"
	case higher(low.PerHour, up.PerHour):
		return "per_hour"
	case grants(low.Lists, up.Lists):
		return "lists"
	case grants(low.Attachments, up.Attachments):
		return "attachments"
	case grants(low.Links, up.Links):
		return "links"
	}
	return ""
}

// frenchLimits is each of these keys in a sentence.
var frenchLimits = map[string]string{
	"recipients": "le nombre de destinataires", "per_hour": "le nombre de messages par heure",
	"lists": "l’envoi à des listes", "attachments": "les pièces jointes", "links": "les liens",
}
