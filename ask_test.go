package ecluse_test

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/ecluse-ecole/ecluse/internal/enforce"
	"github.com/ecluse-ecole/ecluse/internal/order"
	"github.com/ecluse-ecole/ecluse/internal/order/ordertest"
	"github.com/ecluse-ecole/ecluse/internal/school"
	"github.com/ecluse-ecole/ecluse/internal/store/storetest"
)

// letters are both letters of March 2024.
var letters = []string{ordertest.FirstLetter, ordertest.SecondLetter}

// asking is a point's question for a whole country.
func (w *world) asking() enforce.Decider {
	return w.Answering(enforce.Point{Name: "test", Kind: "other", Territory: "FR"})
}

func TestPointsAreAnswered(t *testing.T) {
	storetest.EachDatabase(t, func(t *testing.T, db string) {
		w := newWorld(t, db, "2024-04-02T18:59:59", letters...)
		d := w.asking()
		gives := func(q enforce.Question, want order.Access) {
			t.Helper()
			if a := d.Ask(w.ctx, q); a.Access != want || a.Unknown {
				t.Errorf("%+v: %s (unknown %v), want %s", q, a.Access, a.Unknown, want)
			}
		}
		gives(enforce.Question{Login: "NADIA "}, order.Write)
		gives(enforce.Question{Login: "pupil.a"}, order.Closed)
		w.clock.Set(paris("2024-04-02T19:00"))
		gives(enforce.Question{Login: "nadia", School: college}, order.Closed)
		gives(enforce.Question{Login: "nadia", School: ecole}, order.Write)
		gives(enforce.Question{Login: "nadia"}, order.Closed) // the strictest of her places
		gives(enforce.Question{School: ecole, Roles: school.Adults}, order.Write)
		gives(enforce.Question{School: ecole, Roles: school.Everyone}, order.Closed)

		a := d.Ask(w.ctx, enforce.Question{Login: "nadia", School: college})
		if want := paris("2024-04-03T07:00"); !a.Reopens(enforce.SendMessage).Equal(want) || !a.Until.Equal(want) || len(a.Orders) != 1 {
			t.Errorf("reopens %v, until %v by %v, want %v by one order", a.Reopens(enforce.SendMessage), a.Until, a.Orders, want)
		}
		if again := d.Ask(w.ctx, enforce.Question{Login: "nadia", School: college}); again != a {
			t.Error("the words were put together twice")
		}
	})
}

func TestWhatIsNotKnownIsClosedForPoints(t *testing.T) {
	w := newWorld(t, storetest.SQLite(t), "2024-03-28T12:00")
	elsewhere := w.Answering(enforce.Point{Name: "a", Kind: "other", Territory: "FR/13/086"})
	for name, a := range map[string]*enforce.Answer{
		"nobody":          w.asking().Ask(w.ctx, enforce.Question{Login: "nobody"}),
		"the self-test":   w.asking().Ask(w.ctx, enforce.Question{Login: enforce.SelfTest}),
		"no place":        w.asking().Ask(w.ctx, enforce.Question{Login: "dsden"}),
		"another school":  w.asking().Ask(w.ctx, enforce.Question{Login: "pupil.a", School: ecole}),
		"another role":    w.asking().Ask(w.ctx, enforce.Question{Login: "pupil.a", Roles: school.Adults}),
		"a long name":     w.asking().Ask(w.ctx, enforce.Question{Login: strings.Repeat("a", 201)}),
		"no text":         w.asking().Ask(w.ctx, enforce.Question{Login: "nadia\x00"}),
		"nothing":         w.asking().Ask(w.ctx, enforce.Question{}),
		"another's place": elsewhere.Ask(w.ctx, enforce.Question{Login: "pupil.a"}),
	} {
		if a.Access != order.Closed || !a.Unknown || a.French.Full == "" {
			t.Errorf("%s: %+v, want closed because unknown", name, a)
		}
	}
}

