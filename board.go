package ecluse

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/ecluse-ecole/ecluse/hours"
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
	Received time.Time // by this installation
	Applied  time.Time // by all that asks Écluse
	Done     time.Time // and by hand, where something is
	Points   []string  // servers that have not said that they hold it
	Products []string  // what the school uses and has not attested
	Said     bool      // the school has said what it uses
	Answers  []store.Answer
	Reason   string // why the school refuses
}

// boardFacts is what the store knows about an order.
type boardFacts struct {
	now       time.Time
	order     *order.Order
	issued    time.Time
	end       order.Wall
	delay     time.Duration
	receipts  map[string]time.Time
	instances []instance
	products  map[school.UAI][]string
	answers   map[school.UAI][]store.Answer
	before    map[school.UAI][]store.Answer // to the orders that this one lifts
}

// An instance is a server that holds answers of its own.
type instance struct {
	name      string
	territory school.Territory
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
	if scope := v.Applies.Territory; !scope.Contains(territory) && !territory.Contains(scope) {
		return Board{}, notFound("Cet ordre ne concerne pas votre territoire.", "This order does not concern your territory.")
	}
	f, err := a.boardFacts(ctx, v.Order)
	if err != nil {
		return Board{}, err
	}
	b := Board{Order: v, Issued: f.issued, Delay: f.delay, Set: territory.Contains(v.Issuer)}
	for _, sc := range a.gate.Load().Schools() {
		if territory.Contains(sc.Territory()) && v.Applies.Holds(sc) {
			b.Rows = append(b.Rows, a.boardRow(f, sc))
		}
	}
	slices.SortFunc(b.Rows, func(x, y BoardRow) int {
		return cmp.Or(cmp.Compare(x.School.Name, y.School.Name), cmp.Compare(x.School.UAI, y.School.UAI))
	})
	return b, nil
}

func (a *App) boardFacts(ctx context.Context, o *order.Order) (boardFacts, error) {
	set, records := a.orders.get()
	f := boardFacts{now: a.clock.Now(), order: o, issued: records[o.ID].Issued, receipts: map[string]time.Time{}}
	f.end, _, _ = set.End(o.ID)
	if err := a.writeReports(ctx); err != nil {
		return f, err
	}
	return f, a.store.Read(ctx, func(tx *store.Tx) error { return f.read(tx) })
}

func (f *boardFacts) read(tx *store.Tx) (err error) {
	if f.delay, err = tx.Delay(f.order.ID); err != nil {
		return err
	}
	f.delay = cmp.Or(f.delay, AnswerDelay)
	receipts, err := tx.Receipts(f.order.ID)
	if err != nil {
		return err
	}
	for _, r := range receipts {
		f.receipts[r.Service] = r.At
	}
	if f.products, err = tx.Products(); err != nil {
		return err
	}
	if f.answers, err = bySchool(tx, f.order.ID); err != nil {
		return err
	}
	if f.order.Type == order.Cancel {
		if f.before, err = bySchool(tx, f.order.References...); err != nil {
			return err
		}
	}
	return f.readInstances(tx)
}

// bySchool is the answers to some orders.
func bySchool(tx *store.Tx, ids ...order.ID) (map[school.UAI][]store.Answer, error) {
	out := map[school.UAI][]store.Answer{}
	for _, id := range ids {
		list, err := tx.AnswersTo(id)
		if err != nil {
			return nil, err
		}
		for _, a := range list {
			out[a.School] = append(out[a.School], a)
		}
	}
	return out, nil
}

func (f *boardFacts) readInstances(tx *store.Tx) error {
	points, err := tx.Points()
	if err != nil {
		return err
	}
	reports, err := tx.Reports()
	if err != nil {
		return err
	}
	territories := map[string]school.Territory{}
	for _, p := range points {
		territories[p.Name] = p.Territory
	}
	for _, r := range reports {
		if r.Instance != "" {
			f.instances = append(f.instances, instance{serviceOf(r), territories[r.Point]})
		}
	}
	return nil
}

// boardRow is where one school stands.
func (a *App) boardRow(f boardFacts, sc school.School) BoardRow {
	row := BoardRow{School: sc, Answers: f.answers[sc.UAI]}
	own, said := f.products[sc.UAI]
	row.Said = said
	zone := a.gate.Load().Zone(sc.UAI)
	row.Received = f.receipts[""]
	if zone == nil || row.Received.IsZero() {
		return row
	}
	begins := time.Unix(f.order.From.Instant(zone), 0).UTC()
	row.Due, row.State = later(f.issued, begins), AnswerReceived
	until := f.until(zone)
	if f.now.Before(begins) || until.Before(begins) {
		return row // not yet, or lifted before it began
	}
	f.services(&row, begins)
	f.byHand(&row, own)
	row.judge(until, f.delay)
	return row
}

// until is up to when a school is judged: now or, if earlier, when the order ended
// there.
func (f boardFacts) until(zone *hours.Zone) time.Time {
	if f.end.IsZero() {
		return f.now
	}
	over := time.Unix(f.end.Instant(zone), 0).UTC()
	if over.Before(f.now) {
		return over
	}
	return f.now
}

// services looks which servers hold the order at a school.
func (f boardFacts) services(row *BoardRow, begins time.Time) {
	applied := later(row.Received, begins)
	for _, i := range f.instances {
		if !i.territory.Contains(row.School.Territory()) {
			continue
		}
		at, held := f.receipts[i.name]
		if !held {
			row.Points = append(row.Points, i.name)
		}
		applied = later(applied, at)
	}
	if len(row.Points) == 0 {
		row.Applied, row.Done = applied, applied
	}
}

// byHand looks what a school has attested of the products that it uses. Lifting an
// order asks only to take back what was attested.
func (f boardFacts) byHand(row *BoardRow, products []string) {
	if !byHand(f.order) {
		return
	}
	answers, kind := row.Answers, store.Attested
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
	for _, v := range a.OrdersOf(territory, "Europe/Paris") {
		if v.State != order.InForce {
			continue
		}
		b, err := a.Board(ctx, who, v.ID)
		if err != nil {
			return nil, err
		}
		for _, r := range b.Rows {
			if r.State == AnswerOverdue {
				counts[v.ID]++
			}
		}
	}
	return counts, nil
}
