package dovecot_test

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/ecluse-ecole/ecluse/internal/config"
	"github.com/ecluse-ecole/ecluse/internal/metric"
	"github.com/ecluse-ecole/ecluse/internal/wire/dovecot"
	"github.com/ecluse-ecole/ecluse/internal/wire/wiretest"
)

// samples are what schools install; the tests run them as they stand.
const samples = "../../../integrations/dovecot"

// The passwords of the tests' people and of their webmail.
const (
	password = "secret"
	master   = "master-secret"
)

// A site is a Dovecot of its own, with its gate.
type site struct {
	*wiretest.World
	version version
	gate    *gate
	dir     string
	token   string
	imap    string
	pop3    string
	sieve   string
	admin   string
	key     string // the file with the key of doveadm
	dovecot *wiretest.Server
}

// ways are the two ways to ask about sign-ins.
var ways = []string{"lua", "policy"}

// start runs Dovecot on the sample configuration of a way. Each edit is an old and a
// new text of the example around it.
func start(w *wiretest.World, way string, edits ...string) *site {
	w.Helper()
	v := installed(w.T)
	dir, err := os.MkdirTemp("", "dovecot")
	if err != nil {
		w.Fatal(err)
	}
	w.Cleanup(func() { os.RemoveAll(dir) })
	s := &site{
		World: w, version: v, dir: dir, token: w.Point("dovecot"), gate: newGate(w), imap: wiretest.FreeAddress(w.T), pop3: wiretest.FreeAddress(w.T),
		sieve: wiretest.FreeAddress(w.T), admin: wiretest.FreeAddress(w.T), key: filepath.Join(dir, "ecluse-doveadm.key"),
	}
	s.write("ecluse-doveadm.key", "the key of doveadm")
	s.write("ecluse.token", s.token+"\n")
	s.write("masters", "webmail:{PLAIN}"+master+"\n")
	s.people()
	if err := os.Chmod(dir, 0o755); err != nil {
		w.Fatal(err)
	}
	s.configure(way, edits)
	s.dovecot = wiretest.Start(w.T, s.imap, wiretest.Need(w.T, "dovecot"), "-F", "-c", filepath.Join(dir, "dovecot.conf"))
	return s
}

// configure fits the samples into the folder of the test.
func (s *site) configure(way string, edits []string) {
	s.Helper()
	fit := func(name, to string, replace ...string) {
		wiretest.Config(s.T, filepath.Join(samples, name), filepath.Join(s.dir, to), replace...)
	}
	port := func(at string, address string) []string {
		_, port, _ := strings.Cut(address, ":")
		return []string{"port = " + at, "port = " + port}
	}
	v := s.version
	asks := []string{"http://127.0.0.1:8080", s.gate.URL()}
	include := append([]string{"/etc/dovecot", s.dir}, port("8081", s.admin)...)
	// The sample has no CRAM-MD5, since the reason is shown there before the password is
	// proved; whoever adds it must find closed mailboxes closed all the same.
	challenges := []string{"auth_mechanisms = plain login", "auth_mechanisms = plain login cram-md5"}
	around := slices.Concat(edits, challenges, port("143", s.imap), port("110", s.pop3), port("4190", s.sieve), v.mail, []string{
		"/etc/dovecot", s.dir, "/var/log/dovecot.log", "/dev/stderr", "/run/dovecot", s.dir + "/run",
		"/var/lib/dovecot", s.dir + "/lib", "/var/mail", s.dir + "/mail",
	})
	if way == "lua" {
		fit("ecluse.lua", "ecluse.lua", append([]string{"/etc/dovecot", s.dir}, asks...)...)
		if v.settings {
			include = append(include, asks...)
		}
		fit(v.lua, v.lua, include...)
	} else {
		fit(v.policy, v.policy, slices.Concat(include, asks, []string{"TOKEN", s.token})...)
		around = slices.Concat(around, v.byPolicy, []string{v.lua, v.policy})
	}
	fit(v.example, "dovecot.conf", around...)
	if err := errors.Join(os.Mkdir(filepath.Join(s.dir, "mail"), 0o700), os.Chmod(filepath.Join(s.dir, "mail"), 0o777)); err != nil {
		s.Fatal(err)
	}
}

