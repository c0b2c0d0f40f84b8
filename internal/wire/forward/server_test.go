package forward_test

import (
	"bufio"
	"context"
	"io"
	"net"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/ecluse-ecole/ecluse/internal/wire/wiretest"
)

func port(address string) string {
	_, p, _ := net.SplitHostPort(address)
	return p
}

const page = "text/html,*/*;q=0.8"

// Each real server, with the configuration that is published: open, closed at the
// second, told why, open again.
func TestServers(t *testing.T) {
	for _, k := range kinds() {
		t.Run(k.name, func(t *testing.T) {
			s := newSite(t, k, "2024-04-02T18:59:59")
			s.expect(wiretest.Teacher, "/messages/1", 200, "INBOX GET teacher1")
			s.expect(wiretest.Pupil, "/messages/1", 403, `"access":"closed"`)
			s.expect(wiretest.Pupil, "/calendar", 200, "PAGE /calendar")
			s.expect(wiretest.Pupil, "/messages/help", 200, inbox)
			s.expect("", "/calendar", 401, "")
			s.expect("", "/ecluse-self-test", 403, "")

			s.w.At("2024-04-02T19:00:00")
			r := s.expect(wiretest.Teacher, "/messages/1", 403, "La messagerie est fermée pour le moment", "Accept", page)
			for name, want := range map[string]string{
				"Retry-After": "43200", "X-Ecluse-Reopens": "2024-04-03T07:00:00+02:00", "Cache-Control": "no-store", "Content-Type": "text/html; charset=utf-8",
			} {
				if got := r.Header.Get(name); got != want {
					t.Errorf("%s is %q, want %q", name, got, want)
				}
			}
			if !strings.Contains(r.Header.Get("Content-Security-Policy"), "default-src 'none'") {
				t.Errorf("the notice comes without its policy: %v", r.Header)
			}
			s.expect(wiretest.Teacher, "/messages/1", 403, `"reopens":"2024-04-03T07:00:00+02:00"`)
			s.expect(wiretest.Teacher, "/chat/1", 403, `"success":false`)
			s.expect(wiretest.Teacher, "/calendar", 200, "PAGE /calendar")
			s.sent(wiretest.Teacher, 403)

			s.w.At("2024-04-03T07:00:00")
			s.expect(wiretest.Teacher, "/messages/1", 200, "INBOX GET teacher1")
			s.sent(wiretest.Teacher, 200)
		})
	}
}

// sent sends a message with a body.
func (s *site) sent(login string, want int) {
	s.Helper()
	r := s.do("POST", login, "/messages", strings.NewReader(strings.Repeat("a", 20_000)))
	said, _ := io.ReadAll(r.Body)
	if r.StatusCode != want || strings.Contains(string(said), inbox) != (want == 200) {
		s.Errorf("sending as %s: %d %s, want %d", login, r.StatusCode, said, want)
	}
}

// Without the decision point messaging is closed, with a page, and what is surely
// something else stays open.
func TestServersWithoutDecisions(t *testing.T) {
	for _, k := range kinds() {
		t.Run(k.name, func(t *testing.T) {
			s := newSite(t, k, wiretest.Noon)
			s.expect(wiretest.Teacher, "/messages/1", 200, inbox)
			s.gate.kill()
			s.closed()
			s.gate.revive()
			s.expect(wiretest.Teacher, "/messages/1", 200, inbox)
			s.gate.hangs.Store(true)
			began := time.Now()
			s.expect(wiretest.Teacher, "/messages/1", 503, "La messagerie est fermée", "Accept", page)
			if took := time.Since(began); took > 3*time.Second {
				t.Errorf("a decision point that hangs held the reader up for %s", took)
			}
			s.expect(wiretest.Teacher, "/calendar", 200, "PAGE /calendar")
			s.expect(wiretest.Teacher, "/calendar;/messages", 503, `"unknown":true`)
			s.gate.hangs.Store(false)
			s.expect(wiretest.Teacher, "/messages/1", 200, inbox)
		})
	}
}

