package store_test

import (
	"strings"
	"testing"
	"time"

	"github.com/ecluse-ecole/ecluse/internal/account"
	"github.com/ecluse-ecole/ecluse/internal/fault"
	"github.com/ecluse-ecole/ecluse/internal/message"
	"github.com/ecluse-ecole/ecluse/internal/school"
	"github.com/ecluse-ecole/ecluse/internal/store"
	"github.com/ecluse-ecole/ecluse/internal/store/storetest"
)

// letter is a message of the college that left as many minutes after noon as
// its ID says.
func letter(id message.ID, sender account.MemberID) message.Message {
	at := noon.Add(time.Duration(id) * time.Minute)
	return message.Message{
		School: college, ID: id, Thread: id, Sender: sender, From: "Prénom Nom", FromRole: school.Teacher,
		Subject: "Sortie", Body: "Bonjour,\n\nla sortie est reportée.", Count: 1, Written: at, Left: at,
		Audience: []message.Audience{{Class: 3, Role: school.Guardian, Label: "Responsables de la 4e B"}},
	}
}

// answer is a letter in another's thread.
func answer(id message.ID, sender account.MemberID, to message.Message) message.Message {
	m := letter(id, sender)
	m.Thread, m.ReplyTo = to.Thread, to.ID
	return m
}

// held is a letter that waits.
func held(id message.ID, sender account.MemberID) message.Message {
	m := letter(id, sender)
	m.Left = time.Time{}
	return m
}

// post sends a letter to these.
func (w world) post(m message.Message, to ...account.MemberID) message.Message {
	w.t.Helper()
	w.write(func(tx *store.Tx) error { return tx.AddMessage(m, to) })
	return m
}

// inbox is the IDs of a page.
func (w world) inbox(member account.MemberID, p store.Page) []message.ID {
	w.t.Helper()
	var got []message.ID
	for _, d := range read1(w, func(tx *store.Tx) ([]message.Delivery, error) { return tx.Inbox(college, member, p) }) {
		got = append(got, d.ID)
	}
	return got
}

func (w world) thread(member account.MemberID, id message.ID, until time.Time) []message.ID {
	w.t.Helper()
	var got []message.ID
	for _, d := range read1(w, func(tx *store.Tx) ([]message.Delivery, error) { return tx.Thread(college, member, id, until) }) {
		got = append(got, d.ID)
	}
	return got
}

func (w world) unread(member account.MemberID, until time.Time) int {
	w.t.Helper()
	return read1(w, func(tx *store.Tx) (int, error) { return tx.Unread(college, member, until) })
}

func TestInbox(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		w := world{t, s}
		first := w.post(letter(1, 10), 20, 21, 20) // 20 is named twice and has it once
		w.post(letter(2, 10), 20)
		w.post(letter(3, 20), 10)
		w.post(letter(4, 11), 20)
		w.refuse(fault.Conflict, func(tx *store.Tx) error { return tx.AddMessage(letter(4, 11), nil) })

		same(t, w.inbox(20, store.Page{}), []message.ID{4, 2, 1})
		same(t, w.inbox(21, store.Page{}), []message.ID{1})
		same(t, w.inbox(20, store.Page{Limit: 2}), []message.ID{4, 2})
		same(t, w.inbox(20, store.Page{Limit: 2, Before: 2}), []message.ID{1})
		same(t, w.inbox(20, store.Page{Until: first.Left.Add(time.Minute)}), []message.ID{2, 1})
		same(t, w.inbox(20, store.Page{Until: first.Left, Before: 4}), []message.ID{1})
		w.refuse(fault.NotFound, func(tx *store.Tx) error {
			_, err := tx.Inbox(college, 20, store.Page{Before: 99})
			return err
		})

		listed := first
		listed.Body = "Bonjour, la sortie est reportée."
		got := read1(w, func(tx *store.Tx) ([]message.Delivery, error) { return tx.Inbox(college, 21, store.Page{}) })
		same(t, got, []message.Delivery{{Message: listed, Member: 21}})
		same(t, read1(w, func(tx *store.Tx) (message.Delivery, error) { return tx.DeliveryOf(college, 21, 1) }), message.Delivery{Message: first, Member: 21})
		same(t, read1(w, func(tx *store.Tx) (message.Message, error) { return tx.Message(college, 1) }), first)
		w.refuse(fault.NotFound, func(tx *store.Tx) error { _, err := tx.DeliveryOf(college, 10, 1); return err })
		w.refuse(fault.NotFound, func(tx *store.Tx) error { _, err := tx.DeliveryOf(ecole, 21, 1); return err })
	})
}

