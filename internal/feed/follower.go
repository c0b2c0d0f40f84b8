package feed

import (
	"bytes"
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"sync"
	"time"

	"github.com/theupdateframework/go-tuf/v2/metadata"

	"github.com/ecluse-ecole/ecluse/internal/clock"
	"github.com/ecluse-ecole/ecluse/internal/school"
)

// Options say what a follower follows. Zero fields take the default in brackets.
type Options struct {
	URL      string             // https://…, http://…, or file:///… for a folder carried by hand
	Dir      string             // where the last good set is kept
	Root     []byte             // the trusted root.json, got by another way than the feed
	Log      *Trust             // whose checkpoints count; nil: the log is not read
	Within   []school.Territory // the territories followed, with all offices above and below; none: all
	Clock    *clock.Clock       // the machine's
	Client   *http.Client       // one of its own
	Patience time.Duration      // for one request: 10 s
	Interval time.Duration      // the shortest wait between two polls: 15 s; the longest is twice that
	Spread   time.Duration      // a hint is followed within this time, so that not all come at once: 1 s
	Lifetime time.Duration      // the longest that a timestamp may count: 1 h
	Ahead    time.Duration      // how far this clock may be behind: 24 h
	Late     time.Duration      // how long after its expiry a signature counts, for a feed carried by hand: 0
	Logger   *slog.Logger       // discards
}

func (o Options) orDefault() Options {
	if o.Clock == nil {
		o.Clock = clock.System()
	}
	if o.Client == nil {
		o.Client = &http.Client{Transport: &http.Transport{
			Proxy: http.ProxyFromEnvironment, MaxIdleConnsPerHost: 2, IdleConnTimeout: 2 * time.Minute,
			TLSClientConfig: &tls.Config{MinVersion: tls.VersionTLS12}}}
	}
	if o.Logger == nil {
		o.Logger = slog.New(slog.DiscardHandler)
	}
	o.Patience = orElse(o.Patience, 10*time.Second)
	o.Interval = orElse(o.Interval, 15*time.Second)
	o.Spread = orElse(o.Spread, time.Second)
	o.Lifetime = orElse(o.Lifetime, time.Hour)
	o.Ahead = orElse(o.Ahead, 24*time.Hour)
	return o
}

// rootEvery is how often the next root is asked for even though the timestamp
// says that there is none.
const rootEvery = time.Hour

// A Follower keeps the last good set of one feed, in memory and on disk. Its
// methods may be called at once; polls wait for each other.
type Follower struct {
	opts Options
	from source
	kept kept

	time    *ratchet
	polling sync.Mutex // held during a poll; guards the fields below
	tag     string     // of the timestamp held
	rooted  time.Time  // when the next root was last asked for
	unsaved bool       // the last good set is not on disk yet

	mu    sync.Mutex // guards what State and Set read
	good  good
	state State
}

// good is all that belongs to one verified state.
type good struct {
	roots  [][]byte // the newest chain; it may be newer than the view's
	view   *view    // nil before the first
	files  contents
	pack   []byte  // the files in one
	ledger *ledger // nil where the log is not read
	set    *Set
}

// NewFollower opens the folder and loads the last good set from it, verified
// anew. A folder whose set does not verify is as good as empty, and State says
// why; the trusted root that is given counts only until the folder holds a newer
// one that it leads to.
func NewFollower(o Options) (*Follower, error) {
	o = o.orDefault()
	from, err := newSource(o.URL, o.Client, o.Patience)
	if err != nil {
		return nil, err
	}
	if _, err := climb(context.Background(), memory{}, [][]byte{o.Root}); err != nil {
		return nil, fmt.Errorf("reading the trusted root of the feed: %w", err)
	}
	if o.Log != nil {
		if err := o.Log.check(); err != nil {
			return nil, err
		}
	}
	f := &Follower{opts: o, from: from, kept: newKept(o.Dir), time: newRatchet(o.Clock)}
	f.good = good{roots: [][]byte{o.Root}}
	f.state.Behind = o.Clock.Doubt()
	if err := f.kept.disk.sweep(); err != nil {
		f.opts.Logger.Warn("files that were never finished stay in the folder of the kept set", "error", err)
	}
	loaded, err := f.kept.load(o)
	switch {
	case err != nil:
		f.opts.Logger.Error("the kept set of orders does not count", "cause", err)
		f.state.refused(CauseOf(err), err, o.Clock.Now())
	case loaded != nil:
		f.good = *loaded
		f.time.reach(loaded.set.Signed)
		f.state.verified(loaded.set)
	}
	return f, nil
}

// Poll asks for what is new and takes it if it verifies; changed reports whether
// the orders may differ from those before. Whatever the error, the last good set
// stays. Two outcomes need a word: an error with changed set means that the new
// orders count but could not be saved (Storage); and orders that cannot count are
// no error but stand in the Set's Void.
func (f *Follower) Poll(ctx context.Context) (changed bool, err error) {
	f.polling.Lock()
	defer f.polling.Unlock()
	changed, err = f.poll(ctx)
	if ctx.Err() != nil {
		return changed, ctx.Err()
	}
	f.note(err)
	return changed, err
}

// note keeps what State tells.
func (f *Follower) note(err error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	now := f.opts.Clock.Now()
	if err != nil {
		f.state.refused(CauseOf(err), err, now)
		return
	}
	f.state.verified(f.good.set)
	f.state.Behind = max(f.opts.Clock.Doubt(), f.good.set.Signed.Sub(now), 0)
}

