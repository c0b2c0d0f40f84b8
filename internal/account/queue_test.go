package account

import (
	"context"
	"fmt"
	"maps"
	"runtime"
	"slices"
	"testing"

	"github.com/ecluse-ecole/ecluse/internal/fault"
)

// A busy queue has one slot, which is taken.
type busy struct {
	*testing.T
	*queue
	release func()
	came    chan string // who got the slot, in this order
}

func newBusy(t *testing.T) *busy {
	b := &busy{T: t, queue: newQueue(1), came: make(chan string, 1000)}
	release, err := b.enter(t.Context(), Place{})
	if err != nil {
		t.Fatal(err)
	}
	b.release = release
	return b
}

// wait stands in the line until its turn comes, tells its name and leaves.
func (b *busy) wait(ctx context.Context, name string, from Place) (done chan error) {
	b.Helper()
	before := b.waiting()
	done = make(chan error, 1)
	go func() {
		release, err := b.enter(ctx, from)
		if err == nil {
			b.came <- name
			release()
		}
		done <- err
	}()
	for b.waiting() == before && len(done) == 0 {
		runtime.Gosched()
	}
	return done
}

func (b *busy) waiting() int {
	b.mu.Lock()
	defer b.mu.Unlock()
	n := 0
	for _, l := range b.lines {
		n += l.waiting
	}
	return n
}

func (b *busy) names(n int) (names []string) {
	for range n {
		names = append(names, <-b.came)
	}
	return names
}

// TestKnownGoFirst: a flood of strangers keeps nobody waiting who has been here
// before, and one turn of four is theirs all the same.
func TestKnownGoFirst(t *testing.T) {
	b := newBusy(t)
	for i := range 6 {
		b.wait(t.Context(), fmt.Sprint("stranger ", i), Place{Rank: Elsewhere, Key: fmt.Sprint(i)})
	}
	for i := range 6 {
		b.wait(t.Context(), fmt.Sprint("known ", i), Place{Key: "home"})
	}
	b.release()
	want := []string{"known 0", "known 1", "known 2", "stranger 0", "known 3", "known 4", "known 5", "stranger 1", "stranger 2"}
	if got := b.names(len(want)); !slices.Equal(got, want) {
		t.Errorf("the order was %q, want %q", got, want)
	}
}

// TestEveryLineMoves: none waits for good behind a flood of those who go before.
func TestEveryLineMoves(t *testing.T) {
	b := newBusy(t)
	for i := range 40 {
		b.wait(t.Context(), "device", Place{Rank: OnDevice, Key: fmt.Sprint(i)})
	}
	for r, name := range map[Rank]string{AtHome: "home", Elsewhere: "elsewhere", Suspect: "suspect"} {
		for i := range 4 {
			b.wait(t.Context(), name, Place{Rank: r, Key: fmt.Sprint(i)})
		}
	}
	b.release()
	of := map[string]int{}
	for _, name := range b.names(16) {
		of[name]++
	}
	if want := map[string]int{"device": 8, "home": 4, "elsewhere": 3, "suspect": 1}; !maps.Equal(of, want) {
		t.Errorf("of sixteen turns they had %v, want %v", of, want)
	}
}

// TestKeysTakeTurns: who sends many tries waits behind themselves, and holds
// no more than a quarter of the line.
func TestKeysTakeTurns(t *testing.T) {
	b := newBusy(t)
	for i := range longest[Elsewhere] / sharePart {
		b.wait(t.Context(), fmt.Sprint("flood ", i), Place{Rank: Elsewhere, Key: "one"})
	}
	if err := <-b.wait(t.Context(), "flood", Place{Rank: Elsewhere, Key: "one"}); !fault.Is(err, fault.Unavailable) {
		t.Errorf("beyond its share: %v, want unavailable at once", err)
	}
	b.wait(t.Context(), "another", Place{Rank: Elsewhere, Key: "two"})
	b.release()
	if got, want := b.names(3), []string{"flood 0", "another", "flood 1"}; !slices.Equal(got, want) {
		t.Errorf("the order was %q, want %q", got, want)
	}
}

// TestAnInfectedMachine fills what its address may hold: computers of the school wait
// for one of its tries at most, on whose account they ever signed in or not.
func TestAnInfectedMachine(t *testing.T) {
	b := newBusy(t)
	for range longest[AtHome] / sharePart {
		b.wait(t.Context(), "machine", Place{Rank: AtHome, Key: "school"})
	}
	if err := <-b.wait(t.Context(), "machine", Place{Rank: AtHome, Key: "school"}); !fault.Is(err, fault.Unavailable) {
		t.Errorf("beyond its share: %v", err)
	}
	b.wait(t.Context(), "another's computer", Place{Rank: AtHome, Key: "computer 7"})
	b.wait(t.Context(), "their own", Place{Rank: OnDevice, Key: "computer 8"})
	b.release()
	if got, want := b.names(3), []string{"their own", "machine", "another's computer"}; !slices.Equal(got, want) {
		t.Errorf("the order was %q, want %q", got, want)
	}
}

func TestFullLine(t *testing.T) {
	b := newBusy(t)
	for i := range longest[Elsewhere] {
		b.wait(t.Context(), "", Place{Rank: Elsewhere, Key: fmt.Sprint(i)})
	}
	if err := <-b.wait(t.Context(), "", Place{Rank: Elsewhere, Key: "late"}); !fault.Is(err, fault.Unavailable) {
		t.Errorf("behind a full line: %v, want unavailable at once", err)
	}
	b.wait(t.Context(), "known", Place{Key: "late"})
	b.release()
	if got := b.names(1); got[0] != "known" {
		t.Errorf("a full line of strangers keeps %q before somebody known", got)
	}
	b.names(longest[Elsewhere])
}

// TestWhoWaitsNoLonger gives up their place, and nobody else's.
func TestWhoWaitsNoLonger(t *testing.T) {
	b := newBusy(t)
	ctx, cancel := context.WithCancel(t.Context())
	gone := b.wait(ctx, "gone", Place{Rank: Elsewhere, Key: "one"})
	b.wait(t.Context(), "patient", Place{Rank: Elsewhere, Key: "one"})
	cancel()
	if err := <-gone; !fault.Is(err, fault.Unavailable) {
		t.Errorf("who gave up: %v", err)
	}
	b.release()
	if got := b.names(1); got[0] != "patient" {
		t.Errorf("the turn went to %q", got)
	}
	if _, err := b.enter(ctx, Place{}); !fault.Is(err, fault.Unavailable) {
		t.Errorf("who is gone already: %v", err)
	}
	for b.slots() != 1 {
		runtime.Gosched()
	}
}

func (b *busy) slots() int {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.free
}
