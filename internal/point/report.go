package point

import (
	"context"
	"time"

	"github.com/ecluse-ecole/ecluse/internal/enforce"
)

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
			c.failed(err)
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