func (f *Follower) poll(ctx context.Context) (bool, error) {
	data, tag, err := f.from.newer(ctx, timestampFile, f.tag, maxTimestamp)
	if err != nil {
		return false, err
	}
	old := f.good.view
	if old != nil && (data == nil || bytes.Equal(data, old.stampData)) && !f.rootDue(old.stampData) {
		f.tag = tag
		return false, errors.Join(f.lasting(old), f.save())
	}
	if data == nil {
		data = old.stampData
	}
	next, err := f.next(ctx, data)
	if err != nil {
		return false, err
	}
	f.tag = tag
	changed := old == nil || next.view.snap.Version != old.snap.Version || len(next.set.Orders) != len(f.good.set.Orders)
	f.take(*next)
	f.unsaved = true
	return changed, f.save()
}

// lasting refuses the same signature for longer than it counts.
func (f *Follower) lasting(v *view) error {
	if f.time.now().After(v.stamp.expires.Add(f.opts.Late)) {
		return refuse(Frozen, fmt.Errorf("timestamp.json is still the one that expired at %s", v.stamp.expires.Format(time.RFC3339)))
	}
	return nil
}

func (f *Follower) take(g good) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.good = g
}

func (f *Follower) save() error {
	if !f.unsaved {
		return nil
	}
	if err := f.kept.save(f.good); err != nil {
		return refuse(Storage, err)
	}
	f.unsaved = false
	return nil
}

// rootDue reports whether the next root must be asked for: at the start, every
// hour, and when a timestamp says that there is one, or cannot be verified with
// the root that is held.
func (f *Follower) rootDue(stampData []byte) bool {
	if f.rooted.IsZero() || f.opts.Clock.Now().Sub(f.rooted) >= rootEvery {
		return true
	}
	root, err := metadata.Root().FromBytes(f.good.roots[len(f.good.roots)-1])
	if err != nil {
		return true
	}
	t, err := metadata.Timestamp().FromBytes(stampData)
	if err != nil || root.VerifyDelegate(metadata.TIMESTAMP, t) != nil {
		return true
	}
	s, err := stampOf(&t.Signed)
	return err != nil || s.root > root.Signed.Version
}

// next verifies a new state from the timestamp down to the orders and the log.
func (f *Follower) next(ctx context.Context, stampData []byte) (*good, error) {
	roots := f.good.roots
	if f.rootDue(stampData) {
		climbed, err := climb(ctx, f.from, roots)
		if err != nil {
			return nil, err
		}
		if len(climbed) > len(roots) {
			// A new root counts at once, whatever comes of the rest: it may take
			// a stolen key away.
			g := f.good
			g.roots, f.unsaved, roots = climbed, true, climbed
			f.take(g)
		}
		f.rooted = f.opts.Clock.Now()
	}
	v := &verifier{from: f.from, base: f.good.view, now: f.opts.Clock.Now(), floor: f.time.now(), within: f.opts.Within,
		bounds: bounds{f.opts.Lifetime, f.opts.Ahead, f.opts.Late}}
	view, err := v.verify(ctx, roots, stampData)
	if err != nil {
		return nil, errors.Join(err, f.save())
	}
	files, err := gather(ctx, f.from, view, f.good.files)
	if err != nil {
		return nil, err
	}
	ledger, head, err := f.grow(ctx, view)
	if err != nil {
		return nil, err
	}
	if f.good.view != nil && v.base == nil {
		f.time.release(view.stamp.signed)
	}
	f.time.reach(view.stamp.signed)
	pack := f.good.pack
	if pack == nil || f.good.view.snap.Version != view.snap.Version || len(files) != len(f.good.files) {
		if pack, err = packed(files); err != nil {
			return nil, err
		}
	}
	return &good{roots, view, files, pack, ledger, assemble(view, files, ledger, head, f.good.set)}, nil
}

// grow follows the log; every order of the view must stand in it.
func (f *Follower) grow(ctx context.Context, v *view) (*ledger, Head, error) {
	if f.opts.Log == nil {
		return nil, Head{}, nil
	}
	old := f.good.ledger
	if old != nil && f.good.view != nil && f.good.view.snap.Version == v.snap.Version {
		return old, f.good.set.Log, v.unlogged(old)
	}
	if old == nil {
		old = newLedger()
	}
	checkpoint, err := f.from.get(ctx, checkpointFile, maxCheckpoint)
	if err != nil {
		return nil, Head{}, unlisted(err)
	}
	added, err := f.from.tail(ctx, entriesFile, int64(len(old.lines)), maxEntries)
	if err != nil {
		return nil, Head{}, unlisted(err)
	}
	g, err := old.advance(*f.opts.Log, checkpoint, added)
	if err != nil {
		return nil, Head{}, err
	}
	head, err := f.opts.Log.open(g.note)
	return g, head, errors.Join(err, v.unlogged(g))
}

// unlisted: a feed without its log is not the one that was agreed on.
func unlisted(err error) error {
	if missing(err) {
		return refuse(SplitView, fmt.Errorf("the log: %w", err))
	}
	return err
}

// Set is the last good set, and nil before the first.
func (f *Follower) Set() *Set {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.good.set
}

// Mirror writes the last good set as static files, the timestamp last: for a
// server nearer to the schools, for a stick, or for an office that drafts its
// next submission. It holds the offices that this follower follows, and the log
// if it reads it.
func (f *Follower) Mirror(dir string) error {
	f.mu.Lock()
	g := f.good
	f.mu.Unlock()
	if g.view == nil {
		return errors.New("there is nothing to mirror yet: the first poll has not succeeded")
	}
	list := append(append(g.orders(), g.static()...), file{timestampFile, g.view.stampData})
	d := newDisk(dir)
	for _, file := range list {
		if steady(file.name) && d.has(file.name) {
			continue
		}
		if err := d.write(file.name, file.data); err != nil {
			return err
		}
	}
	return nil
}
