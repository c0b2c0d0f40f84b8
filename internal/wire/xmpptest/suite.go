package xmpptest

import (
	"fmt"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/ecluse-ecole/ecluse/internal/wire/wiretest"
)

// People have accounts on the chat server. Ghost is nobody that Écluse knows.
var People = []string{
	wiretest.Pupil, wiretest.Pupil2, wiretest.Guardian, wiretest.Teacher,
	wiretest.Nadia, wiretest.Staff, wiretest.Head, Ghost, Escaped,
}

// Ghost has an account on the chat server and is unknown to Écluse; Escaped is
// the teacher's other name, as an address writes it (XEP-0106).
const (
	Ghost   = "ghost"
	Escaped = `teacher1\40college.example`
)

// A Start starts a chat server that asks the decision point and returns where
// clients connect, and how it is started anew. Everybody of People has an account
// with Password; Écluse's silence is borne for three seconds, and five messages may
// wait for an account.
type Start func(w *wiretest.World, d *Decider) (address string, restart func())

// Suite is what every chat server under Écluse must do. Its scenes wait more than
// they work, so that all of them run at once, whatever -parallel says.
func Suite(t *testing.T, start Start) {
	var scenes sync.WaitGroup
	defer scenes.Wait()
	for name, run := range map[string]func(*scene){
		"Day": day, "Night": night, "Killed": killed, "Hung": hung,
	} {
		scenes.Go(func() { t.Run(name, func(t *testing.T) { play(t, start, name, run) }) })
	}
}

// play runs one scene on a server of its own.
func play(t *testing.T, start Start, name string, run func(*scene)) {
	order := wiretest.Letter
	if name == "Night" {
		order = nightOrder
	}
	w := wiretest.New(t, wiretest.Noon, order)
	s := &scene{World: w, point: Decide(w)}
	s.address, s.restart = start(w, s.point)
	s.back(wiretest.Staff).Close() // it has heard of Écluse
	run(s)
	if !s.point.Asked(wiretest.Staff) || s.point.Asked(invented) {
		t.Errorf("asked about %s: %v; about a name that nobody has: %v", wiretest.Staff, s.point.Asked(wiretest.Staff), s.point.Asked(invented))
	}
}

// Stop asks a server to end and waits until it has.
func Stop(t *testing.T, s *wiretest.Server) {
	t.Helper()
	if err := s.Process.Signal(syscall.SIGTERM); err != nil {
		t.Fatal(err)
	}
	wiretest.Eventually(t, "the server ends", func() bool { return s.Process.Signal(syscall.Signal(0)) != nil })
}

// A scene is a chat server in a world.
type scene struct {
	*wiretest.World
	point   *Decider
	address string
	restart func()
}

// in signs somebody in and makes them available.
func (s *scene) in(login, resource string) *Client {
	s.Helper()
	c, err := Dial(s.T, s.address, login, resource)
	if err != nil {
		s.Fatal(err)
	}
	c.Write("<presence/>")
	c.Sync()
	return c
}

// outside wants that somebody gets no session.
func (s *scene) outside(login string) {
	s.Helper()
	c, err := Dial(s.T, s.address, login, "out")
	if err == nil {
		c.Sync()
		s.Fatalf("%s has a session", login)
	}
	CheckCut(s.T, err)
}

// say is a chat message with %s in the place of its id.
func say(to, body string) string {
	return fmt.Sprintf("<message type='chat' to='%s' id='%%s'><body>%s</body></message>", at(to), body)
}

// at is somebody's address.
func at(login string) string {
	if strings.Contains(login, "@") || login == Domain {
		return login
	}
	return login + "@" + Domain
}

// write sends a message that nothing is expected to come back for.
func (c *Client) write(to, body string) {
	c.Write("%s", strings.Replace(say(to, body), "%s", "w", 1))
}

