package page

import "time"

// Points is the page of the gate: the servers that ask Écluse whether messaging
// is open, what each last asked, and what one account would be told now. Its
// form is a GET with login and service.
type Points struct {
	Frame
	Points   []PointRow // what needs somebody first
	Well     int        // how many of them enforce the orders
	Services []Choice
	Login    Field
	Verdict  *Verdict // what the account asked for would be told; nil: nobody asked

	Followers []FollowerRow // installations that tell of their schools; for offices
}

// A FollowerRow is an installation that tells of its schools.
type FollowerRow struct {
	Name    string
	Within  []string  // territories, in words
	Heard   time.Time // zero: never
	Silent  bool
	Version int64  // of the feed that it holds; 0: it did not say
	LeftOut string // what of its last words was not taken, for who runs it
}

// heardWord says how an installation stands.
func (r FollowerRow) heardWord(l Lang) string {
	switch {
	case r.Heard.IsZero():
		return l.Say("n'a encore rien dit", "has not said anything yet")
	case r.Silent:
		return l.Say("se tait", "is silent")
	}
	return l.Say("répond", "answers")
}

// class is the badge's colour; the words say the same.
func (r FollowerRow) class() string {
	if r.Silent {
		return "late"
	}
	return "in-force"
}

// A PointRow is one instance of an enforcement point, or a point that never
// asked.
type PointRow struct {
	Name     string
	Kind     string // what it is for, in words
	Software string // name and version, for who runs it
	Instance string
	State    PointState
	Asked    time.Time // zero: never
	Current  bool      // it decides by the orders in force
	Offset   string    // of its clock, in words; "" when it is right
	Live     int       // connections that it could cut
	Tested   time.Time // zero: never
	Refused  bool      // the account that is always closed was refused
}

// A PointState is how well a point enforces.
type PointState uint8

// The states, from good to bad.
const (
	PointWell   PointState = iota
	PointNever             // it has never asked
	PointSilent            // it has not asked for some time
	PointLate              // its clock is off, or it holds older orders
	PointLeaks             // it let the account through that is always closed
)

// A Verdict is what an account would be told at an enforcement point.
type Verdict struct {
	Kind StateKind
	Text string
}

// pointWord says a point's state.
func pointWord(l Lang, s PointState) string {
	switch s {
	case PointWell:
		return l.Say("applique les ordres", "enforces the orders")
	case PointNever:
		return l.Say("n'a encore rien demandé", "has not asked yet")
	case PointSilent:
		return l.Say("ne demande plus rien", "has fallen silent")
	case PointLate:
		return l.Say("en retard", "late")
	default:
		return l.Say("laisse passer !", "lets people through!")
	}
}

// pointClass is the badge's colour; the words say the same.
func pointClass(s PointState) string {
	switch s {
	case PointWell:
		return "in-force"
	case PointNever, PointSilent:
		return "announced"
	default:
		return "exercise"
	}
}
