package xmpptest

import (
	"fmt"
	"strings"
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

// Suite is what every chat server under Écluse must do.
func Suite(t *testing.T, start Start) {
	for name, run := range map[string]func(*scene){
		"Day": day, "Night": night, "Silence": silence,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			orders := map[string]string{"Day": wiretest.Letter, "Silence": wiretest.Letter, "Night": nightOrder}
			w := wiretest.New(t, wiretest.Noon, orders[name])
			d := Decide(w)
			s := &scene{World: w, point: d}
			s.address, s.restart = start(w, d)
			s.back(wiretest.Staff).Close() // it has heard of Écluse
			run(s)
		})
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
		began := time.Now()
		s.in(wiretest.Head, "desk").Close()
		if took := time.Since(began); took > time.Second {
			t.Errorf("after ten refusals of another account signing in took %v", took)
		}
	})
	s.Run("names", func(*testing.T) { s.in(Escaped, "desk").Close() })

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
	s.withdrawn()
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

// nightOrder leaves something else to each role at night, and sets limits by day.
const nightOrder = `
order: FR/13/079/2024-0004
issuer: FR/13/079
status: actual
type: issue
title: La nuit par étapes
applies: {territory: FR/13/079, degrees: [second]}
from: 2024-03-29T00:00
rules:
  - {roles: [pupil], hours: "07:00-19:00", outside: read}
  - {roles: [guardian], hours: "07:00-19:00", outside: reply}
  - {roles: [teacher], hours: "off", with: [guardian]}
  - {roles: [head], hours: "24/7", limits: {attachments: false, links: false, lists: false, per_hour: 3}}
reason: Préparer la réouverture.
contact: {office: Cabinet du DASEN, phone: "05 36 49 00 00"}
`

// night is what lies between closed and open.
func night(s *scene) {
	pupil, pupil2 := s.in(wiretest.Pupil, "phone"), s.in(wiretest.Pupil2, "phone")
	staff, karim := s.in(wiretest.Staff, "desk"), s.in(wiretest.Guardian, "phone")
	pupil.write(wiretest.Pupil2, "à midi")
	pupil2.Message("à midi")
	s.enter(pupil, wiretest.Pupil)
	s.enter(staff, wiretest.Staff)
	pupil.Write("<message type='groupchat' to='classe@%s'><body>dans le salon</body></message>", Rooms)
	staff.Message("dans le salon")

	s.Run("limits", func(*testing.T) { s.limits() })
	s.Run("towards a role", func(*testing.T) {
		teacher := s.in(wiretest.Teacher, "desk")
		teacher.write(wiretest.Staff, "entre collègues")
		staff.Message("entre collègues")
		teacher.Refused(say(wiretest.Guardian, "aux familles"))
		teacher.Refused(say("quelquun@ailleurs.example", "aux familles, peut-être"))
		teacher.Refused("<message type='groupchat' to='classe@" + Rooms + "' id='%s'><body>aux familles, peut-être</body></message>")
		teacher.Close()
	})

	s.At("2024-04-02T19:00")
	wiretest.Eventually(s.T, "writing stops", func() bool { return !pupil.Passes(say(wiretest.Pupil2, "après")) })
	s.Run("nothing that speaks leaves", func(*testing.T) { s.silenced(pupil) })
	s.Run("what is one's own stays", func(t *testing.T) { s.own(t, pupil) })
	s.Run("a presence says nothing", func(t *testing.T) {
		pupil.Write("<presence to='%s/desk'><show>dnd</show><status>menace</status></presence>", at(wiretest.Staff))
		pupil.Write("<presence to='%s'><status>menace</status></presence>", at(wiretest.Staff))
		pupil.Write("<presence type='unavailable' to='%s'><status>menace</status></presence>", at(wiretest.Staff))
		pupil.Write("<presence><show>away</show><status>menace</status><x xmlns='un:known'>menace</x></presence>")
		pupil.Sync()
		staff.Nothing("menace")
		pupil2.Nothing("menace")
	})
	s.Run("what arrives waits", func(t *testing.T) {
		staff.write(wiretest.Pupil, "la nuit")
		staff.write(at(wiretest.Pupil)+"/phone", "la nuit, à une adresse")
		staff.Write("<message type='groupchat' to='classe@%s'><body>la nuit, au salon</body></message>", Rooms)
		staff.Message("la nuit, au salon")
		staff.Sync()
		pupil.Nothing("la nuit")
		if archive := pupil.archive(); strings.Contains(archive, "la nuit") {
			t.Errorf("the archive shows what waits: %s", archive)
		}
		n := staff.Ask(fmt.Sprintf("<iq type='set' id='%%s' to='%s/phone'><jingle xmlns='urn:xmpp:jingle:1' action='session-initiate' sid='1'/></iq>", at(wiretest.Pupil)))
		if n.Attr("type") != "error" {
			t.Errorf("a call reached an account that may only read: %s", n.Inner)
		}
	})
	s.Run("answers", func(*testing.T) {
		karim.Refused(say(wiretest.Staff, "je commence"))
		karim.Refused(say(wiretest.Teacher, "je commence"))
		staff.write(wiretest.Guardian, "une question")
		karim.Message("une question")
		karim.write(wiretest.Staff, "ma réponse")
		staff.Message("ma réponse")
		karim.Refused(say(wiretest.Teacher, "un autre"))
		karim.Refused("<message type='groupchat' to='classe@" + Rooms + "' id='%s'><body>à tous</body></message>")
	})
	s.Run("whoever signs in now reads too", func(*testing.T) {
		again := s.in(wiretest.Pupil2, "tablet")
		again.Nothing("la nuit")
		again.Refused(say(wiretest.Pupil, "non"))
	})
	s.Run("reopening", func(t *testing.T) {
		s.At("2024-04-03T07:00")
		pupil.Message("la nuit")
		pupil.Message("la nuit, à une adresse")
		pupil.Message("la nuit, au salon")
		pupil.write(wiretest.Pupil2, "au matin")
		pupil2.Message("au matin")
		if archive := pupil.archive(); !strings.Contains(archive, "la nuit") {
			t.Errorf("the archive lacks what waited: %s", archive)
		}
	})
}

