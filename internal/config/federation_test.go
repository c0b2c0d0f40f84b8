package config

import (
	"strings"
	"testing"
)

func TestSignIn(t *testing.T) {
	const good = "address: https://e.example\nsign_in: {providers: [{name: portail, kind: oidc, url: 'https://p.example', client_id: c, " +
		"client_secret_file: s, second: [amr=mfa], for: [guardian, office], label_fr: a, label_en: b, renew_url: 'https://p.example/r'}, " +
		"{name: ent, kind: cas, url: 'https://ent.example/cas', label_fr: a, label_en: b}]}"
	c, err := Parse([]byte(good))
	if err != nil {
		t.Fatal(err)
	}
	if p := c.SignIn.Providers[0]; p.Name != "portail" || p.For[1] != "office" {
		t.Errorf("%+v", p)
	}
	for change, want := range map[string]string{
		"address: https://e.example→log: info": "address is", "https://e.example→https://e.example/a": "address is",
		"name: portail→name: Portail": "small letters", "name: ent→name: portail": "two of the name", "kind: oidc→kind: saml": "oidc or cas",
		"client_id: c→client_id: ''": "client_id", "kind: cas→kind: cas, client_id: c": "for oidc", "label_fr: a→label_fr: ''": "label_fr",
		"amr=mfa→mfa": "amr=mfa", "'https://p.example/r'→'http://p.example/r'": "renew_url", "kind: oidc→knid: oidc": "knid",
	} {
		old, now, _ := strings.Cut(change, "→")
		if _, err := Parse([]byte(strings.Replace(good, old, now, 1))); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v", change, err)
		}
	}
}