func (s *site) closed() {
	s.Helper()
	r := s.expect(wiretest.Teacher, "/messages/1", 503, "La messagerie est fermée pour le moment", "Accept", page)
	if r.Header.Get("Retry-After") != "60" || !strings.HasPrefix(r.Header.Get("Content-Type"), "text/html") {
		s.Errorf("the page comes with %v", r.Header)
	}
	s.expect(wiretest.Teacher, "/messages/1", 503, `"unknown":true`)
	s.expect(wiretest.Teacher, "/calendar", 200, "PAGE /calendar")
	s.expect(wiretest.Teacher, "/calendar/2024/a.b?day=2", 200, "PAGE /calendar/2024/a.b")
	s.expect("", "/calendar", 401, "")
	for _, odd := range []string{"/calendar/../messages", "/calendar/..%2fmessages", "/calendar//messages", "/calendar/x;/messages", "/calendarx", "/ecluse-self-test"} {
		if status, body := s.raw("GET "+odd+" HTTP/1.1", "Host: "+host, as(wiretest.Teacher), "Connection: close"); status != 503 {
			s.Errorf("%s without a decision: %d %s, want 503", odd, status, body)
		}
	}
}

// What a client says of itself is worth nothing.
func TestServersOverwriteWhatClientsSay(t *testing.T) {
	for _, k := range kinds() {
		t.Run(k.name, func(t *testing.T) {
			s := newSite(t, k, wiretest.Noon)
			token := s.w.Point("nginx")
			for _, said := range [][]string{
				{"X-Ecluse-User: teacher1"}, {"x-ecluse-user: teacher1"}, {"X_Ecluse_User: teacher1"},
				{"X-Ecluse-User: teacher1", "X-Ecluse-User: teacher1"},
				{"X-Ecluse-User:\tteacher1"},
				{"X-Ecluse-User: teacher1", "Connection: X-Ecluse-User"},
				{"Connection: close, X-Original-URL, X-Original-URI, X-Original-Method, X-Forwarded-Uri"},
				{"X-Original-URL: https://ent.example/calendar"}, {"X-Original-URI: /calendar"}, {"X-Original-Host: other.example"},
				{"X-Forwarded-Uri: /calendar"}, {"X-Forwarded-Host: other.example"}, {"X-Forwarded-Method: GET"}, {"X-Original-Method: GET"},
				{"X-Forwarded-Uri: /calendar", "X-Forwarded-Uri: /calendar"},
				{"X-Original-URI: /calendar", "X-Original-URI: /calendar"},
				{"X-Rewrite-URL: /calendar"}, {"X-Forwarded-For: 127.0.0.1"}, {"Forwarded: for=127.0.0.1;host=other.example"},
				{"X-Ecluse-Point: " + token}, {"X-Ecluse-Point: " + token, "X-Ecluse-User: teacher1"}, {"X-Ecluse-Point: x"},
				{"X-Ecluse-Access: write"}, {"X-Accel-Redirect: /calendar"},
				{"Cookie: X-Ecluse-User=teacher1"},
				{"Upgrade: websocket", "Connection: Upgrade"},
				{"Upgrade: h2c", "Connection: Upgrade, HTTP2-Settings", "HTTP2-Settings: AAMAAABkAAQAAP__"},
				{"Content-Length: 0"}, {"Transfer-Encoding: chunked", "", "0", ""},
				{"X-Ecluse-User: pupil1", " teacher1"}, // a folded line
			} {
				lines := append([]string{"GET /messages/1 HTTP/1.1", "Host: " + host, as(wiretest.Pupil)}, said...)
				if status, body := s.raw(append(lines, "Connection: close")...); status < 400 || strings.Contains(body, inbox) {
					t.Errorf("%q: %d %s", said, status, body)
				}
				// Who may read is not taken for another either.
				lines = append([]string{"GET /messages/1 HTTP/1.1", "Host: " + host, as(wiretest.Nadia)}, said...)
				if status, body := s.raw(append(lines, "Connection: close")...); status == 200 && !strings.HasSuffix(body, " "+wiretest.Nadia) {
					t.Errorf("%q: the workspace takes nadia for somebody else: %s", said, body)
				}
			}
			// The test has teeth: nothing said, nothing refused.
			s.expect(wiretest.Nadia, "/messages/1", 200, "INBOX GET nadia")
		})
	}
}