// enter joins the room of these tests.
func (s *scene) enter(c *Client, name string) {
	s.Helper()
	c.Write("<presence to='classe@%s/%s'><x xmlns='http://jabber.org/protocol/muc'><history maxstanzas='0'/></x></presence>", Rooms, name)
	c.Find("one's own place in the room", func(n Node) bool {
		return n.XMLName.Local == "presence" && n.Attr("from") == "classe@"+Rooms+"/"+name
	})
	c.Write("<iq type='set' id='room' to='classe@%s'><query xmlns='http://jabber.org/protocol/muc#owner'><x xmlns='jabber:x:data' type='submit'/></query></iq>", Rooms)
	c.Find("the room's settings", func(n Node) bool { return n.Attr("id") == "room" })
}

// silenced tries every way by which words could leave an account that reads.
func (s *scene) silenced(c *Client) {
	for _, stanza := range []string{
		say(wiretest.Staff, "menace"),
		say(at(wiretest.Staff)+"/desk", "menace"),
		say("STAFF1@CHAT.EXAMPLE", "menace"),
		say("quelquun@ailleurs.example", "menace"),
		say(Domain, "menace"),                    // the server itself
		say("classe@"+Rooms+"/staff1", "menace"), // a private word in a room
		say(at(wiretest.Pupil), "menace"),        // oneself
		"<message id='%s'><body>menace</body></message>",
		"<message type='headline' to='" + at(wiretest.Staff) + "' id='%s'><body>menace</body></message>",
		"<message type='inconnu' to='" + at(wiretest.Staff) + "' id='%s'><body>menace</body></message>",
		"<message type='groupchat' to='classe@" + Rooms + "' id='%s'><body>menace</body></message>",
		"<message type='groupchat' to='classe@" + Rooms + "' id='%s'><subject>menace</subject></message>",
		"<message to='" + at(wiretest.Staff) + "' id='%s'><subject>menace</subject></message>",
		"<message to='" + at(wiretest.Staff) + "' id='%s'><html xmlns='http://jabber.org/protocol/xhtml-im'><body xmlns='http://www.w3.org/1999/xhtml'>menace</body></html></message>",
		"<message to='" + at(wiretest.Staff) + "' id='%s'><x xmlns='jabber:x:oob'><url>https://menace.example</url></x></message>",
		"<message to='" + at(wiretest.Staff) + "' id='%s'><sent xmlns='urn:xmpp:carbons:2'><forwarded xmlns='urn:xmpp:forward:0'><message xmlns='jabber:client' from='" +
			at(wiretest.Head) + "' to='" + at(wiretest.Staff) + "' type='chat'><body>menace</body></message></forwarded></sent></message>",
		"<message to='" + at(wiretest.Staff) + "' id='%s'><x xmlns='jabber:x:conference' jid='menace@" + Rooms + "' reason='menace'/></message>",
		"<message to='classe@" + Rooms + "' id='%s'><x xmlns='http://jabber.org/protocol/muc#user'><invite to='" + at(wiretest.Staff) + "'><reason>menace</reason></invite></x></message>",
		"<presence type='subscribe' to='" + at(wiretest.Staff) + "' id='%s'><status>menace</status></presence>",
		"<presence to='classe@" + Rooms + "/menace' id='%s'/>",
		"<iq type='set' id='%s'><pubsub xmlns='http://jabber.org/protocol/pubsub'><publish node='urn:xmpp:microblog:0'><item><entry xmlns='http://www.w3.org/2005/Atom'><title>menace</title></entry></item></publish></pubsub></iq>",
		"<iq type='set' id='%s'><vCard xmlns='vcard-temp'><NICKNAME>menace</NICKNAME></vCard></iq>",
		"<iq type='set' id='%s' to='" + at(wiretest.Staff) + "/desk'><jingle xmlns='urn:xmpp:jingle:1' action='session-initiate' sid='menace'/></iq>",
		"<iq type='get' id='%s' to='" + at(wiretest.Staff) + "/desk'><query xmlns='jabber:iq:version'><name>menace</name></query></iq>",
		"<iq type='set' id='%s' to='classe@" + Rooms + "'><query xmlns='http://jabber.org/protocol/muc#owner'><x xmlns='jabber:x:data' type='submit'/></query></iq>",
		"<iq type='get' id='%s' to='upload." + Domain + "'><request xmlns='urn:xmpp:http:upload:0' filename='menace.png' size='10'/></iq>",
	} {
		c.Refused(stanza)
	}
	// What programs send by themselves is dropped without a word.
	c.Write("<message type='error' to='%s' id='q1'><body>menace</body></message>", at(wiretest.Staff))
	c.Write("<message type='chat' to='%s' id='q2'><composing xmlns='http://jabber.org/protocol/chatstates'/></message>", at(wiretest.Staff))
	c.Write("<iq type='result' to='%s/desk' id='q3'><query xmlns='jabber:iq:version'><name>menace</name></query></iq>", at(wiretest.Staff))
	c.Sync()
	// Whoever writes another's name is refused, or loses the stream.
	spoof := s.in(wiretest.Pupil, "spoof")
	spoof.Write("<message from='%s/desk' to='%s'><body>menace</body></message>", at(wiretest.Staff), at(wiretest.Teacher))
	spoof.Settle()
	s.witness()
}

