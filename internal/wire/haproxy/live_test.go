package haproxy_test

import (
	"bufio"
	"context"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/coder/websocket"

	"github.com/ecluse-ecole/ecluse/internal/config"
	"github.com/ecluse-ecole/ecluse/internal/wire/wiretest"
)

// live opens a web socket and an event stream; each tick comes to the channel,
// which is closed at the end of the connection.
func (g *gate) live(login string) (socket, stream <-chan struct{}) {
	g.Helper()
	header := http.Header{"X-Ecluse-User": {login}}
	c, _, err := websocket.Dial(g.Context(), g.url+"/messagerie/socket", &websocket.DialOptions{HTTPHeader: header})
	if err != nil {
		g.Fatal(err)
	}
	g.Cleanup(func() { c.CloseNow() })
	ws := make(chan struct{}, 10_000)
	go func() {
		defer close(ws)
		for {
			if _, _, err := c.Read(context.Background()); err != nil {
				return
			}
			ws <- struct{}{}
		}
	}()
	r, _ := http.NewRequest("GET", g.url+"/messagerie/stream", nil)
	r.Header = header
	resp, err := http.DefaultTransport.RoundTrip(r)
	if err != nil || resp.StatusCode != 200 {
		g.Fatal(resp, err)
	}
	g.Cleanup(func() { resp.Body.Close() })
	sse := make(chan struct{}, 10_000)
	go func() {
		defer close(sse)
		for lines := bufio.NewScanner(resp.Body); lines.Scan(); {
			sse <- struct{}{}
		}
	}()
	return ws, sse
}

// ended waits for the end of a connection and says when it came.
func (g *gate) ended(c <-chan struct{}) time.Time {
	g.Helper()
	limit := time.After(10 * time.Second)
	for {
		select {
		case _, open := <-c:
			if !open {
				return time.Now()
			}
		case <-limit:
			g.Fatal("the connection was never cut")
		}
	}
}

// alive waits for ticks that were sent after now.
func (g *gate) alive(what string, c <-chan struct{}) {
	g.Helper()
	for range len(c) + 3 {
		select {
		case _, open := <-c:
			if !open {
				g.Fatalf("%s was cut", what)
			}
		case <-time.After(10 * time.Second):
			g.Fatalf("%s is silent", what)
		}
	}
}

func TestLiveIsCut(t *testing.T) {
	g := newGate(t, "2024-04-02T18:59", pupilsAtNight)
	g.push(config.HAProxy{})
	g.eventually(wiretest.Pupil, 200)
	socket, stream := g.live(wiretest.Pupil)
	teacherSocket, teacherStream := g.live(wiretest.Teacher)
	g.alive("the pupil's socket", socket)
	g.alive("the pupil's stream", stream)

	began := time.Now()
	g.At("2024-04-02T19:00")
	for name, c := range map[string]<-chan struct{}{"socket": socket, "stream": stream} {
		if took := g.ended(c).Sub(began); took > time.Second {
			t.Errorf("the %s was cut %v after the closing", name, took)
		} else {
			t.Logf("the %s was cut %v after the closing", name, took)
		}
	}
	g.want(g.ask("GET", "/messagerie/", "X-Ecluse-User", wiretest.Pupil), 403)
	g.alive("the teacher's socket", teacherSocket)
	g.alive("the teacher's stream", teacherStream)

	g.At("2024-04-03T07:00")
	g.eventually(wiretest.Pupil, 200)
}

// A stream may go on where reading is left, a web socket may not.
func TestCutToReading(t *testing.T) {
	g := newGate(t, "2024-04-02T18:59", strings.ReplaceAll(pupilsAtNight, `"07:00-19:00"`, `"07:00-19:00", outside: read`))
	g.push(config.HAProxy{})
	g.eventually(wiretest.Pupil, 200)
	socket, stream := g.live(wiretest.Pupil)
	g.At("2024-04-02T19:00")
	g.ended(socket)
	g.alive("the stream", stream)
}

// An order cuts at once, and one account alone where the account counts.
func TestOrderThatAsksOfAccounts(t *testing.T) {
	g := newGate(t, wiretest.Noon)
	g.push(config.HAProxy{})
	g.eventually(wiretest.Pupil, 200)
	socket, _ := g.live(wiretest.Pupil)
	teacherSocket, _ := g.live(wiretest.Teacher)
	g.Issue(strings.ReplaceAll(pupilsAtNight, `hours: "07:00-19:00"`, `hours: "24/7", require: {second_factor: true}, otherwise: closed`))
	g.ended(socket)
	g.eventually(wiretest.Pupil, 403)
	g.want(g.ask("GET", "/messagerie/", "X-Ecluse-School", "0799002F", "X-Ecluse-Role", "pupil"), 403)
	g.alive("the teacher's socket", teacherSocket)
}
