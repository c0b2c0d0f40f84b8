package page

import "time"

// Series is the form by which a measure is reopened in stages. It posts of (the
// order it begins with), reason, for each row stage-N-title, -from, -roles,
// -access, -hours, -since, -factor, -otherwise, -skip or -keep (an order whose
// rules stay as they are), and do: "preview" or "sort".
type Series struct {
	Frame
	Of      OrderRow // the order in force that is reopened
	Rules   []string // its rules, one sentence each
	Rest    int      // announced stages that these take the place of
	Problem string   // one sentence about the whole form
	Reason  Field
	Stages  []StageForm // at most MaxStages
}

// MaxStages is how many stages the form offers.
const MaxStages = 10

// A StageForm is one stage as it is typed.
type StageForm struct {
	Title     Field
	From      Field
	Roles     []Choice
	Access    []Choice
	Hours     Field
	Reading   string // the hours in plain words, once they are understood
	Since     Field  // passwords changed since this day
	Factor    bool   // a second factor is asked for
	Otherwise []Choice
	Skip      bool
	Error     string   // about whom it opens for
	Keep      string   // the file of an order whose rules stay as they are; "" for rules that are typed
	Kept      []string // those rules, one sentence each
	New       bool     // an empty row
}

// SeriesPreview is what each stage would do before they are signed. It posts the
// typed fields, yaml once for each order and do: "issue", "propose" or "edit".
type SeriesPreview struct {
	Frame
	Stages  []OrderPreview
	Signing *Signing // nil: the reader's signature is enough
	Typed   []Typed
}

// A Typed is one field that was typed on the page before.
type Typed struct{ Name, Value string }

// A Ladder is a measure that changes in stages, as the page of one of its orders
// shows it. Its addresses are "" for who may not.
type Ladder struct {
	Rungs   []Rung // by their beginnings; nil: the order stands alone
	Reopen  string // address that begins stages, or changes those to come
	Stop    string // address that calls off those to come
	Close   string // address that goes back to the first rules
	Waiting int    // stages to come
}

// A Rung is one order of a ladder.
type Rung struct {
	Row  OrderRow
	Here bool // the order of the page
}

// word is where a rung stands.
func (r Rung) word(l Lang) string {
	switch r.Row.State {
	case InForce:
		return l.Say("maintenant", "now")
	case Announced:
		return l.Say("à venir", "to come")
	default:
		return l.Say("passé", "past")
	}
}

// class is the look of a rung; its word stands beside.
func (r Rung) class() string {
	switch r.Row.State {
	case InForce:
		return "in-force"
	case Announced:
		return "announced"
	default:
		return "past"
	}
}

// next is the first stage to come.
func (l Ladder) next() (OrderRow, bool) {
	for _, r := range l.Rungs {
		if r.Row.State == Announced {
			return r.Row, true
		}
	}
	return OrderRow{}, false
}

// reopenWord is on the button that begins stages or changes them.
func (l Ladder) reopenWord(lang Lang) string {
	if l.Waiting > 0 {
		return lang.Say("Changer les étapes à venir", "Change the stages to come")
	}
	return lang.Say("Rouvrir par étapes", "Reopen in stages")
}

// changed is what a stage changes for people, role by role; nil: for nobody.
func (p OrderPreview) changed() (list []string) {
	for _, s := range p.People {
		if s.Opened > 0 {
			list = append(list, p.Say("Plus ouvert qu'aujourd'hui : ", "More open than today: ")+p.Lang.Number(s.Opened)+p.Say(" sur ", " of ")+p.Lang.Number(s.All)+", "+RolesWord(p.Lang, s.Role))
		}
		if s.Closed > 0 {
			list = append(list, p.Say("Plus fermé qu'aujourd'hui : ", "More closed than today: ")+p.Lang.Number(s.Closed)+p.Say(" sur ", " of ")+p.Lang.Number(s.All)+", "+RolesWord(p.Lang, s.Role))
		}
	}
	return list
}

// blocked reports whether a stage may not be signed.
func (p SeriesPreview) blocked() bool {
	for _, s := range p.Stages {
		if s.Blocked {
			return true
		}
	}
	return false
}

// conditional reports whether a stage opens only for some accounts.
func (s StageForm) conditional() bool { return s.Since.Value != "" || s.Since.Error != "" || s.Factor }

// ended is until when a preview's order holds, in words that end a sentence.
func (f Frame) ended(until time.Time) string {
	if until.IsZero() {
		return ""
	}
	return f.Say(", jusqu'au ", ", until ") + f.Moment(until)
}
