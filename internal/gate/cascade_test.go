package gate_test

import (
	"slices"
	"testing"

	"pgregory.net/rapid"

	"github.com/ecluse-ecole/ecluse/internal/gate"
	"github.com/ecluse-ecole/ecluse/internal/order"
)

// without is a source that lacks some of its orders.
func without(src gate.Source, gone func(*order.Order) bool) gate.Source {
	src.Orders, _ = order.NewSet(slices.DeleteFunc(slices.Clone(src.Orders.Orders()), gone))
	return src
}

// TestALowerLevelNeverOpens: whatever offices below a level issue, replace and lift,
// nobody may do more than by the orders of that level and above alone.
func TestALowerLevelNeverOpens(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		src := drawSource(t)
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
		src := drawSource(t)
		src.Rehearse = false
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
