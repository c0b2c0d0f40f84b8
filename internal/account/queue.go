package account

import (
	"context"
	"slices"
	"sync"
)

// A Rank is in which of the lines somebody waits for a slot.
type Rank uint8

// The ranks, in the order in which they go.
const (
	OnDevice  Rank = iota // on a device of the account's owner, or signed in
	AtHome                // in a network where the owner has signed in
	Elsewhere             // neither
	Suspect               // neither, from where account after account was tried in vain
	ranks
)

// A Place is where in the lines somebody stands. Those of one key take turns as one.
type Place struct {
	Rank Rank
	Key  string
}

// longest is how many may wait for one slot in the line of each rank: those who
// are known some ten seconds of work, strangers less than three. Who comes then is
// told at once to come back. One key holds at most a quarter of a line.
var longest = [ranks]int{OnDevice: 400, AtHome: 400, Elsewhere: 100, Suspect: 50}

const sharePart = 4

// first is whose line is looked at first at a turn; the others follow by rank. Who
// is known need not wait for a flood of strangers, and no line ever stands still:
// one turn of four is for who is at home, one of four for strangers and, of those,
// one of four for suspects.
func first(turn int) Rank {
	switch {
	case turn%16 == 0:
		return Suspect
	case turn%4 == 0:
		return Elsewhere
	case turn%4 == 2:
		return AtHome
	}
	return OnDevice
}

// A queue gives out a number of slots. Within a line keys take turns: an address
// that sends a thousand tries waits behind itself. Nothing is asked of a database
// here: who is sent away costs next to nothing.
type queue struct {
	mu    sync.Mutex
	free  int
	turns int
	lines [ranks]line
}

// A line is who waits, by key.
type line struct {
	longest int
	waiting int
	by      map[string][]*waiter
	order   []string // the keys that have someone waiting; the first is next
}

// A waiter is told when its turn has come.
type waiter struct{ turn chan struct{} }

func newQueue(slots int) *queue {
	q := &queue{free: slots}
	for r := range q.lines {
		q.lines[r] = line{longest: longest[r] * slots, by: map[string][]*waiter{}}
	}
	return q
}

// enter waits for a slot as long as ctx allows. A full line refuses at once.
func (q *queue) enter(ctx context.Context, at Place) (release func(), err error) {
	if err := ctx.Err(); err != nil {
		return nil, tooMany(err)
	}
	q.mu.Lock()
	if q.free > 0 {
		q.free--
		q.mu.Unlock()
		return q.leave, nil
	}
	w, l := &waiter{make(chan struct{})}, &q.lines[at.Rank]
	added := l.add(at.Key, w)
	q.mu.Unlock()
	if !added {
		return nil, tooMany(ErrShed)
	}
	select {
	case <-w.turn:
		return q.leave, nil
	case <-ctx.Done():
		q.abandon(l, at.Key, w)
		return nil, tooMany(ctx.Err())
	}
}

// leave hands the slot to who is next, or keeps it free.
func (q *queue) leave() {
	q.mu.Lock()
	defer q.mu.Unlock()
	q.turns++
	w := q.lines[first(q.turns)].next()
	for r := 0; w == nil && r < len(q.lines); r++ {
		w = q.lines[r].next()
	}
	if w == nil {
		q.free++
		return
	}
	close(w.turn)
}

// abandon takes who waits no longer out of the line; a turn that came meanwhile
// goes to the next.
func (q *queue) abandon(l *line, key string, w *waiter) {
	q.mu.Lock()
	gone := l.remove(key, w)
	q.mu.Unlock()
	if !gone {
		q.leave()
	}
}

func (l *line) add(key string, w *waiter) bool {
	own := l.by[key]
	if l.waiting >= l.longest || key != "" && len(own) >= l.longest/sharePart {
		return false
	}
	if len(own) == 0 {
		l.order = append(l.order, key)
	}
	l.by[key] = append(own, w)
	l.waiting++
	return true
}

// next is the first of the key whose turn it is, which then goes to the end.
func (l *line) next() *waiter {
	if len(l.order) == 0 {
		return nil
	}
	key := l.order[0]
	l.order = l.order[1:]
	own := l.by[key]
	w := own[0]
	l.waiting--
	if len(own) == 1 {
		delete(l.by, key)
		return w
	}
	l.by[key] = own[1:]
	l.order = append(l.order, key)
	return w
}

func (l *line) remove(key string, w *waiter) bool {
	own := l.by[key]
	i := slices.Index(own, w)
	if i < 0 {
		return false
	}
	l.waiting--
	if own = slices.Delete(own, i, i+1); len(own) > 0 {
		l.by[key] = own
		return true
	}
	delete(l.by, key)
	l.order = slices.DeleteFunc(l.order, func(k string) bool { return k == key })
	return true
}
