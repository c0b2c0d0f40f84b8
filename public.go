package ecluse

import (
	"slices"
	"time"

	"github.com/ecluse-ecole/ecluse/hours"
	"github.com/ecluse-ecole/ecluse/internal/gate"
	"github.com/ecluse-ecole/ecluse/internal/order"
	"github.com/ecluse-ecole/ecluse/internal/school"
)

// A PublicNotice is what anybody may know of a school's messaging, without
// signing in: what holds for each role, and every order that concerned the
// school. It names offices and no person. Instants are in the school's zone.
type PublicNotice struct {
	School  school.School
	Now     time.Time
	States  [order.ServiceCount][school.RoleCount]PlaceState
	Orders  []PublicOrder // newest first; what lifts another stands with what it lifts
	Version int64         // of the orders
	Until   time.Time     // the next instant at which something here changes; zero: none is known
}

// A PublicOrder is an order as the public page tells it.
type PublicOrder struct {
	OrderView
	Office  string       // who decided, in words
	Issued  time.Time    // when it became known here
	Ender   *order.Order // what lifts or replaces it; nil: nothing does
	EndedBy string       // whose decision that is
	Changed time.Time    // the latest instant at which something about it changed
}

// PublicNotice gathers what anybody may know of a school, at this instant and by
// the orders of one version. What cannot be decided is said to be unknown, and
// closed.
func (a *App) PublicNotice(uai school.UAI) (PublicNotice, error) {
	snapshot, now := a.gate.Load(), a.clock.Now()
	sc, err := snapshot.School(uai)
	if err != nil {
		return PublicNotice{}, err
	}
	loc := a.zone(sc.Zone)
	n := PublicNotice{School: sc, Now: now.In(loc), Version: snapshot.Version()}
	ready := a.Ready() == nil
	for service := range order.Service(order.ServiceCount) {
		for role := range school.Role(school.RoleCount) {
			r := gate.Request{School: uai, Role: role, Service: service, At: now.Unix(), Facts: gate.Compliant()}
			st := placeState(snapshot, r, sc, loc, ready)
			n.changes(st.Until)
			n.States[service][role] = st
		}
	}
	set, zone := snapshot.Set(), snapshot.Zone(uai)
	if set == nil || zone == nil { // nothing can be said of when
		return n, nil
	}
	for _, o := range slices.Backward(set.For(sc)) {
		if o.Type == order.Cancel {
			continue
		}
		told := a.publicOrder(set, o, zone, n.Now)
		n.changes(told.From)
		n.changes(told.Until)
		n.Orders = append(n.Orders, told)
	}
	return n, nil
}

// changes notes an instant at which something changes, if it is to come.
func (n *PublicNotice) changes(at time.Time) {
	if at.After(n.Now) && (n.Until.IsZero() || at.Before(n.Until)) {
		n.Until = at
	}
}

// publicOrder is an order with how it ends, and when something last happened to
// it: it was issued, it began, its end was decided, it ended.
func (a *App) publicOrder(set *order.Set, o *order.Order, zone *hours.Zone, now time.Time) PublicOrder {
	loc, life := now.Location(), set.Life(o.ID, zone)
	p := PublicOrder{Office: a.Decider(o), Issued: a.issued(o.ID, loc)}
	p.OrderView = OrderView{Order: o, State: set.State(o.ID, zone, now.Unix()), From: instant(life.From, loc)}
	happened := []time.Time{p.Issued, p.From}
	if life.Until != hours.Never {
		p.Until = instant(life.Until, loc)
		happened = append(happened, p.Until)
	}
	if ender, err := set.Order(life.By); err == nil {
		p.Ender, p.EndedBy = ender, a.Decider(ender)
		happened = append(happened, a.issued(life.By, loc))
	}
	for _, at := range happened {
		if !at.After(now) && at.After(p.Changed) {
			p.Changed = at
		}
	}
	return p
}

// issued is when an order became known here.
func (a *App) issued(id order.ID, loc *time.Location) time.Time {
	_, records := a.orders.get()
	if r, found := records[id]; found {
		return r.Issued.In(loc)
	}
	return time.Time{}
}

// Limited reports whether messaging is closed or restricted for somebody now, by
// service.
func (n PublicNotice) Limited(s order.Service) bool {
	return slices.ContainsFunc(n.States[s][:], func(st PlaceState) bool { return st.Access < order.Write })
}

// Unknown reports whether something could not be decided.
func (n PublicNotice) Unknown() bool {
	for _, states := range n.States {
		if slices.ContainsFunc(states[:], func(st PlaceState) bool { return st.Unknown }) {
			return true
		}
	}
	return false
}
