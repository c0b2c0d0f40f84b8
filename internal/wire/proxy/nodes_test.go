package proxy_test

import (
	"bufio"
	"context"
	"io"
	"log/slog"
	"net/http"
	"net/http/cookiejar"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/coder/websocket"
	"github.com/ecluse-ecole/ecluse"
	"github.com/ecluse-ecole/ecluse/internal/account"
	"github.com/ecluse-ecole/ecluse/internal/api"
	"github.com/ecluse-ecole/ecluse/internal/clock"
	"github.com/ecluse-ecole/ecluse/internal/enforce"
	"github.com/ecluse-ecole/ecluse/internal/order/ordertest"
	"github.com/ecluse-ecole/ecluse/internal/point"
	"github.com/ecluse-ecole/ecluse/internal/school"
	"github.com/ecluse-ecole/ecluse/internal/store"
	"github.com/ecluse-ecole/ecluse/internal/store/storetest"
	"github.com/ecluse-ecole/ecluse/internal/web"
	"github.com/ecluse-ecole/ecluse/internal/wire"
	"github.com/ecluse-ecole/ecluse/internal/wire/wiretest"
)

const nodesPassword = "un long mot de passe"

// nodes are two servers of one database, and a proxy that asks the second.
type nodes struct {
	*testing.T
	db    string
	one   *ecluse.App
	two   *ecluse.App
	url   [2]string // of their pages
	front *front
}

func newNodes(t *testing.T, db string) *nodes {
	n := &nodes{T: t, db: db}
	times := clock.Manual(ordertest.Paris(wiretest.Noon))
	n.one, n.url[0] = n.node(times)
	hash, err := account.NewHasher(1, account.Cost{}).Hash(t.Context(), nodesPassword)
	n.must(err)
	n.must(n.one.Import(t.Context(), ecluse.Roster{
		Schools: []ecluse.SchoolEntry{{School: school.School{UAI: wiretest.College, Name: "Collège", Degree: school.Second, Parent: "FR/13/079", Zone: "Europe/Paris", Calendar: "079"}}},
		People:  []account.Person{{ID: 1, Login: "nadia", First: "P", Last: "N", Language: "fr"}, {ID: 2, Login: "head", First: "P", Last: "H", Language: "fr"}},
		Members: []account.Membership{
			{School: wiretest.College, ID: 1, Person: 1, Role: school.Teacher, Name: "P N"},
			{School: wiretest.College, ID: 2, Person: 2, Role: school.Head, Name: "P H"},
		},
		Credentials: []account.Credential{{Person: 1, Hash: hash, Changed: times.Now()}, {Person: 2, Hash: hash, Changed: times.Now()}},
	}))
	token, err := n.one.AddPoint(t.Context(), enforce.Point{Name: "proxy", Kind: "proxy"})
	n.must(err)
	n.two, n.url[1] = n.node(times)
	asker := point.New(point.Options{URL: n.url[1], Token: token, Instance: "test", Log: slog.New(slog.DiscardHandler)})
	ctx, stop := context.WithCancel(context.WithoutCancel(t.Context()))
	t.Cleanup(stop)
	go asker.Run(ctx)
	wiretest.Eventually(t, "the proxy hears of the second node", func() bool { return asker.Ready() == nil })
	app := newApplication(t)
	n.front = serve(t, options(t, asker, app.URL, routes))
	n.front.World, n.front.app = &wiretest.World{T: t}, app
	return n
}

// node is one server, on a port of its own.
func (n *nodes) node(times *clock.Clock) (*ecluse.App, string) {
	n.Helper()
	quiet := slog.New(slog.DiscardHandler)
	app, err := ecluse.Open(n.Context(), ecluse.Options{Database: n.db, Clock: times, Log: quiet})
	n.must(err)
	mux := http.NewServeMux()
	api.New(wire.NewDesk(app, nil), nil, api.Options{Log: quiet}).Routes(mux)
	mux.Handle("/", web.New(app, web.Options{Log: quiet}))
	server := httptest.NewServer(mux)
	ctx, stop := context.WithCancel(context.WithoutCancel(n.Context()))
	done := make(chan struct{})
	go func() { defer close(done); app.Run(ctx) }()
	n.Cleanup(func() { app.Hush(); server.Close(); stop(); <-done; app.Close() })
	return app, server.URL
}

func (n *nodes) must(err error) {
	n.Helper()
	if err != nil {
		n.Fatal(err)
	}
}

