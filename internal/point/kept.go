package point

import (
	"math"
	"sync"
	"time"

	"github.com/ecluse-ecole/ecluse/internal/enforce"
)

// kept holds the answers of one version of the orders, and the instants at which
// they end, which outlast them: what is live rests on them.
type kept struct {
	mu       sync.RWMutex
	epoch    int64 // counts how often everything was dropped
	version  int64
	answers  map[enforce.Question]keptAnswer
	texts    map[string]*enforce.Answer // by the text they came as: a school's pupils share one
	instants map[int64]struct{}
	next     int64 // the first of them
}

type keptAnswer struct {
	*enforce.Answer
	until int64 // by the server's clock, in Unix nanoseconds
	read  int64
	hold  time.Duration
}

// How long an answer is kept at most, and one that a person may change at any
// moment, by changing a password or being entered in the directory.
const (
	keptFor  = 30 * time.Second
	keptOdd  = 5 * time.Second
	mostKept = 100_000
)

// mostTexts and mostInstants bound what follows from the answers.
const (
	mostTexts    = 20_000
	mostInstants = 10_000
)

// find is the answer to a question if it still holds.
func (k *kept) find(q enforce.Question, server, mono int64) *enforce.Answer {
	k.mu.RLock()
	a, found := k.answers[q]
	k.mu.RUnlock()
	if !found || a.until <= server || mono-a.read >= int64(a.hold) {
		return nil
	}
	return a.Answer
}

// state is the epoch and the version now.
func (k *kept) state() (epoch, version int64) {
	k.mu.RLock()
	defer k.mu.RUnlock()
	return k.epoch, k.version
}

func (k *kept) newest() int64 {
	_, version := k.state()
	return version
}

// drop forgets every answer; from now on those of a version count.
func (k *kept) drop(version int64) {
	k.mu.Lock()
	defer k.mu.Unlock()
	k.epoch++
	k.version = max(k.version, version)
	k.answers, k.texts = map[enforce.Question]keptAnswer{}, map[string]*enforce.Answer{}
	k.instants, k.next = map[int64]struct{}{}, math.MaxInt64
}

// keep keeps an answer that was asked for in an epoch, unless the epoch is over.
// It tells whether the answer ends before all others.
func (k *kept) keep(q enforce.Question, a *enforce.Answer, epoch, server int64) (first bool) {
	k.mu.Lock()
	defer k.mu.Unlock()
	if k.epoch != epoch || q.Login == enforce.SelfTest {
		return false
	}
	until := int64(math.MaxInt64)
	if !a.Until.IsZero() {
		until = a.Until.UnixNano()
		first = k.noteInstant(max(until, server+int64(again)))
	}
	hold := keptFor
	if a.Unknown || a.Unmet != 0 {
		hold = keptOdd
	}
	if len(k.answers) >= mostKept {
		k.answers = map[enforce.Question]keptAnswer{}
	}
	k.answers[q] = keptAnswer{a, until, read().mono, hold}
	return first
}

// again is how soon an answer that should have ended by our reading of the
// server's clock, and has not, is looked at again.
const again = 250 * time.Millisecond

// noteInstant remembers when to look; of too many, the first are remembered.
func (k *kept) noteInstant(at int64) (first bool) {
	if len(k.instants) >= mostInstants && at >= k.next {
		return false
	}
	k.instants[at] = struct{}{}
	if first = at < k.next; first {
		k.next = at
	}
	return first
}

// due forgets the instants that have come, and is the last of them, if there was
// one, and the next one to come.
func (k *kept) due(server int64) (came int64, some bool, next int64) {
	k.mu.RLock()
	next = k.next
	k.mu.RUnlock()
	if next > server {
		return 0, false, next
	}
	k.mu.Lock()
	defer k.mu.Unlock()
	k.next = math.MaxInt64
	for at := range k.instants {
		if at <= server {
			came, some = max(came, at), true
			delete(k.instants, at)
			continue
		}
		k.next = min(k.next, at)
	}
	return came, some, k.next
}

// answer is the answer that a text stands for: the same for the same text.
func (k *kept) answer(text []byte) (*enforce.Answer, error) {
	k.mu.RLock()
	known := k.texts[string(text)]
	k.mu.RUnlock()
	if known != nil {
		return known, nil
	}
	a, err := enforce.ParseContext(text)
	if err != nil {
		return nil, err
	}
	k.mu.Lock()
	defer k.mu.Unlock()
	if len(k.texts) >= mostTexts {
		k.texts = map[string]*enforce.Answer{}
	}
	k.texts[string(text)] = a
	return a, nil
}
