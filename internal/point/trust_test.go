package point_test

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/ecluse-ecole/ecluse/internal/enforce"
	"github.com/ecluse-ecole/ecluse/internal/point"
	"github.com/ecluse-ecole/ecluse/internal/wire/wiretest"
)

// TestTheServerSaysThatItIsNotReady as it does when its own database is gone.
func TestTheServerSaysThatItIsNotReady(t *testing.T) {
	s := newStub(t, `{"version":5,"time":"NOW","speed":1,"ready":true}`, opens(5, ""))
	c := run(t, point.Options{URL: s.server.URL, Token: "x", Stale: stale, Log: quiet})
	opensFor(t, c, "a")
	changes := c.Changes(t.Context())
	s.says(`{"version":5,"time":"NOW","speed":1,"ready":false}`, opens(5, ""))
	told(t, changes, "not being ready", func() bool { return !allows(c, "a") })
	s.says(`{"version":5,"time":"NOW","speed":1,"ready":true}`, opens(5, ""))
	told(t, changes, "being ready", func() bool { return allows(c, "a") })
}

// opens is an answer of a stub: all open, by a version, until an instant.
func opens(version int, until string) string {
	if until == "" {
		until = "null"
	}
	return fmt.Sprintf(`{"decision":true,"context":{"access":"write","until":%s,"reopens":null,"orders":[],"snapshot":%d}}`, until, version)
}

func allows(c *point.Client, login string) bool {
	return c.Ask(context.Background(), enforce.Question{Login: login}).Allows(enforce.SendMessage)
}

func opensFor(t *testing.T, c *point.Client, login string) {
	t.Helper()
	wiretest.Eventually(t, "it opens", func() bool { return allows(c, login) })
}

// TestOldWordsAreNotBelieved: what was said before an order cannot be played back.
func TestOldWordsAreNotBelieved(t *testing.T) {
	s := newStub(t, `{"version":5,"time":"NOW","speed":1,"ready":true}`, opens(5, ""))
	c := run(t, point.Options{URL: s.server.URL, Token: "x", Stale: stale, Log: quiet})
	opensFor(t, c, "a")
	s.says(`{"version":5,"time":"NOW","speed":1,"ready":true}`, opens(4, ""))
	if allows(c, "b") {
		t.Error("an answer by older orders opens")
	}
	changes := c.Changes(t.Context())
	s.says(`{"version":4,"time":"NOW","speed":1,"ready":true}`, opens(5, ""))
	told(t, changes, "being told of older orders", func() bool { return c.Ready() != nil })
	s.says(`{"version":5,"time":"NOW","speed":1,"ready":true}`, opens(5, ""))
	told(t, changes, "the present orders", func() bool { return c.Ready() == nil })
	s.says(`{"version":5,"time":"2024-04-02T12:00:00Z","speed":1,"ready":true}`, opens(5, ""))
	told(t, changes, "being told of an earlier time", func() bool { return c.Ready() != nil })
	s.says(`{"version":5,"time":"NOW","speed":1,"ready":true}`, opens(7, ""))
	told(t, changes, "an answer by newer orders", func() bool { return allows(c, "a") && c.Version() == 7 })
}

// TestAnAnswerEndsByTheServersClock, which is an hour ahead, and by our own timer:
// the server says nothing of it.
func TestAnAnswerEndsByTheServersClock(t *testing.T) {
	s := newStub(t, `{"version":5,"time":"NOW","speed":1,"ready":true}`, opens(5, ""))
	c := run(t, point.Options{URL: s.server.URL, Token: "x", Stale: stale, Log: quiet})
	opensFor(t, c, "warm")
	if off := c.Offset() + time.Hour; off > time.Second || off < -time.Second {
		t.Errorf("the clock is off by %v, want an hour behind", c.Offset())
	}
	changes := c.Changes(t.Context())
	end := time.Now().Add(time.Hour + 500*time.Millisecond)
	s.says(`{"version":5,"time":"NOW","speed":1,"ready":true}`, opens(5, end.Format(`"`+time.RFC3339Nano+`"`)))
	if !allows(c, "a") {
		t.Fatal("it does not open")
	}
	if wait := c.Wait(end); wait <= 0 || wait > 600*time.Millisecond {
		t.Errorf("%v to wait", wait)
	}
	s.says(`{"version":5,"time":"NOW","speed":1,"ready":true}`, `{"decision":false,"context":{"access":"closed","until":null,"orders":[],"snapshot":5}}`)
	if !allows(c, "a") {
		t.Error("the answer is not kept until its end")
	}
	told(t, changes, "the end of the answer", func() bool { return !allows(c, "a") })
	if early := time.Until(end.Add(-time.Hour)); early > 20*time.Millisecond {
		t.Errorf("it closed %v early", early)
	}
}

// TestNonsenseIsClosed whatever the server says.
func TestNonsenseIsClosed(t *testing.T) {
	for name, answer := range map[string]string{
		"no JSON":            `x`,
		"no context":         `{"decision":true}`,
		"no decision":        strings.Replace(opens(5, ""), `"decision":true,`, "", 1),
		"no access":          `{"decision":true,"context":{"snapshot":5}}`,
		"contradiction":      `{"decision":true,"context":{"access":"closed","snapshot":5}}`,
		"other way around":   strings.Replace(opens(5, ""), "true", "false", 1),
		"an unknown access":  strings.Replace(opens(5, ""), "write", "rule", 1),
		"an odd instant":     opens(5, `"tomorrow"`),
		"one answer too few": ``,
		"too many":           opens(5, "") + "," + opens(5, ""),
	} {
		t.Run(name, func(t *testing.T) {
			s := newStub(t, `{"version":5,"time":"NOW","speed":1,"ready":true}`, opens(5, ""))
			c := run(t, point.Options{URL: s.server.URL, Token: "x", Stale: stale, Log: quiet})
			opensFor(t, c, "warm")
			s.says(`{"version":5,"time":"NOW","speed":1,"ready":true}`, answer)
			if allows(c, "a") {
				t.Errorf("%s opens", answer)
			}
		})
	}
	for _, moment := range []string{`x`, `{}`, `{"version":5,"time":"NOW","speed":0,"ready":true}`, "{\"version\":5,\ndata: \"ready\":true}"} {
		s := newStub(t, moment, opens(5, ""))
		c := run(t, point.Options{URL: s.server.URL, Token: "x", Stale: stale, Log: quiet})
		wiretest.Eventually(t, "the client begins again", func() bool { return s.streams.Load() > 1 })
		if c.Ready() == nil || allows(c, "a") {
			t.Errorf("the word %s is believed", moment)
		}
	}
}
