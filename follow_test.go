package ecluse_test

import (
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/ecluse-ecole/ecluse"
	"github.com/ecluse-ecole/ecluse/internal/enforce"
	"github.com/ecluse-ecole/ecluse/internal/feed"
	"github.com/ecluse-ecole/ecluse/internal/order"
	"github.com/ecluse-ecole/ecluse/internal/school"
	"github.com/ecluse-ecole/ecluse/internal/store/storetest"
)

// national is an order of the ministry's for all écoles.
func national(t *testing.T, id, kind, from, rules string) *order.Order {
	t.Helper()
	return parse(t, `order: `+id+`
issuer: FR
`+kind+`
title: Essai
applies: {territory: FR}
from: `+from+`
`+rules+`
reason: Des messages menaçants circulent.
contact: {office: Cabinet, phone: "01 02 03 04 05"}
`)
}

const shut = "rules: [{roles: [pupil, adults], hours: \"off\"}]"

// toldNow is what a point is told about pupils and about staff.
func (w *world) toldNow() (pupil, teacher *enforce.Answer) {
	w.Helper()
	answers := w.Answering(enforce.Point{Name: "p", Kind: "nginx", Territory: "FR"}).AskAll(w.ctx, []enforce.Question{
		{School: w.Snapshot().Schools()[0].UAI, Roles: school.RolesOf(school.Pupil)}, {School: w.Snapshot().Schools()[0].UAI, Roles: school.RolesOf(school.Teacher)},
	})
	return answers[0], answers[1]
}

func TestFollow(t *testing.T) {
	w := newWorld(t, storetest.SQLite(t), "2024-03-29T12:00")
	first := national(t, "FR/2024-0001", "type: issue", "2024-03-29T00:00", shut)
	lift := national(t, "FR/2024-0002", "type: cancel\nreferences: [FR/2024-0001]", "2024-03-30T00:00", "")
	w.must(w.Follow(w.ctx, []*order.Order{lift, first})) // the feed's order is any
	if _, teacher := w.toldNow(); teacher.Access != order.Closed || !teacher.Until.Equal(paris("2024-03-30T00:00")) {
		t.Errorf("a teacher has %v until %s, want closed until the lift begins", teacher.Access, teacher.Until)
	}
	version := w.Snapshot().Version()
	w.must(w.Follow(w.ctx, []*order.Order{first, lift}))
	if w.Snapshot().Version() != version {
		t.Error("what is known already was stored again")
	}
	if !w.Holds([]*order.Order{first, lift}) || len(w.Issued()) != 0 {
		t.Errorf("%d orders count as issued here, want none", len(w.Issued()))
	}
	w.open()
	if _, teacher := w.toldNow(); teacher.Access != order.Closed {
		t.Error("after a restart the order is forgotten")
	}
}

// TestFollowOther: an order whose number was taken here is left out, and the
// others apply.
func TestFollowOther(t *testing.T) {
	w := newWorld(t, storetest.SQLite(t), "2024-03-29T12:00")
	mine := national(t, "FR/2024-0001", "type: issue", "2024-03-29T00:00", "rules: [{roles: [pupil], hours: \"off\"}]")
	w.must(w.AdoptOrders(w.ctx, []*order.Order{mine}))
	err := w.Follow(w.ctx, []*order.Order{
		national(t, "FR/2024-0001", "type: issue", "2024-03-29T00:00", shut),
		national(t, "FR/2024-0002", "type: issue", "2024-03-29T00:00", shut),
	})
	if err == nil || !strings.Contains(err.Error(), "another order of this number") {
		t.Errorf("two orders of one number: %v", err)
	}
	if _, teacher := w.toldNow(); teacher.Access != order.Closed {
		t.Error("the second order was kept out by the first")
	}
}

// bulk are orders of a feed that somebody joins late: closures of one hour, each
// second one lifted.
func bulk(t *testing.T, n int) []*order.Order {
	t.Helper()
	var list []*order.Order
	for i := range n / 2 {
		id := fmt.Sprintf("FR/2024-%05d", 2*i+1)
		list = append(list,
			national(t, fmt.Sprintf("FR/2024-%05d", 2*i+2), "type: cancel\nreferences: ["+id+"]", "2024-03-28T00:00", ""),
			national(t, id, "type: issue", "2024-03-27T00:00", shut))
	}
	return list
}

