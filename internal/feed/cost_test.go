package feed

import (
	"fmt"
	"testing"
	"time"

	"github.com/ecluse-ecole/ecluse/internal/order"
	"github.com/ecluse-ecole/ecluse/internal/school"
)

// cost is what one poll asks for, and all bytes on the wire, both ways, headers
// among them.
func (w *world) cost(f *Follower) (requests int, bytes int64) {
	w.t.Helper()
	w.replace.asked()
	before := w.replace.in.Load() + w.replace.out.Load()
	w.expect(f, NoCause)
	return len(w.replace.asked()), w.replace.in.Load() + w.replace.out.Load() - before
}

// The cost of following for ever: nothing new, and only a newer signature.
func TestAnIdlePollIsCheap(t *testing.T) {
	w := newWorld(t)
	w.publish(held)
	f := w.follow()
	requests, bytes := w.cost(f)
	t.Logf("nothing new: %d request, %d bytes on the wire", requests, bytes)
	if requests > 2 || bytes > 500 {
		t.Errorf("an idle poll takes %d requests and %d bytes", requests, bytes)
	}
	w.later(time.Minute)
	w.sign()
	requests, signed := w.cost(f)
	t.Logf("signed anew: %d request, %d bytes on the wire", requests, signed)
	const polls = 60 / 22.5 // in the minute between two signatures, a poll each 15 to 30 s
	mean := (float64(signed) + (polls-1)*float64(bytes)) / polls
	if requests > 2 || mean > 500 {
		t.Errorf("with a new signature each minute a poll takes %d requests and %.0f bytes", requests, mean)
	}
}

// BenchmarkPoll measures a feed of 30 académies. The figures that matter are
// requests and bytes: cold (nothing kept), one order more, and idle.
func BenchmarkPoll(b *testing.B) {
	for _, n := range []int{300, 3000} {
		w := newWorld(b)
		w.fillWith(n)
		o := w.options()
		b.Run(fmt.Sprintf("cold/orders=%d", n), func(b *testing.B) {
			for b.Loop() {
				o.Dir = b.TempDir()
				requests, bytes := w.cost(w.idle(o))
				b.ReportMetric(float64(requests), "requests")
				b.ReportMetric(float64(bytes), "wire-B")
			}
		})
		f := w.idle(o)
		w.expect(f, NoCause)
		serial := 0
		b.Run(fmt.Sprintf("one-more/orders=%d", n), func(b *testing.B) {
			for b.Loop() {
				b.StopTimer()
				serial++
				w.publish(order.ID(fmt.Sprintf("FR/%d/2025-%04d", 31+serial%28, serial)))
				b.StartTimer()
				requests, bytes := w.cost(f)
				b.ReportMetric(float64(requests), "requests")
				b.ReportMetric(float64(bytes), "wire-B")
			}
		})
		b.Run(fmt.Sprintf("idle/orders=%d", n), func(b *testing.B) {
			for b.Loop() {
				requests, bytes := w.cost(f)
				b.ReportMetric(float64(requests), "requests")
				b.ReportMetric(float64(bytes), "wire-B")
			}
		})
	}
}

func (w *world) fillWith(n int) {
	w.t.Helper()
	key := newKey(w.t)
	w.repo.host.Ring = append(w.repo.host.Ring, key)
	var offices []Delegation
	for i := range 28 {
		offices = append(offices, Delegation{school.Territory(fmt.Sprintf("FR/%d", 31+i)), RoleFor(1, key)})
	}
	w.do(w.repo.Delegate(offices...))
	var list []*order.Order
	for i := range n {
		list = append(list, sample(w.t, order.ID(fmt.Sprintf("FR/%d/2024-%04d", 31+i%28, 1+i/28))))
	}
	w.do(w.repo.Publish(list...))
}
