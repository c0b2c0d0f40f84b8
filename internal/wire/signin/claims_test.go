package signin_test

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"encoding/json"
	"encoding/pem"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/ecluse-ecole/ecluse/internal/config"
	"github.com/ecluse-ecole/ecluse/internal/wire/wiretest"
	"github.com/go-jose/go-jose/v4"
)

// A statement is what a sign-in service reads of a token.
type statement struct {
	Issuer   string   `json:"iss"`
	Subject  string   `json:"sub"`
	Audience string   `json:"aud"`
	Issued   int64    `json:"iat"`
	Expires  int64    `json:"exp"`
	Access   string   `json:"ecluse_access"`
	Until    *int64   `json:"ecluse_until"`
	Reopens  *int64   `json:"ecluse_reopens"`
	Orders   []string `json:"ecluse_orders"`
	Unknown  bool     `json:"ecluse_unknown"`
	Lifetime int64    `json:"max_lifetime"`
}

// fetch is a GET with headers given as pairs.
func fetch(t *testing.T, address string, headers ...string) (*http.Response, string) {
	t.Helper()
	r, err := http.NewRequest("GET", address, nil)
	if err != nil {
		t.Fatal(err)
	}
	for i := 0; i < len(headers); i += 2 {
		r.Header.Set(headers[i], headers[i+1])
	}
	response, err := http.DefaultClient.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	body, err := io.ReadAll(response.Body)
	if err != nil {
		t.Fatal(err)
	}
	return response, string(body)
}

// published are the keys at an address.
func published(t *testing.T, address string) (set jose.JSONWebKeySet) {
	t.Helper()
	_, body := fetch(t, address)
	if err := json.Unmarshal([]byte(body), &set); err != nil || len(set.Keys) == 0 {
		t.Fatalf("%s holds no keys: %v %s", address, err, body)
	}
	for _, k := range set.Keys {
		if !k.IsPublic() || !k.Valid() {
			t.Fatalf("a private key is published: %s", body)
		}
	}
	return set
}

// verified reads a token as a stranger would: by the published keys alone.
func verified[T statement | signal](t *testing.T, keys jose.JSONWebKeySet, token, kind string) (document T) {
	t.Helper()
	signed, err := jose.ParseSignedCompact(token, []jose.SignatureAlgorithm{jose.ES256, jose.RS256})
	if err != nil {
		t.Fatalf("%q: %v", token, err)
	}
	header := signed.Signatures[0].Header
	if got := header.ExtraHeaders["typ"]; got != kind {
		t.Errorf("the token is of type %v, want %s", got, kind)
	}
	found := keys.Key(header.KeyID)
	if len(found) != 1 {
		t.Fatalf("no key %q is published", header.KeyID)
	}
	text, err := signed.Verify(found[0])
	if err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(text, &document); err != nil {
		t.Fatal(err)
	}
	return document
}

func TestClaims(t *testing.T) {
	w := wiretest.New(t, "2024-04-02T18:58", wiretest.Letter)
	token := w.Point("oidc")
	file := filepath.Join(t.TempDir(), "sign.pem")
	address := serveSide(t, w.Desk, config.Gate{Sign: &config.Sign{Issuer: "https://ecluse.example/", KeyFile: file}})
	if info, err := os.Stat(file); err != nil || info.Mode().Perm() != 0o600 {
		t.Fatalf("the key that was made: %v, %v", info, err)
	}
	keys := published(t, address+"/gate/jwks.json")
	states := func(query string) statement {
		t.Helper()
		response, body := fetch(t, address+"/gate/claims?"+query, "Authorization", "Bearer "+token)
		if kind := response.Header.Get("Content-Type"); kind != "application/jwt" || response.Header.Get("Cache-Control") != "no-store" {
			t.Errorf("the statement comes as %q: %v", kind, response.Header)
		}
		s := verified[statement](t, keys, body, "ecluse-claims+jwt")
		if s.Issuer != "https://ecluse.example" || s.Audience != "test-oidc" || s.Issued > time.Now().Unix() || s.Issued < time.Now().Unix()-5 {
			t.Errorf("?%s: %+v", query, s)
		}
		return s
	}
	near := func(got, want int64) bool { return got <= want && got >= want-3 }

	s := states("login=teacher1")
	if s.Subject != "teacher1" || s.Access != "write" || s.Reopens != nil || !near(s.Lifetime, 120) || !near(s.Expires, time.Now().Unix()+120) {
		t.Errorf("two minutes before the closing: %+v", s)
	}
	if s.Until == nil || time.Unix(*s.Until, 0).UTC().Format(time.RFC3339) != "2024-04-02T17:00:00Z" {
		t.Errorf("until: %v", s.Until)
	}
	w.At("2024-04-02T19:00")
	s = states("login=teacher1")
	if s.Access != "closed" || s.Lifetime != 0 || len(s.Orders) != 1 || !near(s.Expires, time.Now().Unix()+300) ||
		s.Reopens == nil || time.Unix(*s.Reopens, 0).UTC().Format(time.RFC3339) != "2024-04-03T05:00:00Z" {
		t.Errorf("at the closing: %+v", s)
	}
	w.At("2024-04-03T07:00")
	if s = states("login=teacher1&school=0799002F&service=chat"); s.Access != "write" || !near(s.Lifetime, 12*3600) {
		t.Errorf("at the reopening: %+v", s)
	}
	if s = states("login=pupil1"); s.Access != "closed" || s.Lifetime != 0 || s.Until != nil || s.Reopens != nil {
		t.Errorf("until lifted: %+v", s)
	}
	if s = states("login=nobody.knows"); s.Access != "closed" || !s.Unknown || !near(s.Expires, time.Now().Unix()+60) {
		t.Errorf("nobody: %+v", s)
	}

}