// witness wants that nothing of what was tried arrived with those who may receive.
func (s *scene) witness() {
	s.Helper()
	for _, login := range []string{wiretest.Staff, wiretest.Teacher} {
		c := s.in(login, "witness")
		c.Nothing("menace")
		if archive := c.archive(); strings.Contains(archive, "menace") {
			s.Errorf("%s's archive holds what was refused: %s", login, archive)
		}
		c.Close()
	}
}

// own wants that an account which reads can still see to itself.
func (s *scene) own(t *testing.T, c *Client) {
	for _, stanza := range []string{
		"<iq type='get' id='%s'><query xmlns='jabber:iq:roster'/></iq>",
		"<iq type='set' id='%s'><query xmlns='jabber:iq:private'><notes xmlns='storage:rosternotes'/></query></iq>",
		"<iq type='set' id='%s'><enable xmlns='urn:xmpp:carbons:2'/></iq>",
		"<iq type='get' id='%s' to='" + Rooms + "'><query xmlns='http://jabber.org/protocol/disco#items'/></iq>",
		"<iq type='set' id='%s'><pubsub xmlns='http://jabber.org/protocol/pubsub'><publish node='eu.siacs.conversations.axolotl.devicelist'><item id='current'><list xmlns='eu.siacs.conversations.axolotl'/></item></publish></pubsub></iq>",
	} {
		if n := c.Ask(stanza); n.Attr("type") != "result" {
			t.Errorf("%s: %s %s", stanza, n.Attr("type"), n.Inner)
		}
	}
	if archive := c.archive(); !strings.Contains(archive, "à midi") {
		t.Errorf("the archive does not show what came before the closing: %s", archive)
	}
}

