package page

import (
	"time"

	"github.com/ecluse-ecole/ecluse/internal/order"
)

// Notice is the page that replaces messaging while it is closed: who decided,
// why, from when until when, for whom, what still works, whom to call. Fragment
// is the content of <main> alone, for the page that turns into the notice.
type Notice struct {
	Frame
	Deciders []Decider // those whose orders bind, the strictest first
	Since    time.Time // since when it is closed; zero: not said
	Until    time.Time // zero: until further notice
	For      string    // "les responsables du collège des Tilleuls"
	Steps    []Step    // what the reader can do so that it opens for them
	Next     NextStage // what is announced after the orders that bind
	Draft    string    // address of the draft that was kept; "" when nothing was being written
	Phone    string    // the school's number
	School   string
}

// A NextStage is the next announced stage of a measure; none has a zero From.
type NextStage struct {
	Title string
	From  time.Time
}

// A Decider is one order that binds, as the notice names it.
type Decider struct {
	Office  string // who decided, in words
	Title   string // of the order
	URL     string // of its full text
	Exempt  string // address where the reader asks for an exemption; "" for who may not
	Reason  string
	Contact order.Contact
}

// unknown reports whether it is closed because something could not be decided.
func (n Notice) unknown() bool { return n.Current.Kind == Unknown }

// Help is one touch away in every state. It posts body to its own address: one
// way, to the school's protection contact.
type Help struct {
	Frame
	School string
	Phones []Phone // the school's own numbers; 17, 119 and 3018 always stand first
	Reader string  // who reads the message: "la conseillère principale d'éducation"; "" leaves the form out
	Body   Field
	Sent   time.Time // when a message was just sent; zero: none
}

// Alerts are the words written to the protection contact from the help page. No
// order closes reading them.
type Alerts struct {
	Frame
	Items []Alert
}

// An Alert is one of them.
type Alert struct {
	From string
	Role string
	At   time.Time
	Body string
}

// A Phone is a number with the words that say when to call it.
type Phone struct {
	Number string
	Label  string
	When   string
}

// Announcements are one-way words of an authority or the head; no order closes
// them. The form posts title, body and scope.
type Announcements struct {
	Frame
	Items []Announcement
	Form  *AnnouncementForm // nil for who may not announce
	List  List              // only its pager addresses are used
}

// An Announcement is one of them.
type Announcement struct {
	Title string
	Body  string
	By    string // the office, and the person when they signed it
	For   string // whom it reaches: "toutes les écoles des Deux-Sèvres"
	At    time.Time
}

// An AnnouncementForm is a new one.
type AnnouncementForm struct {
	Title  Field
	Body   Field
	Scopes []Choice
}
