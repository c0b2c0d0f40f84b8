package web

import (
	"encoding/json"
	"fmt"
	"hash/fnv"
	"maps"
	"math/rand/v2"
	"net/http"
	"time"

	"github.com/ecluse-ecole/ecluse"
	"github.com/ecluse-ecole/ecluse/internal/account"
	"github.com/ecluse-ecole/ecluse/internal/order"
	"github.com/ecluse-ecole/ecluse/internal/web/page"
)

// The words of the event stream, read by static/live.js.
type (
	stateEvent struct {
		Line     string         `json:"line"`
		Detail   string         `json:"detail"`
		Kind     page.StateKind `json:"kind"`
		Urgent   bool           `json:"urgent"`
		Announce bool           `json:"announce"`
	}
	// elsewhereEvent is the line of each other place, by membership.
	elsewhereEvent map[account.MemberID]string
	newsEvent      struct {
		Text string `json:"text"`
	}
)

// live is the event stream of one open page. It ends with `closed` at the second
// at which messaging closes for this membership; that event carries the line of
// the pages that no order closes.
func (c *call) live() error {
	if err := c.mustRead(); err != nil {
		return err
	}
	c.w.Header().Set("Content-Type", "text/event-stream")
	c.w.Header().Set("X-Accel-Buffering", "no") // a proxy in front must not keep events back
	if c.r.Method == http.MethodHead {
		return nil
	}
	t := &teller{call: c, flush: http.NewResponseController(c.w)}
	return c.app.Watch(c.r.Context(), c.who, t.tell)
}

// writeWithin is how long a slow reader may take for one event.
const writeWithin = 10 * time.Second

// A teller turns what happens into events; it remembers what was said.
type teller struct {
	*call
	flush *http.ResponseController
	last  stateEvent
	lines elsewhereEvent
	news  int
}

// tell writes one event. The deadline is taken back afterwards: on HTTP/2 a
// deadline that passes ends the stream, though nothing is being written.
func (t *teller) tell(e ecluse.Event) error {
	t.flush.SetWriteDeadline(time.Now().Add(writeWithin))
	defer t.flush.SetWriteDeadline(time.Time{})
	return t.tellEvent(e)
}

func (t *teller) tellEvent(e ecluse.Event) error {
	if e.Closed {
		line := t.line(e.State)
		return t.send("closed", stateEvent{Line: line.Line, Kind: line.Kind, Announce: true})
	}
	if err := t.tellState(e); err != nil {
		return err
	}
	if err := t.tellElsewhere(); err != nil {
		return err
	}
	if e.News > 0 {
		t.news += e.News
		return t.send("news", newsEvent{Text: t.lang.Count(t.news,
			"nouveau message\u00a0: afficher", "nouveaux messages\u00a0: afficher",
			"new message: show", "new messages: show")})
	}
	fmt.Fprint(t.w, ":\n\n") // keeps the connection alive
	return t.flush.Flush()
}

// tellState tells the line when it is not the one last told. It is announced
// when the kind changes or the last warning begins, not the first time.
func (t *teller) tellState(e ecluse.Event) error {
	line := t.line(e.State)
	now := stateEvent{Line: line.Line, Detail: line.Detail, Kind: line.Kind, Urgent: line.Urgent}
	now.Announce = t.last.Line != "" && (now.Kind != t.last.Kind || now.Urgent && !t.last.Urgent)
	said := t.last
	said.Announce = now.Announce
	if said == now {
		return nil
	}
	t.last = now
	return t.send("state", now)
}

// tellElsewhere tells the lines of the person's other places when one changed,
// which is noticed at most a keep-alive later.
func (t *teller) tellElsewhere() error {
	now := elsewhereEvent{}
	for _, m := range t.visit.Members {
		who, err := t.visit.As(m.ID)
		if err != nil {
			return err
		}
		if m.ID != t.who.Member.ID {
			now[m.ID] = t.line(t.app.State(who)).Line
		}
	}
	if maps.Equal(now, t.lines) {
		return nil
	}
	t.lines = now
	return t.send("elsewhere", now)
}

func (t *teller) send(event string, data any) error {
	body, err := json.Marshal(data)
	if err != nil {
		return err
	}
	if _, err := fmt.Fprintf(t.w, "event: %s\ndata: %s\n\n", event, body); err != nil {
		return err
	}
	return t.flush.Flush()
}

// openness answers a closed page that asks whether to come back.
type openness struct {
	Open bool  `json:"open"`
	Wait int64 `json:"wait"` // real milliseconds until asking again
}

// state tells a closed page when to ask again. Clients come back spread over
// Options.Spread after a reopening, each at its own place in it.
func (c *call) state() error {
	st := c.app.State(c.who)
	if st.Decision.Access > order.Closed {
		return c.json(ok, openness{Open: true})
	}
	wait := c.opts.Poll/2 + rand.N(c.opts.Poll/2+1)
	if !st.Until.IsZero() {
		if until := c.app.Clock().Real(st.Until.Sub(st.Now)) + c.turn(); until < wait {
			wait = until
		}
	}
	return c.json(ok, openness{Wait: max(wait.Milliseconds(), 50)})
}

// turn is this membership's own instant within the spread of a reopening.
func (c *call) turn() time.Duration {
	h := fnv.New64a()
	fmt.Fprint(h, c.who.Member.ID)
	spread := c.app.Clock().Real(c.opts.Spread)
	if spread <= 0 {
		return 0
	}
	return time.Duration(h.Sum64() % uint64(spread))
}
