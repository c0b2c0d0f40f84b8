package ecluse

import (
	"context"
	"slices"
	"strings"
	"time"

	"github.com/ecluse-ecole/ecluse/internal/order"
	"github.com/ecluse-ecole/ecluse/internal/school"
	"github.com/ecluse-ecole/ecluse/internal/statement"
	"github.com/ecluse-ecole/ecluse/internal/store"
)

// toldAfter is how long after its end an order is still spoken of.
const toldAfter = 30 * 24 * time.Hour

// Statement is what this installation says to the one above: about the schools
// whose people are here, and those that followers have spoken of to it, so that
// answers climb. It is about the orders that hold, are announced or ended less than
// 30 days ago, but for those that this installation gave itself.
func (a *App) Statement(ctx context.Context) (s statement.Statement, err error) {
	s.At = a.clock.Now().Truncate(time.Millisecond).UTC()
	if feed, follows := a.Feed(); follows {
		s.Version = feed.Version
	}
	schools := a.gate.Load().Schools()
	err = a.readBoards(ctx, func(tx *store.Tx, known *schoolFacts) error {
		for _, o := range a.spokenOf() {
			f, err := known.about(tx, a, o)
			if err != nil {
				return err
			}
			if told := f.tell(schools); len(told.Groups)+len(told.Answers) > 0 {
				s.Orders = append(s.Orders, told)
			}
		}
		s.Uses = known.tellUses(schools)
		return nil
	})
	return s, err
}

// spokenOf is the orders that a statement tells of.
func (a *App) spokenOf() (list []*order.Order) {
	for _, v := range a.OrdersOf("FR", "Europe/Paris") {
		over := v.State != order.InForce && v.State != order.Announced
		if over && a.clock.Now().Sub(v.Until) > toldAfter || a.ownAccord(v.ID) {
			continue
		}
		list = append(list, v.Order)
	}
	return list
}

// tell is what is said of one order. What was said after the statement's instant,
// by clocks of others, waits for the next one.
func (b boardFacts) tell(schools []school.School) statement.Order {
	told := statement.Order{ID: b.order.ID, Digest: b.order.Digest()}
	groups := map[[2]int64]int{}
	for _, sc := range schools {
		if !b.order.Applies.Holds(sc) {
			continue
		}
		for _, answer := range b.answers[sc.UAI] {
			if !answer.At.After(b.now) {
				told.Answers = append(told.Answers, tellAnswer(answer))
			}
		}
		row := b.of(sc)
		if row.Received.IsZero() || row.Received.After(b.now) {
			continue
		}
		if row.held.After(b.now) {
			row.held = time.Time{}
		}
		at := [2]int64{row.Received.UnixMilli(), row.held.UnixMilli()}
		if _, found := groups[at]; !found {
			groups[at] = len(told.Groups)
			told.Groups = append(told.Groups, statement.Group{Received: row.Received, Held: row.held})
		}
		g := &told.Groups[groups[at]]
		g.Schools = append(g.Schools, sc.UAI)
	}
	return told
}

// tellAnswer is an answer without the number of who gave it.
func tellAnswer(a store.Answer) statement.Answer {
	return statement.Answer{School: a.School, Product: a.Product, Kind: answerKinds[a.Kind], At: a.At, By: a.By, Reason: a.Reason}
}

// tellUses is which products schools use.
func (f *schoolFacts) tellUses(schools []school.School) (uses []statement.Use) {
	groups := map[string]int{}
	for _, sc := range schools {
		products, said := f.products[sc.UAI]
		if !said {
			continue
		}
		list := strings.Join(products, " ")
		if _, found := groups[list]; !found {
			groups[list] = len(uses)
			uses = append(uses, statement.Use{Products: slices.Clone(products)})
		}
		u := &uses[groups[list]]
		u.Schools = append(u.Schools, sc.UAI)
	}
	return uses
}
