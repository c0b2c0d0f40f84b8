package dovecot_test

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/ecluse-ecole/ecluse"
	"github.com/ecluse-ecole/ecluse/internal/account"
	"github.com/ecluse-ecole/ecluse/internal/config"
	"github.com/ecluse-ecole/ecluse/internal/metric"
	"github.com/ecluse-ecole/ecluse/internal/school"
	"github.com/ecluse-ecole/ecluse/internal/wire/dovecot"
	"github.com/ecluse-ecole/ecluse/internal/wire/wiretest"
)

// pupilsOnly closes for pupils alone.
const pupilsOnly = `
order: FR/13/079/2024-0009
issuer: FR/13/079
status: actual
type: issue
title: Fermeture pour les élèves
applies: {territory: FR/13/079}
from: 2024-03-28T12:00
rules:
  - {roles: [pupil], hours: "off"}
reason: Des messages menaçants circulent.
contact: {office: Cabinet du DASEN, phone: "05 36 49 00 00"}
`

// ends waits for the end of a session and returns how long that took.
func (c *client) ends() time.Duration {
	c.Helper()
	began := time.Now()
	if said := c.line(); !strings.HasPrefix(said, "* BYE") {
		c.Errorf("the session is told %q, want BYE", said)
	}
	return time.Since(began)
}

// lives holds that a session still answers.
func (c *client) lives() {
	c.Helper()
	c.send("DONE")
	c.upTo("c OK")
	c.send("d NOOP")
	c.upTo("d OK")
}

// TestCutByOrder: an order that closes for pupils ends their sessions, and those of
// nobody else.
func TestCutByOrder(t *testing.T) {
	t.Parallel()
	s := start(wiretest.New(t, wiretest.Before), "lua")
	c := s.cut(metric.New())
	pupils := []*client{s.idle(wiretest.Pupil), s.idle(wiretest.Pupil), s.idle("pupil1@college.example"), s.idle(wiretest.Pupil2)}
	teacher := s.idle(wiretest.Teacher)
	s.Issue(pupilsOnly)
	began := time.Now()
	for _, p := range pupils {
		p.ends()
	}
	took := time.Since(began)
	t.Logf("four sessions ended %v after the order", took)
	if took > time.Second {
		t.Errorf("four sessions ended %v after the order", took)
	}
	s.refuses(wiretest.Pupil, closed+" pour les élèves")
	teacher.lives()
	if c.Len() == 0 {
		t.Error("the teacher's session is not counted")
	}
}

// TestCutAtTheSecond: messaging closes for adults at 19:00.
func TestCutAtTheSecond(t *testing.T) {
	t.Parallel()
	m := metric.New()
	s := start(wiretest.New(t, "2024-04-02T18:59:58", wiretest.Letter), "policy")
	s.cut(m)
	teacher := s.idle(wiretest.Teacher)
	s.At("2024-04-02T18:59:59")
	teacher.lives()
	s.At("2024-04-02T19:00")
	if took := teacher.ends(); took > time.Second {
		t.Errorf("ended %v after the second", took)
	}
	s.refuses(wiretest.Teacher, closed)
	s.At("2024-04-03T07:00")
	s.idle(wiretest.Teacher).lives()
	if text := figures(t, m); !strings.Contains(text, `ecluse_cut_latency_seconds_count{point="dovecot"} 1`) ||
		!strings.Contains(text, "ecluse_dovecot_reachable 1") {
		t.Errorf("the figures do not tell of the cut:\n%s", text)
	}
}

func figures(t *testing.T, m *metric.Set) string {
	t.Helper()
	w := httptest.NewRecorder()
	m.Handler().ServeHTTP(w, httptest.NewRequest(http.MethodGet, "/metrics", nil))
	return w.Body.String()
}

// odd are names that Dovecot's kick would take for something else, and plain are
// names that they must not be mistaken for.
var (
	odd    = []string{"10.0.0.1", "0x7f.1", "1234", "élève", "o'neil", "a*b", "a?c", "u v", `q"r\s`, "::1", "%u"}
	common = []string{"10.0.0.10", "axd", "12345", "eleve", "u"}
)

// TestCutOddNames: whatever somebody is called, their session ends, and nobody
// else's.
func TestCutOddNames(t *testing.T) {
	t.Parallel()
	w := wiretest.New(t, wiretest.Before)
	enrol(w, school.Pupil, 1000, odd)
	enrol(w, school.Teacher, 2000, common)
	s := start(w, "lua", installed(t).anyName...)
	s.cut(nil)
	var leave, stay []*client
	for _, name := range odd {
		leave = append(leave, s.idle(name))
	}
	for _, name := range common {
		stay = append(stay, s.idle(name))
	}
	s.Issue(pupilsOnly)
	for _, c := range leave {
		c.ends()
	}
	for _, c := range stay {
		c.lives()
	}
}

