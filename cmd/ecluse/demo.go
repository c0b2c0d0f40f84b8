package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"net"
	"os"
	"os/signal"
	"path/filepath"
	"runtime/debug"
	"syscall"
	"time"

	"github.com/ecluse-ecole/ecluse"
	"github.com/ecluse-ecole/ecluse/examples"
	"github.com/ecluse-ecole/ecluse/internal/clock"
	"github.com/ecluse-ecole/ecluse/internal/config"
	"github.com/ecluse-ecole/ecluse/internal/demo"
	"github.com/ecluse-ecole/ecluse/internal/enforce"
	"github.com/ecluse-ecole/ecluse/internal/fault"
	"github.com/ecluse-ecole/ecluse/internal/order"
	"github.com/ecluse-ecole/ecluse/internal/web"
)

type demoCmd struct {
	At     string  `help:"Run on a simulated clock that begins at this wall-clock time of Paris, such as 2024-03-29T18:55." placeholder:"TIME"`
	Speed  float64 `help:"Seconds of the simulated clock in one real second; wants --at." default:"1"`
	Listen string  `help:"Where to listen." default:"127.0.0.1:8080" placeholder:"ADDRESS"`
	Dir    string  `help:"Keep the demonstration in this folder; without it, it is forgotten at the end." placeholder:"FOLDER" type:"path"`
	JSON   bool    `help:"Print one JSON object: the address and one person of each role in each degree."`
}

// demoMemory is the soft limit of the demonstration's memory: it runs beside
// other things on a newcomer's machine.
const demoMemory = 80 << 20

// Run shows Écluse on an invented part of Deux-Sèvres under both letters.
func (d demoCmd) Run(io *streams) error {
	debug.SetMemoryLimit(demoMemory)
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	clk, err := d.clock()
	if err != nil {
		return err
	}
	listener, err := listen(d.Listen)
	if err != nil {
		return err
	}
	defer listener.Close()
	folder, forget, err := d.folder()
	if err != nil {
		return err
	}
	defer forget()
	log := slog.New(slog.NewTextHandler(io.err, &slog.HandlerOptions{Level: slog.LevelWarn}))
	_, port, err := net.SplitHostPort(listener.Addr().String())
	if err != nil {
		return err
	}
	key, _, err := sealKey(config.Config{Database: filepath.Join(folder, "demo.db")})
	if err != nil {
		return err
	}
	app, err := ecluse.Open(ctx, ecluse.Options{
		Database: filepath.Join(folder, "demo.db"), Clock: clk, Log: log, AcceptClock: d.At != "", Seal: key, Address: "http://localhost:" + port,
	})
	if late, ok := errors.AsType[*ecluse.ClockError](err); ok {
		return fmt.Errorf("the demonstration in %s was last used at %s, and the clock of this machine says %s: go on with --at %s, or choose another folder with --dir",
			folder, late.Latest.Format(time.RFC3339), late.Now.Format(time.RFC3339), late.Latest.Format(time.RFC3339))
	}
	if err != nil {
		return err
	}
	defer app.Close()
	stage, err := setStage(ctx, app, folder)
	if err != nil {
		return err
	}
	pages := web.New(app, web.Options{
		Spread: web.DefaultSpread, Poll: web.DefaultPoll, Demo: d.At != "",
		Accounts: stage.accounts(), Secret: stage.password, Log: log,
	})
	handler, beside, err := newGate(app, gateOptions{Gate: demoTrust(), spread: web.DefaultSpread, log: log}, pages)
	if err != nil {
		return err
	}
	defer beside.close()
	if err := d.announce(io, listener.Addr(), stage); err != nil {
		return err
	}
	return serve(ctx, app, site{listener, handler, config.TLS{}, beside})
}

// clock is the machine's, or the simulated one.
func (d demoCmd) clock() (*clock.Clock, error) {
	if !(d.Speed > 0 && d.Speed <= 86400) { // so that NaN is refused too
		return nil, usageError{fmt.Sprintf("--speed %g: want more than 0 and at most 86400", d.Speed)}
	}
	if d.At == "" {
		if d.Speed != 1 {
			return nil, usageError{"--speed wants --at: a simulated clock must begin somewhere"}
		}
		return clock.System(), nil
	}
	paris, err := time.LoadLocation("Europe/Paris")
	if err != nil {
		return nil, err
	}
	for _, layout := range []string{time.RFC3339, "2006-01-02T15:04:05", "2006-01-02T15:04", "2006-01-02"} {
		if at, err := time.ParseInLocation(layout, d.At, paris); err == nil {
			return clock.Scaled(at, d.Speed), nil
		}
	}
	return nil, usageError{fmt.Sprintf("--at %q is no time: write it as 2024-03-29T18:55", d.At)}
}

