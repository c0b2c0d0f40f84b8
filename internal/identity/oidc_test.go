package identity

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"encoding/base64"
	"encoding/json"
	"encoding/pem"
	"net/http"
	"net/http/httptest"
	"sync/atomic"
	"testing"
	"time"

	"github.com/ecluse-ecole/ecluse/internal/config"
	"github.com/go-jose/go-jose/v4"
)

// A provider is an OpenID provider of the test: its description and its keys.
type provider struct {
	*testing.T
	URL    string
	keys   atomic.Pointer[jose.JSONWebKeySet]
	asked  atomic.Int64 // how often its keys were fetched
	broken atomic.Bool
	hung   chan struct{} // while not nil and open, keys do not come
}

func newProvider(t *testing.T, keys ...jose.JSONWebKey) *provider {
	p := &provider{T: t}
	p.publish(keys...)
	mux := http.NewServeMux()
	mux.HandleFunc("GET /.well-known/openid-configuration", func(w http.ResponseWriter, _ *http.Request) {
		json.NewEncoder(w).Encode(struct {
			Issuer string   `json:"issuer"`
			Auth   string   `json:"authorization_endpoint"`
			Keys   string   `json:"jwks_uri"`
			Algs   []string `json:"id_token_signing_alg_values_supported"`
		}{p.URL, p.URL + "/auth", p.URL + "/keys", []string{"RS256", "ES256", "HS256", "none"}})
	})
	mux.HandleFunc("GET /keys", func(w http.ResponseWriter, r *http.Request) {
		p.asked.Add(1)
		if p.broken.Load() {
			w.WriteHeader(http.StatusBadGateway)
			return
		}
		if p.hung != nil {
			select {
			case <-p.hung:
			case <-r.Context().Done():
			}
		}
		json.NewEncoder(w).Encode(p.keys.Load())
	})
	server := httptest.NewServer(mux)
	t.Cleanup(server.Close)
	p.URL = server.URL
	return p
}

// publish replaces the provider's keys with the public halves of these.
func (p *provider) publish(keys ...jose.JSONWebKey) {
	set := &jose.JSONWebKeySet{}
	for _, k := range keys {
		set.Keys = append(set.Keys, k.Public())
	}
	p.keys.Store(set)
}

func (p *provider) source(c config.OIDC) *OIDC {
	p.Helper()
	c.Issuer = p.URL
	if c.Audience == "" {
		c.Audience = "ecluse"
	}
	o, err := NewOIDC(c)
	if err != nil {
		p.Fatal(err)
	}
	return o
}

func rsaKey(t *testing.T, id string) jose.JSONWebKey {
	t.Helper()
	k, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		t.Fatal(err)
	}
	return jose.JSONWebKey{Key: k, KeyID: id, Algorithm: "RS256", Use: "sig"}
}

func ecKey(t *testing.T, id string) jose.JSONWebKey {
	t.Helper()
	k, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	return jose.JSONWebKey{Key: k, KeyID: id, Algorithm: "ES256", Use: "sig"}
}

// A token is what the tests put into one.
type idToken struct {
	Issuer   string `json:"iss,omitempty"`
	Audience string `json:"aud,omitempty"`
	Subject  string `json:"sub,omitempty"`
	Expires  int64  `json:"exp,omitempty"`
	Name     string `json:"preferred_username,omitempty"`
	Email    string `json:"email,omitempty"`
	Verified *bool  `json:"email_verified,omitempty"`
	Events   *int   `json:"events,omitempty"`
}

func (p *provider) token() idToken {
	return idToken{Issuer: p.URL, Audience: "ecluse", Subject: "s-1", Expires: time.Now().Add(time.Hour).Unix(), Name: "pupil1"}
}

func sign(t *testing.T, alg jose.SignatureAlgorithm, key any, claims idToken) string {
	t.Helper()
	signer, err := jose.NewSigner(jose.SigningKey{Algorithm: alg, Key: key}, nil)
	if err != nil {
		t.Fatal(err)
	}
	return seal(t, signer, claims)
}

func seal(t *testing.T, signer jose.Signer, claims idToken) string {
	t.Helper()
	text, err := json.Marshal(claims)
	if err != nil {
		t.Fatal(err)
	}
	object, err := signer.Sign(text)
	if err != nil {
		t.Fatal(err)
	}
	raw, err := object.CompactSerialize()
	if err != nil {
		t.Fatal(err)
	}
	return raw
}

func TestOIDC(t *testing.T) {
	rs, es, stranger := rsaKey(t, "rs"), ecKey(t, "es"), rsaKey(t, "rs")
	p := newProvider(t, rs, es)
	o := p.source(config.OIDC{})
	who := func(want, raw string) {
		t.Helper()
		if got := verdict(o.Who(request("Authorization", "Bearer "+raw))); got != want {
			t.Errorf("%s, want %s", got, want)
		}
	}
	with := func(change func(*idToken)) string {
		claims := p.token()
		change(&claims)
		return sign(t, jose.RS256, rs, claims)
	}
	who("pupil1", sign(t, jose.RS256, rs, p.token()))
	who("pupil1", sign(t, jose.ES256, es, p.token()))
	who("s-1", with(func(c *idToken) { c.Name = "" }))
	who("nobody", "syt_an-access-token-of-another-server")
	who("forged", "a.b.c")

	who("forged", with(func(c *idToken) { c.Issuer = "https://elsewhere.example" }))
	who("forged", with(func(c *idToken) { c.Audience = "another" }))
	who("forged", with(func(c *idToken) { c.Name, c.Subject = "", "" }))
	who("forged", with(func(c *idToken) { c.Events = new(int) })) // a logout token
	who("nobody", with(func(c *idToken) { c.Expires = time.Now().Add(-time.Second).Unix() }))
	who("nobody", with(func(c *idToken) { c.Expires = 0 }))
	who("forged", sign(t, jose.RS256, stranger, p.token()))
	who("forged", sign(t, jose.PS256, rs.Key, p.token())) // not among those that the provider names
	if got := verdict(o.Who(request())); got != "nobody" {
		t.Errorf("without a token: %s", got)
	}
	good := sign(t, jose.RS256, rs, p.token())
	if got := verdict(o.Who(request("Authorization", "Bearer "+good, "Authorization", "Bearer "+good))); got != "forged" {
		t.Errorf("with two tokens: %s", got)
	}
	if got := verdict(o.Who(request("Authorization", "bearer  "+good))); got != "pupil1" {
		t.Errorf("the scheme's case does not count: %s", got)
	}
}

