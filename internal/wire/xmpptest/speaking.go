package xmpptest

import (
	"github.com/ecluse-ecole/ecluse/internal/wire/wiretest"
)

// speaking is every way that these tests know by which words leave an account,
// each with %s in the place of its id.
func speaking() []string {
	return append(messages(), others()...)
}

func messages() []string {
	return []string{
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
	}
}

// others are presence and requests.
func others() []string {
	return []string{
		"<presence type='subscribe' to='" + at(wiretest.Staff) + "' id='%s'><status>menace</status></presence>",
		"<presence to='classe@" + Rooms + "/menace' id='%s'/>",
		"<iq type='set' id='%s'><pubsub xmlns='http://jabber.org/protocol/pubsub'><publish node='urn:xmpp:microblog:0'><item><entry xmlns='http://www.w3.org/2005/Atom'><title>menace</title></entry></item></publish></pubsub></iq>",
		"<iq type='set' id='%s'><vCard xmlns='vcard-temp'><NICKNAME>menace</NICKNAME></vCard></iq>",
		"<iq type='set' id='%s' to='" + at(wiretest.Staff) + "/desk'><jingle xmlns='urn:xmpp:jingle:1' action='session-initiate' sid='menace'/></iq>",
		"<iq type='get' id='%s' to='" + at(wiretest.Staff) + "/desk'><query xmlns='jabber:iq:version'><name>menace</name></query></iq>",
		"<iq type='set' id='%s' to='classe@" + Rooms + "'><query xmlns='http://jabber.org/protocol/muc#owner'><x xmlns='jabber:x:data' type='submit'/></query></iq>",
		"<iq type='get' id='%s' to='upload." + Domain + "'><request xmlns='urn:xmpp:http:upload:0' filename='menace.png' size='10'/></iq>",
	}
}
