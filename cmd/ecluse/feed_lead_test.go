package main

import (
	"log/slog"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/ecluse-ecole/ecluse"
	"github.com/ecluse-ecole/ecluse/internal/clock"
	"github.com/ecluse-ecole/ecluse/internal/feed"
	"github.com/ecluse-ecole/ecluse/internal/order"
	"github.com/ecluse-ecole/ecluse/internal/store/storetest"
)

// publisherOn is one node of an installation that issues a feed.
func publisherOn(t *testing.T, c *clock.Clock, database, dir, keys string) *publisher {
	t.Helper()
	quiet := slog.New(slog.DiscardHandler)
	app, err := ecluse.Open(t.Context(), ecluse.Options{Database: database, Clock: c, Log: quiet})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { app.Close() })
	repository, _, err := openFeed(dir, keys)
	if err != nil {
		t.Fatal(err)
	}
	return &publisher{app: app, repository: repository, log: quiet, done: map[order.ID]bool{}}
}

// TestOneNodePublishes: of the nodes that share a database and a folder one
// publishes, and another takes over when it dies; a node with a folder of its own
// publishes nothing.
func TestOneNodePublishes(t *testing.T) {
	storetest.EachDatabase(t, func(t *testing.T, database string) {
		dir, keys, stray := filepath.Join(t.TempDir(), "feed"), t.TempDir(), filepath.Join(t.TempDir(), "feed")
		line(t, "feed", "init", dir, "--keys", keys)
		if err := os.CopyFS(stray, os.DirFS(dir)); err != nil {
			t.Fatal(err)
		}
		c := clock.Manual(time.Now())
		one, two, lost := publisherOn(t, c, database, dir, keys), publisherOn(t, c, database, dir, keys), publisherOn(t, c, database, stray, keys)
		nodes := []*publisher{one, two, lost}
		turn := func(nodes ...*publisher) {
			for _, p := range nodes {
				p.lead(t.Context())
				p.turn()
			}
		}
		holds := func(dir string, want int) {
			t.Helper()
			set, err := feed.Check(dir, nil, time.Now())
			if err != nil {
				t.Fatal(err)
			}
			if len(set.Orders) != want {
				t.Errorf("%d orders in the feed, want %d", len(set.Orders), want)
			}
		}
		turn(nodes...)
		issueIn(t, database, closing("FR/2024-0001", time.Now()))
		for _, p := range nodes {
			if err := p.app.Reload(t.Context()); err != nil {
				t.Fatal(err)
			}
		}
		turn(nodes...)
		turn(nodes...) // the leader tells how far it has come
		holds(dir, 1)
		if !one.leads || two.leads || lost.leads {
			t.Errorf("leading: %v %v %v, want the first", one.leads, two.leads, lost.leads)
		}

		issueIn(t, database, closing("FR/2024-0002", time.Now()))
		one.app.Close()
		if err := two.app.Reload(t.Context()); err != nil {
			t.Fatal(err)
		}
		turn(two)
		holds(dir, 1)
		c.Set(c.Now().Add(ecluse.LeadAfter))
		turn(two)
		holds(dir, 2)

		two.leave() // stopped in order, it keeps nobody waiting
		two.app.Close()
		turn(lost)
		holds(stray, 0)
		three := publisherOn(t, c, database, dir, keys)
		three.leave() // which does not lead
		turn(three, lost)
		if lost.leads || !three.leads {
			t.Errorf("leading: %v with a folder that is behind, %v with the newest", lost.leads, three.leads)
		}
	})
}
