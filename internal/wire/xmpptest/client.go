// Package xmpptest holds what the tests of both chat servers share: a small XMPP
// client (RFC 6120, over plain TCP on loopback), a decision point that can be
// killed and hung, and one suite of what a chat server under Écluse must do. The
// suite is the same for Prosody and ejabberd, so that both close the same.
package xmpptest

import (
	"encoding/base64"
	"encoding/xml"
	"fmt"
	"io"
	"net"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/ecluse-ecole/ecluse/internal/wire/wiretest"
)

// Domain is the chat domain of the sample configurations; Rooms its rooms.
const (
	Domain = "chat.example"
	Rooms  = "rooms.chat.example"
)

// Password is everybody's.
const Password = "un-mot-de-passe"

// A Node is an XML element as it came.
type Node struct {
	XMLName xml.Name
	Attrs   []xml.Attr `xml:",any,attr"`
	Text    string     `xml:",chardata"`
	Inner   string     `xml:",innerxml"`
	Nodes   []Node     `xml:",any"`
}

// Attr is the value of an attribute; "" where there is none.
func (n Node) Attr(name string) string {
	for _, a := range n.Attrs {
		if a.Name.Local == name && a.Name.Space == "" {
			return a.Value
		}
	}
	return ""
}

// Child is the first child of that name, or an empty Node.
func (n Node) Child(name string) Node {
	for _, c := range n.Nodes {
		if c.XMLName.Local == name {
			return c
		}
	}
	return Node{}
}

// Body is the text of a message.
func (n Node) Body() string { return n.Child("body").Text }

// A Client is one XMPP session of a test.
type Client struct {
	t    *testing.T
	conn net.Conn
	in   io.Reader // what conn says, kept across restarts of the stream
	xml  *xml.Decoder
	JID  string // once bound

	mu    sync.Mutex
	got   []Node
	ended error
	more  chan struct{} // closed and replaced when something came
	ids   int
}

// Dial signs an account in and binds a resource; what the server ends the stream
// with is the error.
func Dial(t *testing.T, address, login, resource string) (*Client, error) {
	t.Helper()
	c, err := Connect(t, address, login)
	if err != nil {
		return nil, err
	}
	return c, c.Bind(resource)
}

// Connect signs an account in and does not yet bind.
func Connect(t *testing.T, address, login string) (*Client, error) {
	t.Helper()
	conn, err := net.Dial("tcp", address)
	if err != nil {
		return nil, err
	}
	t.Cleanup(func() { conn.Close() })
	c := &Client{t: t, conn: conn, in: conn, more: make(chan struct{})}
	if err := c.open(); err != nil {
		return nil, err
	}
	c.Write("<auth xmlns='urn:ietf:params:xml:ns:xmpp-sasl' mechanism='PLAIN'>%s</auth>",
		base64.StdEncoding.EncodeToString([]byte("\x00"+login+"\x00"+Password)))
	n, err := c.next()
	if err != nil {
		return nil, err
	}
	if n.XMLName.Local != "success" {
		return nil, fmt.Errorf("signing in: %s %s", n.XMLName.Local, n.Inner)
	}
	return c, c.open()
}

// open begins the stream, or begins it anew, and reads the features.
func (c *Client) open() error {
	c.conn.SetReadDeadline(time.Now().Add(10 * time.Second))
	defer c.conn.SetReadDeadline(time.Time{})
	c.Write("<?xml version='1.0'?><stream:stream xmlns='jabber:client' xmlns:stream='http://etherx.jabber.org/streams' to='%s' version='1.0'>", Domain)
	c.xml = xml.NewDecoder(c.in)
	for {
		token, err := c.xml.Token()
		if err != nil {
			return err
		}
		if start, ok := token.(xml.StartElement); ok && start.Name.Local == "stream" {
			break
		}
	}
	n, err := c.next()
	if err != nil {
		return err
	}
	if n.XMLName.Local != "features" {
		return fmt.Errorf("opening the stream: %s", n.Inner)
	}
	return nil
}

// next reads one element of the stream; the end of the stream is an error.
func (c *Client) next() (n Node, err error) {
	for {
		token, err := c.xml.Token()
		if err != nil {
			return n, err
		}
		switch token := token.(type) {
		case xml.StartElement:
			err := c.xml.DecodeElement(&n, &token)
			if err == nil && n.XMLName.Local == "error" && n.XMLName.Space == "http://etherx.jabber.org/streams" {
				return n, &StreamError{n}
			}
			return n, err
		case xml.EndElement:
			return n, io.EOF
		}
	}
}

// A StreamError is what a server ended a stream with.
type StreamError struct{ Node }

// Error tells the condition and the text.
func (e *StreamError) Error() string {
	return fmt.Sprintf("the server ended the stream: %s", e.Inner)
}

// Bind binds a resource and reads from then on.
func (c *Client) Bind(resource string) error {
	c.conn.SetReadDeadline(time.Now().Add(10 * time.Second))
	c.Write("<iq type='set' id='bind'><bind xmlns='urn:ietf:params:xml:ns:xmpp-bind'><resource>%s</resource></bind></iq>", resource)
	n, err := c.next()
	if err != nil {
		return err
	}
	if c.JID = n.Child("bind").Child("jid").Text; c.JID == "" {
		return fmt.Errorf("binding: %s", n.Inner)
	}
	c.Listen()
	return nil
}

// Listen collects what comes until the stream ends.
func (c *Client) Listen() {
	c.conn.SetReadDeadline(time.Time{})
	go func() {
		for {
			n, err := c.next()
			c.mu.Lock()
			if err != nil {
				c.ended = err
			} else {
				c.got = append(c.got, n)
			}
			close(c.more)
			c.more = make(chan struct{})
			c.mu.Unlock()
			if err != nil {
				return
			}
		}
	}()
}

