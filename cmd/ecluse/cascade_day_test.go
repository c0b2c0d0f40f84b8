package main

import (
	crand "crypto/rand"
	"log/slog"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"golang.org/x/mod/sumdb/note"

	"github.com/ecluse-ecole/ecluse"
	"github.com/ecluse-ecole/ecluse/examples"
	"github.com/ecluse-ecole/ecluse/internal/account"
	"github.com/ecluse-ecole/ecluse/internal/clock"
	"github.com/ecluse-ecole/ecluse/internal/config"
	"github.com/ecluse-ecole/ecluse/internal/enforce"
	"github.com/ecluse-ecole/ecluse/internal/feed"
	"github.com/ecluse-ecole/ecluse/internal/metric"
	"github.com/ecluse-ecole/ecluse/internal/order"
	"github.com/ecluse-ecole/ecluse/internal/school"
	"github.com/ecluse-ecole/ecluse/internal/statement"
	"github.com/ecluse-ecole/ecluse/internal/wire/answers"
)

// A lonely is a département's host whose network can be cut, with the feed that it
// follows over HTTP, on a clock that the test moves.
type lonely struct {
	*testing.T
	clock      *clock.Clock
	repository *feed.Repository
	server     *httptest.Server
	cut        atomic.Bool
	dir, root  string
	app        *ecluse.App
	authority  *ecluse.App // knows the schools, and nobody in them
	sender     *answers.Sender
	key        note.Signer
	*disciple
	heard time.Time // when the feed was last heard
	paris *time.Location
}

// unordered is the place where no order concerns pupils, and where the hours of
// adults pass through the night in which the clocks change.
const unordered = `order: FR/13/086/2024-0001
issuer: FR/13/086
type: issue
title: Essai
applies: {territory: FR/13/086}
from: 2024-03-01T00:00
review: 2025-01-01
rules: [{roles: [adults], hours: "00:00-02:30,08:00-20:00"}]
reason: Des messages menaçants circulent.
contact: {office: Cabinet, phone: "01 02 03 04 05"}
`

func newLonely(t *testing.T, begin string) *lonely {
	t.Helper()
	paris, err := time.LoadLocation("Europe/Paris")
	l := &lonely{T: t, dir: t.TempDir(), paris: paris}
	l.must(err)
	at, err := time.ParseInLocation("2006-01-02T15:04", begin, paris)
	l.must(err)
	l.clock = clock.Manual(at)
	l.enrol("authority", "login,first,last,school,role\n")
	l.enrol("host", hostedPeople)
	l.authority, err = ecluse.Open(t.Context(), l.options("authority", true))
	l.must(err)
	t.Cleanup(func() { l.must(l.authority.Close()) })
	l.found()
	l.open(true) // the import was today's
	t.Cleanup(func() { l.must(l.app.Close()) })
	l.step()
	return l
}

// enrol imports the schools into a database of this name, with these people.
func (l *lonely) enrol(name, people string) {
	l.Helper()
	roster := filepath.Join(l.dir, name)
	l.must(os.Mkdir(roster, 0o700))
	l.must(os.WriteFile(filepath.Join(roster, "schools.csv"), []byte(hostedSchools), 0o600))
	l.must(os.WriteFile(filepath.Join(roster, "people.csv"), []byte(people), 0o600))
	line(l.T, "import", roster, "--database", l.database(name))
}

func (l *lonely) database(name string) string { return filepath.Join(l.dir, name+".db") }

func (l *lonely) options(name string, acceptClock bool) ecluse.Options {
	return ecluse.Options{Database: l.database(name), Clock: l.clock, Log: slog.New(slog.DiscardHandler), AcceptClock: acceptClock}
}

func (l *lonely) must(err error) {
	l.Helper()
	if err != nil {
		l.Fatal(err)
	}
}

