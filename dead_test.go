package ecluse_test

import (
	"testing"
	"time"

	"github.com/ecluse-ecole/ecluse"
	"github.com/ecluse-ecole/ecluse/internal/enforce"
	"github.com/ecluse-ecole/ecluse/internal/fault"
	"github.com/ecluse-ecole/ecluse/internal/school"
	"github.com/ecluse-ecole/ecluse/internal/store/storetest"
)

// TestEverythingOldIsDead: after a new password, a freeze or a campaign on one
// node, everything that stood for the person is dead within a second on another:
// sessions, whole or half-way through signing in, the event stream, and what points
// believe of them (connections, web sockets and tickets of other software are held
// by this answer). Écluse issues no API keys and no application passwords; points
// have tokens of their own, which stand for no person.
func TestEverythingOldIsDead(t *testing.T) { storetest.EachDatabase(t, testEverythingOld) }

func testEverythingOld(t *testing.T, db string) {
	w := newWorld(t, db, "2024-03-29T10:00:00").later()
	other := must(ecluse.Open(w.ctx, ecluse.Options{Database: db, Clock: w.clock, Hashing: cheap}))
	defer other.Close()
	go other.Run(w.ctx)
	for _, act := range []struct {
		name string
		do   func()
	}{
		{"a password set anew", func() {
			here := w.enter("nadia", "the owner's")
			w.must(w.ChangePassword(w.ctx, w.inside(here), password, nextPassword))
			w.must(w.ChangePassword(w.ctx, w.inside(here), nextPassword, password))
		}},
		{"a campaign", func() {
			must(w.StartCampaign(w.ctx, w.as(head), w.later().wish(school.Teacher)))
			w.must(w.RunCampaigns(w.ctx))
		}},
		{"a freeze", func() { w.must(w.Freeze(w.ctx, w.as(head), 4, "")) }},
	} {
		welcome, second := w.enter("nadia", ""), w.enter("nadia", "another")
		streams := make(chan error, 1)
		events := make(chan ecluse.Event, 16)
		if v, err := other.Visit(w.ctx, welcome.From(atHome)); err == nil {
			who := must(v.As(teacher))
			go func() {
				streams <- other.Watch(w.ctx, who, func(e ecluse.Event) error { events <- e; return nil })
			}()
			<-events
		} else {
			streams <- nil // asked for a new password already: no stream opens
		}
		act.do()
		done := time.Now()
		select {
		case err := <-streams:
			w.must(err)
		case <-time.After(time.Second):
			t.Errorf("%s: the stream on the other node goes on", act.name)
		}
		for _, x := range []ecluse.Welcome{welcome, second} {
			if _, err := other.Halfway(w.ctx, x.Token); !fault.Is(err, fault.SignedOut) {
				t.Errorf("%s: a token from before: %v", act.name, err)
			}
		}
		if d := time.Since(done); d > time.Second {
			t.Errorf("%s: dead after %v", act.name, d)
		}
	}
	answer := other.Answering(enforce.Point{Name: "p", Territory: "FR"}).Ask(w.ctx, enforce.Question{Login: "nadia"})
	if answer.Access.String() != "closed" {
		t.Errorf("points on the other node still hear %v of a frozen account", answer.Access)
	}
}
