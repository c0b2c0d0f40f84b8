package page

import (
	"strconv"
	"time"

	"github.com/ecluse-ecole/ecluse/internal/order"
)

// ExemptionsID is where requests for exemptions stand on an order's page.
const ExemptionsID = "exemptions"

// Exemptions are the requests for exemptions from an order, on its page: the
// reader's own and, for an office that may grant them, everybody's. All forms
// post to URL: do=ask with until and reason; do=grant with request and access-ID;
// do=refuse with request and refusal-ID.
type Exemptions struct {
	URL     string         // the order's page
	Reader  string         // who answers, in words
	Form    *ExemptionForm // nil for who may not ask, or waits for an answer
	Own     []ExemptionRow // what the reader asked, newest first
	Grants  bool           // the reader answers others' requests
	Asked   []ExemptionRow // those, the ones that wait first
	More    int            // how many wait beside those shown
	Problem string         // why an answer was not given, in one sentence
}

// An ExemptionForm is a request as it is typed.
type ExemptionForm struct {
	Until   Field // a value of a datetime-local input, on the school's clock
	Reason  Field
	Problem string // one sentence about the whole form
}

// Wrong reports whether something is to be corrected.
func (f ExemptionForm) Wrong() bool { return f.Problem+f.Until.Error+f.Reason.Error != "" }

// An ExemptionRow is one request and what became of it.
type ExemptionRow struct {
	ID     int64
	State  ExemptionState
	Who    ExemptionAsker // zero among the reader's own
	From   time.Time
	Until  time.Time
	Reason string
	Access order.Access // what was granted
	By     string       // who answered, in words
	Answer string       // why not, of one that was refused
	Form   *AnswerForm  // nil where there is nothing to answer
	Mine   bool         // the reader's own among others': somebody else must answer
}

// An ExemptionAsker is who asks, as an office must know them to answer.
type ExemptionAsker struct {
	Name   string
	Role   string // see RoleWord
	School string
}

// An AnswerForm is an answer as it is typed.
type AnswerForm struct {
	Access  []Choice
	Refusal Field
}

// An ExemptionState is where a request stands; it is computed from facts and the
// clock.
type ExemptionState uint8

// Waiting for an answer; Granted and counting, or about to; Over, after it was
// granted; Refused; Unanswered when its end came first.
const (
	ExemptionWaiting ExemptionState = iota
	ExemptionGranted
	ExemptionOver
	ExemptionRefused
	ExemptionUnanswered
)

// word is the state on screen.
func (s ExemptionState) word(l Lang) string {
	switch s {
	case ExemptionWaiting:
		return l.Say("en attente de réponse", "waiting for an answer")
	case ExemptionGranted:
		return l.Say("accordée", "granted")
	case ExemptionOver:
		return l.Say("terminée", "over")
	case ExemptionRefused:
		return l.Say("refusée", "refused")
	default:
		return l.Say("restée sans réponse", "left without an answer")
	}
}

// class is the look of a state; its word stands beside.
func (s ExemptionState) class() string {
	switch s {
	case ExemptionWaiting:
		return "announced"
	case ExemptionGranted:
		return "in-force"
	default:
		return "past"
	}
}

// shown reports whether the page speaks of exemptions at all.
func (e Exemptions) shown() bool { return e.Form != nil || len(e.Own) > 0 || e.Grants }

// title is what the section is about, for this reader.
func (e Exemptions) title(l Lang) string {
	if e.Grants || e.Form == nil {
		return l.Say("Dérogations", "Exemptions")
	}
	return l.Say("Demander une dérogation", "Ask for an exemption")
}

// field is the name of a control in the form of one request.
func (r ExemptionRow) field(name string) string { return name + "-" + strconv.FormatInt(r.ID, 10) }