// archive reads the account's own archive (XEP-0313).
func (c *Client) archive() string {
	c.t.Helper()
	n := c.Ask("<iq type='set' id='%s'><query xmlns='urn:xmpp:mam:2'/></iq>")
	if n.Attr("type") != "result" {
		c.t.Errorf("the archive refuses: %s", n.Inner)
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	var all strings.Builder
	kept := c.got[:0]
	for _, n := range c.got {
		if n.Child("result").XMLName.Space == "urn:xmpp:mam:2" {
			all.WriteString(n.Inner)
			continue
		}
		kept = append(kept, n)
	}
	c.got = kept
	return all.String()
}

// limits are those of an order, by day.
func (s *scene) limits() {
	head, staff := s.in(wiretest.Head, "desk"), s.in(wiretest.Staff, "limits")
	staffAt := at(wiretest.Staff)
	refused := func(stanza string) {
		s.Helper()
		if n := head.Ask(stanza); n.Attr("type") != "error" || n.Child("error").Child("policy-violation").XMLName.Local == "" {
			s.Errorf("%s passed a limit: %s", stanza, n.Inner)
		}
	}
	refused("<iq type='get' id='%s' to='upload." + Domain + "'><request xmlns='urn:xmpp:http:upload:0' filename='a.png' size='10'/></iq>")
	refused("<message type='groupchat' to='classe@" + Rooms + "' id='%s'><body>à tous</body></message>")
	refused(say(staffAt, "voyez https://exemple.example/"))
	refused("<message type='chat' to='" + staffAt + "' id='%s'><encrypted xmlns='urn:xmpp:omemo:2'><payload>AA==</payload></encrypted></message>")
	for i := range 3 {
		head.write(staffAt+"/limits", fmt.Sprint("mot ", i))
		staff.Message(fmt.Sprint("mot ", i))
	}
	refused(say(staffAt, "mot de trop"))
	head.Close()
	staff.Close()
}

// silence is Écluse killed, and Écluse hung.
func silence(s *scene) {
	staff, teacher := s.in(wiretest.Staff, "desk"), s.in(wiretest.Teacher, "desk")
	staff.write(wiretest.Teacher, "bonjour")
	teacher.Message("bonjour")

	s.Run("killed", func(*testing.T) {
		s.point.Kill()
		staff.Cut()
		teacher.Cut()
		s.outside(wiretest.Staff)
	})
	s.Run("back", func(*testing.T) {
		s.point.Revive()
		staff = s.back(wiretest.Staff)
	})
	s.Run("hung", func(*testing.T) {
		s.point.Hang()
		defer s.point.Unhang()
		staff.Cut()
		s.outside(wiretest.Staff)
	})
	s.Run("back again", func(*testing.T) { s.back(wiretest.Staff).Alive() })
	staff.Close()
}

// withdrawn is a point whose token is worth nothing any more.
func (s *scene) withdrawn() {
	s.Run("the token is withdrawn", func(t *testing.T) {
		staff := s.back(wiretest.Staff)
		points, err := s.App.Points(s.Context(), "FR")
		if err != nil || len(points) != 1 {
			t.Fatal(points, err)
		}
		s.reported(t)
		if err := s.App.RemovePoint(s.Context(), points[0].Name); err != nil {
			t.Fatal(err)
		}
		staff.Cut()
		s.outside(wiretest.Staff)
	})
}

// reported wants that the point shows what it holds and that its self-test was
// refused.
func (s *scene) reported(t *testing.T) {
	wiretest.Eventually(t, "the point reports", func() bool {
		points, err := s.App.Points(s.Context(), "FR")
		if err != nil {
			t.Fatal(err)
		}
		for _, r := range points[0].Instances {
			if r.Software != "" && r.Refused {
				return true
			}
		}
		return false
	})
}

// back signs somebody in and makes them available, as soon as that is possible.
func (s *scene) back(login string) (c *Client) {
	s.Helper()
	wiretest.Eventually(s.T, login+" is back", func() bool {
		var err error
		c, err = Dial(s.T, s.address, login, "desk")
		return err == nil
	})
	c.Write("<presence/>")
	c.Sync()
	return c
}
