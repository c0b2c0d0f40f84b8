package page

import (
	"strings"
	"time"

	"github.com/ecluse-ecole/ecluse/internal/order"
	"github.com/ecluse-ecole/ecluse/internal/school"
)

// Public is a school's page for anybody: what holds now and until when, who
// decided and why, what comes next, whom to call, and what was decided before.
// It names offices and no person.
type Public struct {
	Frame
	School    string
	UAI       string
	Kind      StateKind // of the headline's gate
	Headline  string    // one sentence: see Headline
	Services  []PublicService
	InForce   []PublicOrder
	Announced []PublicOrder
	Exercises []PublicOrder // in force or announced: they close nothing
	History   []PublicOrder // newest first
	Older     int           // how many more are not shown
	Week      Week
	Phone     string // the school's
	Address   string // whole, for paper
	Again     int    // milliseconds until the page is worth asking for again
}

// A PublicService is one kind of messaging, or several that are under the same
// rules, with what holds for whom.
type PublicService struct {
	Name   string
	Groups []PublicGroup
}

// A PublicGroup is the roles for which the same holds.
type PublicGroup struct {
	Who     string
	State   State
	Reopens time.Time // when writing is possible again, if that is not when the state ends; zero: not said
}

// A PublicOrder is one order in plain words.
type PublicOrder struct {
	Row     OrderRow
	Rules   []string
	Basis   string
	Reason  string
	Contact order.Contact
	Ended   string // how it ended or will end, and by whom; "" where it ends by its own date or not at all
}

// A PublicState is what holds for a role.
type PublicState struct {
	Role    school.Role
	Access  order.Access
	Unknown bool
	Until   time.Time
	Reopens time.Time
}

// PublicList is the installation's schools, found by name, code or département.
type PublicList struct {
	Frame
	Query   string
	Missing string // the code that is not known here; "" where none was asked for
	Total   int
	Rows    []PublicRow
	Before  string // address of the rows before; "" for none
	More    string
}

// A PublicRow is one school of the list.
type PublicRow struct {
	Name  string
	UAI   string
	Place string // its département
	URL   string
	Kind  StateKind
	Word  string // its state in two or three words
}

// PublicShare is what a webmaster takes along: a text to paste, a banner, a feed.
type PublicShare struct {
	Frame
	School  string
	UAI     string
	Text    string // in the page's language
	Snippet string
	Page    string // whole addresses
	Feed    string
	State   string
}

// publicCall is the numbers that every public page and text names.
var publicCall = [...]struct{ number, fr, en string }{
	{"17", "Police ou gendarmerie, en cas de danger immédiat", "Police, in immediate danger"},
	{"119", "Enfance en danger, jour et nuit", "Children in danger, day and night"},
	{"3018", "Harcèlement et violences numériques", "Bullying and violence online"},
}

// Who is roles as those for whom something holds: "les élèves", "tous les adultes".
func Who(l Lang, roles school.Roles) string {
	if roles == school.Everyone {
		return l.Say("tout le monde", "everybody")
	}
	var words []string
	if roles&school.Adults == school.Adults {
		words, roles = append(words, l.Say("tous les adultes", "all adults")), roles&^school.Adults
	}
	for _, r := range roles.Each() {
		article := l.Say("les ", "")
		if r == school.Head {
			article = l.Say("la ", "")
		}
		words = append(words, article+RolesWord(l, r))
	}
	return l.and(words)
}

// PublicGroups puts the roles together for which the same holds, the strictest
// first.
func PublicGroups(l Lang, states []PublicState, now time.Time) []PublicGroup {
	var out []PublicGroup
	for _, g := range alike(states) {
		st := NewState(l, g.Access, g.Unknown, g.Until, now)
		st.Detail = ""
		group := PublicGroup{Who: capital(Who(l, g.roles)), State: st}
		if !g.Reopens.IsZero() && !g.Reopens.Equal(g.Until) {
			group.Reopens = g.Reopens
		}
		out = append(out, group)
	}
	return out
}

// A sameState is what holds for roles alike.
type sameState struct {
	PublicState
	roles school.Roles
}

// alike groups roles with the same state, the strictest first.
func alike(states []PublicState) []sameState {
	var out []sameState
	for access := range order.Write + 1 {
		first := len(out)
		for _, st := range states {
			if st.Access == access {
				out = join(out, first, st)
			}
		}
	}
	return out
}

// join adds a role to the group of its like among those from first on, or begins
// one.
func join(groups []sameState, first int, st PublicState) []sameState {
	for i := first; i < len(groups); i++ {
		g := &groups[i]
		if g.Unknown == st.Unknown && g.Until.Equal(st.Until) && g.Reopens.Equal(st.Reopens) {
			g.roles |= school.RolesOf(st.Role)
			return groups
		}
	}
	return append(groups, sameState{st, school.RolesOf(st.Role)})
}

