package main

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"runtime"
	"strings"
	"syscall"
	"testing"
	"time"
)

// wrongPlaces is a folder with what commands are given by mistake: DIR/none is not
// there, DIR/folder is a folder, and so on; DIR/e.db is a database with a school.
func wrongPlaces(t *testing.T) string {
	t.Helper()
	dir := openFolder(t)
	put := func(name string, text []byte, mode os.FileMode) {
		if err := os.WriteFile(filepath.Join(dir, name), text, mode); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.Mkdir(filepath.Join(dir, "folder"), 0o700); err != nil {
		t.Fatal(err)
	}
	put("empty", nil, 0o600)
	put("packed", []byte("PK\x03\x04 a list\nthat was packed\x00\x00\x08\n"), 0o600)
	put("list", []byte("un mot de passe\nun autre\n"), 0o600)
	put("secret", []byte("un mot de passe\n"), 0)
	newAccounts(t, dir, filepath.Join(dir, "e.db"), 2)
	return dir
}

// openFolder is a folder in which all may write, below none that is closed.
func openFolder(t *testing.T) string {
	t.Helper()
	dir, err := os.MkdirTemp("", "ecluse-input-")
	if err == nil {
		err = os.Chmod(dir, 0o777)
	}
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { os.RemoveAll(dir) })
	return dir
}

// TestWrongInput: what cannot be is said in one sentence with what to do, and nothing
// is left behind. DIR stands for the folder of wrongPlaces.
func TestWrongInput(t *testing.T) {
	const database, slips = " --database DIR/e.db", "slips 0799001E DIR/new.pdf --role pupil --address https://ecluse.example --database "
	const start = "campaign start --in 0799001E --since 2024-03-20 --dry-run" + database + " --list "
	dir := wrongPlaces(t)
	before := names(t, dir)
	for command, want := range map[string]string{
		"credentials build DIR/new DIR/none":        "there is no list DIR/none: check the path",
		"credentials build DIR/new DIR/folder":      "building DIR/new: the lists hold no password: name files of .*",
		"credentials build DIR/new DIR/empty":       "building DIR/new: the lists hold no password: name files of .*",
		"credentials build DIR/new DIR/packed":      "building DIR/new: DIR/packed:2: this is no text in .*: name a list of passwords or hashes, .*",
		"credentials build DIR/new DIR/secret":      `the list DIR/secret cannot be read: give whoever .* the right to read it \(permission denied\)`,
		"credentials build DIR/folder DIR/list":     "DIR/folder is no file that can be replaced: name the file to make, .*",
		"credentials build DIR/none/new DIR/list":   "there is no folder DIR/none for new: make it, or name another file",
		"credentials build --loud DIR/new DIR/list": `unknown flag --loud, did you mean .*|unknown flag --loud \(see ecluse --help\)`,

		"credentials check DIR/none":   "there is no file of leaked passwords DIR/none: check the path",
		"credentials check DIR/folder": "the file of leaked passwords DIR/folder is a folder: name a file",
		"credentials check DIR/packed": `opening the leaked passwords DIR/packed: .*: write one with "ecluse credentials build"`,
		"credentials check DIR/secret": "the file of leaked passwords DIR/secret cannot be read: give .*",

		"credentials stolen DIR/none" + database:                              "there is no list DIR/none: check the path",
		"credentials stolen DIR/folder" + database:                            "the list DIR/folder is a folder: name a file",
		"credentials stolen DIR/secret" + database:                            "the list DIR/secret cannot be read: give .*",
		"credentials stolen DIR/empty" + database:                             "reading the list of stolen accounts: The list is empty.",
		"credentials stolen DIR/packed" + database:                            "reading the list of stolen accounts: Line 2 of the list is not text. Hand in the list itself, unpacked.",
		"credentials stolen DIR/list --database DIR/none":                     "there is no database DIR/none: check the path",
		"credentials stolen DIR/list":                                         "where the accounts are is not said: give --config FILE, or --database DATABASE",
		"credentials stolen DIR/list --territory Marseille" + database:        `"Marseille" is not a territory: .*`,
		"credentials stolen DIR/list --accounts DIR/packed" + database:        "DIR/packed exists already and may hold accounts: name another file",
		"credentials stolen DIR/list --accounts DIR/none/accounts" + database: "there is no folder DIR/none for accounts: make it, or name another file",

		"import DIR/none" + database:                                "reading the folder of the roster: .*: give the folder that holds schools.csv",
		"import DIR --passwords DIR/packed --database DIR/new.db":   "DIR/packed exists already and may hold passwords: name another file",
		"import DIR --passwords DIR/none/new --database DIR/new.db": "there is no folder DIR/none for new: make it, or name another file",
		"import DIR --leaked DIR/list" + database:                   `opening the leaked passwords DIR/list: .*: write one with "ecluse credentials build"`,
		"import DIR --leaked DIR/none" + database:                   "there is no file of leaked passwords DIR/none: check the path",

		slips + "DIR/none":   "printing slips: there is no database DIR/none: check the path",
		slips + "DIR/folder": "printing slips: DIR/folder is a folder: .*",
		slips + "DIR/packed": "printing slips: DIR/packed is not a database, or it is damaged: .*",
		"slips 0799001E DIR/list --address https://ecluse.example" + database:                "DIR/list exists already and may hold slips: name another file",
		"slips 0799001E DIR/new.pdf --address ecluse.example" + database:                     `--address "ecluse.example" is no address of pages: write it as https://ecluse.example`,
		"slips 0799002F DIR/new.pdf --address https://ecluse.example" + database:             "printing slips: there is no school 0799002F in this database: check its code",
		"slips 0799001E DIR/new.pdf --role cook --address https://ecluse.example" + database: `"cook" is not a role: .*`,

		start + "DIR/none":               "there is no list DIR/none: check the path",
		start + "DIR/folder":             "the list DIR/folder is a folder: name a file",
		start + "DIR/secret":             "the list DIR/secret cannot be read: give .*",
		start + "DIR/empty":              "reading DIR/empty: The list is empty.",
		start + "DIR/packed":             "reading DIR/packed: Line 1 of the list is not text. .*",
		"campaign show 7" + database:     "There is no such campaign.",
		"campaign show seven" + database: `"seven" is no campaign: "ecluse campaign list" shows their numbers`,
		"campaign start --in Marseille --since 2024-03-20" + database:           `--in "Marseille" is neither a school of this database nor a territory, .*`,
		"campaign start --in 0799001E --since yesterday" + database:             `--since "yesterday" is no date: write it as .*`,
		"campaign start --in 0799001E --since 2024-03-20 --class 9Z" + database: `0799001E has no class "9Z": .*`,

		"evidence verify DIR/none":   "there is no file of evidence DIR/none: check the path",
		"evidence verify DIR/folder": "the file of evidence DIR/folder is a folder: name a file",
		"evidence verify DIR/packed": "DIR/packed: this is no ZIP file of evidence, or it was cut off: .*",
		"evidence verify DIR/empty":  "DIR/empty: this is no ZIP file of evidence, or it was cut off: .*",
		"evidence verify DIR/secret": "the file of evidence DIR/secret cannot be read: give .*",
	} {
		t.Run(strings.NewReplacer("/", "-", " ", "_").Replace(command), func(t *testing.T) {
			var status int
			var out, said string
			withoutRights(t, strings.Contains(command, "secret"), func() {
				status, out, said = ecluseLine(strings.Fields(strings.ReplaceAll(command, "DIR", dir))...)
			})
			want := "^ecluse: (" + strings.ReplaceAll(want, "DIR", regexp.QuoteMeta(dir)) + ")\n$"
			if status == 0 || out != "" || !regexp.MustCompile(want).MatchString(said) {
				t.Errorf("status %d, said %q%q, want %s", status, out, said, want)
			}
			if after := names(t, dir); after != before {
				t.Errorf("in the folder now: %s, before: %s", after, before)
			}
		})
	}
}

