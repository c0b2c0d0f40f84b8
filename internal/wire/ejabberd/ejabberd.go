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
	"strings"
	"sync"
	"time"

	"github.com/ecluse-ecole/ecluse/internal/config"
	"github.com/ecluse-ecole/ecluse/internal/enforce"
	"github.com/ecluse-ecole/ecluse/internal/metric"
	"github.com/ecluse-ecole/ecluse/internal/order"
)

// A Cutter ends sessions in ejabberd. It runs in its own Keeper (see Run), and is
// an enforce.Batch: ejabberd is sent several requests at once, since one after the
// other a school would take seconds.
type Cutter struct {
	enforce.Batch[address]
	admin *admin
	host  string
	point *metric.Point
	log   *slog.Logger
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
		Batch: enforce.Batch[address]{Decider: d},
		admin: newAdmin(cfg.URL, token), host: strings.ToLower(cfg.Host), point: m.Point("ejabberd"), log: log,
	}
	c.List, c.End = c.list, c.end
	m.Gauge("ecluse_ejabberd_reachable", "1 while ejabberd answers, 0 while sessions cannot be cut.", nil, func() float64 {
		if c.Down() {
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
		Decider: c.Decider, On: c, Log: c.log, Again: again, Every: every,
		Cut: func(_ enforce.Held, _ *enforce.Answer, after time.Duration) {
			c.point.Cut(after)
			c.log.Info("ended sessions in ejabberd", "after", after)
		},
	}
	keeper.Run(ctx)
}

// list lists who is connected.
func (c *Cutter) list(ctx context.Context) (map[enforce.Held][]address, error) {
	sessions, err := c.admin.connected(ctx)
	if err != nil {
		return nil, err
	}
	live := map[enforce.Held][]address{}
	for _, s := range sessions {
		if c.host == "" || s.Host == c.host {
			live[held(s)] = append(live[held(s)], s)
		}
	}
	return live, nil
}

func held(a address) enforce.Held {
	return enforce.Held{Question: enforce.Question{Login: login(a.User), Service: order.Chat}, Action: enforce.OpenSession}
}

// kickAtOnce is how many requests ejabberd is sent at a time.
const kickAtOnce = 16

// end ends the sessions of everybody who is refused.
func (c *Cutter) end(ctx context.Context, refused []enforce.Refusal[address], _ []address) []error {
	results := make([]error, len(refused))
	var wait sync.WaitGroup
	slots := make(chan struct{}, kickAtOnce)
	for i, r := range refused {
		slots <- struct{}{}
		wait.Go(func() {
			defer func() { <-slots }()
			for _, s := range r.Sessions {
				results[i] = errors.Join(results[i], c.admin.kick(ctx, s, notice(r.Why)))
			}
		})
	}
	wait.Wait()
	return results
}
