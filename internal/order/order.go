// Package order is the signed document by which an authority says who may
// write, where and when. An order is immutable: it is changed or lifted by
// another order that names it, and whether it is announced, in force, expired,
// lifted or replaced is computed from these facts and the clock, never stored.
//
// The file form is YAML, decoded strictly (see Parse); its vocabulary follows
// the OASIS Common Alerting Protocol 1.2 (status, type, references). What is
// wrong or doubtful in it is said in French and in English (see Say).
package order

import (
	"github.com/ecluse-ecole/ecluse/hours"
	"github.com/ecluse-ecole/ecluse/internal/school"
)

// An ID names an order for ever: the issuer's territory, the year and a number,
// such as "FR/13/079/2024-0001".
type ID string

// An Order is one document as it was issued.
type Order struct {
	ID         ID
	Issuer     school.Territory
	Status     Status
	Type       Type
	References []ID // the orders that an update replaces or a cancel lifts
	Title      string
	Basis      string // the decision or text it rests on
	Applies    Scope
	From       Wall
	Until      Wall // zero: until lifted
	Review     Wall // the day on which the issuer is reminded; zero: none
	Rules      []Rule
	Reason     string
	Contact    Contact
	Copies     []string
}

// A Status says whether an order is meant.
type Status uint8

// Actual binds; Exercise runs through everything and enforces nothing.
const (
	Actual Status = iota
	Exercise
)

// A Type says what an order does to others.
type Type uint8

// Issue stands alone; Update replaces what it references from its own From on;
// Cancel lifts what it references from its own From on and has no rules.
const (
	Issue Type = iota
	Update
	Cancel
)

// A Scope says which schools and services an order binds.
type Scope struct {
	Territory school.Territory
	Degrees   []school.Degree // empty: both
	Sectors   []school.Sector // empty: both
	Services  []Service       // empty: all
	Except    []Exception
}

// An Exception leaves one school out, for a stated reason.
type Exception struct {
	School school.UAI
	Reason string
}

// A Service is a kind of messaging.
type Service uint8

// Messaging is that of an ENT, a school-life software or Écluse itself.
const (
	Messaging Service = iota
	Mail
	Chat
	ServiceCount = iota
)

// A Wall is a wall-clock reading in each school's own zone. The zero Wall is
// "not given".
type Wall struct {
	Date   hours.Date
	Second int // of the day
}

// IsZero reports whether no reading was given.
func (w Wall) IsZero() bool { return w == Wall{} }

// An Access is a rung of the ladder; a higher one allows all of the lower ones.
type Access uint8

// Closed: the notice, the help page and one's own account security only.
// Read: the mailbox as it was when writing stopped. Reply: answer what was
// received, start nothing. Write: all.
const (
	Closed Access = iota
	Read
	Reply
	Write
)

// A Rule says what some roles may do, and when.
type Rule struct {
	Roles     school.Roles
	Hours     *hours.Hours
	Access    Access       // inside the hours; Write unless said
	Outside   Access       // outside them; Closed unless said
	With      school.Roles // binds only what is exchanged with these; zero: all
	Limits    Limits
	Require   Requirements
	Otherwise Access // for who does not meet Require; Closed unless said
}

// Limits bound what may be sent. A nil field sets no bound.
type Limits struct {
	Recipients  *int  // people per message
	PerHour     *int  // messages per hour and sender
	Lists       *bool // may write to a class or a list
	Attachments *bool
	Links       *bool
}

// Requirements are what an account must have for a rule's Access to hold.
type Requirements struct {
	PasswordSince Wall // password changed at or after
	SecondFactor  bool
	KnownDevice   bool
	Countries     []string // ISO 3166-1 alpha-2 codes the connection may come from
}

// IsZero reports whether nothing is required.
func (r Requirements) IsZero() bool {
	return r.PasswordSince.IsZero() && !r.SecondFactor && !r.KnownDevice && len(r.Countries) == 0
}

// A Contact is the office to call about an order.
type Contact struct {
	Office string
	Phone  string
	Email  string
}
