package page

import (
	"fmt"
	"strings"
	"time"

	"github.com/ecluse-ecole/ecluse/internal/school"
)

// Board is what became of one order in the schools of an office: dense, with its
// filters in the address bar (name, degree, state, in) and sums on top. It posts
// do=delay with delay, in hours.
type Board struct {
	Frame
	URL    string // of this board
	Order  OrderRow
	Issued time.Time
	Sums   []Sum
	Paces  []PaceRow
	Curve  Curve
	Tree   Branch // the office's own territory
	Filter BoardFilter
	Rows   []BoardRow
	More   string // address of the next rows; "" when all are shown
	Export string // address of the same rows as CSV
	Delay  Field  // in hours, how long schools have
	Set    bool   // the reader may set that
	Mail   BoardMail
}

// A BoardFilter is what the address bar asked for.
type BoardFilter struct {
	Name    string
	Degrees []Choice
	States  []Choice
	Places  []Choice // territories below the office's
}

// A PaceRow says how long schools took for one thing.
type PaceRow struct {
	Label   string
	Schools int // that have come so far
	Of      int
	Median  string
	Most    string // 99 of a hundred took no longer
	Last    string
}

// A BoardRow is one school.
type BoardRow struct {
	UAI     string
	Name    string
	Degree  school.Degree
	State   AnswerState
	Applied string   // how long until all that asks Écluse held it; "": not yet
	Done    string   // how long until all was done; "": not yet
	Missing []string // what is awaited
	Unsaid  bool     // the school has not said what it uses
	Answers []string // what it said, in sentences
	Reason  string   // why it refuses
	Picture []string // addresses of pictures beside attestations
	Host    string   // who answers for the school, in a sentence; "": this installation
	Silent  bool     // and that one is silent, or there is none
}

// An AnswerState is where a school stands with an order.
type AnswerState uint8

// The states, in the order of a life; see ecluse.AnswerState.
const (
	AnswerExpected AnswerState = iota
	AnswerReceived
	AnswerApplied
	AnswerAttested
	AnswerRefused
	AnswerOverdue
	AnswerStateCount = iota
)

// AnswerStateWord is the state on screen.
func AnswerStateWord(l Lang, s AnswerState) string {
	switch s {
	case AnswerExpected:
		return l.Say("attendu", "expected")
	case AnswerReceived:
		return l.Say("reçu", "received")
	case AnswerApplied:
		return l.Say("appliqué", "applied")
	case AnswerAttested:
		return l.Say("attesté", "attested")
	case AnswerRefused:
		return l.Say("refusé", "refused")
	default:
		return l.Say("en retard", "late")
	}
}

// class is the look of a state; its word stands beside.
func (s AnswerState) class() string {
	switch s {
	case AnswerApplied, AnswerAttested:
		return "in-force"
	case AnswerRefused, AnswerOverdue:
		return "late"
	default:
		return "announced"
	}
}

// Lasting is a length of time in few words: "0,2 s", "12 min", "3 h 05".
func (l Lang) Lasting(d time.Duration) string {
	switch {
	case d < 10*time.Second:
		return strings.Replace(fmt.Sprintf("%.1f", d.Seconds()), ".", l.Say(",", "."), 1) + nbsp + "s"
	case d < time.Minute:
		return fmt.Sprintf("%d"+nbsp+"s", int(d.Seconds()))
	case d < time.Hour:
		return fmt.Sprintf("%d"+nbsp+"min", int(d.Minutes()))
	case d < 48*time.Hour:
		return fmt.Sprintf("%d"+nbsp+"h"+nbsp+"%02d", int(d.Hours()), int(d.Minutes())%60)
	default:
		return fmt.Sprintf("%d"+nbsp+"%s", int(d.Hours())/24, l.Say("jours", "days"))
	}
}

// orDash shows that there is no figure yet.
func orDash(s string) string {
	if s == "" {
		return "–"
	}
	return s
}
