package feed

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"net/http"
	"strings"
	"time"
)

// hintGap is the shortest time between two polls that hints cause: a forged or
// mad stream of hints costs the host one conditional request in that time.
const hintGap = time.Second

// Run polls until the context ends and gives every changed set to apply, the kept
// one first. Between polls it waits for the interval, up to twice as long by
// chance so that followers do not march in step, or for a hint.
func (f *Follower) Run(ctx context.Context, apply func(*Set)) {
	if s := f.Set(); s != nil {
		apply(s)
	}
	hints := make(chan struct{}, 1)
	if s, ok := f.from.(*site); ok {
		go f.listen(ctx, s, hints)
	}
	for ctx.Err() == nil {
		changed, err := f.Poll(ctx)
		if err != nil && ctx.Err() == nil {
			f.opts.Logger.Warn("the feed of orders", "cause", CauseOf(err).String(), "error", err)
		}
		if changed {
			apply(f.Set())
		}
		f.pause(ctx, hints)
	}
}

// pause waits for the next poll's turn.
func (f *Follower) pause(ctx context.Context, hints <-chan struct{}) {
	c, start := f.opts.Clock, f.opts.Clock.Now()
	due := start.Add(f.opts.Interval + rand.N(f.opts.Interval))
	if c.Wait(ctx, due, hints) != nil || !c.Now().Before(due) {
		return
	}
	// A hint: at once, spread a little. This is real time, because it protects the
	// host from real requests.
	select {
	case <-ctx.Done():
	case <-time.After(rand.N(f.opts.Spread)):
	}
}

// listen holds a stream of hints open and comes back, later each time, when it
// breaks. Nothing rests on it but the moment of the next poll.
func (f *Follower) listen(ctx context.Context, s *site, hints chan<- struct{}) {
	const longest = time.Minute
	wait := time.Second
	for ctx.Err() == nil {
		started := time.Now()
		err := f.hear(ctx, s, hints)
		f.opts.Logger.Debug("the stream of hints ended", "error", err)
		if time.Since(started) > longest {
			wait = time.Second
		}
		select {
		case <-ctx.Done():
		case <-time.After(wait/2 + rand.N(wait)):
		}
		wait = min(longest, 2*wait)
	}
}

// hear reads one stream. It allows one hint a gap; more are not read meanwhile,
// so that the network holds a flood back.
func (f *Follower) hear(ctx context.Context, s *site, hints chan<- struct{}) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	silence := time.AfterFunc(2*heartbeat, cancel)
	defer silence.Stop()
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, s.base+hintPath, nil)
	if err != nil {
		return err
	}
	req.Header.Set("Accept", "text/event-stream")
	resp, err := s.client.Do(req)
	if err != nil {
		return err
	}
	defer resp.Body.Close() // never read to its end
	if resp.StatusCode != http.StatusOK || !strings.HasPrefix(resp.Header.Get("Content-Type"), "text/event-stream") {
		return fmt.Errorf("no stream of hints: %s", resp.Status)
	}
	lines := bufio.NewReaderSize(resp.Body, 1<<10)
	for {
		line, err := lines.ReadSlice('\n')
		if err != nil {
			return err
		}
		silence.Reset(2 * heartbeat)
		data, found := strings.CutPrefix(string(line), "data:")
		if !found || !f.newer(data) {
			continue
		}
		select {
		case hints <- struct{}{}:
		default:
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-time.After(hintGap):
		}
	}
}

// A hint is what the stream says; nobody signs it.
type hint struct {
	Version int64 `json:"version"` // of the snapshot
}

// newer reports whether a hint speaks of something that is not held.
func (f *Follower) newer(data string) bool {
	var h hint
	if json.Unmarshal([]byte(data), &h) != nil {
		return false
	}
	set := f.Set()
	return set == nil || h.Version > set.Version
}