func TestReading(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		w := world{t, s}
		w.post(letter(1, 10), 20, 21)
		w.post(letter(2, 10), 20)
		same(t, w.unread(20, time.Time{}), 2)
		same(t, w.unread(20, letter(1, 10).Left), 1)
		read := func(at time.Time) {
			w.write(func(tx *store.Tx) error { return tx.MarkRead(college, 20, 1, at) })
		}
		read(noon.Add(time.Hour))
		read(noon.Add(2 * time.Hour)) // the first reading counts
		same(t, w.unread(20, time.Time{}), 1)
		d := read1(w, func(tx *store.Tx) (message.Delivery, error) { return tx.DeliveryOf(college, 20, 1) })
		same(t, d.Read, noon.Add(time.Hour))
		w.read(func(tx *store.Tx) error {
			n, total, err := tx.ReadBy(college, 10, 1)
			same(t, []int{n, total}, []int{1, 2})
			return err
		})
		w.refuse(fault.NotFound, func(tx *store.Tx) error { _, _, err := tx.ReadBy(college, 20, 1); return err }) // who received it
		w.refuse(fault.NotFound, func(tx *store.Tx) error { return tx.MarkRead(college, 22, 1, noon) })
		for id := range message.ID(120) {
			w.post(letter(100+id, 10), 30)
		}
		same(t, w.unread(30, time.Time{}), 100)
	})
}

func TestThread(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		w := world{t, s}
		first := w.post(letter(1, 10), 20, 21)
		w.post(answer(2, 20, first), 10)
		w.post(answer(3, 21, first), 10)
		later := answer(4, 10, first)
		later.Left = time.Time{}
		w.post(later, 20)

		same(t, w.thread(10, 1, time.Time{}), []message.ID{1, 2, 3, 4}) // 4 waits: its sender sees it
		same(t, w.thread(20, 1, time.Time{}), []message.ID{1, 2})       // not what 21 answered
		same(t, w.thread(21, 1, time.Time{}), []message.ID{1, 3})
		same(t, w.thread(10, 1, noon.Add(2*time.Minute)), []message.ID{1, 2, 4})
		w.refuse(fault.NotFound, func(tx *store.Tx) error { _, err := tx.Thread(college, 22, 1, time.Time{}); return err })
		list := read1(w, func(tx *store.Tx) ([]message.Delivery, error) { return tx.Thread(college, 20, 1, time.Time{}) })
		same(t, list[0], message.Delivery{Message: first, Member: 20})
		same(t, list[1].Read, list[1].Written) // one's own is read
	})
}

func TestSent(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		w := world{t, s}
		for id := range message.ID(5) {
			w.post(letter(id+1, 10), 20)
		}
		w.post(held(6, 10), 20)
		w.post(letter(7, 11), 20)
		sent := func(p store.Page) (got []message.ID) {
			for _, m := range read1(w, func(tx *store.Tx) ([]message.Message, error) { return tx.Sent(college, 10, p) }) {
				got = append(got, m.ID)
			}
			return got
		}
		same(t, sent(store.Page{Limit: 3}), []message.ID{5, 4, 3})
		same(t, sent(store.Page{Limit: 3, Before: 3}), []message.ID{2, 1})
		same(t, sent(store.Page{Until: letter(2, 10).Left}), []message.ID{2, 1})
		count := func(since time.Time) int {
			return read1(w, func(tx *store.Tx) (int, error) { return tx.SentCount(college, 10, message.Letter, since) })
		}
		same(t, count(time.Time{}), 6) // what waits counts
		same(t, count(letter(4, 10).Written), 3)
	})
}

