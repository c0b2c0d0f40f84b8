package proxy_test

import (
	"bufio"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/coder/websocket"
	"github.com/ecluse-ecole/ecluse/internal/wire/wiretest"
)

const closing = "2024-04-02T19:00"

func TestPassesOnWhatIsOpen(t *testing.T) {
	f := newFront(t, wiretest.Noon, nil)
	for _, c := range []struct{ login, method, target, body string }{
		{wiretest.Teacher, "GET", "/m/inbox?page=2", ""},
		{wiretest.Teacher, "HEAD", "/m/inbox", ""},
		{wiretest.Teacher, "POST", "/m/send", "Bonjour"},
		{wiretest.Teacher, "DELETE", "/m/1", ""},
		{wiretest.Pupil, "GET", "/lessons", ""}, // no messaging: open to all
		{"", "POST", "/lessons/1", "answer"},
	} {
		res := f.ask(c.login, c.method, c.target, c.body)
		said := text(t, res)
		if res.StatusCode != http.StatusOK || res.Header.Get("Alt-Svc") != "" {
			t.Fatalf("%v: %s %v", c, res.Status, res.Header)
		}
		got := f.app.received()
		if got.Method != c.method || got.Target != c.target || got.Body != c.body || got.Host != f.address {
			t.Errorf("%v arrived as %+v", c, got)
		}
		var echo seen
		if err := json.Unmarshal([]byte(said), &echo); c.method != "HEAD" && (err != nil || echo.Target != c.target) {
			t.Errorf("%v came back as %q", c, said)
		}
	}
}

func TestRefusesWhatIsClosed(t *testing.T) {
	f := newFront(t, wiretest.Noon, nil)
	before := f.app.asked.Load()
	res := f.ask(wiretest.Pupil, "GET", "/m/inbox", "")
	if said := text(t, res); res.StatusCode != http.StatusForbidden || !strings.Contains(said, `"access":"closed"`) || !strings.Contains(said, "FR/13/079/2024-0002") {
		t.Errorf("a pupil: %s %s", res.Status, said)
	}
	res = f.ask("", "GET", "/m/inbox", "")
	if said := text(t, res); res.StatusCode != http.StatusUnauthorized || !strings.Contains(said, "Connectez-vous") {
		t.Errorf("nobody: %s %s", res.Status, said)
	}
	res = f.ask("somebody.else", "GET", "/m/inbox", "")
	if said := text(t, res); res.StatusCode != http.StatusServiceUnavailable || !strings.Contains(said, `"unknown":true`) {
		t.Errorf("somebody unknown: %s %s", res.Status, said)
	}
	r := f.request(wiretest.Pupil, "GET", "/m/inbox", "")
	r.Header.Set("Accept", "text/html")
	if res = f.do(client(t, "127.0.0.1"), r); res.StatusCode != http.StatusForbidden || !strings.Contains(text(t, res), "La messagerie est fermée") {
		t.Errorf("a pupil who reads pages: %s", res.Status)
	}
	if n := f.app.asked.Load() - before; n != 0 {
		t.Errorf("%d of the refused requests reached the application", n)
	}
}

func TestClosesAndReopensAtTheSecond(t *testing.T) {
	f := newFront(t, "2024-04-02T18:59:59", nil)
	if res := f.ask(wiretest.Teacher, "GET", "/m/inbox", ""); res.StatusCode != http.StatusOK {
		t.Fatal(res.Status)
	}
	f.At(closing)
	res := f.ask(wiretest.Teacher, "GET", "/m/inbox", "")
	if res.StatusCode != http.StatusForbidden || res.Header.Get("Retry-After") != "43200" || res.Header.Get("X-Ecluse-Reopens") != "2024-04-03T07:00:00+02:00" {
		t.Errorf("at 19:00: %s %v", res.Status, res.Header)
	}
	if res := f.ask(wiretest.Teacher, "GET", "/lessons", ""); res.StatusCode != http.StatusOK {
		t.Errorf("a page that is no messaging: %s", res.Status)
	}
	f.At("2024-04-03T06:59:59")
	if res := f.ask(wiretest.Teacher, "GET", "/m/inbox", ""); res.StatusCode != http.StatusForbidden {
		t.Errorf("at 06:59:59: %s", res.Status)
	}
	f.At("2024-04-03T07:00")
	if res := f.ask(wiretest.Teacher, "GET", "/m/inbox", ""); res.StatusCode != http.StatusOK {
		t.Errorf("at 07:00: %s", res.Status)
	}
}

