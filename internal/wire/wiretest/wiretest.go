// Package wiretest sets up what tests of enforcement points share: a small
// invented place under the second letter on a clock that tests move, and real
// servers, each with its own folder and ports, ended with the test.
package wiretest

import (
	"context"
	"io"
	"log/slog"
	"net"
	"net/netip"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/ecluse-ecole/ecluse"
	"github.com/ecluse-ecole/ecluse/internal/account"
	"github.com/ecluse-ecole/ecluse/internal/clock"
	"github.com/ecluse-ecole/ecluse/internal/enforce"
	"github.com/ecluse-ecole/ecluse/internal/order"
	"github.com/ecluse-ecole/ecluse/internal/order/ordertest"
	"github.com/ecluse-ecole/ecluse/internal/school"
	"github.com/ecluse-ecole/ecluse/internal/wire"
)

// The places: an école and a collège of one département.
const (
	Ecole   school.UAI = "0799001E"
	College school.UAI = "0799002F"
)

// The people of the collège, by login, and Nadia, who teaches in both places.
const (
	Pupil    = "pupil1"
	Pupil2   = "pupil2"
	Guardian = "karim"
	Teacher  = "teacher1"
	Nadia    = "nadia"
	Staff    = "staff1"
	Head     = "head1"
)

// Letter is the second letter: in collèges and lycées messaging is closed for
// pupils always, for adults outside Monday to Friday 07:00 to 19:00.
const Letter = ordertest.SecondLetter

// Noon is a working day's noon under Letter: open for adults, closed for pupils.
// Before is the noon before the letter: open for everybody.
const (
	Noon   = "2024-04-02T12:00"
	Before = "2024-03-28T12:00"
)

// A World is a running application with its clock.
type World struct {
	*testing.T
	App   *ecluse.App
	Clock *clock.Clock
	Desk  *wire.Desk // trusts the loopback network
	Log   *slog.Logger
}

// New fills an empty database and runs the application at a wall-clock time of
// Paris, under the orders given as YAML.
func New(t *testing.T, at string, orders ...string) *World {
	t.Helper()
	w := &World{T: t, Clock: clock.Manual(ordertest.Paris(at)), Log: slog.New(slog.NewTextHandler(io.Discard, nil))}
	if testing.Verbose() {
		w.Log = slog.New(slog.NewTextHandler(t.Output(), nil))
	}
	app, err := ecluse.Open(t.Context(), ecluse.Options{
		Database: filepath.Join(t.TempDir(), "ecluse.db"), Clock: w.Clock, Log: w.Log,
	})
	w.must(err)
	w.App = app
	w.must(app.Import(t.Context(), people()))
	w.Issue(orders...)
	ctx, stop := context.WithCancel(context.WithoutCancel(t.Context()))
	done := make(chan struct{})
	go func() { defer close(done); app.Run(ctx) }()
	t.Cleanup(func() { stop(); <-done; app.Close() })
	w.Desk = wire.NewDesk(app, []netip.Prefix{netip.MustParsePrefix("127.0.0.0/8"), netip.MustParsePrefix("::1/128")})
	return w
}

func (w *World) must(err error) {
	w.Helper()
	if err != nil {
		w.Fatal(err)
	}
}

// Issue puts orders in force, given as YAML.
func (w *World) Issue(texts ...string) {
	w.Helper()
	var list []*order.Order
	for _, text := range texts {
		o, err := order.Parse("test", []byte(text))
		w.must(err)
		list = append(list, o)
	}
	w.must(w.App.AdoptOrders(w.Context(), list))
}

// At moves the clock to a wall-clock time of Paris.
func (w *World) At(at string) { w.Clock.Set(ordertest.Paris(at)) }

// Point adds a point of a kind and returns its token.
func (w *World) Point(kind string) string {
	w.Helper()
	token, err := w.App.AddPoint(w.Context(), enforce.Point{Name: "test-" + kind, Kind: kind, Territory: "FR"})
	w.must(err)
	return token
}