// Write sends text as it is.
func (c *Client) Write(format string, args ...any) {
	fmt.Fprintf(c.conn, format, args...) // who was cut learns of it by reading
}

// Close drops the connection without a word, as a telephone does.
func (c *Client) Close() { c.conn.Close() }

// Find waits until something came that fits, and takes it out.
func (c *Client) Find(what string, fits func(Node) bool) Node {
	c.t.Helper()
	limit := time.After(10 * time.Second)
	for {
		c.mu.Lock()
		for i, n := range c.got {
			if fits(n) {
				c.got = append(c.got[:i:i], c.got[i+1:]...)
				c.mu.Unlock()
				return n
			}
		}
		ended, more := c.ended, c.more
		c.mu.Unlock()
		if ended != nil {
			c.t.Fatalf("%s: waiting for %s: %v", c.JID, what, ended)
		}
		select {
		case <-more:
		case <-limit:
			c.t.Fatalf("%s: %s never came", c.JID, what)
		}
	}
}

// Message waits for a message with that body.
func (c *Client) Message(body string) Node {
	c.t.Helper()
	return c.Find("the message "+body, func(n Node) bool {
		return n.XMLName.Local == "message" && n.Body() == body && n.Attr("type") != "error"
	})
}

// Ask sends a stanza with %s in the place of its id, and waits for what comes
// back with that id.
func (c *Client) Ask(stanza string) Node {
	c.t.Helper()
	c.mu.Lock()
	c.ids++
	id := fmt.Sprintf("ask-%d", c.ids)
	c.mu.Unlock()
	c.Write("%s", strings.Replace(stanza, "%s", id, 1))
	return c.Find("an answer to "+stanza, func(n Node) bool { return n.Attr("id") == id })
}

// Passes sends a stanza with %s in the place of its id, and reports whether no
// error came back.
func (c *Client) Passes(stanza string) bool {
	c.t.Helper()
	c.mu.Lock()
	c.ids++
	id := fmt.Sprintf("pass-%d", c.ids)
	c.mu.Unlock()
	c.Write("%s", strings.Replace(stanza, "%s", id, 1))
	c.Sync()
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, n := range c.got {
		if n.Attr("id") == id && n.Attr("type") == "error" {
			return false
		}
	}
	return true
}

// Refused sends a stanza with %s in the place of its id, and wants it refused
// with policy-violation and a sentence in both languages.
func (c *Client) Refused(stanza string) {
	c.t.Helper()
	n := c.Ask(stanza)
	e := n.Child("error")
	if n.Attr("type") != "error" || e.Child("policy-violation").XMLName.Local == "" {
		c.t.Errorf("%s was not refused: %s %s", stanza, n.Attr("type"), n.Inner)
	} else if text := e.Child("text").Text; !bilingual(text) {
		c.t.Errorf("%s was refused without a sentence in both languages: %s", stanza, text)
	}
}

// Sync returns when the server has dealt with everything sent so far.
func (c *Client) Sync() {
	c.t.Helper()
	c.Ask("<iq type='get' id='%s' to='" + Domain + "'><ping xmlns='urn:xmpp:ping'/></iq>")
}

// Settle returns when the server has dealt with everything sent so far, or has
// ended the stream.
func (c *Client) Settle() {
	c.t.Helper()
	c.Write("<iq type='get' id='settle' to='" + Domain + "'><ping xmlns='urn:xmpp:ping'/></iq>")
	wiretest.Eventually(c.t, "the server settles", func() bool {
		c.mu.Lock()
		defer c.mu.Unlock()
		for _, n := range c.got {
			if n.Attr("id") == "settle" {
				return true
			}
		}
		return c.ended != nil
	})
}

// Nothing wants that no message came with a text that contains the words. Who
// may have sent it must be in sync.
func (c *Client) Nothing(words string) {
	c.t.Helper()
	c.Sync()
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, n := range c.got {
		if n.Attr("type") != "error" && strings.Contains(n.Inner, words) {
			c.t.Errorf("%s received what it must not: %s", c.JID, n.Inner)
		}
	}
}

// Ended is what the stream ended with; nil while it lives.
func (c *Client) Ended() error {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.ended
}

// Cut waits until the server ends the stream, and wants the notice.
func (c *Client) Cut() {
	c.t.Helper()
	limit := time.After(12 * time.Second)
	for {
		c.mu.Lock()
		ended, more := c.ended, c.more
		c.mu.Unlock()
		if ended != nil {
			CheckCut(c.t, ended)
			return
		}
		select {
		case <-more:
		case <-limit:
			c.t.Fatalf("%s was never cut", c.JID)
		}
	}
}

// CheckCut wants a stream that ended with policy-violation and the notice in both
// languages.
func CheckCut(t *testing.T, err error) {
	t.Helper()
	e, ok := err.(*StreamError)
	if !ok || e.Child("policy-violation").XMLName.Local == "" {
		t.Fatalf("the stream did not end with policy-violation: %v", err)
	}
	if text := e.Child("text").Text; !bilingual(text) {
		t.Errorf("the stream ended without a notice in both languages: %s", text)
	}
}

// bilingual reports whether a text holds a French sentence and, on a line of its
// own, an English one.
func bilingual(text string) bool {
	french, english, both := strings.Cut(text, "\n")
	return both && strings.ContainsAny(french, "éèê") && len(english) > 20 && !strings.ContainsAny(english, "\n")
}

// Alive wants that the session still lives.
func (c *Client) Alive() {
	c.t.Helper()
	c.Sync()
}
