package postfix

import (
	"slices"
	"strings"
)

// A message is what is remembered of one between its recipients and its end.
type message struct {
	recipients []string // accepted by us; Postfix may have refused some of them after
	fate       fate     // of the first, and so of all
}

// add remembers a recipient, once.
func (m *message) add(recipient string) {
	if !slices.Contains(m.recipients, recipient) {
		m.recipients = append(m.recipients, recipient)
	}
}

// messages are those under way, by instance. What a client began and never ended
// is forgotten when many newer ones have come: the older of two generations goes
// when the younger is full.
type messages struct {
	young, old map[string]*message
	weight     int // recipients in the young generation
}

// What a generation holds. A message that was forgotten and ends after all is
// deferred.
const (
	mostMessages   = 20_000
	mostRecipients = 100_000
	mostOfMessage  = 5_000 // recipients of one message; Postfix takes 1000
)

// find is the message, or nil.
func (m *messages) find(instance string) *message {
	if found := m.young[instance]; found != nil {
		return found
	}
	return m.old[instance]
}

// begin remembers a new message.
func (m *messages) begin(instance string, f fate) *message {
	if m.young == nil || len(m.young) >= mostMessages || m.weight >= mostRecipients {
		m.young, m.old, m.weight = map[string]*message{}, m.young, 0
	}
	made := &message{fate: f}
	m.young[strings.Clone(instance)] = made
	return made
}

// end forgets the message.
func (m *messages) end(instance string) {
	delete(m.young, instance)
	delete(m.old, instance)
}

// join notes a recipient's fate in its message. It is false where the message
// already goes another way.
func (s *Server) join(instance, recipient string, f fate) (alike bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	m := s.messages.find(instance)
	if m == nil {
		m = s.messages.begin(instance, f)
	}
	if !m.fate.same(f) || len(m.recipients) >= mostOfMessage {
		return false
	}
	m.add(strings.Clone(recipient))
	s.messages.weight++
	return true
}

// others is how many recipients the message has beside this one.
func (s *Server) others(instance, recipient string) int {
	s.mu.Lock()
	defer s.mu.Unlock()
	m := s.messages.find(instance)
	if m == nil {
		return 0
	}
	n := len(m.recipients)
	if slices.Contains(m.recipients, recipient) {
		n--
	}
	return n
}

// finish takes the message out, with its recipients. It is false where they are
// not all known: another server, or this one before it was started again, was
// asked about them, or nobody was.
func (s *Server) finish(r *request) (recipients []string, known bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	m := s.messages.find(r.instance)
	s.messages.end(r.instance)
	switch {
	case r.recipient != "" && r.count <= 1: // the only one that Postfix accepted
		return []string{r.recipient}, true
	case m == nil:
		return nil, false
	}
	return m.recipients, len(m.recipients) >= r.count
}
