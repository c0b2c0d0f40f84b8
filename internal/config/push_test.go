package config

import (
	"strings"
	"testing"
)

func TestPush(t *testing.T) {
	good := "push: {contact: 'mailto:aide@a.example'}"
	c, err := Parse([]byte(good))
	if err != nil || len(c.Push.Services) != 4 {
		t.Fatalf("%+v, %v", c.Push, err)
	}
	for change, ok := range map[string]bool{
		"mailto:aide@a.example→https://a.example/contact": true, "'}→', services: ['push.a.example:8443', '*.b.example']}": true,
		"mailto:aide@a.example→": false, "mailto:aide→aide": false, "aide@→": false, "'}→', services: ['https://a.example']}": false,
		"'}→', services: ['*.']}": false, "'}→', services: ['*']}": false, "'}→', services: ['a.example/x']}": false, "contact→contcat": false,
	} {
		old, now, _ := strings.Cut(change, "→")
		if _, err := Parse([]byte(strings.Replace(good, old, now, 1))); (err == nil) != ok {
			t.Errorf("%s: %v", change, err)
		}
	}
}