// names are what a folder holds, but for what a database that is open has beside it.
func names(t *testing.T, dir string) string {
	t.Helper()
	entries, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	var list []string
	for _, e := range entries {
		if !strings.Contains(e.Name(), ".db") {
			list = append(list, e.Name())
		}
	}
	return strings.Join(list, " ")
}

// withoutRights calls f as somebody who may read only what all may; the superuser, as
// whom containers run tests, reads everything.
func withoutRights(t *testing.T, wanted bool, f func()) {
	t.Helper()
	if wanted && os.Geteuid() == 0 {
		runtime.LockOSThread() // the identity by which files are opened is the thread's own
		defer runtime.UnlockOSThread()
		if err := syscall.Setfsuid(65534); err != nil {
			t.Fatal(err)
		}
		defer syscall.Setfsuid(0)
	}
	f()
}

// TestNoRoom: where the disk takes no more, one sentence says so, nothing half-made
// stands there, and what stood there before still does.
func TestNoRoom(t *testing.T) {
	dir := t.TempDir()
	out, list := filepath.Join(dir, "leaked.bin"), filepath.Join(dir, "list")
	var b strings.Builder
	for i := range 10_000 {
		fmt.Fprintf(&b, "a password %d\n", i)
	}
	for name, text := range map[string]string{out: "what stood there", list: b.String()} {
		if err := os.WriteFile(name, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	before := names(t, dir)
	said := bounded(t, "credentials", "build", out, list)
	want := "ecluse: building: there is no room for leaked.bin in " + dir + ", and nothing is left of it: free space there, or name a file on another disk (file too large)\n"
	if said != want {
		t.Errorf("said %q, want %q", said, want)
	}
	if kept, err := os.ReadFile(out); err != nil || string(kept) != "what stood there" || names(t, dir) != before {
		t.Errorf("there is now %s, and %q (%v)", names(t, dir), kept, err)
	}
	if status, _, said := ecluseLine("credentials", "build", out, list); status != 0 {
		t.Errorf("with room: %s", said)
	}
}

// bounded runs a command that may write 4 kB into each file and fails, and returns
// what it said. A write beyond is refused by the system, as on a full disk.
func bounded(t *testing.T, args ...string) string {
	t.Helper()
	cmd := exec.Command("sh", append([]string{"-c", `trap "" XFSZ; ulimit -f 8; exec "$0" "$@"`, os.Args[0]}, args...)...)
	cmd.Env = append(os.Environ(), asCommand+"=yes")
	var said strings.Builder
	cmd.Stderr = &said
	if cmd.Run(); cmd.ProcessState.ExitCode() != 1 {
		t.Errorf("status %d", cmd.ProcessState.ExitCode())
	}
	return said.String()
}

// TestInterrupted: Ctrl-C ends what takes long in one sentence, and leaves nothing.
func TestInterrupted(t *testing.T) {
	t.Run("build", func(t *testing.T) {
		dir := t.TempDir()
		list := filepath.Join(dir, "list")
		if err := syscall.Mkfifo(list, 0o600); err != nil { // a list without an end
			t.Fatal(err)
		}
		out := filepath.Join(dir, "leaked.bin")
		said := interrupted(t, func() bool { return feedsOn(list) }, "credentials", "build", "--plain", out, list)
		if want := "ecluse: building was interrupted: nothing is left of " + out + "\n"; said != want {
			t.Errorf("said %q, want %q", said, want)
		}
		if left := names(t, dir); left != "list" {
			t.Errorf("left: %s", left)
		}
	})
	t.Run("import", func(t *testing.T) {
		dir := t.TempDir()
		newAccounts(t, dir, filepath.Join(dir, "other.db"), 2)
		manyPeople(t, dir)
		out := filepath.Join(dir, "new")
		said := interrupted(t, func() bool { _, err := os.Stat(out); return err == nil },
			"import", dir, "--database", filepath.Join(dir, "e.db"), "--passwords", out)
		if want := "ecluse: importing was interrupted: nothing is left of " + out + "\n"; !strings.HasSuffix(said, want) {
			t.Errorf("said %q, want %q", said, want)
		}
		if _, err := os.Stat(out); err == nil {
			t.Error("passwords of accounts that do not exist were left")
		}
	})
}

// manyPeople has the folder's next import take long enough to be interrupted.
func manyPeople(t *testing.T, dir string) {
	t.Helper()
	var b strings.Builder
	b.WriteString("login,first,last,school,role\n")
	for i := range 400 {
		fmt.Fprintf(&b, "eleve%d,Zoé,Petit,0799001E,pupil\n", i)
	}
	if err := os.WriteFile(filepath.Join(dir, "people.csv"), []byte(b.String()), 0o600); err != nil {
		t.Fatal(err)
	}
}

// feedsOn writes to a list that a command reads, and reports whether it does.
func feedsOn(fifo string) bool {
	f, err := os.OpenFile(fifo, os.O_WRONLY|syscall.O_NONBLOCK, 0)
	if err != nil {
		return false // nobody reads yet
	}
	go func() {
		defer f.Close()
		for n := 0; ; n++ {
			f.SetWriteDeadline(time.Now().Add(time.Second))
			if _, err := fmt.Fprintf(f, "a password %d\n", n); err != nil {
				return
			}
		}
	}()
	return true
}

// interrupted runs a command until it is at it, presses Ctrl-C, and returns what it
// said.
func interrupted(t *testing.T, atIt func() bool, args ...string) string {
	t.Helper()
	ctx, end := context.WithTimeout(t.Context(), time.Minute)
	defer end()
	cmd := exec.CommandContext(ctx, os.Args[0], args...)
	cmd.Env = append(os.Environ(), asCommand+"=yes")
	var said strings.Builder
	cmd.Stderr = &said
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	for !atIt() {
		if ctx.Err() != nil {
			t.Fatal("it never began")
		}
		time.Sleep(time.Millisecond)
	}
	cmd.Process.Signal(os.Interrupt)
	if err := cmd.Wait(); err == nil || cmd.ProcessState.ExitCode() != 1 {
		t.Errorf("ended with %v", err)
	}
	return said.String()
}
