package ecluse

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/ecluse-ecole/ecluse/hours"
	"github.com/ecluse-ecole/ecluse/internal/fault"
	"github.com/ecluse-ecole/ecluse/internal/gate"
	"github.com/ecluse-ecole/ecluse/internal/journal"
	"github.com/ecluse-ecole/ecluse/internal/order"
	"github.com/ecluse-ecole/ecluse/internal/school"
	"github.com/ecluse-ecole/ecluse/internal/store"
)

// A Preview is what an order would do, shown before it is issued.
type Preview struct {
	Order    *order.Order
	Findings []gate.Finding
	Effect   gate.Effect
	People   [school.RoleCount]int // all of the schools it binds, by role
	Schools  []school.School       // those it binds
	After    *gate.Snapshot        // decides as if it were issued; for the picture of the week

	version int64 // of the orders it was made from
}

// Refused reports whether a finding forbids issuing the order.
func (p Preview) Refused() bool {
	return slices.ContainsFunc(p.Findings, gate.Finding.Refuses)
}

// ReadOrder decodes the file of an order that the actor is about to issue. An
// order without a number gets the next one of its issuer's year.
func (a *App) ReadOrder(who Actor, data []byte) (*order.Order, []order.Warning, error) {
	o, warnings, err := order.Check("", data)
	if err != nil {
		return nil, nil, err
	}
	return o, warnings, a.mayIssue(who, o)
}

// mayIssue refuses an order in somebody else's name.
func (a *App) mayIssue(who Actor, o *order.Order) error {
	territory, err := a.TerritoryOf(who)
	if err != nil {
		return err
	}
	if o.Issuer != territory {
		return denied(
			fmt.Sprintf("Cet ordre est au nom de %s, et vous agissez pour %s. Corrigez l’émetteur.", o.Issuer, territory),
			fmt.Sprintf("This order is in the name of %s, and you act for %s. Correct the issuer.", o.Issuer, territory))
	}
	return nil
}

// NextOrderID is the name of the next order that a territory issues. A number
// that was proposed is used up, whatever became of the proposal.
func (a *App) NextOrderID(t school.Territory) order.ID { return a.NextOrderIDs(t, 1)[0] }

// NextOrderIDs are the names of the next n orders, one after the other.
func (a *App) NextOrderIDs(t school.Territory, n int) []order.ID {
	prefix := fmt.Sprintf("%s/%d-", t, a.clock.Now().Year())
	last := 0
	for _, id := range a.orders.numbers() {
		var n int
		if rest, found := strings.CutPrefix(string(id), prefix); found {
			if _, err := fmt.Sscanf(rest, "%d", &n); err == nil {
				last = max(last, n)
			}
		}
	}
	var list []order.ID
	for i := range n {
		list = append(list, order.ID(fmt.Sprintf("%s%04d", prefix, last+1+i)))
	}
	return list
}

// PreviewOrder says which schools and how many people an order would close, and
// whether it contradicts or loosens one above it. It changes nothing.
func (a *App) PreviewOrder(ctx context.Context, who Actor, o *order.Order) (Preview, error) {
	return first(a.PreviewOrders(ctx, who, []*order.Order{o}))
}

// PreviewOrders is PreviewOrder of several that are issued together: each as it
// is with all of them.
func (a *App) PreviewOrders(ctx context.Context, who Actor, list []*order.Order) ([]Preview, error) {
	for _, o := range list {
		if err := a.mayIssue(who, o); err != nil {
			return nil, err
		}
	}
	return a.previewAny(ctx, list)
}

func first(list []Preview, err error) (Preview, error) {
	if err != nil {
		return Preview{}, err
	}
	return list[0], nil
}

// previewAny is PreviewOrders whoever asks.
func (a *App) previewAny(ctx context.Context, list []*order.Order) ([]Preview, error) {
	var f facts
	var counts map[school.UAI][school.RoleCount]int
	err := a.store.Read(ctx, func(tx *store.Tx) (err error) {
		if counts, err = tx.CountAllByRole(); err != nil {
			return err
		}
		f, err = readFacts(tx)
		return err
	})
	if err != nil {
		return nil, err
	}
	return a.preview(f, list, counts)
}