// day is the second letter, from noon to the next morning.
func day(s *scene) {
	staff, teacher := s.in(wiretest.Staff, "desk"), s.in(wiretest.Teacher, "desk")
	staff.write(wiretest.Teacher, "bonjour")
	teacher.Message("bonjour")

	s.Run("closed all day", func(*testing.T) {
		s.outside(wiretest.Pupil)
		s.outside(Ghost)
	})
	s.Run("two accounts behind one address", func(t *testing.T) {
		for range 10 {
			s.outside(wiretest.Pupil)
		}
		var took time.Duration
		for range 3 { // a busy machine may be slow once
			began := time.Now()
			s.in(wiretest.Head, "desk").Close()
			if took = time.Since(began); took < time.Second {
				return
			}
		}
		t.Errorf("after ten refusals of another account signing in takes %v", took)
	})
	s.Run("names", func(*testing.T) { s.in(Escaped, "desk").Close() })
	s.Run("names that nobody has", func(*testing.T) { s.invented(staff) })

	staff.write(wiretest.Pupil, "pour plus tard")
	staff.Sync()
	s.Run("as many wait as may", func(t *testing.T) {
		for i := range 7 {
			if passes, want := staff.Passes(say(wiretest.Pupil2, "attend")), i < 5; passes != want {
				t.Errorf("message %d for a closed account passed: %v, want %v", i, passes, want)
			}
		}
	})
	sleeper := s.sleep(wiretest.Nadia)
	s.At("2024-04-02T18:59:59")
	staff.write(wiretest.Teacher, "encore")
	teacher.Message("encore")

	s.Run("the closing second", func(t *testing.T) {
		began := time.Now()
		s.At("2024-04-02T19:00")
		staff.Cut()
		teacher.Cut()
		if took := time.Since(began); took > time.Second {
			t.Errorf("cutting took %v", took)
		} else {
			t.Logf("cut after %v", took)
		}
		s.outside(wiretest.Staff)
		s.outside(wiretest.Teacher)
	})
	s.Run("a sleeping session ends too", func(t *testing.T) { s.gone(sleeper) })
	s.morning(sleeper)
}

// invented is a name that has no account.
const invented = "inventee"

// invented writes to a name that nobody has. That is answered as on any server, and
// Écluse is not asked: strangers could fill its memory with questions, and the chat
// server's with answers.
func (s *scene) invented(c *Client) {
	s.Helper()
	for _, stanza := range []string{
		say(invented, "bonjour"),
		say(at(invented)+"/desk", "bonjour"),
		"<iq type='set' id='%s' to='" + at(invented) + "/desk'><jingle xmlns='urn:xmpp:jingle:1' action='session-initiate' sid='1'/></iq>",
	} {
		if c.Passes(stanza) {
			s.Errorf("to a name that nobody has, this passes: %s", stanza)
		}
	}
}

// morning is the next one, on which the order is lifted.
func (s *scene) morning(sleeper sleeper) {
	s.Run("reopening", func(t *testing.T) {
		s.At("2024-04-03T07:00")
		staff, teacher := s.back(wiretest.Staff), s.back(wiretest.Teacher)
		staff.write(wiretest.Teacher, "au matin")
		teacher.Message("au matin")
		s.back(wiretest.Nadia).Close()
		s.gone(sleeper)
		s.outside(wiretest.Pupil)
	})
	s.restart()
	s.Run("lifting the order", func(t *testing.T) {
		s.back(wiretest.Staff).Close() // the server has heard of Écluse again
		s.outside(wiretest.Pupil)
		s.Issue(lift)
		pupil := s.back(wiretest.Pupil)
		if n := pupil.Message("pour plus tard"); n.Child("delay").XMLName.Local == "" {
			t.Errorf("a message that waited does not say since when: %s", n.Inner)
		}
	})
}

// lift ends the second letter on the second morning.
const lift = `
order: FR/13/079/2024-0009
issuer: FR/13/079
status: actual
type: cancel
references: [FR/13/079/2024-0002]
title: Réouverture
applies: {territory: FR/13/079, degrees: [second]}
from: 2024-04-03T07:00
reason: La menace est levée.
contact: {office: Cabinet du DASEN, phone: "05 36 49 00 00"}
`

// A sleeper is a session whose connection dropped and that may be resumed
// (XEP-0198).
type sleeper struct{ login, id string }

func (s *scene) sleep(login string) sleeper {
	c := s.in(login, "phone")
	c.Write("<enable xmlns='urn:xmpp:sm:3' resume='true'/>")
	n := c.Find("stream management", func(n Node) bool { return n.XMLName.Local == "enabled" || n.XMLName.Local == "failed" })
	c.Close()
	return sleeper{login, n.Attr("id")}
}

// gone wants that a sleeping session cannot be resumed.
func (s *scene) gone(sl sleeper) {
	s.Helper()
	c, err := Connect(s.T, s.address, sl.login)
	if err != nil {
		CheckCut(s.T, err)
		return
	}
	c.Write("<resume xmlns='urn:xmpp:sm:3' previd='%s' h='0'/>", sl.id)
	n, err := c.next()
	if err == nil && n.XMLName.Local == "resumed" {
		s.Errorf("the sleeping session was resumed")
	}
}