// enrol adds people of a role to the collège.
func enrol(w *wiretest.World, role school.Role, from int, logins []string) {
	w.Helper()
	var r ecluse.Roster
	for i, login := range logins {
		id := from + i
		r.People = append(r.People, account.Person{ID: account.PersonID(id), Login: login, First: "P", Last: "N", Language: "fr"})
		r.Members = append(r.Members, account.Membership{
			School: wiretest.College, ID: account.MemberID(id), Person: account.PersonID(id), Role: role, Name: "N",
		})
	}
	if err := w.App.Import(w.Context(), r); err != nil {
		w.Fatal(err)
	}
}

// TestCutWhenBack: sessions that cannot be cut at the closing, because doveadm does
// not answer, are cut when it does.
func TestCutWhenBack(t *testing.T) {
	t.Parallel()
	s := start(wiretest.New(t, wiretest.Before), "lua")
	var away atomic.Bool
	to, err := url.Parse("http://" + s.admin)
	if err != nil {
		t.Fatal(err)
	}
	proxy := httputil.NewSingleHostReverseProxy(to)
	front := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if away.Load() {
			panic(http.ErrAbortHandler)
		}
		proxy.ServeHTTP(w, r)
	}))
	t.Cleanup(front.Close)
	s.admin = strings.TrimPrefix(front.URL, "http://")
	m := metric.New()
	c := s.cut(m)
	pupil := s.idle(wiretest.Pupil)
	wiretest.Eventually(t, "the session is seen", func() bool { s.Issue(); return c.Len() == 1 })
	away.Store(true)
	s.Issue(pupilsOnly)
	wiretest.Eventually(t, "the figures tell that nobody can be cut", func() bool {
		return strings.Contains(figures(t, m), "ecluse_dovecot_reachable 0")
	})
	s.refuses(wiretest.Pupil, closed)
	away.Store(false)
	pupil.ends()
}

func TestNewCutter(t *testing.T) {
	key := filepath.Join(t.TempDir(), "key")
	refuse := func(cfg config.Dovecot, want string) {
		t.Helper()
		if _, err := dovecot.NewCutter(&cfg, nil, nil, nil); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%+v: %v, want an error with %q", cfg, err, want)
		}
	}
	refuse(config.Dovecot{URL: "127.0.0.1:8081", KeyFile: key}, "no address of doveadm")
	refuse(config.Dovecot{URL: "http://127.0.0.1:8081/doveadm/v1", KeyFile: key}, "no such file")
	if err := os.WriteFile(key, []byte(" \n"), 0o600); err != nil {
		t.Fatal(err)
	}
	refuse(config.Dovecot{URL: "http://127.0.0.1:8081/doveadm/v1", KeyFile: key}, "is empty")
}

// TestAdminAnswers holds what doveadm, or something in its place, may answer.
func TestAdminAnswers(t *testing.T) {
	for answer, want := range map[string]string{
		`[["doveadmResponse",[{"username":"","service":"imap"},{"username":"a","service":"lmtp"}],"e"]]`: "",
		`[["error",{"type":"unAuthorized","exitCode":0},"e"]]`:                                           "unAuthorized",
		`[["error",{"type":"exitCode","exitCode":75},"e"]]`:                                              "75",
		`[]`:                          "1 commands got 0 replies",
		`{"a":1}`:                     "reading doveadm's reply",
		`[["doveadmResponse"]]`:       "1 parts",
		`[["doveadmResponse",7,"e"]]`: "cannot unmarshal number",
		`[["doveadmResponse",[],"e"]`: "reading doveadm's reply",
		"401":                         "is doveadm_api_key what key_file holds",
		"302":                         "302",
	} {
		server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			switch answer {
			case "401":
				http.Error(w, "", http.StatusUnauthorized)
			case "302":
				http.Redirect(w, r, "http://127.0.0.1:1/", http.StatusFound)
			default:
				fmt.Fprint(w, answer)
			}
		}))
		key := filepath.Join(t.TempDir(), "key")
		if err := os.WriteFile(key, []byte("k\n"), 0o600); err != nil {
			t.Fatal(err)
		}
		c, err := dovecot.NewCutter(&config.Dovecot{URL: server.URL + "/doveadm/v1", KeyFile: key}, nil, nil, nil)
		if err != nil {
			t.Fatal(err)
		}
		live, err := c.Live(t.Context())
		if want == "" && (err != nil || len(live) != 0) || want != "" && (err == nil || !strings.Contains(err.Error(), want)) {
			t.Errorf("%s: %v, %v, want %q", answer, live, err, want)
		}
		server.Close()
	}
}