func (a *App) preview(f facts, list []*order.Order, counts map[school.UAI][school.RoleCount]int) ([]Preview, error) {
	before := a.gate.Load()
	set, errs := before.Set().With(a.clock.Now().Unix(), list...)
	if len(errs) > 0 {
		return nil, fault.Wrap(errs[0], fault.Invalid,
			"Cet ordre ne s’accorde pas avec ceux qui existent\u00a0: "+order.Say(errs[0], hours.French)+".",
			"This order does not fit the existing ones: "+order.Say(errs[0], hours.English)+".")
	}
	source := a.source(f, set)
	source.Cache = gate.NewCache() // compiled aside: the window may differ
	after, err := gate.Compile(source)
	if err != nil {
		a.log.Warn("part of a previewed order cannot be decided", "order", list[0].ID, "error", err)
	}
	count := func(u school.UAI) [school.RoleCount]int { return counts[u] }
	var previews []Preview
	for _, o := range list {
		p := Preview{Order: o, After: after, version: before.Version(), Findings: gate.Findings(source, o)}
		for _, sc := range f.schools {
			if !o.Applies.Holds(sc) {
				continue
			}
			p.Schools = append(p.Schools, sc)
			for role, n := range counts[sc.UAI] {
				p.People[role] += n
			}
		}
		p.Effect = gate.EffectOf(before, after, a.firstWeek(set, o, p.Schools), count)
		previews = append(previews, p)
	}
	return previews, nil
}

// firstWeek is the first seven days of an order's life that are not past, or less
// if something ends it before.
func (a *App) firstWeek(set *order.Set, o *order.Order, schools []school.School) gate.Window {
	from, to := a.clock.Now().Unix(), int64(hours.Never)
	if len(schools) > 0 {
		if zone := a.gate.Load().Zone(schools[0].UAI); zone != nil {
			life := set.Life(o.ID, zone)
			if from = max(from, life.From); life.Kind == order.Replaced {
				to = max(from, life.Until)
			}
		}
	}
	return gate.Window{From: from, To: min(to, from+7*24*3600), Service: order.Messaging}
}

// IssueOrder makes an order known and applied: once it returns, every decision
// follows it, and what it closes is cut. One that needs more signatures than the
// actor's is refused: see ProposeOrder.
func (a *App) IssueOrder(ctx context.Context, who Actor, o *order.Order) error {
	return a.IssueOrders(ctx, who, []*order.Order{o})
}

// IssueOrders is IssueOrder of several at once: all or none.
func (a *App) IssueOrders(ctx context.Context, who Actor, list []*order.Order) error {
	previews, err := a.PreviewOrders(ctx, who, list)
	switch {
	case err != nil:
		return err
	case slices.ContainsFunc(previews, Preview.Refused):
		return looser()
	case a.Signatures(list...) > 1:
		return denied("Cet ordre vaut pour plus d’un établissement : une autre personne doit le signer avec vous. Proposez-le.",
			"This order is for more than one school: another person must sign it with you. Propose it.")
	}
	if err := a.fresh(who); err != nil {
		return err
	}
	last := list[len(list)-1]
	err = a.do(ctx, who, act{"order.issue", logAt(last.Issuer), gate.Announce}, func(tx *store.Tx, now time.Time) (string, string, error) {
		for _, o := range list {
			if err := tx.AddOrder(store.OrderRecord{ID: o.ID, Issuer: o.Issuer, Text: o.Encode(), Issued: now, By: who.String()}); err != nil {
				return "", "", numberTaken(err, o.ID)
			}
			if o == last { // the door journals this one
				break
			}
			if err := tx.Append(issued(who, o, now, "")); err != nil {
				return "", "", err
			}
		}
		return string(last.ID), last.Digest(), nil
	})
	if err != nil {
		return err
	}
	return a.apply(ctx)
}

