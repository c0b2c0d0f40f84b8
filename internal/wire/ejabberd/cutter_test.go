package ejabberd_test

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/ecluse-ecole/ecluse/internal/config"
	"github.com/ecluse-ecole/ecluse/internal/enforce"
	"github.com/ecluse-ecole/ecluse/internal/metric"
	"github.com/ecluse-ecole/ecluse/internal/wire/ejabberd"
	"github.com/ecluse-ecole/ecluse/internal/wire/wiretest"
	"github.com/ecluse-ecole/ecluse/internal/wire/xmpptest"
)

// withoutModule takes the module out of the published configuration.
const withoutModule = `  mod_ecluse:
    url: "http://127.0.0.1:8080"           # where ` + "`ecluse serve`" + ` listens
    token_file: "/etc/ejabberd/ecluse.token" # from: ecluse point add
    stale_after: 10                         # seconds of silence, then everybody is closed
`

func TestCutter(t *testing.T) {
	t.Parallel()
	w := wiretest.New(t, wiretest.Noon, wiretest.Letter)
	s := start(w, "", withoutModule, "")
	d := &toggled{Decider: w.Desk.Local("ejabberd")}
	c, err := ejabberd.NewCutter(&config.Ejabberd{URL: "http://" + s.api + "/api", Host: xmpptest.Domain}, d, metric.New(), w.Log)
	if err != nil {
		t.Fatal(err)
	}
	ctx, stop := context.WithCancel(t.Context())
	done := make(chan struct{})
	go func() { defer close(done); c.Run(ctx) }()
	defer func() { stop(); <-done }()

	var sessions []*xmpptest.Client
	for range 20 { // the people of a school, or some with many devices
		for _, login := range []string{wiretest.Staff, wiretest.Teacher, wiretest.Head} {
			sessions = append(sessions, in(t, s, login))
		}
	}
	escaped := in(t, s, xmpptest.Escaped)

	t.Run("who signs in while closed is cut", func(t *testing.T) { ended(t, in(t, s, wiretest.Pupil)) })
	t.Run("the closing second", func(t *testing.T) {
		for _, c := range sessions {
			c.Alive()
		}
		began := time.Now()
		w.At("2024-04-02T19:00")
		for _, c := range append(sessions, escaped) {
			ended(t, c)
		}
		if took := time.Since(began); took > time.Second {
			t.Errorf("cutting %d sessions took %v", len(sessions), took)
		} else {
			t.Logf("cut %d sessions in %v", len(sessions), took)
		}
	})
	t.Run("reopening", func(t *testing.T) {
		w.At("2024-04-03T07:00")
		wiretest.Eventually(t, "a session lives while another is cut", func() bool {
			lives := in(t, s, wiretest.Staff)
			ended(t, in(t, s, wiretest.Pupil))
			return lives.Ended() == nil
		})
	})
	t.Run("nothing can be decided", func(t *testing.T) {
		c := in(t, s, wiretest.Staff)
		c.Alive()
		d.set(true)
		ended(t, c)
		d.set(false)
	})
}

// in signs somebody in.
func in(t *testing.T, s *server, login string) *xmpptest.Client {
	t.Helper()
	c, err := xmpptest.Dial(t, s.xmpp, login, "")
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// ended wants a session that ends with the notice in both languages.
func ended(t *testing.T, c *xmpptest.Client) {
	t.Helper()
	wiretest.Eventually(t, c.JID+" is cut", func() bool { return c.Ended() != nil })
	var e *xmpptest.StreamError
	if !errors.As(c.Ended(), &e) || !strings.Contains(e.Child("text").Text, "\n") {
		t.Errorf("%s was cut without the notice: %v", c.JID, c.Ended())
	}
}

func TestCutterWithoutEjabberd(t *testing.T) {
	w := wiretest.New(t, wiretest.Noon, wiretest.Letter)
	c, err := ejabberd.NewCutter(&config.Ejabberd{URL: "http://" + wiretest.FreeAddress(t) + "/api"}, w.Desk.Local("ejabberd"), nil, w.Log)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := c.Live(t.Context()); err == nil || !strings.Contains(err.Error(), "listing ejabberd's sessions") {
		t.Errorf("no ejabberd: %v", err)
	}
}

func TestNewCutterRefuses(t *testing.T) {
	dir := t.TempDir()
	two := filepath.Join(dir, "two")
	if err := os.WriteFile(two, []byte("one two\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	for want, cfg := range map[string]config.Ejabberd{
		"gate.ejabberd.url":                {URL: "127.0.0.1:5281"},
		"reading gate.ejabberd.token_file": {URL: "http://127.0.0.1:5281/api", TokenFile: filepath.Join(dir, "none")},
		"must hold one token":              {URL: "http://127.0.0.1:5281/api", TokenFile: two},
	} {
		if _, err := ejabberd.NewCutter(&cfg, nil, nil, nil); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%+v: %v, want %q", cfg, err, want)
		}
	}
}

var _ enforce.Connections = (*ejabberd.Cutter)(nil)
