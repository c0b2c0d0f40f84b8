package main

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"net/url"
	"slices"
	"text/tabwriter"
	"time"

	"github.com/ecluse-ecole/ecluse"
	"github.com/ecluse-ecole/ecluse/internal/enforce"
	"github.com/ecluse-ecole/ecluse/internal/fault"
	"github.com/ecluse-ecole/ecluse/internal/school"
)

// pointCmd keeps the enforcement points: who may ask.
type pointCmd struct {
	Add    pointAddCmd    `cmd:"" help:"Add an enforcement point and print its token."`
	List   pointListCmd   `cmd:"" help:"Show what each point last asked and said of itself."`
	Remove pointRemoveCmd `cmd:"" help:"End a point: its token is worth nothing any more."`
}

type pointAddCmd struct {
	Name      string `arg:"" help:"How people call it: small letters, digits, - and ."`
	Kind      string `required:"" help:"nginx, caddy, traefik, envoy, haproxy, proxy, postfix, dovecot, prosody, ejabberd, synapse, cas, oidc or other."`
	Territory string `help:"It is answered about schools of this territory only." default:"FR" placeholder:"TERRITORY"`
	Probe     string `help:"An address behind the point that must be refused; Écluse asks for it every minute." placeholder:"URL"`
	Database  string `required:"" help:"The database: a file, or a postgres:// URL." placeholder:"FILE|URL"`
	JSON      bool   `help:"Print JSON."`
}

// Run adds the point. The token is told once: the database keeps its digest.
func (c pointAddCmd) Run(io *streams) error {
	if c.Probe != "" {
		if u, err := url.Parse(c.Probe); err != nil || u.Host == "" || u.Scheme != "http" && u.Scheme != "https" {
			return usageError{fmt.Sprintf("--probe %q is no address: write it as https://ent.example/_ecluse/self-test", c.Probe)}
		}
	}
	p := enforce.Point{Name: c.Name, Kind: c.Kind, Territory: school.Territory(c.Territory), Probe: c.Probe}
	if err := p.Check(); err != nil {
		return usageError{err.Error()}
	}
	var token string
	var empty bool
	err := withApp(io, c.Database, func(ctx context.Context, app *ecluse.App) (err error) {
		token, err = app.AddPoint(ctx, p)
		empty = !slices.ContainsFunc(app.Snapshot().Schools(), func(s school.School) bool { return p.Territory.Contains(s.Territory()) })
		return err
	})
	if fault.Is(err, fault.Conflict) {
		return fmt.Errorf("adding the point %s: a point of this name exists already: remove it first, or choose another name", c.Name)
	}
	if err != nil {
		return fmt.Errorf("adding the point %s: %w", c.Name, err)
	}
	if c.JSON {
		return json.NewEncoder(io.out).Encode(struct {
			Name  string `json:"name"`
			Kind  string `json:"kind"`
			Token string `json:"token"`
		}{p.Name, p.Kind, token})
	}
	if empty {
		fmt.Fprintf(io.err, "No school stands below %s yet: until one is imported, this point is answered \"not known\" about everybody.\n", p.Territory)
	}
	fmt.Fprintln(io.err, "Keep this token in a file that only the point can read; it is not shown again.")
	_, err = fmt.Fprintln(io.out, token)
	return err
}

type pointRemoveCmd struct {
	Name     string `arg:"" help:"Which point."`
	Database string `required:"" help:"The database: a file, or a postgres:// URL." placeholder:"FILE|URL"`
}

// Run removes the point.
func (c pointRemoveCmd) Run(io *streams) error {
	err := withApp(io, c.Database, func(ctx context.Context, app *ecluse.App) error { return app.RemovePoint(ctx, c.Name) })
	if err != nil {
		return fmt.Errorf("removing the point %s: %w (\"ecluse point list\" shows those there are)", c.Name, err)
	}
	_, err = fmt.Fprintf(io.out, "The point %s is removed; what it asks from now on is refused.\n", c.Name)
	return err
}

type pointListCmd struct {
	Territory string `help:"Only points that are answered about this territory." default:"FR" placeholder:"TERRITORY"`
	Database  string `required:"" help:"The database: a file, or a postgres:// URL." placeholder:"FILE|URL"`
	JSON      bool   `help:"Print JSON."`
}

