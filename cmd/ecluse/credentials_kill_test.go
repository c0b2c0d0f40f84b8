package main

import (
	"encoding/csv"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/ecluse-ecole/ecluse/internal/journal"
	"github.com/ecluse-ecole/ecluse/internal/store"
)

// TestAListReadUntilKilled: whenever the command is killed, the same list read again
// goes on, and freezes nobody twice.
func TestAListReadUntilKilled(t *testing.T) {
	const people = 24
	dir := t.TempDir()
	db, list := filepath.Join(dir, "e.db"), filepath.Join(dir, "list.txt")
	var b strings.Builder
	for i, line := range newAccounts(t, dir, db, people) {
		fmt.Fprintf(&b, "https://ent.example/login:%s:an older password %d\nhttps://ent.example/login:%s\n", strings.Split(line, ":")[0], i, line)
	}
	if err := os.WriteFile(list, []byte(b.String()), 0o600); err != nil {
		t.Fatal(err)
	}
	for range 3 {
		cmd := exec.Command(os.Args[0], "credentials", "stolen", list, "--database", db)
		cmd.Env = append(os.Environ(), asCommand+"=yes")
		if err := cmd.Start(); err != nil {
			t.Fatal(err)
		}
		time.AfterFunc(time.Duration(100+rand.IntN(900))*time.Millisecond, func() { cmd.Process.Kill() })
		cmd.Wait()
	}
	again := exec.Command(os.Args[0], "credentials", "stolen", list, "--database", db, "--json")
	again.Env = append(os.Environ(), asCommand+"=yes")
	out, err := again.Output()
	if err != nil {
		t.Fatal(err)
	}
	var report stolenResult
	if err := json.Unmarshal(out, &report); err != nil {
		t.Fatal(err)
	}
	if report.Accounts != people || report.Frozen != people {
		t.Errorf("reported %+v", report)
	}
	if n := journaled(t, db, "FR", "account.freeze"); n != people {
		t.Errorf("%d accounts were frozen, want %d", n, people)
	}
}

// newAccounts imports people of one school, and returns "login:password" of each.
func newAccounts(t *testing.T, dir, db string, n int) (lines []string) {
	t.Helper()
	put := func(name, text string) {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	put("schools.csv", "uai,name,degree,sector\n0799001E,École des Saules,first,public\n")
	var b strings.Builder
	b.WriteString("login,first,last,school,role\n")
	for i := range n {
		fmt.Fprintf(&b, "eleve%d,Zoé,Petit,0799001E,pupil\n", i)
	}
	put("people.csv", b.String())
	passwords := filepath.Join(dir, "passwords.txt")
	if status := run([]string{"import", dir, "--database", db, "--passwords", passwords}, &streams{out: &strings.Builder{}, err: os.Stderr}); status != 0 {
		t.Fatal("the import failed")
	}
	text, err := os.ReadFile(passwords)
	if err != nil {
		t.Fatal(err)
	}
	r := csv.NewReader(strings.NewReader(string(text)))
	r.Comma = ';'
	rows, err := r.ReadAll()
	if err != nil || len(rows) != n+1 {
		t.Fatalf("%d passwords, %v", len(rows), err)
	}
	for _, row := range rows[1:] {
		lines = append(lines, strings.Join(row[len(row)-2:], ":"))
	}
	return lines
}

// journaled counts the entries of a log with a verb.
func journaled(t *testing.T, db string, log journal.Log, verb string) (n int) {
	t.Helper()
	s, err := store.Open(t.Context(), db, store.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	err = s.Read(t.Context(), func(tx *store.Tx) error {
		tail, err := tx.JournalTail(log, 1000)
		for _, e := range tail {
			if e.Verb == verb {
				n++
			}
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return n
}