// smuggled are addresses that a lenient workspace takes for messaging.
var smuggled = []string{
	"/messages", "/messages/", "/MESSAGES/1", "/Messages", "//messages", "///messages/1", "/./messages", "/x/../messages",
	"/x/..//messages", "/%6dessages", "/%4Dessages", "/%256dessages", "/x/%2e%2e/messages", "/x/..%2fmessages", "/x%2f..%2fmessages",
	"/x/%252e%252e/messages", "/x/..%252fmessages", `/x\..\messages`, "/x%5c..%5cmessages", "/messages;a=b", "/messages;a=b/1", "/;/messages",
	"/x/..;/messages", "/x/..;a=b/messages", "/messages%00", "/messages%3b", "/messages%2f1", "/messages?a=/calendar", "/messages#/calendar",
	"/calendar/../messages", "/calendar/..;/messages", "/calendar%2f..%2fmessages", "/messages/help/../1", "/messages/help/..;/1", "/messages/help%2f..%2f1",
	"/messages/help/%2e%2e/1", "/messages/help/..%5c1",
	"http://ent.example/messages", "HTTP://ENT.EXAMPLE/messages", "https://ent.example/messages", "http://other.example/messages", "http://user@ent.example/messages",
	"//ent.example/messages", "/messages/..%c0%af", "/m%65ssages%2e%2e/..%2fmessages",
}

// A request smuggled past the map of paths.
func TestServersSmuggling(t *testing.T) {
	for _, k := range kinds() {
		t.Run(k.name, func(t *testing.T) {
			s := newSite(t, k, wiretest.Noon)
			reached := 0
			for _, target := range smuggled {
				lines := []string{"GET " + target + " HTTP/1.1", "Host: " + host, "Connection: close"}
				if status, body := s.raw(append(lines, as(wiretest.Pupil))...); strings.Contains(body, inbox) {
					t.Errorf("%s: %d %s", target, status, body)
				}
				if _, body := s.raw(append(lines, as(wiretest.Teacher))...); strings.Contains(body, inbox) {
					reached++
				}
			}
			if reached < 20 {
				t.Errorf("only %d of %d addresses reach messaging where it is open: the test has lost its teeth", reached, len(smuggled))
			}
		})
	}
}

// Odd requests that two servers may read differently.
func TestServersOddRequests(t *testing.T) {
	for _, k := range kinds() {
		t.Run(k.name, func(t *testing.T) {
			s := newSite(t, k, wiretest.Noon)
			for _, lines := range [][]string{
				{"GET /calendar HTTP/1.1", "Host: " + host, "Host: " + host},
				{"GET /messages HTTP/1.0"},
				{"GET /messages HTTP/1.1", "Host: other.example"},
				{"GET /messages HTTP/1.1", "Host: ent.example."},
				{"GET /messages HTTP/1.1", "Host: ENT.EXAMPLE:443"},
				{"GET /messages HTTP/1.1", "Host: ent.example/calendar"},
				{"GET http://other.example/calendar HTTP/1.1", "Host: ent.example"},
				{"get /messages HTTP/1.1", "Host: " + host},
				{"GET  /messages HTTP/1.1", "Host: " + host},
				{"GET\t/messages HTTP/1.1", "Host: " + host},
				{"GET /calendar /messages HTTP/1.1", "Host: " + host},
				{"GET /messages", "Host: " + host},
				{"OPTIONS * HTTP/1.1", "Host: " + host},
				{"CONNECT ent.example:443 HTTP/1.1", "Host: " + host},
				{"TRACE /messages HTTP/1.1", "Host: " + host},
				{"POST /calendar HTTP/1.1", "Host: " + host, "Content-Length: 5", "Transfer-Encoding: chunked", "", "0", "", "GET /messages HTTP/1.1", "Host: " + host, as(wiretest.Pupil)},
				{"POST /calendar HTTP/1.1", "Host: " + host, "Transfer-Encoding : chunked", "", "0", "", "GET /messages HTTP/1.1", "Host: " + host, as(wiretest.Pupil)},
				{"GET /calendar HTTP/1.1", "Host: " + host, "Content-Length: 4", "Content-Length: 50", "", "GET /messages HTTP/1.1", "Host: " + host, as(wiretest.Pupil)},
			} {
				request := append([]string{lines[0], as(wiretest.Pupil), "Connection: close"}, lines[1:]...)
				if status, body := s.raw(request...); strings.Contains(body, inbox) {
					t.Errorf("%q: %d %s", lines, status, body)
				}
			}
		})
	}
}

