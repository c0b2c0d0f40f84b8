// Package notifytest is a mail relay for tests: it speaks SMTP on a loopback
// address, keeps what it takes, and refuses what it is told to.
package notifytest

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"io"
	"math/big"
	"net"
	"net/mail"
	"net/textproto"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/ecluse-ecole/ecluse/internal/notify"
)

// A Taken is one letter as the relay got it.
type Taken struct {
	From, To string
	Raw      string
	*mail.Message
}

// Text is the letter's body, decoded.
func (l Taken) Text() string {
	body, err := io.ReadAll(decoded(l.Message))
	if err != nil {
		return err.Error()
	}
	return string(body)
}

// A Relay is a listening one. Its fields may be changed under Lock.
type Relay struct {
	sync.Mutex
	Refuse  map[string]string // by recipient: "550 no such user"
	Greet   string            // instead of the greeting: "554 no"
	Die     int               // hang up after taking so many letters, before saying so
	letters []Taken

	t        testing.TB
	listener net.Listener
	tls      *tls.Config
	roots    *x509.CertPool
	pem      []byte
}

// Start listens until the test ends. With secure it has STARTTLS.
func Start(t testing.TB, secure bool) *Relay {
	t.Helper()
	r := &Relay{t: t, Refuse: map[string]string{}}
	if secure {
		r.certify()
	}
	r.Listen("127.0.0.1:0")
	t.Cleanup(r.Stop)
	return r
}

// Listen begins to answer at an address.
func (r *Relay) Listen(address string) {
	r.t.Helper()
	l, err := net.Listen("tcp", address)
	if err != nil {
		r.t.Fatal(err)
	}
	r.listener = l
	go func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			go r.talk(c)
		}
	}()
}

// Stop ends listening.
func (r *Relay) Stop() { r.listener.Close() }

// Address is where it listens.
func (r *Relay) Address() string { return r.listener.Addr().String() }

// Port is the port it listens on.
func (r *Relay) Port() string { return strconv.Itoa(r.listener.Addr().(*net.TCPAddr).Port) }

// Certificate is the relay's own with its key, in PEM, for a server beside it.
func (r *Relay) Certificate() []byte { return r.pem }

// Settings are those of a sender to this relay.
func (r *Relay) Settings() notify.Relay {
	at := r.listener.Addr().(*net.TCPAddr)
	s := notify.Relay{Host: "127.0.0.1", Port: at.Port, From: "ecluse@academie.example", Name: "Écluse", TLS: notify.None, Timeout: 5 * time.Second}
	if r.roots != nil {
		s.TLS, s.Roots = notify.STARTTLS, r.roots
	}
	return s
}

// Letters are those taken so far.
func (r *Relay) Letters() []Taken {
	r.Lock()
	defer r.Unlock()
	return append([]Taken(nil), r.letters...)
}

// To is the letters to an address.
func (r *Relay) To(address string) (list []Taken) {
	for _, l := range r.Letters() {
		if l.To == address {
			list = append(list, l)
		}
	}
	return list
}

// A session is one connection.
type session struct {
	*textproto.Conn
	relay    *Relay
	raw      net.Conn
	from, to string
	secret   bool
}

func (r *Relay) talk(c net.Conn) {
	defer c.Close()
	s := &session{Conn: textproto.NewConn(c), relay: r, raw: c}
	r.Lock()
	greet := r.Greet
	r.Unlock()
	if greet != "" {
		s.PrintfLine("%s", greet)
		return
	}
	s.PrintfLine("220 relay.example ESMTP")
	for {
		line, err := s.ReadLine()
		if err != nil || !s.answer(line) {
			return
		}
	}
}

// answer says what a relay says to one line; false ends the connection.
func (s *session) answer(line string) bool {
	verb, rest, _ := strings.Cut(line, ":")
	switch verb, _, _ = strings.Cut(strings.ToUpper(verb), " "); verb {
	case "EHLO":
		if s.relay.tls != nil && !s.secret {
			s.PrintfLine("250-relay.example")
			s.PrintfLine("250-STARTTLS")
		}
		s.PrintfLine("250 8BITMIME")
	case "STARTTLS":
		s.PrintfLine("220 go ahead")
		c := tls.Server(s.raw, s.relay.tls)
		s.Conn, s.raw, s.secret = textproto.NewConn(c), c, true
	case "MAIL":
		s.from = path(rest)
		s.PrintfLine("250 ok")
	case "RCPT":
		s.to = path(rest)
		s.relay.Lock()
		said := s.relay.Refuse[s.to]
		s.relay.Unlock()
		if said == "" {
			said = "250 ok"
		}
		s.PrintfLine("%s", said)
	case "DATA":
		return s.data()
	case "QUIT":
		s.PrintfLine("221 bye")
		return false
	default:
		s.PrintfLine("250 ok")
	}
	return true
}

func (s *session) data() bool {
	s.PrintfLine("354 go on")
	raw, err := io.ReadAll(s.DotReader())
	if err != nil {
		return false
	}
	m, err := mail.ReadMessage(strings.NewReader(string(raw)))
	if err != nil {
		s.PrintfLine("554 %s", err)
		return true
	}
	s.relay.Lock()
	defer s.relay.Unlock()
	s.relay.letters = append(s.relay.letters, Taken{s.from, s.to, string(raw), m})
	if s.relay.Die > 0 {
		if s.relay.Die--; s.relay.Die == 0 {
			return false
		}
	}
	s.PrintfLine("250 taken")
	return true
}

// path is the address of <name@domain> and what follows it.
func path(s string) string {
	_, s, _ = strings.Cut(s, "<")
	s, _, _ = strings.Cut(s, ">")
	return s
}

// certify makes a certificate of the relay's own.
func (r *Relay) certify() {
	r.t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		r.t.Fatal(err)
	}
	ticket := &x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "relay.example"}, IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)},
		NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour), IsCA: true, BasicConstraintsValid: true,
		KeyUsage: x509.KeyUsageDigitalSignature | x509.KeyUsageCertSign, ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth},
	}
	der, err := x509.CreateCertificate(rand.Reader, ticket, ticket, &key.PublicKey, key)
	if err != nil {
		r.t.Fatal(err)
	}
	own, err := x509.ParseCertificate(der)
	if err != nil {
		r.t.Fatal(err)
	}
	secret, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		r.t.Fatal(err)
	}
	r.pem = append(pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: secret}), pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der})...)
	r.roots = x509.NewCertPool()
	r.roots.AddCert(own)
	r.tls = &tls.Config{Certificates: []tls.Certificate{{Certificate: [][]byte{der}, PrivateKey: key}}}
}
