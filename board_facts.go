package ecluse

import (
	"cmp"
	"context"
	"slices"
	"time"

	"github.com/ecluse-ecole/ecluse/hours"
	"github.com/ecluse-ecole/ecluse/internal/order"
	"github.com/ecluse-ecole/ecluse/internal/school"
	"github.com/ecluse-ecole/ecluse/internal/store"
)

// schoolFacts is what the store knows of schools, whatever the order: who answers
// for each, and which products it uses.
type schoolFacts struct {
	now       time.Time
	peopled   map[school.UAI]bool // those with people here: this installation answers for them
	instances []instance
	products  map[school.UAI][]string
	followers map[string]store.FollowerRecord
	below     map[school.Territory]string // by territory: the follower that may speak of it
	place     func(school.UAI) (school.School, error)
}

// An instance is a server that holds answers of its own.
type instance struct {
	name      string
	territory school.Territory
}

// boardFacts is what the store knows about an order, beside that.
type boardFacts struct {
	*schoolFacts
	order    *order.Order
	issued   time.Time
	set      *order.Set
	delay    time.Duration
	receipts map[string]time.Time
	heard    map[school.UAI]hearing
	answers  map[school.UAI][]store.Answer
	before   map[school.UAI][]store.Answer // to the orders that this one lifts
}

// A hearing is what the closest follower says of a school and an order.
type hearing struct {
	follower       string
	closely        int
	received, held time.Time
}

// readBoards reads what boards are made of, in one transaction. What points said
// is written down first.
func (a *App) readBoards(ctx context.Context, read func(tx *store.Tx, f *schoolFacts) error) error {
	if err := a.writeReports(ctx); err != nil {
		return err
	}
	return a.store.Read(ctx, func(tx *store.Tx) error {
		f := &schoolFacts{now: a.clock.Now(), place: a.gate.Load().School}
		if err := f.read(tx); err != nil {
			return err
		}
		return read(tx, f)
	})
}

// boardFacts reads what is known of one order.
func (a *App) boardFacts(ctx context.Context, o *order.Order) (b boardFacts, err error) {
	err = a.readBoards(ctx, func(tx *store.Tx, f *schoolFacts) error {
		b, err = f.about(tx, a, o)
		return err
	})
	return b, err
}

func (f *schoolFacts) read(tx *store.Tx) (err error) {
	if f.peopled, err = tx.Peopled(); err != nil {
		return err
	}
	if f.products, err = tx.Products(); err != nil {
		return err
	}
	if err := f.readFollowers(tx); err != nil {
		return err
	}
	return f.readInstances(tx)
}

// readFollowers reads who may speak of which territory, and what they say that
// schools use.
func (f *schoolFacts) readFollowers(tx *store.Tx) error {
	followers, err := tx.Followers()
	if err != nil || len(followers) == 0 {
		return err
	}
	f.followers, f.below = map[string]store.FollowerRecord{}, map[school.Territory]string{}
	for _, one := range followers {
		f.followers[one.Name] = one
		for _, t := range one.Within {
			f.below[t] = cmp.Or(f.below[t], one.Name)
		}
	}
	uses, err := tx.FollowerUses()
	closest := map[school.UAI]int{}
	for _, u := range uses {
		for _, uai := range u.Schools {
			if c := f.closely(u.Follower, uai); c > closest[uai] {
				closest[uai], f.products[uai] = c, u.Products
			}
		}
	}
	return err
}

// closely is how closely a follower may speak of a school; 0: it may not. Of a
// school with people here, this installation alone speaks.
func (f *schoolFacts) closely(follower string, uai school.UAI) int {
	if f.peopled[uai] {
		return 0
	}
	sc, err := f.place(uai)
	if err != nil {
		return 0
	}
	return f.followers[follower].Covers(sc.Territory())
}