// Run shows the points.
func (c pointListCmd) Run(io *streams) error {
	territory, err := school.ParseTerritory(c.Territory)
	if err != nil {
		return usageError{err.Error()}
	}
	var list []ecluse.PointView
	var now time.Time
	err = withApp(io, c.Database, func(ctx context.Context, app *ecluse.App) (err error) {
		list, err = app.Points(ctx, territory)
		now = app.Now()
		return err
	})
	if err != nil {
		return err
	}
	if c.JSON {
		return printPoints(io.out, list)
	}
	if len(list) == 0 {
		_, err = fmt.Fprintln(io.out, "There is no enforcement point yet: \"ecluse point add\" makes one.")
		return err
	}
	w := tabwriter.NewWriter(io.out, 0, 8, 2, ' ', 0)
	fmt.Fprintln(w, "point\tkind\tterritory\tinstance\tlast question\tversion\tclock\tlive\tself-test")
	for _, p := range list {
		if len(p.Instances) == 0 {
			fmt.Fprintf(w, "%s\t%s\t%s\t\tnever\t\t\t\t\n", p.Name, p.Kind, p.Territory)
		}
		for _, i := range p.Instances {
			fmt.Fprintf(w, "%s\t%s\t%s\t%s\t%s\t%d\t%s\t%d\t%s\n", p.Name, p.Kind, p.Territory, i.Instance,
				ago(now, i.Asked), i.Version, offset(i.Offset), i.Live, tested(now, i))
		}
	}
	return w.Flush()
}

// ago is how long ago something was, for people.
func ago(now, at time.Time) string {
	if at.IsZero() {
		return "never"
	}
	return max(0, now.Sub(at)).Round(time.Second).String() + " ago"
}

func offset(d time.Duration) string {
	if d == 0 {
		return "right"
	}
	return fmt.Sprintf("%+.1f s", d.Seconds())
}

func tested(now time.Time, r enforce.Report) string {
	switch {
	case r.Tested.IsZero():
		return "none yet"
	case r.Refused:
		return "refused, " + ago(now, r.Tested)
	}
	return "NOT REFUSED, " + ago(now, r.Tested)
}

// A pointLine is one instance of a point, as programs read it.
type pointLine struct {
	Name      string           `json:"name"`
	Kind      string           `json:"kind"`
	Territory school.Territory `json:"territory"`
	Probe     string           `json:"probe,omitempty"`
	Instances []instanceLine   `json:"instances"`
}

type instanceLine struct {
	Instance string    `json:"instance"`
	Software string    `json:"software"`
	Reported time.Time `json:"reported"`
	Asked    time.Time `json:"last_question,omitzero"`
	Version  int64     `json:"version"`
	Offset   float64   `json:"clock_offset_seconds"`
	Live     int       `json:"live"`
	Tested   time.Time `json:"self_test,omitzero"`
	Refused  bool      `json:"self_test_refused"`
}

func printPoints(out io.Writer, list []ecluse.PointView) error {
	lines := []pointLine{}
	for _, p := range list {
		line := pointLine{Name: p.Name, Kind: p.Kind, Territory: p.Territory, Probe: p.Probe, Instances: []instanceLine{}}
		for _, i := range p.Instances {
			line.Instances = append(line.Instances, instanceLine{
				i.Instance, i.Software, i.At, i.Asked, i.Version, i.Offset.Seconds(), i.Live, i.Tested, i.Refused,
			})
		}
		lines = append(lines, line)
	}
	return json.NewEncoder(out).Encode(lines)
}

// withApp opens the application on a database for one act.
func withApp(io *streams, database string, act func(context.Context, *ecluse.App) error) error {
	if err := mustExist(database); err != nil {
		return err
	}
	ctx := context.Background()
	log := slog.New(slog.NewTextHandler(io.err, &slog.HandlerOptions{Level: slog.LevelError}))
	app, err := ecluse.Open(ctx, ecluse.Options{Database: database, Log: log})
	if err != nil {
		return err
	}
	defer app.Close()
	return act(ctx, app)
}