// TestOIDCConfusion: a token signed with the public key as a shared secret, and
// one that is not signed at all (RFC 8725, sections 2.1 and 3.1).
func TestOIDCConfusion(t *testing.T) {
	rs := rsaKey(t, "rs")
	p := newProvider(t, rs)
	o := p.source(config.OIDC{})
	der, err := x509.MarshalPKIXPublicKey(rs.Key.(crypto.Signer).Public())
	if err != nil {
		t.Fatal(err)
	}
	public := pem.EncodeToMemory(&pem.Block{Type: "PUBLIC KEY", Bytes: der})
	text, err := json.Marshal(p.token())
	if err != nil {
		t.Fatal(err)
	}
	none := base64.RawURLEncoding.EncodeToString([]byte(`{"alg":"none","kid":"rs"}`)) + "." + base64.RawURLEncoding.EncodeToString(text) + "."
	for name, raw := range map[string]string{
		"shared secret": sign(t, jose.HS256, public, p.token()),
		"none":          none,
	} {
		if got := verdict(o.Who(request("Authorization", "Bearer "+raw))); got != "forged" {
			t.Errorf("%s: %s, want forged", name, got)
		}
	}
}

func TestOIDCClaimAndCookie(t *testing.T) {
	rs := rsaKey(t, "rs")
	p := newProvider(t, rs)
	o := p.source(config.OIDC{Claim: "email", Cookie: "id"})
	who := func(want, email string, verified *bool) {
		t.Helper()
		claims := p.token()
		claims.Email, claims.Verified = email, verified
		if got := verdict(o.Who(request("Cookie", "id="+sign(t, jose.RS256, rs, claims)))); got != want {
			t.Errorf("%s, want %s", got, want)
		}
	}
	yes, no := true, false
	who("pupil1@college.example", "pupil1@college.example", &yes)
	who("pupil1@college.example", "pupil1@college.example", nil)
	who("forged", "pupil1@college.example", &no)
	who("forged", "", nil)
	if got := verdict(o.Who(request("Authorization", "Bearer "+sign(t, jose.RS256, rs, p.token())))); got != "nobody" {
		t.Errorf("the token of Authorization counts beside the cookie: %s", got)
	}
}

// TestOIDCUnreachable: while its keys cannot be had nobody is believed, and
// nobody is told to sign in again for it.
func TestOIDCUnreachable(t *testing.T) {
	t.Parallel()
	rs, next := rsaKey(t, "rs"), rsaKey(t, "next")
	p := newProvider(t, rs)
	p.broken.Store(true)
	o := p.source(config.OIDC{})
	o.keys.every, o.keys.retry = 0, 0
	who := func(want, raw string) {
		t.Helper()
		if got := verdict(o.Who(request("Authorization", "Bearer "+raw))); got != want {
			t.Errorf("%s, want %s", got, want)
		}
	}
	good := sign(t, jose.RS256, rs, p.token())
	who("error", good)
	p.broken.Store(false)
	who("pupil1", good)

	rotated := sign(t, jose.RS256, next, p.token())
	who("forged", rotated)
	p.publish(next)
	who("pupil1", rotated)
	who("pupil1", good) // it was verified, and is believed for a while

	p.hung = make(chan struct{})
	defer close(p.hung)
	began := time.Now()
	who("error", sign(t, jose.RS256, rs, p.token())+"A")
	if waited := time.Since(began); waited > patience+time.Second {
		t.Errorf("a provider that hangs made us wait for %s", waited)
	}
	gone := newProvider(t)
	o = gone.source(config.OIDC{})
	o.issuer = "http://127.0.0.1:1"
	who("error", good)
}

// TestOIDCIsSparing: tokens that name keys nobody has do not press the provider.
func TestOIDCIsSparing(t *testing.T) {
	rs := rsaKey(t, "rs")
	p := newProvider(t, rs)
	o := p.source(config.OIDC{})
	stranger := ecKey(t, "unknown")
	for i := range 50 {
		claims := p.token()
		claims.Expires += int64(i)
		if got := verdict(o.Who(request("Authorization", "Bearer "+sign(t, jose.ES256, stranger, claims)))); got != "forged" {
			t.Fatal(got)
		}
	}
	if n := p.asked.Load(); n > 2 {
		t.Errorf("the provider's keys were fetched %d times", n)
	}
	good := request("Authorization", "Bearer "+sign(t, jose.RS256, rs, p.token()))
	p.publish()
	for range 3 {
		if got := verdict(o.Who(good)); got != "pupil1" {
			t.Fatal(got)
		}
	}
}

func BenchmarkOIDCKept(b *testing.B) {
	t := &testing.T{}
	rs := rsaKey(t, "rs")
	p := newProvider(t, rs)
	r := request("Authorization", "Bearer "+sign(t, jose.RS256, rs, p.token()))
	o := p.source(config.OIDC{})
	b.ReportAllocs()
	for b.Loop() {
		if _, err := o.Who(r); err != nil {
			b.Fatal(err)
		}
	}
}
