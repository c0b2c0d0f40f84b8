package main

import (
	"context"
	"fmt"
	"log/slog"
	"net/http"
	"strings"
	"sync"
	"time"

	"github.com/ecluse-ecole/ecluse"
	"github.com/ecluse-ecole/ecluse/hours"
	"github.com/ecluse-ecole/ecluse/internal/config"
	"github.com/ecluse-ecole/ecluse/internal/feed"
	"github.com/ecluse-ecole/ecluse/internal/order"
)

// signEvery is how often the feed's host says that nothing newer is there.
const signEvery = time.Minute

// firstWord is how long a follower that was never told anything waits before
// pupils are closed.
const firstWord = time.Minute

// issue makes the server the host of a feed: it answers under /feed/ and
// publishes what is issued here.
func (w wirer) issue(app *ecluse.App, c *config.Feed, next http.Handler) (http.Handler, error) {
	if c == nil {
		return next, nil
	}
	repository, _, err := openFeed(c.Dir, c.Keys)
	if err != nil {
		return nil, fmt.Errorf("feed: %w", err)
	}
	if err := repository.Able(); err != nil {
		return nil, fmt.Errorf("feed: %w", err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	w.ends = append(w.ends, func() error { cancel(); return nil })
	server := feed.Handler(ctx, c.Dir, 0)
	if err := server.Witnessed(repository, c.Witnesses); err != nil {
		return nil, fmt.Errorf("feed: %w", err)
	}
	w.add((&publisher{app: app, repository: repository, log: w.log, done: map[order.ID]bool{}}).run)
	return underFeed(http.StripPrefix("/feed", server), next), nil
}

// underFeed sends what is asked under /feed/ to the feed.
func underFeed(feed, next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if strings.HasPrefix(r.URL.Path, "/feed/") {
			feed.ServeHTTP(w, r)
			return
		}
		next.ServeHTTP(w, r)
	})
}

// A publisher keeps the feed's folder up with what the application issued. The
// folder's handler tells followers as soon as it has changed. Where several nodes
// share the database and the folder, one of them publishes.
type publisher struct {
	app        *ecluse.App
	repository *feed.Repository
	log        *slog.Logger
	done       map[order.ID]bool // looked at, and published where the keys may sign

	leads          bool
	signed, pruned time.Time
}

// How often the publisher looks whether it leads, and removes what nobody needs.
const (
	leadEvery  = 2 * time.Second
	pruneEvery = time.Hour
)

// run publishes at every change, and signs the time each minute.
func (p *publisher) run(ctx context.Context) {
	changes := p.app.Changes(ctx)
	tick := time.NewTicker(leadEvery)
	defer tick.Stop()
	defer p.leave()
	p.lead(ctx)
	for {
		p.turn()
		select {
		case <-ctx.Done():
			return
		case <-changes:
		case <-tick.C:
			p.lead(ctx)
		}
	}
}

// turn does what is due, on the node that leads.
func (p *publisher) turn() {
	if !p.leads {
		return
	}
	if err := p.publish(); err != nil {
		p.log.Error("publishing orders in the feed; it is tried again within seconds", "error", err)
	}
	if time.Since(p.signed) >= signEvery {
		if err := p.repository.Timestamp(); err != nil {
			p.log.Error("signing the feed's time; followers take it for silenced after ten minutes", "error", err)
		}
		p.signed = time.Now()
	}
	if time.Since(p.pruned) >= pruneEvery {
		if _, err := p.repository.Prune(0); err != nil {
			p.log.Error("removing from the feed's folder what nobody needs", "error", err)
		}
		p.pruned = time.Now()
	}
}

// lead learns whether this node publishes. A folder that is behind what another
// node has published is not the one they share: to publish from it would show
// followers two different logs.
func (p *publisher) lead(ctx context.Context) {
	name, version, err := p.repository.Edition()
	leads, furthest := false, int64(0)
	if err == nil {
		leads, furthest, err = p.app.Lead(ctx, ecluse.Claim{Name: leadOf(name), Mark: version, Abreast: true})
	}
	switch {
	case err != nil:
		p.log.Error("learning which node publishes the feed", "error", err)
	case furthest > version:
		p.log.Error("this node does not publish: its feed's folder is behind what was published; give all nodes the same folder, or bring back the newest",
			"version", version, "published", furthest)
	case leads && !p.leads:
		p.log.Info("this node publishes the feed", "version", version)
	}
	p.leads = leads && err == nil
}

// leave lets another node publish at once, this one started anew among them.
func (p *publisher) leave() {
	if !p.leads {
		return
	}
	p.leads = false
	ctx, cancel := context.WithTimeout(context.Background(), leadEvery)
	defer cancel()
	name, _, err := p.repository.Edition()
	if err == nil {
		err = p.app.LeaveLead(ctx, leadOf(name))
	}
	if err != nil {
		p.log.Error("another node publishes the feed only when it has waited for this one", "error", err)
	}
}

// leadOf is what the nodes that may publish a feed lead.
func leadOf(feed string) string { return "feed " + feed }

