package bench

import (
	"context"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"runtime"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	application "github.com/ecluse-ecole/ecluse"
	"github.com/ecluse-ecole/ecluse/internal/feed"
	"github.com/ecluse-ecole/ecluse/internal/gate"
	"github.com/ecluse-ecole/ecluse/internal/order"
	"github.com/ecluse-ecole/ecluse/internal/school"
)

// An installation is one following Écluse with its own database and its own kept
// set, as `ecluse serve` with `follow` is.
type installation struct {
	dir      string
	schools  []school.School
	options  feed.Options
	app      *application.App
	follower *feed.Follower
	round    *atomic.Pointer[round] // what is being measured
	stop     context.CancelFunc
	work     sync.WaitGroup
	taking   sync.Mutex
}

// start opens everything anew from the disk and runs it.
func (i *installation) start() (err error) {
	log := slog.New(slog.NewTextHandler(os.Stderr, &slog.HandlerOptions{Level: slog.LevelError}))
	ctx, stop := context.WithCancel(context.Background())
	i.stop = stop
	if i.app, err = application.Open(ctx, application.Options{Database: filepath.Join(i.dir, "ecluse.db"), Log: log}); err != nil {
		return err
	}
	if len(i.app.Snapshot().Schools()) == 0 { // the first time
		if err = i.app.Import(ctx, rosterOf(i.schools, 3)); err != nil {
			return err
		}
	}
	o := i.options
	o.Dir, o.Clock, o.Logger = filepath.Join(i.dir, "followed"), i.app.Clock(), log
	if i.follower, err = feed.NewFollower(o); err != nil {
		return err
	}
	i.work.Go(func() { i.app.Run(ctx) })
	i.work.Go(func() { i.observe(ctx) })
	i.work.Go(func() { i.follower.Run(ctx, func(s *feed.Set) { i.take(ctx, s) }) })
	i.work.Go(func() { i.watch(ctx) })
	return nil
}

// end stops it as a server that is told to stop.
func (i *installation) end() error {
	i.stop()
	i.work.Wait()
	return i.app.Close()
}

// take puts a set in force, one at a time.
func (i *installation) take(ctx context.Context, s *feed.Set) {
	i.taking.Lock()
	defer i.taking.Unlock()
	if err := i.app.Follow(ctx, s.Orders); err != nil && ctx.Err() == nil {
		fmt.Fprintln(os.Stderr, "following:", err)
	}
}

// watch tells the application every few seconds where the feed stands, and takes
// again what is not held.
func (i *installation) watch(ctx context.Context) {
	tick := time.NewTicker(5 * time.Second)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
		if s := i.follower.Set(); s != nil && !i.app.Holds(s.Orders) {
			i.take(ctx, s)
		}
		if err := i.app.Heed(ctx, application.FeedState{State: i.follower.State(), For: 24 * time.Hour}); err != nil && ctx.Err() == nil {
			fmt.Fprintln(os.Stderr, "heeding:", err)
		}
	}
}

// observe asks, whenever anything has changed, what a pupil of each school may do.
func (i *installation) observe(ctx context.Context) {
	changes := i.app.Changes(ctx)
	for {
		if r := i.round.Load(); r != nil {
			r.ask(i.app, i.schools)
		}
		select {
		case <-ctx.Done():
			return
		case <-changes:
		}
	}
}

// A round is one order on its way: when each school was first decided as it says.
type round struct {
	want order.Access
	mu   sync.Mutex
	seen map[school.UAI]time.Time
	left int
	done chan struct{}
}

func newRound(want order.Access, schools int) *round {
	return &round{want: want, seen: make(map[school.UAI]time.Time, schools), left: schools, done: make(chan struct{})}
}

func (r *round) ask(app *application.App, schools []school.School) {
	snapshot, now := app.Snapshot(), app.Now()
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, s := range schools {
		d := snapshot.Decide(gate.Request{School: s.UAI, Role: school.Pupil, At: now.Unix()})
		if _, known := r.seen[s.UAI]; known || d.Access != r.want || d.Unknown {
			continue
		}
		r.seen[s.UAI] = time.Now()
		if r.left--; r.left == 0 {
			close(r.done)
		}
	}
}

// A country is all installations and the authority.
type country struct {
	testing.TB
	authority     *process
	installations []*installation
	round         atomic.Pointer[round]
	schools       int // in all
}

// A size is how large a country is.
type size struct {
	installations, schools, history int
	hints                           bool
	interval                        time.Duration // 0: the follower's own
}

// newCountry founds the authority, and copies each installation's beginning: a
// database and a kept set that hold the history. Its schools are imported into it.
func newCountry(tb testing.TB, s size) *country {
	tb.Helper()
	c, dir := &country{TB: tb, schools: s.installations * s.schools}, tb.TempDir()
	hints := "deaf"
	if s.hints {
		hints = "hints"
	}
	host := filepath.Join(dir, "authority")
	c.must(os.Mkdir(host, 0o755))
	c.authority = play(tb, "authority", host, fmt.Sprint(s.installations), fmt.Sprint(s.schools), fmt.Sprint(s.history), hints)
	root, err := os.ReadFile(filepath.Join(host, "feed", "1.root.json"))
	c.must(err)
	options := feed.Options{URL: "http://" + c.authority.words[0] + "/feed", Root: root, Log: &feed.Trust{Log: c.authority.words[1]}, Interval: s.interval}
	first := filepath.Join(dir, "first")
	c.must(os.Mkdir(first, 0o755))
	c.must(c.prepare(first, options))
	for n := range s.installations {
		i := &installation{dir: filepath.Join(dir, fmt.Sprint(n)), schools: schoolsOf(n, s.schools), options: options, round: &c.round}
		c.must(os.CopyFS(i.dir, os.DirFS(first)))
		c.installations = append(c.installations, i)
	}
	tb.Cleanup(func() {
		for _, i := range c.installations {
			if i.app == nil {
				return // it did not come so far
			}
			i.stop()
		}
		for _, i := range c.installations {
			if err := i.end(); err != nil {
				tb.Error(err)
			}
		}
	})
	c.begin()
	return c
}

// begin starts all, as many at once as there are processors.
func (c *country) begin() {
	c.Helper()
	var all sync.WaitGroup
	free := make(chan struct{}, runtime.NumCPU())
	for _, i := range c.installations {
		free <- struct{}{}
		all.Go(func() {
			if err := i.start(); err != nil {
				c.Error(err)
			}
			<-free
		})
	}
	all.Wait()
	if c.Failed() {
		c.FailNow()
	}
}

func (c *country) must(err error) {
	c.Helper()
	if err != nil {
		c.Fatal(err)
	}
}

// prepare follows the feed once, into an installation without schools.
func (c *country) prepare(dir string, o feed.Options) error {
	app, err := application.Open(c.Context(), application.Options{Database: filepath.Join(dir, "ecluse.db")})
	if err != nil {
		return err
	}
	defer app.Close()
	o.Dir = filepath.Join(dir, "followed")
	follower, err := feed.NewFollower(o)
	if err != nil {
		return err
	}
	if _, err := follower.Poll(c.Context()); err != nil {
		return err
	}
	return app.Follow(c.Context(), follower.Set().Orders)
}
