package page

import (
	"time"

	"github.com/ecluse-ecole/ecluse/internal/order"
	"github.com/ecluse-ecole/ecluse/internal/school"
)

// An OrderState is where an order stands at the page's instant; it is computed
// from facts and the clock.
type OrderState uint8

// The states, in the order of a life.
const (
	Announced OrderState = iota
	InForce
	Expired
	Lifted
	Replaced
	Unsigned // shown before anybody has signed it
)

// OrderStateWord is the state on screen: "en vigueur".
func OrderStateWord(l Lang, s OrderState) string {
	switch s {
	case Announced:
		return l.Say("annoncé", "announced")
	case InForce:
		return l.Say("en vigueur", "in force")
	case Expired:
		return l.Say("expiré", "expired")
	case Lifted:
		return l.Say("levé", "lifted")
	case Unsigned:
		return l.Say("pas encore signé", "not signed yet")
	default:
		return l.Say("remplacé", "replaced")
	}
}

// Orders are the orders that bind a place, and its week as a picture. For an
// authority they are those of its territory.
type Orders struct {
	Frame
	Week  Week
	Rows  []OrderRow
	Issue bool // offers a new order

	Proposals []ProposalRow // that wait for signatures, then those that came to nothing
	Public    string        // address of the school's page for anybody; "" for none
}

// An OrderRow is one order in a list.
type OrderRow struct {
	ID       string
	URL      string
	Title    string
	Issuer   string // the office in words
	State    OrderState
	Exercise bool
	From     time.Time
	Until    time.Time // zero: until lifted
	Summary  string    // its rules in one sentence
	Late     int       // schools that have not answered in time
	Requests int       // for exemptions, that wait for the reader's office
}

// Order is one order in full.
type Order struct {
	Frame
	Row        OrderRow
	Basis      string
	Scope      []string // sentences: territory, degrees, sectors, exceptions
	Rules      []string // one sentence each
	Reason     string
	Contact    order.Contact
	Copies     []string
	Review     time.Time
	References []OrderRow // what it replaces or lifts
	Source     string     // the file as it was issued
	Modify     string     // address that begins an order replacing this one; "" for who may not
	Homework   string     // address of what the head does by hand; "" for others
	Board      string     // address of the answers to it; "" for who sees none
	Lift       string     // likewise one lifting it
	Tell       string     // address of letters to people about it; "" for who writes none
	Letters    string     // address of its copies as letters; likewise
	Report     string     // address of what it did; "" for who reads no reports
	Exemptions Exemptions // asked for, and to be answered
	Ladder     Ladder     // the stages that it stands among, and what can be done about them
}

// Week is seven days of one school as a picture and a table.
type Week struct {
	Key      string // tells the pictures of one page apart; "" for the only one
	School   string
	Monday   time.Time // any instant of that day, in the school's zone
	Bands    []Band
	Previous string // address of the week before
	Next     string
}

// A Band is one role's week.
type Band struct {
	Role school.Role
	Days [7][]Span // Monday first; the spans of a day follow each other without gaps
}

// A Span is a stretch of a day with one answer, in seconds of wall clock from
// midnight; To is at most 86400.
type Span struct {
	From    int
	To      int
	Access  order.Access
	Unknown bool
	Orders  []string // titles of the orders that bind
}

// Rules of a form are numbered from 0; its fields are named rule-N-roles,
// rule-N-hours, rule-N-inside, rule-N-outside.

// NewOrder is the form of an order, for a head (their school) or an authority
// (a territory). It posts title, basis, territory, degree, sector, from, until,
// review, the rules, reason, office, phone, email, copies, exercise, references
// and do: "preview" or "read" (yaml). RuleRows are shown, filled or not.
type NewOrder struct {
	Frame
	Issuer  string // in whose name, in words
	Problem string // one sentence about the whole form
	About   OrderAbout
	Scope   OrderScope
	Times   OrderTimes
	Rules   []RuleForm // at most RuleRows
	Contact OrderContact
	Paste   *Field // the box for a YAML file; nil leaves it out
}

// RuleRows is how many rules the form offers.
const RuleRows = 4

// OrderAbout says what the order is and why.
type OrderAbout struct {
	Title      Field
	Basis      Field
	Reason     Field
	References []Choice // orders it may replace
	Exercise   bool
}

// OrderScope says for whom. A head has one territory and no choice.
type OrderScope struct {
	Territories []Choice
	Degrees     []Choice
	Sectors     []Choice
	Error       string
}

// OrderTimes are wall clock: values of datetime-local and date inputs.
type OrderTimes struct {
	From   Field
	Until  Field
	Review Field
}

// A RuleForm is one rule as it is typed.
type RuleForm struct {
	Roles   []Choice
	Hours   Field
	Reading string   // the hours in plain words, once they are understood
	Notes   []string // warnings about them
	Inside  []Choice
	Outside []Choice
	Error   string
}

// OrderContact is the office to call, and who gets a copy (one a line).
type OrderContact struct {
	Office Field
	Phone  Field
	Email  Field
	Copies Field
}

// OrderPreview shows what an order would do before it is signed. It posts yaml
// and do: "issue", "propose" (see Signing) or "edit".
type OrderPreview struct {
	Frame
	Row      OrderRow
	Schools  int
	People   []RoleSum
	Unserved int    // pupils to be closed whose guardians use no account of their own
	Families string // the address of these families; "" for an office
	Week     Week   // of one school it binds, with the order applied
	Findings []Finding
	Rules    []string // one sentence each
	Why      string   // the order's own reason
	Source   string   // the file that will be signed
	Blocked  bool     // a finding forbids issuing
	Signing  *Signing // nil: the reader's signature is enough
}

// A RoleSum counts the people of a role and for how many the order changes
// something in its first week, beside what holds without it.
type RoleSum struct {
	Role   school.Role
	All    int
	Closed int // at some hour at which they were not closed
	Always int // closed all that week, and were not
	Opened int // may do more at some hour
}

// A FindingKind says how grave a finding is.
type FindingKind uint8

// Note: worth knowing. Warning: probably not what is meant. Looser: a level
// above is stricter, so this part has no effect. Contradicts: it says the
// opposite of a level above.
const (
	Note FindingKind = iota
	Warning
	Looser
	Contradicts
)

// A Finding is one remark about an order before it is signed.
type Finding struct {
	Kind   FindingKind
	Text   string
	Reason string // which order, and why
}