// found makes a feed with the two letters, which the authority knows as well as who
// follows it.
func (l *lonely) found() {
	l.Helper()
	place, keys := filepath.Join(l.dir, "feed"), filepath.Join(l.dir, "keys")
	l.must(os.Mkdir(keys, 0o700))
	key, err := feed.NewKey(filepath.Join(keys, "all.pem"))
	l.must(err)
	role := feed.RoleFor(1, key)
	l.repository, err = feed.Init(place, feed.Founding{Root: role, Targets: role, Snapshot: role, Timestamp: role},
		feed.Host{Ring: feed.Ring{key}, Log: key, LogName: "orders.example", Now: l.clock.Now})
	l.must(err)
	var orders []*order.Order
	for _, name := range []string{"premier-degre.yaml", "second-degre.yaml", ""} {
		data := []byte(unordered)
		if name != "" {
			data, err = examples.Letters.ReadFile(name)
			l.must(err)
		}
		o, err := order.Parse(name, data)
		l.must(err)
		orders = append(orders, o)
	}
	l.must(l.repository.Publish(orders...))
	l.root = filepath.Join(place, "1.root.json")
	private, verifier, err := note.GenerateKey(crand.Reader, "host.example")
	l.must(err)
	l.key, err = note.NewSigner(private)
	l.must(err)
	l.must(l.authority.AddFollower(l.Context(), statement.Follower{Name: "host", Key: verifier, Within: []school.Territory{"FR/13"}}))
	l.must(l.authority.Follow(l.Context(), orders))
	l.serve(place)
}

// serve answers as the ministry does. While the network is cut, every connection
// ends without an answer.
func (l *lonely) serve(place string) {
	mux := http.NewServeMux()
	mux.Handle("/", feed.Handler(l.Context(), place, 0))
	mux.Handle(answers.Path, answers.NewHandler(l.authority, slog.New(slog.DiscardHandler)))
	l.server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if l.cut.Load() {
			panic(http.ErrAbortHandler)
		}
		mux.ServeHTTP(w, r)
	}))
	l.Cleanup(l.server.Close)
}

// open starts the host, as after a power cut: nothing is kept but what is on disk.
func (l *lonely) open(acceptClock bool) {
	l.Helper()
	quiet := slog.New(slog.DiscardHandler)
	var err error
	l.app, err = ecluse.Open(l.Context(), l.options("host", acceptClock))
	l.must(err)
	l.sender = &answers.Sender{App: l.app, URL: l.server.URL + answers.Path, Key: l.key, Log: quiet}
	l.disciple, err = (wirer{crew: &crew{}, figures: metric.New(), log: quiet}).disciple(l.app, &config.Follow{
		URL: l.server.URL, Root: l.root, Dir: filepath.Join(l.dir, "followed"), Contact: config.Contact{Phone: "05 49 00 00 00"},
	})
	l.must(err)
	if set := l.follower.Set(); set != nil { // what feed.Follower.Run does first
		l.apply(l.Context())(set)
	}
}

func (l *lonely) restart() {
	l.Helper()
	l.must(l.app.Close())
	l.clock.Set(l.clock.Now().Add(time.Second)) // nobody starts in no time
	l.open(false)
}

// step has the ministry sign and the host poll, as both do all the time, and wants
// what people may do to be what was ordered.
func (l *lonely) step() {
	l.Helper()
	if !l.cut.Load() { // else nobody hears it
		l.must(l.repository.Timestamp())
	}
	_, err := l.follower.Poll(l.Context())
	switch {
	case l.cut.Load() && feed.CauseOf(err) != feed.Unreachable:
		l.Fatalf("the network is cut, and the poll says %v", err)
	case !l.cut.Load():
		l.must(err)
		l.heard = l.follower.State().Signed
		l.apply(l.Context())(l.follower.Set())
		l.must(l.sender.Send(l.Context()))
	}
	l.must(l.look(l.Context()))
	l.want()
}

// until steps on to an instant.
func (l *lonely) until(end time.Time, every time.Duration) {
	l.Helper()
	for at := l.clock.Now().Add(every); !at.After(end); at = at.Add(every) {
		l.clock.Set(at)
		l.step()
	}
}

// want holds what a point is told against the letters, read off the clock on the
// wall, and against the one rule of silence: pupils are closed after a day.
func (l *lonely) want() {
	l.Helper()
	now := l.clock.Now()
	wall := now.In(l.paris)
	minute := wall.Hour()*60 + wall.Minute()
	between := func(from, to int) bool { return from <= minute && minute < to }
	workday := wall.Weekday() != time.Saturday && wall.Weekday() != time.Sunday && wall.Format("01-02") != "04-01" // Easter Monday
	silent := now.Sub(l.heard) > 24*time.Hour
	for _, c := range []struct {
		school school.UAI
		role   school.Role
		open   bool
	}{
		{anEcole, school.Pupil, false}, {aCollege, school.Pupil, false}, {aLycee, school.Pupil, false},
		{anEcole, school.Teacher, between(7*60, 23*60)},
		{aCollege, school.Teacher, workday && between(7*60, 19*60)},
		{elsewhere, school.Pupil, !silent},
		{elsewhere, school.Teacher, between(0, 2*60+30) || between(8*60, 20*60)},
	} {
		question := enforce.Question{School: c.school, Roles: school.RolesOf(c.role)}
		got := l.app.Answering(enforce.Point{Name: "p", Kind: "other", Territory: "FR"}).Ask(l.Context(), question)
		if want := map[bool]order.Access{true: order.Write, false: order.Closed}[c.open]; got.Access != want || got.Unknown {
			l.Fatalf("%s, %s after the last word: %s at %s has %v, want %v", wall.Format(time.DateTime), now.Sub(l.heard), c.role, c.school, got.Access, want)
		}
	}
	if s, _ := l.app.Feed(); s.Silent != silent {
		l.Fatalf("%s: silent is %t, want %t", wall.Format(time.DateTime), s.Silent, silent)
	}
}