// A version of Dovecot has samples of its own, and places in them that tests edit.
type version struct {
	example, lua, policy string
	settings             bool     // of the script stand in the configuration
	mail                 []string // whose the mailboxes are
	byPolicy             []string // what the marked lines are where the policy asks
	anyName              []string // people with names of every kind
}

var (
	version23 = version{
		example: "example-2.3.conf", lua: "ecluse-2.3.conf", policy: "ecluse-2.3-policy.conf",
		mail:     []string{"uid=vmail gid=vmail", "uid=65534 gid=65534"},
		byPolicy: []string{"override_fields = reason=%{passdb:ecluse_reason}", "override_fields = nodelay=y reason=[UNAVAILABLE]"},
		anyName: []string{"auth_master_user_separator = *", "auth_username_chars =", "home=/var/mail/%n", "home=/var/mail/all",
			"driver = passwd-file\n  args = /etc/dovecot/people", "driver = static\n  args = password=" + password},
	}
	version24 = version{
		example: "example-2.4.conf", lua: "ecluse-2.4.conf", policy: "ecluse-2.4-policy.conf", settings: true,
		mail:     []string{"uid = vmail\n    gid = vmail", "uid = 65534\n    gid = 65534"},
		byPolicy: []string{"    reason = %{passdb:ecluse_reason | default}", "    nodelay = yes\n    reason = [UNAVAILABLE]"},
		anyName: []string{"auth_master_user_separator = *", "auth_username_chars =", "home = /var/mail/%{user | username}", "home = /var/mail/all",
			"driver = passwd-file\n  passwd_file_path = /etc/dovecot/people", "driver = static\n  passdb_static_password = " + password},
	}
)

// installed is the version that is there.
func installed(t *testing.T) version {
	t.Helper()
	said, err := exec.Command(wiretest.Need(t, "dovecot"), "--version").Output()
	if err != nil {
		t.Fatal(err)
	}
	if strings.HasPrefix(string(said), "2.3.") {
		return version23
	}
	return version24
}

// people writes the school's own list, and what the tests' tricks need.
func (s *site) people() {
	var list strings.Builder
	for _, name := range []string{wiretest.Pupil, wiretest.Pupil2, wiretest.Guardian, wiretest.Teacher, wiretest.Nadia,
		wiretest.Staff, wiretest.Head, "unknown", dovecot.Probe, wiretest.Pupil + "@college.example"} {
		fmt.Fprintf(&list, "%s:{PLAIN}%s\n", name, password)
	}
	fmt.Fprintf(&list, "pupil3:{PLAIN}%s::::::proxy=y host=127.0.0.1 port=%s destuser=%s pass=%s\n",
		password, strings.TrimPrefix(s.imap, "127.0.0.1:"), wiretest.Teacher, password)
	s.write("people", list.String())
}

func (s *site) write(name, text string) {
	s.Helper()
	if err := os.WriteFile(filepath.Join(s.dir, name), []byte(text), 0o644); err != nil {
		s.Fatal(err)
	}
}

// cut runs a Cutter on the site's sessions.
func (s *site) cut(m *metric.Set) *dovecot.Cutter {
	s.Helper()
	c, err := dovecot.NewCutter(&config.Dovecot{URL: "http://" + s.admin + "/doveadm/v1", KeyFile: s.key}, s.Desk.Local("dovecot"), m, s.Log)
	if err != nil {
		s.Fatal(err)
	}
	done := make(chan struct{})
	go func() { defer close(done); c.Run(s.Context()) }()
	s.Cleanup(func() { <-done })
	return c
}

// A gate is Écluse as Dovecot reaches it, which can be killed, or hang.
type gate struct {
	*httptest.Server
	hung   atomic.Bool
	leaked atomic.Pointer[string] // a question that tells more than it must
}

// sparing are the questions that tell nothing but who and what for.
var sparing = regexp.MustCompile(`^(login=[^&]*&service=[^&]*|\{("(login|protocol)":"[^"]*",|"\w+":"",)+"tls":(true|false)\})$`)

