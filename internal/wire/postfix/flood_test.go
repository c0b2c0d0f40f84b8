package postfix_test

import (
	"bytes"
	"context"
	"net"
	"runtime"
	"slices"
	"testing"
	"time"

	"github.com/ecluse-ecole/ecluse/internal/enforce"
	"github.com/ecluse-ecole/ecluse/internal/wire/wiretest"
)

// TestGarbageIsBounded sends what is no question, fast, slowly and without end:
// each connection ends, and others are answered meanwhile.
func TestGarbageIsBounded(t *testing.T) {
	w := wiretest.New(t, wiretest.Noon, wiretest.Letter)
	address := serve(t, w.Desk.Local("postfix"), settings(t))
	garbage := map[string][]byte{
		"lines":           bytes.Repeat([]byte("garbage\n"), 1<<20),
		"one line":        bytes.Repeat([]byte("x"), 8<<20),
		"attributes":      bytes.Repeat([]byte("a=b\n"), 2<<20),
		"empty lines":     bytes.Repeat([]byte("\n"), 8<<20),
		"zeros":           make([]byte, 8<<20),
		"another request": []byte("GET / HTTP/1.1\r\nHost: x\r\n\r\n\n\n"),
	}
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	for name, text := range garbage {
		c, err := net.Dial("tcp", address)
		if err != nil {
			t.Fatal(err)
		}
		c.SetDeadline(time.Now().Add(5 * time.Second))
		c.Write(text) // fails when the other side has closed, as it must
		if err := untilClosed(c); err != nil {
			t.Errorf("%s: %v", name, err)
		}
		c.Close()
	}
	runtime.ReadMemStats(&after)
	if grown := after.TotalAlloc - before.TotalAlloc; grown > 8<<20 {
		t.Errorf("garbage took %d bytes", grown)
	}
	half := ask(t, address)
	half.Write([]byte("request=smtpd_access_policy\nprotocol_state=RC")) // and nothing more
	p := ask(t, address)
	p.gives("DUNNO", rcpt("1", wiretest.Teacher, outside))
	half.gives("DUNNO", "PT\ninstance=2\nrecipient="+outside+"\n\n")
	p.gives("451 ", question("RCPT", "3", "recipient", "\xff@college.example"))
	if err := untilClosed(p.Conn); err != nil {
		t.Errorf("after a request that is none: %v", err)
	}
}

// untilClosed is nil once the other side has closed the connection.
func untilClosed(c net.Conn) error {
	rest := make([]byte, 1024)
	for {
		if _, err := c.Read(rest); err != nil {
			if late, ok := err.(net.Error); ok && late.Timeout() {
				return err
			}
			return nil
		}
	}
}

// TestPipelined sends questions without waiting: the answers come in their order.
func TestPipelined(t *testing.T) {
	w := wiretest.New(t, wiretest.Noon, wiretest.Letter)
	p := ask(t, serve(t, w.Desk.Local("postfix"), settings(t)))
	const many = 2000
	go func() {
		for range many {
			p.Write([]byte(rcpt("1", wiretest.Teacher, outside) + rcpt("2", wiretest.Pupil, outside)))
		}
	}()
	for range many {
		if a, b := p.next(), p.next(); a != "DUNNO" || b[:4] != "550 " {
			t.Fatalf("%q and %q", a, b)
		}
	}
}

// A silent decision point answers nobody before it is given up.
type silent struct{ enforce.Decider }

func (silent) AskAll(ctx context.Context, qs []enforce.Question) []*enforce.Answer {
	<-ctx.Done()
	return slices.Repeat([]*enforce.Answer{enforce.Undecided("", "")}, len(qs))
}

// TestSilentDecisionPoint holds that Postfix hears 451 from us before it gives up
// (smtpd_policy_service_timeout of main.cf.ecluse: 2 s).
func TestSilentDecisionPoint(t *testing.T) {
	t.Parallel()
	w := wiretest.New(t, wiretest.Noon, wiretest.Letter)
	p := ask(t, serve(t, silent{w.Desk.Local("postfix")}, settings(t)))
	began := time.Now()
	p.gives("451 4.3.5 ", rcpt("1", wiretest.Teacher, outside))
	if took := time.Since(began); took > 2*time.Second {
		t.Errorf("the answer took %v", took)
	}
}
