// Package clock is the one place that tells the time. Everything that decides
// is handed an instant; everything that waits for one waits on a Clock, so that
// the demo can run an evening in a minute and tests need no real waiting.
//
// A system clock can be set back while we run. Now then stands still at the
// latest instant it has told until the machine's clock has caught up, and Doubt
// says so: going back would open what an order has closed.
package clock

import (
	"context"
	"sync"
	"time"
)

// A Clock tells and awaits instants. The zero value is not ready: use System,
// Scaled or Manual.
type Clock struct {
	origin time.Time // real instant at which a scaled clock was made
	base   time.Time // what it showed then
	speed  float64   // how many of its seconds pass in one real second
	manual bool

	mu      sync.Mutex
	latest  time.Time     // the latest instant told
	changed chan struct{} // closed when a manual clock is set
}

// System is the machine's clock.
func System() *Clock { return &Clock{speed: 1, changed: make(chan struct{})} }

// Scaled starts at base and runs speed times as fast as real time.
func Scaled(base time.Time, speed float64) *Clock {
	return &Clock{origin: time.Now(), base: base, speed: speed, changed: make(chan struct{})}
}

// Manual stands at base until Set moves it; waiters wake when it does.
func Manual(base time.Time) *Clock {
	return &Clock{base: base, speed: 1, manual: true, changed: make(chan struct{})}
}

// Speed is how many of this clock's seconds pass in one real second.
func (c *Clock) Speed() float64 { return c.speed }

// Now is the present instant in UTC; it never goes back.
func (c *Clock) Now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	if t := c.read(); t.After(c.latest) {
		c.latest = t
	}
	return c.latest
}

// Reading is Now and Doubt of one and the same look at the clock.
func (c *Clock) Reading() (now time.Time, doubt time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	t := c.read()
	if t.After(c.latest) {
		c.latest = t
	}
	return c.latest, c.latest.Sub(t)
}

// Reach notes that t was told already, by a clock before this one: what is told
// from now on is not earlier.
func (c *Clock) Reach(t time.Time) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if t.After(c.latest) {
		c.latest = t.UTC()
	}
}

// Doubt is how far the machine's clock stands behind the latest instant told:
// zero in good order.
func (c *Clock) Doubt() time.Duration {
	c.mu.Lock()
	defer c.mu.Unlock()
	return max(0, c.latest.Sub(c.read()))
}

// read is the bare reading, without the ratchet.
func (c *Clock) read() time.Time {
	switch {
	case c.manual:
		return c.base.UTC()
	case c.base.IsZero():
		return time.Now().Round(0).UTC() // Round drops the monotonic reading: the wall is what orders speak of
	default:
		return c.base.Add(time.Duration(float64(time.Since(c.origin)) * c.speed)).UTC()
	}
}

// Set moves a manual clock to t and wakes who waits.
func (c *Clock) Set(t time.Time) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.base = t
	close(c.changed)
	c.changed = make(chan struct{})
}

// longestNap bounds one sleep, so that a clock that was put forward is noticed.
const longestNap = time.Second

// Wait returns nil when the clock has reached t or wake is closed or sent to
// (nil never is), and the context's error when that ends first. Who was woken
// asks Now.
func (c *Clock) Wait(ctx context.Context, t time.Time, wake <-chan struct{}) error {
	for {
		left, changed := c.left(t)
		if left <= 0 {
			return nil
		}
		woken, err := c.nap(ctx, left, changed, wake)
		if woken || err != nil {
			return err
		}
	}
}

// left is how long the clock has still to go to t, and what will tell of a
// manual clock being set meanwhile.
func (c *Clock) left(t time.Time) (time.Duration, <-chan struct{}) {
	c.mu.Lock()
	defer c.mu.Unlock()
	now := c.read()
	if c.latest.After(now) {
		now = c.latest
	}
	return t.Sub(now), c.changed
}

// nap sleeps until left has passed on this clock, at most longestNap, until a
// manual clock is set, or until it is woken.
func (c *Clock) nap(ctx context.Context, left time.Duration, changed, wake <-chan struct{}) (woken bool, err error) {
	var timeout <-chan time.Time
	if !c.manual {
		timer := time.NewTimer(min(longestNap, c.Real(left)))
		defer timer.Stop()
		timeout = timer.C
	}
	select {
	case <-ctx.Done():
		return false, ctx.Err()
	case <-wake:
		return true, nil
	case <-changed:
	case <-timeout:
	}
	return false, nil
}

// Real is how much real time passes while d passes on this clock.
func (c *Clock) Real(d time.Duration) time.Duration {
	return time.Duration(float64(d) / c.speed)
}
