package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/ecluse-ecole/ecluse/internal/roster"
	"github.com/ecluse-ecole/ecluse/internal/store"
)

// TestFilesHoldNoFormulas: whoever chose a login or a name does not reach the
// spreadsheet of the school that opens our files.
func TestFilesHoldNoFormulas(t *testing.T) {
	name := filepath.Join(t.TempDir(), "stolen.csv")
	if err := writeStolen(name, []store.StolenAccount{{Login: "=1+1"}}); err != nil {
		t.Fatal(err)
	}
	stolen, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	var passwords strings.Builder
	r := roster.Roster{People: []roster.Person{{Login: "@sum(1)", First: "+1", Last: "=2"}}}
	if err := writePasswords(&passwords, r, []int{0}, []string{"mot de passe"}); err != nil {
		t.Fatal(err)
	}
	for text, want := range map[string]string{string(stolen): ";'=1+1;", passwords.String(): ";'=2;'+1;'@sum(1);"} {
		if !strings.Contains(text, want) {
			t.Errorf("%q does not hold %q", text, want)
		}
	}
}