func TestEventStreamEnds(t *testing.T) {
	f := newFront(t, wiretest.Noon, nil)
	res := f.ask(wiretest.Teacher, "GET", "/m/stream", "")
	lines := bufio.NewReader(res.Body)
	if line, err := lines.ReadString('\n'); err != nil || line != "data: 0\n" {
		t.Fatalf("%q %v", line, err)
	}
	f.At(closing)
	rest, err := io.ReadAll(lines)
	if err != nil {
		t.Errorf("the stream was broken off instead of ended: %v", err)
	}
	if s := "data: 0\n" + string(rest); !strings.HasSuffix(s, "\n\n") {
		t.Errorf("it ends in the middle of an event: %q", s)
	}
	wiretest.Eventually(t, "the application is told", func() bool { return f.app.ended.Load() == 1 && f.Live() == 0 })
}

// A request that waits for news gets the notice in the place of an answer.
func TestLongPollIsAnswered(t *testing.T) {
	for method, body := range map[string]string{"GET": "", "POST": "since=1"} { // two ways to the application
		t.Run(method, func(t *testing.T) {
			f := newFront(t, wiretest.Noon, nil)
			answered := make(chan *http.Response, 1)
			go func() {
				res, err := client(t, "127.0.0.1").Do(f.request(wiretest.Teacher, method, "/m/poll", body))
				if err != nil {
					t.Error(err)
				}
				answered <- res
			}()
			wiretest.Eventually(t, "somebody waits", func() bool { return f.app.polling.Load() == 1 })
			f.At(closing)
			res := <-answered
			if said := text(t, res); res.StatusCode != http.StatusForbidden || !strings.Contains(said, "reason_user") {
				t.Errorf("%s: %s %s", method, res.Status, said)
			}
			wiretest.Eventually(t, "the application is told", func() bool { return f.app.ended.Load() == 1 && f.Live() == 0 })
		})
	}
}

// An answer that has begun is broken off, so that nobody takes it for whole.
func TestAnswerUnderWayIsBrokenOff(t *testing.T) {
	f := newFront(t, wiretest.Noon, nil)
	res := f.ask(wiretest.Teacher, "GET", "/m/part", "")
	wiretest.Eventually(t, "somebody waits", func() bool { return f.app.polling.Load() == 1 })
	f.At(closing)
	if rest, err := io.ReadAll(res.Body); err == nil {
		t.Errorf("it ended as if it were whole: %q", rest)
	}
	wiretest.Eventually(t, "the application is told", func() bool { return f.app.ended.Load() == 1 && f.Live() == 0 })
}

// Who takes nothing of what is sent cannot hold an answer open.
func TestStalledClientIsCut(t *testing.T) {
	f := newFront(t, wiretest.Noon, nil)
	res := f.ask(wiretest.Teacher, "GET", "/m/large", "")
	if _, err := io.ReadFull(res.Body, make([]byte, 100)); err != nil {
		t.Fatal(err)
	}
	time.Sleep(100 * time.Millisecond) // for the buffers on the way to fill; more or less changes nothing
	f.At(closing)
	wiretest.Eventually(t, "the exchange ends", func() bool { return f.Live() == 0 && f.app.ended.Load() == 1 })
}

// What is still being sent at the closing does not arrive.
func TestUploadIsCut(t *testing.T) {
	f := newFront(t, wiretest.Noon, nil)
	from, to := io.Pipe()
	answered := make(chan *http.Response, 1)
	go func() {
		r, _ := http.NewRequestWithContext(t.Context(), "POST", f.url+"/m/upload", from)
		r.Header.Set(who, wiretest.Teacher)
		res, err := client(t, "127.0.0.1").Do(r)
		if err != nil {
			t.Error(err)
		}
		answered <- res
	}()
	to.Write(make([]byte, 100<<10))
	wiretest.Eventually(t, "the upload begins", func() bool { return f.app.polling.Load() == 1 })
	began := time.Now()
	f.At(closing)
	res := <-answered
	if res == nil || res.StatusCode != http.StatusForbidden {
		t.Errorf("the upload: %+v", res)
	}
	t.Logf("told after %v", time.Since(began))
	to.Close()
	wiretest.Eventually(t, "the application is told", func() bool { return f.app.ended.Load() == 1 && f.Live() == 0 })
}

