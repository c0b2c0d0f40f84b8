package notify_test

import (
	"net"
	"os"
	"os/exec"
	"os/user"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/ecluse-ecole/ecluse/internal/notify"
	"github.com/ecluse-ecole/ecluse/internal/notify/notifytest"
)

// relayCf is a Postfix that takes letters over TLS and passes them on.
const relayCf = `compatibility_level = 3.6
queue_directory = DIR/queue
data_directory = DIR/data
command_directory = /usr/sbin
daemon_directory = /usr/lib/postfix/sbin
maillog_file = DIR/log
maillog_file_prefixes = DIR
inet_interfaces = 127.0.0.1
inet_protocols = ipv4
myhostname = relay.academie.example
mydestination =
alias_maps =
mynetworks = 127.0.0.0/8
smtpd_relay_restrictions = permit_mynetworks, reject
smtpd_recipient_restrictions = check_recipient_access inline:{{gone@college.example=550 5.1.1 no such user} {later@college.example=451 4.7.1 later}}
smtpd_tls_security_level = encrypt
smtpd_tls_cert_file = DIR/tls.pem
smtpd_tls_key_file = DIR/tls.pem
relayhost = NEXT
`

const masterCf = `PORT inet n - n - - smtpd
cleanup unix n - n - 0 cleanup
qmgr unix n - n 300 1 qmgr
rewrite unix - - n - - trivial-rewrite
bounce unix - - n - 0 bounce
defer unix - - n - 0 bounce
trace unix - - n - 0 bounce
tlsmgr unix - - n 1000? 1 tlsmgr
smtp unix - - n - - smtp
error unix - - n - - error
retry unix - - n - - error
anvil unix - - n - 1 anvil
scache unix - - n - 1 scache
proxymap unix - - n - - proxymap
postlog unix-dgram n - n - 1 postlogd
`

// TestPostfix hands letters to a real Postfix, which passes them on.
func TestPostfix(t *testing.T) {
	next := notifytest.Start(t, true)
	relay := startPostfix(t, next)
	line, err := relay.Dial(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	defer line.Close()
	for to, want := range map[string]bool{"gone@college.example": true, "later@college.example": false} {
		l := letter
		l.To = to
		if refused, is := line.Send(l).(*notify.Refusal); !is || refused.Final() != want {
			t.Errorf("%s: %v", to, refused)
		}
	}
	if err := line.Send(letter); err != nil {
		t.Fatal(err)
	}
	eventually(t, "the letter arrives", func() bool { return len(next.To(letter.To)) == 1 })
	got := next.To(letter.To)[0]
	if got.Subject() != letter.Subject || got.Header.Get("Message-Id") != "<12.ab@academie.example>" || got.From != "ecluse@academie.example" {
		t.Errorf("it arrives as\n%s", got.Raw)
	}
}

// startPostfix runs one until the test ends, or leaves the test out.
func startPostfix(t *testing.T, next *notifytest.Relay) notify.Relay {
	t.Helper()
	program, err := exec.LookPath("/usr/sbin/postfix")
	owner, unknown := user.Lookup("postfix")
	if err != nil || unknown != nil || os.Getuid() != 0 {
		if os.Getenv("CI") == "true" {
			t.Fatal("postfix, run as root, is needed; in CI no suite may be left out")
		}
		t.Skip("postfix is not installed, or this is not root")
	}
	dir := t.TempDir()
	uid, err := strconv.Atoi(owner.Uid)
	must(t, err)
	for _, name := range []string{"etc", "queue", "data"} {
		must(t, os.Mkdir(filepath.Join(dir, name), 0o755))
	}
	must(t, os.Chown(filepath.Join(dir, "data"), uid, -1))
	must(t, os.Chmod(filepath.Dir(dir), 0o755))
	settings := next.Settings()
	must(t, os.WriteFile(filepath.Join(dir, "tls.pem"), next.Certificate(), 0o600))
	settings.Port = freePort(t)
	port := strconv.Itoa(settings.Port)
	fill := strings.NewReplacer("DIR", dir, "PORT", "127.0.0.1:"+port, "NEXT", "[127.0.0.1]:"+next.Port())
	must(t, os.WriteFile(filepath.Join(dir, "etc/main.cf"), []byte(fill.Replace(relayCf)), 0o644))
	must(t, os.WriteFile(filepath.Join(dir, "etc/master.cf"), []byte(fill.Replace(masterCf)), 0o644))
	cmd := exec.Command(program, "-c", filepath.Join(dir, "etc"), "start-fg")
	must(t, cmd.Start())
	t.Cleanup(func() { stopPostfix(t, dir, cmd) })
	eventually(t, "Postfix listens", func() bool {
		c, err := net.Dial("tcp", "127.0.0.1:"+port)
		if err == nil {
			c.Close()
		}
		return err == nil
	})
	return settings
}

func stopPostfix(t *testing.T, dir string, cmd *exec.Cmd) {
	if t.Failed() {
		log, _ := os.ReadFile(filepath.Join(dir, "log"))
		t.Logf("Postfix said:\n%s", log)
	}
	text, err := os.ReadFile(filepath.Join(dir, "queue/pid/master.pid"))
	if pid, no := strconv.Atoi(strings.TrimSpace(string(text))); err == nil && no == nil {
		syscall.Kill(pid, syscall.SIGTERM)
	}
	cmd.Wait()
}

func freePort(t *testing.T) int {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	must(t, err)
	defer l.Close()
	return l.Addr().(*net.TCPAddr).Port
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// eventually waits until something holds, half a minute at most.
func eventually(t *testing.T, what string, holds func() bool) {
	t.Helper()
	for end := time.Now().Add(30 * time.Second); !holds(); time.Sleep(20 * time.Millisecond) {
		if time.Now().After(end) {
			t.Fatalf("half a minute, and not yet: %s", what)
		}
	}
}
