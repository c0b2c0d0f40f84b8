package prosody_test

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/ecluse-ecole/ecluse/internal/wire/wiretest"
	"github.com/ecluse-ecole/ecluse/internal/wire/xmpptest"
)

const integration = "../../../integrations/prosody"

func TestProsody(t *testing.T) { t.Parallel(); xmpptest.Suite(t, start) }

// Prosody goes on without a module that does not load: this one loads, and closes.
func TestModuleThatCannotWorkCloses(t *testing.T) {
	t.Parallel()
	w := wiretest.New(t, wiretest.Before)
	address, _ := startWith(w, xmpptest.Decide(w), "two words", absolute(w.T, integration, "."))
	c, err := xmpptest.Dial(t, address, wiretest.Staff, "desk")
	if err == nil {
		c.Sync()
		t.Fatal("somebody has a session")
	}
	xmpptest.CheckCut(t, err)
}

// mornings closes for pupils until one o'clock.
const mornings = `
order: FR/13/079/2024-0010
issuer: FR/13/079
status: actual
type: issue
title: Fermeture du matin
applies: {territory: FR/13/079}
from: 2024-03-29T00:00
rules:
  - {roles: [pupil], hours: "13:00-19:00"}
reason: Des messages menaçants circulent.
contact: {office: Cabinet du DASEN, phone: "05 36 49 00 00"}
`

// stumbling is a module that fails once at one message, as a broken storage would.
const stumbling = `
local stumbled = false;
module:hook("message/bare", function (event)
	if event.stanza:get_child_text("body") == "au milieu" and not stumbled then
		stumbled = true;
		error("it stumbles");
	end
end, 900);
`

// TestWhatCannotBeDelivered: a message that waited and could not be delivered at the
// reopening is not lost, and the others come once.
func TestWhatCannotBeDelivered(t *testing.T) {
	t.Parallel()
	w := wiretest.New(t, wiretest.Noon, mornings)
	dir := t.TempDir()
	write(t, filepath.Join(dir, "mod_stumbling.lua"), stumbling)
	address, _ := startWith(w, xmpptest.Decide(w), w.Point("prosody"), absolute(t, integration, ".")+fmt.Sprintf(", %q", dir),
		`"ecluse"; -- on every VirtualHost`, `"ecluse"; "stumbling";`)
	enter := func(login string) (c *xmpptest.Client) {
		wiretest.Eventually(t, login+" signs in", func() (in bool) {
			var err error
			c, err = xmpptest.Dial(t, address, login, "desk")
			return err == nil
		})
		return c
	}
	staff := enter(wiretest.Staff)
	waiting := []string{"au début", "au milieu", "à la fin"}
	for _, body := range waiting {
		staff.Write("<message type='chat' to='%s@%s'><body>%s</body></message>", wiretest.Pupil, xmpptest.Domain, body)
	}
	staff.Sync()
	w.At("2024-04-02T13:00")
	pupil := enter(wiretest.Pupil)
	pupil.Write("<presence/>")
	for _, body := range waiting {
		pupil.Message(body)
	}
	pupil.Nothing("au ")
	pupil.Nothing("à la")
}

// start runs Prosody with the published configuration and module.
func start(w *wiretest.World, d *xmpptest.Decider) (address string, restart func()) {
	w.Helper()
	return startWith(w, d, w.Point("prosody"), absolute(w.T, integration, "."))
}

// startWith does so with what the file of the token holds and where modules lie;
// pairs of replace change the configuration further.
func startWith(w *wiretest.World, d *xmpptest.Decider, token, modules string, replace ...string) (address string, restart func()) {
	w.Helper()
	program := wiretest.Need(w.T, "prosody")
	dir := w.TempDir()
	address = wiretest.FreeAddress(w.T)
	_, port, _ := strings.Cut(address, ":")
	write(w.T, filepath.Join(dir, "ecluse.token"), token)
	wiretest.Config(w.T, filepath.Join(integration, "prosody.cfg.lua"), filepath.Join(dir, "prosody.cfg.lua"), append(replace,
		`"/usr/local/lib/prosody/modules"`, modules,
		"http://127.0.0.1:8080", "http://"+d.Address,
		"/etc/prosody/ecluse.token", filepath.Join(dir, "ecluse.token"),
		"ecluse_stale_after = 10", "ecluse_most_held = 5; ecluse_stale_after = 3",
		"c2s_ports = { 5222 }", "c2s_ports = { "+port+" }",
		"c2s_require_encryption = true", "c2s_require_encryption = false; allow_unencrypted_plain_auth = true; run_as_root = true",
		`"internal_hashed"`, `"internal_plain"`,
		"/var/lib/prosody", filepath.Join(dir, "data"),
		"/run/prosody/prosody.pid", filepath.Join(dir, "prosody.pid"),
	)...)
	for _, login := range xmpptest.People {
		write(w.T, filepath.Join(dir, "data", "chat%2eexample", "accounts", fileName(login)+".dat"), fmt.Sprintf("return { password = %q; };\n", xmpptest.Password))
	}
	args := []string{"-F", "--config", filepath.Join(dir, "prosody.cfg.lua")}
	running := wiretest.Start(w.T, address, program, args...)
	return address, func() {
		xmpptest.Stop(w.T, running)
		wiretest.Start(w.T, address, program, args...)
	}
}

// fileName is a name as Prosody's storage writes it.
func fileName(name string) string {
	var b strings.Builder
	for _, c := range []byte(name) {
		if c >= 'a' && c <= 'z' || c >= '0' && c <= '9' {
			b.WriteByte(c)
		} else {
			fmt.Fprintf(&b, "%%%02x", c)
		}
	}
	return b.String()
}

func absolute(t *testing.T, parts ...string) string {
	t.Helper()
	path, err := filepath.Abs(filepath.Join(parts...))
	if err != nil {
		t.Fatal(err)
	}
	return fmt.Sprintf("%q", path)
}

func write(t *testing.T, path, text string) {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
}
