package ecluse_test

import (
	"strings"
	"sync"
	"testing"

	"github.com/ecluse-ecole/ecluse"
	"github.com/ecluse-ecole/ecluse/internal/account"
	"github.com/ecluse-ecole/ecluse/internal/fault"
	"github.com/ecluse-ecole/ecluse/internal/message"
	"github.com/ecluse-ecole/ecluse/internal/order"
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

// TestManyReturnAtOnce: whoever comes first at a reopening finds everything that
// waited, and so does everybody beside them; each message leaves once.
func TestManyReturnAtOnce(t *testing.T) { storetest.EachDatabase(t, testManyReturnAtOnce) }

func testManyReturnAtOnce(t *testing.T, db string) {
	const waiting = 120
	w := newWorld(t, db, "2024-03-29T20:00:00", readOnly)
	for range waiting {
		w.openFor(staff, to(teacher, head))
	}
	if list := must(w.Inbox(w.ctx, w.as(teacher), ecluse.Page{})); len(list) != 0 {
		t.Errorf("%d messages arrived while only reading was open", len(list))
	}
	w.at("2024-03-30T07:00:00")
	var all sync.WaitGroup
	for i := range 16 {
		who := w.as([]account.MemberID{teacher, head, staff}[i%3])
		all.Go(func() {
			list, err := w.Inbox(w.ctx, who, ecluse.Page{Limit: 2 * waiting})
			if err != nil || who.Member.ID != staff && len(list) != waiting {
				t.Errorf("member %d finds %d messages, %v", who.Member.ID, len(list), err)
			}
		})
	}
	all.Wait()
}

func BenchmarkLookWhileManyWait(b *testing.B) {
	w := bigSchool(b)
	who := must(must(w.VisitOf(b.Context(), "head")).As(1))
	if err := w.AdoptOrders(b.Context(), []*order.Order{must(order.Parse("", []byte(strings.Replace(readOnly, `hours: "07:00-19:00"`, `hours: "off"`, 1))))}); err != nil {
		b.Fatal(err)
	}
	for range 500 {
		must(w.Send(b.Context(), who, ecluse.Outgoing{ID: w.NewDraftID(), Audience: to(2), Subject: "S", Body: "B"}))
	}
	for b.Loop() {
		must(w.Unread(b.Context(), who))
	}
}
