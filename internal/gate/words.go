package gate

import (
	"fmt"
	"strings"
	"time"

	"github.com/ecluse-ecole/ecluse/hours"
	"github.com/ecluse-ecole/ecluse/internal/order"
	"github.com/ecluse-ecole/ecluse/internal/school"
)

// A tongue is the sentences of one language.
type tongue struct {
	services [order.ServiceCount]string
	roles    [school.RoleCount]string
	access   [order.Write + 1]string // %s: service, role, until when
	unknown  string
	forever  string
	until    func(d hours.Date, second int, year bool) string
	decided  string // %s: office, order
	why      string // %s: reason
	lacking  string // %s: list
	lacks    [4]string
}

// nbsp is the no-break space that French sets before double punctuation and
// inside "7 h 00" (Lexique des règles typographiques en usage à l’Imprimerie
// nationale).
const nbsp = "\u00a0"

var french = tongue{
	services: [...]string{"La messagerie", "La messagerie électronique", "La messagerie instantanée"},
	roles:    [...]string{"les élèves", "les responsables des élèves", "les enseignants", "les personnels", "la direction"},
	access: [...]string{
		"%s est fermée pour %s %s.",
		"%s est en lecture seule pour %s %s" + nbsp + ": les messages déjà reçus restent lisibles.",
		"%s permet seulement de répondre pour %s %s" + nbsp + ": aucun nouvel échange ne peut commencer.",
		"%s est ouverte pour %s %s.",
	},
	unknown: "L’ouverture n’a pas pu être décidée (horaires, calendrier ou établissement inconnus)" + nbsp + ": dans le doute, l’accès reste fermé.",
	forever: "jusqu’à nouvel ordre",
	until:   frenchUntil,
	decided: "Décision" + nbsp + ": %s (ordre %s).",
	why:     "Motif" + nbsp + ": %s",
	lacking: "Ce compte ne remplit pas encore ce qui est demandé" + nbsp + ": %s.",
	lacks: [...]string{
		"un mot de passe changé depuis la date fixée", "une connexion avec un second facteur",
		"un appareil déjà connu", "une connexion depuis un pays autorisé",
	},
}

var english = tongue{
	services: [...]string{"Messaging", "E-mail", "Chat"},
	roles:    [...]string{"pupils", "guardians", "teachers", "staff", "heads"},
	access: [...]string{
		"%s is closed for %s %s.",
		"%s is read-only for %s %s: messages already received can be read.",
		"%s only allows replies for %s %s: no new exchange can begin.",
		"%s is open for %s %s.",
	},
	unknown: "Whether it is open could not be decided (hours, calendar or school not known): in doubt, access stays closed.",
	forever: "until further notice",
	until:   englishUntil,
	decided: "Decided by: %s (order %s).",
	why:     "Reason: %s",
	lacking: "This account does not yet meet what is required: %s.",
	lacks: [...]string{
		"a password changed since the date set", "signing in with a second factor",
		"a device that is known", "a connection from an accepted country",
	},
}

// Brief is what an access means for whom and until when, in one sentence: the
// first of an Explanation, where there is room for one only.
func (e *Explanation) Brief(r Request) (fr, en string) {
	return french.brief(&r, e), english.brief(&r, e)
}

// brief is what holds, for whom and until when, in one sentence.
func (t *tongue) brief(r *Request, e *Explanation) string {
	if r.Role >= school.RoleCount || r.Service >= order.ServiceCount || e.Zone == nil {
		return t.unknown
	}
	return fmt.Sprintf(t.access[e.Decision.Access], t.services[r.Service], t.roles[r.Role],
		t.untilWhen(r.At, e.Decision.Until, e.Zone))
}

// tell is the whole explanation: what holds, what is lacking, who decided, why.
func (t *tongue) tell(r *Request, e *Explanation) string {
	said := []string{t.brief(r, e)}
	if said[0] == t.unknown {
		return t.unknown
	}
	if e.Decision.Unknown {
		said = append(said, t.unknown)
	}
	if e.Decision.Unmet != 0 {
		said = append(said, fmt.Sprintf(t.lacking, t.missing(e.Decision.Unmet)))
	}
	for _, o := range e.Orders {
		said = append(said, t.order(o)...)
	}
	return strings.Join(said, " ")
}

// untilWhen is "jusqu’au lundi 8 avril à 7 h 00, heure de l’établissement".
func (t *tongue) untilWhen(now, until int64, zone *hours.Zone) string {
	if until == never {
		return t.forever
	}
	today, _ := zone.Reading(now)
	day, second := zone.Reading(until)
	thisYear, _, _ := today.Civil()
	year, _, _ := day.Civil()
	return t.until(day, second, year != thisYear)
}

// missing joins what an account lacks.
func (t *tongue) missing(lacking Requirement) string {
	var words []string
	for i, w := range t.lacks {
		if lacking&(1<<i) != 0 {
			words = append(words, w)
		}
	}
	return strings.Join(words, ", ")
}

// order says who decided and why.
func (t *tongue) order(o *order.Order) []string {
	office := o.Contact.Office
	if office == "" {
		office = string(o.Issuer)
	}
	said := []string{fmt.Sprintf(t.decided, office, o.ID)}
	if reason := strings.TrimSpace(o.Reason); reason != "" {
		said = append(said, fmt.Sprintf(t.why, closeSentence(reason)))
	}
	return said
}

// closeSentence ends a text that has no end with a full stop.
func closeSentence(s string) string {
	if strings.HasSuffix(s, ".") || strings.HasSuffix(s, "!") || strings.HasSuffix(s, "?") || strings.HasSuffix(s, "…") {
		return s
	}
	return s + "."
}

func frenchUntil(d hours.Date, second int, withYear bool) string {
	return "jusqu’au " + frenchInstant(d, second, withYear) + ", heure de l’établissement"
}

// frenchWhen is a reading with its year: "vendredi 29 mars 2024 à 23 h 00".
func frenchWhen(w order.Wall) string { return frenchInstant(w.Date, w.Second, true) }

func frenchInstant(d hours.Date, second int, withYear bool) string {
	y, m, day := d.Civil()
	date := fmt.Sprintf("%d", day)
	if day == 1 {
		date = "1er"
	}
	text := fmt.Sprintf("%s %s %s", hours.French.Weekday(d.Weekday()), date, hours.French.Month(m))
	if withYear {
		text += fmt.Sprintf(" %d", y)
	}
	clock := fmt.Sprintf("%d"+nbsp+"h"+nbsp+"%02d", second/3600, second/60%60)
	if s := second % 60; s != 0 {
		clock += fmt.Sprintf(nbsp+"min"+nbsp+"%02d"+nbsp+"s", s)
	}
	return text + " à " + clock
}

func englishUntil(d hours.Date, second int, withYear bool) string {
	y, m, day := d.Civil()
	text := fmt.Sprintf("until %s %d %s", d.Weekday(), day, m)
	if withYear {
		text += fmt.Sprintf(" %d", y)
	}
	clock := time.Unix(int64(second), 0).UTC().Format("15:04")
	if second%60 != 0 {
		clock = time.Unix(int64(second), 0).UTC().Format("15:04:05")
	}
	return text + " at " + clock + ", school time"
}
