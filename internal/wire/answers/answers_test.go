package answers_test

import (
	"bytes"
	"context"
	"crypto/rand"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"golang.org/x/mod/sumdb/note"

	"github.com/ecluse-ecole/ecluse"
	"github.com/ecluse-ecole/ecluse/internal/account"
	"github.com/ecluse-ecole/ecluse/internal/clock"
	"github.com/ecluse-ecole/ecluse/internal/order"
	"github.com/ecluse-ecole/ecluse/internal/order/ordertest"
	"github.com/ecluse-ecole/ecluse/internal/school"
	"github.com/ecluse-ecole/ecluse/internal/statement"
	"github.com/ecluse-ecole/ecluse/internal/store/storetest"
	"github.com/ecluse-ecole/ecluse/internal/wire/answers"
)

const (
	college school.UAI = "0799002F"
	closing order.ID   = "FR/13/079/2024-0002"
)

// An installation is an application, its clock and where it takes statements.
type installation struct {
	*testing.T
	app     *ecluse.App
	clock   *clock.Clock
	key     note.Signer
	public  string
	address string
	broken  atomic.Int32 // how many acknowledgements to lose
	down    atomic.Bool
}

// install makes one that knows the collège, with its head where people is true.
func install(t *testing.T, c *clock.Clock, people bool) *installation {
	t.Helper()
	i := &installation{T: t, clock: c}
	quiet := slog.New(slog.NewTextHandler(io.Discard, nil))
	var err error
	i.app, err = ecluse.Open(t.Context(), ecluse.Options{Database: storetest.SQLite(t), Clock: c, Log: quiet})
	i.must(err)
	t.Cleanup(func() { i.app.Close() })
	r := ecluse.Roster{
		Schools: []ecluse.SchoolEntry{{School: school.School{UAI: college, Name: "Collège", Degree: school.Second, Parent: "FR/13/079", Zone: "Europe/Paris", Calendar: "079"}}},
		People:  []account.Person{{ID: 1, Login: "head", First: "P", Last: "H", Language: "fr"}, {ID: 2, Login: "office", First: "P", Last: "O", Language: "fr"}},
		Offices: []account.Office{{Person: 2, Territory: "FR/13/079", Title: "DSDEN"}},
	}
	if people {
		r.Members = []account.Membership{{School: college, ID: 1, Person: 1, Role: school.Head, Name: "P H"}}
	}
	i.must(i.app.Import(t.Context(), r))
	private, public, err := note.GenerateKey(rand.Reader, "i.example")
	i.must(err)
	i.public = public
	i.key, err = note.NewSigner(private)
	i.must(err)
	taking := answers.NewHandler(i.app, quiet)
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		switch {
		case i.down.Load():
			http.Error(w, "down", http.StatusBadGateway)
		case i.broken.Add(-1) >= 0:
			taking.ServeHTTP(httptest.NewRecorder(), r)
			panic(http.ErrAbortHandler) // written, and never acknowledged
		default:
			taking.ServeHTTP(w, r)
		}
	}))
	server.Config.ErrorLog = slog.NewLogLogger(quiet.Handler(), slog.LevelError)
	t.Cleanup(server.Close)
	i.address = server.URL + answers.Path
	return i
}

func (i *installation) must(err error) {
	i.Helper()
	if err != nil {
		i.Fatal(err)
	}
}

// order makes the second letter known.
func (i *installation) order() {
	i.Helper()
	o, err := order.Parse("test", []byte(ordertest.SecondLetter))
	i.must(err)
	i.must(i.app.AdoptOrders(i.Context(), []*order.Order{o}))
}

// tells has one installation tell another, until the function it returns is called.
func (i *installation) tells(up *installation, name string) (stop func()) {
	i.Helper()
	up.must(up.app.AddFollower(up.Context(), statement.Follower{Name: name, Key: i.public, Within: []school.Territory{"FR/13"}}))
	return i.send(up)
}

func (i *installation) send(up *installation) (stop func()) {
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan struct{})
	sender := &answers.Sender{App: i.app, URL: up.address, Key: i.key, Log: slog.New(slog.NewTextHandler(io.Discard, nil)), Pace: 150 * time.Millisecond}
	go func() { sender.Run(ctx); close(done) }()
	stop = func() { cancel(); <-done }
	i.Cleanup(stop)
	return stop
}

// soon waits until the collège stands so on the board.
func (i *installation) soon(want func(ecluse.BoardRow) bool) ecluse.BoardRow {
	i.Helper()
	visit, err := i.app.VisitOf(i.Context(), "office")
	i.must(err)
	who, err := visit.For("FR/13/079")
	i.must(err)
	var row ecluse.BoardRow
	for end := time.Now().Add(10 * time.Second); time.Now().Before(end); time.Sleep(5 * time.Millisecond) {
		b, err := i.app.Board(i.Context(), who, closing)
		i.must(err)
		if row = b.Rows[0]; want(row) {
			return row
		}
	}
	i.Fatalf("the collège stands %+v", row)
	return row
}

func stands(s ecluse.AnswerState) func(ecluse.BoardRow) bool {
	return func(r ecluse.BoardRow) bool { return r.State == s }
}

func (i *installation) head() ecluse.Actor {
	i.Helper()
	visit, err := i.app.VisitOf(i.Context(), "head")
	i.must(err)
	who, err := visit.As(1)
	i.must(err)
	return who
}

