package main

import (
	"bytes"
	"context"
	"database/sql"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/ecluse-ecole/ecluse/internal/journal"
	"github.com/ecluse-ecole/ecluse/internal/store"
)

// TestJournalVerify writes acts, keeps a checkpoint, and tampers.
func TestJournalVerify(t *testing.T) {
	path := filepath.Join(t.TempDir(), "ecluse.db")
	record(t, path, 3)

	var checkpoint bytes.Buffer
	if err := (journalCheckpointCmd{Database: path}).Run(&streams{out: &checkpoint}); err != nil {
		t.Fatal(err)
	}
	verify := func(c journalVerifyCmd) (string, error) {
		var out bytes.Buffer
		c.Database = path
		err := c.Run(&streams{in: strings.NewReader(checkpoint.String()), out: &out})
		return out.String(), err
	}
	record(t, path, 2)
	if out, err := verify(journalVerifyCmd{Checkpoint: "-"}); err != nil || out != "Every entry is as it was written: entries: 5, logs: 1.\n" {
		t.Fatalf("%q, %v", out, err)
	}
	if out, err := verify(journalVerifyCmd{JSON: true}); err != nil || out != `{"logs":1,"entries":5,"problems":[]}`+"\n" {
		t.Fatalf("%q, %v", out, err)
	}

	tamper(t, path, "UPDATE journal_entry SET verb = 'x' WHERE seq = 1")
	if out, err := verify(journalVerifyCmd{}); err == nil || !strings.Contains(out, "entry 1 was changed") {
		t.Fatalf("%q, %v", out, err)
	}
	if _, err := verify(journalVerifyCmd{Checkpoint: filepath.Join(t.TempDir(), "none")}); err == nil {
		t.Fatal("a checkpoint that is not there was read")
	}
	path = write(t, "empty.db", "")
	if _, err := verify(journalVerifyCmd{}); err == nil || !strings.Contains(err.Error(), "is an empty file") {
		t.Fatalf("a file emptied: %v", err)
	}
	path += "x"
	if _, err := verify(journalVerifyCmd{}); err == nil || !strings.Contains(err.Error(), "there is no database") {
		t.Fatalf("a mistyped path: %v", err)
	}
}

func record(t *testing.T, path string, n int) {
	t.Helper()
	s, err := store.Open(context.Background(), path, store.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	for range n {
		err := s.Write(context.Background(), func(tx *store.Tx) error {
			return tx.Append(journal.Entry{Log: "0790001A", At: time.UnixMilli(1_711_700_000_000), Actor: "p1", Verb: "message.send"})
		})
		if err != nil {
			t.Fatal(err)
		}
	}
}

func tamper(t *testing.T, path, statement string) {
	t.Helper()
	db, err := sql.Open("sqlite", path)
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	if _, err := db.Exec(statement); err != nil {
		t.Fatal(err)
	}
}