func TestPointsAreToldOfChanges(t *testing.T) {
	w := newWorld(t, storetest.SQLite(t), "2024-04-02T18:59", letters...)
	ctx, stop := context.WithCancel(w.ctx)
	defer stop()
	go w.App.Run(ctx)
	changes := w.asking().Changes(ctx)
	told := func(what string) {
		t.Helper()
		select {
		case <-changes:
		case <-time.After(10 * time.Second):
			t.Fatalf("nobody told of %s", what)
		}
	}
	w.adopt(`
order: FR/13/079/2024-0003
issuer: FR/13/079
status: actual
type: issue
title: Tout
applies: {territory: FR/13/079}
from: 2024-04-02T18:59:30
until: null
rules:
  - {roles: [everyone], hours: "off"}
reason: Menaces.
contact: {office: Cabinet, phone: 05 49 00 00 00}
`)
	told("an order")
	w.clock.Set(paris("2024-04-02T18:59:30"))
	told("the order's beginning")
}

func TestTokensOfPoints(t *testing.T) {
	storetest.EachDatabase(t, func(t *testing.T, db string) {
		w := newWorld(t, db, "2024-03-28T12:00")
		if _, err := w.AddPoint(w.ctx, enforce.Point{Name: "Bad name", Kind: "nginx"}); err == nil {
			t.Error("a point without a proper name was taken")
		}
		token, err := w.AddPoint(w.ctx, enforce.Point{Name: "ent", Kind: "nginx"})
		if err != nil {
			t.Fatal(err)
		}
		p, err := w.PointOf(token)
		if err != nil || p.Name != "ent" || p.Territory != "FR" {
			t.Fatalf("%+v, %v", p, err)
		}
		w.Answering(p).Ask(w.ctx, enforce.Question{Login: "nadia"})
		w.Answering(p).Ask(w.ctx, enforce.Question{Login: enforce.SelfTest}) // which proves nothing
		w.Report(p, enforce.Report{Instance: "front-1", Software: "nginx", Offset: -time.Second, Live: 3})
		list, err := w.Points(w.ctx, "FR/13/079")
		if err != nil || len(list) != 1 || len(list[0].Instances) != 2 {
			t.Fatalf("%+v, %v", list, err)
		}
		if i := list[0].Instances[0]; !i.Asked.Equal(w.Now()) || !i.Tested.IsZero() || i.Version == 0 {
			t.Errorf("what the point asked: %+v", i)
		}
		if i := list[0].Instances[1]; i.Live != 3 || i.Offset != -time.Second || i.Instance != "front-1" {
			t.Errorf("what the instance reported: %+v", i)
		}
		for n := range 200 {
			w.Report(p, enforce.Report{Instance: fmt.Sprintf("front-%d", n), Live: 7})
		}
		if list, err = w.Points(w.ctx, "FR"); err != nil || len(list[0].Instances) != 101 || list[0].Instances[1].Live != 7 {
			t.Errorf("%d instances are shown (%v), want 100 and what the point asked", len(list[0].Instances), err)
		}
		if err := w.RemovePoint(w.ctx, "ent"); err != nil {
			t.Fatal(err)
		}
		for _, bad := range []string{token, "", "x"} {
			if _, err := w.PointOf(bad); err == nil {
				t.Errorf("the token %q is a point's", bad)
			}
		}
	})
}

// TestAChangedPasswordCountsAtOnce for orders that require one.
func TestAChangedPasswordCountsAtOnce(t *testing.T) {
	w := newWorld(t, storetest.SQLite(t), "2024-04-02T12:00", `
order: FR/13/079/2024-0004
issuer: FR/13/079
status: actual
type: issue
title: Mots de passe
applies: {territory: FR/13/079}
from: 2024-03-29T00:00
until: null
rules:
  - {roles: [adults], hours: "24/7", require: {password_since: 2024-04-02T12:01}}
reason: Comptes usurpés.
contact: {office: Cabinet, phone: 05 49 00 00 00}
`)
	q := enforce.Question{Login: "nadia", School: college}
	if a := w.asking().Ask(w.ctx, q); a.Access != order.Closed || a.Unmet == 0 {
		t.Fatalf("before: %+v", a)
	}
	w.clock.Set(paris("2024-04-02T12:05"))
	v, err := w.VisitOf(w.ctx, "nadia")
	if err != nil {
		t.Fatal(err)
	}
	if err := w.ChangePassword(w.ctx, v.Alone(), password, "un autre long mot de passe"); err != nil {
		t.Fatal(err)
	}
	until(t, time.Now().Add(5*time.Second), "it is open, once what was live has been cut", func() bool {
		return w.asking().Ask(w.ctx, q).Access == order.Write
	})
}
