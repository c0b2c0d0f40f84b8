package ecluse

import (
	"bytes"
	"context"
	"fmt"
	"maps"
	"slices"
	"time"

	"github.com/ecluse-ecole/ecluse/hours"
	"github.com/ecluse-ecole/ecluse/internal/account"
	"github.com/ecluse-ecole/ecluse/internal/fault"
	"github.com/ecluse-ecole/ecluse/internal/gate"
	"github.com/ecluse-ecole/ecluse/internal/order"
	"github.com/ecluse-ecole/ecluse/internal/school"
	"github.com/ecluse-ecole/ecluse/internal/store"
)

// The window in which the compiled tables answer fastest. Outside it answers
// are as right, only slower.
const (
	windowBefore = 7 * 24 * time.Hour
	windowAfter  = 400 * 24 * time.Hour
)

// facts is everything the store knows that decisions follow from.
type facts struct {
	generation int64
	schools    []school.School
	records    []store.OrderRecord
	exemptions []store.Exemption
	names      map[school.Territory]string
	points     []store.PointRecord
	followers  []store.FollowerRecord
	proposed   []order.ID
}

func readFacts(tx *store.Tx) (f facts, err error) {
	if f.generation, err = tx.Generation(); err != nil {
		return f, err
	}
	if f.schools, err = tx.Schools(); err != nil {
		return f, err
	}
	if f.records, err = tx.Orders(); err != nil {
		return f, err
	}
	if f.exemptions, err = tx.Exemptions(); err != nil {
		return f, err
	}
	if f.points, err = tx.Points(); err != nil {
		return f, err
	}
	if f.followers, err = tx.Followers(); err != nil {
		return f, err
	}
	if f.proposed, err = tx.ProposedOrders(); err != nil {
		return f, err
	}
	f.names, err = tx.TerritoryNames()
	return f, err
}

// Reload reads orders, schools and exemptions, compiles them, puts the result
// in place at once, and has every live connection look again. An order that
// cannot be read refuses the reload: the present snapshot goes on for readers,
// acts are refused (see do), and before the first one everything is closed.
func (a *App) Reload(ctx context.Context) error {
	if err := a.recompile(ctx); err != nil {
		return err
	}
	a.logged("noting which orders are held", a.acknowledge(ctx))
	return nil
}

func (a *App) recompile(ctx context.Context) error {
	a.reload.Lock()
	defer a.reload.Unlock()
	var f facts
	err := a.store.Read(ctx, func(tx *store.Tx) (err error) {
		f, err = readFacts(tx)
		return err
	})
	if err != nil {
		return fmt.Errorf("reading the orders: %w", err)
	}
	set, records, void, err := a.orders.parseAll(f.records, a.clock.Now())
	if err != nil {
		return err
	}
	for _, v := range void {
		a.log.Error("a reference between orders is void, and ends nothing", "error", v)
	}
	snapshot, err := gate.Compile(a.source(f, set))
	if err != nil {
		a.log.Error("part of the orders cannot be decided and closes", "error", err)
	}
	if snapshot.Version() != a.gate.Load().Version() {
		a.since.Store(a.clock.Now().UnixMilli())
	}
	a.gate.Store(snapshot)
	a.orders.put(set, records, f)
	a.seen = f.generation
	a.points.put(f.points)
	a.below.put(f.followers)
	a.people.forget()
	a.looked.Store(time.Now().UnixNano())
	a.live.wakeAll()
	a.changed()
	return nil
}

// parseAll turns the stored documents back into orders, and says which of their
// references to each other are void.
func (b *orderBook) parseAll(records []store.OrderRecord, now time.Time) (set *order.Set, byID map[order.ID]store.OrderRecord, void []error, err error) {
	var orders []*order.Order
	byID = map[order.ID]store.OrderRecord{}
	for _, r := range records {
		o, err := b.parse(r)
		if err != nil {
			return nil, nil, nil, fmt.Errorf("order %s in the database cannot be read, so nothing is decided anew: %w", r.ID, err)
		}
		orders = append(orders, o)
		byID[o.ID] = r
	}
	set, void = order.NewIssuedSet(orders, issuedAt(records, now))
	return set, byID, void, nil
}

// parse reads a document, unless the book holds the order that it says: orders
// never change, and reading thousands anew would take longer than all else.
func (b *orderBook) parse(r store.OrderRecord) (*order.Order, error) {
	b.mu.RLock()
	defer b.mu.RUnlock()
	if known, found := b.records[r.ID]; found && bytes.Equal(known.Text, r.Text) {
		return b.set.Order(r.ID)
	}
	return order.Parse(string(r.ID), r.Text)
}

// byAdoption is who issued an order that was in force when an installation began.
const byAdoption = "ecluse"

