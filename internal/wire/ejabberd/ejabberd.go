// Package ejabberd ends the chat sessions of those for whom chat has closed,
// through ejabberd's own interface (mod_http_api), for installations that cannot
// load the module of integrations/ejabberd. The module is the better way: it
// refuses what is sent and who signs in. A Cutter can only look at who is
// connected and end their sessions, with the notice as the reason:
//
//   - whoever is connected when chat closes is cut within a moment of the change;
//   - whoever signs in while it is closed is cut when it is looked again, at most
//     a second later, and may send for so long;
//   - where only reading is open ejabberd is not told: who may read stays, and can
//     send. The module refuses that;
//   - a session that sleeps (XEP-0198) is cut when it wakes;
//   - while Écluse cannot decide everybody is cut; while the process that runs the
//     Cutter is down nobody is, so run it where it is watched.
//
// ejabberd lets in whoever has an OAuth token, or asks from an address that its
// api_permissions name; the sample configuration names the loopback network and
// three commands.
package ejabberd

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/url"
	"os"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/ecluse-ecole/ecluse/internal/config"
	"github.com/ecluse-ecole/ecluse/internal/enforce"
	"github.com/ecluse-ecole/ecluse/internal/metric"
	"github.com/ecluse-ecole/ecluse/internal/order"
)

// A Cutter ends sessions in ejabberd. It is enforce.Connections, and runs in its
// own Keeper (see Run).
type Cutter struct {
	admin   *admin
	decider enforce.Decider
	host    string
	point   *metric.Point
	log     *slog.Logger
	down    atomic.Bool // the last request did not succeed

	mu   sync.Mutex
	live map[enforce.Held][]address
	done map[enforce.Held]error // what became of them, since live was read
}

// When it is looked again after something was cut, and in any case.
const (
	again = 200 * time.Millisecond
	every = time.Second
)

// NewCutter returns a Cutter that asks d. Without a token file ejabberd must let
// in the address that this process asks from.
func NewCutter(cfg *config.Ejabberd, d enforce.Decider, m *metric.Set, log *slog.Logger) (*Cutter, error) {
	u, err := url.Parse(cfg.URL)
	if err != nil || u.Scheme != "http" && u.Scheme != "https" || u.Host == "" {
		return nil, fmt.Errorf("gate.ejabberd.url: %q is no address of mod_http_api: write http://127.0.0.1:5281/api, for example", cfg.URL)
	}
	token, err := readToken(cfg.TokenFile)
	if err != nil {
		return nil, err
	}
	c := &Cutter{
		admin: newAdmin(cfg.URL, token), decider: d, host: strings.ToLower(cfg.Host), point: m.Point("ejabberd"), log: log,
		live: map[enforce.Held][]address{}, done: map[enforce.Held]error{},
	}
	m.Gauge("ecluse_ejabberd_reachable", "1 while ejabberd answers, 0 while sessions cannot be cut.", nil, func() float64 {
		if c.down.Load() {
			return 0
		}
		return 1
	})
	return c, nil
}

func readToken(file string) (string, error) {
	if file == "" {
		return "", nil
	}
	text, err := os.ReadFile(file)
	if err != nil {
		return "", fmt.Errorf("reading gate.ejabberd.token_file: %w", err)
	}
	token := string(bytes.TrimSpace(text))
	if token == "" || strings.ContainsAny(token, " \r\n\t") {
		return "", fmt.Errorf("gate.ejabberd.token_file: %s must hold one token of ejabberd and nothing else (ejabberdctl oauth_issue_token)", file)
	}
	return token, nil
}

// Run cuts at every change, and looks every second, until the context ends. What
// does not succeed is logged and tried again.
func (c *Cutter) Run(ctx context.Context) {
	keeper := &enforce.Keeper{
		Decider: c.decider, On: c, Log: c.log, Again: again, Every: every,
		Cut: func(_ enforce.Held, _ *enforce.Answer, after time.Duration) {
			c.point.Cut(after)
			c.log.Info("ended sessions in ejabberd", "after", after)
		},
	}
	keeper.Run(ctx)
}

// Live lists who is connected.
func (c *Cutter) Live(ctx context.Context) ([]enforce.Held, error) {
	sessions, err := c.admin.connected(ctx)
	c.down.Store(err != nil)
	if err != nil {
		return nil, err
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	clear(c.live)
	clear(c.done)
	var list []enforce.Held
	for _, s := range sessions {
		if c.host != "" && s.Host != c.host {
			continue
		}
		h := held(s)
		if c.live[h] == nil {
			list = append(list, h)
		}
		c.live[h] = append(c.live[h], s)
	}
	return list, nil
}

func held(a address) enforce.Held {
	return enforce.Held{Question: enforce.Question{Login: login(a.User), Service: order.Chat}, Action: enforce.OpenSession}
}

// Cut ends the sessions that rest on h. The first Cut after a look ends those of
// everybody else who is refused as well, several at once: one after the other a
// school would take seconds.
func (c *Cutter) Cut(ctx context.Context, h enforce.Held, why *enforce.Answer) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	if err, done := c.done[h]; done {
		return err
	}
	c.kick(ctx, append(c.refused(ctx, h), refusal{h, why}))
	return c.done[h]
}

// A refusal is somebody whose sessions must end, and why.
type refusal struct {
	enforce.Held
	why *enforce.Answer
}

// askAtOnce bounds how many questions go to the Decider at once.
const askAtOnce = 500

// refused is everybody else who is live and may be so no longer.
func (c *Cutter) refused(ctx context.Context, but enforce.Held) (list []refusal) {
	var others []enforce.Held
	for h := range c.live {
		if h != but {
			others = append(others, h)
		}
	}
	for part := range slices.Chunk(others, askAtOnce) {
		questions := make([]enforce.Question, len(part))
		for i, h := range part {
			questions[i] = h.Question
		}
		for i, answer := range c.decider.AskAll(ctx, questions) {
			if !answer.Allows(part[i].Action) {
				list = append(list, refusal{part[i], answer})
			}
		}
	}
	return list
}

// kickAtOnce is how many requests ejabberd is sent at a time.
const kickAtOnce = 16

// kick ends sessions and notes in done what became of each.
func (c *Cutter) kick(ctx context.Context, list []refusal) {
	results := make([]error, len(list))
	var wait sync.WaitGroup
	slots := make(chan struct{}, kickAtOnce)
	for i, r := range list {
		sessions := c.live[r.Held]
		slots <- struct{}{}
		wait.Go(func() {
			defer func() { <-slots }()
			for _, s := range sessions {
				results[i] = errors.Join(results[i], c.admin.kick(ctx, s, notice(r.why)))
			}
		})
	}
	wait.Wait()
	for i, r := range list {
		c.done[r.Held] = results[i]
		c.down.Store(results[i] != nil)
	}
}

// Len is how many people had sessions when it was last looked.
func (c *Cutter) Len() int {
	c.mu.Lock()
	defer c.mu.Unlock()
	return len(c.live)
}