// issued is the journal's entry of an order that was issued with others.
func issued(who Actor, o *order.Order, now time.Time, signed string) journal.Entry {
	return journal.Entry{
		Log: logAt(o.Issuer), At: now, Actor: who.String(), Verb: "order.issue", Subject: string(o.ID), Detail: o.Digest() + signed,
	}
}

func looser() error {
	return invalid("Cet ordre est plus souple qu’un ordre de niveau supérieur. Rendez-le plus strict, ou adressez-vous à l’autorité qui a décidé.",
		"This order is looser than one of a higher level. Make it stricter, or turn to the authority that decided.")
}

// numberTaken says of a conflict which number is taken; other errors stay.
func numberTaken(err error, id order.ID) error {
	if !fault.Is(err, fault.Conflict) {
		return err
	}
	return fault.Wrap(err, fault.Conflict,
		fmt.Sprintf("Un ordre numéro %s existe déjà. Revenez au formulaire pour prendre le suivant.", id),
		fmt.Sprintf("An order numbered %s exists already. Go back to the form to take the next one.", id))
}

// apply puts in force what an act has just stored, though whoever did it may have
// left since: an order that is known must not wait for the next look.
func (a *App) apply(ctx context.Context) error { return a.Reload(context.WithoutCancel(ctx)) }

// An OrderView is an order with where it stands at a school now.
type OrderView struct {
	*order.Order
	State order.State
	From  time.Time // when it begins to bind, in the zone asked for: not before its issue
	Until time.Time // when it stops binding; zero: until lifted
}

// OrdersFor lists the orders that concern a school, exercises and those that
// are over included, newest first.
func (a *App) OrdersFor(uai school.UAI) ([]OrderView, error) {
	sc, _, err := a.School(uai)
	if err != nil {
		return nil, err
	}
	set, _ := a.orders.get()
	var list []OrderView
	for _, o := range set.For(sc) {
		list = append(list, a.viewIn(set, o, sc.Zone))
	}
	slices.Reverse(list)
	return list, nil
}

// OrdersOf lists the orders that an office issued or that hold in its
// territory, newest first, on the wall clock of zone.
func (a *App) OrdersOf(t school.Territory, zone string) []OrderView {
	set, _ := a.orders.get()
	var list []OrderView
	for _, o := range set.Orders() {
		if t.Contains(o.Applies.Territory) || o.Applies.Territory.Contains(t) {
			list = append(list, a.viewIn(set, o, zone))
		}
	}
	slices.Reverse(list)
	return list
}

func (a *App) viewIn(set *order.Set, o *order.Order, zone string) OrderView {
	v := OrderView{Order: o}
	z, err := hours.LoadZone(zone)
	if err != nil {
		return v
	}
	loc := a.zone(zone)
	v.State = set.State(o.ID, z, a.clock.Now().Unix())
	life := set.Life(o.ID, z)
	v.From = instant(life.From, loc)
	if life.Until != hours.Never {
		v.Until = instant(life.Until, loc)
	}
	return v
}

// Order is one order by its name, as it stands on the wall clock of zone.
func (a *App) Order(id order.ID, zone string) (OrderView, error) {
	set, _ := a.orders.get()
	o, err := set.Order(id)
	if err != nil {
		return OrderView{}, err
	}
	return a.viewIn(set, o, zone), nil
}

// Decider is who issued an order, in words: its office, and the territory when
// the office's name does not tell.
func (a *App) Decider(o *order.Order) string {
	territory := a.TerritoryName(o.Issuer)
	if strings.Contains(o.Contact.Office, territory) {
		return o.Contact.Office
	}
	return fmt.Sprintf("%s (%s)", o.Contact.Office, territory)
}

// Below lists a territory and those below it that are above schools, for a
// choice of scope.
func (a *App) Below(t school.Territory) []school.Territory {
	list := []school.Territory{t}
	for _, sc := range a.gate.Load().Schools() {
		for up := sc.Parent; t.Contains(up) && !slices.Contains(list, up); up = up.Parent() {
			list = append(list, up)
		}
	}
	slices.Sort(list)
	return list
}
