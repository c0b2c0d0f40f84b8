package ecluse

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/ecluse-ecole/ecluse/internal/gate"
	"github.com/ecluse-ecole/ecluse/internal/order"
	"github.com/ecluse-ecole/ecluse/internal/school"
	"github.com/ecluse-ecole/ecluse/internal/store"
)

// An AnswerState is where a school stands with an order. It is computed from facts
// and the clock, never stored.
type AnswerState uint8

// Expected: nothing is known yet. Received: it is known there, and either its hour
// has not come or something is still awaited. Applied: all that asks Écluse holds
// it. Attested: and what is done by hand is done. Refused: the school says why it
// does not. Overdue: something is awaited for longer than the order allows.
const (
	AnswerExpected AnswerState = iota
	AnswerReceived
	AnswerApplied
	AnswerAttested
	AnswerRefused
	AnswerOverdue
	AnswerStateCount = iota
)

// String is the word of files: "overdue".
func (s AnswerState) String() string {
	return [AnswerStateCount]string{"expected", "received", "applied", "attested", "refused", "overdue"}[s]
}

// AnswerDelay is how long schools have where nobody has set it for the order.
const AnswerDelay = 4 * time.Hour

// What may be set for one order.
const (
	MinAnswerDelay = 15 * time.Minute
	MaxAnswerDelay = 30 * 24 * time.Hour
)

// A Board is what became of an order in the schools of an office.
type Board struct {
	Order  OrderView
	Issued time.Time
	Delay  time.Duration // how long schools have to answer
	Set    bool          // the actor may set it
	Rows   []BoardRow    // by name
}

// A BoardRow is one school. Zero instants are not known or not reached.
type BoardRow struct {
	School   school.School
	State    AnswerState
	Due      time.Time // from when it counts: the issue or, if later, the hour the order names
	Received time.Time // by the installation that answers for the school
	Applied  time.Time // by all that asks Écluse
	Done     time.Time // and by hand, where something is
	Points   []string  // servers that have not said that they hold it
	Host     string    // the follower that answers for the school; "": this installation, or Nobody
	Heard    time.Time // when that follower last spoke
	Silent   bool      // longer ago than FollowerSilent: what stands here may be old
	Nobody   bool      // no people of the school are here, and no follower may speak of it
	Uses     []string  // the products that the school uses
	Products []string  // what the school uses and has not attested
	Said     bool      // the school has said what it uses
	Answers  []store.Answer
	Reason   string // why the school refuses

	held time.Time // by all that asks about the school, whatever the hour
}

// Board is what became of an order in the schools of the actor's territory.
func (a *App) Board(ctx context.Context, who Actor, id order.ID) (Board, error) {
	territory, err := a.TerritoryOf(who)
	if err != nil {
		return Board{}, err
	}
	v, err := a.Order(id, "Europe/Paris")
	if err != nil {
		return Board{}, err
	}
	if a.ownAccord(id) {
		return Board{}, notFound("Cette installation s’est donné cet ordre elle-même, parce que le flux se taisait\u00a0: personne n’a à y répondre.",
			"This installation gave itself this order because the feed was silent: nobody has to answer it.")
	}
	if scope := v.Applies.Territory; !scope.Contains(territory) && !territory.Contains(scope) {
		return Board{}, notFound("Cet ordre ne concerne pas votre territoire.", "This order does not concern your territory.")
	}
	f, err := a.boardFacts(ctx, v.Order)
	if err != nil {
		return Board{}, err
	}
	b := Board{Order: v, Issued: f.issued, Delay: f.delay, Set: territory.Contains(v.Issuer), Rows: a.boardRows(f, territory)}
	slices.SortFunc(b.Rows, func(x, y BoardRow) int {
		return cmp.Or(cmp.Compare(x.School.Name, y.School.Name), cmp.Compare(x.School.UAI, y.School.UAI))
	})
	return b, nil
}

// boardRows is where the schools of a territory stand, as far as the order is for
// them.
func (a *App) boardRows(f boardFacts, t school.Territory) (rows []BoardRow) {
	for _, sc := range a.gate.Load().Schools() {
		if t.Contains(sc.Territory()) && f.order.Applies.Holds(sc) {
			rows = append(rows, a.boardRow(f, sc))
		}
	}
	return rows
}

// boardRow is where one school stands.
func (a *App) boardRow(f boardFacts, sc school.School) BoardRow {
	row := f.of(sc)
	zone := a.gate.Load().Zone(sc.UAI)
	if zone == nil {
		return row
	}
	begins := time.Unix(f.order.From.Instant(zone), 0).UTC()
	row.Due = later(f.issued, begins)
	if !row.Received.IsZero() {
		row.State = AnswerReceived
		row.Received = later(row.Received, f.issued) // another's clock may be behind ours
	}
	until := f.until(zone)
	if f.now.Before(begins) || until.Before(begins) {
		return row // not yet, or lifted before it began
	}
	if !row.held.IsZero() {
		row.Applied = later(later(row.Received, begins), row.held)
		row.Done = row.Applied
	}
	f.byHand(&row)
	row.judge(until, f.delay)
	return row
}