// TestFollowInBulk: thousands of orders come in a few acts, and each stands in
// the journal; those that cannot be stored keep none of the others out.
func TestFollowInBulk(t *testing.T) { storetest.EachDatabase(t, testFollowInBulk) }

func testFollowInBulk(t *testing.T, db string) {
	w := newWorld(t, db, "2024-03-29T12:00")
	const n = 2000
	orders := bulk(t, n)
	for _, i := range []int{3, n / 3, n - 1} {
		bad := *orders[i]
		bad.ID += "\x00" // no database takes it
		orders = append(orders, &bad)
	}
	version := w.Snapshot().Version()
	began := time.Now()
	err := w.Follow(w.ctx, orders)
	t.Logf("%d orders in %s", n, time.Since(began).Round(time.Millisecond))
	if err == nil || strings.Count(err.Error(), "following order") != 3 {
		t.Errorf("three orders that cannot be stored: %v", err)
	}
	if acts := w.Snapshot().Version() - version; !w.Holds(orders[:n]) || acts > 60 {
		t.Errorf("all known: %v, by %d acts", w.Holds(orders[:n]), acts)
	}
	count, err := w.Followed(w.ctx, "FR")
	w.must(err)
	if len(count) != n || count["FR/2024-00001"] != 1 {
		t.Errorf("%d orders stand in the journal, want %d, each once", len(count), n)
	}
}

// TestFollowOnTwoNodes: two nodes of one database hear of the same orders at the
// same time; each order is stored once, and both know all.
func TestFollowOnTwoNodes(t *testing.T) { storetest.EachDatabase(t, testFollowOnTwoNodes) }

func testFollowOnTwoNodes(t *testing.T, db string) {
	w := newWorld(t, db, "2024-03-29T12:00")
	one, two := w.App, w.node()
	orders := bulk(t, 400)
	var all sync.WaitGroup
	for _, app := range []*ecluse.App{one, two} {
		all.Go(func() {
			for i := 0; i < len(orders); i += 40 {
				if err := app.Follow(w.ctx, orders[:i+40]); err != nil {
					t.Error(err)
				}
			}
		})
	}
	all.Wait()
	count, err := w.Followed(w.ctx, "FR")
	w.must(err)
	if !one.Holds(orders) || !two.Holds(orders) || len(count) != len(orders) {
		t.Errorf("known to one: %v, to the other: %v; %d orders of %d in the journal", one.Holds(orders), two.Holds(orders), len(count), len(orders))
	}
	for id, n := range count {
		if n != 1 {
			t.Errorf("%s stands %d times in the journal", id, n)
		}
	}
}

// node is another process on the same database.
func (w *world) node() *ecluse.App {
	w.Helper()
	first := w.App
	w.open()
	second := w.App
	w.App = first
	w.Cleanup(func() { second.Close() })
	return second
}

// aSilence are a feed's states at two instants: it was heard at the first.
func aSilence(heard string) (silent, speaks ecluse.FeedState) {
	contact := order.Contact{Phone: "05 49 00 00 00"}
	silent = ecluse.FeedState{State: feed.State{Standing: feed.Stale, Signed: paris(heard)}, Silent: true, For: 24 * time.Hour, Contact: contact}
	speaks = ecluse.FeedState{State: feed.State{Standing: feed.Fresh, Signed: paris(heard)}, For: 24 * time.Hour, Contact: contact}
	return silent, speaks
}

