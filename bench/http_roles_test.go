package bench

import (
	"bufio"
	"context"
	"crypto/sha1"
	"encoding/base64"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"runtime/debug"
	"strconv"
	"strings"
	"testing"
	"time"

	application "github.com/ecluse-ecole/ecluse"
	"github.com/ecluse-ecole/ecluse/internal/account"
	"github.com/ecluse-ecole/ecluse/internal/api"
	"github.com/ecluse-ecole/ecluse/internal/clock"
	"github.com/ecluse-ecole/ecluse/internal/config"
	"github.com/ecluse-ecole/ecluse/internal/enforce"
	"github.com/ecluse-ecole/ecluse/internal/identity"
	"github.com/ecluse-ecole/ecluse/internal/metric"
	"github.com/ecluse-ecole/ecluse/internal/order"
	"github.com/ecluse-ecole/ecluse/internal/order/ordertest"
	"github.com/ecluse-ecole/ecluse/internal/point"
	"github.com/ecluse-ecole/ecluse/internal/route"
	"github.com/ecluse-ecole/ecluse/internal/school"
	"github.com/ecluse-ecole/ecluse/internal/wire"
	"github.com/ecluse-ecole/ecluse/internal/wire/forward"
	"github.com/ecluse-ecole/ecluse/internal/wire/proxy"
)

// Servers that are measured run as processes of their own: this same program,
// told its role by the environment. Each prints its address, and what else is to
// be known of it, as one line; it ends when its input does.
const roleKey = "ECLUSE_BENCH_ROLE"

func TestMain(m *testing.M) {
	role := strings.Fields(os.Getenv(roleKey))
	if len(role) == 0 {
		os.Exit(m.Run())
	}
	roles := map[string]func(words []string) error{"constant": constant, "backend": backend, "ecluse": serveEcluse, "proxy": serveProxy, "authority": serveAuthority}
	if err := roles[role[0]](role[1:]); err != nil {
		fmt.Fprintln(os.Stderr, role, err)
		os.Exit(1)
	}
}

// A process plays a role.
type process struct {
	*exec.Cmd
	in    io.WriteCloser
	out   *bufio.Reader
	words []string // of its first line: the address, and more
}

func play(b testing.TB, role ...string) *process {
	b.Helper()
	p := &process{Cmd: exec.Command(os.Args[0])}
	p.Env = append(os.Environ(), roleKey+"="+strings.Join(role, " "))
	p.Stderr = os.Stderr
	in, err := p.StdinPipe()
	if err != nil {
		b.Fatal(err)
	}
	out, err := p.StdoutPipe()
	if err != nil {
		b.Fatal(err)
	}
	p.in, p.out = in, bufio.NewReader(out)
	if err := p.Start(); err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() { in.Close(); p.Wait() })
	p.words = p.line(b)
	return p
}

func (p *process) line(b testing.TB) []string {
	b.Helper()
	line, err := p.out.ReadString('\n')
	if err != nil {
		b.Fatalf("a server said nothing: %v", err)
	}
	return strings.Fields(line)
}

// listenAndPlay serves until the input ends.
func listenAndPlay(s *http.Server, say ...string) error {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return err
	}
	go s.Serve(l)
	fmt.Println(l.Addr().String(), strings.Join(say, " "))
	io.Copy(io.Discard, os.Stdin)
	return nil
}

// constant answers the same to everything: as fast as net/http goes.
func constant([]string) error {
	return listenAndPlay(&http.Server{Handler: http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.WriteHeader(http.StatusOK)
	})})
}

// backend is the application behind: a short answer, an event stream and a web
// socket that say something every five seconds.
func backend([]string) error {
	page := []byte(strings.Repeat("a", 600))
	mux := http.NewServeMux()
	mux.HandleFunc("/", func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		w.Write(page)
	})
	const pace = 5 * time.Second
	mux.HandleFunc("/m/stream", func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "text/event-stream")
		for r.Context().Err() == nil {
			io.WriteString(w, "data: .\n\n")
			http.NewResponseController(w).Flush()
			select {
			case <-r.Context().Done():
			case <-time.After(pace):
			}
		}
	})
	mux.HandleFunc("/m/socket", func(w http.ResponseWriter, r *http.Request) {
		key := sha1.Sum([]byte(r.Header.Get("Sec-WebSocket-Key") + "258EAFA5-E914-47DA-95CA-C5AB0DC85B11")) // RFC 6455, section 1.3
		c, _, err := http.NewResponseController(w).Hijack()
		if err != nil {
			return
		}
		defer c.Close()
		fmt.Fprintf(c, "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: %s\r\n\r\n",
			base64.StdEncoding.EncodeToString(key[:]))
		for {
			if _, err := c.Write([]byte{0x81, 1, '.'}); err != nil {
				return
			}
			time.Sleep(pace)
		}
	})
	return listenAndPlay(&http.Server{Handler: mux})
}

var loopback = []netip.Prefix{netip.MustParsePrefix("127.0.0.0/8")}

func trusted(r *http.Request) bool { return wire.Trusted(loopback, r) }

var benchRoutes = []config.Route{{Path: "/m/events", Action: "message.read"}, {Path: "/m/**"}}