// folder is where the demonstration is kept, and how it is forgotten.
func (d demoCmd) folder() (string, func(), error) {
	if d.Dir != "" {
		if err := os.MkdirAll(d.Dir, 0o700); err != nil {
			return "", nil, fmt.Errorf("making the folder of the demonstration: %w: choose another with --dir", err)
		}
		return d.Dir, func() {}, nil
	}
	folder, err := os.MkdirTemp("", "ecluse-demo-")
	if err != nil {
		return "", nil, fmt.Errorf("making a folder for the demonstration: %w: choose one with --dir", err)
	}
	return folder, func() { os.RemoveAll(folder) }, nil
}

// A stage is the demonstration set up: its people and their password, and the
// token of an enforcement point to try the gate with.
type stage struct {
	*demo.Demo
	password string
	token    string
}

// demoSeed draws the people; the same ones appear in the documentation.
const demoSeed = 79

// setStage fills an empty database with people and both letters. One that was
// filled before is left as it is.
func setStage(ctx context.Context, app *ecluse.App, folder string) (stage, error) {
	s := stage{Demo: demo.Build(demoSeed)}
	var err error
	empty := len(app.Snapshot().Schools()) == 0
	if s.password, err = demoPassword(filepath.Join(folder, "password.txt"), empty); err != nil {
		return s, err
	}
	if empty {
		if err := s.fill(ctx, app); err != nil {
			return s, err
		}
	}
	letters, err := readLetters()
	if err != nil {
		return s, err
	}
	if err := app.AdoptOrders(ctx, letters); err != nil {
		return s, err
	}
	s.token, err = demoPoint(ctx, app)
	return s, err
}

// demoPoint makes a point to try the gate with, anew each time, since a token is
// told only once.
func demoPoint(ctx context.Context, app *ecluse.App) (token string, err error) {
	p := enforce.Point{Name: "demo", Kind: "other"}
	if err := app.RemovePoint(ctx, p.Name); err != nil && !fault.Is(err, fault.NotFound) {
		return "", err
	}
	return app.AddPoint(ctx, p)
}

// fill takes the invented people in, dated on the schools' clock.
func (s stage) fill(ctx context.Context, app *ecluse.App) error {
	paris, err := time.LoadLocation("Europe/Paris")
	if err != nil {
		return err
	}
	hash, err := app.Hash(ctx, s.password)
	if err != nil {
		return err
	}
	return app.Import(ctx, s.roster(app.Now().In(paris), hash))
}

func readLetters() ([]*order.Order, error) {
	var letters []*order.Order
	names, err := fs.Glob(examples.Letters, "*.yaml")
	if err != nil {
		return nil, err
	}
	for _, name := range names {
		text, err := examples.Letters.ReadFile(name)
		if err != nil {
			return nil, err
		}
		o, err := order.Parse(name, text)
		if err != nil {
			return nil, err
		}
		letters = append(letters, o)
	}
	return letters, nil
}

// demoGate is what it takes to ask the gate: the token of a point, and the header
// that names the person at /gate/forward.
type demoGate struct {
	Token  string `json:"token"`
	Header string `json:"header"`
}

// demoTrust believes whoever asks from this machine: the demonstration runs there,
// and its people are invented.
func demoTrust() config.Gate {
	g := config.Default().Gate
	g.Trusted = []string{"127.0.0.1", "::1"}
	return g
}

// announce says where to go and as whom.
func (d demoCmd) announce(io *streams, address net.Addr, s stage) error {
	url := "http://" + address.String()
	if d.JSON {
		return json.NewEncoder(io.out).Encode(struct {
			URL    string       `json:"url"`
			People []demoPerson `json:"people"`
			Gate   demoGate     `json:"gate"`
		}{url, s.people(), demoGate{s.token, config.Default().Gate.Identity.Header}})
	}
	fmt.Fprintf(io.out, "Écluse runs at %s (stop it with Ctrl-C).\n\n", url)
	fmt.Fprintf(io.out, "An invented part of Deux-Sèvres: %d schools, %d people, both letters of March 2024 in force.\n", len(s.Schools), len(s.People))
	if d.At == "" {
		fmt.Fprintln(io.out, "To watch a closing in a minute: ecluse demo --at 2024-03-29T18:55 --speed 60")
	}
	fmt.Fprintf(io.out, "The password of everybody below is  %s\n\n", s.password)
	for _, p := range s.people() {
		fmt.Fprintf(io.out, "  %-32s %-10s %s\n", p.Login, p.Role, p.SchoolName)
	}
	fmt.Fprintf(io.out, "\nOther messaging asks the gate, for example as a server in front of it would:\n")
	fmt.Fprintf(io.out, "  curl -i -H '%s: %s' %s/gate/forward\n", config.Default().Gate.Identity.Header, s.people()[0].Login, url)
	return nil
}
