// Package identitytest has sign-in services for tests: an OpenID provider and a
// CAS server, over real HTTP, written after the texts of OpenID Connect Core 1.0
// and the CAS Protocol 3.0.3. Each signs everybody in as its user, without asking.
package identitytest

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"net/url"
	"sync"
	"testing"
	"time"

	"github.com/go-jose/go-jose/v4"
)

// The client that a Provider knows.
const (
	ClientID     = "ecluse"
	ClientSecret = "a secret of the client"
)

// A Provider is an OpenID provider: authorization code with PKCE, ID tokens,
// userinfo, logout in the back and in the front.
type Provider struct {
	*testing.T
	URL string

	mu     sync.Mutex
	now    func() time.Time
	key    jose.JSONWebKey
	claims Claims
	codes  map[string]grant
	asked  url.Values // the latest request to sign in
	ended  url.Values // the latest to sign out
	change func(*Claims)
	beside *Claims // told by userinfo; nil: nothing
	left   string  // an error to come back with
}

// Claims are what a token says.
type Claims struct {
	Issuer   string    `json:"iss,omitempty"`
	Subject  string    `json:"sub,omitempty"`
	Audience string    `json:"aud,omitempty"`
	Client   string    `json:"azp,omitempty"`
	Issued   int64     `json:"iat,omitempty"`
	Expires  int64     `json:"exp,omitempty"`
	Nonce    string    `json:"nonce,omitempty"`
	Name     string    `json:"preferred_username,omitempty"`
	UID      string    `json:"uid,omitempty"`
	Session  string    `json:"sid,omitempty"`
	At       int64     `json:"auth_time,omitempty"`
	ACR      string    `json:"acr,omitempty"`
	AMR      []string  `json:"amr,omitempty"`
	ID       string    `json:"jti,omitempty"`
	Events   *struct{} `json:"events,omitempty"`
}

// A Logout is the one event of a logout token.
type Logout struct {
	Event struct{} `json:"http://schemas.openid.net/event/backchannel-logout"`
}

type grant struct {
	challenge, back string
	claims          Claims
}

// NewProvider is a provider whose clock is now and that signs in a user.
func NewProvider(t *testing.T, now func() time.Time, user string) *Provider {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	p := &Provider{T: t, now: now, codes: map[string]grant{}, claims: Claims{Name: user, Subject: "subject of " + user, Session: "1"},
		key: jose.JSONWebKey{Key: key, KeyID: "1", Algorithm: "ES256", Use: "sig"}}
	mux := http.NewServeMux()
	mux.HandleFunc("GET /.well-known/openid-configuration", p.describe)
	mux.HandleFunc("GET /keys", p.keys)
	mux.HandleFunc("GET /authorize", p.authorize)
	mux.HandleFunc("POST /token", p.token)
	mux.HandleFunc("GET /userinfo", p.userinfo)
	mux.HandleFunc("GET /logout", p.logout)
	server := httptest.NewServer(mux)
	t.Cleanup(server.Close)
	p.URL = server.URL
	return p
}

// Set changes what the next sign-ins say of the person.
func (p *Provider) Set(change func(*Claims)) {
	p.mu.Lock()
	defer p.mu.Unlock()
	change(&p.claims)
}

// Spoil changes the next tokens before they are signed; nil ends that.
func (p *Provider) Spoil(change func(*Claims)) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.change = change
}

// Beside tells more by userinfo; nil nothing.
func (p *Provider) Beside(c *Claims) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.beside = c
}

// Leave has the next people come back with an error; "" ends that.
func (p *Provider) Leave(with string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.left = with
}

// Asked is the latest request to sign in, and to sign out.
func (p *Provider) Asked() (in, out url.Values) {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.asked, p.ended
}

func (p *Provider) describe(w http.ResponseWriter, _ *http.Request) {
	p.answer(w, http.StatusOK, struct {
		Issuer   string   `json:"issuer"`
		Auth     string   `json:"authorization_endpoint"`
		Token    string   `json:"token_endpoint"`
		Userinfo string   `json:"userinfo_endpoint"`
		Keys     string   `json:"jwks_uri"`
		End      string   `json:"end_session_endpoint"`
		Algs     []string `json:"id_token_signing_alg_values_supported"`
	}{p.URL, p.URL + "/authorize", p.URL + "/token", p.URL + "/userinfo", p.URL + "/keys", p.URL + "/logout", []string{"ES256"}})
}