func (f *schoolFacts) readInstances(tx *store.Tx) error {
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

// about reads what is known of one order.
func (f *schoolFacts) about(tx *store.Tx, a *App, o *order.Order) (b boardFacts, err error) {
	set, records := a.orders.get()
	b = boardFacts{schoolFacts: f, order: o, set: set, issued: records[o.ID].Issued, receipts: map[string]time.Time{}}
	if b.delay, err = tx.Delay(o.ID); err != nil {
		return b, err
	}
	b.delay = cmp.Or(b.delay, AnswerDelay)
	receipts, err := tx.Receipts(o.ID)
	if err != nil {
		return b, err
	}
	for _, r := range receipts {
		b.receipts[r.Service] = r.At
	}
	if err := b.hear(tx); err != nil {
		return b, err
	}
	if b.answers, err = f.answersTo(tx, o.ID); err != nil {
		return b, err
	}
	if o.Type == order.Cancel {
		b.before, err = f.answersTo(tx, o.References...)
	}
	return b, err
}

// hear reads what followers say of the order, school by school.
func (b *boardFacts) hear(tx *store.Tx) error {
	if len(b.followers) == 0 {
		return nil
	}
	groups, err := tx.FollowerGroups(b.order.ID)
	b.heard = map[school.UAI]hearing{}
	for _, g := range groups {
		for _, uai := range g.Schools {
			if c := b.closely(g.Follower, uai); c > b.heard[uai].closely {
				b.heard[uai] = hearing{g.Follower, c, g.Received, g.Held}
			}
		}
	}
	return err
}

// answersTo is the answers to some orders: those given here of schools with people
// here, and those that followers passed on of the others.
func (f *schoolFacts) answersTo(tx *store.Tx, ids ...order.ID) (map[school.UAI][]store.Answer, error) {
	out := map[school.UAI][]store.Answer{}
	for _, id := range ids {
		here, err := tx.AnswersTo(id)
		if err != nil {
			return nil, err
		}
		passedOn, err := tx.FollowerAnswersTo(id)
		if err != nil {
			return nil, err
		}
		passedOn = slices.DeleteFunc(slices.Compact(passedOn), func(a store.Answer) bool { return f.peopled[a.School] })
		for _, a := range append(here, passedOn...) {
			out[a.School] = append(out[a.School], a)
		}
	}
	return out, nil
}

// of is what is known of one school and the order, before any hour is looked at.
func (b boardFacts) of(sc school.School) BoardRow {
	row := BoardRow{School: sc, Answers: b.answers[sc.UAI]}
	row.Uses, row.Said = b.products[sc.UAI]
	if b.peopled[sc.UAI] {
		b.here(&row)
	} else {
		b.elsewhere(&row)
	}
	return row
}

// here looks since when this installation and its servers hold the order.
func (b boardFacts) here(row *BoardRow) {
	row.Received = b.receipts[""]
	held := row.Received
	for _, i := range b.instances {
		if !i.territory.Contains(row.School.Territory()) {
			continue
		}
		at, holds := b.receipts[i.name]
		if !holds {
			row.Points = append(row.Points, i.name)
		}
		held = later(held, at)
	}
	if len(row.Points) == 0 {
		row.held = held
	}
}

// elsewhere looks what the closest follower says. None may have said anything, and
// none may be known that could.
func (b boardFacts) elsewhere(row *BoardRow) {
	h := b.heard[row.School.UAI]
	if row.Host = h.follower; row.Host == "" {
		for t := row.School.Territory(); t != "" && row.Host == ""; t = t.Parent() {
			row.Host = b.below[t]
		}
	}
	row.Nobody = row.Host == ""
	row.Heard = b.followers[row.Host].Said
	row.Silent = !row.Nobody && b.now.Sub(row.Heard) > FollowerSilent
	row.Received, row.held = h.received, h.held
	if !h.received.IsZero() && h.held.IsZero() {
		row.Points = []string{row.Host}
	}
}

// until is up to when a school is judged: now or, if earlier, when the order ended
// there.
func (b boardFacts) until(zone *hours.Zone) time.Time {
	life := b.set.Life(b.order.ID, zone)
	if life.Until == hours.Never {
		return b.now
	}
	over := time.Unix(life.Until, 0).UTC()
	if over.Before(b.now) {
		return over
	}
	return b.now
}