// TestClaimsAreForPoints: what is no question, or nobody's, is not answered.
func TestClaimsAreForPoints(t *testing.T) {
	w := wiretest.New(t, wiretest.Noon, wiretest.Letter)
	token := w.Point("oidc")
	address := serveSide(t, w.Desk, config.Gate{Sign: &config.Sign{Issuer: "https://ecluse.example", KeyFile: filepath.Join(t.TempDir(), "sign.pem")}})
	response, body := fetch(t, address+"/gate/claims?login=teacher1", "Authorization", "Bearer "+token, "Accept", "application/json")
	var plain statement
	if err := json.Unmarshal([]byte(body), &plain); err != nil || plain.Access != "write" || response.Header.Get("Content-Type") != "application/json" {
		t.Errorf("as JSON: %v %s", err, body)
	}
	for query, want := range map[string]int{"": 400, "login=a&login=b": 400, "login=teacher1&school=x": 400} {
		if response, _ := fetch(t, address+"/gate/claims?"+query, "Authorization", "Bearer "+token); response.StatusCode != want {
			t.Errorf("?%s: %s, want %d", query, response.Status, want)
		}
	}
	for _, authorization := range []string{"", "Bearer another", "Basic " + token} {
		response, body := fetch(t, address+"/gate/claims?login=teacher1", "Authorization", authorization)
		if response.StatusCode != 401 || response.Header.Get("WWW-Authenticate") == "" || strings.Contains(body, "write") {
			t.Errorf("with %q: %s %s", authorization, response.Status, body)
		}
	}
}

// TestKeys: a key that is given is used, several are published, a key of no use
// is refused.
func TestKeys(t *testing.T) {
	w := wiretest.New(t, wiretest.Noon, wiretest.Letter)
	token := w.Point("oidc")
	block := func(key any) string {
		t.Helper()
		der, err := x509.MarshalPKCS8PrivateKey(key)
		if err != nil {
			t.Fatal(err)
		}
		return string(pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: der}))
	}
	write := func(text string) config.Gate {
		t.Helper()
		file := filepath.Join(t.TempDir(), "sign.pem")
		if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		return config.Gate{Sign: &config.Sign{Issuer: "https://ecluse.example", KeyFile: file}}
	}
	rs, _ := rsa.GenerateKey(rand.Reader, 2048)
	weak, _ := rsa.GenerateKey(rand.Reader, 1024)
	es, _ := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	other, _ := ecdsa.GenerateKey(elliptic.P384(), rand.Reader)

	address := serveSide(t, w.Desk, write(block(rs)+block(es)))
	keys := published(t, address+"/gate/jwks.json")
	if len(keys.Keys) != 2 || keys.Keys[0].Algorithm != "RS256" || keys.Keys[1].Algorithm != "ES256" {
		t.Errorf("published: %+v", keys)
	}
	_, body := fetch(t, address+"/gate/claims?login=teacher1", "Authorization", "Bearer "+token)
	signed, err := jose.ParseSignedCompact(body, []jose.SignatureAlgorithm{jose.RS256})
	if err != nil || signed.Signatures[0].Header.KeyID != keys.Keys[0].KeyID {
		t.Errorf("the first key must sign: %v", err)
	}
	for name, text := range map[string]string{"nothing": "", "a weak key": block(weak), "another curve": block(other), "no key": "-----BEGIN X-----\n-----END X-----\n"} {
		if _, err := newSide(w, write(text)); err == nil {
			t.Errorf("%s was accepted", name)
		}
	}
	if _, err := newSide(w, config.Gate{Sign: &config.Sign{Issuer: "http://ecluse.example", KeyFile: "x"}}); err == nil {
		t.Error("an issuer without TLS was accepted")
	}

}

// TestOneKeyIsMade: two processes that start at once use the same.
func TestOneKeyIsMade(t *testing.T) {
	w := wiretest.New(t, wiretest.Noon, wiretest.Letter)
	shared := config.Gate{Sign: &config.Sign{Issuer: "https://ecluse.example", KeyFile: filepath.Join(t.TempDir(), "sign.pem")}}
	var mu sync.Mutex
	made := map[string]int{}
	var all sync.WaitGroup
	for range 8 {
		all.Go(func() {
			set := published(t, serveSide(t, w.Desk, shared)+"/gate/jwks.json")
			mu.Lock()
			defer mu.Unlock()
			made[set.Keys[0].KeyID]++
		})
	}
	all.Wait()
	if len(made) != 1 {
		t.Errorf("%d keys were made", len(made))
	}
	if left, _ := filepath.Glob(filepath.Join(filepath.Dir(shared.Sign.KeyFile), ".*")); len(left) > 0 {
		t.Errorf("drafts are left: %v", left)
	}
}
