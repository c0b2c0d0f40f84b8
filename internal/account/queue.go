package account

import (
	"context"
	"slices"
	"sync"
)

// A Place is from where a password is brought to be verified.
type Place struct {
	Address string // folded by FoldAddress; "": not counted
	Known   bool   // the account's owner has signed in from there, or is signed in
}

// How many may wait for one slot to verify passwords: those who are known some
// ten seconds of work, strangers less than three. Who comes then is told at once
// to come back. One address holds at most a quarter of a line.
const (
	knownLine    = 400
	strangerLine = 100
	sharePart    = 4
	strangerTurn = 4 // every so many turns, a stranger goes before those who are known
)

// A queue gives out a number of slots: first to those who are known, so that a
// flood of strangers' tries keeps nobody waiting who has been here before; a
// quarter of the turns stays for strangers. Within a line addresses take turns:
// one that sends a thousand tries waits behind itself.
type queue struct {
	mu       sync.Mutex
	free     int
	turns    int
	known    line
	stranger line
}

// A line is who waits, by address.
type line struct {
	longest int
	waiting int
	by      map[string][]*waiter
	order   []string // the addresses that have someone waiting; the first is next
}

// A waiter is told when its turn has come.
type waiter struct{ turn chan struct{} }

func newQueue(slots int) *queue {
	return &queue{
		free:     slots,
		known:    line{longest: knownLine * slots, by: map[string][]*waiter{}},
		stranger: line{longest: strangerLine * slots, by: map[string][]*waiter{}},
	}
}

// enter waits for a slot as long as ctx allows. A full line refuses at once.
func (q *queue) enter(ctx context.Context, from Place) (release func(), err error) {
	if err := ctx.Err(); err != nil {
		return nil, tooMany(err)
	}
	q.mu.Lock()
	if q.free > 0 {
		q.free--
		q.mu.Unlock()
		return q.leave, nil
	}
	w, l := &waiter{make(chan struct{})}, q.lineOf(from)
	added := l.add(from.Address, w)
	q.mu.Unlock()
	if !added {
		return nil, tooMany(nil)
	}
	select {
	case <-w.turn:
		return q.leave, nil
	case <-ctx.Done():
		q.abandon(l, from.Address, w)
		return nil, tooMany(ctx.Err())
	}
}

func (q *queue) lineOf(from Place) *line {
	if from.Known {
		return &q.known
	}
	return &q.stranger
}

// leave hands the slot to who is next, or keeps it free.
func (q *queue) leave() {
	q.mu.Lock()
	defer q.mu.Unlock()
	first, second := &q.known, &q.stranger
	if q.turns++; q.turns%strangerTurn == 0 {
		first, second = second, first
	}
	w := first.next()
	if w == nil {
		w = second.next()
	}
	if w == nil {
		q.free++
		return
	}
	close(w.turn)
}

// abandon takes who waits no longer out of the line; a turn that came meanwhile
// goes to the next.
func (q *queue) abandon(l *line, address string, w *waiter) {
	q.mu.Lock()
	gone := l.remove(address, w)
	q.mu.Unlock()
	if !gone {
		q.leave()
	}
}

func (l *line) add(address string, w *waiter) bool {
	own := l.by[address]
	if l.waiting >= l.longest || address != "" && len(own) >= l.longest/sharePart {
		return false
	}
	if len(own) == 0 {
		l.order = append(l.order, address)
	}
	l.by[address] = append(own, w)
	l.waiting++
	return true
}

// next is the first of the address whose turn it is, which then goes to the end.
func (l *line) next() *waiter {
	if len(l.order) == 0 {
		return nil
	}
	address := l.order[0]
	l.order = l.order[1:]
	own := l.by[address]
	w := own[0]
	l.waiting--
	if len(own) == 1 {
		delete(l.by, address)
		return w
	}
	l.by[address] = own[1:]
	l.order = append(l.order, address)
	return w
}

func (l *line) remove(address string, w *waiter) bool {
	own := l.by[address]
	i := slices.Index(own, w)
	if i < 0 {
		return false
	}
	l.waiting--
	if own = slices.Delete(own, i, i+1); len(own) > 0 {
		l.by[address] = own
		return true
	}
	delete(l.by, address)
	l.order = slices.DeleteFunc(l.order, func(a string) bool { return a == address })
	return true
}
