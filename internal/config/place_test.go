package config_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/ecluse-ecole/ecluse/internal/config"
)

func TestPlaces(t *testing.T) {
	for text, want := range map[string]string{
		"places: [a, b, c, d]": "at most 3",
		"places: [a, '']":      "empty name",
		"places: [a, b, a]":    "names a file twice",
	} {
		if _, err := config.Parse([]byte(text)); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v; want %q", text, err, want)
		}
	}
	name := filepath.Join(t.TempDir(), "ecluse.yaml")
	if err := os.WriteFile(name, []byte("places: [one.mmdb, /two.mmdb]\ncountries: [FR+, BE]\nown_country: RE\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	c, err := config.Load(name)
	if err != nil {
		t.Fatal(err)
	}
	if c.Places[0] != filepath.Join(filepath.Dir(name), "one.mmdb") || c.Places[1] != "/two.mmdb" {
		t.Errorf("files beside the configuration: %v", c.Places)
	}
	if len(c.Countries) != 2 || c.OwnCountry != "RE" {
		t.Errorf("%+v", c)
	}
}
