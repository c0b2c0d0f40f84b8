package config

import (
	"strings"
	"testing"
)

func TestMail(t *testing.T) {
	good := "mail: {relay: 'smtp.example:587', from: e@a.example, address: 'https://ecluse.example/'}"
	c, err := Parse([]byte(good))
	if err != nil {
		t.Fatal(err)
	}
	if m := c.Mail; m.TLS != "starttls" || m.PerSecond != 10 || m.Address != "https://ecluse.example" || m.Name != "Écluse" {
		t.Errorf("what was left out: %+v", m)
	}
	if c, err := Parse([]byte(strings.Replace(good, "587", "465", 1))); err != nil || c.Mail.TLS != "implicit" {
		t.Errorf("on port 465: %+v, %v", c.Mail, err)
	}
	for change, want := range map[string]string{
		"'smtp.example:587'→smtp.example": "mail.relay", "e@a.example→''": "mail.from", "'https://ecluse.example/'→ecluse": "mail.address",
		"from→tls: none, from": "on this machine", "from→tls: maybe, from": "mail.tls", "from→user: x, from": "password_file",
		"from→per_second: 5000, from": "per_second", "from→escalate: 1s, from": "mail.escalate", "from→frmo": "frmo",
	} {
		old, now, _ := strings.Cut(change, "→")
		if _, err := Parse([]byte(strings.Replace(good, old, now, 1))); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v", change, err)
		}
	}
}
