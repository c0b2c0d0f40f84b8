package store_test

import (
	"testing"
	"time"

	"github.com/ecluse-ecole/ecluse/internal/fault"
	"github.com/ecluse-ecole/ecluse/internal/order"
	"github.com/ecluse-ecole/ecluse/internal/school"
	"github.com/ecluse-ecole/ecluse/internal/store"
	"github.com/ecluse-ecole/ecluse/internal/store/storetest"
)

const answered order.ID = "FR/13/079/2024-0001"

// withOrder is a store with one school and one order, and its generation.
func withOrder(t *testing.T, s *store.Store) (world, int64) {
	w := world{t, s}
	w.people(college, nil)
	w.write(func(tx *store.Tx) error {
		return tx.AddOrder(store.OrderRecord{ID: answered, Issuer: "FR/13/079", Text: []byte("order: a\n"), Issued: noon, By: "x"})
	})
	return w, read1(w, (*store.Tx).Generation)
}

func TestReceipts(t *testing.T) { storetest.Each(t, testReceipts) }

func testReceipts(t *testing.T, s *store.Store) {
	w, generation := withOrder(t, s)
	missing := func(service string, generation int64) int {
		return read1(w, func(tx *store.Tx) (int, error) { return tx.Unacknowledged(service, generation) })
	}
	same(t, missing("", generation-1), 0)
	same(t, missing("", generation), 1)
	soon := noon.Add(time.Second)
	for _, at := range []time.Time{soon, soon.Add(time.Hour)} { // the first counts
		w.write(func(tx *store.Tx) error { return tx.Acknowledge("", generation, at) })
	}
	w.write(func(tx *store.Tx) error { return tx.Acknowledge("ent/1", generation-1, soon) }) // holds older orders
	w.write(func(tx *store.Tx) error { return tx.AcknowledgeAll("ent/2", generation) })
	same(t, missing("", generation), 0)
	same(t, missing("ent/1", generation), 1)
	got := read1(w, func(tx *store.Tx) ([]store.Receipt, error) { return tx.Receipts(answered) })
	same(t, got, []store.Receipt{{answered, "", soon}, {answered, "ent/2", noon}})
}

func TestAnswers(t *testing.T) { storetest.Each(t, testAnswers) }

func testAnswers(t *testing.T, s *store.Store) {
	w, _ := withOrder(t, s)
	a := store.Answer{ID: 1, School: college, Order: answered, Product: "pronote", At: noon, Person: 5, By: "La direction"}
	b := store.Answer{ID: 2, School: ecole, Order: answered, Kind: store.Refused, At: noon, Person: 6, By: "La direction", Reason: "Panne"}
	w.write(func(tx *store.Tx) error { return tx.AddAnswer(a, []byte{1, 2}) })
	w.write(func(tx *store.Tx) error { return tx.AddAnswer(b, nil) })
	a.Picture = true
	same(t, read1(w, func(tx *store.Tx) ([]store.Answer, error) { return tx.AnswersTo(answered) }), []store.Answer{a, b})
	same(t, read1(w, func(tx *store.Tx) ([]store.Answer, error) { return tx.AnswersOf(ecole) }), []store.Answer{b})
	same(t, read1(w, func(tx *store.Tx) (store.Answer, error) { return tx.Answer(1) }), a)
	same(t, read1(w, func(tx *store.Tx) ([]byte, error) { return tx.AnswerPicture(1) }), []byte{1, 2})
	w.refuse(fault.NotFound, func(tx *store.Tx) error { _, err := tx.AnswerPicture(2); return err })
	w.refuse(fault.NotFound, func(tx *store.Tx) error { _, err := tx.Answer(3); return err })
	w.refuse(fault.Conflict, func(tx *store.Tx) error { return tx.AddAnswer(b, nil) })
}

func TestDelaysAndProducts(t *testing.T) { storetest.Each(t, testDelaysAndProducts) }

func testDelaysAndProducts(t *testing.T, s *store.Store) {
	w, _ := withOrder(t, s)
	delay := func() time.Duration {
		return read1(w, func(tx *store.Tx) (time.Duration, error) { return tx.Delay(answered) })
	}
	same(t, delay(), 0)
	for _, d := range []time.Duration{time.Hour, 90 * time.Minute} {
		w.write(func(tx *store.Tx) error { return tx.PutDelay(answered, d) })
		same(t, delay(), d)
	}
	said := func() bool {
		return read1(w, func(tx *store.Tx) (bool, error) { _, said, err := tx.ProductsOf(college); return said, err })
	}
	if said() {
		t.Error("a school that was never asked has said what it uses")
	}
	for _, products := range [][]string{{"ent", "pronote"}, {}, {"other"}} {
		w.write(func(tx *store.Tx) error { return tx.PutProducts(college, products) })
		same(t, read1(w, (*store.Tx).Products), map[school.UAI][]string{college: products})
		same(t, read1(w, func(tx *store.Tx) ([]string, error) { p, _, err := tx.ProductsOf(college); return p, err }), products)
	}
	if !said() {
		t.Error("a school that has said what it uses has not")
	}
}
