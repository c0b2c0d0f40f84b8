package bench

import (
	"bufio"
	"context"
	"crypto"
	"crypto/ed25519"
	"crypto/rand"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync/atomic"
	"time"

	application "github.com/ecluse-ecole/ecluse"
	"github.com/ecluse-ecole/ecluse/internal/account"
	"github.com/ecluse-ecole/ecluse/internal/feed"
	"github.com/ecluse-ecole/ecluse/internal/order"
)

// An authority is the ministry's Écluse with every school of the country, and the
// host of the feed.
type authority struct {
	app        *application.App
	repository *feed.Repository
	logKey     string
	traffic    traffic
	closing    order.ID // the last order that closed
}

// serveAuthority plays it. Told "close" or "open" it issues an order, and prints
// the instants at which that was asked and at which it stood in the database; told
// "traffic", what followers have asked for since it was last told.
//
// Words: a folder, how many installations, schools in each, orders of history, and
// "hints" or "deaf", which answers no stream of hints.
func serveAuthority(words []string) error {
	dir, hints := words[0], words[4] == "hints"
	var numbers [3]int
	for i := range numbers {
		numbers[i], _ = strconv.Atoi(words[i+1])
	}
	ctx, stop := context.WithCancel(context.Background())
	defer stop()
	a, err := found(ctx, dir, numbers[0], numbers[1], numbers[2])
	if err != nil {
		return err
	}
	defer a.app.Close()
	go a.app.Run(ctx)
	go a.publish(ctx)
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return err
	}
	files := feed.Handler(ctx, filepath.Join(dir, "feed"), 0)
	go a.traffic.server(http.StripPrefix("/feed", files), hints).Serve(metered{l, &a.traffic})
	fmt.Println(l.Addr().String(), a.logKey)
	in := bufio.NewScanner(os.Stdin)
	for in.Scan() {
		said, err := a.obey(ctx, in.Text())
		if err != nil {
			return fmt.Errorf("%s: %w", in.Text(), err)
		}
		fmt.Println(said)
	}
	return in.Err()
}

// found makes the authority: schools, history, and a feed that the ministry signs
// and each académie for itself.
func found(ctx context.Context, dir string, installations, schools, past int) (*authority, error) {
	log := slog.New(slog.NewTextHandler(os.Stderr, &slog.HandlerOptions{Level: slog.LevelError}))
	// One signature: the second person's is not what is measured.
	app, err := application.Open(ctx, application.Options{Database: filepath.Join(dir, "authority.db"), Log: log, Signatures: 1})
	if err != nil {
		return nil, err
	}
	a := &authority{app: app}
	var r application.Roster
	for i := range installations {
		r.Schools = append(r.Schools, rosterOf(schoolsOf(i, schools), 0).Schools...)
	}
	old, err := history(past)
	if err == nil {
		err = errors.Join(app.Import(ctx, r), app.AdoptOrders(ctx, old), a.foundFeed(filepath.Join(dir, "feed")))
	}
	if err != nil {
		return nil, err
	}
	return a, a.repository.Publish(old...)
}

func (a *authority) foundFeed(dir string) error {
	keys := map[string]crypto.Signer{}
	h := feed.Host{LogName: "orders.example"}
	for _, name := range []string{"root", "FR", "snapshot", "timestamp", "académies", "log"} {
		_, key, err := ed25519.GenerateKey(rand.Reader)
		if err != nil {
			return err
		}
		if keys[name] = key; name != "log" {
			h.Ring = append(h.Ring, key)
		}
	}
	h.Log = keys["log"]
	var err error
	if a.logKey, err = feed.LogKey(h.LogName, h.Log.Public()); err != nil {
		return err
	}
	a.repository, err = feed.Init(dir, feed.Founding{
		Root: feed.RoleFor(1, keys["root"]), Targets: feed.RoleFor(1, keys["FR"]),
		Snapshot: feed.RoleFor(1, keys["snapshot"]), Timestamp: feed.RoleFor(1, keys["timestamp"]),
	}, h)
	if err != nil {
		return err
	}
	var offices []feed.Delegation
	for _, t := range academies() {
		offices = append(offices, feed.Delegation{Territory: t, Role: feed.RoleFor(1, keys["académies"])})
	}
	return a.repository.Delegate(offices...)
}

// publish does what `ecluse serve` does for a feed: what is issued is published,
// and the time is signed every minute.
func (a *authority) publish(ctx context.Context) {
	changes := a.app.Changes(ctx)
	tick := time.NewTicker(time.Minute)
	defer tick.Stop()
	for {
		missing, err := a.repository.Missing(a.app.Issued())
		if err == nil && len(missing) > 0 {
			err = a.repository.Publish(missing...)
		}
		select {
		case <-ctx.Done():
			return
		case <-changes:
		case <-tick.C:
			err = errors.Join(err, a.repository.Timestamp())
		}
		if err != nil {
			fmt.Fprintln(os.Stderr, "publishing:", err)
		}
	}
}

// obey does what the benchmark asks for.
func (a *authority) obey(ctx context.Context, what string) (said string, err error) {
	who := application.Actor{Person: account.Person{ID: 1}, Office: account.Office{Person: 1, Territory: "FR"}}
	asked := time.Now()
	o := (*order.Order)(nil)
	switch what {
	case "traffic":
		return a.traffic.take(), nil
	case "close":
		a.closing = a.app.NextOrderID("FR")
		o, err = national(a.closing, asked)
	default:
		o, err = lift(a.app.NextOrderID("FR"), a.closing, asked)
	}
	if err == nil {
		err = a.app.IssueOrder(ctx, who, o)
	}
	return fmt.Sprint(asked.UnixNano(), time.Now().UnixNano()), err
}

// traffic counts what followers ask for and every byte of it, both ways and with
// all headers; the streams of hints stand apart.
type traffic struct {
	polls, requests, bytes atomic.Int64
}

func (t *traffic) take() string {
	return fmt.Sprint(t.polls.Swap(0), t.requests.Swap(0), t.bytes.Swap(0))
}

// ownConn is under which a request's context holds its connection.
type ownConn struct{}

// server counts and answers.
func (t *traffic) server(next http.Handler, hints bool) *http.Server {
	return &http.Server{
		ConnContext: func(ctx context.Context, c net.Conn) context.Context { return context.WithValue(ctx, ownConn{}, c) },
		Handler: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			switch {
			case strings.HasSuffix(r.URL.Path, "/hint"):
				r.Context().Value(ownConn{}).(*meter).stream.Store(true)
				if !hints {
					http.NotFound(w, r)
					return
				}
			case strings.HasSuffix(r.URL.Path, "/timestamp.json"):
				t.polls.Add(1)
				t.requests.Add(1)
			default:
				t.requests.Add(1)
			}
			next.ServeHTTP(w, r)
		}),
	}
}

// metered is a listener whose connections are counted.
type metered struct {
	net.Listener
	traffic *traffic
}

func (m metered) Accept() (net.Conn, error) {
	c, err := m.Listener.Accept()
	return &meter{Conn: c, traffic: m.traffic}, err
}

// A meter is one connection.
type meter struct {
	net.Conn
	traffic *traffic
	stream  atomic.Bool // of hints: not counted
}

func (m *meter) Read(b []byte) (int, error)  { return m.count(m.Conn.Read(b)) }
func (m *meter) Write(b []byte) (int, error) { return m.count(m.Conn.Write(b)) }

func (m *meter) count(n int, err error) (int, error) {
	if !m.stream.Load() {
		m.traffic.bytes.Add(int64(n))
	}
	return n, err
}
