package page

import (
	"strconv"
	"time"

	"github.com/ecluse-ecole/ecluse/internal/order"
	"github.com/ecluse-ecole/ecluse/internal/school"
)

// Report is what an order did, to read, to print and to keep.
type Report struct {
	Frame
	Row      OrderRow
	Place    string // the territory or the school that it tells of
	Over     bool
	Rules    []string
	Scope    []string
	Reason   string
	Contact  order.Contact
	Schools  int
	Own      bool // it is about the reader's one school
	States   []ReportSum
	Counted  string // the kind of messaging that People tells of
	People   []ReportPeople
	Times    []ReportTimes // applied; and done by hand too, where that differs
	First    string        // the school that applied it first, and when; "" when none has
	Last     string
	Events   []ReportEvent
	JSON     string // addresses of the files
	CSV      string
	Markdown string
}

// A ReportSum counts the schools that stand alike.
type ReportSum struct {
	Word  string
	Value int
}

// ReportPeople is how many people of a role an order closes by itself.
type ReportPeople struct {
	Role                school.Role
	All, Closed, Always int
}

// ReportTimes sums up how long schools took to come so far.
type ReportTimes struct {
	Name                  string
	Took                  []time.Duration // shortest first
	Min, Median, P95, Max time.Duration
}

// A ReportEvent is one line of the chronology.
type ReportEvent struct {
	At   time.Time
	Text string // what happened, with who did it by number and office
}

// shownEvents is how many lines of a chronology a page shows: the first ones and
// the last ones. Files hold all.
const shownEvents = 400

// parts is the events to show, and how many are left out between them.
func (p Report) parts() (first []ReportEvent, left int, last []ReportEvent) {
	if len(p.Events) <= shownEvents {
		return p.Events, 0, nil
	}
	half := shownEvents / 2
	return p.Events[:half], len(p.Events) - shownEvents, p.Events[len(p.Events)-half:]
}

// mark stands on every line of an exercise's report.
func (p Report) mark() string {
	if !p.Row.Exercise {
		return ""
	}
	return p.Say("exercice", "exercise")
}

// exercise is the sentence on top of an exercise's report.
func (p Report) exercise() string {
	return p.Say("Ceci est un exercice : il n'a rien fermé. Les temps sont mesurés comme pour un ordre réel, et les personnes comptées sont celles qu'il aurait fermées.",
		"This is an exercise: it closed nothing. Times are measured as for an actual order, and the people counted are those that it would have closed.")
}

// closedHeading names the count of people.
func (p Report) closedHeading() string {
	if p.Row.Exercise {
		return p.Say("Qui il aurait fermé", "Whom it would have closed")
	}
	return p.Say("Qui il ferme", "Whom it closes")
}

// counted says what the count of people is worth.
func (p Report) counted() string {
	return p.Say("Par ses seules règles, pendant sa première semaine, sans les autres ordres ni les dérogations, selon les effectifs d'aujourd'hui. Service compté : ",
		"By its own rules alone, in its first week, without other orders and exemptions, by today's numbers of people. Counted for: ") + p.Counted + "."
}

// measured says from when times are counted.
func (p Report) measured() string {
	return p.Say("Le temps court dès l'émission de l'ordre ou, s'il commence plus tard, dès son début dans l'établissement.",
		"Time runs from the issue of the order or, if it begins later, from its beginning at the school.")
}

// notHere says what a report does not hold.
func (p Report) notHere() string {
	return p.Say("Les personnes sont nommées par leur numéro dans le journal, et les motifs privés n'y sont pas. Les refus des serveurs à chaque action se lisent dans les mesures (métriques) de l'installation.",
		"People are named by their number in the journal, and private reasons are left out. What servers refused at each action is in the installation's metrics only.")
}

// standing says whether more is to come.
func (p Report) standing() string {
	if p.Over {
		return p.Say("L'ordre est terminé.", "The order is over.")
	}
	return p.Say("L'ordre n'est pas terminé : ce rapport dit où il en est.", "The order is not over: this report says how it stands.")
}

// heading is what the report is about.
func (p Report) heading() string {
	if p.Row.Exercise {
		return p.Say("Rapport d'exercice", "Report of an exercise")
	}
	return p.Say("Rapport", "Report")
}

// curve is the times as a picture; empty where all came at once or nobody has.
func (p Report) curve() Curve {
	first, last := p.Times[0], p.Times[len(p.Times)-1]
	if max(first.Max, last.Max) < time.Second {
		return Curve{}
	}
	return Curve{Of: p.Schools, Applied: first.Took, Done: last.Took}
}

// reached is how many schools have come so far.
func (p Report) reached(t ReportTimes) string {
	return p.Lang.Number(len(t.Took)) + p.Say(" sur ", " of ") + p.Lang.Number(p.Schools)
}

// second is an instant of the chronology, to the second: "29 mars 10:00:02".
func (p Report) second(t time.Time) string {
	month := frenchShort[t.Month()-1]
	if p.Lang == English {
		month = englishMonths[t.Month()-1]
	}
	day := strconv.Itoa(t.Day()) + nbsp + month
	if !p.Now.IsZero() && t.Year() != p.Now.Year() {
		day += nbsp + strconv.Itoa(t.Year())
	}
	return day + " " + t.Format("15:04:05")
}
