package point

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"math/rand/v2"
	"net/http"
	"sync"
	"time"
)

// Run listens to the server, watches the instants at which answers end, and
// reports, until the context ends; then everything is closed.
func (c *Client) Run(ctx context.Context) {
	var all sync.WaitGroup
	for _, part := range []func(context.Context){c.listen, c.watch, c.reports} {
		all.Go(func() { part(ctx) })
	}
	all.Wait()
	c.word.heard.Store(false)
	c.fire(time.Now())
}

// A moment is the data of an event of /gate/changes.
type moment struct {
	Version int64     `json:"version"`
	Time    time.Time `json:"time"`
	Speed   float64   `json:"speed"`
	Ready   bool      `json:"ready"`
	Age     int64     `json:"age_ms"`
}

// How long to wait before listening again: hardly at all the first time, so that
// a restart goes unnoticed, then longer.
const (
	firstPause = 50 * time.Millisecond
	mostPause  = 2 * time.Second
)

// listen follows the stream of changes, and begins again whenever it ends.
func (c *Client) listen(ctx context.Context) {
	pause := firstPause
	for ctx.Err() == nil {
		heard, err := c.follow(ctx)
		if heard {
			pause = firstPause
		}
		if ctx.Err() != nil {
			return
		}
		c.failed(err)
		select {
		case <-ctx.Done():
		case <-time.After(pause/2 + rand.N(pause)):
		}
		pause = min(2*pause, mostPause)
	}
}

// follow reads one stream to its end. A stream that says nothing for most of
// Stale is given up, so that there is time for another one.
func (c *Client) follow(ctx context.Context) (heard bool, err error) {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	silence := c.opts.Stale * 6 / 10
	guard := time.AfterFunc(silence, cancel)
	defer guard.Stop()
	r, err := c.request(ctx, http.MethodGet, fmt.Sprintf("/gate/changes?tick=%s", c.opts.Stale/4), nil)
	if err != nil {
		return false, err
	}
	sent := read().mono
	res, err := c.do(r)
	if err != nil {
		return false, err
	}
	defer res.Body.Close()
	events := newEvents(res.Body)
	for {
		name, data, err := events.next()
		if err != nil {
			return heard, fmt.Errorf("listening to the decision point: %w", err)
		}
		var m moment
		if err := json.Unmarshal(data, &m); err != nil || m.Speed <= 0 {
			return heard, fmt.Errorf("listening to the decision point: an event %q that cannot be read", name)
		}
		now := read()
		if !heard {
			c.clock.measure(m.Time, sent, now.mono, m.Speed)
		}
		if err := c.hear(m, now, name == "snapshot"); err != nil {
			return heard, err
		}
		heard = true
		guard.Reset(silence)
	}
}

// backward is how far the server's time may go back between two words: servers
// that share a database differ by less.
const backward = 2 * time.Minute

// hear takes a word of the server, unless it is an old one.
func (c *Client) hear(m moment, now reading, snapshot bool) error {
	newest, latest := c.kept.newest(), c.word.latest.Load()
	if m.Version < newest || m.Time.UnixNano() < latest-int64(backward) {
		return fmt.Errorf("the decision point tells of older orders (version %d of %s) than it did before (%d): "+
			"nothing is believed; if its database was restored from a copy, restart this point", m.Version, m.Time.Format(time.RFC3339), newest)
	}
	c.word.latest.Store(max(latest, m.Time.UnixNano()))
	c.clock.hear(m.Time, now.mono, m.Speed)
	held := c.word.holds(now, c.opts.Stale)
	changed := m.Version != newest || m.Ready != held
	if changed || snapshot { // by the same orders people may be others than before
		c.kept.drop(m.Version)
	}
	c.word.hear(now, m.Ready)
	if changed || snapshot {
		c.fire(time.Now().Add(-time.Duration(m.Age) * time.Millisecond))
	}
	if !held && m.Ready {
		c.opts.Log.Info("the decision point answers", "url", c.opts.URL, "version", m.Version)
	}
	c.nudge()
	return nil
}

// failed notes what went wrong with the server. A token that is refused closes at
// once; anything else waits for Stale.
func (c *Client) failed(err error) {
	switch {
	case errors.Is(err, errRefused):
		if !c.word.refused.Swap(true) {
			c.opts.Log.Error("everything is closed", "error", err)
			c.fire(time.Now())
		}
	case err != nil && !c.word.complained.Swap(true):
		c.opts.Log.Warn("the decision point is not reached", "error", err)
	}
}

// longestNap bounds how long the watch sleeps: what it knows of the server's
// clock may be corrected meanwhile.
const longestNap = time.Second

// watch tells of answers that end, and of a server that says nothing any more.
func (c *Client) watch(ctx context.Context) {
	held := false
	for {
		now := read()
		server := c.clock.at(now.mono)
		holds := c.word.holds(now, c.opts.Stale)
		if held && !holds {
			c.opts.Log.Error("everything is closed", "error", c.Ready())
			c.fire(time.Now())
		}
		held = holds
		nap := longestNap
		if server != math.MaxInt64 {
			came, some, next := c.kept.due(server)
			if some {
				c.fire(time.Now().Add(-c.clock.real(server - came)))
			}
			if next != math.MaxInt64 {
				nap = min(nap, c.clock.real(next-server))
			}
		}
		if holds {
			nap = min(nap, c.word.left(now, c.opts.Stale))
		}
		select {
		case <-ctx.Done():
			return
		case <-c.wake:
		case <-time.After(max(nap, time.Millisecond)):
		}
	}
}
