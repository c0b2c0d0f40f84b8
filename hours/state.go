package hours

import "math"

// State is what opening hours say about an instant.
type State uint8

// The three states. Unknown is said by the string itself, or follows from a
// calendar that does not know the day; whoever guards a gate treats it as
// closed.
const (
	Closed State = iota
	Open
	Unknown
)

// Never is the instant of a change that does not come.
const Never = math.MaxInt64

// String gives "closed", "open" or "unknown".
func (s State) String() string {
	switch s {
	case Open:
		return "open"
	case Unknown:
		return "unknown"
	default:
		return "closed"
	}
}
