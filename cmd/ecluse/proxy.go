package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"os"
	"os/signal"
	"runtime/debug"
	"strings"
	"syscall"

	"github.com/ecluse-ecole/ecluse/internal/config"
	"github.com/ecluse-ecole/ecluse/internal/enforce"
	"github.com/ecluse-ecole/ecluse/internal/identity"
	"github.com/ecluse-ecole/ecluse/internal/metric"
	"github.com/ecluse-ecole/ecluse/internal/point"
	"github.com/ecluse-ecole/ecluse/internal/route"
	"github.com/ecluse-ecole/ecluse/internal/web"
	"github.com/ecluse-ecole/ecluse/internal/wire"
	"github.com/ecluse-ecole/ecluse/internal/wire/dovecot"
	"github.com/ecluse-ecole/ecluse/internal/wire/proxy"
	"github.com/ecluse-ecole/ecluse/internal/wire/signin"
)

type proxyCmd struct {
	Config string `required:"" help:"The configuration file (see \"ecluse config proxy\")." type:"path" placeholder:"FILE"`
}

// garbage is how much a proxy lets pile up, in hundredths of what lives: it keeps
// little and passes much on, and collecting at the usual 100 took a twelfth of
// its requests a second.
const garbage = 400

// Run closes a messaging in place until it is told to stop.
func (c proxyCmd) Run(io *streams) error {
	conf, err := config.LoadProxy(c.Config)
	if err != nil {
		return err
	}
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	log := logger(io.err, conf.Log)
	if os.Getenv("GOGC") == "" {
		debug.SetGCPercent(garbage)
	}
	f, err := newFront(conf, log)
	if err != nil {
		return err
	}
	defer f.close()
	return f.run(ctx)
}

// A front is what `ecluse proxy` runs: the point that asks, the proxy, and the
// servers beside it.
type front struct {
	*crew
	conf    config.Proxy
	log     *slog.Logger
	figures *metric.Set
	client  *point.Client
	trusted []netip.Prefix
	live    func() int
}

// newFront reads everything and opens every address, so that whatever is wrong
// is told before anything is served.
func newFront(conf config.Proxy, log *slog.Logger) (*front, error) {
	f := &front{crew: &crew{}, conf: conf, log: log, figures: metric.New(), live: func() int { return 0 }}
	var err error
	if f.trusted, err = wire.Networks(conf.Trusted); err != nil {
		return nil, fmt.Errorf("trusted: %w", err)
	}
	if err := f.ask(); err != nil {
		return nil, err
	}
	for _, part := range []func() error{f.proxy, f.beside, f.figure} {
		if err := part(); err != nil {
			f.close()
			return nil, err
		}
	}
	return f, nil
}

// ask makes the point that asks Écluse.
func (f *front) ask() error {
	d := f.conf.Decisions
	if err := identity.Secure("decisions.url", d.URL); err != nil {
		return err
	}
	token, err := os.ReadFile(d.TokenFile)
	if err != nil {
		return fmt.Errorf("reading decisions.token_file: %w: write there what \"ecluse point add NAME --kind proxy\" prints", err)
	}
	host, err := os.Hostname()
	if err != nil {
		host = "proxy"
	}
	f.client = point.New(point.Options{
		URL: d.URL, Token: strings.TrimSpace(string(token)), Stale: d.Stale, Instance: host,
		Software: "ecluse " + version, Live: func() int { return f.live() }, Log: f.log,
	})
	f.add(f.client.Run)
	f.figures.Gauge("ecluse_ready", "1 while decisions can be made, 0 while everything is closed in doubt.", nil, func() float64 {
		if f.client.Ready() != nil {
			return 0
		}
		return 1
	})
	f.figures.Gauge("ecluse_snapshot_version", "Version of the orders that decide.", nil, func() float64 { return float64(f.client.Version()) })
	f.figures.Gauge("ecluse_clock_offset_seconds", "This machine's clock less Écluse's.", nil, func() float64 { return f.client.Offset().Seconds() })
	return nil
}

