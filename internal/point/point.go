// Package point asks a decision point over the network: it is an
// enforce.Decider for whatever enforces on another machine than Écluse.
//
// What it promises:
//
//   - An answer is used only while it surely holds: until its own end by the
//     server's clock, until the server tells of a change, and for a moment
//     besides (see keptFor), so that what changes about a person counts soon.
//   - Never open because unreachable. Without a word from the server for Stale,
//     with a token that is refused, or where the server itself is not ready,
//     every answer is Undecided, and Changes tells of it, so that what is live
//     is cut. A question that cannot be asked within two seconds is Undecided.
//   - Nothing goes back. A word of older orders than were heard of, or of an
//     earlier time, is no word, and an answer by older orders is asked again
//     once and then Undecided: an old answer that is played back opens nothing.
//   - The machine's own clock is not believed. Instants are the server's: their
//     distance is measured (RFC 5905, section 8, with the shortest round trip)
//     and counted on by a clock that cannot be set. A machine that stood still
//     closes until it has heard of the server again.
//   - Whoever asks after a change is answered by what was asked after it.
//
// Lifetimes: New asks nothing, and everything is Undecided until Run has heard
// of the server. Run ends with its context, and everything closes with it.
package point

import (
	"context"
	"fmt"
	"log/slog"
	"net/http"
	"strings"
	"sync/atomic"
	"time"

	"github.com/ecluse-ecole/ecluse/internal/enforce"
	"github.com/ecluse-ecole/ecluse/internal/fault"
)

// Options are where a Client asks. URL and Token are required.
type Options struct {
	URL      string        // of the decision point, such as https://ecluse.example
	Token    string        // the point's
	Stale    time.Duration // without a word for so long everything closes; 0: 10 s
	Instance string        // how this instance is shown, such as the machine's name
	Software string        // name and version
	Live     func() int    // how many connections it could cut now; nil: none
	Every    time.Duration // how often it reports; 0: 15 s
	Client   *http.Client  // nil: one of its own
	Log      *slog.Logger
}

// The silence after which everything closes, and how often a point reports,
// unless Options say otherwise.
const (
	DefaultStale = 10 * time.Second
	defaultEvery = 15 * time.Second
)

// A Client asks. It is an enforce.Decider, safe for concurrent use.
type Client struct {
	opts    Options
	http    *http.Client
	clock   serverClock
	kept    kept
	asking  asking
	changes enforce.Bell
	word    word
	wake    chan struct{} // the watch looks anew
}

var _ enforce.Decider = (*Client)(nil)

// New returns a Client that is closed until Run has heard of the server.
func New(o Options) *Client {
	if o.Stale <= 0 {
		o.Stale = DefaultStale
	}
	if o.Every <= 0 {
		o.Every = defaultEvery
	}
	if o.Live == nil {
		o.Live = func() int { return 0 }
	}
	if o.Log == nil {
		o.Log = slog.Default()
	}
	o.URL = strings.TrimRight(o.URL, "/")
	c := &Client{opts: o, http: plain(o.Client), wake: make(chan struct{}, 1)}
	c.kept.drop(0)
	return c
}

// plain is a client for one server that answers here or not at all: it follows
// no redirection, and streams have no end.
func plain(given *http.Client) *http.Client {
	client := http.Client{}
	if given != nil {
		client = *given
	} else {
		t := http.DefaultTransport.(*http.Transport).Clone()
		t.MaxIdleConnsPerHost = 2 * mostBatches
		t.Protocols = new(http.Protocols)
		t.Protocols.SetHTTP1(true) // one hung connection must not hold up the others
		client.Transport = t
	}
	client.Timeout = 0
	client.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	return &client
}

// unreachable is the answer while the server is not heard of, and for whatever
// it did not answer.
var unreachable = enforce.Undecided("", "")

// Ask answers from what is kept, or asks the server.
func (c *Client) Ask(ctx context.Context, q enforce.Question) *enforce.Answer {
	now := read()
	if !c.word.holds(now, c.opts.Stale) {
		return unreachable
	}
	if a := c.kept.find(q, c.clock.at(now.mono), now.mono); a != nil {
		return a
	}
	return c.await(ctx, []*question{c.ask(q)})[0]
}

