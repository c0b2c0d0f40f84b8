package main

import (
	"cmp"
	"fmt"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/ecluse-ecole/ecluse"
	"github.com/ecluse-ecole/ecluse/internal/config"
	"github.com/ecluse-ecole/ecluse/internal/identity"
	"github.com/ecluse-ecole/ecluse/internal/identity/identitytest"
	"github.com/ecluse-ecole/ecluse/internal/school"
)

// servicesOf reads a configuration with one sign-in service, written as YAML, whose
// secret stands in a file beside it, as do files that are no secrets.
func servicesOf(t *testing.T, provider, secret string) (list []ecluse.SignInService, dir string, err error) {
	t.Helper()
	dir = openFolder(t)
	text := "address: https://ecluse.example\nsign_in:\n  providers:\n    - {name: portail, label_fr: Portail, label_en: Portal, " + provider + "}\n"
	for name, text := range map[string]string{"ecluse.yaml": text, "portail.secret": secret, "empty": "\n", "closed": secret} {
		mode := map[string]os.FileMode{"closed": 0o200}
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), cmp.Or(mode[name], 0o600)); err != nil {
			t.Fatal(err)
		}
	}
	c, err := config.Load(filepath.Join(dir, "ecluse.yaml"))
	if err == nil {
		list, err = signInServices(c)
	}
	return list, dir, err
}

// comesBack walks to a service as a browser does, and is what it says.
func comesBack(t *testing.T, s ecluse.SignInService) (identity.Assertion, error) {
	t.Helper()
	attempt := identity.Attempt{Secret: identity.NewSecret(), Back: s.Back}
	address, err := s.Service.Begin(t.Context(), attempt)
	if err != nil {
		t.Fatal(err)
	}
	browser := http.Client{CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	answer, err := browser.Get(address)
	if err != nil {
		t.Fatal(err)
	}
	answer.Body.Close()
	back, err := url.Parse(answer.Header.Get("Location"))
	if err != nil || !strings.HasPrefix(back.String(), s.Back+"?") {
		t.Fatalf("sent to %v, want %s (%v)", back, s.Back, err)
	}
	return s.Service.Finish(t.Context(), attempt, back.Query())
}

// TestSignInServices: what the configuration says of a service is what a browser
// meets there and back, with the secret of the file.
func TestSignInServices(t *testing.T) {
	p := identitytest.NewProvider(t, time.Now, "nadia")
	oidc := fmt.Sprintf("kind: oidc, url: %q, client_id: %s, client_secret_file: portail.secret, prefix: 'ac-', second: [amr=mfa], for: [teacher, office], renew_url: 'https://portail.example/renew'",
		p.URL, identitytest.ClientID)
	list, _, err := servicesOf(t, oidc, identitytest.ClientSecret+"\n")
	if err != nil || len(list) != 1 {
		t.Fatal(list, err)
	}
	s := list[0]
	if s.Name != "portail" || s.French != "Portail" || s.English != "Portal" || s.Renew != "https://portail.example/renew" ||
		s.Back != "https://ecluse.example/sign-in/service/portail/back" || s.Roles != school.RolesOf(school.Teacher) || !s.Offices {
		t.Errorf("%+v", s)
	}
	p.Set(func(c *identitytest.Claims) { c.AMR = []string{"mfa"} })
	if said, err := comesBack(t, s); err != nil || said.Name != "ac-nadia" || !said.Second {
		t.Errorf("came back as %+v (%v)", said, err)
	}

	list, _, err = servicesOf(t, oidc, "another secret")
	if err != nil {
		t.Fatal(err)
	}
	if said, err := comesBack(t, list[0]); err == nil {
		t.Errorf("with another secret: %+v", said)
	}

	cas := identitytest.NewCAS(t, time.Now, "karim")
	list, _, err = servicesOf(t, fmt.Sprintf("kind: cas, url: %q", cas.URL), "")
	if err != nil || list[0].Roles != school.Everyone || !list[0].Offices {
		t.Fatal(list, err)
	}
	if said, err := comesBack(t, list[0]); err != nil || said.Name != "karim" {
		t.Errorf("came back from CAS as %+v (%v)", said, err)
	}
}

// TestSignInServicesRefused: a service that cannot be meant is told before anything is
// served, in a sentence that gives no secret away.
func TestSignInServicesRefused(t *testing.T) {
	const oidc = "kind: oidc, url: 'https://portail.example', client_id: c, client_secret_file: "
	for provider, want := range map[string]string{
		oidc + "none":                        "there is no secret of the sign-in service portail DIR/none: check the path",
		oidc + "'.'":                         "the secret of the sign-in service portail DIR is a folder: name a file",
		oidc + "closed":                      "the secret of the sign-in service portail DIR/closed cannot be read: give .*",
		oidc + "empty":                       "DIR/empty holds no secret of the sign-in service portail: .*",
		oidc + "portail.secret, for: [cook]": `sign_in.providers, "portail": for: "cook" is not a role: .*`,
		"kind: oidc, url: 'http://portail.example', client_id: c": "the url of the sign-in service portail .*https.*",
	} {
		var dir string
		var err error
		withoutRights(t, provider == oidc+"closed", func() { _, dir, err = servicesOf(t, provider, "hidden") })
		if want = strings.ReplaceAll(want, "DIR", regexp.QuoteMeta(dir)); err == nil || !regexp.MustCompile("^"+want+"$").MatchString(err.Error()) || strings.Contains(err.Error(), "hidden") {
			t.Errorf("%s: %v\nwant %s", provider, err, want)
		}
	}
}
