package postfix_test

import (
	"bytes"
	"fmt"
	"net"
	"net/textproto"
	"os"
	"os/exec"
	"os/user"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/ecluse-ecole/ecluse/internal/config"
	"github.com/ecluse-ecole/ecluse/internal/wire/wiretest"
)

// An mta is a Postfix of its own, with the published lines in its configuration.
// Mail to college.example goes to inbox, all other to outbox.
type mta struct {
	*testing.T
	*wiretest.Server
	etc           string
	port, submit  string // addresses
	policy        string // where it asks
	inbox, outbox *sink
}

const integration = "../../../integrations/postfix/"

// base is what an installation has before Écluse.
const base = `compatibility_level = 3.6
queue_directory = DIR/queue
data_directory = DIR/data
command_directory = /usr/sbin
daemon_directory = /usr/lib/postfix/sbin
maillog_file = DIR/log
maillog_file_prefixes = DIR
inet_interfaces = 127.0.0.1
inet_protocols = ipv4
myhostname = mail.college.example
mydestination =
alias_maps =
biff = no
max_use = 1
mynetworks = 127.0.0.0/8 192.0.2.7
smtpd_relay_restrictions = permit_mynetworks, permit_sasl_authenticated, reject_unauth_destination
recipient_delimiter = +
virtual_mailbox_domains = college.example
virtual_mailbox_maps = inline:{PEOPLE}
virtual_transport = lmtp:inet:INBOX
virtual_alias_maps = inline:{
  {class@college.example=pupil1@college.example,teacher1@college.example} {postmaster@college.example=head1@college.example}}
relayhost = OUTBOX
smtpd_authorized_xclient_hosts = 127.0.0.1
smtpd_tls_cert_file = DIR/tls.pem
smtpd_tls_key_file = DIR/tls.pem
smtpd_sasl_type = dovecot
smtpd_sasl_path = inet:SASL
`

// services are Debian's master.cf without chroot, port 25 being PORT.
const services = `PORT inet n - n - - smtpd
pickup unix n - n 60 1 pickup
cleanup unix n - n - 0 cleanup
qmgr unix n - n 300 1 qmgr
rewrite unix - - n - - trivial-rewrite
bounce unix - - n - 0 bounce
defer unix - - n - 0 bounce
trace unix - - n - 0 bounce
verify unix - - n - 1 verify
flush unix n - n 1000? 0 flush
proxymap unix - - n - - proxymap
tlsmgr unix - - n 1000? 1 tlsmgr
smtp unix - - n - - smtp
relay unix - - n - - smtp
showq unix n - n - - showq
error unix - - n - - error
retry unix - - n - - error
lmtp unix - - n - - lmtp
anvil unix - - n - 1 anvil
scache unix - - n - 1 scache
postlog unix-dgram n - n - 1 postlogd
`

// startMTA starts Postfix with main.cf.ecluse, master.cf.ecluse and further
// published files.
func startMTA(t *testing.T, more ...string) *mta {
	t.Helper()
	wiretest.Need(t, "postfix")
	wiretest.Need(t, "postsuper")
	dir := t.TempDir()
	m := &mta{T: t, etc: filepath.Join(dir, "etc"), port: wiretest.FreeAddress(t), submit: wiretest.FreeAddress(t),
		policy: wiretest.FreeAddress(t), inbox: listen(t, true), outbox: listen(t, false)}
	folders(t, dir)
	certificate(t, filepath.Join(dir, "tls.pem"))
	people := ""
	for _, login := range []string{wiretest.Pupil, wiretest.Pupil2, wiretest.Guardian, wiretest.Teacher, wiretest.Staff, wiretest.Head, "secretariat", "stranger"} {
		people += "{" + login + "@college.example=x} "
	}
	main := strings.NewReplacer("DIR", dir, "PEOPLE", people, "INBOX", m.inbox.address, "OUTBOX", bracketed(m.outbox.address), "SASL", signIn(t)).Replace(base)
	master := strings.Replace(services, "PORT", m.port, 1)
	hop := wiretest.FreeAddress(t)
	for _, name := range append([]string{"main.cf.ecluse", "master.cf.ecluse"}, more...) {
		text, err := os.ReadFile(integration + name)
		if err != nil {
			t.Fatal(err)
		}
		replaced := strings.NewReplacer("127.0.0.1:10031", m.policy, "submission inet", m.submit+" inet",
			"[127.0.0.1]:10032", bracketed(hop), "127.0.0.1:10032", hop, "       y  ", "       n  ").Replace(string(text))
		if strings.HasPrefix(name, "main") {
			main = instead(main, replaced)
		} else {
			master += replaced
		}
	}
	write(t, filepath.Join(m.etc, "main.cf"), main)
	write(t, filepath.Join(m.etc, "master.cf"), master)
	end := func() { stop(t, filepath.Join(dir, "queue/pid/master.pid")) }
	t.Cleanup(end) // where it does not start
	t.Cleanup(func() {
		if t.Failed() {
			t.Logf("Postfix said:\n%s", m.log())
		}
	})
	m.Server = wiretest.Start(t, m.port, "postfix", "-c", m.etc, "start-fg")
	t.Cleanup(end)
	return m
}

// log is what Postfix has said.
func (m *mta) log() string {
	text, err := os.ReadFile(filepath.Join(m.etc, "../log"))
	if err != nil {
		return err.Error()
	}
	return string(text)
}

