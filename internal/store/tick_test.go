package store_test

import (
	"testing"
	"time"

	"github.com/ecluse-ecole/ecluse/internal/store"
	"github.com/ecluse-ecole/ecluse/internal/store/storetest"
)

func TestTicks(t *testing.T) { storetest.Each(t, testTicks) }

func testTicks(t *testing.T, s *store.Store) {
	w, _ := withOrder(t, s)
	half := store.Ticks{School: college, Order: answered, Product: "pronote", Steps: []int{0, 11}, By: "Le service", At: noon, Name: "La direction"}
	undo := half
	undo.Undo, undo.Steps = true, nil
	other := half
	other.School = ecole
	for _, k := range []store.Ticks{half, undo, other} {
		w.write(func(tx *store.Tx) error { return tx.PutTicks(k) })
	}
	kept := func() []store.Ticks {
		return read1(w, func(tx *store.Tx) ([]store.Ticks, error) { return tx.TicksOf(college) })
	}
	same(t, kept(), []store.Ticks{half, undo})
	half.Steps, half.At, half.By = []int{2}, noon.Add(time.Hour), ""
	w.write(func(tx *store.Tx) error { return tx.PutTicks(half) })
	same(t, kept(), []store.Ticks{half, undo})
	w.write(func(tx *store.Tx) error { return tx.ForgetTicks(undo) })
	same(t, kept(), []store.Ticks{half})
}
