package api

import (
	"encoding/json"
	"net/http"
	"sync"
	"time"
)

// streams counts the open streams of /gate/changes: so many in all, and for one
// point, whose instances share a token.
type streams struct {
	most, each int

	mu   sync.Mutex
	all  int
	open map[string]int
}

func (s *streams) join(point string) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.all >= s.most || s.open[point] >= s.each {
		return false
	}
	s.all++
	s.open[point]++
	return true
}

func (s *streams) leave(point string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.all--
	if s.open[point]--; s.open[point] == 0 {
		delete(s.open, point)
	}
}

// A moment is what is true of every answer: the data of both events. After a
// snapshot event answers may be others than before; a tick says that they are not.
type moment struct {
	Version int64     `json:"version"`
	Time    time.Time `json:"time"`   // by this server's clock
	Speed   float64   `json:"speed"`  // its seconds in one real second; not 1 in a demonstration
	Ready   bool      `json:"ready"`  // false: everything is closed, because nothing can be decided
	Age     int64     `json:"age_ms"` // how long ago the change was, in real time
}

func (c *call) moment() moment {
	return moment{
		Version: c.answerer.Version(), Time: c.app.Now(), Speed: c.app.Clock().Speed(), Ready: c.app.Ready() == nil,
	}
}

// writeWithin is how long a reader may take for one event before it is left.
const writeWithin = 5 * time.Second

// changes tells of every change until the reader leaves, the server stops or the
// point is no more, as server-sent events.
func (c *call) changes() error {
	if !c.streams.join(c.point.Name) {
		return &status{http.StatusTooManyRequests, "Too many streams are open for this point: close those that are not read.", 5}
	}
	defer c.streams.leave(c.point.Name)
	flush := http.NewResponseController(c.w)
	h := c.w.Header()
	h.Set("Content-Type", "text/event-stream")
	h.Set("Cache-Control", "no-store")
	h.Set("X-Accel-Buffering", "no")
	ctx := c.r.Context()
	changes := c.answerer.Changes(ctx)
	tick := time.NewTicker(c.every())
	defer tick.Stop()
	event, m := "snapshot", c.moment()
	for c.stands() {
		if err := c.tell(flush, event, m); err != nil {
			return nil // the reader left
		}
		select {
		case <-ctx.Done():
			return nil
		case <-c.app.Hushed():
			return nil
		case change := <-changes:
			event, m = "snapshot", c.moment()
			m.Age = max(0, time.Since(change.At).Milliseconds())
		case <-tick.C:
			event, m = "tick", c.moment()
		}
	}
	return nil
}

// every is how often a tick comes: as the reader wishes (?tick=2s), but not more
// seldom than Options say.
func (c *call) every() time.Duration {
	wish, err := time.ParseDuration(c.r.URL.Query().Get("tick"))
	if err != nil || wish <= 0 {
		return c.opts.Tick
	}
	return min(max(wish, 50*time.Millisecond), c.opts.Tick)
}

// stands reports whether the token is still the point's: it may have been removed
// since the stream began.
func (c *call) stands() bool {
	_, p, err := c.desk.ByToken(c.r)
	return err == nil && p.Name == c.point.Name && p.Territory == c.point.Territory
}

// tell writes one event. The deadline is taken back afterwards: on HTTP/2 one
// that passes ends the stream, though nothing is being written.
func (c *call) tell(flush *http.ResponseController, event string, m moment) error {
	data, err := json.Marshal(m)
	if err != nil {
		return err
	}
	_ = flush.SetWriteDeadline(time.Now().Add(writeWithin))
	c.out = append(append(append(c.out[:0], "event: "...), event...), "\ndata: "...)
	c.out = append(append(c.out, data...), "\n\n"...)
	if _, err := c.w.Write(c.out); err != nil {
		return err
	}
	if err := flush.Flush(); err != nil {
		return err
	}
	return flush.SetWriteDeadline(time.Time{})
}
