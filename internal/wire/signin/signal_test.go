package signin_test

import (
	"context"
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/ecluse-ecole/ecluse/internal/config"
	"github.com/ecluse-ecole/ecluse/internal/wire/signin"
	"github.com/ecluse-ecole/ecluse/internal/wire/wiretest"
)

func newSide(w *wiretest.World, c config.Gate) (*signin.SignIn, error) {
	return signin.New(w.Desk, nil, c, nil, w.Log)
}

const (
	revokedURI      = "https://schemas.openid.net/secevent/caep/event-type/session-revoked"
	verificationURI = "https://schemas.openid.net/secevent/ssf/event-type/verification"
	secret          = "0123456789abcdef0123456789abcdef"
)

// ssfGate is the published configuration of integrations/ssf, with the receiver's
// address.
func ssfGate(t *testing.T, push string) config.Gate {
	t.Helper()
	dir := t.TempDir()
	for _, name := range []string{"connect.token", "portal.token"} {
		text := secret
		if name == "portal.token" {
			text = "poll-" + secret
		}
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text+"\n"), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	file := filepath.Join(dir, "ecluse.yaml")
	wiretest.Config(t, "../../../integrations/ssf/ecluse.yaml", file, "https://connect.ent.example/ssf/events", push)
	c, err := config.Load(file)
	if err != nil {
		t.Fatal(err)
	}
	return c.Gate
}

// run starts a side and returns its address and what stops it.
func run(w *wiretest.World, c config.Gate) (address string, stop func()) {
	w.Helper()
	side, err := newSide(w, c)
	if err != nil {
		w.Fatal(err)
	}
	side.Hurry()
	mux := http.NewServeMux()
	side.Routes(mux)
	server := httptest.NewServer(mux)
	ctx, cancel := context.WithCancel(w.Context())
	done := make(chan struct{})
	go func() { defer close(done); side.Run(ctx) }()
	stop = sync.OnceFunc(func() { cancel(); <-done; server.Close() })
	w.Cleanup(stop)
	return server.URL, stop
}

func TestSignalsArePushed(t *testing.T) {
	w := wiretest.New(t, wiretest.Noon, wiretest.Letter)
	v := newReceiver(t)
	c := ssfGate(t, v.URL)
	v.mu.Lock() // until the keys are known
	address, stop := run(w, c)
	_, body := fetch(t, address+"/.well-known/ssf-configuration")
	var metadata struct {
		Version  string   `json:"spec_version"`
		Issuer   string   `json:"issuer"`
		Keys     string   `json:"jwks_uri"`
		Critical []string `json:"critical_subject_members"`
	}
	if err := json.Unmarshal([]byte(body), &metadata); err != nil || metadata.Version != "1_0" || metadata.Issuer != "https://ecluse.example" ||
		!slices.Equal(metadata.Critical, []string{"group", "org_unit"}) {
		t.Errorf("the metadata is %s, %v", body, err)
	}
	v.keys = published(t, strings.Replace(metadata.Keys, metadata.Issuer, address, 1))
	v.mu.Unlock()

	v.gets("pupil of 0799002F") // what is closed at the start; the école has no order
	first := v.empty()[0]
	w.At("2024-04-02T18:59:59")
	w.At("2024-04-02T19:00")
	closing := []string{"guardian of 0799002F", "head of 0799002F", "staff of 0799002F", "teacher of 0799002F"}
	v.gets(closing...)
	evening := v.empty()
	for _, s := range evening {
		e := s.Events[revokedURI]
		switch {
		case s.Issuer != "https://ecluse.example", s.Audience != "https://connect.ent.example", s.Expires != nil, s.Sub != "", s.ID == "", len(s.Events) != 1,
			s.Subject.Format != "complex", s.Subject.Group.Format != "opaque", s.Subject.OrgUnit.Format != "opaque",
			time.Unix(e.At, 0).UTC().Format(time.RFC3339) != "2024-04-02T17:00:00Z", e.Initiator != "policy",
			!strings.Contains(e.User["fr"], "fermée"), !strings.Contains(e.Admin["en"], "FR/"),
			s.Txn != evening[0].Txn:
			t.Errorf("a signal of the evening is %+v", s)
		}
	}
	stop()

	// after a restart the same closings have the same names
	run(w, c)
	v.gets("guardian of 0799002F", "head of 0799002F", "pupil of 0799002F", "staff of 0799002F", "teacher of 0799002F")
	for _, s := range v.empty() {
		same := s.ID == first.ID || slices.ContainsFunc(evening, func(e signal) bool { return e.ID == s.ID && e.what() == s.what() })
		if !same {
			t.Errorf("%s has another name after a restart", s.what())
		}
	}
	w.At("2024-04-03T07:00")
	w.At("2024-04-03T19:00")
	v.gets(closing...)
	for _, s := range v.empty() {
		if slices.ContainsFunc(evening, func(e signal) bool { return e.ID == s.ID }) {
			t.Error("another evening's closing has the same name")
		}
	}
}

