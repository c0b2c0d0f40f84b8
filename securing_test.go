package ecluse_test

import (
	"errors"
	"testing"
	"time"

	"github.com/ecluse-ecole/ecluse"
	"github.com/ecluse-ecole/ecluse/internal/account"
	"github.com/ecluse-ecole/ecluse/internal/enforce"
	"github.com/ecluse-ecole/ecluse/internal/fault"
	"github.com/ecluse-ecole/ecluse/internal/order"
	"github.com/ecluse-ecole/ecluse/internal/store/storetest"
)

const atHome = "192.0.2.1"

// enter signs somebody in at home.
func (w *world) enter(login, device string) ecluse.Welcome {
	w.Helper()
	return must(w.SignIn(w.ctx, ecluse.SignIn{Login: login, Password: password, Device: device, Address: atHome}))
}

// TestAFrozenAccountIsShutOnEveryNode: who freezes an account ends its sessions,
// its streams and what enforcement points believe of it, on two nodes, within a
// second; its owner is let in again with a new password to set.
func TestAFrozenAccountIsShutOnEveryNode(t *testing.T) { storetest.EachDatabase(t, testFrozen) }

func testFrozen(t *testing.T, db string) {
	w := newWorld(t, db, "2024-03-29T10:00:00")
	other := must(ecluse.Open(w.ctx, ecluse.Options{Database: db, Clock: w.clock}))
	defer other.Close()
	go other.Run(w.ctx)
	welcome := w.enter("nadia", "")
	visit := must(other.Visit(w.ctx, welcome.From(atHome)))
	who := must(visit.As(teacher))
	asked := enforce.Question{Login: "nadia"}
	asker := other.Answering(enforce.Point{Name: "p", Territory: "FR"})
	if a := asker.Ask(w.ctx, asked); a.Access != order.Write {
		t.Fatalf("before: %v", a.Access)
	}
	events, done := make(chan ecluse.Event, 16), make(chan error, 1)
	go func() {
		done <- other.Watch(w.ctx, who, func(e ecluse.Event) error { events <- e; return nil })
	}()
	<-events

	if err := w.Freeze(w.ctx, w.as(teacher), visit.Person.ID, ""); !fault.Is(err, fault.Denied) {
		t.Errorf("a teacher freezes: %v", err)
	}
	if err := w.Freeze(w.ctx, w.office(), 20, ""); !fault.Is(err, fault.Denied) {
		t.Errorf("an office freezes itself: %v", err)
	}
	if err := w.Freeze(w.ctx, w.as(ecoleHead), 1, ""); !fault.Is(err, fault.NotFound) {
		t.Errorf("a head freezes somebody of another school: %v", err)
	}
	w.must(w.Freeze(w.ctx, w.as(head), visit.Person.ID, "message signalé à 23 h"))
	select {
	case err := <-done:
		w.must(err)
	case <-time.After(time.Second):
		t.Error("the stream on the other node goes on")
	}
	if _, err := other.Visit(w.ctx, welcome.From(atHome)); !fault.Is(err, fault.SignedOut) {
		t.Errorf("the session goes on: %v", err)
	}
	if a := asker.Ask(w.ctx, asked); a.Access != order.Closed {
		t.Errorf("points on the other node still hear %v", a.Access)
	}
	_, err := w.SignIn(w.ctx, ecluse.SignIn{Login: "nadia", Password: password, Address: atHome})
	if !fault.Is(err, fault.Denied) {
		t.Errorf("signing in to a frozen account: %v", err)
	}
	_, err = w.SignIn(w.ctx, ecluse.SignIn{Login: "nadia", Password: "a stranger's guess", Address: atHome})
	if !fault.Is(err, fault.SignedOut) {
		t.Errorf("a stranger is told that the account is frozen: %v", err)
	}

	w.giveBack(visit.Person.ID)
	if got := w.enter("nadia", welcome.Device); got.Stage != account.StageRenewal {
		t.Errorf("given back, the stage is %d, want a new password to be asked", got.Stage)
	}
}

// TestAStolenCookieOpensNothing: a session's token from another browser, or from a
// network where its person has never been, opens nothing until it is proved again.
func TestAStolenCookieOpensNothing(t *testing.T) { storetest.EachDatabase(t, testStolenCookie) }

func testStolenCookie(t *testing.T, db string) {
	w := newWorld(t, db, "2024-03-29T10:00:00")
	welcome := w.enter("nadia", "")
	owner := welcome.From(atHome)
	stage := func(from ecluse.Caller) account.Stage {
		t.Helper()
		_, err := w.Visit(w.ctx, from)
		var at *ecluse.StageError
		if errors.As(err, &at) {
			return at.Stage
		}
		w.must(err)
		return account.StageWhole
	}
	for what, c := range map[string]struct {
		from ecluse.Caller
		want account.Stage
	}{
		"at home":                         {owner, account.StageWhole},
		"another address of the operator": {welcome.From("192.0.77.3"), account.StageWhole},
		"another network":                 {welcome.From("198.51.100.4"), account.StageMoved},
		"another browser":                 {ecluse.Caller{Token: welcome.Token, Device: "other", Address: atHome}, account.StageMoved},
		"no browser":                      {ecluse.Caller{Token: welcome.Token, Address: atHome}, account.StageMoved},
	} {
		if got := stage(c.from); got != c.want {
			t.Errorf("%s: stage %d, want %d", what, got, c.want)
		}
	}

	train := welcome.From("198.51.100.4")
	if _, err := w.ProvePassword(w.ctx, train, "a guess"); !fault.Is(err, fault.Invalid) {
		t.Errorf("a wrong proof: %v", err)
	}
	moved := must(w.ProvePassword(w.ctx, train, password))
	if got := stage(moved.From(train.Address)); got != account.StageWhole {
		t.Errorf("proved in the train: stage %d", got)
	}
	if _, err := w.Visit(w.ctx, owner); !fault.Is(err, fault.SignedOut) {
		t.Errorf("the token from before the proof still opens: %v", err)
	}
	if got := stage(moved.From(atHome)); got != account.StageWhole {
		t.Errorf("back home, where it was proved before: stage %d", got)
	}

	thief := ecluse.Caller{Token: moved.Token, Device: "thief", Address: atHome}
	apart := must(w.ProvePassword(w.ctx, thief, password))
	if apart.Token == moved.Token || stage(moved.From(atHome)) != account.StageWhole {
		t.Error("a proof in another browser took the session from the first one")
	}
}

// TestASessionEndsAtLast: one that is used every day ends after thirty days all the same.
func TestASessionEndsAtLast(t *testing.T) {
	w := newWorld(t, storetest.SQLite(t), "2024-03-01T10:00:00")
	welcome, begun := w.enter("nadia", ""), w.Now()
	for at := begun; ; at = at.Add(11 * time.Hour) {
		w.clock.Set(at)
		_, err := w.Visit(w.ctx, welcome.From(atHome))
		if over := at.Sub(begun) >= 30*24*time.Hour; over != fault.Is(err, fault.SignedOut) {
			t.Fatalf("after %v: %v", at.Sub(begun), err)
		} else if over {
			return
		}
	}
}
