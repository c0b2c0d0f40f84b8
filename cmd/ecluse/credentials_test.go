package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// TestBuildRefusesFirst: what cannot end well is said in a sentence before the work,
// and nothing that stood there is touched.
func TestBuildRefusesFirst(t *testing.T) {
	dir := t.TempDir()
	list := write(t, "list.txt", "un mot de passe\n")
	for what, args := range map[string][]string{
		"is no file that can be replaced": {dir, list},
		"there is no folder":              {filepath.Join(dir, "none", "leaked.bin"), list},
		"there is no list":                {filepath.Join(dir, "leaked.bin"), filepath.Join(dir, "none.txt")},
	} {
		status, _, said := ecluseLine(append([]string{"credentials", "build"}, args...)...)
		if status != 1 || !strings.Contains(said, what) || strings.Count(said, "\n") != 1 {
			t.Errorf("status %d, said %q, want %q", status, said, what)
		}
	}
	if left, err := os.ReadDir(dir); err != nil || len(left) != 0 {
		t.Errorf("left behind: %v (%v)", left, err)
	}
}
