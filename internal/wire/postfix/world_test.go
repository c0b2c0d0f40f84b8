package postfix_test

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"log/slog"
	"net"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/ecluse-ecole/ecluse/internal/config"
	"github.com/ecluse-ecole/ecluse/internal/enforce"
	"github.com/ecluse-ecole/ecluse/internal/metric"
	"github.com/ecluse-ecole/ecluse/internal/wire/postfix"
)

// An asking is a connection to a policy server, as smtpd has one.
type asking struct {
	*testing.T
	net.Conn
	answers *bufio.Reader
}

// settings are a configuration whose queue commands fail: no Postfix runs.
func settings(t testing.TB) *config.Postfix {
	return &config.Postfix{
		Domains: []string{"college.example"}, Delimiter: "+", Open: []string{"secretariat@college.example", "copier"},
		State: filepath.Join(t.TempDir(), "held"), Release: []string{"false"}, Queue: []string{"false"},
	}
}

// serve runs a policy server for a test and returns its address.
func serve(t testing.TB, d enforce.Decider, c *config.Postfix) string {
	t.Helper()
	if c.Listen == "" {
		c.Listen = "127.0.0.1:0"
	}
	log := slog.New(slog.NewTextHandler(io.Discard, nil))
	if testing.Verbose() {
		log = slog.New(slog.NewTextHandler(t.Output(), nil))
	}
	s, err := postfix.New(postfix.Options{Decider: d, Config: c, Metric: metric.New(), Log: log})
	if err != nil {
		t.Fatal(err)
	}
	l, err := postfix.Listen(c.Listen)
	if err != nil {
		t.Fatal(err)
	}
	run(t, s, l)
	return l.Addr().String()
}

// run serves and releases until the test ends.
func run(t testing.TB, s *postfix.Server, l net.Listener) {
	t.Helper()
	ctx, stop := context.WithCancel(context.WithoutCancel(t.Context()))
	served, released := make(chan error, 1), make(chan struct{})
	go func() { served <- s.Serve(ctx, l) }()
	go func() { defer close(released); s.Run(ctx) }()
	t.Cleanup(func() {
		stop()
		if err := <-served; err != nil {
			t.Error(err)
		}
		<-released
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	})
}

// ask opens a connection.
func ask(t *testing.T, address string) *asking {
	t.Helper()
	c, err := net.Dial("tcp", address)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { c.Close() })
	c.SetDeadline(time.Now().Add(10 * time.Second))
	return &asking{t, c, bufio.NewReader(c)}
}

// question is a request as Postfix writes it, with these attributes.
func question(state, instance string, more ...string) string {
	text := "request=smtpd_access_policy\nprotocol_state=" + state + "\nprotocol_name=ESMTP\nclient_address=192.0.2.7\n" +
		"client_name=localhost\nclient_port=50490\nreverse_client_name=localhost\nserver_address=127.0.0.1\nserver_port=25\n" +
		"helo_name=x\nsender=a@x.example\ninstance=" + instance + "\nsize=0\netrn_domain=\nstress=\nsasl_method=PLAIN\n" +
		"sasl_sender=\nccert_subject=\nccert_issuer=\nccert_fingerprint=\nccert_pubkey_fingerprint=\nencryption_protocol=\n" +
		"encryption_cipher=\nencryption_keysize=0\npolicy_context=rcpt\n"
	for i := 0; i+1 < len(more); i += 2 {
		text += more[i] + "=" + more[i+1] + "\n"
	}
	return text + "\n"
}

// action asks and returns what is to be done.
func (a *asking) action(text string) string {
	a.Helper()
	if _, err := a.Write([]byte(text)); err != nil {
		a.Fatal(err)
	}
	return a.next()
}

func (a *asking) next() string {
	a.Helper()
	line, err := a.answers.ReadString('\n')
	if err != nil {
		a.Fatalf("no answer: %v", err)
	}
	if end, err := a.answers.ReadString('\n'); err != nil || end != "\n" {
		a.Fatalf("the answer does not end: %q %v", end, err)
	}
	action, found := strings.CutPrefix(strings.TrimSuffix(line, "\n"), "action=")
	if !found {
		a.Fatalf("%q is no answer", line)
	}
	return action
}

// gives asks, and wants an action that begins so.
func (a *asking) gives(want, text string) string {
	a.Helper()
	got := a.action(text)
	if !strings.HasPrefix(got, want) {
		a.Errorf("%s: %q, want %q", strings.ReplaceAll(text, "\n", " "), got, want)
	}
	return got
}

// rcpt is a question about a recipient, and eod about the end of a message.
func rcpt(instance, login, to string) string {
	return question("RCPT", instance, "sasl_username", login, "recipient", to, "recipient_count", "0")
}

func eod(instance, login, to string, count int, queue string) string {
	return question("END-OF-MESSAGE", instance, "sasl_username", login, "recipient", to, "recipient_count", fmt.Sprint(count), "queue_id", queue)
}