// browser is one in which nadia has signed in, on the second node.
func (n *nodes) browser() *http.Client {
	n.Helper()
	jar, err := cookiejar.New(nil)
	n.must(err)
	c := &http.Client{Jar: jar, CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	res, err := c.PostForm(n.url[1]+"/sign-in", url.Values{"login": {"nadia"}, "password": {nodesPassword}})
	n.must(err)
	res.Body.Close()
	if res.StatusCode != http.StatusSeeOther {
		n.Fatalf("signing in: %s", res.Status)
	}
	for _, u := range n.url { // one name in front of both: the cookie is for either
		at, err := url.Parse(u)
		n.must(err)
		jar.SetCookies(at, res.Cookies())
	}
	return c
}

// shut reports whether a browser is sent to sign in, on both nodes.
func (n *nodes) shut(c *http.Client) bool {
	for _, u := range n.url {
		res, err := c.Get(u + "/at/1/inbox")
		n.must(err)
		res.Body.Close()
		if !strings.HasPrefix(res.Header.Get("Location"), "/sign-in") {
			return false
		}
	}
	return true
}

// readOut tells when reading is over.
func readOut(r io.Reader) <-chan struct{} {
	over := make(chan struct{})
	go func() { defer close(over); io.Copy(io.Discard, r) }()
	return over
}

// live opens an event stream in the browser, and a long poll, a stream and a web
// socket of another software behind the proxy.
func (n *nodes) live(c *http.Client) map[string]<-chan struct{} {
	n.Helper()
	over := map[string]<-chan struct{}{}
	res, err := c.Get(n.url[1] + "/at/1/live")
	n.must(err)
	n.Cleanup(func() { res.Body.Close() })
	events := bufio.NewReader(res.Body)
	if _, err := events.ReadString('\n'); err != nil {
		n.Fatal(err)
	}
	over["an event stream"] = readOut(events)
	stream := n.front.ask("nadia", "GET", "/m/stream", "")
	if _, err := stream.Body.Read(make([]byte, 1)); err != nil || stream.StatusCode != http.StatusOK {
		n.Fatalf("a stream behind the proxy: %s, %v", stream.Status, err)
	}
	over["a stream behind the proxy"] = readOut(stream.Body)
	polling := n.front.app.polling.Load()
	poll := make(chan struct{})
	go func() { defer close(poll); n.front.ask("nadia", "GET", "/m/poll", "") }()
	wiretest.Eventually(n.T, "somebody waits", func() bool { return n.front.app.polling.Load() > polling })
	over["a long poll behind the proxy"] = poll
	socket, _, err := n.front.dial("nadia", "/m/socket")
	n.must(err)
	n.Cleanup(func() { socket.CloseNow() })
	n.must(socket.Write(n.Context(), websocket.MessageText, []byte("Bonjour")))
	if _, _, err := socket.Read(n.Context()); err != nil {
		n.Fatal(err)
	}
	closed := make(chan struct{})
	go func() { defer close(closed); socket.Read(context.WithoutCancel(n.Context())) }()
	over["a web socket behind the proxy"] = closed
	return over
}

// TestWhatIsStolenDiesOnTwoNodes: one second after an account is frozen, asked for
// a new password by another process, or given one by its owner, no cookie, event stream, long poll or web
// socket of it is left, though it was opened on another node, or behind a proxy
// that asks another node.
func TestWhatIsStolenDiesOnTwoNodes(t *testing.T) { storetest.EachDatabase(t, testStolenDies) }

func testStolenDies(t *testing.T, db string) {
	n := newNodes(t, db)
	visit, err := n.one.VisitOf(t.Context(), "head")
	n.must(err)
	head, err := visit.As(2)
	n.must(err)
	owner, err := n.one.VisitOf(t.Context(), "nadia")
	n.must(err)
	another := storetest.Open(t, db)
	for _, c := range []struct {
		what      string
		do, again func() error
	}{
		{
			"a freeze", func() error { return n.one.Freeze(t.Context(), head, 1, "") },
			func() error {
				return another.Write(t.Context(), func(tx *store.Tx) error { return tx.EndFreeze(1) })
			},
		},
		{
			"a campaign", func() error {
				return another.Write(t.Context(), func(tx *store.Tx) error {
					return tx.AskRenewals([]account.PersonID{1}, account.RenewCampaign, n.one.Now())
				})
			},
			func() error {
				return another.Write(t.Context(), func(tx *store.Tx) error { return tx.EndRenewal(1) })
			},
		},
		{
			"a new password of the owner's own", func() error {
				return n.one.ChangePassword(t.Context(), owner.Alone(), nodesPassword, "un tout autre mot de passe")
			},
			func() error { return nil },
		},
	} {
		wiretest.Eventually(t, "the account is open behind the proxy before "+c.what, func() bool {
			return n.front.ask("nadia", "GET", "/m/x", "").StatusCode == http.StatusOK
		})
		browser := n.browser()
		over := n.live(browser)
		began := time.Now()
		n.must(c.do())
		deadline := time.After(time.Second)
		for what, ended := range over {
			select {
			case <-ended:
			case <-deadline:
				t.Fatalf("a second after %s, %s goes on", c.what, what)
			}
		}
		if !n.shut(browser) {
			t.Errorf("after %s, the cookie opens", c.what)
		}
		if res := n.front.ask("nadia", "GET", "/m/x", ""); res.StatusCode == http.StatusOK {
			t.Errorf("after %s, the proxy lets pass", c.what)
		}
		t.Logf("%s: everything is dead after %v", c.what, time.Since(began).Round(time.Millisecond))
		n.must(c.again())
	}
}
