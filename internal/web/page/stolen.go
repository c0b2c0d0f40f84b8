package page

import (
	"time"

	"github.com/ecluse-ecole/ecluse/internal/school"
)

// StolenLists is what became of the lists of stolen accounts that an office handed
// in, and whether passwords are checked against leaked ones.
type StolenLists struct {
	Frame
	Lists []StolenRow // the newest first
	Leaks Leaks
}

// Leaks is the list of leaked passwords that is installed.
type Leaks struct {
	There   bool
	Trouble bool // it cannot be read
	Count   int
	Built   time.Time
}

// A StolenRow is one list with its counts of accounts.
type StolenRow struct {
	URL      string
	Received time.Time
	State    StolenState
	Lines    int
	LeftOut  int
	Untried  int // passwords that were not tried
	Accounts int
	Works    int // frozen
	Old      int
	Never    int
}

// A StolenState is how far a list is.
type StolenState uint8

// The states of a list.
const (
	StolenRead StolenState = iota
	StolenReading
	StolenStalled // cut off: the same file again goes on
)

// stolenStateWord says how far a list is.
func stolenStateWord(l Lang, s StolenState) string {
	return [...]string{
		StolenRead:    l.Say("lue en entier", "read to its end"),
		StolenReading: l.Say("en cours de lecture", "being read"),
		StolenStalled: l.Say("interrompue", "cut off"),
	}[s]
}

// StolenNew hands in a list. It posts list and hosts to StolenPart, as multipart.
type StolenNew struct {
	Frame
	Problem string
	Hosts   Field
	Most    int // megabytes
}

// StolenList is one list, with its counts by school and role.
type StolenList struct {
	Frame
	Row    StolenRow
	Counts []StolenCount
	CSV    string
}

// A StolenCount is how many accounts of a role stood in a list.
type StolenCount struct {
	School string // "": offices
	Role   school.Role
	Works  int
	Frozen int // of these, still
	Old    int
	Never  int
}

// StolenSchool is which accounts of a head's school stood in a list.
type StolenSchool struct {
	Frame
	People []StolenPerson
	Frozen int
	CSV    string
}

// A StolenPerson is one account at one place.
type StolenPerson struct {
	URL     string // of the account
	Name    string
	Login   string
	Role    school.Role
	At      time.Time
	Outcome StolenOutcome
}

// A StolenOutcome is where an account stands that was in a list.
type StolenOutcome uint8

// The outcomes.
const (
	StolenFrozen StolenOutcome = iota
	StolenBack                 // it was frozen and given back
	StolenOld
	StolenNever
)

// stolenWord says where an account stands.
func stolenWord(l Lang, o StolenOutcome) string {
	return [...]string{
		StolenFrozen: l.Say("bloqué", "frozen"),
		StolenBack:   l.Say("rendu", "given back"),
		StolenOld:    l.Say("autre mot de passe", "another password"),
		StolenNever:  l.Say("pas de mot de passe ici", "no password here"),
	}[o]
}

// stolenNext says what to do about an account.
func stolenNext(l Lang, o StolenOutcome) string {
	return [...]string{
		StolenFrozen: l.Say("Voyez la personne, puis rendez-lui son compte.", "See the person, then give the account back."),
		StolenBack:   l.Say("La personne choisit un nouveau mot de passe.", "The person chooses a new password."),
		StolenOld:    l.Say("Rien n’est bloqué. Conseillez-lui de changer l’ancien là où il sert encore.", "Nothing is frozen. Advise changing the old one where it is still in use."),
		StolenNever:  l.Say("Rien à faire ici. Le mot de passe volé sert ailleurs\u00a0: dites-le-lui.", "Nothing to do here. The stolen password is used elsewhere: tell the person."),
	}[o]
}

// stolenSum is a list's counts in a few words.
func stolenSum(l Lang, r StolenRow) string {
	return l.Count(r.Accounts, "compte du territoire", "comptes du territoire", "account of the territory", "accounts of the territory") + l.Say(", dont ", ", of these ") +
		l.Count(r.Works, "bloqué", "bloqués", "frozen", "frozen")
}

// stolenPlace is a school, or what stands for offices.
func stolenPlace(l Lang, c StolenCount) string {
	if c.School == "" {
		return l.Say("Services des autorités", "Offices of authorities")
	}
	return c.School
}

func stolenRole(l Lang, c StolenCount) string {
	if c.School == "" {
		return ""
	}
	return RoleWord(l, c.Role)
}
