package ecluse_test

import (
	"strings"
	"testing"

	"github.com/ecluse-ecole/ecluse"
	"github.com/ecluse-ecole/ecluse/internal/fault"
	"github.com/ecluse-ecole/ecluse/internal/message"
	"github.com/ecluse-ecole/ecluse/internal/store/storetest"
)

// TestReadReceipts: only its sender learns how many have read a message.
func TestReadReceipts(t *testing.T) { storetest.EachDatabase(t, testReadReceipts) }

func testReadReceipts(t *testing.T, db string) {
	w := newWorld(t, db, "2024-03-29T10:00:00")
	sent := must(w.post(teacher, to(pupilA, pupilB)))
	must(w.Thread(w.ctx, w.as(pupilA), sent.Thread))
	if read, total, err := w.ReadBy(w.ctx, w.as(teacher), sent.ID); err != nil || read != 1 || total != 2 {
		t.Errorf("the sender learns %d of %d, %v", read, total, err)
	}
	if read, total, err := w.ReadBy(w.ctx, w.as(staff), sent.ID); !fault.Is(err, fault.NotFound) {
		t.Errorf("somebody else learns %d of %d, %v", read, total, err)
	}
	own := must(w.post(pupilA, to(teacher)))
	if read, total, err := w.ReadBy(w.ctx, w.as(pupilA), own.ID); err != nil || read+total != 0 {
		t.Errorf("a pupil learns %d of %d, %v", read, total, err)
	}
}

// TestNothingNewIsAnswered: where only reading is open the mailbox stays as it
// was, also for who knows the number of what has arrived since.
func TestNothingNewIsAnswered(t *testing.T) { storetest.EachDatabase(t, testNothingNewIsAnswered) }

func testNothingNewIsAnswered(t *testing.T, db string) {
	w := newWorld(t, db, "2024-03-29T18:00:00", strings.Replace(readOnly, "[everyone]", "[teacher]", 1))
	answer := func(to message.ID) error {
		_, err := w.Send(w.ctx, w.as(teacher), ecluse.Outgoing{ID: w.NewDraftID(), ReplyTo: to, Subject: "Re", Body: "Oui."})
		return err
	}
	before := must(w.post(staff, to(teacher)))
	after := must(w.at("2024-03-29T20:00:00").post(staff, to(teacher)))
	w.must(answer(before.ID))
	if err := answer(after.ID); !fault.Is(err, fault.NotFound) {
		t.Errorf("answering what cannot be seen yet: %v, want not found", err)
	}
}