// roster is one school with so many pupils and teachers.
func roster(pupils, teachers int) application.Roster {
	const uai = "0799002F"
	r := application.Roster{
		Territories: map[school.Territory]string{"FR/13/079": "Deux-Sèvres"},
		Schools: []application.SchoolEntry{{School: school.School{
			UAI: uai, Name: "Collège", Degree: school.Second, Parent: "FR/13/079", Zone: "Europe/Paris", Calendar: "079",
		}}},
		Aliases: map[string]account.PersonID{},
	}
	for i := range pupils + teachers {
		role, login := school.Pupil, "pupil"+strconv.Itoa(i)
		if i >= pupils {
			role, login = school.Teacher, "teacher"+strconv.Itoa(i-pupils)
		}
		id := account.PersonID(i + 1)
		r.People = append(r.People, account.Person{ID: id, Login: login, First: "P", Last: login, Language: "fr"})
		r.Members = append(r.Members, account.Membership{School: uai, ID: account.MemberID(i + 1), Person: id, Role: role, Name: login})
	}
	return r
}

// closingOrder closes for pupils from an instant on, to the second.
func closingOrder(from time.Time) string {
	return `
order: FR/13/079/2024-0042
issuer: FR/13/079
status: actual
type: issue
title: Fermeture pour les élèves
applies: {territory: FR/13/079}
from: ` + from.Format("2006-01-02T15:04:05") + `
rules:
  - {roles: [pupil], hours: "off"}
reason: Mesure.
contact: {office: Cabinet, phone: "05 00 00 00 00"}
`
}

// serveEcluse is Écluse with so many pupils and teachers, at noon of a working
// day: the JSON interface, forward authentication, and a point's token. Told
// "close N", it closes for pupils in N seconds and says at which instant.
func serveEcluse(words []string) error {
	pupils, _ := strconv.Atoi(words[0])
	teachers, _ := strconv.Atoi(words[1])
	dir, err := os.MkdirTemp("", "ecluse-bench")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	ctx, stop := context.WithCancel(context.Background())
	defer stop()
	noon := ordertest.Paris("2024-04-02T12:00")
	log := slog.New(slog.NewTextHandler(os.Stderr, &slog.HandlerOptions{Level: slog.LevelError}))
	clk := clock.Scaled(noon, 1)
	app, err := application.Open(ctx, application.Options{Database: filepath.Join(dir, "ecluse.db"), Clock: clk, Log: log})
	if err != nil {
		return err
	}
	if err := app.Import(ctx, roster(pupils, teachers)); err != nil {
		return err
	}
	issue := func(text string) error {
		o, err := order.Parse("bench", []byte(text))
		if err != nil {
			return err
		}
		return app.AdoptOrders(ctx, []*order.Order{o})
	}
	go app.Run(ctx)
	token, err := app.AddPoint(ctx, enforce.Point{Name: "bench", Kind: "proxy", Territory: "FR"})
	if err != nil {
		return err
	}
	table, err := route.Compile(benchRoutes, "")
	if err != nil {
		return err
	}
	who, err := identity.New(config.Identity{Header: "X-Ecluse-User"}, trusted)
	if err != nil {
		return err
	}
	desk, figures := wire.NewDesk(app, loopback), metric.New()
	mux := http.NewServeMux()
	api.New(desk, figures, api.Options{Log: log}).Routes(mux)
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return err
	}
	go (&http.Server{Handler: forward.New(desk, who, table, figures, 0).Wrap(mux)}).Serve(l)
	fmt.Println(l.Addr().String(), token)
	in := bufio.NewScanner(os.Stdin)
	for in.Scan() {
		seconds, err := strconv.Atoi(strings.TrimPrefix(in.Text(), "close "))
		if err != nil {
			return err
		}
		at := clk.Now().In(noon.Location()).Add(time.Duration(seconds) * time.Second).Truncate(time.Second)
		if err := issue(closingOrder(at)); err != nil {
			return err
		}
		fmt.Println(time.Now().Add(at.Sub(clk.Now())).UnixNano())
	}
	return in.Err()
}

// serveProxy is `ecluse proxy` in front of a backend: it is told where to ask,
// with which token, and what stands behind.
func serveProxy(words []string) error {
	debug.SetGCPercent(400) // as cmd/ecluse does
	log := slog.New(slog.NewTextHandler(os.Stderr, &slog.HandlerOptions{Level: slog.LevelError}))
	var p *proxy.Proxy
	c := point.New(point.Options{URL: "http://" + words[0], Token: words[1], Log: log, Live: func() int { return p.Live() }})
	table, err := route.Compile(benchRoutes, "")
	if err != nil {
		return err
	}
	who, err := identity.New(config.Identity{Header: "X-Ecluse-User"}, trusted)
	if err != nil {
		return err
	}
	p, err = proxy.New(proxy.Options{
		Decider: c, Who: who, Table: table, Backend: &url.URL{Scheme: "http", Host: words[2]}, Header: "X-Ecluse-User", Trusted: trusted,
		Ready: c.Ready, Metric: metric.New(), Log: log,
	})
	if err != nil {
		return err
	}
	go c.Run(context.Background())
	go p.Run(context.Background())
	for c.Ready() != nil {
		time.Sleep(10 * time.Millisecond)
	}
	return listenAndPlay(p.Server())
}

// freePort is a port of the loopback network on which nobody listens.
func freePort(b testing.TB) string {
	b.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		b.Fatal(err)
	}
	defer l.Close()
	_, port, err := net.SplitHostPort(l.Addr().String())
	if err != nil {
		b.Fatal(err)
	}
	return port
}

// awaitListener waits until somebody listens.
func awaitListener(b testing.TB, address string) {
	b.Helper()
	for range 500 {
		if c, err := net.Dial("tcp", address); err == nil {
			c.Close()
			return
		}
		time.Sleep(10 * time.Millisecond)
	}
	b.Fatalf("nobody listens on %s", address)
}
