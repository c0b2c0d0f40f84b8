package point

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math"
	"math/rand/v2"
	"net/http"
	"sync"
	"time"

	"github.com/ecluse-ecole/ecluse/internal/enforce"
	"github.com/ecluse-ecole/ecluse/internal/school"
)

func wordsOf(roles school.Roles) (list []string) {
	for _, r := range roles.Each() {
		list = append(list, r.String())
	}
	return list
}

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
		c.word.failed(c, err)
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
	if changed {
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
func (w *word) failed(c *Client, err error) {
	if errors.Is(err, errRefused) {
		if !w.refused.Swap(true) {
			c.opts.Log.Error("everything is closed", "error", err)
			c.fire(time.Now())
		}
		return
	}
	if err != nil && !w.complained.Swap(true) {
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

// events reads server-sent events (HTML Living Standard, section 9.2.6).
type events struct{ lines *bufio.Reader }

func newEvents(r io.Reader) *events { return &events{bufio.NewReaderSize(r, 16<<10)} }

// next is the next event that has data. A line that is too long ends the stream.
func (e *events) next() (name string, data []byte, err error) {
	for {
		line, err := e.lines.ReadSlice('\n')
		if err != nil {
			return "", nil, err
		}
		line = bytes.TrimRight(line, "\r\n")
		field, value, _ := bytes.Cut(line, []byte(":"))
		value = bytes.TrimPrefix(value, []byte(" "))
		switch {
		case len(line) == 0 && data != nil:
			return name, data, nil
		case len(line) == 0:
			name = ""
		case string(field) == "event":
			name = string(value)
		case string(field) == "data" && data == nil:
			data = append([]byte{}, value...)
		case string(field) == "data":
			return "", nil, errors.New("an event of several lines")
		}
	}
}

// The report of /gate/report and its answer.
type (
	reportDocument struct {
		Instance string       `json:"instance"`
		Software string       `json:"software"`
		Time     time.Time    `json:"time"`
		Version  int64        `json:"version"`
		Live     int          `json:"live"`
		SelfTest testDocument `json:"self_test"`
	}
	testDocument struct {
		At      time.Time `json:"at"`
		Refused bool      `json:"refused"`
	}
)

// reports tells the server how this instance is, soon after the first word of it
// and then every now and then.
func (c *Client) reports(ctx context.Context) {
	next := time.Duration(0)
	for {
		select {
		case <-ctx.Done():
			return
		case <-time.After(next):
		}
		if next = c.opts.Every; c.Ready() != nil {
			next = min(next, 100*time.Millisecond)
			continue
		}
		if err := c.report(ctx); err != nil && ctx.Err() == nil {
			c.word.failed(c, err)
		}
	}
}

// report asks for the account that is always closed, says so, and measures the
// server's clock by the way.
func (c *Client) report(ctx context.Context) error {
	refused := !c.Ask(ctx, enforce.Question{Login: enforce.SelfTest}).Allows(enforce.OpenSession)
	body := reportDocument{
		Instance: c.opts.Instance, Software: c.opts.Software, Time: time.Now(), Version: c.Version(),
		Live: c.opts.Live(), SelfTest: testDocument{c.Now(), refused},
	}
	ctx, cancel := context.WithTimeout(ctx, askWithin)
	defer cancel()
	var m moment
	sent := read().mono
	if err := c.post(ctx, "/gate/report", body, &m); err != nil {
		return err
	}
	if m.Speed > 0 && !m.Time.IsZero() {
		c.clock.measure(m.Time, sent, read().mono, m.Speed)
	}
	return nil
}
