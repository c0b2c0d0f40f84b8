package dovecot

import (
	"bytes"
	"context"
	"fmt"
	"log/slog"
	"net/url"
	"os"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"github.com/ecluse-ecole/ecluse/internal/config"
	"github.com/ecluse-ecole/ecluse/internal/enforce"
	"github.com/ecluse-ecole/ecluse/internal/metric"
)

// A Cutter ends the sessions of those for whom messaging has closed, through
// Dovecot's administration interface: their programs read "* BYE". It is
// enforce.Connections, and runs in its own Keeper (see Run).
//
// One kick ends every session of a name, in IMAP, POP3 and the others: who may
// still read then signs in again. What Dovecot holds in one process for several
// people it can only end for all of them; the sample configuration has it hold none.
type Cutter struct {
	admin   *doveadm
	decider enforce.Decider
	domains []string
	point   *metric.Point
	log     *slog.Logger
	down    atomic.Bool // the last request did not succeed

	mu   sync.Mutex
	live map[enforce.Held][]string // names, as Dovecot has them
	done map[enforce.Held]error    // what became of them, since live was read
}

// When it is looked again after something was cut, and in any case: a sign-in that
// had passed before the closing appears within moments, unless the program keeps
// the last step of it back, for which Dovecot gives it three minutes.
const (
	again = 500 * time.Millisecond
	every = 15 * time.Second
)

// NewCutter reads the key and returns a Cutter that asks d.
func NewCutter(cfg *config.Dovecot, d enforce.Decider, m *metric.Set, log *slog.Logger) (*Cutter, error) {
	u, err := url.Parse(cfg.URL)
	if err != nil || u.Scheme != "http" && u.Scheme != "https" || u.Host == "" {
		return nil, fmt.Errorf("gate.dovecot.url: %q is no address of doveadm: write http://127.0.0.1:8080/doveadm/v1, for example", cfg.URL)
	}
	key, err := os.ReadFile(cfg.KeyFile)
	if err != nil {
		return nil, fmt.Errorf("reading gate.dovecot.key_file: %w", err)
	}
	if key = bytes.TrimSpace(key); len(key) == 0 {
		return nil, fmt.Errorf("gate.dovecot.key_file: %s is empty: write doveadm_api_key of Dovecot there", cfg.KeyFile)
	}
	c := &Cutter{
		admin: newDoveadm(cfg.URL, string(key)), decider: d, domains: cfg.Domains, point: m.Point(kind), log: log,
		live: map[enforce.Held][]string{}, done: map[enforce.Held]error{},
	}
	m.Gauge("ecluse_dovecot_reachable", "1 while doveadm answers, 0 while sessions cannot be cut.", nil, func() float64 {
		if c.down.Load() {
			return 0
		}
		return 1
	})
	return c, nil
}

// Run cuts at every change until the context ends. What does not succeed is logged
// and tried again.
func (c *Cutter) Run(ctx context.Context) {
	keeper := &enforce.Keeper{
		Decider: c.decider, On: c, Log: c.log, Again: again, Every: every,
		Cut: func(h enforce.Held, _ *enforce.Answer, after time.Duration) {
			c.point.Cut(after)
			c.log.Info("ended sessions in Dovecot", "service", h.Service, "after", after)
		},
	}
	keeper.Run(ctx)
}

// Live lists who is connected, by what the sessions rest on.
func (c *Cutter) Live(ctx context.Context) ([]enforce.Held, error) {
	sessions, err := c.admin.who(ctx)
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
		if s.Name == "" || elsewhere[s.Service] {
			continue
		}
		h := enforce.Held{Question: question(s.Name, c.domains), Action: action(s.Service)}
		if c.live[h] == nil {
			list = append(list, h)
		}
		c.live[h] = append(c.live[h], s.Name)
	}
	return list, nil
}

// Cut ends the sessions that rest on h. The first Cut after a look ends those of
// everybody else who is refused as well, in the same few requests: Dovecot takes as
// long for each request as for dozens of names.
func (c *Cutter) Cut(ctx context.Context, h enforce.Held, _ *enforce.Answer) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	if err, done := c.done[h]; done {
		return err
	}
	cut, names, keep := c.refused(ctx, h)
	err := c.admin.kick(ctx, masks(names, keep))
	c.down.Store(err != nil)
	for _, h := range cut {
		c.done[h] = err
	}
	return err
}

// askAtOnce bounds how many questions go to the Decider at once.
const askAtOnce = 500

// refused sorts everybody who is live: what h and other refusals rest on, their
// names, and the names of those who may stay.
func (c *Cutter) refused(ctx context.Context, h enforce.Held) (cut []enforce.Held, names, keep []string) {
	cut, names = []enforce.Held{h}, slices.Clone(c.live[h])
	for part := range slices.Chunk(c.others(h), askAtOnce) {
		questions := make([]enforce.Question, len(part))
		for i, other := range part {
			questions[i] = other.Question
		}
		for i, answer := range c.decider.AskAll(ctx, questions) {
			if answer.Allows(part[i].Action) {
				keep = append(keep, c.live[part[i]]...)
				continue
			}
			cut, names = append(cut, part[i]), append(names, c.live[part[i]]...)
		}
	}
	return cut, names, keep
}

func (c *Cutter) others(h enforce.Held) []enforce.Held {
	var list []enforce.Held
	for other := range c.live {
		if other != h {
			list = append(list, other)
		}
	}
	return list
}

// Len is how many names had sessions when it was last looked.
func (c *Cutter) Len() int {
	c.mu.Lock()
	defer c.mu.Unlock()
	return len(c.live)
}
