package postfix_test

import (
	"bufio"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"encoding/base64"
	"encoding/pem"
	"fmt"
	"io"
	"math/big"
	"net"
	"net/textproto"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"
)

// A sink takes mail, over LMTP (RFC 2033) as a mailbox or over SMTP as another
// server.
type sink struct {
	address string
	lmtp    bool

	mu  sync.Mutex
	got []string // recipients, sorted and joined, one entry a message
}

func listen(t *testing.T, lmtp bool) *sink {
	t.Helper()
	s := &sink{lmtp: lmtp}
	s.address = server(t, s.take)
	return s
}

// server answers each connection with a function until the test ends.
func server(t *testing.T, talk func(net.Conn)) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { l.Close() })
	go func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			go func() {
				defer c.Close()
				talk(c)
			}()
		}
	}()
	return l.Addr().String()
}

// messages lists what has come, each message by its recipients.
func (s *sink) messages() []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Clone(s.got)
}

// take speaks one session.
func (s *sink) take(c net.Conn) {
	text := textproto.NewConn(c)
	text.PrintfLine("220 sink.example")
	var to []string
	for {
		line, err := text.ReadLine()
		if err != nil {
			return
		}
		switch verb := strings.ToUpper(line[:min(4, len(line))]); verb {
		case "RCPT":
			_, address, _ := strings.Cut(line, "<")
			address, _, _ = strings.Cut(address, ">")
			to = append(to, address)
			text.PrintfLine("250 2.1.5 Ok")
		case "DATA":
			text.PrintfLine("354 go on")
			io.Copy(io.Discard, text.DotReader())
			s.note(text, to)
			to = nil
		case "QUIT":
			text.PrintfLine("221 2.0.0 Bye")
			return
		default:
			text.PrintfLine("250 2.0.0 Ok")
		}
	}
}

func (s *sink) note(text *textproto.Conn, to []string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	slices.Sort(to)
	s.got = append(s.got, strings.Join(to, " "))
	if !s.lmtp {
		to = to[:1]
	}
	for range to {
		text.PrintfLine("250 2.0.0 Ok")
	}
}

// signIn is where Postfix has passwords verified, as Dovecot answers: everybody's
// is "secret".
func signIn(t *testing.T) string {
	t.Helper()
	return server(t, func(c net.Conn) {
		fmt.Fprint(c, "VERSION\t1\t2\nMECH\tPLAIN\tplaintext\nSPID\t1\nCUID\t1\nCOOKIE\t00\nDONE\n")
		for lines := bufio.NewScanner(c); lines.Scan(); {
			fields := strings.Split(lines.Text(), "\t")
			if fields[0] != "AUTH" {
				continue
			}
			_, response, _ := strings.Cut(lines.Text(), "resp=")
			plain, _ := base64.StdEncoding.DecodeString(response)
			if parts := strings.Split(string(plain), "\x00"); len(parts) == 3 && parts[2] == "secret" {
				fmt.Fprintf(c, "OK\t%s\tuser=%s\n", fields[1], parts[1])
			} else {
				fmt.Fprintf(c, "FAIL\t%s\n", fields[1])
			}
		}
	})
}

// certificate writes a key and a certificate that it signed itself.
func certificate(t *testing.T, path string) {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{SerialNumber: big.NewInt(1), DNSNames: []string{"mail.college.example"},
		NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour)}
	der, err := x509.CreateCertificate(rand.Reader, template, template, key.Public(), key)
	if err != nil {
		t.Fatal(err)
	}
	private, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		t.Fatal(err)
	}
	write(t, path, string(pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: private}))+
		string(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der})))
}
