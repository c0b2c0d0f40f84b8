package feed

import (
	"context"
	"crypto"
	"crypto/ed25519"
	"crypto/rand"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/ecluse-ecole/ecluse/internal/clock"
	"github.com/ecluse-ecole/ecluse/internal/order"
	"github.com/ecluse-ecole/ecluse/internal/school"
)

var noon = time.Date(2024, 3, 29, 11, 0, 0, 0, time.UTC)

// world is a ministry's host with its keys, served over HTTP, and a clock.
type world struct {
	t       testing.TB
	dir     string
	clock   *clock.Clock
	repo    *Repository
	host    Host
	keys    map[string]crypto.Signer // by the name of their role
	server  *httptest.Server
	replace *front
}

// front stands before the server and can answer in its place.
type front struct {
	next http.Handler

	mu    sync.Mutex
	files map[string]http.HandlerFunc // by path without the slash
	seen  []string
	in    atomic.Int64 // bytes from followers
	out   atomic.Int64 // bytes to them
}

func (f *front) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	name := strings.TrimPrefix(r.URL.Path, "/")
	f.mu.Lock()
	h := f.files[name]
	if name != hintPath {
		f.seen = append(f.seen, name)
	}
	f.mu.Unlock()
	if h == nil {
		h = f.next.ServeHTTP
	}
	h(w, r)
}

func (f *front) serve(name string, h http.HandlerFunc) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.files[name] = h
}

func (f *front) honest() {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.files = map[string]http.HandlerFunc{}
}

func (f *front) asked() []string {
	f.mu.Lock()
	defer f.mu.Unlock()
	seen := f.seen
	f.seen = nil
	return seen
}

func newKey(t testing.TB) crypto.Signer {
	t.Helper()
	_, key, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	return key
}

// A start is a repository with a root of 2 of 3 keys, and delegations to the
// académies FR/13 and FR/14 and by the first to the DSDEN FR/13/079.
type start struct {
	dir  string
	host Host
	keys map[string]crypto.Signer
	err  error
}

// founded is made once; each test copies it.
var founded = sync.OnceValue(func() start {
	s := start{keys: map[string]crypto.Signer{}}
	if s.dir, s.err = os.MkdirTemp("", "feed-"); s.err == nil {
		s.err = s.found()
	}
	return s
})

func TestMain(m *testing.M) {
	code := m.Run()
	_ = os.RemoveAll(founded().dir)
	os.Exit(code)
}

func (s *start) found() error {
	for _, name := range []string{"root1", "root2", "root3", "top", "snapshot", "timestamp", "log", "FR/13", "FR/14", "FR/13/079"} {
		_, key, err := ed25519.GenerateKey(rand.Reader)
		if err != nil {
			return err
		}
		s.keys[name] = key
	}
	s.host = Host{Log: s.keys["log"], LogName: "orders.example/log", Now: func() time.Time { return noon }}
	for name, k := range s.keys {
		if name != "log" {
			s.host.Ring = append(s.host.Ring, k)
		}
	}
	r, err := Init(s.dir, Founding{
		Root:    RoleFor(2, s.keys["root1"], s.keys["root2"], s.keys["root3"]),
		Targets: RoleFor(1, s.keys["top"]), Snapshot: RoleFor(1, s.keys["snapshot"]), Timestamp: RoleFor(1, s.keys["timestamp"]),
	}, s.host)
	if err != nil {
		return err
	}
	given := func(name school.Territory) Delegation { return Delegation{name, RoleFor(1, s.keys[string(name)])} }
	return errors.Join(
		r.Delegate(given("FR/13"), given("FR/14")),
		adopt(r, s.host.Ring, map[school.Territory]Change{"FR/13": {Delegate: []Delegation{given("FR/13/079")}}, "FR/14": {}}),
		adopt(r, s.host.Ring, map[school.Territory]Change{"FR/13/079": {}}))
}

// adopt drafts, signs and adopts.
func adopt(r *Repository, ring Ring, changes map[school.Territory]Change) error {
	var list []*Submission
	for office, c := range changes {
		s, err := r.Draft(office, c)
		if err != nil {
			return err
		}
		if err := s.Sign(ring); err != nil {
			return err
		}
		list = append(list, s)
	}
	return r.Adopt(list...)
}

