package point

import (
	"math"
	"sync"
	"sync/atomic"
	"time"
)

// A serverClock is the server's clock as far as it can be known from here. It is
// counted on from an anchor by the clock that nobody sets.
type serverClock struct {
	mu     sync.Mutex
	anchor atomic.Pointer[anchor]
}

// An anchor is one instant on both clocks, in nanoseconds, and how sure that is.
type anchor struct {
	server, mono int64
	speed        float64
	error        int64 // at most so far off, in real time
	since        int64 // when it was measured
}

// drift is how long an anchor is preferred to one that was measured less well:
// clocks run apart by a few parts in 100,000.
const drift = 2 * time.Minute

// at is the server's clock in Unix nanoseconds; before any word it is at its end,
// where no answer holds.
func (k *serverClock) at(mono int64) int64 {
	a := k.anchor.Load()
	if a == nil {
		return math.MaxInt64
	}
	return a.at(mono)
}

func (a *anchor) at(mono int64) int64 {
	if a.speed == 1 {
		return a.server + mono - a.mono
	}
	return a.server + int64(float64(mono-a.mono)*a.speed)
}

// wait is the real time until an instant.
func (k *serverClock) wait(instant time.Time) time.Duration {
	a := k.anchor.Load()
	if a == nil {
		return 0
	}
	return max(0, time.Duration(float64(instant.UnixNano()-a.at(read().mono))/a.speed))
}

// real is how much real time passes in some of the server's.
func (k *serverClock) real(d int64) time.Duration {
	if a := k.anchor.Load(); a != nil {
		return time.Duration(float64(d) / a.speed)
	}
	return time.Duration(d)
}

// hear notes that the server's clock has come to an instant when a word of it was
// sent. How long the word was under way is not known, so it moves the clock
// forward alone.
func (k *serverClock) hear(server time.Time, mono int64, speed float64) {
	k.mu.Lock()
	defer k.mu.Unlock()
	told := server.UnixNano()
	fresh := &anchor{server: told, mono: mono, speed: speed, error: math.MaxInt64, since: mono}
	if a := k.anchor.Load(); a != nil && a.speed == speed {
		behind := float64(told-a.at(mono)) / speed
		switch {
		case behind <= 0:
			return
		case behind <= float64(a.error):
			fresh.error, fresh.since = a.error, a.since
		}
	}
	k.anchor.Store(fresh)
}

// measure notes an instant that the server told between sending and receiving:
// it is off by half the round trip at most.
func (k *serverClock) measure(server time.Time, sent, received int64, speed float64) {
	k.mu.Lock()
	defer k.mu.Unlock()
	fresh := &anchor{server: server.UnixNano(), mono: sent + (received-sent)/2, speed: speed, error: (received - sent) / 2, since: received}
	old := k.anchor.Load()
	if old == nil || old.speed != speed || fresh.error <= old.error || received-old.since > int64(drift) || fresh.disagrees(old) {
		k.anchor.Store(fresh)
	}
}

// disagrees reports whether two anchors cannot both be right: the clock was set.
func (a *anchor) disagrees(other *anchor) bool {
	apart := math.Abs(float64(a.at(a.mono)-other.at(a.mono))) / a.speed
	return apart > float64(a.error)+float64(other.error)+float64(100*time.Millisecond)
}