func TestWaiting(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		w := world{t, s}
		early := w.post(held(1, 10), 20, 21)
		w.post(letter(2, 11), 20)
		back := w.post(held(3, 10), 20)

		// While it waits, no path shows it to who will receive it.
		same(t, w.inbox(20, store.Page{}), []message.ID{2})
		same(t, w.unread(20, time.Time{}), 1)
		w.refuse(fault.NotFound, func(tx *store.Tx) error { _, err := tx.Thread(college, 20, 1, time.Time{}); return err })
		w.refuse(fault.NotFound, func(tx *store.Tx) error { _, err := tx.DeliveryOf(college, 20, 1); return err })
		w.refuse(fault.NotFound, func(tx *store.Tx) error { return tx.MarkRead(college, 20, 1, noon) })
		same(t, read1(w, func(tx *store.Tx) ([]message.Message, error) { return tx.WaitingOf(college, 10) }), []message.Message{early, back})
		same(t, read1(w, func(tx *store.Tx) ([]message.Message, error) { return tx.WaitingOf(college, 11) }), nil)
		same(t, len(read1(w, func(tx *store.Tx) ([]message.Message, error) { return tx.Waiting(college) })), 2)
		same(t, read1(w, (*store.Tx).WaitingSchools), []school.UAI{college})

		w.refuse(fault.NotFound, func(tx *store.Tx) error { return tx.CancelWaiting(college, 3, 11) })
		w.write(func(tx *store.Tx) error { return tx.CancelWaiting(college, 3, 10) })
		w.refuse(fault.NotFound, func(tx *store.Tx) error { return tx.Release(college, 3, noon) })
		w.refuse(fault.NotFound, func(tx *store.Tx) error { _, err := tx.Message(college, 3); return err })

		reopening := noon.Add(19 * time.Hour)
		w.write(func(tx *store.Tx) error { return tx.Release(college, 1, reopening) })
		w.refuse(fault.NotFound, func(tx *store.Tx) error { return tx.Release(college, 1, reopening) })
		w.refuse(fault.NotFound, func(tx *store.Tx) error { return tx.CancelWaiting(college, 1, 10) })
		same(t, w.inbox(20, store.Page{}), []message.ID{1, 2}) // on top, though written first
		same(t, w.inbox(21, store.Page{}), []message.ID{1})
		same(t, w.inbox(20, store.Page{Until: reopening.Add(-time.Second)}), []message.ID{2})
		same(t, read1(w, (*store.Tx).WaitingSchools), nil)
	})
}

func TestManyRecipients(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		w := world{t, s}
		var everyone []account.MemberID
		for id := range account.MemberID(12_001) {
			everyone = append(everyone, id+1)
		}
		w.post(letter(1, 10), everyone...)
		w.post(held(2, 10), everyone...)
		w.write(func(tx *store.Tx) error { return tx.Release(college, 2, noon) })
		for id := range message.ID(2) {
			w.read(func(tx *store.Tx) error {
				_, total, err := tx.ReadBy(college, 10, id+1)
				same(t, total, len(everyone))
				return err
			})
		}
		same(t, w.inbox(12_001, store.Page{}), []message.ID{1, 2})
	})
}

func TestPreview(t *testing.T) {
	w := world{t, storetest.Open(t, storetest.SQLite(t))}
	m := letter(1, 10)
	m.Body = "  " + strings.Repeat("é \n", 200)
	w.post(m, 20)
	got := read1(w, func(tx *store.Tx) ([]message.Delivery, error) { return tx.Inbox(college, 20, store.Page{}) })[0].Body
	same(t, got, strings.Repeat("é ", 60)+"…")
}

func TestDrafts(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		w := world{t, s}
		d := message.Draft{
			School: college, ID: 1, Member: 10, ReplyTo: 5, Subject: "S", Body: "Bon", Version: 1, Saved: noon,
			Audience: []message.Audience{{Member: 20, Label: "Mme Élan"}},
		}
		save := func(version int64, body string) func(tx *store.Tx) error {
			d := d
			d.Version, d.Body = version, body
			return func(tx *store.Tx) error { return tx.PutDraft(d) }
		}
		kept := func() message.Draft {
			return read1(w, func(tx *store.Tx) (message.Draft, error) { return tx.Draft(college, 10, 1) })
		}
		w.write(save(1, "Bon"))
		same(t, kept(), d)
		w.write(save(3, "Bonjour"))
		w.write(save(3, "Bonjour"))                    // the network repeated it
		w.refuse(fault.Conflict, save(2, "Bonj"))      // it was late
		w.refuse(fault.Conflict, save(3, "Au revoir")) // another window's
		same(t, kept().Body, "Bonjour")

		same(t, len(read1(w, func(tx *store.Tx) ([]message.Draft, error) { return tx.Drafts(college, 10) })), 1)
		same(t, len(read1(w, func(tx *store.Tx) ([]message.Draft, error) { return tx.Drafts(college, 11) })), 0)
		w.refuse(fault.NotFound, func(tx *store.Tx) error { return tx.DeleteDraft(college, 11, 1) })
		w.write(func(tx *store.Tx) error { return tx.DeleteDraft(college, 10, 1) })
		w.refuse(fault.NotFound, func(tx *store.Tx) error { _, err := tx.Draft(college, 10, 1); return err })
	})
}