func newGate(w *wiretest.World) *gate {
	mux := http.NewServeMux()
	dovecot.New(w.Desk, &config.Dovecot{Domains: []string{"college.example"}}, metric.New(), w.Log).Routes(mux)
	g := &gate{}
	g.Server = httptest.NewServer(http.HandlerFunc(func(out http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(r.Body)
		if text := string(body); err == nil && !sparing.MatchString(text) {
			g.leaked.Store(&text)
		}
		if g.hung.Load() {
			<-r.Context().Done()
			return
		}
		r.Body = io.NopCloser(bytes.NewReader(body))
		mux.ServeHTTP(out, r)
	}))
	w.Cleanup(func() {
		g.CloseClientConnections()
		g.Close()
		if text := g.leaked.Load(); text != nil {
			w.Errorf("Dovecot sends more than it must: %s", *text)
		}
	})
	return g
}

// URL is where the gate is.
func (g *gate) URL() string { return g.Server.URL }

// A client speaks a protocol of lines.
type client struct {
	*testing.T
	net.Conn
	lines *bufio.Reader
}

func dial(t *testing.T, address string) *client {
	t.Helper()
	conn, err := net.Dial("tcp", address)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { conn.Close() })
	c := &client{t, conn, bufio.NewReader(conn)}
	c.SetDeadline(time.Now().Add(20 * time.Second))
	return c
}

// line reads one line; "" when the server has ended the connection.
func (c *client) line() string {
	text, err := c.lines.ReadString('\n')
	if err != nil {
		return ""
	}
	return strings.TrimRight(text, "\r\n")
}

func (c *client) send(text string) {
	c.Helper()
	if _, err := c.Write([]byte(text + "\r\n")); err != nil {
		c.Fatal(err)
	}
}

// upTo reads until a line begins so, and returns it.
func (c *client) upTo(begins ...string) string {
	c.Helper()
	for {
		text := c.line()
		for _, b := range begins {
			if strings.HasPrefix(text, b) {
				return text
			}
		}
		if text == "" {
			c.Fatalf("the connection ended before %q", begins)
		}
	}
}

// in is the site for a test within its test.
func (s *site) in(t *testing.T) *site {
	world, copied := *s.World, *s
	world.T, copied.World = t, &world
	return &copied
}

// signIn signs in over IMAP and returns the client and the answer.
func (s *site) signIn(login, password string) (*client, string) {
	s.Helper()
	c := s.says(fmt.Sprintf("LOGIN %s %s", quoted(login), quoted(password)))
	return c, c.told()
}

// says gives a command on a new connection; told is the answer to it. Dovecot lets
// who is refused wait, so tests that are refused much say it all first.
func (s *site) says(command string) *client {
	s.Helper()
	c := dial(s.T, s.imap)
	c.upTo("* OK")
	c.send("a " + command)
	return c
}

func (c *client) told() string {
	c.Helper()
	return strings.TrimPrefix(c.upTo("a "), "a ")
}

func quoted(s string) string {
	return `"` + strings.NewReplacer(`\`, `\\`, `"`, `\"`).Replace(s) + `"`
}

// answer is what somebody with the right password is told.
func (s *site) answer(login string) string {
	s.Helper()
	c, answer := s.signIn(login, password)
	c.Close()
	return answer
}

// opens and refuses hold what somebody is told against what is right.
func (s *site) opens(login string) {
	s.Helper()
	if a := s.answer(login); !strings.HasPrefix(a, "OK") {
		s.Errorf("%s is told %q, want OK", login, a)
	}
}

func (s *site) refuses(login, want string) {
	s.Helper()
	if a := s.answer(login); !strings.HasPrefix(a, "NO "+want) {
		s.Errorf("%s is told %q, want NO %s", login, a, want)
	}
}

// idle opens a mailbox and waits in it for news.
func (s *site) idle(login string) *client {
	s.Helper()
	c := s.says("AUTHENTICATE PLAIN " + plain("", login, password))
	if answer := c.told(); !strings.HasPrefix(answer, "OK") {
		s.Fatalf("%s is told %q, want OK", login, answer)
	}
	c.send("b SELECT INBOX")
	c.upTo("b OK")
	c.send("c IDLE")
	c.upTo("+ ")
	return c
}
