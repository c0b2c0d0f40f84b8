// Package page is how Écluse looks: every page is a struct and a templ view of
// it, a pure function of that struct. Handlers fill a struct and render
// View(); nothing here reads a database, a clock or a request.
//
// What all pages promise:
//   - they read, write and administer without JavaScript; the modules in static
//     only make the same pages livelier;
//   - no inline script and no style attribute, so that they live under
//     default-src 'none'; style-src 'self'; script-src 'self'; img-src 'self';
//     connect-src 'self'; form-action 'self'; base-uri 'none';
//   - both languages stand side by side at the place where they are used (Say),
//     with the no-break spaces of French typography put in by Say itself;
//   - instants are time.Time values already in the school's zone, because only
//     the handler knows the school.
//
// All addresses are made in links.go: it is the contract with the routes.
package page

import (
	"time"

	"github.com/a-h/templ"
)

// A Page is anything that can be shown whole. Every struct of this package that
// embeds Frame is one.
type Page interface {
	View() templ.Component
}

// A Frame is what all pages know. Zero fields leave their part of the page out,
// so that a page without a person or a place (sign-in, an error) needs only Lang.
type Frame struct {
	Lang      Lang
	Title     string // of this page; it never tells news, because titles show on locked screens
	Path      string // the request's path and query, for the language switch and aria-current
	Person    string // who is signed in, as shown; "" when nobody is
	Duty      Duty   // what the current place lets the person do beyond writing
	Places    []Place
	Base      string // prefix of the current place's pages, such as "/at/42"; "" outside a place
	Current   State  // of the current place
	Boxes     Boxes
	ToSign    int          // orders that wait for the reader's signature
	Now       time.Time    // the page's instant in the school's zone
	Speed     float64      // of the simulated clock, which is shown quietly; 0: the machine's own
	Questions []Alteration // of which the reader is asked whether it was them
	Flash     string       // one sentence about what was just done
	LiveURL   string       // the event stream; "" for none
	Assets    string       // prefix of static files with their version; static.Prefix
	Refresh   int          // seconds after which a page without JavaScript asks again; 0: never, as wherever one types
	Return    string       // the address that it then asks for; "" for its own
	Feed      string       // address of the page's Atom feed; "" for none
	Stays     bool         // no order closes this page: at the closing second only its line changes
}

// A Duty says which pages stand in the menu of a place.
type Duty uint8

// Ordinary writes and reads; Teaching vouches for pupils too; HeadOfSchool also issues orders, announces and sets
// who writes to whom; Authority has no mailbox but a territory of schools.
const (
	Ordinary Duty = iota
	Teaching
	HeadOfSchool
	Authority
)

// Boxes are the counts beside the menu's words. Unread stops at 100, shown "99+".
type Boxes struct {
	Unread  int
	Waiting int
	Drafts  int
}

// A Place is one membership or office of the person.
type Place struct {
	Member  int64
	School  string // the school's or the territory's name
	Role    string // see RoleWord, or the office's title
	URL     string // where the place begins: Inbox or Desk
	State   State
	Unread  int
	Current bool
}

// A StateKind says how open messaging is for one place.
type StateKind string

// NoState shows nothing (an authority, a page outside a place). Soon is open but
// about to close; Reply and Read are the middle rungs of access; Unknown is
// closed because something could not be decided.
const (
	NoState StateKind = ""
	Open    StateKind = "open"
	Soon    StateKind = "soon"
	Reply   StateKind = "reply"
	Read    StateKind = "read"
	Closed  StateKind = "closed"
	Unknown StateKind = "unknown"
)

// A State is the one line that every page of a place shows: until when
// messaging is open for me. See NewState.
type State struct {
	Kind   StateKind
	Urgent bool   // five minutes or less are left: the line is shown loudly
	Line   string // one sentence with the day and the hour
	Detail string // one more: who decided, or what to do; may be empty
}

// Here is the current place, and false when the page stands outside one.
func (f Frame) Here() (Place, bool) {
	for _, p := range f.Places {
		if p.Current {
			return p, true
		}
	}
	return Place{}, false
}

// mayWrite reports whether the menu offers a new message. Under Read what is
// written leaves at reopening, so writing stays on offer.
func (f Frame) mayWrite() bool {
	switch f.Current.Kind {
	case Open, Soon, Read:
		return f.Duty != Authority
	default:
		return false
	}
}

// A Field is what was typed into one control and what is wrong with it.
type Field struct {
	Value string
	Error string // one sentence with the remedy; "" when nothing is wrong
}

// A Choice is one option of a select, a radio or a checkbox.
type Choice struct {
	Value  string
	Label  string
	Hint   string
	Chosen bool
}