// issuedAt is from when each order counts here at the earliest. One that was
// adopted was decided before. One that is known counts, whatever the clock says of
// the node that wrote it down.
func issuedAt(records []store.OrderRecord, now time.Time) map[order.ID]int64 {
	issued := map[order.ID]int64{}
	for _, r := range records {
		if r.By != byAdoption {
			issued[r.ID] = min(r.Issued.Unix(), now.Unix())
		}
	}
	return issued
}

// source gathers what the gate compiles. The window moves by whole days so that
// compiled hours are shared between recompilations of one day.
func (a *App) source(f facts, set *order.Set) gate.Source {
	today := a.clock.Now().Truncate(24 * time.Hour)
	return gate.Source{
		Version:    f.generation,
		Schools:    f.schools,
		Orders:     set,
		Exemptions: exemptionsOf(f.exemptions),
		Calendar:   a.calendars.For,
		From:       today.Add(-windowBefore).Unix(),
		To:         today.Add(windowAfter).Unix(),
		Cache:      a.cache,
	}
}

func (b *orderBook) put(set *order.Set, records map[order.ID]store.OrderRecord, f facts) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.set, b.records, b.names, b.proposed = set, records, f.names, f.proposed
}

// numbers are those of all orders that were issued or proposed.
func (b *orderBook) numbers() []order.ID {
	b.mu.RLock()
	defer b.mu.RUnlock()
	return slices.AppendSeq(slices.Clone(b.proposed), maps.Keys(b.records))
}

func (b *orderBook) get() (*order.Set, map[order.ID]store.OrderRecord) {
	b.mu.RLock()
	defer b.mu.RUnlock()
	return b.set, b.records
}

// TerritoryName is how people call a territory: its stored name, a school's
// own, or that of the département or académie.
func (a *App) TerritoryName(t school.Territory) string {
	a.orders.mu.RLock()
	name, found := a.orders.names[t]
	a.orders.mu.RUnlock()
	if found {
		return name
	}
	last := school.UAI(t[len(t.Parent()):])
	if s, err := a.gate.Load().School(last[min(1, len(last)):]); err == nil {
		return s.Name
	}
	return school.Name(t)
}

// How often Run looks whether another process changed the orders, and how often
// it writes down that the clock has come this far.
const (
	pollEvery      = 5 * time.Second
	revokeEvery    = 400 * time.Millisecond // a session that ends is cut everywhere within a second
	heartbeatEvery = time.Minute
)

// Run keeps the App fresh until ctx ends: it follows changes made by other
// nodes, moves the window day by day, keeps the heartbeat against a clock set
// back, and forgets old sessions and tries.
func (a *App) Run(ctx context.Context) error {
	hint := make(chan struct{}, 1)
	go a.listen(ctx, hint)
	go a.tellOfInstants(ctx)
	go a.keepFaces(ctx)
	go a.followCampaigns(ctx)
	go a.followPlaces(ctx)
	poll := time.NewTicker(pollEvery)
	defer poll.Stop()
	beat := time.NewTicker(heartbeatEvery)
	defer beat.Stop()
	revoke := time.NewTicker(revokeEvery)
	defer revoke.Stop()
	day := a.clock.Now().Truncate(24 * time.Hour)
	ready := a.Ready() == nil
	for {
		select {
		case <-ctx.Done():
			return nil
		case <-beat.C:
			a.logged("keeping house", a.keepHouse(ctx))
			a.logged("noting which orders are held", a.acknowledge(ctx))
		case <-poll.C:
			a.logged("following the orders", a.follow(ctx))
			a.logged("writing down what points reported", a.writeReports(ctx))
			if now := a.Ready() == nil; now != ready {
				ready = now
				a.changed()
			}
		case <-revoke.C:
			_ = a.revoked(ctx) // a database that does not answer is logged by what follows the orders
		case <-hint:
			a.logged("following the orders", a.follow(ctx))
			_ = a.revoked(ctx)
		}
		if today := a.clock.Now().Truncate(24 * time.Hour); today.After(day) {
			day = today
			a.logged("moving to the next day", a.Reload(ctx))
			a.warnCalendars()
			a.warnPlaces()
		}
	}
}

// logged writes a failure of work that nobody waits for.
func (a *App) logged(what string, err error) {
	if err != nil {
		a.log.Error(what, "error", err)
	}
}

// listen turns other nodes' notices into hints; polling covers for it.
func (a *App) listen(ctx context.Context, hint chan<- struct{}) {
	err := a.store.Listen(ctx, func() {
		select {
		case hint <- struct{}{}:
		default:
		}
	})
	if err != nil && ctx.Err() == nil {
		a.log.Warn("listening for orders failed; they are polled", "error", err)
	}
}

