package ecluse_test

import (
	"testing"

	"github.com/ecluse-ecole/ecluse/internal/fault"
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