// TestSignalsAreSentAgain: a receiver in trouble gets what it missed, a refusal
// for good is not repeated, and a closing that is over is not told any more.
func TestSignalsAreSentAgain(t *testing.T) {
	w := wiretest.New(t, wiretest.Noon, wiretest.Letter)
	v := newReceiver(t)
	v.mu.Lock()
	v.fails = 3
	address, _ := run(w, ssfGate(t, v.URL))
	v.keys = published(t, address+"/gate/jwks.json")
	v.mu.Unlock()
	v.gets("pupil of 0799002F")

	v.empty()
	v.mu.Lock()
	v.refuse = "invalid_audience"
	v.mu.Unlock()
	w.At("2024-04-02T19:00")
	wiretest.Eventually(t, "three of four come", func() bool { return len(v.whats()) == 3 })

	v.mu.Lock()
	v.fails = 1 << 30
	v.mu.Unlock()
	w.At("2024-04-03T07:00")
	w.At("2024-04-03T19:00")
	wiretest.Eventually(t, "sending fails", func() bool { v.mu.Lock(); defer v.mu.Unlock(); return v.fails < 1<<30-10 })
	w.At("2024-04-04T07:00")
	wiretest.Eventually(t, "what is over is taken back", func() bool {
		v.mu.Lock()
		before := v.fails
		v.mu.Unlock()
		time.Sleep(100 * time.Millisecond) // several pauses: nothing was sent
		v.mu.Lock()
		defer v.mu.Unlock()
		return v.fails == before
	})
	v.mu.Lock()
	v.fails = 0
	v.mu.Unlock()
	v.empty()
	w.At("2024-04-04T19:00")
	v.gets("guardian of 0799002F", "head of 0799002F", "staff of 0799002F", "teacher of 0799002F")
}

func TestSignalsArePolled(t *testing.T) {
	w := wiretest.New(t, wiretest.Noon, wiretest.Letter)
	v := newReceiver(t)
	v.mu.Lock()
	v.fails = 1 << 30
	v.mu.Unlock()
	address, _ := run(w, ssfGate(t, v.URL))
	p := &poller{t, address, published(t, address+"/gate/jwks.json")}

	got, more := p.poll(`{}`) // waits for the first look
	if len(got) != 1 || more {
		t.Fatalf("at the start: %v, %v", got, more)
	}
	var id string
	for id = range got {
	}
	if again, _ := p.poll(`{"returnImmediately": true}`); len(again) != 1 {
		t.Errorf("what was not acknowledged does not come again: %v", again)
	}
	if none, _ := p.poll(`{"maxEvents": 0, "ack": ["` + id + `", "unknown"]}`); len(none) != 0 {
		t.Errorf("none were asked for: %v", none)
	}
	if none, _ := p.poll(`{"returnImmediately": true}`); len(none) != 0 {
		t.Errorf("what was acknowledged comes again: %v", none)
	}

	waiting := make(chan map[string]signal)
	go func() { got, _ := p.poll(`{"maxEvents": 3}`); waiting <- got }()
	w.At("2024-04-02T19:00")
	first := <-waiting
	if len(first) == 0 || len(first) > 3 {
		t.Errorf("the waiting poll got %v", first)
	}
	wiretest.Eventually(t, "four wait", func() bool {
		got, more := p.poll(`{"returnImmediately": true, "maxEvents": 3}`)
		return len(got) == 3 && more
	})
	all, _ := p.poll(`{"returnImmediately": true}`)
	if len(all) != 4 {
		t.Fatalf("there wait %v", all)
	}
	for id = range all {
	}
	left, _ := p.poll(`{"returnImmediately": true, "setErrs": {"` + id + `": {"err": "access_denied", "description": "a\nb"}}}`)
	if _, still := left[id]; len(left) != 3 || still {
		t.Errorf("what was refused comes again: %v", left)
	}
	w.At("2024-04-03T07:00")
	wiretest.Eventually(t, "the reopening takes them back", func() bool {
		got, _ := p.poll(`{"returnImmediately": true}`)
		return len(got) == 0
	})

}

// TestPollsAreLetGo: as many wait as may, and none keeps the server from stopping.
func TestPollsAreLetGo(t *testing.T) {
	w := wiretest.New(t, wiretest.Before, wiretest.Letter)
	address, stop := run(w, ssfGate(t, newReceiver(t).URL))
	p := &poller{t, address, published(t, address+"/gate/jwks.json")}
	waiting := make(chan map[string]signal)
	for range 4 {
		go func() { got, _ := p.poll(`{}`); waiting <- got }()
	}
	wiretest.Eventually(t, "four polls wait and a fifth is refused", func() bool {
		status, _ := p.post("/gate/ssf/poll/portal", "poll-"+secret, `{"returnImmediately": true}`)
		return status == http.StatusTooManyRequests
	})
	began := time.Now()
	stop() // waits for those who are being answered
	for range 4 {
		<-waiting
	}
	if took := time.Since(began); took > 5*time.Second {
		t.Errorf("stopping lets go who waits after %s", took)
	}
}

