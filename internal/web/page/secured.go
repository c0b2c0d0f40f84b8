package page

import (
	"slices"
	"strings"

	"github.com/ecluse-ecole/ecluse/internal/school"
)

// Secured is how far accounts are secured: for a head with classes and names, for
// an office school by school with counts alone. Filters stand in the address bar:
// since, role, class, lack, name, from.
type Secured struct {
	Frame
	Own       bool // a school's own: names may be shown
	Total     SecuredRow
	Needs     []SecuredNeed
	Since     Field // the date chosen where no order names one
	Asked     bool  // orders name a date for everybody
	Roles     []SecuredRow
	Rows      []SecuredRow // classes, or schools
	Filter    SecuredFilter
	People    []SecuredPerson
	Found     int    // how many match the filter
	More      string // address of the next people; "" when all are shown
	Families  []SecuredFamily
	Countries Countries // an office's
	Slips     string    // where slips for them are printed
	Export    string
}

// A SecuredRow counts the accounts of a role, a class or a school.
type SecuredRow struct {
	Label   string
	Code    string // a school's
	URL     string
	All     int
	Ready   int // that lack nothing
	Second  int
	Lacking [SecuredLackCount]int
}

// A SecuredLack is what an account still needs.
type SecuredLack uint8

// What may be lacking, in the order of columns.
const (
	LackActivation SecuredLack = iota
	LackPassword
	LackSecond
	LackRenewal
	LackOwner
	SecuredLackCount = iota
)

// SecuredLackWord says what one account needs.
func SecuredLackWord(l Lang, s SecuredLack) string {
	return [SecuredLackCount]string{
		LackActivation: l.Say("compte jamais activé", "account never activated"),
		LackPassword:   l.Say("mot de passe à renouveler", "password to renew"),
		LackSecond:     l.Say("deuxième preuve à installer", "second proof to set up"),
		LackRenewal:    l.Say("nouveau mot de passe demandé", "new password asked for"),
		LackOwner:      l.Say("bloqué, à rendre à la personne", "frozen, to be given back"),
	}[s]
}

// securedColumn heads a column of counts.
func securedColumn(l Lang, s SecuredLack) string {
	return [SecuredLackCount]string{
		LackActivation: l.Say("Jamais activés", "Never activated"),
		LackPassword:   l.Say("À renouveler", "To renew"),
		LackSecond:     l.Say("Sans deuxième preuve demandée", "Without the second proof asked for"),
		LackRenewal:    l.Say("Renouvellement demandé", "Renewal asked for"),
		LackOwner:      l.Say("Bloqués", "Frozen"),
	}[s]
}

// lacks are the columns worth showing: what somebody lacks.
func (p Secured) lacks() []SecuredLack {
	var list []SecuredLack
	for s := range SecuredLack(SecuredLackCount) {
		if p.Total.Lacking[s] > 0 {
			list = append(list, s)
		}
	}
	return list
}

// A SecuredNeed is an order that asks something of accounts.
type SecuredNeed struct {
	Title string
	URL   string
	Asks  string // in words
	Begun bool
	Live  bool // it looks at the device or the country as well
	Roles []SecuredMet
}

// A SecuredMet is how many accounts of a role meet what an order asks.
type SecuredMet struct {
	Role     school.Role
	Meet, Of int
}

// met is that in a sentence: "Élèves : 212 sur 480".
func (n SecuredNeed) met(l Lang, m SecuredMet) string {
	return capital(RolesWord(l, m.Role)) + l.Say(" : ", ": ") + l.Number(m.Meet) + l.Say(" sur ", " of ") + l.Number(m.Of)
}

// lead begins the list of them.
func (n SecuredNeed) lead(l Lang) string {
	if n.Begun {
		return l.Say("Il est en vigueur. En ce moment remplissent ses conditions :", "It is in force. At this moment its conditions are met by:")
	}
	return l.Say("S'il commençait maintenant, rempliraient ses conditions :", "If it began now, its conditions would be met by:")
}

// A SecuredFilter is what the address bar asked for.
type SecuredFilter struct {
	Name    string
	Roles   []Choice
	Classes []Choice
	Lacks   []Choice
}

// A SecuredPerson is somebody of the reader's school.
type SecuredPerson struct {
	Name    string
	Role    school.Role
	Classes []string
	Lacks   []SecuredLack
	Second  bool
	Service string // the sign-in service whose password the account has; "": its own
	Renewed bool   // its owner has proved there anew who they are
}

// needs is what the person still has to do, in words, and where the password is.
func (p SecuredPerson) needs(l Lang) string {
	var words []string
	for _, s := range p.Lacks {
		words = append(words, SecuredLackWord(l, s))
	}
	if words == nil {
		words = []string{l.Say("prêt", "ready")}
	}
	switch {
	case p.Service == "":
	case p.Renewed && !slices.Contains(p.Lacks, LackPassword) && !slices.Contains(p.Lacks, LackRenewal):
		words = append(words, l.Say("renouvelé chez ", "renewed at ")+p.Service)
	default:
		words = append(words, l.Say("mot de passe chez ", "password at ")+p.Service)
	}
	return strings.Join(words, ", ")
}

// A SecuredFamily is the guardians of a class to invite.
type SecuredFamily struct {
	Class string // "": none
	Names []string
}

// invited counts them, each once.
func (p Secured) invited() int {
	seen := map[string]bool{}
	for _, f := range p.Families {
		for _, n := range f.Names {
			seen[n] = true
		}
	}
	return len(seen)
}

// className is the class, or what stands for none.
func (f SecuredFamily) className(l Lang) string {
	if f.Class == "" {
		return l.Say("sans classe", "no class")
	}
	return f.Class
}