func TestWebSocketIsToldWhy(t *testing.T) {
	f := newFront(t, wiretest.Noon, nil)
	c, _, err := f.dial(wiretest.Teacher, "/m/socket")
	if err != nil {
		t.Fatal(err)
	}
	defer c.CloseNow()
	for _, said := range []string{"bonjour", strings.Repeat("long ", 50_000)} {
		c.SetReadLimit(1 << 20)
		if err := c.Write(t.Context(), websocket.MessageText, []byte(said)); err != nil {
			t.Fatal(err)
		}
		if _, heard, err := c.Read(t.Context()); err != nil || string(heard) != said {
			t.Fatalf("%d bytes came back, %v", len(heard), err)
		}
	}
	began := time.Now()
	f.At(closing)
	_, _, err = c.Read(t.Context())
	var closed websocket.CloseError
	if !errors.As(err, &closed) || closed.Code != websocket.StatusPolicyViolation || !strings.HasPrefix(closed.Reason, "La messagerie est fermée") {
		t.Errorf("it ended with %v", err)
	}
	t.Logf("told after %v", time.Since(began))
	wiretest.Eventually(t, "the application is told", func() bool { return f.app.ended.Load() == 1 && f.Live() == 0 })
	if _, res, err := f.dial(wiretest.Teacher, "/m/socket"); err == nil || res == nil || res.StatusCode != http.StatusForbidden {
		t.Errorf("a new one: %v", err)
	}
}

// A web socket can send: where only reading is left it is closed, unless its
// route says that it reads alone.
func TestWebSocketSends(t *testing.T) {
	f := newFront(t, wiretest.Before, nil)
	f.Issue(readOnly)
	reads, _, err := f.dial(wiretest.Teacher, "/m/events")
	if err != nil {
		t.Fatalf("a socket that only reads: %v", err)
	}
	defer reads.CloseNow()
	if _, res, err := f.dial(wiretest.Teacher, "/m/socket"); err == nil || res.StatusCode != http.StatusForbidden {
		t.Errorf("a socket that sends: %v", err)
	}
	if res := f.ask(wiretest.Teacher, "GET", "/m/inbox", ""); res.StatusCode != http.StatusOK {
		t.Errorf("reading: %s", res.Status)
	}
	if res := f.ask(wiretest.Teacher, "POST", "/m/send", "x"); res.StatusCode != http.StatusForbidden {
		t.Errorf("sending: %s", res.Status)
	}
}

// readOnly leaves everybody reading alone.
const readOnly = `
order: FR/13/079/2024-0009
issuer: FR/13/079
status: actual
type: issue
title: Lecture seule
basis: Essai
applies: {territory: FR/13/079}
from: 2024-03-01T00:00
until: null
rules:
  - {roles: [everyone], hours: "24/7", access: read}
reason: Essai.
contact: {office: Cabinet, phone: "05 00 00 00 00", email: cabinet@example.org}
`

// At a closing to reading, what sends is cut and what reads goes on.
func TestReadingGoesOn(t *testing.T) {
	f := newFront(t, wiretest.Before, nil)
	res := f.ask(wiretest.Teacher, "GET", "/m/stream", "")
	lines := bufio.NewReader(res.Body)
	c, _, err := f.dial(wiretest.Teacher, "/m/socket")
	if err != nil {
		t.Fatal(err)
	}
	defer c.CloseNow()
	f.Issue(readOnly)
	if _, _, err := c.Read(t.Context()); websocket.CloseStatus(err) != websocket.StatusPolicyViolation {
		t.Errorf("the socket that sends ended with %v", err)
	}
	for range 20 {
		if _, err := lines.ReadString('\n'); err != nil {
			t.Fatalf("the stream that reads ended: %v", err)
		}
	}
}

func TestEarlyHints(t *testing.T) {
	f := newFront(t, wiretest.Noon, nil)
	out := f.raw("127.0.0.1", "GET /m/hints HTTP/1.1\r\nHost: x\r\n"+who+": "+wiretest.Teacher+"\r\nConnection: close\r\n\r\n")
	if !strings.HasPrefix(out, "HTTP/1.1 103 ") || !strings.Contains(out, "HTTP/1.1 200 OK") || strings.Count(out, "rel=preload") != 2 {
		t.Errorf("%s", out)
	}
}

// A stream begins before it says anything.
func TestStreamBeginsAtOnce(t *testing.T) {
	f := newFront(t, wiretest.Noon, nil)
	if res := f.ask(wiretest.Teacher, "GET", "/m/quiet", ""); res.StatusCode != http.StatusOK || res.Header.Get("Content-Type") != "text/event-stream" {
		t.Errorf("%s %v", res.Status, res.Header)
	}
}

func TestTrailers(t *testing.T) {
	f := newFront(t, wiretest.Noon, nil)
	for _, method := range []string{"GET", "POST"} { // two ways to the application
		res := f.ask(wiretest.Teacher, method, "/m/trailer", strings.Repeat("a", len(method)-3))
		if text(t, res) != "text" || res.Trailer.Get("X-Sum") != "4" || res.Trailer.Get("X-More") != "5" {
			t.Errorf("%s: %v", method, res.Trailer)
		}
	}
}
