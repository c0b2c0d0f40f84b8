package synapse_test

import (
	"bufio"
	"encoding/json"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/ecluse-ecole/ecluse/internal/api"
	"github.com/ecluse-ecole/ecluse/internal/enforce"
	"github.com/ecluse-ecole/ecluse/internal/wire/wiretest"
)

// A module is the Python module, loaded by a stand-in for Synapse.
type module struct {
	*testing.T
	in  io.Writer
	out *bufio.Scanner
}

// said is what a callback came to.
type said struct {
	Passes bool
	Said   json.RawMessage
}

// A moduleConfig is what homeserver.yaml gives the module.
type moduleConfig struct {
	URL       string   `json:"url"`
	TokenFile string   `json:"token_file"`
	Keep      float64  `json:"keep"`
	Timeout   float64  `json:"timeout"`
	Open      []string `json:"open,omitempty"`
}

// load starts the module with a decision point's address and token.
func load(t *testing.T, url, token string) module {
	t.Helper()
	return loadWith(t, moduleConfig{URL: url, Timeout: 0.3, Open: []string{"bot"}}, token)
}

func loadWith(t *testing.T, c moduleConfig, token string) module {
	t.Helper()
	python := wiretest.Need(t, "python3")
	file := filepath.Join(t.TempDir(), "token")
	if err := os.WriteFile(file, []byte(token+"\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	c.TokenFile = file
	config, err := json.Marshal(c)
	if err != nil {
		t.Fatal(err)
	}
	standIn, err := filepath.Abs("testdata/standin")
	if err != nil {
		t.Fatal(err)
	}
	integration, err := filepath.Abs("../../../integrations/synapse")
	if err != nil {
		t.Fatal(err)
	}
	run := exec.Command(python, "testdata/drive.py", string(config))
	run.Env = append(os.Environ(), "PYTHONPATH="+standIn+":"+integration, "PYTHONDONTWRITEBYTECODE=1", "PYTHONIOENCODING=utf-8")
	run.Stderr = t.Output()
	in, err := run.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	out, err := run.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := run.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { in.Close(); run.Wait() })
	return module{t, in, bufio.NewScanner(out)}
}

// ask runs a callback.
func (m module) ask(line any) said {
	m.Helper()
	text, err := json.Marshal(line)
	if err != nil {
		m.Fatal(err)
	}
	if _, err := m.in.Write(append(text, '\n')); err != nil {
		m.Fatal(err)
	}
	if !m.out.Scan() {
		m.Fatal("the module ended")
	}
	var s said
	if err := json.Unmarshal(m.out.Bytes(), &s); err != nil {
		m.Fatal(err)
	}
	return s
}

type event struct {
	Type    string            `json:"type"`
	Sender  string            `json:"sender"`
	Key     string            `json:"state_key"`
	Content map[string]string `json:"content"`
}

func (m module) event(e event) said {
	m.Helper()
	return m.change("", e)
}

// change is an event of somebody who had a membership before.
func (m module) change(before string, e event) said {
	m.Helper()
	return m.ask(struct {
		Event  event  `json:"event"`
		Before string `json:"before"`
	}{e, before})
}

func (m module) message(login string) bool {
	m.Helper()
	return m.event(event{Type: "m.room.message", Sender: "@" + login + ":school.example"}).Passes
}

func (m module) callback(name string, args ...string) bool {
	m.Helper()
	return m.ask(struct {
		Callback string   `json:"callback"`
		Args     []string `json:"args"`
	}{name, args}).Passes
}

// serve is the real decision interface in front of a world.
func serve(t *testing.T, w *wiretest.World) *httptest.Server {
	t.Helper()
	mux := http.NewServeMux()
	api.New(w.Desk, nil, api.Options{}).Routes(mux)
	s := httptest.NewServer(mux)
	t.Cleanup(s.Close)
	return s
}

func TestModule(t *testing.T) {
	w := wiretest.New(t, "2024-04-02T18:59:59", wiretest.Letter)
	s := serve(t, w)
	m := load(t, s.URL, w.Point("synapse"))
	pass := func(what string, passes, want bool) {
		t.Helper()
		if passes != want {
			t.Errorf("%s: passes %v, want %v", what, passes, want)
		}
	}
	pass("a teacher's message before the closing", m.message(wiretest.Teacher), true)
	pass("a pupil's message", m.message(wiretest.Pupil), false)
	pass("nobody's message", m.message("nobody"), false)
	pass("the account that is always closed", m.message(enforce.SelfTest), false)
	pass("another server's message", m.event(event{Type: "m.room.message", Sender: "@x:elsewhere.example"}).Passes, true)

	w.At("2024-04-02T19:00")
	pupil := "@" + wiretest.Pupil + ":school.example"
	teacher := "@" + wiretest.Teacher + ":school.example"
	pass("a teacher's message at the closing", m.message(wiretest.Teacher), false)
	for _, c := range [][]string{
		{"check_login_for_spam", teacher, "D", "n", "r"}, {"user_may_join_room", teacher, "!r", "x"},
		{"user_may_invite", teacher, pupil, "!r"}, {"user_may_create_room", teacher}, {"user_may_create_room", teacher, "config"},
		{"user_may_send_3pid_invite", teacher, "email", "a@b", "!r"}, {"user_may_create_room_alias", teacher, "#a"}, {"user_may_publish_room", teacher, "!r"},
	} {
		pass(c[0]+" at the closing", m.callback(c[0], c[1:]...), false)
	}
	pass("leaving a room at the closing", m.event(event{"m.room.member", teacher, teacher, map[string]string{"membership": "leave"}}).Passes, true)
	pass("putting somebody out of a room", m.event(event{"m.room.member", teacher, pupil, map[string]string{"membership": "leave"}}).Passes, false)
	pass("a new display name", m.change("join", event{"m.room.member", teacher, teacher, map[string]string{"membership": "join"}}).Passes, false)
	pass("knocking", m.event(event{"m.room.member", teacher, teacher, map[string]string{"membership": "knock"}}).Passes, false)
	pass("a service that is left alone", m.message("bot"), true)

	w.At("2024-04-03T07:00")
	pass("a teacher's message at the reopening", m.message(wiretest.Teacher), true)
	pass("signing in at the reopening", m.callback("check_login_for_spam", teacher, "D", "n", "r"), true)
}

// TestModuleTells what a client can show: the reopening, and both languages.
func TestModuleTells(t *testing.T) {
	w := wiretest.New(t, "2024-04-02T19:00", wiretest.Letter)
	m := load(t, serve(t, w).URL, w.Point("synapse"))
	var refusal []json.RawMessage
	if err := json.Unmarshal(m.event(event{Type: "m.room.message", Sender: "@" + wiretest.Teacher + ":school.example"}).Said, &refusal); err != nil || len(refusal) != 2 {
		t.Fatalf("%s, %v", refusal, err)
	}
	var told struct {
		Error  string
		Ecluse struct{ Reopens string } `json:"org.ecluse"`
	}
	if err := json.Unmarshal(refusal[1], &told); err != nil || told.Ecluse.Reopens != "2024-04-03T07:00:00+02:00" || told.Error == "" {
		t.Errorf("%s, %v", refusal[1], err)
	}
}

// reported is what the point says of itself, once its own test has run.
func reported(w *wiretest.World) *enforce.Report {
	w.Helper()
	points, err := w.App.Points(w.Context(), "FR")
	if err != nil {
		w.Fatal(err)
	}
	for _, p := range points {
		for _, i := range p.Instances {
			if p.Kind == "synapse" && strings.HasPrefix(i.Software, "Synapse") {
				return &i
			}
		}
	}
	return nil
}

func TestModuleReports(t *testing.T) {
	w := wiretest.New(t, wiretest.Noon, wiretest.Letter)
	m := load(t, serve(t, w).URL, w.Point("synapse"))
	m.message(wiretest.Teacher)
	m.callback("looping")
	if r := reported(w); r == nil || !r.Refused || r.Version == 0 || r.Offset.Abs() > time.Minute {
		t.Errorf("reported %+v", r)
	}
	if !m.message(wiretest.Teacher) {
		t.Error("a message does not pass after the test")
	}
}

// TestModuleBelievesNobodyWhoOpensEverything: what must always be refused is not.
func TestModuleBelievesNobodyWhoOpensEverything(t *testing.T) {
	open := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		io.WriteString(w, `{"decision":true,"context":{"access":"write","until":null}}`)
	}))
	defer open.Close()
	m := load(t, open.URL, "x")
	m.callback("looping")
	if m.message(wiretest.Teacher) {
		t.Error("a message passes where even the account of the test is open")
	}
}

