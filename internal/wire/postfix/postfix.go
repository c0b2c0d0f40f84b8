// Package postfix answers Postfix's questions about mail: may this person send,
// may this mailbox receive. It speaks the policy delegation protocol
// (SMTPD_POLICY_README of Postfix: name=value lines, a blank line, and one
// "action=..." line back), and frees at reopening the mail that was held.
//
// It is asked twice about each message: for every recipient (protocol state
// RCPT) and again when all of it has arrived (END-OF-MESSAGE), so that a message
// begun at 18:59:59 does not pass at 19:00:02.
//
// What it promises:
//
//   - Whoever has signed in (sasl_username) needs message.send. Without it the
//     answer is 550 with one French and one English sentence in ASCII, since a
//     reply of RFC 5321 is nothing else. Where an order leaves answering only,
//     sending is refused too: at this point an answer cannot be told from a new
//     message.
//     An order's limits on recipients and on messages an hour count too; what is
//     in a message is not shown here, so that lists, links and attachments pass.
//   - Mail to a mailbox that may receive nothing (access below reply) is held,
//     deferred, refused or, where it is closed altogether, delivered, as the
//     configuration says. Where it can be read, nothing new arrives: what would
//     be delivered is held. It is never discarded.
//   - Postfix holds whole messages. So the first recipient decides about a
//     message: one whose mailbox is otherwise, or reopens at another time, gets
//     450 and is sent separately by the other server. Where a second stage takes
//     messages apart (main.cf.one-by-one) none is mixed; the first stage then
//     asks with policy_context=sender, about who sends alone.
//   - A message is held only once its queue name is on disk (see book): no
//     crash forgets one. At reopening it is released, looked for, and tried
//     again until the hold queue has it no more.
//   - What cannot be decided gets 451: nothing is lost and nothing passes. Where
//     this server is down or hangs, Postfix gives its own default action, 451.
//   - postmaster and abuse always receive (RFC 5321, section 4.5.1; RFC 2142,
//     section 4), and so do the addresses that the configuration names as open.
//
// Postfix answers for what it knows better: that a sender's address belongs to
// who signed in (reject_sender_login_mismatch), and that a recipient exists.
//
// A connection lives as long as Postfix keeps it, and one goroutine serves it.
// Requests, connections and what is remembered between RCPT and END-OF-MESSAGE
// are bounded; a request that breaks the protocol ends its connection.
package postfix

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"strings"
	"sync"
	"time"

	"github.com/ecluse-ecole/ecluse/internal/account"
	"github.com/ecluse-ecole/ecluse/internal/config"
	"github.com/ecluse-ecole/ecluse/internal/enforce"
	"github.com/ecluse-ecole/ecluse/internal/metric"
)

// Options are what a Server needs.
type Options struct {
	Decider enforce.Decider
	Config  *config.Postfix
	Metric  *metric.Set // nil counts nothing
	Log     *slog.Logger
}

// What becomes of mail to a mailbox that may receive nothing.
const (
	deliver = "deliver"
	hold    = "hold"
	later   = "defer"
	refuse  = "refuse"
)

// A Server answers Postfix. It is safe for concurrent use.
type Server struct {
	decider  enforce.Decider
	figures  *metric.Point
	log      *slog.Logger
	domains  map[string]bool // folded
	open     map[string]bool // folded addresses and logins
	incoming string
	extends  string // what separates a mailbox from its extension; "" if nothing does
	queue    queue
	book     *book // nil where nothing is held
	connects connections
	texts    texts
	hourly   hourly

	mu       sync.Mutex
	messages messages
}

// New reads the configuration and what was held when the last Server ended.
// Close must be called.
func New(o Options) (*Server, error) {
	c := o.Config
	s := &Server{
		decider: o.Decider, figures: o.Metric.Point("postfix"), log: o.Log,
		domains: map[string]bool{}, open: map[string]bool{}, incoming: cmp.Or(c.Incoming, hold), extends: c.Delimiter,
		queue:    queue{super: orElse(c.Release, "postsuper"), list: orElse(c.Queue, "postqueue")},
		connects: connections{open: map[net.Conn]struct{}{}},
	}
	for _, d := range c.Domains {
		s.domains[foldDomain(d)] = true
	}
	for _, address := range c.Open {
		s.open[account.FoldLogin(address)] = true
	}
	if err := s.check(c); err != nil {
		return nil, err
	}
	if c.State == "" {
		return s, nil
	}
	var err error // where nothing is held any more, what was is still released
	if s.book, err = openBook(c.State); err != nil {
		return nil, fmt.Errorf("reading what mail is held: %w", err)
	}
	o.Metric.Gauge("ecluse_held_messages", "Messages in a mail server's queue that wait for a reopening.",
		map[string]string{"point": "postfix"}, func() float64 { return float64(s.book.len()) })
	return s, nil
}

// check refuses what would close nothing or lose mail.
func (s *Server) check(c *config.Postfix) error {
	switch s.incoming {
	case later, refuse:
	case hold, deliver:
		if c.State == "" {
			return errors.New("postfix.state is empty: name a file that remembers held mail, such as /var/lib/ecluse/postfix-held")
		}
	default:
		return fmt.Errorf("postfix.incoming is %q: want hold, deliver, defer or refuse", s.incoming)
	}
	if len(s.domains) == 0 {
		return errors.New("postfix.domains is empty: name the mail domains of the schools, as in Postfix's virtual_mailbox_domains")
	}
	for d := range s.domains {
		if d == "" || strings.ContainsAny(d, "@ /") {
			return fmt.Errorf("postfix.domains: %q is no mail domain: write it as college.example", d)
		}
	}
	return nil
}

// Close lets another Server have the file of held mail. Serve and Run must have
// ended.
func (s *Server) Close() error {
	if s.book == nil {
		return nil
	}
	return s.book.close()
}

func orElse(command []string, name string) []string {
	if len(command) == 0 {
		return []string{name}
	}
	return command
}

// deciding bounds one question. It is shorter than the timeout that
// integrations/postfix/main.cf.ecluse sets, so that Postfix hears from us first.
const deciding = 1500 * time.Millisecond

// answer is the action for one request.
func (s *Server) answer(ctx context.Context, r *request) reply {
	ctx, stop := context.WithTimeout(ctx, deciding)
	defer stop()
	switch r.state {
	case "RCPT":
		return s.recipient(ctx, r)
	case "END-OF-MESSAGE":
		return s.end(ctx, r)
	case "MAIL", "DATA":
		return s.sender(ctx, r)
	case "CONNECT", "EHLO", "HELO", "VRFY", "ETRN":
		return dunno // nothing is sent yet
	default:
		return undecided
	}
}
