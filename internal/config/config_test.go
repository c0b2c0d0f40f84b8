package config

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestSample(t *testing.T) {
	c, err := Parse([]byte(Sample))
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(Default(), c); diff != "" {
		t.Errorf("the sample and the default must say the same: %s", diff)
	}
}

func TestProxySample(t *testing.T) {
	p, err := ParseProxy([]byte(ProxySample))
	if err != nil {
		t.Fatal(err)
	}
	p.Listen, p.Backend, p.Routes = "", "", []Route{}
	if diff := cmp.Diff(DefaultProxy(), p); diff != "" {
		t.Errorf("but for where it stands, the sample and the default must say the same: %s", diff)
	}
}

func TestProxyRefused(t *testing.T) {
	refuse := func(text, want string) {
		t.Helper()
		if _, err := ParseProxy([]byte(text)); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("ParseProxy(%q) = %v, want an error with %q", text, err, want)
		}
	}
	refuse("", "nothing to run")
	refuse("listen: :80", "listen and backend go together")
	refuse("lissen: :80", "[1:1]")
	refuse("{listen: a, backend: b, envoy: ':9191'}", "envoy is answered by")
	refuse("{listen: a, backend: b, limits: {per_person: -1}}", "below zero")
	refuse("{listen: a, backend: b, unmatched: shut}", "want open or messaging")
	refuse("{listen: a, backend: b, identity: {cas: {url: a, service: b}}}", "needs identity.cookie")
	refuse("{listen: a, backend: b, sign: {issuer: a}}", "ecluse serve")
	refuse("{listen: a, backend: b, decisions: {url: ''}}", "decisions needs url and token_file")
	refuse("{listen: a, backend: b, decisions: {stale_after: 10ms}}", "a second or more")
	refuse("{listen: a, backend: b, limits: {per_person: -1}}", "below zero")
	refuse("{listen: a, backend: b, tls: {key: k}}", "both certificate and key")
}

// TestNothingSaid: every key may be left out, all of them too.
func TestNothingSaid(t *testing.T) {
	for _, text := range []string{"", "# later\n", "---\n"} {
		if c, err := Parse([]byte(text)); err != nil || !cmp.Equal(c, Default()) {
			t.Errorf("Parse(%q) = %+v, %v", text, c, err)
		}
	}
}

func TestRefused(t *testing.T) {
	refuse := func(text, want string) {
		t.Helper()
		if _, err := Parse([]byte(text)); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("Parse(%q) = %v, want an error with %q", text, err, want)
		}
	}
	refuse("lisen: 127.0.0.1:80", "[1:1]")
	refuse("log: info\nlog: warn", "[2:1]")
	refuse("log: loud", "want debug")
	refuse("database: ''", "database is empty")
	refuse("listen: ''", "listen is empty")
	refuse("tls: {certificate: a.pem}", "both certificate and key")
	refuse("listen: [1]", "[1:9] Listen cannot be a list: want a string")
	refuse("gate: {signals: [{name: a}]}", "signals need sign")
	refuse("proxied: perhaps", "[1:10] Proxied cannot be a string: want a bool")
}

// TestIdentity: the header is believed unless the file names another way, and
// then only if it names the header too.
func TestIdentity(t *testing.T) {
	header := func(text, want string) {
		t.Helper()
		c, err := Parse([]byte(text))
		if err != nil || c.Gate.Identity.Header != want {
			t.Errorf("Parse(%q) believes the header %q, want %q (%v)", text, c.Gate.Identity.Header, want, err)
		}
	}
	header("log: info", "X-Ecluse-User")
	header("gate: {unmatched: open}", "X-Ecluse-User")
	header("gate: {identity: {header: Remote-User}}", "Remote-User")
	header("gate: {identity: {cookie: {name: a, key_file: b}}}", "")
	header("gate: {identity: {header: Remote-User, cookie: {name: a, key_file: b}}}", "Remote-User")
}

func TestLoad(t *testing.T) {
	file := filepath.Join(t.TempDir(), "ecluse.yaml")
	if _, err := Load(file); err == nil || !strings.Contains(err.Error(), "config sample") {
		t.Errorf("a missing file: %v", err)
	}
	os.WriteFile(file, []byte("tls: {certificate: a.pem, key: /etc/b.pem}"), 0o600)
	c, err := Load(file)
	if err != nil {
		t.Fatal(err)
	}
	if want := filepath.Join(filepath.Dir(file), "a.pem"); c.TLS.Certificate != want || c.TLS.Key != "/etc/b.pem" || !c.Secure() {
		t.Errorf("Load = %+v, want the certificate at %s", c, want)
	}
	for text, want := range map[string]string{
		"log: info":                          filepath.Join(filepath.Dir(file), "ecluse.db"),
		"database: data/e.db":                filepath.Join(filepath.Dir(file), "data/e.db"),
		"database: /var/lib/e.db":            "/var/lib/e.db",
		"database: postgres://localhost/a.b": "postgres://localhost/a.b",
	} {
		os.WriteFile(file, []byte(text), 0o600)
		if c, err := Load(file); err != nil || c.Database != want {
			t.Errorf("%s: the database is %s, %v; want %s", text, c.Database, err, want)
		}
	}
}
