package enforce

import (
	"math"
	"sync/atomic"
	"time"

	"github.com/ecluse-ecole/ecluse/internal/gate"
	"github.com/ecluse-ecole/ecluse/internal/order"
	"github.com/ecluse-ecole/ecluse/internal/school"
)

// An Answer is what may be done, until when, who decided, and the sentence for
// the person. It is shared between askers and must not be changed.
type Answer struct {
	Access  order.Access
	Unknown bool             // closed because something could not be decided
	Unmet   gate.Requirement // what the account lacks
	Limits  gate.Limits
	School  school.UAI                 // the place that binds; "" where none is known
	Role    school.Role                // the role that binds, where School is set
	Until   time.Time                  // the next instant at which the answer may change; zero: none is known
	Opens   [order.Write + 1]time.Time // by access: the next instant that gives it; zero where none is known
	Orders  []Binding                  // those that bind, higher levels first
	French  Words
	English Words
	Version int64 // of the snapshot that decided

	contexts [SendMessage + 1]atomic.Pointer[[]byte] // see Context
}

// Words tell a person what holds, for whom and until when: in one sentence, and
// with who decided and why.
type Words struct {
	Brief string
	Full  string
}

// A Binding names an order that binds.
type Binding struct {
	ID     order.ID
	Title  string
	Office string // whom to call about it
	Phone  string
	Email  string
	Reason string
}

// Allows reports whether the action may pass.
func (a *Answer) Allows(action Action) bool { return a.Access >= action.Needs() }

// Reopens is the next instant at which the action is possible again; zero when
// it is possible now or no such instant is known.
func (a *Answer) Reopens(action Action) time.Time {
	if a.Allows(action) {
		return time.Time{}
	}
	return a.Opens[action.Needs()]
}

// Undecided is the answer where nothing can be decided: closed, for everything.
// The sentences say why and what to do; empty ones are filled in.
func Undecided(french, english string) *Answer {
	if french == "" {
		french = "La messagerie est fermée : il n’est pas possible de vérifier en ce moment si elle peut être ouverte. Réessayez dans quelques minutes."
	}
	if english == "" {
		english = "Messaging is closed: whether it may be open cannot be verified at the moment. Try again in a few minutes."
	}
	return &Answer{Unknown: true, French: Words{french, french}, English: Words{english, english}}
}

// Strictest is the answer that binds of several, never nil: the least access, and
// of equal ones the one that lasts longest; with the strictest of all limits. No
// answer at all is Undecided.
func Strictest(answers []*Answer) *Answer {
	if len(answers) == 0 {
		return Undecided("", "")
	}
	least, limits := answers[0], answers[0].Limits
	for _, a := range answers[1:] {
		limits = limits.Merge(a.Limits)
		if a.Access < least.Access || a.Access == least.Access && after(a.Opens[order.Write], least.Opens[order.Write]) {
			least = a
		}
	}
	if until := earliest(answers); !least.Unknown && (limits != least.Limits || !until.Equal(least.Until)) {
		return least.with(limits, until)
	}
	return least
}

// with is the same answer under other limits, until another instant.
func (a *Answer) with(limits gate.Limits, until time.Time) *Answer {
	return &Answer{
		Access: a.Access, Unknown: a.Unknown, Unmet: a.Unmet, Limits: limits, School: a.School, Role: a.Role,
		Until: until, Opens: a.Opens, Orders: a.Orders, French: a.French, English: a.English, Version: a.Version,
	}
}

// after compares instants of which zero is never.
func after(a, b time.Time) bool { return key(a) > key(b) }

func key(t time.Time) int64 {
	if t.IsZero() {
		return math.MaxInt64
	}
	return t.UnixNano()
}

// earliest is the first instant at which one of the answers may change.
func earliest(answers []*Answer) time.Time {
	first := answers[0].Until
	for _, a := range answers[1:] {
		if after(first, a.Until) {
			first = a.Until
		}
	}
	return first
}