// byHand looks what a school has attested of the products that it uses. Lifting an
// order asks only to take back what was attested.
func (f boardFacts) byHand(row *BoardRow) {
	if !byHand(f.order) {
		return
	}
	answers, kind, products := row.Answers, store.Attested, row.Uses
	if f.order.Type == order.Cancel {
		answers, kind = f.before[row.School.UAI], store.Undone
		products = slices.DeleteFunc(slices.Clone(products), func(p string) bool { return lastAbout(answers, p) == nil })
		row.Answers = answers
	}
	done := row.Done
	for _, p := range products {
		last := lastAbout(answers, p)
		if last == nil || last.Kind != kind {
			row.Products = append(row.Products, p)
			continue
		}
		row.State = AnswerAttested
		done = later(done, last.At)
	}
	if row.Done = done; len(row.Products) > 0 || row.Applied.IsZero() {
		row.Done = time.Time{}
	}
	if r := refusal(row.Answers); r != nil {
		row.Reason = r.Reason
	}
}

// judge says where a school stands at an instant.
func (row *BoardRow) judge(now time.Time, delay time.Duration) {
	switch {
	case row.Reason != "":
		row.State = AnswerRefused
	case row.Done.IsZero() && now.After(row.Due.Add(delay)):
		row.State = AnswerOverdue
	case row.Done.IsZero() && row.Received.IsZero():
		row.State = AnswerExpected
	case row.Done.IsZero():
		row.State = AnswerReceived
	case row.State != AnswerAttested:
		row.State = AnswerApplied
	}
}

// A Pace is how long schools took.
type Pace struct {
	Schools            int // that have come so far
	Median, Most, Last time.Duration
}

// Took is how long each school took from when the order counts until all that asks
// Écluse held it or, with hands, until everything was done; shortest first. Schools
// that have not come so far are left out.
func (b Board) Took(hands bool) []time.Duration {
	var list []time.Duration
	for _, r := range b.Rows {
		at := r.Applied
		if hands {
			at = r.Done
		}
		if !at.IsZero() {
			list = append(list, max(0, at.Sub(r.Due)))
		}
	}
	slices.Sort(list)
	return list
}

// PaceOf sums up durations in order: the middle one, the one that 99 of a hundred
// do not exceed, and the longest.
func PaceOf(took []time.Duration) Pace {
	n := len(took)
	if n == 0 {
		return Pace{}
	}
	return Pace{n, took[(n-1)/2], took[(n*99+99)/100-1], took[n-1]}
}

// SetAnswerDelay says how long schools have to answer an order; its issuer or a
// level above does.
func (a *App) SetAnswerDelay(ctx context.Context, who Actor, id order.ID, d time.Duration) error {
	territory, err := a.TerritoryOf(who)
	if err != nil {
		return err
	}
	set, _ := a.orders.get()
	o, err := set.Order(id)
	switch {
	case err != nil:
		return err
	case !territory.Contains(o.Issuer):
		return denied("Seule l’autorité qui a émis cet ordre, ou une autorité au-dessus d’elle, fixe ce délai.",
			"Only the authority that issued this order, or one above it, sets this time.")
	case d < MinAnswerDelay || d > MaxAnswerDelay:
		return invalid("Choisissez un délai entre un quart d’heure et 30 jours.", "Choose a time between a quarter of an hour and 30 days.")
	}
	return a.do(ctx, who, act{"answer.delay", logAt(territory), gate.Announce}, func(tx *store.Tx, _ time.Time) (string, string, error) {
		return string(id), fmt.Sprint(d), tx.PutDelay(id, d)
	})
}

// Overdue counts, by order, the schools of the actor's territory that have not
// answered in time, of the orders in force.
func (a *App) Overdue(ctx context.Context, who Actor) (map[order.ID]int, error) {
	territory, err := a.TerritoryOf(who)
	if err != nil {
		return nil, err
	}
	counts := map[order.ID]int{}
	err = a.readBoards(ctx, func(tx *store.Tx, known *schoolFacts) error {
		for _, v := range a.OrdersOf(territory, "Europe/Paris") {
			if v.State != order.InForce || a.ownAccord(v.ID) {
				continue
			}
			f, err := known.about(tx, a, v.Order)
			if err != nil {
				return err
			}
			for _, r := range a.boardRows(f, territory) {
				if r.State == AnswerOverdue {
					counts[v.ID]++
				}
			}
		}
		return nil
	})
	return counts, err
}
