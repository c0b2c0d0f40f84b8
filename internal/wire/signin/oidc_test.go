package signin_test

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/ecluse-ecole/ecluse/internal/config"
	"github.com/ecluse-ecole/ecluse/internal/identity"
	"github.com/ecluse-ecole/ecluse/internal/wire"
	"github.com/ecluse-ecole/ecluse/internal/wire/signin"
	"github.com/ecluse-ecole/ecluse/internal/wire/wiretest"
	"github.com/go-jose/go-jose/v4"
)

// TestOIDCConfiguration: the published configuration with a provider that signs.
func TestOIDCConfiguration(t *testing.T) {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	jwk := jose.JSONWebKey{Key: key, KeyID: "k", Algorithm: "ES256", Use: "sig"}
	mux := http.NewServeMux()
	provider := httptest.NewServer(mux)
	defer provider.Close()
	issuer := provider.URL + "/realms/ent"
	mux.HandleFunc("GET /realms/ent/.well-known/openid-configuration", func(w http.ResponseWriter, _ *http.Request) {
		json.NewEncoder(w).Encode(struct {
			Issuer string   `json:"issuer"`
			Keys   string   `json:"jwks_uri"`
			Algs   []string `json:"id_token_signing_alg_values_supported"`
		}{issuer, issuer + "/keys", []string{"ES256"}})
	})
	mux.HandleFunc("GET /realms/ent/keys", func(w http.ResponseWriter, _ *http.Request) {
		json.NewEncoder(w).Encode(jose.JSONWebKeySet{Keys: []jose.JSONWebKey{jwk.Public()}})
	})
	file := filepath.Join(t.TempDir(), "ecluse.yaml")
	wiretest.Config(t, "../../../integrations/oidc/ecluse.yaml", file, "https://connect.ent.example/realms/ent", issuer)
	c, err := config.Load(file)
	if err != nil {
		t.Fatal(err)
	}
	who, err := identity.New(c.Gate.Identity, nil)
	if err != nil {
		t.Fatal(err)
	}
	w := wiretest.New(t, wiretest.Noon, wiretest.Letter)
	if _, err := signin.New(w.Desk, who, c.Gate, nil, w.Log); err != nil {
		t.Fatal(err)
	}
	signer, err := jose.NewSigner(jose.SigningKey{Algorithm: jose.ES256, Key: jwk}, nil)
	if err != nil {
		t.Fatal(err)
	}
	claims, _ := json.Marshal(struct {
		Issuer   string `json:"iss"`
		Audience string `json:"aud"`
		Expires  int64  `json:"exp"`
		Name     string `json:"preferred_username"`
	}{issuer, "ent", time.Now().Add(time.Minute).Unix(), wiretest.Teacher})
	signed, err := signer.Sign(claims)
	if err != nil {
		t.Fatal(err)
	}
	token, err := signed.CompactSerialize()
	if err != nil {
		t.Fatal(err)
	}
	r := httptest.NewRequest("GET", "/", nil)
	r.Header.Set("Authorization", "Bearer "+token)
	if login, err := who.Who(r); err != nil || login != wiretest.Teacher {
		t.Errorf("the token names %q, %v", login, err)
	}
	r.Header.Set("X-Ecluse-User", wiretest.Head)
	if login, _ := who.Who(r); login != wiretest.Teacher {
		t.Errorf("a header that is not configured names %q", login)
	}
}

// rules is what LemonLDAP::NG does with access rules: the custom function is
// given to them by its name, they are compiled, and run for each request. The
// last one is compiled in the compartment that LemonLDAP::NG calls the Safe jail.
const rules = `
use strict;
use Safe;
use Ecluse;
$Ecluse::file = shift;
*allows = \&Ecluse::allows;
my $open = eval 'sub { my ($uid) = @_; allows($uid) }' or die $@;
my $send = eval 'sub { my ($uid) = @_; allows($uid, "school=0799002F&action=message.send") }' or die $@;
my $safe = Safe->new;
$safe->share_from('Ecluse', ['&allows']);
my $jailed = $safe->reval('sub { my ($uid) = @_; allows($uid) }') or die $@;
while (my $uid = <STDIN>) {
    chomp $uid;
    print $open->($uid), $send->($uid), "\n";
    die "open within the jail" if $jailed->($uid);
}
`

func TestLemonLDAP(t *testing.T) {
	perl := wiretest.Need(t, "perl")
	if err := exec.Command(perl, "-MHTTP::Tiny", "-MSafe", "-e1").Run(); err != nil {
		wiretest.LeaveOut(t, "perl has no HTTP::Tiny: install the package perl, not perl-base alone")
	}
	w := wiretest.New(t, wiretest.Noon, wiretest.Letter)
	side, err := signin.New(wire.NewDesk(w.App, nil), nil, config.Gate{}, nil, w.Log)
	if err != nil {
		t.Fatal(err)
	}
	mux := http.NewServeMux()
	side.Routes(mux)
	server := httptest.NewServer(mux)
	defer server.Close()
	allows := func(url, token, logins, want string) {
		t.Helper()
		dir := t.TempDir()
		file := filepath.Join(dir, "ecluse.conf")
		if url != "" {
			if err := os.WriteFile(file, []byte("url "+url+"/\ntoken "+token+"\n"), 0o600); err != nil {
				t.Fatal(err)
			}
		}
		c := exec.Command(perl, "-I", "../../../integrations/oidc/lemonldap", "-e", rules, file)
		c.Stdin = strings.NewReader(logins)
		out, err := c.Output()
		if got := strings.ReplaceAll(strings.TrimSpace(string(out)), "\n", " "); err != nil || got != want {
			t.Errorf("for %q: %s, want %s (%v)", logins, got, want, err)
		}
	}
	token := w.Point("oidc")
	people := "teacher1\npupil1\nélève\n\nteacher1&username=teacher1\necluse:self-test\nnadia\n"
	allows(server.URL, token, people, "11 00 00 00 00 00 11")
	w.At("2024-04-02T19:00")
	allows(server.URL, token, "teacher1\n", "00")
	w.At("2024-04-03T07:00")
	allows(server.URL, token, "teacher1\n", "11")
	allows(server.URL, "another", "teacher1\n", "00")
	allows("", "", "teacher1\n", "00")
	allows("http://"+wiretest.FreeAddress(t), token, "teacher1\n", "00")
	done := make(chan struct{})
	hung := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { <-done }))
	defer hung.Close()
	defer close(done)
	allows(hung.URL, token, "teacher1\n", "00")
}