func TestStreamsAreManaged(t *testing.T) {
	w := wiretest.New(t, wiretest.Noon, wiretest.Letter)
	v := newReceiver(t)
	v.mu.Lock()
	address, _ := run(w, ssfGate(t, v.URL))
	v.keys = published(t, address+"/gate/jwks.json")
	v.mu.Unlock()
	v.gets("pupil of 0799002F")
	v.empty()
	p := &poller{t, address, v.keys}
	token := "poll-" + secret

	for path, want := range map[string]string{
		"/gate/ssf/streams":                  `[{"stream_id":"portal"`,
		"/gate/ssf/streams?stream_id=portal": `"endpoint_url":"https://ecluse.example/gate/ssf/poll/portal"`,
		"/gate/ssf/status?stream_id=portal":  `"status":"enabled"`,
	} {
		if response, body := fetch(t, address+path, "Authorization", "Bearer "+token); response.StatusCode != 200 || !strings.Contains(body, want) {
			t.Errorf("%s: %s %s", path, response.Status, body)
		}
		if response, body := fetch(t, address+path, "Authorization", "Bearer another"); response.StatusCode != 401 {
			t.Errorf("%s for a stranger: %s %s", path, response.Status, body)
		}
	}
	if response, _ := fetch(t, address+"/gate/ssf/status?stream_id=connect", "Authorization", "Bearer "+token); response.StatusCode != 404 {
		t.Errorf("another's stream: %s", response.Status)
	}
	refuse := func(path, token, body string, want int) {
		t.Helper()
		if status, text := p.post(path, token, body); status != want {
			t.Errorf("%s %.80s: %d %s, want %d", path, body, status, text, want)
		}
	}
	refuse("/gate/ssf/poll/portal", "another", `{}`, 401)
	refuse("/gate/ssf/poll/connect", token, `{}`, 404)
	refuse("/gate/ssf/poll/connect", secret, `{}`, 409)
	refuse("/gate/ssf/poll/portal", token, `[]`, 400)
	refuse("/gate/ssf/poll/portal", token, `{"ack": ["`+strings.Repeat("x", 1<<20)+`"]}`, 400)
	refuse("/gate/ssf/verify", token, `{"stream_id": "connect"}`, 404)
	refuse("/gate/ssf/verify", token, `{"stream_id": "portal", "state": "`+strings.Repeat("x", 2000)+`"}`, 400)
	refuse("/gate/ssf/verify", "another", `{"stream_id": "portal"}`, 401)

	refuse("/gate/ssf/verify", secret, `{"stream_id": "connect", "state": "s-1"}`, 204)
	v.gets("verification connect")
	if e := v.empty()[0]; e.Events[verificationURI].State != "s-1" || e.Subject.Format != "opaque" {
		t.Errorf("the verification is %+v", e)
	}
	for range 4 {
		refuse("/gate/ssf/verify", token, `{"stream_id": "portal"}`, 204)
	}
	refuse("/gate/ssf/verify", token, `{"stream_id": "portal"}`, 429)
	got, _ := p.poll(`{"returnImmediately": true}`)
	for id, e := range got {
		if e.what() == "verification portal" {
			p.poll(`{"maxEvents": 0, "ack": ["` + id + `"]}`)
		}
	}
	refuse("/gate/ssf/verify", token, `{"stream_id": "portal"}`, 204)
}

func TestStreamsAreChecked(t *testing.T) {
	w := wiretest.New(t, wiretest.Noon, wiretest.Letter)
	token := filepath.Join(t.TempDir(), "token")
	short := filepath.Join(t.TempDir(), "short")
	os.WriteFile(token, []byte(secret), 0o600)
	os.WriteFile(short, []byte("abc"), 0o600)
	good := config.Signal{Name: "a", Audience: "b", URL: "https://c.example/", TokenFile: token}
	check := func(accepted bool, change func(*config.Signal), more ...config.Signal) {
		t.Helper()
		s := good
		change(&s)
		c := config.Gate{Sign: &config.Sign{Issuer: "https://ecluse.example", KeyFile: filepath.Join(t.TempDir(), "key")}, Signals: append(more, s)}
		if _, err := newSide(w, c); (err == nil) != accepted {
			t.Errorf("%+v: %v", s, err)
		}
	}
	check(true, func(*config.Signal) {})
	check(true, func(s *config.Signal) { s.URL, s.Territory, s.Service = "", "FR/13", "chat" })
	check(false, func(s *config.Signal) { s.Name = "" })
	check(false, func(s *config.Signal) { s.Name = "a/b" })
	check(false, func(s *config.Signal) { s.Audience = "" })
	check(false, func(s *config.Signal) { s.URL = "http://c.example/" })
	check(false, func(s *config.Signal) { s.URL = "https://user@c.example/" })
	check(false, func(s *config.Signal) { s.Territory = "13" })
	check(false, func(s *config.Signal) { s.Service = "fax" })
	check(false, func(s *config.Signal) { s.TokenFile = "nowhere" })
	check(false, func(s *config.Signal) { s.TokenFile = short })
	check(false, func(*config.Signal) {}, good)
}
