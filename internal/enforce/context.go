package enforce

import (
	"encoding/json"
	"fmt"
	"slices"
	"time"

	"github.com/ecluse-ecole/ecluse/internal/gate"
	"github.com/ecluse-ecole/ecluse/internal/order"
	"github.com/ecluse-ecole/ecluse/internal/school"
)

// A contextDocument is an answer as it travels: the response context of AuthZEN
// (Authorization API 1.0, section 5.5), and what point.Client reads back.
type contextDocument struct {
	Access  string            `json:"access"`
	Until   *time.Time        `json:"until"`
	Reopens *time.Time        `json:"reopens"` // for the action that was asked
	Opens   opensDocument     `json:"opens"`
	Unknown bool              `json:"unknown,omitempty"`
	Unmet   []string          `json:"unmet,omitempty"`
	Limits  *limitsDocument   `json:"limits,omitempty"`
	School  school.UAI        `json:"school,omitempty"`
	Role    string            `json:"role,omitempty"`
	Orders  []bindingDocument `json:"orders"`
	Reason  reasonDocument    `json:"reason_user"` // the sentence for the person
	Brief   reasonDocument    `json:"brief"`       // the same, where there is room for one line
	Version int64             `json:"snapshot"`
}

// An opensDocument says when each access comes next; null: not announced.
type opensDocument struct {
	Read  *time.Time `json:"read"`
	Reply *time.Time `json:"reply"`
	Write *time.Time `json:"write"`
}

// A limitsDocument holds only the bounds that bound something.
type limitsDocument struct {
	Recipients  *uint32 `json:"recipients,omitempty"`
	PerHour     *uint32 `json:"per_hour,omitempty"`
	Lists       *bool   `json:"lists,omitempty"`
	Attachments *bool   `json:"attachments,omitempty"`
	Links       *bool   `json:"links,omitempty"`
}

type bindingDocument struct {
	ID     order.ID `json:"id"`
	Title  string   `json:"title"`
	Office string   `json:"office,omitempty"`
	Phone  string   `json:"phone,omitempty"`
	Email  string   `json:"email,omitempty"`
	Reason string   `json:"reason,omitempty"`
}

type reasonDocument struct {
	French  string `json:"fr"`
	English string `json:"en"`
}

// unmetNames are the words of what an account lacks, by bit.
var unmetNames = [...]string{"password_since", "second_factor", "known_device", "country"}

// Context is the answer as JSON, for one action. It is encoded once and must not
// be changed.
func (a *Answer) Context(action Action) []byte {
	at := min(action, SendMessage)
	if known := a.contexts[at].Load(); known != nil {
		return *known
	}
	text, err := json.Marshal(a.document(action))
	if err != nil { // an instant beyond the year 9999 alone does this
		text, _ = json.Marshal(Undecided("", "").document(action))
	}
	a.contexts[at].Store(&text)
	return text
}

func (a *Answer) document(action Action) contextDocument {
	d := contextDocument{
		Access: a.Access.String(), Until: maybe(a.Until), Reopens: maybe(a.Reopens(action)),
		Opens:   opensDocument{maybe(a.Opens[order.Read]), maybe(a.Opens[order.Reply]), maybe(a.Opens[order.Write])},
		Unknown: a.Unknown, Unmet: unmetWords(a.Unmet), Limits: limitsOf(a.Limits), School: a.School,
		Orders: []bindingDocument{}, Reason: reasonDocument{a.French.Full, a.English.Full},
		Brief: reasonDocument{a.French.Brief, a.English.Brief}, Version: a.Version,
	}
	if a.School != "" {
		d.Role = a.Role.String()
	}
	for _, b := range a.Orders {
		d.Orders = append(d.Orders, bindingDocument(b))
	}
	return d
}

// ParseContext reads what Context wrote. What cannot be read is an error; whoever
// asked then holds that nothing is decided.
func ParseContext(text []byte) (*Answer, error) {
	var d contextDocument
	if err := json.Unmarshal(text, &d); err != nil {
		return nil, fmt.Errorf("reading a decision: %w", err)
	}
	access, err := order.ParseAccess(d.Access)
	if err != nil {
		return nil, fmt.Errorf("reading a decision: %w", err)
	}
	a := &Answer{
		Access: access, Unknown: d.Unknown, Limits: d.Limits.limits(), School: d.School, Until: instant(d.Until),
		Opens:  [...]time.Time{order.Read: instant(d.Opens.Read), order.Reply: instant(d.Opens.Reply), order.Write: instant(d.Opens.Write)},
		French: Words{d.Brief.French, d.Reason.French}, English: Words{d.Brief.English, d.Reason.English}, Version: d.Version,
	}
	if d.School != "" {
		if a.Role, err = school.ParseRole(d.Role); err != nil {
			return nil, fmt.Errorf("reading a decision: %w", err)
		}
	}
	for i, name := range unmetNames {
		if slices.Contains(d.Unmet, name) {
			a.Unmet |= 1 << i
		}
	}
	for _, b := range d.Orders {
		a.Orders = append(a.Orders, Binding(b))
	}
	return a, nil
}

func unmetWords(unmet gate.Requirement) []string {
	var words []string
	for i, name := range unmetNames {
		if unmet&(1<<i) != 0 {
			words = append(words, name)
		}
	}
	return words
}

func limitsOf(l gate.Limits) *limitsDocument {
	if l == gate.NoLimits {
		return nil
	}
	bound := func(n uint32) *uint32 {
		if n == gate.Unlimited {
			return nil
		}
		return &n
	}
	refused := func(allowed bool) *bool {
		if allowed {
			return nil
		}
		return &allowed
	}
	return &limitsDocument{bound(l.Recipients), bound(l.PerHour), refused(l.Lists), refused(l.Attachments), refused(l.Links)}
}

func (d *limitsDocument) limits() gate.Limits {
	l := gate.NoLimits
	if d == nil {
		return l
	}
	for _, b := range []struct{ from, to *uint32 }{{d.Recipients, &l.Recipients}, {d.PerHour, &l.PerHour}} {
		if b.from != nil {
			*b.to = *b.from
		}
	}
	for _, b := range []struct{ from, to *bool }{{d.Lists, &l.Lists}, {d.Attachments, &l.Attachments}, {d.Links, &l.Links}} {
		if b.from != nil {
			*b.to = *b.from
		}
	}
	return l
}

// maybe is nil for the zero instant, which is never.
func maybe(t time.Time) *time.Time {
	if t.IsZero() {
		return nil
	}
	return &t
}

func instant(t *time.Time) time.Time {
	if t == nil {
		return time.Time{}
	}
	return *t
}
