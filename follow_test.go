package ecluse_test

import (
	"strings"
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

// TestSilence: a feed that is silent for too long closes pupils, and nobody else,
// until it speaks again.
func TestSilence(t *testing.T) {
	w := newWorld(t, storetest.SQLite(t), "2024-03-29T12:00")
	silent := ecluse.FeedState{
		State: feed.State{Standing: feed.Stale, Signed: paris("2024-03-28T11:59")}, Silent: true, For: 24 * time.Hour,
		Contact: order.Contact{Phone: "05 49 00 00 00"},
	}
	speaks := silent
	speaks.Silent, speaks.State = false, feed.State{Standing: feed.Fresh, Signed: paris("2024-03-29T12:00")}

	want := func(pupil, teacher order.Access) *enforce.Answer {
		t.Helper()
		p, a := w.toldNow()
		if p.Access != pupil || a.Access != teacher {
			t.Errorf("pupil %v, teacher %v, want %v, %v", p.Access, a.Access, pupil, teacher)
		}
		return p
	}
	w.must(w.Heed(w.ctx, speaks))
	want(order.Write, order.Write)
	for range 2 {
		w.must(w.Heed(w.ctx, silent))
		w.must(w.Heed(w.ctx, silent)) // one order, not two
		told := want(order.Closed, order.Write)
		if !strings.Contains(told.French.Full, "Hébergement de cette messagerie") || len(told.Orders) != 1 ||
			!strings.Contains(told.Orders[0].Reason, "depuis le 28/03/2024 à 11:59") {
			t.Errorf("a pupil is told %q %+v", told.French.Full, told.Orders)
		}
		w.open() // it is known after a restart
		want(order.Closed, order.Write)
		w.must(w.Heed(w.ctx, speaks)) // within the same minute
		want(order.Write, order.Write)
	}
	if n := len(w.Issued()); n != 0 {
		t.Errorf("%d orders about the silence would be published", n)
	}
	if id := w.NextOrderID("FR/13"); id != "FR/13/2024-0001" {
		t.Errorf("the next order of an académie would be %s", id)
	}
}