func (p *Provider) keys(w http.ResponseWriter, _ *http.Request) {
	p.answer(w, http.StatusOK, jose.JSONWebKeySet{Keys: []jose.JSONWebKey{p.key.Public()}})
}

func (p *Provider) answer(w http.ResponseWriter, status int, v any) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	if err := json.NewEncoder(w).Encode(v); err != nil {
		p.Error(err)
	}
}

func (p *Provider) authorize(w http.ResponseWriter, r *http.Request) {
	p.mu.Lock()
	defer p.mu.Unlock()
	q := r.URL.Query()
	p.asked = q
	if q.Get("client_id") != ClientID || q.Get("response_type") != "code" || q.Get("code_challenge_method") != "S256" || q.Get("scope") == "" {
		http.Error(w, "a bad request: "+q.Encode(), http.StatusBadRequest)
		return
	}
	now := p.now()
	if q.Get("prompt") == "login" || p.claims.At == 0 {
		p.claims.At = now.Unix()
	}
	claims := p.claims
	claims.Issuer, claims.Audience, claims.Issued, claims.Expires = p.URL, ClientID, now.Unix(), now.Add(time.Minute).Unix()
	claims.Nonce = q.Get("nonce")
	back := url.Values{"state": {q.Get("state")}, "iss": {p.URL}}
	if p.left != "" {
		back.Set("error", p.left)
	} else {
		code := rand.Text()
		p.codes[code] = grant{q.Get("code_challenge"), q.Get("redirect_uri"), claims}
		back.Set("code", code)
	}
	http.Redirect(w, r, q.Get("redirect_uri")+"?"+back.Encode(), http.StatusFound)
}

func (p *Provider) token(w http.ResponseWriter, r *http.Request) {
	p.mu.Lock()
	defer p.mu.Unlock()
	refuse := func(why string) {
		p.answer(w, http.StatusBadRequest, struct {
			Error string `json:"error"`
		}{why})
	}
	id, secret, _ := r.BasicAuth()
	if id != ClientID || secret != url.QueryEscape(ClientSecret) {
		refuse("invalid_client")
		return
	}
	g, found := p.codes[r.PostFormValue("code")]
	delete(p.codes, r.PostFormValue("code"))
	verifier := sha256.Sum256([]byte(r.PostFormValue("code_verifier")))
	if !found || g.back != r.PostFormValue("redirect_uri") || g.challenge != base64.RawURLEncoding.EncodeToString(verifier[:]) {
		refuse("invalid_grant")
		return
	}
	if p.change != nil {
		p.change(&g.claims)
	}
	p.answer(w, http.StatusOK, struct {
		Access  string `json:"access_token"`
		Type    string `json:"token_type"`
		Expires int    `json:"expires_in"`
		ID      string `json:"id_token"`
	}{"access of " + g.claims.Subject, "Bearer", 60, p.sign(g.claims)})
}

func (p *Provider) sign(claims any) string {
	signer, err := jose.NewSigner(jose.SigningKey{Algorithm: jose.ES256, Key: p.key}, nil)
	if err != nil {
		p.Fatal(err)
	}
	text, err := json.Marshal(claims)
	if err != nil {
		p.Fatal(err)
	}
	object, err := signer.Sign(text)
	if err != nil {
		p.Fatal(err)
	}
	raw, err := object.CompactSerialize()
	if err != nil {
		p.Fatal(err)
	}
	return raw
}

func (p *Provider) userinfo(w http.ResponseWriter, r *http.Request) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.beside == nil || r.Header.Get("Authorization") != "Bearer access of "+p.claims.Subject {
		w.WriteHeader(http.StatusUnauthorized)
		return
	}
	p.answer(w, http.StatusOK, p.beside)
}

func (p *Provider) logout(w http.ResponseWriter, r *http.Request) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.ended = r.URL.Query()
	http.Redirect(w, r, p.ended.Get("post_logout_redirect_uri"), http.StatusFound)
}

// LogoutToken is one that tells that a session, or all of a person, ended.
func (p *Provider) LogoutToken(change func(*Claims)) string {
	p.mu.Lock()
	defer p.mu.Unlock()
	now := p.now()
	c := Claims{Issuer: p.URL, Audience: ClientID, Subject: p.claims.Subject, Session: p.claims.Session, Issued: now.Unix(), Expires: now.Add(time.Minute).Unix(), ID: rand.Text()}
	if change != nil {
		change(&c)
	}
	return p.sign(struct {
		Claims
		Events Logout `json:"events"`
	}{Claims: c})
}
