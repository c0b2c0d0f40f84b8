package ecluse_test

import (
	"fmt"
	"testing"

	"github.com/ecluse-ecole/ecluse/internal/fault"
	"github.com/ecluse-ecole/ecluse/internal/message"
	"github.com/ecluse-ecole/ecluse/internal/school"
	"github.com/ecluse-ecole/ecluse/internal/store/storetest"
)

// TestAlertsCountAlone: who wrote many letters can still call for help, and who
// called for help can still write.
func TestAlertsCountAlone(t *testing.T) { storetest.EachDatabase(t, testAlertsCountAlone) }

func testAlertsCountAlone(t *testing.T, db string) {
	w := newWorld(t, db, "2024-03-29T10:00:00")
	for range 10 {
		w.openFor(teacher, to(staff))
	}
	alert := func(text string) error { return w.Alert(w.ctx, w.as(teacher), text) }
	for i := range 10 {
		w.must(alert(fmt.Sprint("Au secours ", i)))
	}
	if err := alert("Encore"); !fault.Is(err, fault.TooMany) {
		t.Errorf("the eleventh alert of an hour: %v", err)
	}
	w.openFor(teacher, to(staff))
}

// TestAlertsAreNotBuried: what a head finds as protection contact does not
// depend on how much else arrived since.
func TestAlertsAreNotBuried(t *testing.T) { storetest.EachDatabase(t, testAlertsAreNotBuried) }

func testAlertsAreNotBuried(t *testing.T, db string) {
	w := newWorld(t, db, "2024-03-29T10:00:00")
	w.must(w.Alert(w.ctx, w.as(pupilA), "Quelqu'un utilise mon compte."))
	w.must(w.Deliver(w.ctx, 600, message.Message{
		School: college, Sender: staff, From: "P staff", FromRole: school.Staff, Subject: "S", Body: "B", Left: w.Now(), Written: w.Now(),
	}, head))
	alerts := must(w.Alerts(w.ctx, w.as(head)))
	if len(alerts) != 1 || alerts[0].Body != "Quelqu'un utilise mon compte." {
		t.Errorf("beneath 600 letters the head finds %d alerts", len(alerts))
	}
	if list := must(w.Alerts(w.ctx, w.as(staff))); len(list) != 0 {
		t.Errorf("somebody who is not the head reads %+v", list)
	}
}

// TestAlertToNobody: a word that nobody would read is not taken for sent.
func TestAlertToNobody(t *testing.T) { storetest.EachDatabase(t, testAlertToNobody) }

func testAlertToNobody(t *testing.T, db string) {
	w := newWorld(t, db, "2024-03-29T10:00:00")
	headless := w.as(pupilA)
	headless.Member.School = "0799003G"
	if err := w.Alert(w.ctx, headless, "Au secours"); !fault.Is(err, fault.NotFound) {
		t.Errorf("an alert in a school without a head: %v, want refused", err)
	}
}
