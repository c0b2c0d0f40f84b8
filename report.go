package ecluse

import (
	"context"
	"slices"
	"strings"
	"time"

	"github.com/ecluse-ecole/ecluse/internal/gate"
	"github.com/ecluse-ecole/ecluse/internal/journal"
	"github.com/ecluse-ecole/ecluse/internal/order"
	"github.com/ecluse-ecole/ecluse/internal/school"
	"github.com/ecluse-ecole/ecluse/internal/store"
)

// An OrderReport is what an order did, as far as it has come: what it said is in
// Board.Order. It names people by number and office, and holds no reason that
// anybody gave for a refusal or a request.
type OrderReport struct {
	Board
	Made    time.Time                // when it was written
	Place   school.Territory         // whose reader it was written for
	Over    bool                     // the order binds no more
	Service order.Service            // that By tells of
	By      [school.RoleCount]Extent // whom the order closes, by itself
	Applied Times                    // until all that asks Écluse held it
	Done    Times                    // until what is done by hand was done too
	First   *BoardRow                // the school that applied it first; nil: none has
	Last    *BoardRow                // and last
	Events  []ReportEvent            // in the order in which they came
}

// An Extent is how many people of a role are in the schools that an order holds,
// and whom it would close in its first week if it stood alone. An exercise is
// counted as if it were meant.
type Extent struct {
	All    int
	Closed int // at some hour
	Always int // all that week
}

// Times sums up how long schools took, from when the order counts at each.
type Times struct {
	Took             []time.Duration // of each school that has come so far, shortest first
	Min, Median, P95 time.Duration
	Max              time.Duration
}

func timesOf(took []time.Duration) Times {
	n := len(took)
	if n == 0 {
		return Times{}
	}
	return Times{Took: took, Min: took[0], Median: took[(n-1)/2], P95: took[(n*95+99)/100-1], Max: took[n-1]}
}

// ReportOn is the report of an order: for an office about the schools of its
// territory, for a head about their own. It can be asked for at any time; what is
// still to come is missing.
func (a *App) ReportOn(ctx context.Context, who Actor, id order.ID) (OrderReport, error) {
	board, err := a.Board(ctx, who, id)
	if err != nil {
		return OrderReport{}, err
	}
	if who.Member.ID != 0 && len(board.Rows) == 0 {
		return OrderReport{}, notFound("Cet ordre ne concerne pas votre établissement.", "This order does not concern your school.")
	}
	place, err := a.TerritoryOf(who)
	if err != nil {
		return OrderReport{}, err
	}
	r := OrderReport{
		Board: board, Made: a.clock.Now(), Place: place, Service: served(board.Order.Applies),
		Applied: timesOf(board.Took(false)), Done: timesOf(board.Took(true)),
		Over: board.Order.State != order.InForce && board.Order.State != order.Announced,
	}
	r.First, r.Last = ends(r.Rows)
	var seen sightings
	var counts map[school.UAI][school.RoleCount]int
	err = a.store.Read(ctx, func(tx *store.Tx) (err error) {
		if counts, err = tx.CountAllByRole(); err != nil {
			return err
		}
		seen, err = a.sightings(tx, board.Order.Order)
		return err
	})
	if err != nil {
		return r, err
	}
	r.By = a.extent(r, counts)
	r.Events = a.chronology(r, seen)
	return r, nil
}

// served is the service by which an order is measured: messaging, where it binds
// it at all.
func served(s order.Scope) order.Service {
	for service := range order.Service(order.ServiceCount) {
		if s.Serves(service) {
			return service
		}
	}
	return order.Messaging
}

// ends is the schools that applied an order first and last.
func ends(rows []BoardRow) (first, last *BoardRow) {
	for i := range rows {
		r := &rows[i]
		switch {
		case r.Applied.IsZero():
			continue
		case first == nil:
			first, last = r, r
		}
		if r.Applied.Before(first.Applied) {
			first = r
		}
		if r.Applied.After(last.Applied) {
			last = r
		}
	}
	return first, last
}

// extent counts whom an order closes by itself in its first week, or in its whole
// life if that is shorter.
func (a *App) extent(r OrderReport, counts map[school.UAI][school.RoleCount]int) (by [school.RoleCount]Extent) {
	var schools []school.School
	for _, row := range r.Rows {
		schools = append(schools, row.School)
		for role, n := range counts[row.School.UAI] {
			by[role].All += n
		}
	}
	if len(schools) == 0 {
		return by
	}
	window := gate.Window{From: r.Order.From.Unix(), Service: r.Service}
	window.To = window.From + 7*24*3600
	if end := r.Order.Until; !end.IsZero() && r.Order.State != order.Announced {
		window.To = min(window.To, end.Unix())
	}
	if window.To <= window.From {
		return by // lifted before it began
	}
	before, after := a.alone(schools, window), a.alone(schools, window, r.Order.Order)
	count := func(u school.UAI) [school.RoleCount]int { return counts[u] }
	for role, e := range gate.EffectOf(before, after, window, count).ByRole {
		by[role].Closed, by[role].Always = e.Closed.People, e.Throughout.People
	}
	return by
}

// alone compiles some schools as if there were only these orders, and meant.
func (a *App) alone(schools []school.School, w gate.Window, orders ...*order.Order) *gate.Snapshot {
	set, _ := order.NewSet(orders) // what an update refers to is left out, and says so
	snapshot, err := gate.Compile(gate.Source{
		Schools: schools, Orders: set, Calendar: a.calendars.For, From: w.From, To: w.To, Cache: gate.NewCache(), Rehearse: true,
	})
	if err != nil {
		a.log.Warn("part of a report cannot be decided", "error", err)
	}
	return snapshot
}

// sightings is what the store keeps about an order, beside what its board knows.
type sightings struct {
	entries    []journal.Entry
	receipts   []store.Receipt
	points     map[string]school.Territory
	exemptions []store.ExemptionRequest
	ending     []journal.Entry // of the order that ends it
}

func (a *App) sightings(tx *store.Tx, o *order.Order) (s sightings, err error) {
	if s.entries, err = journalled(tx, o); err != nil {
		return s, err
	}
	if s.receipts, err = tx.Receipts(o.ID); err != nil {
		return s, err
	}
	points, err := tx.Points()
	if err != nil {
		return s, err
	}
	s.points = map[string]school.Territory{}
	for _, p := range points {
		s.points[p.Name] = p.Territory
	}
	if s.exemptions, err = tx.ExemptionRequestsTo(o.ID); err != nil {
		return s, err
	}
	if ender := a.ender(o.ID); ender != nil {
		s.ending, err = journalled(tx, ender)
		s.ending = slices.DeleteFunc(s.ending, func(e journal.Entry) bool { return e.Verb != "order.issue" && e.Verb != "order.adopt" })
	}
	return s, err
}

// journalled is what the journals of an order's issuer and of those above hold
// about it.
func journalled(tx *store.Tx, o *order.Order) (list []journal.Entry, err error) {
	for t := o.Issuer; t != ""; t = t.Parent() {
		entries, err := tx.JournalAbout(logAt(t), o.ID)
		if err != nil {
			return nil, err
		}
		list = append(list, entries...)
	}
	return list, nil
}

// ender is the order that ends another; nil: none does.
func (a *App) ender(id order.ID) *order.Order {
	set, _ := a.orders.get()
	if _, by, kind := set.End(id); kind == order.Lifted || kind == order.Replaced {
		if o, err := set.Order(by); err == nil {
			return o
		}
	}
	return nil
}

// pointOf is the point that a server belongs to.
func pointOf(service string) string {
	name, _, _ := strings.Cut(service, "/")
	return name
}
