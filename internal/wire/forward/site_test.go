package forward_test

import (
	"bufio"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"fmt"
	"io"
	"math/big"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/ecluse-ecole/ecluse/internal/wire/wiretest"
)

const (
	host   = "ent.example"
	secret = "a secret of the tests"
)

// A site is a real server in front of a workspace, asking Écluse.
type site struct {
	*testing.T
	w       *wiretest.World
	front   string // where the server listens, with TLS
	gate    *decisionPoint
	servant *wiretest.Server
}

// A kind is one of the servers, started with the configuration that integrations/
// holds.
type kind struct {
	name  string
	start func(t *testing.T, front, gate, workspace string) *wiretest.Server
}

func kinds() []kind { return []kind{{"nginx", startNginx}, {"caddy", startCaddy}} }

// newSite starts everything at an instant of Paris under the second letter.
func newSite(t *testing.T, k kind, at string) *site {
	t.Helper()
	w := wiretest.New(t, at, wiretest.Letter)
	s := &site{T: t, w: w, front: wiretest.FreeAddress(t)}
	s.gate = startDecisionPoint(t, handler(t, w.Desk))
	s.servant = k.start(t, s.front, s.gate.address, startWorkspace(t))
	return s
}

// A decisionPoint is Écluse behind an address, which can die and hang.
type decisionPoint struct {
	*testing.T
	address string
	handler http.Handler
	hangs   atomic.Bool
	server  *http.Server
}

func startDecisionPoint(t *testing.T, h http.Handler) *decisionPoint {
	t.Helper()
	d := &decisionPoint{T: t, address: wiretest.FreeAddress(t), handler: h}
	d.revive()
	t.Cleanup(func() { d.server.Close() })
	return d
}

func (d *decisionPoint) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if d.hangs.Load() {
		<-r.Context().Done()
		return
	}
	d.handler.ServeHTTP(w, r)
}

// kill ends it with all its connections.
func (d *decisionPoint) kill() { d.server.Close() }

func (d *decisionPoint) revive() {
	d.Helper()
	l, err := net.Listen("tcp", d.address)
	if err != nil {
		d.Fatal(err)
	}
	d.hangs.Store(false)
	d.server = &http.Server{Handler: d, ReadHeaderTimeout: 10 * time.Second}
	go d.server.Serve(l)
}

// raw sends the bytes of one request as they stand and reads the answer. A server
// that hangs up answers nothing: status 0.
func (s *site) raw(lines ...string) (status int, body string) {
	s.Helper()
	status, body, err := s.send(lines...)
	if err != nil {
		s.Fatal(err)
	}
	return status, body
}

// send is raw for goroutines; it fails where nobody answers the call.
func (s *site) send(lines ...string) (status int, body string, err error) {
	c, err := tls.Dial("tcp", s.front, &tls.Config{ServerName: host, InsecureSkipVerify: true, NextProtos: []string{"http/1.1"}})
	if err != nil {
		return 0, "", err
	}
	defer c.Close()
	c.SetDeadline(time.Now().Add(10 * time.Second))
	if _, err := io.WriteString(c, strings.Join(lines, "\r\n")+"\r\n\r\n"); err != nil {
		return 0, "", nil
	}
	r, err := http.ReadResponse(bufio.NewReader(c), nil)
	if err != nil {
		return 0, "", nil
	}
	defer r.Body.Close()
	text, _ := io.ReadAll(r.Body)
	return r.StatusCode, string(text), nil
}

// as is the header of who is signed in.
func as(login string) string { return "Authorization: " + basic(login) }

func basic(login string) string {
	r, _ := http.NewRequest("GET", "/", nil)
	r.SetBasicAuth(login, secret)
	return r.Header.Get("Authorization")
}

// get asks in an ordinary way, over whichever protocol both sides prefer.
func (s *site) get(login, address string, headers ...string) *http.Response {
	s.Helper()
	return s.do("GET", login, address, nil, headers...)
}

func (s *site) do(method, login, address string, body io.Reader, headers ...string) *http.Response {
	s.Helper()
	r, err := http.NewRequestWithContext(s.Context(), method, "https://"+s.front+address, body)
	if err != nil {
		s.Fatal(err)
	}
	r.Host = host
	if login != "" {
		r.Header.Set("Authorization", basic(login))
	}
	for i := 0; i+1 < len(headers); i += 2 {
		r.Header.Set(headers[i], headers[i+1])
	}
	transport := &http.Transport{
		TLSClientConfig: &tls.Config{ServerName: host, InsecureSkipVerify: true}, ForceAttemptHTTP2: true, DisableKeepAlives: true,
	}
	answer, err := transport.RoundTrip(r)
	if err != nil {
		s.Fatal(err)
	}
	s.Cleanup(func() { answer.Body.Close() })
	return answer
}

// expect asks and holds status and text.
func (s *site) expect(login, address string, status int, said string, headers ...string) *http.Response {
	s.Helper()
	r := s.get(login, address, headers...)
	body, _ := io.ReadAll(r.Body)
	if r.StatusCode != status || !strings.Contains(string(body), said) || !strings.HasPrefix(said, inbox) && strings.Contains(string(body), inbox) {
		s.Errorf("%s at %s: %d %s, want %d and %q", login, address, r.StatusCode, body, status, said)
	}
	return r
}

// people are who can sign in.
func people() []string {
	return []string{wiretest.Pupil, wiretest.Teacher, wiretest.Nadia, wiretest.Head}
}

// certificate writes a certificate and its key into a folder.
func certificate(t *testing.T, folder string) {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: host}, DNSNames: []string{host},
		NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour),
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, &key.PublicKey, key)
	if err != nil {
		t.Fatal(err)
	}
	private, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		t.Fatal(err)
	}
	for name, block := range map[string]*pem.Block{"cert.pem": {Type: "CERTIFICATE", Bytes: der}, "key.pem": {Type: "PRIVATE KEY", Bytes: private}} {
		write(t, filepath.Join(folder, name), string(pem.EncodeToMemory(block)))
	}
}

func write(t *testing.T, name, text string) {
	t.Helper()
	if err := os.WriteFile(name, []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
}

// users writes who can sign in, a line each.
func users(t *testing.T, name, line string) {
	t.Helper()
	var text strings.Builder
	for _, login := range people() {
		fmt.Fprintf(&text, line+"\n", login)
	}
	write(t, name, text.String())
}
