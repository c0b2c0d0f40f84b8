package postfix_test

import (
	"bytes"
	"io"
	"net"
	"strings"
	"testing"

	"github.com/ecluse-ecole/ecluse/internal/wire/wiretest"
)

// BenchmarkPolicy asks over one loopback connection: in lock-step, as one smtpd
// does, and sixteen questions at a time, as a server that is never idle.
func BenchmarkPolicy(b *testing.B) {
	address := serve(b, wiretest.Answering(b, "postfix"), settings(b))
	for name, text := range map[string]string{
		"teacher to colleague": rcpt("1.2.3.0", wiretest.Teacher, wiretest.Staff+"@college.example"),
		"teacher to outside":   rcpt("1.2.3.1", wiretest.Teacher, "somebody@elsewhere.example"),
		"refused pupil":        rcpt("1.2.3.2", wiretest.Pupil, "somebody@elsewhere.example"),
		"to a closed mailbox":  rcpt("1.2.3.3", "", wiretest.Pupil+"@college.example"),
	} {
		b.Run(name+"/lock-step", func(b *testing.B) { benchAsk(b, address, text, 1) })
		b.Run(name+"/pipelined", func(b *testing.B) { benchAsk(b, address, text, 16) })
	}
}

func benchAsk(b *testing.B, address, text string, atOnce int) {
	c, err := net.Dial("tcp", address)
	if err != nil {
		b.Fatal(err)
	}
	defer c.Close()
	many := []byte(strings.Repeat(text, atOnce))
	in := make([]byte, 64<<10)
	b.ReportAllocs()
	b.ResetTimer()
	for n := 0; n < b.N; n += atOnce {
		if _, err := c.Write(many); err != nil {
			b.Fatal(err)
		}
		for got := 0; got < atOnce; {
			k, err := c.Read(in)
			if err != nil && err != io.EOF || k == 0 {
				b.Fatal(err)
			}
			got += bytes.Count(in[:k], []byte("\n\n"))
		}
	}
	b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "questions/s")
}
