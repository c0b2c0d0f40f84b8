package feed

import (
	"sync"
	"time"

	"github.com/ecluse-ecole/ecluse/internal/clock"
)

// A ratchet is the time that is known to have come: never earlier than the
// machine's clock, than the newest verified signature, or than the latest time
// told and what has passed since by a count that nobody can set. A clock that is
// set back therefore hides a freeze no longer than a signature lasts.
type ratchet struct {
	clock   *clock.Clock
	elapsed func() time.Duration // monotonic

	mu   sync.Mutex
	at   time.Time
	then time.Duration // elapsed when at was told
}

func newRatchet(c *clock.Clock) *ratchet {
	start := time.Now() // with its monotonic reading
	r := &ratchet{clock: c, elapsed: func() time.Duration {
		return time.Duration(float64(time.Since(start)) * c.Speed())
	}}
	r.at, r.then = c.Now(), r.elapsed()
	return r
}

// now is the time that has surely come.
func (r *ratchet) now() time.Time {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.advance(r.clock.Now())
}

func (r *ratchet) advance(to time.Time) time.Time {
	passed := r.elapsed()
	counted := r.at.Add(passed - r.then)
	if to.Before(counted) {
		to = counted
	}
	r.at, r.then = to, passed
	return to
}

// reach notes a verified signature of that instant.
func (r *ratchet) reach(signed time.Time) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.advance(signed)
}

// release goes back to the machine's clock: the key that vouched for a later
// time was replaced.
func (r *ratchet) release(signed time.Time) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.at, r.then = r.clock.Now(), r.elapsed()
	r.advance(signed)
}
