// Package enforce is what every enforcement point shares: the question it asks,
// the answer it obeys, and the register of what is live and must be cut. The
// faces in internal/api and internal/wire speak to servers in their own
// protocols; all of them ask a Decider and nothing else.
//
// What it promises:
//
//   - Asking never fails open. A Decider returns an Answer for every Question;
//     where nothing can be decided (an unknown person, no database, no snapshot,
//     a decision point out of reach) the Answer is closed and says so (Unknown).
//   - A person with several places is asked about at the strictest of those that
//     the question leaves open: a question without a school counts all of them.
//   - Cutting has an order: the state is published, new questions are refused,
//     what is live is cut, and what is live is looked at again (see Keep). Admit
//     registers before it asks, so that no connection slips in between.
//
// A Decider has two implementations: the application itself, where the point
// runs inside Écluse, and point.Client, which asks over the network and keeps
// what it was told only as long as it surely holds.
package enforce

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/ecluse-ecole/ecluse/internal/order"
	"github.com/ecluse-ecole/ecluse/internal/school"
)

// A Question asks what one person, or people of a role, may do now. It is
// comparable: equal questions have equal answers.
type Question struct {
	Login   string        // as the point knows the person: a login or another name of the account; "" asks for Roles in general
	School  school.UAI    // "" is every school of the person
	Roles   school.Roles  // only as one of these; 0 is any
	With    school.Roles  // the counterparts' roles; 0 is the place itself
	Service order.Service // messaging, mail or chat
}

// SelfTest is the login that is always closed: a point asks for it to show that
// its refusals work. No account can have it, because logins hold no colon.
const SelfTest = "ecluse:self-test"

// An Action is what somebody is about to do, as points name it.
type Action uint8

// The actions, from the one that needs least. An unknown one needs most.
const (
	OpenSession Action = iota // sign in to a messaging, open a mailbox
	ReadMessage
	ReplyMessage // answer what was received
	SendMessage  // start something new
)

var actionNames = [...]string{"session.open", "message.read", "message.reply", "message.send"}

// ActionNames are the words of ParseAction.
func ActionNames() []string { return append([]string(nil), actionNames[:]...) }

// String is the word that questions use, such as "message.send".
func (a Action) String() string {
	if int(a) >= len(actionNames) {
		return fmt.Sprintf("action(%d)", uint8(a))
	}
	return actionNames[a]
}

// ParseAction reads the word of an action.
func ParseAction(s string) (Action, error) {
	for i, name := range actionNames {
		if s == name {
			return Action(i), nil
		}
	}
	return SendMessage, fmt.Errorf("%q is not an action: want one of %s", s, strings.Join(actionNames[:], ", "))
}

// Needs is the lowest access at which the action is possible.
func (a Action) Needs() order.Access {
	switch a {
	case OpenSession, ReadMessage:
		return order.Read
	case ReplyMessage:
		return order.Reply
	default:
		return order.Write
	}
}

// A Change says that answers may have changed, and when, by this machine's
// clock: what is live is held against it, and the time to the cut is counted
// from it.
type Change struct{ At time.Time }

// A Decider answers. It is safe for concurrent use.
type Decider interface {
	// Ask answers one question; it never returns nil.
	Ask(ctx context.Context, q Question) *Answer
	// AskAll answers each question, in their order.
	AskAll(ctx context.Context, qs []Question) []*Answer
	// Changes tells of every instant at which answers may have changed, until
	// the context ends. Changes that nobody has taken yet come as one, with the
	// instant of the first.
	Changes(ctx context.Context) <-chan Change
	// Wait is how long it is from now to an instant of an answer, in real time;
	// not negative.
	Wait(instant time.Time) time.Duration
}
