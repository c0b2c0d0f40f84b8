package dovecot

import (
	"bytes"
	"context"
	"fmt"
	"log/slog"
	"net/url"
	"os"
	"slices"
	"time"

	"github.com/ecluse-ecole/ecluse/internal/config"
	"github.com/ecluse-ecole/ecluse/internal/enforce"
	"github.com/ecluse-ecole/ecluse/internal/metric"
)

// A Cutter ends the sessions of those for whom messaging has closed, through
// Dovecot's administration interface: their programs read "* BYE". It runs in its
// own Keeper (see Run).
//
// Dovecot takes as long for each request as for dozens of names, so that everybody
// who is refused is ended in the same few: it is an enforce.Batch of names, as
// Dovecot has them. One kick ends every session of a name, in IMAP, POP3 and the
// others: who may still read then signs in again. What Dovecot holds in one process
// for several people it can only end for all of them; the sample configuration has
// it hold none.
type Cutter struct {
	enforce.Batch[string]
	admin   *doveadm
	domains []string
	point   *metric.Point
	log     *slog.Logger
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
		Batch: enforce.Batch[string]{Decider: d},
		admin: newDoveadm(cfg.URL, string(key)), domains: cfg.Domains, point: m.Point(kind), log: log,
	}
	c.List, c.End = c.list, c.end
	m.Gauge("ecluse_dovecot_reachable", "1 while doveadm answers, 0 while sessions cannot be cut.", nil, func() float64 {
		if c.Down() {
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
		Decider: c.Decider, On: c, Log: c.log, Again: again, Every: every,
		Cut: func(h enforce.Held, _ *enforce.Answer, after time.Duration) {
			c.point.Cut(after)
			c.log.Info("ended sessions in Dovecot", "service", h.Service, "after", after)
		},
	}
	keeper.Run(ctx)
}

// list lists who is connected, by what the sessions rest on.
func (c *Cutter) list(ctx context.Context) (map[enforce.Held][]string, error) {
	sessions, err := c.admin.who(ctx)
	if err != nil {
		return nil, err
	}
	live := map[enforce.Held][]string{}
	for _, s := range sessions {
		if s.Name == "" || elsewhere[s.Service] {
			continue
		}
		h := enforce.Held{Question: question(s.Name, c.domains), Action: action(s.Service)}
		live[h] = append(live[h], s.Name)
	}
	return live, nil
}

// end kicks everybody who is refused. Dovecot does not say whose sessions it has
// not ended: where one request fails nobody's count as ended.
func (c *Cutter) end(ctx context.Context, refused []enforce.Refusal[string], stay []string) []error {
	var names []string
	for _, r := range refused {
		names = append(names, r.Sessions...)
	}
	return slices.Repeat([]error{c.admin.kick(ctx, masks(names, stay))}, len(refused))
}
