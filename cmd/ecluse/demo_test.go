package main

import (
	"context"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/ecluse-ecole/ecluse/internal/store"
	"github.com/ecluse-ecole/ecluse/internal/store/storetest"
)

func TestDemoRefuses(t *testing.T) {
	says := func(status int, pattern string, args ...string) {
		t.Helper()
		got, stdout, stderr := ecluseLine(append([]string{"demo", anyPort}, args...)...)
		if got != status || stdout != "" || !regexp.MustCompile("^ecluse: "+pattern+"\n$").MatchString(stderr) {
			t.Errorf("demo %q: status %d, want %d\n%s%s\nwant: %s", args, got, status, stdout, stderr, pattern)
		}
	}
	says(2, `--at "noon" is no time: write it as 2024-03-29T18:55`, "--at", "noon")
	says(2, "--speed wants --at: a simulated clock must begin somewhere", "--speed", "60")
	for _, speed := range []string{"0", "-1", "90000", "NaN", "Inf"} {
		says(2, "--speed .*: want more than 0 and at most 86400", "--at", "2024-03-29", "--speed="+speed)
	}
	says(1, "making the folder of the demonstration: .*: not a directory: choose another with --dir", "--dir", write(t, "file", ""))
	says(1, "the demonstration in .* was last used at .*, and the clock of this machine says .*: go on with --at .*, or choose another folder with --dir",
		"--dir", usedTomorrow(t))
}

// usedTomorrow is the folder of a demonstration whose clock was simulated.
func usedTomorrow(t *testing.T) string {
	t.Helper()
	folder := t.TempDir()
	s := storetest.Open(t, filepath.Join(folder, "demo.db"))
	defer s.Close()
	err := s.Write(context.Background(), func(tx *store.Tx) error { return tx.Heartbeat(time.Now().AddDate(0, 0, 1)) })
	if err != nil {
		t.Fatal(err)
	}
	return folder
}

// TestDemoPassword: the one that was drawn first stays; people who have it must
// not be told another.
func TestDemoPassword(t *testing.T) {
	file := write(t, "password.txt", "")
	first, err := demoPassword(file, true)
	if err != nil || len(strings.Split(first, "-")) != 4 {
		t.Fatalf("%q, %v", first, err)
	}
	if again, err := demoPassword(file, false); again != first || err != nil {
		t.Errorf("%q, %v, want %q", again, err, first)
	}
	if _, err := demoPassword(file+"x", false); err == nil {
		t.Error("a password was drawn for people who have another")
	}
}
