package xmpptest

import (
	"fmt"
	"strings"
	"testing"

	"github.com/ecluse-ecole/ecluse/internal/wire/wiretest"
)

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
		teacher.Refused(say(invented, "aux familles, peut-être"))
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
	s.Run("what arrives waits", func(t *testing.T) { s.waits(t, staff, pupil) })
	s.Run("answers", func(*testing.T) { s.answers(staff, karim) })
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
	s.withdrawn()
}

// waits wants that what is sent to an account that reads does not arrive.
func (s *scene) waits(t *testing.T, staff, pupil *Client) {
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
}

// answers wants that somebody who may only answer does no more.
func (s *scene) answers(staff, karim *Client) {
	karim.Refused(say(wiretest.Staff, "je commence"))
	karim.Refused(say(wiretest.Teacher, "je commence"))
	staff.write(wiretest.Guardian, "une question")
	karim.Message("une question")
	karim.write(wiretest.Staff, "ma réponse")
	staff.Message("ma réponse")
	karim.Refused(say(wiretest.Teacher, "un autre"))
	karim.Refused("<message type='groupchat' to='classe@" + Rooms + "' id='%s'><body>à tous</body></message>")
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
	for _, stanza := range speaking() {
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
