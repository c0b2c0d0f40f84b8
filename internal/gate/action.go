package gate

import "github.com/ecluse-ecole/ecluse/internal/order"

// An Action is what somebody is about to do.
type Action uint8

// Read, Reply and Write are what orders close. The others are "what no order
// closes": the notice, the help page, one-way announcements by an authority or
// the head, the security of one's own account, the one-way word to the school's
// protection contact, and asking for an exemption or answering. Whether the
// person may announce or grant at all is not for the gate to say.
const (
	Read Action = iota
	Reply
	Write
	Notice
	Help
	Announce
	Security
	ProtectionMessage
	Exempt
)

// Needs is the lowest access at which an action is possible; or, for what no
// order closes, true. An action that is not in the list needs Write.
func Needs(a Action) (access order.Access, alwaysOpen bool) {
	switch a {
	case Notice, Help, Announce, Security, ProtectionMessage, Exempt:
		return order.Closed, true
	case Read:
		return order.Read, false
	case Reply:
		return order.Reply, false
	default:
		return order.Write, false
	}
}

// Allows reports whether the decision lets the action pass. Limits are looked
// at by whoever sends, since they bound the message and not the action.
func Allows(d Decision, a Action) bool {
	needed, always := Needs(a)
	return always || d.Access >= needed
}
