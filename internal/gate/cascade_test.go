package gate_test

import (
	"slices"
	"testing"

	"pgregory.net/rapid"

	"github.com/ecluse-ecole/ecluse/internal/gate"
	"github.com/ecluse-ecole/ecluse/internal/order"
	"github.com/ecluse-ecole/ecluse/internal/school"
)

// without is a source that lacks some of its orders.
func without(src gate.Source, gone func(*order.Order) bool) gate.Source {
	src.Orders, _ = order.NewSet(slices.DeleteFunc(slices.Clone(src.Orders.Orders()), gone))
	return src
}

// drawCascade is an order of the ministry's, and what others make of it.
func drawCascade(t *rapid.T) gate.Source {
	orders := []*order.Order{issue("FR", 1, "2024-03-28T00:00").rule(school.Everyone, "07:00-19:00").o}
	for i := range rapid.IntRange(1, 5).Draw(t, "orders") {
		orders = append(orders, drawOrder(t, i+1, orders))
	}
	src := gate.Source{Schools: places, Calendar: holidays, From: 1704000000, To: 1720000000}
	src.Orders, _ = order.NewSet(orders)
	return src
}

// TestALowerLevelNeverOpens: whatever offices below a level issue, replace and lift,
// nobody may do more than by the orders of that level and above alone.
func TestALowerLevelNeverOpens(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		src := drawCascade(t)
		level := rapid.IntRange(1, 4).Draw(t, "level")
		upper, _ := gate.Compile(without(src, func(o *order.Order) bool { return o.Issuer.Level() > level }))
		all, _ := gate.Compile(src)
		for range 4 {
			r := drawRequest(t, all)
			if with, alone := all.Decide(r), upper.Decide(r); with.Access > alone.Access {
				t.Fatalf("%+v: %v, though levels up to %d alone say %v", r, with.Access, level, alone.Access)
			}
		}
	})
}

// TestExercisesNeverCount: where nobody rehearses, exercises might as well not be
// there, whatever they close, replace or lift.
func TestExercisesNeverCount(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		src := drawCascade(t)
		actual, _ := gate.Compile(without(src, func(o *order.Order) bool { return o.Status == order.Exercise }))
		all, _ := gate.Compile(src)
		for range 4 {
			r := drawRequest(t, all)
			if with, alone := all.Decide(r), actual.Decide(r); !with.Same(alone) {
				t.Fatalf("%+v: %+v, though without the exercises %+v", r, with, alone)
			}
		}
	})
}
