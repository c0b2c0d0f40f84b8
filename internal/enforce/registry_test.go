package enforce_test

import (
	"context"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/ecluse-ecole/ecluse/internal/enforce"
	"github.com/ecluse-ecole/ecluse/internal/order"
)

// A rule decides by the login alone: what begins with "pupil" is closed while
// closed is set. It is a Decider without an application behind.
type rule struct {
	closed  atomic.Bool
	changes chan enforce.Change
	asked   atomic.Int64
}

func newRule() *rule { return &rule{changes: make(chan enforce.Change, 1)} }

var (
	opened = &enforce.Answer{Access: order.Write}
	shut   = &enforce.Answer{Access: order.Closed}
	readOK = &enforce.Answer{Access: order.Read}
)

func (d *rule) Ask(_ context.Context, q enforce.Question) *enforce.Answer {
	d.asked.Add(1)
	switch {
	case !d.closed.Load():
		return opened
	case strings.HasPrefix(q.Login, "pupil"):
		return shut
	case strings.HasPrefix(q.Login, "reader"):
		return readOK
	}
	return opened
}

func (d *rule) AskAll(ctx context.Context, qs []enforce.Question) []*enforce.Answer {
	answers := make([]*enforce.Answer, len(qs))
	for i, q := range qs {
		answers[i] = d.Ask(ctx, q)
	}
	return answers
}

func (d *rule) Changes(context.Context) <-chan enforce.Change { return d.changes }

func (d *rule) Wait(time.Time) time.Duration { return 0 }

// close closes, in the order that every Decider keeps: answers first, then word.
func (d *rule) close() {
	d.closed.Store(true)
	d.changes <- enforce.Change{At: time.Now()}
}

func held(login string, action enforce.Action) enforce.Held {
	return enforce.Held{Question: enforce.Question{Login: login, Service: order.Chat}, Action: action}
}

func TestRegistryAdmits(t *testing.T) {
	r, d := enforce.NewRegistry(2), newRule()
	admit := func(login string, action enforce.Action) (*enforce.Conn, *enforce.Answer) {
		return r.Admit(t.Context(), d, held(login, action), func(*enforce.Answer) {})
	}
	one, _ := admit("pupil1", enforce.ReadMessage)
	two, _ := admit("pupil1", enforce.ReadMessage)
	if one == nil || two == nil || r.Len() != 2 {
		t.Fatalf("two are not admitted: %v %v, %d live", one, two, r.Len())
	}
	if c, a := admit("pupil1", enforce.ReadMessage); c != nil || a != enforce.Crowded {
		t.Errorf("a third beyond the bound is admitted: %v", a)
	}
	if c, _ := admit("pupil1", enforce.SendMessage); c == nil {
		t.Error("the bound of one action holds for another")
	} else {
		c.Leave()
	}
	two.Leave()
	two.Leave() // again is nothing
	if c, _ := admit("pupil1", enforce.ReadMessage); c == nil {
		t.Error("the place of who left is not free")
	} else {
		c.Leave()
	}
	one.Leave()
	d.closed.Store(true)
	if c, a := admit("pupil1", enforce.ReadMessage); c != nil || a != shut {
		t.Errorf("who is closed is admitted: %v", a)
	}
	if live, _ := r.Live(t.Context()); r.Len() != 0 || len(live) != 0 {
		t.Errorf("%d stay registered after all have left: %v", r.Len(), live)
	}
}

