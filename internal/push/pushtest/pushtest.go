// Package pushtest is a push service for tests (RFC 8030): it takes notices over
// HTTPS on the loopback address, as those of browsers do, verifies who signed them
// (RFC 8292), and opens them with the keys that a browser would have (RFC 8291).
package pushtest

import (
	"crypto/aes"
	"crypto/cipher"
	"crypto/ecdh"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/hkdf"
	"crypto/rand"
	"crypto/sha256"
	"crypto/x509"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"

	"github.com/go-jose/go-jose/v4"

	"github.com/ecluse-ecole/ecluse/internal/push"
)

// A Browser is who listens: what it tells the application, and its own secret.
type Browser struct {
	push.Subscription
	Private *ecdh.PrivateKey
}

// A Taken is one notice that the service took.
type Taken struct {
	Path   string
	Header http.Header
	Text   string
	Claims Claims
}

// Claims are who signed a notice, for whom, until when.
type Claims struct {
	Audience string `json:"aud"`
	Expires  int64  `json:"exp"`
	Subject  string `json:"sub"`
	Key      string `json:"-"`
}

// A Service is a running one.
type Service struct {
	*httptest.Server
	t        testing.TB
	mu       sync.Mutex
	browsers map[string]Browser
	taken    []Taken
	answer   int
	after    string
	asked    int
}

// New starts a service that ends with the test.
func New(t testing.TB) *Service {
	s := &Service{t: t, browsers: map[string]Browser{}, answer: http.StatusCreated}
	s.Server = httptest.NewTLSServer(s)
	t.Cleanup(s.Close)
	return s
}

// Host is its name, as a configuration has it.
func (s *Service) Host() string { return strings.TrimPrefix(s.URL, "https://") }

// Roots are who vouches for it.
func (s *Service) Roots() *x509.CertPool {
	pool := x509.NewCertPool()
	pool.AddCert(s.Certificate())
	return pool
}

// Browser subscribes one more.
func (s *Service) Browser() Browser {
	private, err := ecdh.P256().GenerateKey(rand.Reader)
	if err != nil {
		s.t.Fatal(err)
	}
	auth := make([]byte, 16)
	rand.Read(auth)
	path := "/push/" + rand.Text()
	b := Browser{push.Subscription{Endpoint: s.URL + path, Public: private.PublicKey().Bytes(), Auth: auth}, private}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.browsers[path] = b
	return b
}

// Answer makes the service answer with a code, and Retry-After where it is not "".
func (s *Service) Answer(code int, after string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.answer, s.after = code, after
}

// Asked is how many requests came, taken or not.
func (s *Service) Asked() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.asked
}

// To is what was taken for a browser, in order.
func (s *Service) To(b Browser) (list []Taken) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, t := range s.taken {
		if s.URL+t.Path == b.Endpoint {
			list = append(list, t)
		}
	}
	return list
}

// ServeHTTP takes a notice, or answers as it was told to.
func (s *Service) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.asked++
	if s.after != "" {
		w.Header().Set("Retry-After", s.after)
	}
	if s.answer/100 == 2 {
		if err := s.take(r); err != nil {
			s.t.Errorf("a notice that no service or browser would take: %v", err)
			w.WriteHeader(http.StatusBadRequest)
			return
		}
	}
	w.WriteHeader(s.answer)
}

func (s *Service) take(r *http.Request) error {
	b, known := s.browsers[r.URL.Path]
	body, err := io.ReadAll(r.Body)
	if !known || err != nil || r.Method != http.MethodPost || r.Header.Get("Content-Encoding") != "aes128gcm" {
		return fmt.Errorf("%s %s: %w", r.Method, r.URL.Path, err)
	}
	claims, err := verify(r.Header.Get("Authorization"))
	if err != nil {
		return err
	}
	if claims.Audience != s.URL {
		return fmt.Errorf("signed for %s", claims.Audience)
	}
	text, err := Open(b, body)
	s.taken = append(s.taken, Taken{r.URL.Path, r.Header, text, claims})
	return err
}

// verify reads who signed (RFC 8292, section 3).
func verify(header string) (c Claims, err error) {
	token, key, ok := strings.Cut(strings.TrimPrefix(header, "vapid t="), ", k=")
	point, err := base64.RawURLEncoding.DecodeString(key)
	if !ok || err != nil {
		return c, fmt.Errorf("the signature is %q", header)
	}
	public, err := ecdsa.ParseUncompressedPublicKey(elliptic.P256(), point)
	if err != nil {
		return c, err
	}
	signed, err := jose.ParseSignedCompact(token, []jose.SignatureAlgorithm{jose.ES256})
	if err != nil {
		return c, err
	}
	claims, err := signed.Verify(public)
	if err != nil {
		return c, err
	}
	c.Key = key
	return c, json.Unmarshal(claims, &c)
}

// Open is the text of a notice, as the browser reads it (RFC 8188, RFC 8291).
func Open(b Browser, body []byte) (string, error) {
	if len(body) < 21+65 || body[20] != 65 {
		return "", errors.New("the notice has no head")
	}
	salt, theirs, record := body[:16], body[21:86], body[86:]
	public, err := ecdh.P256().NewPublicKey(theirs)
	if err != nil {
		return "", err
	}
	shared, err := b.Private.ECDH(public)
	if err != nil {
		return "", err
	}
	derive := func(secret, salt []byte, info string, n int) []byte {
		out, failed := hkdf.Key(sha256.New, secret, salt, info, n)
		err = errors.Join(err, failed)
		return out
	}
	secret := derive(shared, b.Auth, "WebPush: info\x00"+string(b.Public)+string(theirs), 32)
	key, nonce := derive(secret, salt, "Content-Encoding: aes128gcm\x00", 16), derive(secret, salt, "Content-Encoding: nonce\x00", 12)
	if err != nil {
		return "", err
	}
	block, err := aes.NewCipher(key)
	if err != nil {
		return "", err
	}
	aead, err := cipher.NewGCM(block)
	if err != nil {
		return "", err
	}
	text, err := aead.Open(nil, nonce, record, nil)
	if err != nil {
		return "", err
	}
	text = []byte(strings.TrimRight(string(text), "\x00"))
	if len(text) == 0 || text[len(text)-1] != 2 {
		return "", errors.New("the notice has no end")
	}
	return string(text[:len(text)-1]), nil
}
