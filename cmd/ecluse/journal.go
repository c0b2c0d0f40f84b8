package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"

	"github.com/ecluse-ecole/ecluse/internal/journal"
	"github.com/ecluse-ecole/ecluse/internal/store"
)

// journalCmd verifies the log of every act.
type journalCmd struct {
	Verify     journalVerifyCmd     `cmd:"" help:"Hold every entry against the hashes, and against checkpoints kept elsewhere."`
	Checkpoint journalCheckpointCmd `cmd:"" help:"Print the size and root of every log, to be kept elsewhere."`
}

// journalVerifyCmd names the first bad entry of each log. Without a checkpoint
// nobody can tell that the newest entries were removed with their hashes.
type journalVerifyCmd struct {
	Database   string `required:"" help:"The database: a file, or a postgres:// URL." placeholder:"FILE|URL"`
	Checkpoint string `help:"Checkpoints that were kept elsewhere; - for standard input." placeholder:"FILE"`
	JSON       bool   `help:"Print JSON."`
}

// Run verifies and tells; what is not as it was written is a refusal.
func (c journalVerifyCmd) Run(io *streams) error {
	checkpoints, err := readCheckpoint(io, c.Checkpoint)
	if err != nil {
		return err
	}
	var report store.Report
	err = withDatabase(c.Database, func(ctx context.Context, s *store.Store) (err error) {
		report, err = s.VerifyJournal(ctx, checkpoints...)
		return err
	})
	if err != nil {
		return err
	}
	if err := c.print(io.out, report); err != nil || report.OK() {
		return err
	}
	return fmt.Errorf("the journal is not as it was written, in %d of %d logs", len(report.Problems), report.Logs)
}

func (c journalVerifyCmd) print(out io.Writer, r store.Report) error {
	if c.JSON {
		return json.NewEncoder(out).Encode(r)
	}
	for _, p := range r.Problems {
		fmt.Fprintln(out, p)
	}
	if !r.OK() {
		return nil
	}
	_, err := fmt.Fprintf(out, "Every entry is as it was written: entries: %d, logs: %d.\n", r.Entries, r.Logs)
	if err == nil && c.Checkpoint == "" {
		_, err = fmt.Fprintln(out, "No checkpoint was given: that the newest entries were removed together with their hashes could not be seen.")
	}
	return err
}

// readCheckpoint reads a file of checkpoints; none is no file.
func readCheckpoint(io *streams, name string) ([]journal.Head, error) {
	switch name {
	case "":
		return nil, nil
	case "-":
		return journal.ReadCheckpoint(io.in)
	}
	text, err := os.ReadFile(name)
	if err != nil {
		return nil, fmt.Errorf("the checkpoint cannot be read: %w", err)
	}
	return journal.ReadCheckpoint(bytes.NewReader(text))
}

// journalCheckpointCmd prints the heads of all logs.
type journalCheckpointCmd struct {
	Database string `required:"" help:"The database: a file, or a postgres:// URL." placeholder:"FILE|URL"`
}

// Run prints what VerifyJournal will later be held against.
func (c journalCheckpointCmd) Run(io *streams) error {
	var heads []journal.Head
	err := withDatabase(c.Database, func(ctx context.Context, s *store.Store) error {
		return s.Read(ctx, func(tx *store.Tx) (err error) {
			heads, err = tx.Heads()
			return err
		})
	})
	if err != nil {
		return err
	}
	return journal.WriteCheckpoint(io.out, heads)
}

// withDatabase opens a database that exists: a mistyped path must not make an
// empty one whose journal is in perfect order.
func withDatabase(database string, fn func(context.Context, *store.Store) error) error {
	if err := mustExist(database); err != nil {
		return err
	}
	ctx := context.Background()
	s, err := store.Open(ctx, database, store.Options{Readers: 1})
	if err != nil {
		return err
	}
	defer s.Close()
	return fn(ctx, s)
}

// mustExist refuses a database that opening would make anew: a wrong path must
// not look like an empty place.
func mustExist(database string) error {
	switch file, err := os.Stat(database); {
	case strings.Contains(database, "://"):
	case errors.Is(err, os.ErrNotExist):
		return fmt.Errorf("there is no database %s: check the path", database)
	case err == nil && file.Mode().IsRegular() && file.Size() == 0:
		return fmt.Errorf("%s is an empty file, without any journal: check the path, or restore a backup", database)
	}
	return nil
}
