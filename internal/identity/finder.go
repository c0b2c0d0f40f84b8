package identity

import (
	"context"
	"fmt"
	"net/http"
	"sync"
	"time"

	"github.com/coreos/go-oidc/v3/oidc"
)

// A finder finds an OpenID provider out when it is first needed, once for all who
// wait for it, and keeps its keys.
type finder struct {
	issuer string
	client *http.Client
	keys   *sparing

	mu       sync.Mutex
	provider *discovery // under way, or done well; nil: neither
}

// A discovery is one look at what the provider says of itself.
type discovery struct {
	done     chan struct{}
	provider *oidc.Provider // once done
	err      error
}

func newFinder(issuer string) *finder {
	keys := &sparing{every: 5 * time.Second, retry: time.Second}
	return &finder{issuer: issuer, keys: keys, client: &http.Client{Transport: keys, Timeout: patience, CheckRedirect: noRedirect}}
}

func noRedirect(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }

// discovered waits until the provider is found out.
func (f *finder) discovered(ctx context.Context) (*oidc.Provider, error) {
	f.mu.Lock()
	d := f.provider
	if d == nil {
		d = &discovery{done: make(chan struct{})}
		f.provider = d
		go f.discover(d)
	}
	f.mu.Unlock()
	select {
	case <-d.done:
		return d.provider, d.err
	case <-ctx.Done():
		return nil, fmt.Errorf("asking the OpenID provider for its keys: %w", ctx.Err())
	}
}

// discover asks the provider (OpenID Connect Discovery 1.0, section 4). Where that
// fails, the next who comes asks again.
func (f *finder) discover(d *discovery) {
	defer close(d.done)
	p, err := oidc.NewProvider(oidc.ClientContext(context.Background(), f.client), f.issuer)
	if err == nil {
		d.provider = p
		return
	}
	d.err = fmt.Errorf("asking the OpenID provider for its keys: %w", err)
	f.mu.Lock()
	f.provider = nil
	f.mu.Unlock()
}