// Headline is what a family must know first, in one sentence, and its picture:
// for whom messaging is closed and until when.
func Headline(l Lang, states []PublicState, now time.Time) (StateKind, string) {
	groups := alike(states)
	strictest := groups[0]
	for _, st := range states {
		if st.Unknown {
			return Unknown, l.Say("Écluse ne peut pas vérifier les horaires : dans le doute, la messagerie reste fermée.",
				"Écluse cannot check the hours: in doubt, messaging stays closed.")
		}
	}
	if strictest.Access == order.Write {
		return Open, l.Say("La messagerie est ouverte.", "Messaging is open.")
	}
	roles, same := school.Roles(0), true
	for _, g := range groups {
		if g.Access == strictest.Access {
			same = same && g.Until.Equal(strictest.Until)
			roles |= g.roles
		}
	}
	kind := Reply
	if roles == school.Everyone && strictest.Access == order.Closed {
		kind = Closed
	}
	said := limitedWords(l, strictest.Access) + Who(l, roles)
	if same {
		said += " " + Frame{Lang: l, Now: now}.Until(strictest.Until)
	}
	return kind, said + "."
}

// limitedWords begins the sentence of an access below writing.
func limitedWords(l Lang, a order.Access) string {
	switch a {
	case order.Closed:
		return l.Say("La messagerie est fermée pour ", "Messaging is closed for ")
	case order.Read:
		return l.Say("La messagerie est en lecture seule pour ", "Messaging is read-only for ")
	default:
		return l.Say("La messagerie permet seulement de répondre pour ", "Messaging only allows replies for ")
	}
}

// calm reports whether no order speaks of the school, now or soon.
func (p Public) calm() bool { return len(p.InForce)+len(p.Announced) == 0 && p.Kind == Open }

// explanation follows the headline.
func (p Public) explanation() string {
	switch {
	case p.Kind == Unknown:
		return p.Say("Les responsables du service sont prévenus. Pour joindre l'établissement, téléphonez.",
			"Those who run the service have been told. To reach the school, telephone.")
	case p.calm():
		return p.Say("Aucune décision ne la limite. Si cela change, cette page le dira aussitôt.",
			"No decision limits it. If that changes, this page will say so at once.")
	case p.Kind == Open:
		return p.Say("Une décision fixe ses horaires ou va les changer : elle est expliquée ci-dessous.",
			"A decision sets its hours or is about to change them: it is explained below.")
	default:
		return p.Say("Ce n'est pas une panne : une autorité l'a décidé. Voici pourquoi, jusqu'à quand, et qui appeler.",
			"This is not a fault: an authority decided it. Here is why, until when, and whom to call.")
	}
}

// Period is from when until when an order holds: "Du lundi 1er avril à 0 h 00 au
// lundi 8 avril à 7 h 00".
func (f Frame) Period(from, until time.Time) string {
	begin := f.Say("À partir du ", "From ") + f.Moment(from)
	if until.IsZero() {
		return begin + f.Say(", jusqu'à nouvel ordre", ", until further notice")
	}
	return begin + f.Say(", jusqu'au ", ", until ") + f.Moment(until)
}

// Lines says an order in plain lines: for feeds and texts to paste.
func (o PublicOrder) Lines(f Frame) []string {
	title := o.Row.Title
	if o.Row.Exercise {
		title = f.Say("EXERCICE, rien n'est fermé : ", "EXERCISE, nothing is closed: ") + title
	}
	lines := []string{title,
		f.Say("Décision : ", "Decided by: ") + o.Row.Issuer + ".",
		f.Period(o.Row.From, o.Row.Until) + f.Say(" (heure de l'établissement).", " (the school's time)."),
	}
	if o.Ended != "" {
		lines = append(lines, o.Ended)
	}
	lines = append(lines, o.Rules...)
	if o.Reason != "" {
		lines = append(lines, f.Say("Pourquoi : ", "Why: ")+strings.TrimSpace(o.Reason))
	}
	if c := contactLine(o.Contact); c != "" {
		lines = append(lines, f.Say("Renseignements : ", "Questions: ")+c)
	}
	return lines
}

func contactLine(c order.Contact) string {
	var parts []string
	for _, s := range []string{c.Office, c.Phone, c.Email} {
		if s != "" {
			parts = append(parts, s)
		}
	}
	return strings.Join(parts, ", ")
}

// Text is the page in plain words, to paste on the school's own site. address is
// where the page stands.
func (p Public) Text(address string) string {
	blocks := []string{p.School + "\n" + p.Headline}
	for _, list := range [][]PublicOrder{p.InForce, p.Announced} {
		for _, o := range list {
			blocks = append(blocks, strings.Join(o.Lines(p.Frame), "\n"))
		}
	}
	blocks = append(blocks, p.Say("Seule la messagerie est concernée : le cahier de textes, les notes et les emplois du temps restent accessibles, l'établissement répond au téléphone.",
		"Only messaging is concerned: homework, marks and timetables can still be reached, and the school answers the telephone."))
	call := []string{p.Say("Qui appeler :", "Whom to call:")}
	if p.Phone != "" {
		call = append(call, p.Phone+p.Say(" : ", ": ")+p.School)
	}
	for _, n := range publicCall {
		call = append(call, n.number+p.Say(" : ", ": ")+p.Say(n.fr, n.en))
	}
	return strings.Join(append(blocks, strings.Join(call, "\n"),
		p.Say("À jour à toute heure : ", "Up to date at any hour: ")+address), "\n\n") + "\n"
}