// Where only reading is open, no way of asking for another method sends.
func TestServersMethodOverride(t *testing.T) {
	for _, k := range kinds() {
		t.Run(k.name, func(t *testing.T) {
			s := newSite(t, k, wiretest.Noon)
			s.w.Issue(readOnly)
			s.expect(wiretest.Teacher, "/messages/1", 200, "INBOX GET")
			if r := s.do("POST", wiretest.Teacher, "/messages/1", nil); r.StatusCode != 403 {
				t.Errorf("sending where reading alone is open: %d", r.StatusCode)
			}
			s.expect(wiretest.Teacher, "/messages/1", 403, "", "X-HTTP-Method-Override", "POST")
			s.expect(wiretest.Teacher, "/messages/1", 403, "", "X-HTTP-Method", "POST")
			s.expect(wiretest.Teacher, "/messages/1?_method=POST", 403, "")
			for _, lines := range [][]string{
				{"post /messages/1 HTTP/1.1", "Host: " + host},
				{"GET /messages/1 HTTP/1.1", "Host: " + host, "X_HTTP_Method_Override: POST"},
				{"GET /messages/1 HTTP/1.1", "Host: " + host, "X-Original-Method: GET", "X-HTTP-Method-Override: POST"},
			} {
				if status, body := s.raw(append(lines, as(wiretest.Teacher), "Connection: close")...); strings.Contains(body, inbox+" POST") || strings.Contains(body, inbox+" post") {
					t.Errorf("%q: %d %s", lines, status, body)
				}
			}
		})
	}
}

// What the pages say in docs/integrations: these servers ask once, and do not cut
// what is open already. Should one of them learn it, the pages must say so.
func TestServersDoNotCut(t *testing.T) {
	for _, k := range kinds() {
		t.Run(k.name, func(t *testing.T) {
			s := newSite(t, k, "2024-04-02T18:59:59")
			r := s.get(wiretest.Teacher, "/messages/live")
			news := bufio.NewReader(r.Body)
			if line, err := news.ReadString('\n'); err != nil || !strings.Contains(line, inbox) {
				t.Fatalf("the stream says %q, %v", line, err)
			}
			s.w.At("2024-04-02T19:00:00")
			s.expect(wiretest.Teacher, "/messages/1", 403, "")
			for range 20 {
				if _, err := news.ReadString('\n'); err != nil {
					t.Fatalf("the stream ended: %v", err)
				}
			}
		})
	}
}

// A flood of refusals keeps nobody waiting who may pass.
func TestServersUnderFlood(t *testing.T) {
	for _, k := range kinds() {
		t.Run(k.name, func(t *testing.T) {
			s := newSite(t, k, wiretest.Noon)
			var flood sync.WaitGroup
			ctx, stop := context.WithCancel(t.Context())
			for range 16 {
				flood.Go(func() {
					for ctx.Err() == nil {
						s.send("GET /messages/..%252f/;a//%2e./messages HTTP/1.1", "Host: "+host, as(wiretest.Pupil), "Connection: close")
					}
				})
			}
			defer flood.Wait()
			defer stop()
			for range 10 {
				began := time.Now()
				s.expect(wiretest.Teacher, "/messages/1", 200, inbox)
				if took := time.Since(began); took > 5*time.Second {
					t.Errorf("a teacher waited %s", took)
				}
			}
		})
	}
}
