package main

import (
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/ecluse-ecole/ecluse"
	"github.com/ecluse-ecole/ecluse/internal/clock"
	"github.com/ecluse-ecole/ecluse/internal/config"
	"github.com/ecluse-ecole/ecluse/internal/enforce"
	"github.com/ecluse-ecole/ecluse/internal/feed"
	"github.com/ecluse-ecole/ecluse/internal/metric"
	"github.com/ecluse-ecole/ecluse/internal/order"
)

// A silence is a follower, a feed that can be kept from speaking, and a clock.
type silence struct {
	*testing.T
	clock *clock.Clock
	app   *ecluse.App
	*disciple
	place, keys string
}

func newSilence(t *testing.T) *silence {
	t.Helper()
	dir := t.TempDir()
	s := &silence{T: t, clock: clock.Manual(time.Now()), place: filepath.Join(dir, "feed"), keys: filepath.Join(dir, "keys")}
	line(t, "feed", "init", s.place, "--keys", s.keys)
	daily := strings.Replace(closing("FR/2024-0001", time.Now()), `roles: [pupil, adults], hours: "off"`, `roles: [adults], hours: "07:00-23:00"`, 1)
	line(t, "feed", "publish", s.place, write(t, "order.yaml", daily), "--keys", s.keys)
	for name, table := range map[string]string{
		"schools.csv": "uai,name,degree,sector\n0799001E,École des Saules,first,public\n",
		"people.csv":  "login,first,last,school,role\nzoe.petit,Zoé,Petit,0799001E,teacher\nluc.roy,Luc,Roy,0799001E,pupil\n",
	} {
		s.must(os.WriteFile(filepath.Join(dir, name), []byte(table), 0o600))
	}
	database, quiet := filepath.Join(dir, "e.db"), slog.New(slog.DiscardHandler)
	line(t, "import", dir, "--database", database)
	var err error
	s.app, err = ecluse.Open(t.Context(), ecluse.Options{Database: database, Clock: s.clock, Log: quiet})
	s.must(err)
	t.Cleanup(func() { s.must(s.app.Close()) })
	s.disciple, err = (wirer{crew: &crew{}, figures: metric.New(), log: quiet}).disciple(s.app, &config.Follow{
		URL: "file://" + s.place, Root: filepath.Join(s.place, "1.root.json"), Dir: filepath.Join(dir, "followed"),
		Contact: config.Contact{Phone: "05 49 00 00 00"},
	})
	s.must(err)
	return s
}

func (s *silence) must(err error) {
	s.Helper()
	if err != nil {
		s.Fatal(err)
	}
}

// speak has the feed sign, and the follower hear it.
func (s *silence) speak() {
	s.Helper()
	keys, err := readKeys(s.keys)
	s.must(err)
	host := keys.host(s.place)
	host.Now = s.clock.Now
	repository, err := feed.Open(s.place, host)
	s.must(err)
	s.must(repository.Timestamp())
	_, err = s.follower.Poll(s.Context())
	s.must(err)
	s.apply(s.Context())(s.follower.Set())
}

// want moves the clock and wants what people may do then.
func (s *silence) want(at time.Time, pupil, teacher order.Access) {
	s.Helper()
	s.clock.Set(at)
	s.must(s.look(s.Context()))
	asker := s.app.Answering(enforce.Point{Name: "p", Kind: "other", Territory: "FR"})
	p, a := asker.Ask(s.Context(), enforce.Question{Login: "luc.roy"}), asker.Ask(s.Context(), enforce.Question{Login: "zoe.petit"})
	if p.Access != pupil || a.Access != teacher {
		s.Errorf("%s: pupil %v, teacher %v, want %v, %v", at, p.Access, a.Access, pupil, teacher)
	}
}

// TestDaysOfSilence: the network is cut. For a day everything goes on as ordered;
// then pupils are closed and stay so, while the adults' hours go on closing and
// opening; when the feed speaks again, pupils are as ordered.
func TestDaysOfSilence(t *testing.T) {
	s := newSilence(t)
	paris, err := time.LoadLocation("Europe/Paris")
	s.must(err)
	y, m, d := time.Now().In(paris).Date()
	on := func(n, hour int) time.Time { return time.Date(y, m, d+n, hour, 0, 0, 0, paris) }
	s.clock.Set(on(1, 12))
	s.speak()
	s.want(on(1, 22), order.Write, order.Write)
	s.want(on(1, 23), order.Write, order.Closed)
	s.want(on(2, 11), order.Write, order.Write)
	s.want(on(2, 13), order.Closed, order.Write)
	s.want(on(2, 23), order.Closed, order.Closed)
	s.want(on(3, 7), order.Closed, order.Write)
	s.speak()
	s.want(on(3, 7), order.Write, order.Write)
	s.want(on(3, 23), order.Write, order.Closed)
}