// people is the small place. Every account has an address as its other name.
func people() ecluse.Roster {
	r := ecluse.Roster{
		Territories: map[school.Territory]string{"FR/13/079": "Deux-Sèvres"},
		Schools: []ecluse.SchoolEntry{
			{School: school.School{UAI: Ecole, Name: "École des Saules", Degree: school.First, Parent: "FR/13/079", Zone: "Europe/Paris", Calendar: "079"}},
			{School: school.School{UAI: College, Name: "Collège de la Boutonne", Degree: school.Second, Parent: "FR/13/079", Zone: "Europe/Paris", Calendar: "079"}},
		},
		Aliases: map[string]account.PersonID{},
	}
	for i, p := range []struct {
		login string
		role  school.Role
	}{{Pupil, school.Pupil}, {Pupil2, school.Pupil}, {Guardian, school.Guardian}, {Teacher, school.Teacher},
		{Nadia, school.Teacher}, {Staff, school.Staff}, {Head, school.Head}} {
		id := account.PersonID(i + 1)
		r.People = append(r.People, account.Person{ID: id, Login: p.login, First: "P", Last: p.login, Language: "fr"})
		r.Members = append(r.Members, account.Membership{School: College, ID: account.MemberID(i + 1), Person: id, Role: p.role, Name: p.login})
		r.Aliases[p.login+"@college.example"] = id
		if p.login == Nadia {
			r.Members = append(r.Members, account.Membership{School: Ecole, ID: 100, Person: id, Role: school.Teacher, Name: p.login})
		}
	}
	return r
}

// FreeAddress is an address of the loopback network on which nobody listens.
func FreeAddress(t *testing.T) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	return l.Addr().String()
}

// Need finds a server's program or leaves the test out; with CI=true a missing
// one fails.
func Need(t *testing.T, program string) string {
	t.Helper()
	for _, dir := range []string{"", "/usr/sbin/", "/usr/lib/postfix/sbin/"} {
		if path, err := exec.LookPath(dir + program); err == nil {
			return path
		}
	}
	LeaveOut(t, program+" is not installed")
	return ""
}

// LeaveOut leaves the test out for a reason; with CI=true it fails.
func LeaveOut(t *testing.T, why string) {
	t.Helper()
	if os.Getenv("CI") == "true" {
		t.Fatalf("%s; in CI no suite may be left out", why)
	}
	t.Skip(why)
}

// A Server is a real program that runs for a test.
type Server struct {
	*exec.Cmd
	t   *testing.T
	out *output
}

type output struct {
	mu   sync.Mutex
	text strings.Builder
}

func (o *output) Write(p []byte) (int, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.text.Write(p)
}

// Output is what the server has said.
func (s *Server) Output() string {
	s.out.mu.Lock()
	defer s.out.mu.Unlock()
	return s.out.text.String()
}

// Start runs a program in the foreground and waits until something listens on
// the address ("" waits for nothing). The program and its children are killed at
// the end of the test; its output is shown when the test fails.
func Start(t *testing.T, address string, program string, args ...string) *Server {
	t.Helper()
	s := &Server{Cmd: exec.Command(program, args...), t: t, out: &output{}}
	s.Stdout, s.Stderr = s.out, s.out
	s.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	s.WaitDelay = time.Second
	if err := s.Cmd.Start(); err != nil {
		t.Fatal(err)
	}
	ended := make(chan struct{})
	go func() { defer close(ended); s.Wait() }()
	t.Cleanup(func() {
		syscall.Kill(-s.Process.Pid, syscall.SIGKILL)
		<-ended
		if t.Failed() {
			t.Logf("%s said:\n%s", program, s.Output())
		}
	})
	if address != "" {
		Eventually(t, program+" listens on "+address, func() bool {
			select {
			case <-ended:
				t.Fatalf("%s ended:\n%s", program, s.Output())
			default:
			}
			c, err := net.Dial("tcp", address)
			if err == nil {
				c.Close()
			}
			return err == nil
		})
	}
	return s
}

// Eventually waits, at most fifteen seconds, for what will come without waiting for
// anything in particular.
func Eventually(t *testing.T, what string, holds func() bool) {
	t.Helper()
	for end := time.Now().Add(15 * time.Second); time.Now().Before(end); time.Sleep(10 * time.Millisecond) {
		if holds() {
			return
		}
	}
	t.Fatalf("it never came that %s", what)
}

// Config writes a sample configuration into a folder with its addresses, folders
// and secrets replaced: pairs of old and new. Each old text must be there.
func Config(t *testing.T, sample, to string, replace ...string) {
	t.Helper()
	data, err := os.ReadFile(sample)
	if err != nil {
		t.Fatal(err)
	}
	text := string(data)
	for i := 0; i+1 < len(replace); i += 2 {
		if !strings.Contains(text, replace[i]) {
			t.Fatalf("%s does not hold %q", sample, replace[i])
		}
		text = strings.ReplaceAll(text, replace[i], replace[i+1])
	}
	if err := os.WriteFile(to, []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
}