// AskAll answers each question, asking the server for all that are not kept at
// once.
func (c *Client) AskAll(ctx context.Context, qs []enforce.Question) []*enforce.Answer {
	answers := make([]*enforce.Answer, len(qs))
	now := read()
	if !c.word.holds(now, c.opts.Stale) {
		for i := range answers {
			answers[i] = unreachable
		}
		return answers
	}
	server := c.clock.at(now.mono)
	var open []*question
	var places []int
	for i, q := range qs {
		if answers[i] = c.kept.find(q, server, now.mono); answers[i] == nil {
			open, places = append(open, c.ask(q)), append(places, i)
		}
	}
	if len(open) == 0 {
		return answers
	}
	for i, a := range c.await(ctx, open) {
		answers[places[i]] = a
	}
	return answers
}

// Changes tells of every instant at which answers may have changed, the loss of
// the server included.
func (c *Client) Changes(ctx context.Context) <-chan enforce.Change { return c.changes.Listen(ctx) }

// Wait is the real time from now to an instant of the server's clock.
func (c *Client) Wait(instant time.Time) time.Duration { return c.clock.wait(instant) }

// Version is that of the newest orders heard of; 0 before any.
func (c *Client) Version() int64 { return c.kept.newest() }

// Offset is how far this machine's clock is ahead of the server's.
func (c *Client) Offset() time.Duration {
	now := read()
	return time.Duration(now.wall - c.clock.at(now.mono))
}

// Now is the server's clock, as far as it is known.
func (c *Client) Now() time.Time { return time.Unix(0, c.clock.at(read().mono)) }

// Ready is nil while answers can be given.
func (c *Client) Ready() error {
	now := read()
	switch {
	case c.word.holds(now, c.opts.Stale):
		return nil
	case c.word.refused.Load():
		return fault.New(fault.Unavailable,
			"Le serveur de décision refuse le jeton de ce point : tout est fermé. Vérifiez le jeton, ou ajoutez le point avec « ecluse point add ».",
			"The decision point refuses this point's token: everything is closed. Check the token, or add the point with \"ecluse point add\".")
	case c.word.fresh(now, c.opts.Stale):
		return fault.New(fault.Unavailable,
			"Le serveur de décision répond, mais ne peut rien décider pour le moment : tout est fermé.",
			"The decision point answers, but cannot decide anything at the moment: everything is closed.")
	}
	return fault.New(fault.Unavailable,
		fmt.Sprintf("Le serveur de décision %s ne répond pas : tout est fermé jusqu’à ce qu’il réponde.", c.opts.URL),
		fmt.Sprintf("The decision point %s does not answer: everything is closed until it does.", c.opts.URL))
}

// A reading is one look at this machine's clocks, in nanoseconds: one that
// nobody sets, and the wall's.
type reading struct{ mono, wall int64 }

// began is where the clock that nobody sets begins.
var began = time.Now()

func read() reading {
	now := time.Now()
	return reading{int64(now.Sub(began)), now.UnixNano()}
}

// A word is when the server was last heard of, and whether it can decide.
type word struct {
	mono, wall atomic.Int64
	latest     atomic.Int64 // the latest time it told, in Unix nanoseconds
	heard      atomic.Bool
	ready      atomic.Bool // the server can decide
	refused    atomic.Bool // the token is no point's
	complained atomic.Bool // of not being heard, since the last word
}

// hear notes a word of the server.
func (w *word) hear(at reading, ready bool) {
	w.mono.Store(at.mono)
	w.wall.Store(at.wall)
	w.ready.Store(ready)
	w.refused.Store(false)
	w.complained.Store(false)
	w.heard.Store(true)
}

// holds reports whether answers can be given.
func (w *word) holds(now reading, stale time.Duration) bool {
	return w.ready.Load() && w.fresh(now, stale) && !w.refused.Load()
}

// fresh reports whether the server was heard of within stale by both clocks: one
// of them stands still while a machine sleeps.
func (w *word) fresh(now reading, stale time.Duration) bool {
	return w.heard.Load() && now.mono-w.mono.Load() < int64(stale) && now.wall-w.wall.Load() < int64(stale)
}

// left is the real time until the word is stale.
func (w *word) left(now reading, stale time.Duration) time.Duration {
	return stale - time.Duration(max(now.mono-w.mono.Load(), now.wall-w.wall.Load()))
}
