package config_test

import (
	"testing"

	"github.com/ecluse-ecole/ecluse/internal/config"
)

func TestSignatures(t *testing.T) {
	for text, want := range map[string]int{"": 2, "log: warn": 2, "signatures: 1": 1, "signatures: 3": 3} {
		if c, err := config.Parse([]byte(text)); err != nil || c.Signatures != want {
			t.Errorf("%q: %d signatures (%v), want %d", text, c.Signatures, err, want)
		}
	}
	for _, text := range []string{"signatures: 0", "signatures: -1", "signatures: 10", "signatures: two"} {
		if _, err := config.Parse([]byte(text)); err == nil {
			t.Errorf("%q is taken", text)
		}
	}
}
