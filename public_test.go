package ecluse_test

import (
	"testing"

	"github.com/ecluse-ecole/ecluse"
	"github.com/ecluse-ecole/ecluse/internal/fault"
	"github.com/ecluse-ecole/ecluse/internal/order"
	"github.com/ecluse-ecole/ecluse/internal/school"
	"github.com/ecluse-ecole/ecluse/internal/store/storetest"
)

// lifting ends the second letter on Monday at seven; rehearsal closes nothing.
const (
	lifting = `order: FR/13/079/2024-0003
issuer: FR/13/079
status: actual
type: cancel
references: [FR/13/079/2024-0002]
title: Réouverture
from: 2024-04-08T07:00
until: null
reason: Les comptes volés sont repris.
contact: {office: Cabinet du DASEN, phone: 05 36 49 00 00}
`
	rehearsal = `order: FR/13/079/2024-0004
issuer: FR/13/079
status: exercise
type: issue
title: Exercice d'alerte
applies: {territory: FR/13/079}
from: 2024-03-29T08:00
until: 2024-03-29T12:00
rules:
  - {roles: [everyone], hours: "off"}
reason: Entraînement.
contact: {office: Cabinet du DASEN, phone: 05 36 49 00 00}
`
)

func TestPublicNotice(t *testing.T) { storetest.EachDatabase(t, testPublicNotice) }

func testPublicNotice(t *testing.T, db string) {
	w := newWorld(t, db, "2024-03-29T10:00:00", firstLetter, secondLetter, rehearsal)
	n, err := w.PublicNotice(college)
	w.must(err)
	if len(n.Orders) != 2 {
		t.Fatalf("%d orders concern the collège, want its own and the exercise", len(n.Orders))
	}
	if got := n.States[order.Messaging][school.Pupil]; got.Access != order.Closed || got.Unknown || !got.Until.IsZero() {
		t.Errorf("pupils: %+v", got)
	}
	if got := n.States[order.Messaging][school.Teacher]; got.Access != order.Write || !got.Until.Equal(paris("2024-03-29T19:00:00")) {
		t.Errorf("teachers are closed by an exercise, or without end: %+v", got)
	}
	if !n.Until.Equal(paris("2024-03-29T12:00:00")) {
		t.Errorf("something changes at %s, want the exercise's end", n.Until)
	}

	letter := n.Orders[1]
	if letter.ID != "FR/13/079/2024-0002" || letter.State != order.InForce || !letter.Until.IsZero() || letter.Ender != nil {
		t.Errorf("the second letter: %v until %v, by %v", letter.State, letter.Until, letter.Ender)
	}
	before := letter.Changed

	w.at("2024-04-02T08:00:00").adopt(lifting)
	letter = notice(w, college).Orders[1]
	if letter.State != order.InForce || letter.Ender == nil || letter.Ender.Type != order.Cancel || !letter.Until.Equal(paris("2024-04-08T07:00:00")) {
		t.Errorf("announced to be lifted: %v until %v, by %v", letter.State, letter.Until, letter.Ender)
	}
	if !letter.Changed.After(before) || !letter.Changed.Equal(w.Now()) {
		t.Errorf("changed at %s, want when its end was decided (%s)", letter.Changed, w.Now())
	}
	w.at("2024-04-08T07:00:00")
	letter = notice(w, college).Orders[1]
	if letter.State != order.Lifted || !letter.Changed.Equal(w.Now()) {
		t.Errorf("lifted: %v, changed at %s", letter.State, letter.Changed)
	}
	if n := notice(w, college); n.Limited(order.Messaging) || n.Unknown() {
		t.Error("something is closed though all is lifted")
	}
	if _, err := w.PublicNotice("0799999Z"); !fault.Is(err, fault.NotFound) {
		t.Errorf("an unknown school: %v", err)
	}
}

func notice(w *world, uai school.UAI) ecluse.PublicNotice {
	w.Helper()
	n, err := w.PublicNotice(uai)
	w.must(err)
	return n
}

func TestPublicNoticeInDoubt(t *testing.T) {
	w := newWorld(t, storetest.SQLite(t), "2024-04-02T12:00:00")
	if notice(w, college).Unknown() {
		t.Fatal("unknown without a reason")
	}
	w.clock.Set(w.Now().Add(-3600e9))
	if n := notice(w, college); !n.Unknown() || !n.Limited(order.Messaging) {
		t.Error("a clock set back is told as open")
	}
}
