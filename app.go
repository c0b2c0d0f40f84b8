// Package ecluse is Écluse itself: the verbs. Every act passes one function
// (see do): who acts, may they, do it, write it to the journal, in a single
// transaction at one instant. An act that cannot be journaled does not happen.
//
// This package alone both decides and writes. Below it, rules are pure and the
// store keeps facts; above it, faces show and ask, and decide nothing.
//
// Lifetimes: Open loads every order and school and compiles the first snapshot
// before it returns, so that nothing is ever answered from an open default. Run
// keeps the snapshot fresh until its context ends. Whatever cannot be decided,
// because the snapshot is missing or the clock was set back, is closed.
package ecluse

import (
	"context"
	"crypto/rand"
	"fmt"
	"log/slog"
	"runtime"
	"sync"
	"sync/atomic"
	"time"

	"github.com/ecluse-ecole/ecluse/internal/account"
	"github.com/ecluse-ecole/ecluse/internal/calendar"
	"github.com/ecluse-ecole/ecluse/internal/clock"
	"github.com/ecluse-ecole/ecluse/internal/enforce"
	"github.com/ecluse-ecole/ecluse/internal/gate"
	"github.com/ecluse-ecole/ecluse/internal/leak"
	"github.com/ecluse-ecole/ecluse/internal/order"
	"github.com/ecluse-ecole/ecluse/internal/place"
	"github.com/ecluse-ecole/ecluse/internal/procedure"
	"github.com/ecluse-ecole/ecluse/internal/push"
	"github.com/ecluse-ecole/ecluse/internal/school"
	"github.com/ecluse-ecole/ecluse/internal/store"
	"github.com/go-webauthn/webauthn/webauthn"
)

// Options are what an App is made of. Only Database is required.
type Options struct {
	Database    string              // a file, or postgres://…
	Clock       *clock.Clock        // the machine's unless given
	Calendars   *calendar.Set       // the built-in ones unless given
	Log         *slog.Logger        // slog.Default unless given
	AcceptClock bool                // serve although the database was written at a later instant
	Procedures  procedure.Catalogue // what is done by hand where nothing asks; the built-in ones unless given
	Mail        *Mail               // how letters leave; nil: none does
	Leaked      *leak.Set           // leaked passwords; nil: none are known. Whoever opened it closes it
	Address     string              // the public address of these pages, to which passkeys belong; empty: there are none
	Seal        []byte              // the key under which secrets of codes are kept; nil: no codes can be set up
	Push        *push.Client        // how browsers are told; nil, or without Seal: none is
	Services    []SignInService     // where people sign in who have their password elsewhere
	Hashing     account.Cost        // of new passwords, to which older ones are brought at signing in; account.DefaultCost unless given
	Places      *place.Set          // databases of countries; nil: no country is ever known
	Countries   []string            // codes of those from which people sign in; none: from anywhere
	Signatures  int                 // how many people sign an order for more than one school; DefaultSignatures unless given
}

// complete fills in what was not given.
func (o *Options) complete() (err error) {
	if o.Clock == nil {
		o.Clock = clock.System()
	}
	if o.Calendars == nil {
		o.Calendars = calendar.Builtin()
	}
	if o.Log == nil {
		o.Log = slog.Default()
	}
	if o.Signatures == 0 {
		o.Signatures = DefaultSignatures
	}
	if len(o.Procedures.All()) == 0 {
		o.Procedures, err = procedure.Default()
	}
	return err
}

// An App is one running Écluse. It is safe for concurrent use.
type App struct {
	store      *store.Store
	clock      *clock.Clock
	calendars  *calendar.Set
	log        *slog.Logger
	procedures procedure.Catalogue
	signatures int        // for an order of more than one school
	drawing    sync.Mutex // one picture at a time
	leaving    sync.Map   // school.UAI → *sync.Mutex: one reader lets waiting messages leave
	live       *live
	leads      leads         // what only one of the nodes does
	campaigns  chan struct{} // holds one token: a campaign has begun

	rulebook
	entrance
	outlets
	gatehouse
	background
}

// A rulebook is what decisions are made from: the orders as compiled, and how new
// they are.
type rulebook struct {
	gate   gate.Gate
	reload sync.Mutex // one recompilation at a time
	cache  *gate.Cache
	seen   int64 // the generation the snapshot was made from; guarded by reload
	orders orderBook
	zones  sync.Map     // IANA name → *time.Location
	alike  sync.Map     // *order.Order of a feed → ours that was found to be the same
	since  atomic.Int64 // when the snapshot's orders became the newest, in Unix milliseconds
	looked atomic.Int64 // when the database last told the generation, in real Unix nanoseconds
}

// An entrance is what people come in by, and are sent away at.
type entrance struct {
	hasher     *account.Hasher
	faces      atomic.Pointer[account.Faces]
	passkeys   *webauthn.WebAuthn // nil: the public address is not known
	challenger *account.Challenger
	seal       *account.Seal  // nil: no codes are set up or verified
	codes      [64]sync.Mutex // one code of a person is verified at a time
	services   []SignInService

	places    *place.Set
	countries []string // of the installation's own rule

	leaks        *leak.Set   // nil: no list is installed
	leaksTrouble atomic.Bool // it could not be read the last time
	reading      sync.Mutex  // one list of stolen accounts at a time

	revocations revocations
	parting     parting
}

// Outlets are how people are told who do not look.
type outlets struct {
	mail   *Mail         // nil: no letter is queued
	outbox chan struct{} // holds one token: letters were queued
	push   *push.Client  // nil: no browser is told
	pushed pushing
}

