package ejabberd_test

import (
	"bytes"
	"context"
	"fmt"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/ecluse-ecole/ecluse/internal/wire/wiretest"
	"github.com/ecluse-ecole/ecluse/internal/wire/xmpptest"
)

const integration = "../../../integrations/ejabberd"

func TestModule(t *testing.T) {
	t.Parallel()
	ebin := compile(t)
	xmpptest.Suite(t, func(w *wiretest.World, d *xmpptest.Decider) (string, func()) {
		s := start(w, ebin,
			"http://127.0.0.1:8080", "http://"+d.Address,
			"/etc/ejabberd/ecluse.token", token(w),
			"stale_after: 10 ", "most_held: 5\n    stale_after: 3 ")
		return s.xmpp, s.restart
	})
}

// An ejabberd whose module cannot work does not start.
func TestModuleThatCannotWorkCloses(t *testing.T) {
	t.Parallel()
	w := wiretest.New(t, wiretest.Before)
	file := filepath.Join(t.TempDir(), "ecluse.token")
	if err := os.WriteFile(file, []byte("two words"), 0o600); err != nil {
		t.Fatal(err)
	}
	s := configure(w, compile(t), "/etc/ejabberd/ecluse.token", file)
	starting <- struct{}{}
	defer func() { <-starting }()
	ctx, stop := context.WithTimeout(t.Context(), time.Minute)
	defer stop()
	out, err := exec.CommandContext(ctx, "env", s.args...).CombinedOutput()
	if err == nil || ctx.Err() != nil {
		t.Errorf("ejabberd ran:\n%s", out)
	}
}

// token is the file with the token of a new point.
func token(w *wiretest.World) string {
	w.Helper()
	path := filepath.Join(w.TempDir(), "ecluse.token")
	if err := os.WriteFile(path, []byte(w.Point("ejabberd")), 0o600); err != nil {
		w.Fatal(err)
	}
	return path
}

// compile compiles the module as the page of the integration tells.
func compile(t *testing.T) (ebin string) {
	t.Helper()
	ebin = t.TempDir()
	sources, err := filepath.Glob(filepath.Join(integration, "src", "*.erl"))
	if err != nil || len(sources) == 0 {
		t.Fatal("there is no module to compile", err)
	}
	args := append([]string{"-Wall", "-Werror", "-pa", libraries(t) + "/ebin", "-o", ebin}, sources...)
	if out, err := exec.Command(wiretest.Need(t, "erlc"), args...).CombinedOutput(); err != nil {
		t.Fatalf("compiling the module: %v\n%s", err, out)
	}
	return ebin
}

// libraries is where Debian keeps ejabberd.
func libraries(t *testing.T) string {
	t.Helper()
	wiretest.Need(t, "ejabberdctl")
	found, err := filepath.Glob("/usr/lib/*/ejabberd-*/ebin")
	if err != nil || len(found) == 0 {
		t.Fatal("ejabberd's own folder is not where Debian puts it:", err)
	}
	return filepath.Dir(found[0])
}

// A server is an ejabberd.
type server struct {
	xmpp    string   // where clients connect
	api     string   // its own interface
	args    []string // of env
	restart func()
}

// configure prepares an ejabberd without a node name, so that it needs no port
// mapper, with the published configuration; pairs of replace change it further.
func configure(w *wiretest.World, ebin string, replace ...string) *server {
	w.Helper()
	dir := w.TempDir()
	s := &server{xmpp: wiretest.FreeAddress(w.T), api: wiretest.FreeAddress(w.T)}
	wiretest.Config(w.T, filepath.Join(integration, "ejabberd.yml"), filepath.Join(dir, "ejabberd.yml"), append(replace,
		"port: 5222", "port: "+port(s.xmpp), "port: 5281", "port: "+port(s.api),
		"starttls_required: true", "starttls_required: false", "- kick_session\n", "- kick_session\n      - register\n",
		"certfiles:\n  - \"/etc/ejabberd/ejabberd.pem\"\n", "", "loglevel: warning", "loglevel: info")...)
	s.args = []string{
		"EJABBERD_CONFIG_PATH=" + filepath.Join(dir, "ejabberd.yml"), "EJABBERD_LOG_PATH=" + filepath.Join(dir, "ejabberd.log"),
		"ERL_LIBS=" + filepath.Dir(libraries(w.T)), "ERL_CRASH_DUMP=" + filepath.Join(dir, "crash"), "HOME=" + dir,
		wiretest.Need(w.T, "erl"), "-noinput", "+sbwt", "none", "+sbwtdcpu", "none", "+sbwtdio", "none",
		"-pa", ebin, "-mnesia", "dir", fmt.Sprintf("%q", filepath.Join(dir, "db")), "-s", "ejabberd",
	}
	w.Cleanup(func() {
		if w.Failed() {
			log, _ := os.ReadFile(filepath.Join(dir, "ejabberd.log"))
			w.Logf("ejabberd's log:\n%s", log)
		}
	})
	return s
}

// starting is how many may start at once: that is all work, and each has only so
// long for it.
var starting = make(chan struct{}, 2)

// run starts a configured ejabberd and waits until it listens, for clients and for
// commands.
func (s *server) run(t *testing.T) *wiretest.Server {
	t.Helper()
	starting <- struct{}{}
	defer func() { <-starting }()
	running := wiretest.Start(t, s.xmpp, "env", s.args...)
	wiretest.Eventually(t, "ejabberd takes commands", func() bool {
		c, err := net.Dial("tcp", s.api)
		if err != nil {
			return false
		}
		c.Close()
		return true
	})
	return running
}

// start runs an ejabberd.
func start(w *wiretest.World, ebin string, replace ...string) *server {
	w.Helper()
	s := configure(w, ebin, replace...)
	running := s.run(w.T)
	s.restart = func() {
		xmpptest.Stop(w.T, running)
		s.run(w.T)
	}
	for _, login := range xmpptest.People {
		s.call(w.T, "register", fmt.Sprintf(`{"user":%q,"host":%q,"password":%q}`, login, xmpptest.Domain, xmpptest.Password))
	}
	return s
}

func port(address string) string { _, p, _ := strings.Cut(address, ":"); return p }

// call runs one of ejabberd's commands.
func (s *server) call(t *testing.T, command, body string) {
	t.Helper()
	r, err := http.Post("http://"+s.api+"/api/"+command, "application/json", strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	defer r.Body.Close()
	if r.StatusCode != http.StatusOK {
		var text bytes.Buffer
		_, _ = text.ReadFrom(r.Body)
		t.Fatalf("%s: %s %s", command, r.Status, text.String())
	}
}
