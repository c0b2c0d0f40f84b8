package config

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestSample(t *testing.T) {
	c, err := Parse([]byte(Sample))
	if err != nil {
		t.Fatal(err)
	}
	if c != Default() {
		t.Errorf("the sample is %+v, the default %+v: they must say the same", c, Default())
	}
}

// TestNothingSaid: every key may be left out, all of them too.
func TestNothingSaid(t *testing.T) {
	for _, text := range []string{"", "# later\n", "---\n"} {
		if c, err := Parse([]byte(text)); err != nil || c != Default() {
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
	refuse("proxied: perhaps", "[1:10] Proxied cannot be a string: want a bool")
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
}
