package point

import (
	"fmt"
	"math"
	"testing"
	"time"

	"github.com/ecluse-ecole/ecluse/internal/enforce"
	"github.com/ecluse-ecole/ecluse/internal/gate"
	"github.com/ecluse-ecole/ecluse/internal/order"
)

func newKept() *kept {
	k := &kept{}
	k.drop(1)
	return k
}

// until is an open answer that ends at an instant.
func until(at int64) *enforce.Answer {
	return &enforce.Answer{Access: order.Write, Until: time.Unix(0, at), Version: 1}
}

func TestKeptAnswersEnd(t *testing.T) {
	k, now := newKept(), read().mono
	q := enforce.Question{Login: "a"}
	epoch, _ := k.state()
	if !k.keep(q, until(100*second), epoch, 50*second) {
		t.Error("the first instant is not told")
	}
	if k.find(q, 100*second-1, now) == nil || k.find(q, 100*second, now) != nil {
		t.Error("the answer does not end at its instant")
	}
	if k.find(q, 60*second, now+int64(keptFor)+second) != nil {
		t.Error("the answer is kept for ever")
	}
	if k.keep(enforce.Question{Login: "b"}, until(200*second), epoch, 50*second) {
		t.Error("a later instant is told as the first")
	}
	if _, some, next := k.due(99 * second); some || next != 100*second {
		t.Errorf("due too early, next %d", next)
	}
	if came, some, next := k.due(100 * second); !some || came != 100*second || next != 200*second {
		t.Errorf("due: %d %v, next %d", came, some, next)
	}
	// One that should have ended by our reading is looked at again soon.
	k.keep(q, until(100*second), epoch, 101*second)
	if _, _, next := k.due(101 * second); next != 101*second+int64(again) {
		t.Errorf("looked at again at %d", next)
	}
	k.drop(2)
	if k.find(q, 0, now) != nil || k.newest() != 2 {
		t.Error("an answer outlives its orders")
	}
	if _, _, next := k.due(0); next != math.MaxInt64 {
		t.Errorf("an instant outlives its orders: %d", next)
	}
	k.keep(q, until(100*second), epoch, 50*second)
	if k.find(q, 0, now) != nil {
		t.Error("an answer from before is kept")
	}
	if k.drop(1); k.newest() != 2 {
		t.Error("the version went back")
	}
}

func TestWhatAPersonMayChangeIsKeptBriefly(t *testing.T) {
	k, now := newKept(), read().mono
	epoch, _ := k.state()
	for i, a := range []*enforce.Answer{enforce.Undecided("", ""), {Unmet: gate.SecondFactor}} {
		q := enforce.Question{Login: fmt.Sprint(i)}
		k.keep(q, a, epoch, 0)
		if k.find(q, 0, now) == nil || k.find(q, 0, now+int64(keptOdd)+second) != nil {
			t.Errorf("%+v is not kept for %v", a, keptOdd)
		}
	}
	self := enforce.Question{Login: enforce.SelfTest}
	if k.keep(self, enforce.Undecided("", ""), epoch, 0); k.find(self, 0, now) != nil {
		t.Error("the self-test is answered without asking")
	}
}

// TestWhatIsKeptIsBounded by people, by texts and by instants.
func TestWhatIsKeptIsBounded(t *testing.T) {
	k := newKept()
	epoch, _ := k.state()
	for i := range mostKept + 10 {
		k.keep(enforce.Question{Login: fmt.Sprint(i)}, until(int64(i+1)*second), epoch, 0)
	}
	if len(k.answers) > mostKept || len(k.instants) > mostInstants {
		t.Errorf("%d answers, %d instants", len(k.answers), len(k.instants))
	}
	if _, some, _ := k.due(second); !some {
		t.Error("the first instant was lost")
	}
	for i := range mostTexts + 10 {
		if _, err := k.answer(fmt.Appendf(nil, `{"access":"write","snapshot":%d}`, i)); err != nil {
			t.Fatal(err)
		}
	}
	if len(k.texts) > mostTexts {
		t.Errorf("%d texts", len(k.texts))
	}
	a, _ := k.answer([]byte(`{"access":"write","snapshot":1}`))
	b, _ := k.answer([]byte(`{"access":"write","snapshot":1}`))
	if a != b {
		t.Error("equal texts make two answers")
	}
}

// BenchmarkAskKept is a question that was asked before: what each request through
// a proxy costs.
func BenchmarkAskKept(b *testing.B) {
	c := New(Options{URL: "http://127.0.0.1:1", Token: "x", Stale: time.Hour})
	c.clock.hear(noon, read().mono, 1)
	c.word.hear(read(), true)
	epoch, _ := c.kept.state()
	for i := range 10_000 {
		c.kept.keep(enforce.Question{Login: fmt.Sprint("login", i), School: "0799002F"}, &enforce.Answer{Access: order.Write}, epoch, 0)
	}
	q := enforce.Question{Login: "login5000", School: "0799002F"}
	b.ReportAllocs()
	for b.Loop() {
		if !c.Ask(b.Context(), q).Allows(enforce.SendMessage) {
			b.Fatal("not kept")
		}
	}
}
