package main

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/ecluse-ecole/ecluse/internal/evidence"
)

// TestEvidenceVerify: a file is told from one that was changed, and from another
// that is whole.
func TestEvidenceVerify(t *testing.T) {
	file, seal, err := evidence.Pack(evidence.Record{Account: "person 4", Zone: time.UTC, Messages: []evidence.Message{{ID: 17, Text: "un texte"}}})
	if err != nil {
		t.Fatal(err)
	}
	whole, other := filepath.Join(t.TempDir(), "whole.zip"), filepath.Join(t.TempDir(), "other.zip")
	changed := bytes.Replace(bytes.Clone(file), []byte("messages/17.txt"), []byte("messages/18.txt"), 2)
	for name, content := range map[string][]byte{whole: file, other: changed} {
		if err := os.WriteFile(name, content, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	for _, c := range []struct {
		args   []string
		status int
		says   string
	}{
		{[]string{whole}, 0, "seal: " + seal}, {[]string{whole, "--seal", strings.ToUpper(seal)}, 0, "The file is the one that was made"},
		{[]string{whole, "--seal", seal[1:]}, 1, "not the file of this seal"}, {[]string{other}, 1, "messages/17.txt is missing"},
		{[]string{other + ".gone"}, 1, "there is no file of evidence"},
	} {
		var out bytes.Buffer
		status := run(append([]string{"evidence", "verify"}, c.args...), &streams{in: strings.NewReader(""), out: &out, err: &out})
		if status != c.status || !strings.Contains(out.String(), c.says) {
			t.Errorf("%v: status %d, %q; want %d and %q", c.args, status, out.String(), c.status, c.says)
		}
	}
}