// TestSilence: a feed that is silent for too long closes pupils, and nobody else,
// until it speaks again.
func TestSilence(t *testing.T) {
	w := newWorld(t, storetest.SQLite(t), "2024-03-28T11:59")
	want := func(pupil, teacher order.Access) *enforce.Answer {
		t.Helper()
		p, a := w.toldNow()
		if p.Access != pupil || a.Access != teacher {
			t.Errorf("pupil %v, teacher %v, want %v, %v", p.Access, a.Access, pupil, teacher)
		}
		return p
	}
	for _, day := range []string{"2024-03-28", "2024-03-30"} {
		silent, speaks := aSilence(day + "T11:59")
		w.clock.Set(paris(day + "T12:00"))
		w.must(w.Heed(w.ctx, speaks))
		w.must(w.Heed(w.ctx, speaks)) // within the same minute
		want(order.Write, order.Write)
		w.clock.Set(paris(day + "T12:00").Add(24 * time.Hour))
		w.must(w.Heed(w.ctx, silent))
		w.must(w.Heed(w.ctx, silent)) // one order, not two
		told := want(order.Closed, order.Write)
		since := "depuis le " + paris(day+"T11:59").Format("02/01/2006") + " à 11:59"
		if !strings.Contains(told.French.Full, "Hébergement de cette messagerie") || len(told.Orders) != 1 ||
			!strings.Contains(told.Orders[0].Reason, since) || !strings.Contains(told.Orders[0].Reason, "messaging is closed to pupils") {
			t.Errorf("a pupil is told %q %+v", told.French.Full, told.Orders)
		}
		w.open() // it is known after a restart
		want(order.Closed, order.Write)
		w.must(w.Heed(w.ctx, silent)) // the node from before the restart may still lead
		w.clock.Set(w.Now().Add(ecluse.LeadAfter))
	}
	if n := len(w.Issued()); n != 0 {
		t.Errorf("%d orders about the silence would be published", n)
	}
	if id := w.NextOrderID("FR/13"); id != "FR/13/2024-0001" {
		t.Errorf("the next order of an académie would be %s", id)
	}
}

// silences counts the orders about a feed's silence.
func (w *world) silences(app *ecluse.App) int {
	w.must(app.Reload(w.ctx))
	n := 0
	for _, o := range app.OrdersOf("FR", "Europe/Paris") {
		if strings.HasPrefix(string(o.ID), "FR/2024-9") {
			n++
		}
	}
	return n
}

// TestSilenceOnTwoNodes: of two nodes one closes pupils, once; the feed is not
// silent as long as one of them hears it; when the one that leads dies, the other
// takes over within seconds.
func TestSilenceOnTwoNodes(t *testing.T) { storetest.EachDatabase(t, testSilenceOnTwoNodes) }

func testSilenceOnTwoNodes(t *testing.T, db string) {
	w := newWorld(t, db, "2024-03-28T12:00")
	one, two := w.App, w.node()
	silent, speaks := aSilence("2024-03-28T11:59")
	w.must(one.Heed(w.ctx, speaks))
	w.must(two.Heed(w.ctx, speaks))
	w.clock.Set(paris("2024-03-29T12:00"))
	_, later := aSilence("2024-03-29T11:59")
	w.must(two.Heed(w.ctx, later)) // it has taken over
	w.must(one.Heed(w.ctx, silent))
	if s, _ := one.Feed(); w.silences(one) != 0 || s.Silent {
		t.Errorf("one node is deaf and the other hears: silent %v", s.Silent)
	}

	deaf, _ := aSilence("2024-03-29T11:59")
	w.clock.Set(paris("2024-03-30T12:01"))
	var all sync.WaitGroup
	for range 4 {
		for _, app := range []*ecluse.App{one, two} {
			all.Go(func() {
				if err := app.Heed(w.ctx, deaf); err != nil {
					t.Error(err)
				}
			})
		}
	}
	all.Wait()
	if n := w.silences(one); n != 1 {
		t.Fatalf("both nodes are deaf: %d orders about it, want one", n)
	}

	_, again := aSilence("2024-03-30T12:01")
	again.Signed = deaf.Signed.Add(time.Minute) // not by so much that it would take over at once
	again.For = 72 * time.Hour
	leads := func(app *ecluse.App) bool {
		ok, _, err := app.Lead(w.ctx, ecluse.Claim{Name: "follow"})
		w.must(err)
		return ok
	}
	alive, dead := one, two
	if leads(one) {
		alive, dead = two, one
	}
	w.must(dead.Close())
	w.must(alive.Heed(w.ctx, again))
	if n := w.silences(alive); n != 1 {
		t.Errorf("who does not lead issued an order: %d", n)
	}
	w.clock.Set(w.clock.Now().Add(ecluse.LeadAfter))
	w.must(alive.Heed(w.ctx, again))
	if n := w.silences(alive); n != 2 {
		t.Errorf("the one that led is dead, and the feed speaks: %d orders, want one that lifts the other", n)
	}
}
