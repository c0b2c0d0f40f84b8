package main

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"os"
	"os/signal"
	"sync"
	"syscall"
	"time"

	"github.com/ecluse-ecole/ecluse"
	"github.com/ecluse-ecole/ecluse/internal/calendar"
	"github.com/ecluse-ecole/ecluse/internal/config"
	"github.com/ecluse-ecole/ecluse/internal/procedure"
	"github.com/ecluse-ecole/ecluse/internal/web"
)

type configCmd struct {
	Sample configSampleCmd `cmd:"" help:"Print a configuration of \"ecluse serve\" with every key explained."`
	Proxy  configProxyCmd  `cmd:"" help:"Print one of \"ecluse proxy\"."`

	Procedures configProceduresCmd `cmd:"" help:"Print the built-in catalogue of what people do by hand, to edit a copy of it."`
}

type configSampleCmd struct{}

// Run prints the sample.
func (configSampleCmd) Run(io *streams) error {
	_, err := fmt.Fprint(io.out, config.Sample)
	return err
}

type configProxyCmd struct{}

// Run prints the sample of the proxy.
func (configProxyCmd) Run(io *streams) error {
	_, err := fmt.Fprint(io.out, config.ProxySample)
	return err
}

type configProceduresCmd struct{}

// Run prints the catalogue.
func (configProceduresCmd) Run(io *streams) error {
	_, err := io.out.Write(procedure.Sample())
	return err
}

type serveCmd struct {
	Config      string `help:"The configuration file (see \"ecluse config sample\")." type:"path" placeholder:"FILE"`
	Listen      string `help:"Where to listen, instead of what the file says." placeholder:"ADDRESS"`
	Database    string `help:"A file or postgres://…, instead of what the file says." placeholder:"DATABASE"`
	AcceptClock bool   `help:"Start although the database was written at a later instant than the clock tells."`
}

// Run serves until it is told to stop.
func (s serveCmd) Run(io *streams) error {
	c, err := s.configuration()
	if err != nil {
		return err
	}
	log := logger(io.err, c.Log)
	calendars, err := calendars(c.Calendar)
	if err != nil {
		return err
	}
	catalogue, err := procedures(c.Procedures)
	if err != nil {
		return err
	}
	if err := checkTLS(c.TLS); err != nil {
		return err
	}
	letters, services, err := outside(c)
	if err != nil {
		return err
	}
	leaked, err := leakedOf(c.Leaked)
	if err != nil {
		return err
	}
	defer leaked.Close()
	places, countries, err := countriesOf(c)
	if err != nil {
		return err
	}
	key, discard, err := sealKey(c)
	if err != nil {
		return err
	}
	if c.Push != nil && key == nil {
		return errPushKey
	}
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	listener, err := listen(c.Listen)
	if err != nil {
		return err
	}
	defer listener.Close()
	app, err := ecluse.Open(ctx, ecluse.Options{
		Database: c.Database, Calendars: calendars, Log: log, AcceptClock: s.AcceptClock, Signatures: c.Signatures,
		Procedures: catalogue, Mail: letters, Leaked: leaked, Services: services, Seal: key, Address: c.PublicAddress(),
		Places: places, Countries: countries, Push: pushOf(c.Push),
	})
	if errors.Is(err, ecluse.ErrSeal) {
		discard()
	}
	if err != nil {
		return err
	}
	defer app.Close()
	tellLeaked(leaked, log)
	pages := web.New(app, web.Options{
		Secure: c.Secure(), Proxied: c.Proxied, Spread: web.DefaultSpread, Poll: web.DefaultPoll, Log: log,
	})
	handler, beside, err := newGate(app, gateOptions{Gate: c.Gate, feed: c.Feed, follow: c.Follow, secure: c.Secure(), spread: web.DefaultSpread, log: log}, pages)
	if err != nil {
		return err
	}
	defer beside.close()
	log.Info("serving", "address", listener.Addr().String(), "database", kindOf(c.Database))
	return serve(ctx, app, site{listener, handler, c.TLS, beside})
}

// outside is what Écluse asks of others: to carry letters, and who somebody is.
func outside(c config.Config) (*ecluse.Mail, []ecluse.SignInService, error) {
	letters, err := mailOf(c.Mail)
	if err != nil {
		return nil, nil, err
	}
	services, err := signInServices(c)
	return letters, services, err
}

// configuration is the file's, with what the command line says instead.
func (s serveCmd) configuration() (config.Config, error) {
	c := config.Default()
	if s.Config != "" {
		var err error
		if c, err = config.Load(s.Config); err != nil {
			return c, err
		}
	}
	if s.Listen != "" {
		c.Listen = s.Listen
	}
	if s.Database != "" {
		c.Database = s.Database
	}
	return c, nil
}