// TestModuleKeepsAnswers for as long as it is told, but not beyond their own end.
func TestModuleKeepsAnswers(t *testing.T) {
	var asked atomic.Int64
	var until atomic.Value
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		asked.Add(1)
		io.WriteString(w, `{"decision":true,"context":{"access":"write","until":`+until.Load().(string)+`}}`)
	}))
	defer s.Close()
	twice := func(end string) int64 {
		t.Helper()
		until.Store(end)
		asked.Store(0)
		m := loadWith(t, moduleConfig{URL: s.URL, Keep: 60, Timeout: 1}, "x")
		if first, second := m.message(wiretest.Teacher), m.message(wiretest.Teacher); !first || !second {
			t.Error("a message does not pass")
		}
		return asked.Load()
	}
	if n := twice("null"); n != 1 {
		t.Errorf("asked %d times about an answer without end", n)
	}
	if n := twice(`"` + time.Now().Add(time.Hour).Format(time.RFC3339) + `"`); n != 1 {
		t.Errorf("asked %d times about an answer that lasts", n)
	}
	if n := twice(`"` + time.Now().UTC().Format(time.RFC3339) + `"`); n != 2 {
		t.Errorf("asked %d times about an answer that has ended", n)
	}
}

// TestModuleFailsClosed without a decision point, with one that hangs, and with a
// token that is none.
func TestModuleFailsClosed(t *testing.T) {
	w := wiretest.New(t, wiretest.Before)
	token := w.Point("synapse")
	s := serve(t, w)
	if load(t, s.URL, "x").message(wiretest.Teacher) {
		t.Error("a message passes with a token that is none")
	}
	m := load(t, s.URL, token)
	if !m.message(wiretest.Teacher) {
		t.Fatal("a message does not pass where all is open")
	}
	s.CloseClientConnections()
	s.Close()
	if m.message(wiretest.Teacher) {
		t.Error("a message passes without a decision point")
	}
	hung, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer hung.Close()
	if load(t, "http://"+hung.Addr().String(), token).message(wiretest.Teacher) {
		t.Error("a message passes with a decision point that hangs")
	}
}