func TestRegistryListsEachOnce(t *testing.T) {
	r, d := enforce.NewRegistry(10), newRule()
	var want []string
	for i := range 300 {
		login := fmt.Sprintf("teacher%d", i)
		want = append(want, login)
		for range 1 + i%3 {
			if c, _ := r.Admit(t.Context(), d, held(login, enforce.ReadMessage), nil); c == nil {
				t.Fatal("not admitted")
			}
		}
	}
	live, err := r.Live(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, h := range live {
		got = append(got, h.Login)
	}
	slices.Sort(want)
	slices.Sort(got)
	if !slices.Equal(got, want) || r.Len() != 600 {
		t.Errorf("%d live, listed %d: %v", r.Len(), len(got), got)
	}
}

// Leaving from the middle, the front and the back keeps the others.
func TestRegistryCutsWhoIsLeft(t *testing.T) {
	for leave := range 3 {
		r, d := enforce.NewRegistry(10), newRule()
		var cut [3]int
		var conns [3]*enforce.Conn
		h := held("pupil1", enforce.ReadMessage)
		for i := range conns {
			conns[i], _ = r.Admit(t.Context(), d, h, func(a *enforce.Answer) {
				if a != shut {
					t.Errorf("cut with %v", a)
				}
				cut[i]++
			})
		}
		conns[leave].Leave()
		if err := r.Cut(t.Context(), h, shut); err != nil {
			t.Fatal(err)
		}
		want := [3]int{1, 1, 1}
		want[leave] = 0
		if cut != want {
			t.Errorf("number %d left: cut %v, want %v", leave, cut, want)
		}
	}
}

// The same with many at once, each whenever it comes: whoever was admitted
// by an answer of before the closing is cut by it, however the two interleave.
func TestNobodySlipsThrough(t *testing.T) {
	for range 50 {
		r, d := enforce.NewRegistry(1000), newRule()
		ctx, stop := context.WithCancel(t.Context())
		k := &enforce.Keeper{Decider: d, On: r}
		var keeping sync.WaitGroup
		keeping.Go(func() { k.Run(ctx) })
		var slipped atomic.Int64
		var people sync.WaitGroup
		for p := range 8 {
			people.Go(func() {
				for range 20 {
					cut := make(chan struct{}, 1)
					c, _ := r.Admit(ctx, d, held(fmt.Sprintf("pupil%d", p%3), enforce.ReadMessage), func(*enforce.Answer) {
						select {
						case cut <- struct{}{}:
						default:
						}
					})
					if c == nil {
						continue
					}
					if rand.N(3) > 0 {
						c.Leave() // a short request
						continue
					}
					select { // a long one, which lasts until it is cut
					case <-cut:
					case <-time.After(5 * time.Second):
						slipped.Add(1)
					}
					c.Leave()
				}
			})
		}
		d.close()
		people.Wait()
		stop()
		keeping.Wait()
		if slipped.Load() > 0 || r.Len() > 0 {
			t.Fatalf("%d connections lived on after the closing, %d are still registered", slipped.Load(), r.Len())
		}
	}
}

func BenchmarkAdmitLeave(b *testing.B) {
	r, d := enforce.NewRegistry(100), newRule()
	h := held("teacher1", enforce.ReadMessage)
	cut := func(*enforce.Answer) {}
	b.ReportAllocs()
	for b.Loop() {
		c, _ := r.Admit(context.Background(), d, h, cut)
		c.Leave()
	}
}

func BenchmarkAdmitLeaveParallel(b *testing.B) {
	r, d := enforce.NewRegistry(100), newRule()
	var n atomic.Int64
	b.ReportAllocs()
	b.RunParallel(func(pb *testing.PB) {
		h := held(fmt.Sprintf("teacher%d", n.Add(1)), enforce.ReadMessage)
		cut := func(*enforce.Answer) {}
		for pb.Next() {
			c, _ := r.Admit(context.Background(), d, h, cut)
			c.Leave()
		}
	})
}

// BenchmarkSweep is a change that cuts nobody of 10,000.
func BenchmarkSweep(b *testing.B) {
	r, d := enforce.NewRegistry(100), newRule()
	for i := range 10_000 {
		r.Admit(b.Context(), d, held(fmt.Sprintf("teacher%d", i), enforce.ReadMessage), nil)
	}
	for b.Loop() {
		live, _ := r.Live(b.Context())
		questions := make([]enforce.Question, len(live))
		for i, h := range live {
			questions[i] = h.Question
		}
		d.AskAll(b.Context(), questions)
	}
}

// A slowAnswer takes so long on its way that messaging closes meanwhile, and all
// that is live is looked at, before it arrives.
type slowAnswer struct {
	*rule
	meanwhile func()
}

func (d slowAnswer) Ask(ctx context.Context, q enforce.Question) *enforce.Answer {
	answer := d.rule.Ask(ctx, q)
	d.meanwhile()
	return answer
}

// Whoever was admitted by an answer from before the closing is found by the
// sweep that follows it: registering comes before asking.
func TestAdmitRegistersBeforeItAsks(t *testing.T) {
	r, d := enforce.NewRegistry(10), newRule()
	sweep := func() {
		d.closed.Store(true)
		live, _ := r.Live(t.Context())
		for _, h := range live {
			if a := d.Ask(t.Context(), h.Question); !a.Allows(h.Action) {
				r.Cut(t.Context(), h, a)
			}
		}
	}
	cut := false
	c, a := r.Admit(t.Context(), slowAnswer{d, sweep}, held("pupil1", enforce.ReadMessage), func(*enforce.Answer) { cut = true })
	if c == nil || a != opened {
		t.Fatalf("the answer was %v", a)
	}
	if !cut {
		t.Error("the connection lives on after the closing")
	}
}