func newWorld(t testing.TB) *world {
	t.Helper()
	if test, ok := t.(*testing.T); ok {
		test.Parallel()
	}
	w := &world{t: t, dir: t.TempDir(), clock: clock.Manual(noon)}
	first := founded()
	w.do(first.err)
	w.do(os.CopyFS(w.dir, os.DirFS(first.dir)))
	w.keys, w.host = first.keys, first.host
	w.host.Now, w.host.Ring = w.clock.Now, slices.Clip(w.host.Ring)
	var err error
	w.repo, err = Open(w.dir, w.host)
	w.do(err)
	ctx, cancel := context.WithCancel(t.Context())
	w.replace = &front{next: Handler(ctx, w.dir, 0), files: map[string]http.HandlerFunc{}}
	w.server = httptest.NewUnstartedServer(w.replace)
	w.server.Listener = counting{w.server.Listener, w.replace}
	w.server.Start()
	t.Cleanup(func() { cancel(); w.server.CloseClientConnections(); w.server.Close() })
	return w
}

// counting counts what passes over the wire.
type counting struct {
	net.Listener
	front *front
}

func (c counting) Accept() (net.Conn, error) {
	conn, err := c.Listener.Accept()
	return counted{conn, c.front}, err
}

type counted struct {
	net.Conn
	front *front
}

func (c counted) Read(b []byte) (int, error) {
	n, err := c.Conn.Read(b)
	c.front.in.Add(int64(n))
	return n, err
}

func (c counted) Write(b []byte) (int, error) {
	n, err := c.Conn.Write(b)
	c.front.out.Add(int64(n))
	return n, err
}

func (w *world) root(n int) []byte { return w.file(fmt.Sprintf("%d.root.json", n)) }

func (w *world) file(name string) []byte {
	w.t.Helper()
	data, err := os.ReadFile(filepath.Join(w.dir, name))
	if err != nil {
		w.t.Fatal(err)
	}
	return data
}

func (w *world) trust() *Trust {
	key, err := LogKey("orders.example/log", w.keys["log"].Public())
	if err != nil {
		w.t.Fatal(err)
	}
	return &Trust{Log: key}
}

func (w *world) options() Options {
	return Options{URL: w.server.URL, Dir: w.t.TempDir(), Root: w.root(1), Log: w.trust(), Clock: w.clock,
		Patience: 10 * time.Second, Client: &http.Client{Transport: &http.Transport{}}}
}

// follow is a follower that has polled once.
func (w *world) follow() *Follower { return w.followWith(w.options()) }

func (w *world) followWith(o Options) *Follower {
	w.t.Helper()
	f := w.idle(o)
	if _, err := f.Poll(w.t.Context()); err != nil {
		w.t.Fatal(err)
	}
	return f
}

func (w *world) idle(o Options) *Follower {
	w.t.Helper()
	f, err := NewFollower(o)
	if err != nil {
		w.t.Fatal(err)
	}
	return f
}

func (w *world) publish(ids ...order.ID) {
	w.t.Helper()
	var list []*order.Order
	for _, id := range ids {
		list = append(list, sample(w.t, id))
	}
	w.do(w.repo.Publish(list...))
}

func (w *world) do(err error) {
	w.t.Helper()
	if err != nil {
		w.t.Fatal(err)
	}
}

// later moves the clock; the host signs every ten minutes on the way if it runs.
func (w *world) later(d time.Duration) { w.clock.Set(w.clock.Now().Add(d)) }

func (w *world) sign() {
	w.t.Helper()
	w.do(w.repo.Timestamp())
}

// expect polls and wants this cause.
func (w *world) expect(f *Follower, want Cause) {
	w.t.Helper()
	_, err := f.Poll(w.t.Context())
	if got := CauseOf(err); got != want {
		w.t.Fatalf("cause %v (%v), want %v", got, err, want)
	}
}

// holds wants just these orders in the follower's set.
func (w *world) holds(f *Follower, want ...order.ID) {
	w.t.Helper()
	set, got := f.Set(), []order.ID{}
	if set != nil {
		for _, o := range set.Orders {
			got = append(got, o.ID)
		}
	}
	slices.Sort(got)
	slices.Sort(want)
	if !slices.Equal(got, want) {
		w.t.Fatalf("orders %v, want %v", got, want)
	}
}

func yamlOf(id order.ID, issuer, more string) string {
	return fmt.Sprintf(`order: %s
issuer: %s
type: issue
title: Fermeture dans les écoles
applies: {territory: %s, degrees: [first]}
from: 2024-03-29T00:00
%srules:
  - {roles: [pupil], hours: "off"}
reason: Des messages menaçants circulent.
contact: {office: Cabinet, phone: "05 36 49 00 00"}
`, id, issuer, issuer, more)
}

func sample(t testing.TB, id order.ID) *order.Order {
	t.Helper()
	o, err := order.Parse("", []byte(yamlOf(id, string(id.Issuer()), "")))
	if err != nil {
		t.Fatal(err)
	}
	return o
}