// A gatehouse is what enforcement points are answered from.
type gatehouse struct {
	people  directory
	answers answers
	points  points
	changes enforce.Bell              // told of every new snapshot and instant
	wake    chan struct{}             // the timer of instants looks for the next one anew
	feed    atomic.Pointer[FeedState] // nil where none is followed
	below   followers                 // the installations that tell of their schools
}

// A background is work that goes on after the request that began it.
type background struct {
	lasting context.Context
	stop    context.CancelFunc
	work    sync.WaitGroup
}

// Open opens the database, refuses a clock that was set back, and compiles the
// orders. Close ends it.
func Open(ctx context.Context, o Options) (*App, error) {
	if err := o.complete(); err != nil {
		return nil, err
	}
	db, err := store.Open(ctx, o.Database, store.Options{})
	if err != nil {
		return nil, err
	}
	a := &App{
		store: db, clock: o.Clock, calendars: o.Calendars, log: o.Log,
		procedures: o.Procedures, signatures: o.Signatures, live: newLive(),
		leads:     leads{node: rand.Text(), seen: map[string]sighting{}},
		campaigns: make(chan struct{}, 1),
		rulebook:  rulebook{cache: gate.NewCache()},
		entrance: entrance{
			hasher: account.NewHasher(max(1, runtime.NumCPU()/2), o.Hashing),
			leaks:  o.Leaked, services: o.Services, places: o.Places, countries: o.Countries,
		},
		outlets:   outlets{mail: o.Mail, outbox: make(chan struct{}, 1), push: o.Push, pushed: pushing{queued: make(chan struct{}, 1)}},
		gatehouse: gatehouse{wake: make(chan struct{}, 1)},
	}
	a.faces.Store(account.NewFaces())
	a.lasting, a.stop = context.WithCancel(context.WithoutCancel(ctx))
	if err = a.openPasskeys(ctx, o.Address); err == nil {
		err = a.openSeal(ctx, o.Seal)
	}
	if err == nil {
		err = a.start(ctx, o.AcceptClock)
	}
	if err != nil {
		a.stop()
		db.Close()
		return nil, err
	}
	return a, nil
}

func (a *App) start(ctx context.Context, acceptClock bool) error {
	if err := a.checkClock(ctx, acceptClock); err != nil {
		return err
	}
	if err := a.Reload(ctx); err != nil {
		return err
	}
	if err := a.revoked(ctx); err != nil {
		return err
	}
	a.warnCalendars()
	a.warnPlaces()
	return nil
}

// Hush ends every live connection, now and from now on: the server is stopping.
func (a *App) Hush() { a.live.closeAll() }

// Close ends what is live and what works, and closes the database.
func (a *App) Close() error {
	a.Hush()
	a.stop()
	a.work.Wait()
	return a.store.Close()
}

// Now is the instant by which everything is decided.
func (a *App) Now() time.Time { return a.clock.Now() }

// Clock is the clock that the App was opened with.
func (a *App) Clock() *clock.Clock { return a.clock }

// clockTolerance is how far a clock may stand behind what was already written
// before we refuse to start: networks of machines differ by less. Until it has
// caught up, the App is closed in doubt.
const clockTolerance = 2 * time.Minute

// A ClockError refuses to start because the database was written at a later
// instant than the clock tells.
type ClockError struct {
	Now, Latest time.Time
}

// Error says both instants and what to do.
func (e *ClockError) Error() string {
	return fmt.Sprintf("the clock of this machine says %s, but the database was last written at %s: "+
		"set the clock right; if it is right and was wrong before, start once with --accept-clock",
		e.Now.Format(time.RFC3339), e.Latest.Format(time.RFC3339))
}

// checkClock refuses to start at an instant before the database's latest one, and
// tells none before it: a clock set back would open again what an order has
// closed. A clock that is accepted becomes what later starts are held against.
func (a *App) checkClock(ctx context.Context, accept bool) error {
	var latest time.Time
	err := a.store.Read(ctx, func(tx *store.Tx) (err error) {
		latest, err = tx.LatestInstant()
		return err
	})
	if err != nil {
		return fmt.Errorf("reading the latest instant of the journal: %w", err)
	}
	now := a.clock.Now()
	switch {
	case accept && latest.After(now):
		a.log.Warn("a clock behind the database was accepted", "clock", now, "database", latest)
		return a.store.Write(ctx, func(tx *store.Tx) error { return tx.AcceptClock(now) })
	case accept:
		return nil
	case now.Add(clockTolerance).Before(latest):
		return &ClockError{Now: now, Latest: latest}
	}
	a.clock.Reach(latest)
	return nil
}

// zone is a school's location, loaded once. A zone that cannot be loaded is
// UTC for display only: the gate closes such a school.
func (a *App) zone(name string) *time.Location {
	if known, ok := a.zones.Load(name); ok {
		return known.(*time.Location)
	}
	loc, err := time.LoadLocation(name)
	if err != nil {
		loc = time.UTC
	}
	a.zones.Store(name, loc)
	return loc
}

// School is a school by its code, with its location for display.
func (a *App) School(uai school.UAI) (school.School, *time.Location, error) {
	s, err := a.gate.Load().School(uai)
	return s, a.zone(s.Zone), err
}

// orderBook is what was read along with the snapshot: who issued which order
// when. It is replaced as a whole.
type orderBook struct {
	mu      sync.RWMutex
	set     *order.Set
	records map[order.ID]store.OrderRecord
	names   map[school.Territory]string

	proposed []order.ID // orders' numbers that were ever proposed
}

// Contact is how to reach a school.
func (a *App) Contact(ctx context.Context, uai school.UAI) (c store.Contact, err error) {
	err = a.store.Read(ctx, func(tx *store.Tx) (err error) {
		c, err = tx.SchoolContact(uai)
		return ignoreNotFound(err)
	})
	return c, err
}