// kindOf names a database for the log, never its address or password.
func kindOf(database string) string {
	if len(database) > 8 && database[:8] == "postgres" {
		return "postgres"
	}
	return database
}

func logger(w io.Writer, level string) *slog.Logger {
	var l slog.Level
	if err := l.UnmarshalText([]byte(level)); err != nil {
		l = slog.LevelInfo
	}
	return slog.New(slog.NewTextHandler(w, &slog.HandlerOptions{Level: l}))
}

// calendars are the built-in ones and those of an imported file.
func calendars(file string) (*calendar.Set, error) {
	if file == "" {
		return calendar.Builtin(), nil
	}
	data, err := os.ReadFile(file)
	if err != nil {
		return nil, fmt.Errorf("reading the calendar: %w: write one with \"ecluse calendar import --out FILE\"", err)
	}
	imported, err := calendar.Decode(data)
	if err != nil {
		return nil, fmt.Errorf("%s: %w: write it anew with \"ecluse calendar import --out FILE\"", file, err)
	}
	return calendar.Builtin().With(imported), nil
}

// procedures are the built-in ones, or those of a file.
func procedures(file string) (procedure.Catalogue, error) {
	if file == "" {
		return procedure.Default()
	}
	data, err := os.ReadFile(file)
	if err != nil {
		return procedure.Catalogue{}, fmt.Errorf("reading the procedures: %w: print a catalogue with \"ecluse config procedures\"", err)
	}
	c, err := procedure.Parse(data)
	if err != nil {
		return c, fmt.Errorf("%s: %w", file, err)
	}
	return c, nil
}

// checkTLS reads the certificate before anything is opened.
func checkTLS(c config.TLS) error {
	if c.Certificate == "" {
		return nil
	}
	if _, err := tls.LoadX509KeyPair(c.Certificate, c.Key); err != nil {
		return fmt.Errorf("reading the certificate: %w: name a PEM certificate and its key under tls", err)
	}
	return nil
}

// listen opens the address; a port in use has its remedy.
func listen(address string) (net.Listener, error) {
	l, err := net.Listen("tcp", address)
	switch {
	case errors.Is(err, syscall.EADDRINUSE):
		return nil, fmt.Errorf("%s is in use by another program: stop that one, or choose another port (--listen, or listen in the configuration)", address)
	case errors.Is(err, syscall.EACCES):
		return nil, fmt.Errorf("%s may not be listened on by this user: choose a port above 1023 with --listen", address)
	case err != nil:
		return nil, fmt.Errorf("listening on %s: %w: give an address and a port, such as 127.0.0.1:8080", address, err)
	}
	return l, nil
}

// drain is how long requests under way have when the server stops.
const drain = 5 * time.Second

// A site is what is served, where, and what works beside it.
type site struct {
	listener net.Listener
	handler  http.Handler
	tls      config.TLS
	beside   *crew
}

// serve answers on the listener until ctx ends or something fails that must not.
func serve(ctx context.Context, app *ecluse.App, s site) error {
	ctx, stop := context.WithCancel(ctx)
	defer stop()
	failed := make(chan error, 1)
	fail := func(err error) {
		select {
		case failed <- err:
		default: // the first is told
		}
	}
	go app.Run(ctx)
	var telling sync.WaitGroup
	telling.Go(func() { app.RunMail(ctx) })
	telling.Go(func() { app.RunPush(ctx) })
	defer telling.Wait() // what is under way is noted
	defer stop()
	wait := s.beside.start(ctx, fail)
	defer wait()
	defer stop()
	server := newServer(s.handler)
	go func() { fail(accept(server, s.listener, s.tls)) }()
	select {
	case err := <-failed:
		return fmt.Errorf("serving: %w", err)
	case <-ctx.Done():
	}
	app.Hush()
	stopping, cancel := context.WithTimeout(context.Background(), drain)
	defer cancel()
	return server.Shutdown(stopping)
}

// newServer bounds how long a slow client may take.
func newServer(h http.Handler) *http.Server {
	return &http.Server{
		Handler:           h,
		ReadHeaderTimeout: 10 * time.Second,
		ReadTimeout:       30 * time.Second,
		WriteTimeout:      2 * time.Minute, // event streams put their own deadline off
		IdleTimeout:       2 * time.Minute,
		MaxHeaderBytes:    32 << 10,
	}
}

// accept serves with TLS where there is a certificate.
func accept(server *http.Server, l net.Listener, c config.TLS) error {
	if c.Certificate != "" {
		return server.ServeTLS(l, c.Certificate, c.Key)
	}
	return server.Serve(l)
}
