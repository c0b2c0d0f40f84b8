package store_test

import (
	"testing"
	"time"

	"github.com/ecluse-ecole/ecluse/internal/account"
	"github.com/ecluse-ecole/ecluse/internal/fault"
	"github.com/ecluse-ecole/ecluse/internal/school"
	"github.com/ecluse-ecole/ecluse/internal/store"
	"github.com/ecluse-ecole/ecluse/internal/store/storetest"
)

func TestOutbox(t *testing.T) { storetest.Each(t, testOutbox) }

func testOutbox(t *testing.T, s *store.Store) {
	w := world{t, s}
	m := store.Mailing{ID: 1, Name: "late/x", Batch: 7, Order: "FR/2024-0001", Place: "FR/13/079", Queued: noon, French: store.MailText{Subject: "À faire", Body: "Bonjour."}}
	w.write(func(tx *store.Tx) error {
		return tx.AddMailing(m, []store.Recipient{{Address: "a@x.example", Language: "fr"}, {Address: "b@x.example"}, {Address: "a@x.example"}})
	})
	w.refuse(fault.Conflict, func(tx *store.Tx) error { m := m; m.ID = 2; return tx.AddMailing(m, nil) })
	lease := func(at time.Time) (list []store.Posting) {
		w.write(func(tx *store.Tx) (err error) { list, err = tx.Lease(at, at.Add(10*time.Minute), 10); return err })
		return list
	}
	leased := lease(noon)
	if len(leased) != 2 || leased[0].Tries != 1 || len(lease(noon.Add(9*time.Minute))) != 0 {
		t.Fatalf("leased %+v, and again before the lease is over", leased)
	}
	w.write(func(tx *store.Tx) error { return tx.Taken(leased[0], noon) })
	w.write(func(tx *store.Tx) error { return tx.Retry(leased[1], noon.Add(time.Minute), "451 later") })
	again := lease(noon.Add(11 * time.Minute))
	if len(again) != 1 || again[0].Tries != 2 {
		t.Fatalf("what comes back: %+v", again)
	}
	w.write(func(tx *store.Tx) error { return tx.Retry(leased[1], noon, "an old lease") }) // changes nothing
	w.write(func(tx *store.Tx) error { return tx.GiveUp(again[0], noon, "550 gone") })
	sums := read1(w, func(tx *store.Tx) ([]store.MailSum, error) { return tx.MailSums(m.Order, "FR/13") })
	if len(sums) != 1 || sums[0].To != 2 || sums[0].Taken != 1 || sums[0].GivenUp != 1 || sums[0].Reason != "550 gone" {
		t.Errorf("the sums: %+v", sums)
	}
	w.write(func(tx *store.Tx) error { return tx.PurgeLetters(noon.Add(time.Second)) })
	if sums = read1(w, func(tx *store.Tx) ([]store.MailSum, error) { return tx.MailSums(m.Order, "FR/13") }); len(sums) != 1 || sums[0].To != 0 {
		t.Errorf("after a year: %+v", sums)
	}
	if other := read1(w, func(tx *store.Tx) ([]store.MailSum, error) { return tx.MailSums(m.Order, "FR/14") }); len(other) != 0 {
		t.Errorf("another place reads %+v", other)
	}
}

func TestEmails(t *testing.T) { storetest.Each(t, testEmails) }

func testEmails(t *testing.T, s *store.Store) {
	w := world{t, s}
	w.people(college, map[account.MemberID]school.Role{5: school.Guardian, 6: school.Guardian, 7: school.Head})
	w.write(func(tx *store.Tx) error { return tx.PutEmail(5, "old@x.example") })
	w.write(func(tx *store.Tx) error { return tx.PutEmail(5, "one@x.example") })
	w.write(func(tx *store.Tx) error { return tx.PutEmail(7, "head@x.example") })
	reach := read1(w, (*store.Tx).EmailReach)
	if len(reach) != 2 || reach[0] != (store.Reached{School: college, Role: school.Guardian, With: 1, Without: 1}) {
		t.Errorf("who is reached: %+v", reach)
	}
	var n int
	w.write(func(tx *store.Tx) (err error) {
		n, err = tx.AddMailingTo(store.Mailing{ID: 3, Name: "people/x", Order: "FR/2024-0001", Queued: noon}, college, school.RolesOf(school.Guardian, school.Head))
		return err
	})
	if sums := read1(w, func(tx *store.Tx) ([]store.MailSum, error) { return tx.MailSums("FR/2024-0001", "") }); n != 2 || sums[0].Without != 1 {
		t.Errorf("%d letters, %+v", n, sums)
	}
	w.write(func(tx *store.Tx) error { return tx.PutEmail(5, "") })
	if got := read1(w, func(tx *store.Tx) (string, error) { return tx.Email(5) }); got != "" {
		t.Errorf("a forgotten address: %q", got)
	}
}