// publish signs what was issued here and is not in the feed, all at once, and one
// by one if that fails, so that an order which cannot be published keeps none of
// the others out.
func (p *publisher) publish() error {
	var fresh []*order.Order
	for _, o := range p.app.Issued() {
		if !p.done[o.ID] {
			fresh = append(fresh, o)
		}
	}
	if len(fresh) == 0 {
		return nil
	}
	missing, err := p.repository.Missing(fresh)
	if err != nil {
		return err
	}
	failed := map[order.ID]bool{}
	if len(missing) > 0 && p.repository.Publish(missing...) != nil {
		for _, o := range missing {
			if one := p.repository.Publish(o); one != nil {
				failed[o.ID], err = true, one
			}
		}
	}
	for _, o := range missing {
		if !failed[o.ID] {
			p.log.Info("published in the feed", "order", string(o.ID))
		}
	}
	for _, o := range fresh {
		p.done[o.ID] = !failed[o.ID]
	}
	return err
}

// follow makes the server apply the orders of a feed.
func (w wirer) follow(app *ecluse.App, c *config.Follow) error {
	if c == nil {
		return nil
	}
	d, err := w.disciple(app, c)
	if err == nil {
		err = d.look(context.Background())
	}
	if err != nil {
		return fmt.Errorf("follow: %w", err)
	}
	w.add(func(ctx context.Context) { d.follower.Run(ctx, d.apply(ctx)) })
	w.add(d.watch)
	return nil
}

// disciple opens the last good set, and shows how old it is.
func (w wirer) disciple(app *ecluse.App, c *config.Follow) (*disciple, error) {
	options, err := followerOptions(*c)
	if err != nil {
		return nil, err
	}
	options.Clock, options.Logger = app.Clock(), w.log
	follower, err := feed.NewFollower(options)
	if err != nil {
		return nil, err
	}
	w.figures.Gauge("ecluse_feed_version", "Version of the last good set of the feed that is followed.", nil,
		func() float64 { return float64(follower.State().Version) })
	w.figures.Gauge("ecluse_feed_age_seconds", "Time since the feed last confirmed its orders; -1 before the first.", nil,
		func() float64 { return age(app.Now(), follower.State()) })
	w.figures.Gauge("ecluse_feed_fresh", "1 while the feed's orders are confirmed in time and nothing is refused.", nil, func() float64 {
		if follower.State().Standing == feed.Fresh {
			return 1
		}
		return 0
	})
	d := &disciple{app: app, follower: follower, log: w.log, began: app.Now(), patience: c.StaleAfter, kick: make(chan struct{}, 1)}
	d.contact = order.Contact{Office: c.Contact.Office, Phone: c.Contact.Phone, Email: c.Contact.Email}
	if d.patience == 0 {
		d.patience = 24 * time.Hour
	}
	return d, nil
}

// age is how long ago the feed last confirmed its orders.
func age(now time.Time, s feed.State) float64 {
	if s.Signed.IsZero() {
		return -1
	}
	return now.Sub(s.Signed).Seconds()
}

// A disciple hands the follower's orders to the application, and says how far
// they can be relied on.
type disciple struct {
	app      *ecluse.App
	follower *feed.Follower
	log      *slog.Logger
	contact  order.Contact
	began    time.Time
	patience time.Duration // without a word for so long, pupils are closed
	kick     chan struct{} // a set was applied
	told     feed.Standing
	voids    map[string]bool

	taking sync.Mutex // a set that is being stored is not stored twice
}

// take stores and applies what of a set is not known yet.
func (d *disciple) take(ctx context.Context, s *feed.Set) {
	d.taking.Lock()
	defer d.taking.Unlock()
	if err := d.app.Follow(ctx, s.Orders); err != nil {
		d.log.Error("following the feed of orders; what could not be stored is tried again", "error", err)
	}
}

// apply puts a set in force.
func (d *disciple) apply(ctx context.Context) func(*feed.Set) {
	return func(s *feed.Set) {
		d.take(ctx, s)
		voids := map[string]bool{}
		for _, v := range s.Void {
			if voids[v.String()] = true; !d.voids[v.String()] {
				d.log.Warn("left out of the feed", "what", v.String())
			}
		}
		d.voids = voids
		select {
		case d.kick <- struct{}{}:
		default:
		}
	}
}

// watch looks every few seconds where the follower stands, and tries again what
// could not be stored.
func (d *disciple) watch(ctx context.Context) {
	tick := time.NewTicker(5 * time.Second)
	defer tick.Stop()
	for {
		if err := d.look(ctx); err != nil {
			d.log.Error("saying how old the orders are", "error", err)
		}
		select {
		case <-ctx.Done():
			return
		case <-d.kick:
		case <-tick.C:
			if s := d.follower.Set(); s != nil && !d.app.Holds(s.Orders) {
				d.take(ctx, s)
			}
		}
	}
}

// look tells the application, and the log whenever it changes.
func (d *disciple) look(ctx context.Context) error {
	s := d.follower.State()
	if s.Standing != d.told {
		d.told = s.Standing
		d.log.Warn("the feed of orders is "+s.Standing.String(), "version", s.Version, "say", s.Say(hours.English))
	}
	since, patience := s.Signed, d.patience
	if since.IsZero() {
		since, patience = d.began, firstWord
	}
	return d.app.Heed(ctx, ecluse.FeedState{
		State: s, Silent: d.app.Now().Sub(since) > patience, For: d.patience, Contact: d.contact,
	})
}