// proxy puts the proxy in front of the application, where there is one.
func (f *front) proxy() error {
	if f.conf.Listen == "" {
		return nil
	}
	backend, err := url.Parse(f.conf.Backend)
	if err != nil {
		return fmt.Errorf("backend: %w: write it as http://127.0.0.1:8090", err)
	}
	table, err := route.Compile(f.conf.Routes, f.conf.Unmatched)
	if err != nil {
		return fmt.Errorf("routes: %w", err)
	}
	trusts := func(r *http.Request) bool { return wire.Trusted(f.trusted, r) }
	who, err := identity.New(f.conf.Identity, trusts)
	if err != nil {
		return fmt.Errorf("identity: %w", err)
	}
	o := proxy.Options{
		Decider: f.client, Who: who, Table: table, Backend: backend, Header: f.conf.Identity.Header, Trusted: trusts,
		Ready: f.client.Ready, Spread: web.DefaultSpread, Metric: f.figures, Log: f.log,
		Limits: proxy.Limits(f.conf.Limits),
	}
	if err := f.signIn(&o); err != nil {
		return err
	}
	p, err := proxy.New(o)
	if err != nil {
		return err
	}
	if err := checkTLS(f.conf.TLS); err != nil {
		return err
	}
	f.live = p.Live
	f.add(p.Run)
	return f.http(f.conf.Listen, p.Server(), f.conf.TLS)
}

// signIn sends people to CAS, where it is configured, from the proxy's own
// addresses.
func (f *front) signIn(o *proxy.Options) error {
	if f.conf.Identity.CAS == nil {
		return nil
	}
	prefix := strings.TrimSuffix(proxy.Own, "/")
	cas, err := signin.NewCAS(*f.conf.Identity.CAS, o.Who, f.client, prefix, f.log)
	if err != nil {
		return err
	}
	mux := http.NewServeMux()
	cas.Routes(mux)
	o.SignIn = prefix + "/sign-in"
	o.Beside = map[string]http.Handler{o.SignIn: mux, prefix + "/cas": mux}
	return nil
}

// beside starts the servers that the configuration names.
func (f *front) beside() error {
	if f.conf.HAProxy != nil {
		return errors.New("haproxy is told by \"ecluse serve\", which knows everybody: move it to gate.haproxy there")
	}
	w := wirer{crew: f.crew, decider: func(string) enforce.Decider { return f.client }, figures: f.figures, log: f.log}
	if err := w.servers(f.conf.Gate); err != nil {
		return err
	}
	if c := f.conf.Dovecot; c != nil && c.Listen != "" {
		return f.http(c.Listen, dovecot.Beside(f.client, f.trusted, c, f.figures, f.log).HTTP(), config.TLS{})
	}
	return nil
}

// figure answers whoever watches.
func (f *front) figure() error {
	if f.conf.Metrics == "" {
		return nil
	}
	mux := http.NewServeMux()
	mux.Handle("GET /metrics", f.figures.Handler())
	mux.HandleFunc("GET /livez", func(w http.ResponseWriter, _ *http.Request) { fmt.Fprintln(w, "ok") })
	mux.HandleFunc("GET /readyz", func(w http.ResponseWriter, _ *http.Request) {
		if err := f.client.Ready(); err != nil {
			http.Error(w, err.Error(), http.StatusServiceUnavailable)
			return
		}
		fmt.Fprintln(w, "ok")
	})
	return f.http(f.conf.Metrics, newServer(mux), config.TLS{})
}

// http serves an address until the context ends, and then lets what is under way
// end.
func (f *front) http(address string, server *http.Server, c config.TLS) error {
	l, err := listen(address)
	if err != nil {
		return err
	}
	f.serve(l, func(ctx context.Context, l net.Listener) error {
		stopped := make(chan struct{})
		stop := context.AfterFunc(ctx, func() {
			defer close(stopped)
			stopping, cancel := context.WithTimeout(context.WithoutCancel(ctx), drain)
			defer cancel()
			_ = server.Shutdown(stopping) // what does not end in time is ended with the process
		})
		defer stop()
		f.log.Info("serving", "address", l.Addr().String())
		err := accept(server, l, c)
		if errors.Is(err, http.ErrServerClosed) {
			<-stopped
			return nil
		}
		return fmt.Errorf("serving %s: %w", address, err)
	})
	return nil
}

// run works until the context ends or a part fails.
func (f *front) run(ctx context.Context) error {
	ctx, stop := context.WithCancelCause(ctx)
	wait := f.start(ctx, stop)
	<-ctx.Done()
	stop(nil)
	wait()
	if err := context.Cause(ctx); !errors.Is(err, context.Canceled) {
		return err
	}
	return nil
}
