package store_test

import (
	"testing"
	"time"

	"github.com/ecluse-ecole/ecluse/internal/journal"
	"github.com/ecluse-ecole/ecluse/internal/school"
	"github.com/ecluse-ecole/ecluse/internal/store"
	"github.com/ecluse-ecole/ecluse/internal/store/storetest"
)

func TestJournalAbout(t *testing.T) { storetest.Each(t, testJournalAbout) }

func testJournalAbout(t *testing.T, s *store.Store) {
	w, _ := withOrder(t, s)
	entry := func(log journal.Log, verb, subject string) {
		w.write(func(tx *store.Tx) error {
			return tx.Append(journal.Entry{Log: log, At: noon, Actor: "person 20 for FR/13/079", Verb: verb, Subject: subject})
		})
	}
	entry("FR/13/079", "order.propose", string(answered))
	entry("FR/13/079", "announce", string(answered)) // another verb
	entry("FR/13/079", "order.issue", "FR/13/079/2024-0002")
	entry("FR/13/079", "order.issue", string(answered))
	entry("FR/13/079", "answer.delay", string(answered))
	entry("FR/13", "answer.delay", string(answered)) // another log
	var got []string
	for _, e := range read1(w, func(tx *store.Tx) ([]journal.Entry, error) { return tx.JournalAbout("FR/13/079", answered) }) {
		got = append(got, e.Verb)
	}
	same(t, got, []string{"order.propose", "order.issue", "answer.delay"})
}

func TestExemptionRequestsTo(t *testing.T) { storetest.Each(t, testExemptionRequestsTo) }

func testExemptionRequestsTo(t *testing.T, s *store.Store) {
	w, _ := withOrder(t, s)
	w.write(func(tx *store.Tx) error { return addMember(tx, college, 5, school.Teacher) })
	var ids []int64
	for i := range int64(3) {
		r := store.ExemptionRequest{ID: 10 - i, Order: answered, School: college, Member: 5, Person: 5, From: noon, Until: noon.Add(time.Hour), Reason: "x"}
		w.write(func(tx *store.Tx) error { return tx.AddExemptionRequest(r) })
	}
	for _, r := range read1(w, func(tx *store.Tx) ([]store.ExemptionRequest, error) { return tx.ExemptionRequestsTo(answered) }) {
		ids = append(ids, r.ID)
	}
	same(t, ids, []int64{8, 9, 10})
}