// follow reloads when the store's generation is not the snapshot's.
func (a *App) follow(ctx context.Context) error {
	var generation int64
	err := a.store.Read(ctx, func(tx *store.Tx) (err error) {
		generation, err = tx.Generation()
		return err
	})
	if err == nil {
		a.looked.Store(time.Now().UnixNano())
	}
	a.reload.Lock()
	same := generation == a.seen
	a.reload.Unlock()
	if err != nil || same {
		return err
	}
	return a.Reload(ctx)
}

// reportsKept is how long an instance that reports no more is shown.
const reportsKept = 7 * 24 * time.Hour

// spentKept is how long what counts once is remembered: longer than any service
// stands by it.
const spentKept = 24 * time.Hour

// keepHouse writes the heartbeat and forgets what has served.
func (a *App) keepHouse(ctx context.Context) error {
	a.points.forgetSilent(a.clock.Now().Add(-reportsKept))
	return a.store.Write(ctx, func(tx *store.Tx) error {
		now := a.clock.Now()
		if a.clock.Doubt() == 0 {
			if err := tx.Heartbeat(now); err != nil {
				return err
			}
		}
		if err := tx.PurgeEvidence(now); err != nil {
			return err
		}
		if err := tx.PurgeDevices(now.Add(-deviceForgets)); err != nil {
			return err
		}
		if err := tx.PurgeAlterations(now.Add(-ticketFor)); err != nil {
			return err
		}
		if err := tx.PurgeSessions(now); err != nil {
			return err
		}
		if err := tx.PurgeReports(now.Add(-reportsKept)); err != nil {
			return err
		}
		if err := tx.PurgeStolen(now.Add(-stolenKept)); err != nil {
			return err
		}
		if err := tx.PurgeSlips(now.Add(-slipsKept)); err != nil {
			return err
		}
		if err := tx.PurgeTravels(now.Add(-travelsKept)); err != nil {
			return err
		}
		if err := tx.PurgeSpent(now.Add(-spentKept)); err != nil {
			return err
		}
		return tx.PurgeTries(now.Add(-account.TryWindow), now.Add(-knownFor))
	})
}

// exemptionsOf turns stored exemptions into the gate's.
func exemptionsOf(stored []store.Exemption) []gate.Exemption {
	var out []gate.Exemption
	for _, e := range stored {
		out = append(out, gate.Exemption{
			ID: e.ID, Order: e.Order, School: e.School, Member: int64(e.Member), Person: int64(e.Person),
			From: e.From.Unix(), Until: e.Until.Unix(), Access: e.Access,
			AskedBy: int64(e.AskedBy), GrantedBy: int64(e.GrantedBy), Authority: e.Authority, Reason: e.Reason,
		})
	}
	return out
}

// staleAfter is how long the database may be silent before enforcement points
// are told to close: an order may have been issued meanwhile.
const staleAfter = 30 * time.Second

// Ready is nil when decisions can be made: a snapshot is in place, the database
// has told within staleAfter that it is the newest, and the clock has not been
// set back.
func (a *App) Ready() error {
	now, doubt := a.clock.Reading()
	return a.ready(reading{now, doubt, time.Now()})
}

// ready is Ready by one look at the clocks.
func (a *App) ready(r reading) error {
	if a.gate.Load() == nil {
		return fault.New(fault.Unavailable, "Les ordres ne sont pas encore chargés.", "The orders are not loaded yet.")
	}
	if silent := time.Duration(r.real.UnixNano() - a.looked.Load()); silent > staleAfter {
		return fault.New(fault.Unavailable,
			fmt.Sprintf("La base de données ne répond plus depuis %s ; dans le doute, le sas est fermé.", silent.Round(time.Second)),
			fmt.Sprintf("The database has not answered for %s; in doubt, the gate is closed.", silent.Round(time.Second)))
	}
	if back := r.doubt; back > clockDoubt {
		return fault.New(fault.Unavailable,
			fmt.Sprintf("L’horloge du serveur a été reculée de %s ; tout reste fermé jusqu’à ce qu’elle soit remise à l’heure.", back.Round(time.Second)),
			fmt.Sprintf("The server's clock was set back by %s; everything stays closed until it is put right.", back.Round(time.Second)))
	}
	return nil
}

// warnCalendars logs, once a day and weeks ahead, which schools' calendars end
// soon: beyond its end, hours that speak of school holidays are unknown, and
// close.
func (a *App) warnCalendars() {
	schools := map[string]int{}
	for _, s := range a.gate.Load().Schools() {
		schools[s.Calendar]++
	}
	today := hours.DateOf(a.clock.Now().In(a.zone("Europe/Paris")))
	for _, code := range slices.Sorted(maps.Keys(schools)) {
		if w := a.calendars.Warn(code, today); w != nil {
			a.log.Warn(w.String(), "schools", schools[code])
		}
	}
}