// board wants the authority's board to show both letters as applied in the schools,
// and these as silent since they were last heard, or not.
func (l *lonely) board(silent bool) {
	l.Helper()
	ministry := ecluse.Actor{Office: account.Office{Person: 1, Territory: "FR", Title: "Cabinet"}}
	for id, schools := range map[order.ID]int{"FR/13/079/2024-0001": 1, "FR/13/079/2024-0002": 2} {
		b, err := l.authority.Board(l.Context(), ministry, id)
		l.must(err)
		if len(b.Rows) != schools {
			l.Errorf("the board of %s has %d schools, want %d", id, len(b.Rows), schools)
		}
		for _, r := range b.Rows {
			if r.Silent != silent || r.Host != "host" || r.Applied.IsZero() || l.heard.Sub(r.Heard) > 10*time.Minute {
				l.Errorf("%s, silent %t: %+v", id, silent, r)
			}
		}
	}
}

// TestADayWithoutNetwork: for 26 hours, five minutes by five minutes, hours open
// and close as ordered. Nothing opens because of the silence, also where the clocks
// change meanwhile and where the host is started anew; the authority's board shows
// who is silent. Then the network is back, and everything is as before.
func TestADayWithoutNetwork(t *testing.T) {
	for name, begin := range map[string]string{
		"a week's day": "2024-04-03T12:00", "the clocks go forward": "2024-03-30T12:00", "the clocks go back": "2024-10-26T12:00",
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			l := newLonely(t, begin)
			start := l.clock.Now()
			l.board(false)
			l.cut.Store(true)
			l.until(start.Add(13*time.Hour), 5*time.Minute)
			l.board(true)
			l.restart()
			l.until(start.Add(25*time.Hour), 5*time.Minute)
			l.restart()
			l.until(start.Add(26*time.Hour), 5*time.Minute)
			if n := l.silences(); n != 1 {
				t.Errorf("%d orders close pupils for the silence, want one", n)
			}
			l.cut.Store(false)
			l.step()
			if n := l.silences(); n != 0 {
				t.Errorf("%d orders for the silence stay after it", n)
			}
			l.board(false)
			l.until(start.Add(50*time.Hour), time.Hour)
		})
	}
}

// silences are the orders in force that this host issued for a silence.
func (l *lonely) silences() (n int) {
	for _, o := range l.app.Answering(enforce.Point{Name: "p", Kind: "other", Territory: "FR"}).
		Ask(l.Context(), enforce.Question{School: elsewhere, Roles: school.RolesOf(school.Pupil)}).Orders {
		if strings.Contains(string(o.ID), "-9") {
			n++
		}
	}
	return n
}

// TestCutAtAnyMoment: whenever the network is cut, for however long, and whenever
// the host is started anew, what people may do is what was ordered.
func TestCutAtAnyMoment(t *testing.T) {
	t.Parallel()
	l := newLonely(t, "2024-09-02T10:00")
	seed := rand.Uint64()
	t.Log("seed", seed) // shown where it fails
	r := rand.New(rand.NewPCG(seed, 1))
	for round := range 12 {
		longest := 6 * time.Hour
		if l.cut.Store(round%2 == 1); l.cut.Load() {
			longest = 60 * time.Hour
		}
		every := 10*time.Minute + time.Duration(r.Int64N(int64(90*time.Minute)))
		l.until(l.clock.Now().Add(time.Duration(r.Int64N(int64(longest)))), every.Truncate(time.Second))
		if r.IntN(3) == 0 {
			l.restart()
			l.step()
		}
	}
}
