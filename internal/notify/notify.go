// Package notify hands letters to a mail relay by SMTP (RFC 5321, RFC 5322).
// Nothing else in Écluse speaks SMTP.
//
// It promises that a letter is one plain text to one address, that nothing in it
// becomes a header it was not meant to be, that its Message-ID is the caller's, so
// that a letter sent twice is the same letter, and that it says what it is: nobody
// answers it by machine (Auto-Submitted, RFC 3834). With TLS asked for, a relay
// that has none, or whose certificate does not hold, is never sent anything.
//
// A Line is one connection; it is for one goroutine, ends with Close, and takes
// letters until the relay hangs up. It refuses, before it says a word to the relay,
// an address that is not plain. Bounces go to the sender's address, which somebody
// reads.
package notify

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"strings"
	"time"

	gomail "github.com/wneessen/go-mail"

	"github.com/ecluse-ecole/ecluse/internal/account"
)

// A TLS is how the way to the relay is kept secret.
type TLS string

// STARTTLS begins in the clear and demands TLS before anything is said. Implicit is
// TLS from the first byte. None is for a relay on the same machine.
const (
	STARTTLS TLS = "starttls"
	Implicit TLS = "implicit"
	None     TLS = "none"
)

// A Relay is where letters are handed over, and in whose name.
type Relay struct {
	Host     string
	Port     int
	From     string // the sender, who gets what comes back
	Name     string // how readers see the sender
	User     string // "": without signing in
	Password string
	TLS      TLS
	Roots    *x509.CertPool // nil: the system's
	Timeout  time.Duration  // of each step; 0: 30 s
}

// A Letter is one text to one address.
type Letter struct {
	ID          string // the left half of its Message-ID
	To          string
	ReplyTo     string // who answers people; "": the sender
	Subject     string
	Body        string
	Date        time.Time
	Unsubscribe string // an https address; "": none
}

// A Refusal is the relay's word against one letter. The line still holds.
type Refusal struct {
	Code int
	Text string
}

// Error is what the relay said.
func (r *Refusal) Error() string { return fmt.Sprintf("%d %s", r.Code, r.Text) }

// Final reports whether the letter will never be taken (RFC 5321, section 4.2.1).
func (r *Refusal) Final() bool { return r.Code >= 500 }

// A Line is an open connection to a relay.
type Line struct {
	client *gomail.Client
	relay  Relay
}

// Dial opens a connection; its error is about the relay, never about a letter.
func (r Relay) Dial(ctx context.Context) (*Line, error) {
	client, err := gomail.NewClient(r.Host, r.options()...)
	if err != nil {
		return nil, fmt.Errorf("setting up the mail relay %s: %w", r.Host, err)
	}
	if err := client.DialWithContext(ctx); err != nil {
		return nil, fmt.Errorf("calling the mail relay %s on port %d: %w", r.Host, r.Port, err)
	}
	return &Line{client, r}, nil
}

func (r Relay) options() []gomail.Option {
	timeout := r.Timeout
	if timeout == 0 {
		timeout = 30 * time.Second
	}
	list := []gomail.Option{
		gomail.WithPort(r.Port), gomail.WithTimeout(timeout), gomail.WithHELO(r.domain()),
		gomail.WithoutNoop(), gomail.WithoutSMTPUTF8(),
		gomail.WithTLSConfig(&tls.Config{ServerName: r.Host, RootCAs: r.Roots, MinVersion: tls.VersionTLS12}),
	}
	switch r.TLS {
	case Implicit:
		list = append(list, gomail.WithSSL())
	case None:
		list = append(list, gomail.WithTLSPolicy(gomail.NoTLS))
	default:
		list = append(list, gomail.WithTLSPolicy(gomail.TLSMandatory))
	}
	if r.User != "" {
		list = append(list, gomail.WithSMTPAuth(gomail.SMTPAuthAutoDiscover), gomail.WithUsername(r.User), gomail.WithPassword(r.Password))
	}
	return list
}

// domain is the sender's, which names letters and greets the relay.
func (r Relay) domain() string {
	_, domain, _ := strings.Cut(r.From, "@")
	return domain
}

// hangsUp is the code with which a relay ends the line.
const hangsUp = 421

// Send hands one letter over. Once it returns nil the relay has taken it. Any error
// but a Refusal means that the line is gone.
func (l *Line) Send(letter Letter) error {
	m, err := l.message(letter)
	if err != nil {
		return &Refusal{Code: 553, Text: err.Error()}
	}
	err = l.client.Send(m)
	if err == nil || m.IsDelivered() {
		return nil
	}
	var failed *gomail.SendError
	if errors.As(err, &failed) && failed.ErrorCode() >= 400 && failed.ErrorCode() != hangsUp {
		return &Refusal{Code: failed.ErrorCode(), Text: oneLine(failed.Error())}
	}
	return err
}

// Close ends the connection.
func (l *Line) Close() error { return l.client.Close() }

func (l *Line) message(letter Letter) (*gomail.Msg, error) {
	if err := account.CheckEmail(letter.To); err != nil {
		return nil, err
	}
	m := gomail.NewMsg(gomail.WithNoDefaultUserAgent(), gomail.WithEncoding(gomail.EncodingQP))
	steps := []func() error{
		func() error { return m.EnvelopeFrom(l.relay.From) },
		func() error { return m.FromFormat(oneLine(l.relay.Name), l.relay.From) },
		func() error { return m.To(letter.To) },
	}
	if account.CheckEmail(letter.ReplyTo) == nil {
		steps = append(steps, func() error { return m.ReplyTo(letter.ReplyTo) })
	}
	for _, step := range steps {
		if err := step(); err != nil {
			return nil, err
		}
	}
	m.Subject(oneLine(letter.Subject))
	m.SetDateWithValue(letter.Date)
	m.SetMessageIDWithValue(oneLine(letter.ID) + "@" + l.relay.domain())
	m.SetGenHeader("Auto-Submitted", "auto-generated")
	if letter.Unsubscribe != "" {
		m.SetListUnsubscribe(oneLine(letter.Unsubscribe))
	}
	m.SetBodyString(gomail.TypeTextPlain, letter.Body)
	return m, nil
}

// oneLine keeps a text from becoming more headers than one.
func oneLine(s string) string {
	return strings.Join(strings.FieldsFunc(s, func(r rune) bool { return r < ' ' || r == 0x7f || r == '\u2028' || r == '\u2029' }), " ")
}