// stop ends Postfix, which leaves the process group in which it was started.
func stop(t *testing.T, file string) {
	text, err := os.ReadFile(file)
	if err != nil {
		return
	}
	pid, err := strconv.Atoi(strings.TrimSpace(string(text)))
	if err != nil || syscall.Kill(pid, syscall.SIGTERM) != nil {
		return
	}
	wiretest.Eventually(t, "Postfix ends", func() bool { return syscall.Kill(pid, 0) != nil })
}

// instead adds lines to a configuration and takes out those that they replace.
func instead(text, more string) string {
	for line := range strings.Lines(more) {
		if name, _, is := strings.Cut(line, " ="); is && !strings.HasPrefix(line, "#") {
			text = regexp.MustCompile(`(?m)^`+regexp.QuoteMeta(name)+" =.*\n").ReplaceAllString(text, "")
		}
	}
	return text + more
}

// folders makes those that Postfix wants, reachable for its own user.
func folders(t *testing.T, dir string) {
	t.Helper()
	owner, err := user.Lookup("postfix")
	if err != nil {
		t.Fatal(err)
	}
	uid, err := strconv.Atoi(owner.Uid)
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"etc", "queue", "data"} {
		if err := os.Mkdir(filepath.Join(dir, name), 0o755); err != nil {
			t.Fatal(err)
		}
	}
	for _, err := range []error{os.Chown(filepath.Join(dir, "data"), uid, -1), os.Chmod(filepath.Dir(dir), 0o755)} {
		if err != nil {
			t.Fatal(err)
		}
	}
}

func write(t *testing.T, path, text string) {
	t.Helper()
	if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
}

// bracketed is an address as Postfix writes a next hop without MX records.
func bracketed(address string) string {
	host, port, _ := net.SplitHostPort(address)
	return "[" + host + "]:" + port
}

// settings are the published ones for this Postfix.
func (m *mta) settings(t *testing.T) *config.Postfix {
	t.Helper()
	path := filepath.Join(t.TempDir(), "ecluse.yaml")
	wiretest.Config(t, integration+"ecluse.yaml", path, "127.0.0.1:10031", m.policy,
		"/var/lib/ecluse/postfix-held", filepath.Join(t.TempDir(), "held"),
		"[postsuper]", "[postsuper, -c, "+m.etc+"]", "[postqueue]", "[postqueue, -c, "+m.etc+"]")
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	text = append([]byte("gate:\n  "), bytes.ReplaceAll(text, []byte("\n"), []byte("\n  "))...)
	c, err := config.Parse(text)
	if err != nil {
		t.Fatal(err)
	}
	return c.Gate.Postfix
}

// held are the queue names on hold.
func (m *mta) held() []string {
	m.Helper()
	text, err := exec.Command("postqueue", "-c", m.etc, "-j").Output()
	if err != nil {
		m.Fatal(err)
	}
	var names []string
	for line := range bytes.Lines(text) {
		if bytes.Contains(line, []byte(`"queue_name": "hold"`)) {
			_, rest, _ := bytes.Cut(line, []byte(`"queue_id": "`))
			name, _, _ := bytes.Cut(rest, []byte(`"`))
			names = append(names, string(name))
		}
	}
	return names
}

// A session is an SMTP session of a test.
type session struct {
	*testing.T
	*textproto.Conn
}

// session connects, signed in as somebody ("" for nobody), from one and the same
// address of the world.
func (m *mta) session(t *testing.T, login string) *session {
	t.Helper()
	c, err := net.Dial("tcp", m.port)
	if err != nil {
		t.Fatal(err)
	}
	c.SetDeadline(time.Now().Add(20 * time.Second))
	s := &session{t, textproto.NewConn(c)}
	t.Cleanup(func() { s.Close() })
	s.wants("220 ")
	s.says("EHLO client.example", "250 ")
	if login == "" {
		login = "[UNAVAILABLE]"
	}
	s.says("XCLIENT ADDR=192.0.2.7 LOGIN="+login, "220 ")
	s.says("EHLO client.example", "250 ")
	return s
}

// says sends a line and wants a reply that begins so; it returns the reply.
func (s *session) says(line, want string) string {
	s.Helper()
	if err := s.PrintfLine("%s", line); err != nil {
		s.Fatal(err)
	}
	return s.wants(want)
}

func (s *session) wants(want string) string {
	s.Helper()
	code, text, err := s.ReadResponse(0)
	if code == 0 {
		s.Fatal(err)
	}
	reply := fmt.Sprintf("%d %s", code, text)
	if !strings.HasPrefix(reply, want) {
		s.Errorf("%q, want %q", reply, want)
	}
	return reply
}

// mail begins a message to somebody and wants this reply to the recipient.
func (s *session) mail(from, to, want string) string {
	s.Helper()
	s.says("MAIL FROM:<"+from+">", "250 ")
	return s.says("RCPT TO:<"+to+">", want)
}

// data sends the text and wants this reply to its end.
func (s *session) data(want string) string {
	s.Helper()
	s.says("DATA", "354 ")
	return s.says("Subject: essai\r\n\r\nBonjour.\r\n.", want)
}

// forget empties the queue and the sinks.
func (m *mta) forget() {
	m.Helper()
	wiretest.Eventually(m.T, "the queue is emptied", func() bool { // not while the server that logs begins
		return exec.Command("postsuper", "-c", m.etc, "-d", "ALL").Run() == nil
	})
	for _, s := range []*sink{m.inbox, m.outbox} {
		s.mu.Lock()
		s.got = nil
		s.mu.Unlock()
	}
}
