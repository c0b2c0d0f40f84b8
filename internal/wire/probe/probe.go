// Package probe asks, behind each enforcement point that has such an address, for
// something that must be refused: the way of a visitor, through the real server,
// to the account that is always closed. A server whose configuration has lost the
// gate, or never had it, lets the probe through; its page then says so.
//
// It tells apart three things: refused (401, 403, 451 or 503), let through (2xx
// or a redirection), and neither, such as a missing page or no answer at all:
// that is no test, and is logged.
package probe

import (
	"context"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"time"

	"github.com/ecluse-ecole/ecluse"
)

// Every is how often each address is asked.
const Every = time.Minute

// A Prober asks. The zero Prober is not ready: use New.
type Prober struct {
	app    *ecluse.App
	log    *slog.Logger
	client *http.Client
}

// New returns a prober of an application's points.
func New(app *ecluse.App, log *slog.Logger) *Prober {
	return &Prober{app: app, log: log, client: &http.Client{
		Timeout:       5 * time.Second,
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}}
}

// Run probes at once and then every Every, until the context ends.
func (p *Prober) Run(ctx context.Context) {
	again := time.NewTicker(Every)
	defer again.Stop()
	for {
		p.All(ctx)
		select {
		case <-ctx.Done():
			return
		case <-again.C:
		}
	}
}

// All asks once behind every point that has an address for it.
func (p *Prober) All(ctx context.Context) {
	list, err := p.app.Points(ctx, "FR")
	if err != nil {
		if ctx.Err() == nil {
			p.log.Error("listing the points to probe", "error", err)
		}
		return
	}
	for _, point := range list {
		if point.Probe == "" {
			continue
		}
		refused, err := p.ask(ctx, point.Probe)
		if err != nil {
			p.log.Warn("probing a point", "point", point.Name, "error", err)
			continue
		}
		p.app.Tested(point.Name, refused)
		if !refused {
			p.log.Error("a point lets through what must be refused", "point", point.Name, "address", point.Probe)
		}
	}
}

// ask reports whether an address refuses.
func (p *Prober) ask(ctx context.Context, address string) (refused bool, err error) {
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, address, nil)
	if err != nil {
		return false, err
	}
	r.Header.Set("User-Agent", "ecluse-probe")
	answer, err := p.client.Do(r)
	if err != nil {
		return false, err
	}
	defer answer.Body.Close()
	_, _ = io.CopyN(io.Discard, answer.Body, 64<<10) // so that the connection can be used again
	switch s := answer.StatusCode; {
	case s < 400:
		return false, nil
	case s == http.StatusUnauthorized, s == http.StatusForbidden, s == http.StatusUnavailableForLegalReasons, s == http.StatusServiceUnavailable:
		return true, nil
	default:
		return false, fmt.Errorf("%s answers %d, which tests nothing: give an address that the gate refuses", address, s)
	}
}