// TestTheChain: a host tells the DSDEN and the DSDEN tells the ministry, each at
// once, though an acknowledgement is lost and one of them is down for a while.
func TestTheChain(t *testing.T) {
	c := clock.Scaled(ordertest.Paris("2024-03-29T10:00:00"), 1)
	host, dsden, ministry := install(t, c, true), install(t, c, false), install(t, c, false)
	for _, i := range []*installation{host, dsden, ministry} {
		i.order()
	}
	ministry.soon(func(r ecluse.BoardRow) bool { return r.Nobody && r.State == ecluse.AnswerExpected })
	stop := host.tells(dsden, "host")
	dsden.tells(ministry, "dsden")
	if r := ministry.soon(stands(ecluse.AnswerApplied)); r.Host != "dsden" || r.Silent {
		t.Errorf("at the ministry: %+v", r)
	}
	host.must(host.app.SetProducts(t.Context(), host.head(), []string{"pronote"}))
	ministry.soon(func(r ecluse.BoardRow) bool { return len(r.Products) == 1 })

	dsden.broken.Store(1)
	p, _ := host.app.Procedures().Find("pronote")
	host.must(host.app.Attest(t.Context(), host.head(), ecluse.Attestation{Order: closing, Product: "pronote", Ticked: p.Ticks(false), By: "La direction"}))
	ministry.soon(stands(ecluse.AnswerAttested))

	dsden.down.Store(true)
	host.must(host.app.RefuseOrder(t.Context(), host.head(), closing, "Panne."))
	stop() // and is started anew, with nothing but its database
	host.send(dsden)
	dsden.down.Store(false)
	if r := ministry.soon(stands(ecluse.AnswerRefused)); r.Reason != "Panne." || len(r.Answers) != 2 {
		t.Errorf("at the ministry: %+v", r)
	}
}

// TestASignOfLife: without any news it speaks every ten minutes, and when it does
// not, the board says so.
func TestASignOfLife(t *testing.T) {
	c := clock.Manual(ordertest.Paris("2024-03-29T10:00:00"))
	host, up := install(t, c, true), install(t, c, false)
	host.order()
	up.order()
	stop := host.tells(up, "host")
	up.soon(stands(ecluse.AnswerApplied))
	for _, at := range []string{"2024-03-29T10:20:00", "2024-03-29T10:40:00", "2024-03-29T11:00:00"} {
		c.Set(ordertest.Paris(at))
		up.soon(func(r ecluse.BoardRow) bool { return r.Heard.Equal(ordertest.Paris(at)) })
	}
	stop()
	c.Set(ordertest.Paris("2024-03-29T11:30:01"))
	up.soon(func(r ecluse.BoardRow) bool { return r.Silent && r.State == ecluse.AnswerApplied })
	host.send(up)
	up.soon(func(r ecluse.BoardRow) bool { return !r.Silent })
}

func TestWhatIsNoStatement(t *testing.T) {
	up := install(t, clock.System(), false)
	up.must(up.app.AddFollower(t.Context(), statement.Follower{Name: "itself", Key: up.public, Within: []school.Territory{"FR/13"}}))
	large, err := statement.Statement{At: time.Now()}.Sign(up.key)
	up.must(err)
	for _, c := range []struct {
		method string
		body   []byte
		status int
		say    string
	}{
		{http.MethodGet, nil, http.StatusMethodNotAllowed, "Only POST"},
		{http.MethodPost, nil, http.StatusBadRequest, "no statement"},
		{http.MethodPost, make([]byte, 3<<20), http.StatusBadRequest, "no statement"},
		{http.MethodPost, append(large, make([]byte, 3<<20)...), http.StatusRequestEntityTooLarge, "at most 2 MB"},
		{http.MethodPost, strangers(t), http.StatusForbidden, "follower add"},
	} {
		req, err := http.NewRequestWithContext(t.Context(), c.method, up.address, bytes.NewReader(c.body))
		up.must(err)
		resp, err := http.DefaultClient.Do(req)
		up.must(err)
		text, err := io.ReadAll(resp.Body)
		up.must(err)
		resp.Body.Close()
		if resp.StatusCode != c.status || !strings.Contains(string(text), c.say) || strings.Count(string(text), "\n") != 1 {
			t.Errorf("%s of %d bytes: %s %q, want %d and one line with %q", c.method, len(c.body), resp.Status, text, c.status, c.say)
		}
	}
}

// TestSlowStrangers: a hundred who begin a statement, and never end it, keep no
// follower out.
func TestSlowStrangers(t *testing.T) {
	up := install(t, clock.System(), false)
	up.must(up.app.AddFollower(t.Context(), statement.Follower{Name: "itself", Key: up.public, Within: []school.Territory{"FR/13"}}))
	address := strings.TrimPrefix(strings.TrimSuffix(up.address, answers.Path), "http://")
	stranger := strangers(t)
	for i := range 100 {
		line, err := net.Dial("tcp", address)
		up.must(err)
		defer line.Close()
		begun := stranger[:5]
		if i%2 == 0 {
			begun = stranger[:len(stranger)-5]
		}
		_, err = fmt.Fprintf(line, "POST %s HTTP/1.1\r\nHost: x\r\nContent-Length: 1000000\r\n\r\n%s", answers.Path, begun)
		up.must(err)
	}
	known, err := statement.Statement{At: time.Now()}.Sign(up.key)
	up.must(err)
	resp, err := http.Post(up.address, "application/octet-stream", bytes.NewReader(known))
	up.must(err)
	defer resp.Body.Close()
	if resp.StatusCode != http.StatusOK {
		t.Errorf("a follower's statement: %s", resp.Status)
	}
}

func strangers(t *testing.T) []byte {
	t.Helper()
	private, _, err := note.GenerateKey(rand.Reader, "stranger.example")
	if err != nil {
		t.Fatal(err)
	}
	key, err := note.NewSigner(private)
	if err != nil {
		t.Fatal(err)
	}
	data, err := statement.Statement{At: time.Now()}.Sign(key)
	if err != nil {
		t.Fatal(fmt.Errorf("signing: %w", err))
	}
	return data
}
