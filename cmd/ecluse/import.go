package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"os/signal"
	"path/filepath"
	"strings"
	"syscall"

	"github.com/ecluse-ecole/ecluse"
	"github.com/ecluse-ecole/ecluse/internal/roster"
)

// importCmd puts schools and people into a database. It adds what is new and
// changes nothing that is there; docs/importing.md describes the files.
type importCmd struct {
	Folder    string `arg:"" help:"The folder with schools.csv, people.csv and, if there are authorities, offices.csv."`
	Database  string `help:"Where to import to: a file or postgres://…" placeholder:"DATABASE"`
	Passwords string `help:"Draw a first password for each new account and write them into this new file." placeholder:"FILE"`
	Leaked    string `help:"Draw no password that stands in this file of leaked ones (see \"ecluse credentials build\")." placeholder:"FILE"`
	Check     bool   `help:"Only read and count; nothing is imported."`
	JSON      bool   `help:"Print JSON."`
}

// Run reads the whole folder before it opens the database.
func (c importCmd) Run(io *streams) error {
	switch {
	case c.Check && c.Passwords != "":
		return usageError{"--check imports nobody, so there are no passwords to draw: leave out one of --check and --passwords"}
	case !c.Check && c.Database == "":
		return usageError{"where to import to is not said: give --database FILE, or --check to read only"}
	}
	r, err := readRoster(c.Folder)
	if err != nil {
		return err
	}
	report := importResult{Folder: c.Folder, Checked: c.Check, Read: countRead(r)}
	if !c.Check {
		ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
		defer stop()
		if report.New, report.Passwords, err = c.add(ctx, io, r); err != nil {
			return err
		}
	}
	if c.JSON {
		return showJSON(io, report)
	}
	return report.print(io)
}

// readRoster reads every CSV file of a folder.
func readRoster(dir string) (roster.Roster, error) {
	entries, err := os.ReadDir(dir)
	if err != nil {
		return roster.Roster{}, fmt.Errorf("reading the folder of the roster: %w: give the folder that holds %s", err, roster.SchoolsFile)
	}
	files := map[string][]byte{}
	for _, e := range entries {
		if e.IsDir() || !strings.EqualFold(filepath.Ext(e.Name()), ".csv") {
			continue
		}
		if files[e.Name()], err = os.ReadFile(filepath.Join(dir, e.Name())); err != nil {
			return roster.Roster{}, fmt.Errorf("reading the roster: %w", err)
		}
	}
	r, err := roster.Parse(files)
	return r, refusedRoster(dir, err)
}

// refusedRoster tells what is wrong with the files by their paths.
func refusedRoster(dir string, err error) error {
	wrong, ok := errors.AsType[roster.Errors](err)
	if !ok {
		return err
	}
	for _, e := range wrong {
		e.File = filepath.Join(dir, e.File)
	}
	return fmt.Errorf("the roster was refused, nothing was imported:\n%w", wrong)
}

// add imports what the database does not have yet. It returns how many of each
// kind, and how many passwords were written.
func (c importCmd) add(ctx context.Context, io *streams, r roster.Roster) (n counts, passwords int, err error) {
	k, err := readKnown(ctx, c.Database, r)
	if err != nil {
		return n, 0, err
	}
	leaked, err := leakedOf(c.Leaked)
	if err != nil {
		return n, 0, err
	}
	defer leaked.Close()
	log := slog.New(slog.NewTextHandler(io.err, &slog.HandlerOptions{Level: slog.LevelWarn}))
	app, err := ecluse.Open(ctx, ecluse.Options{Database: c.Database, Log: log, Leaked: leaked})
	if err != nil {
		return n, 0, err
	}
	defer app.Close()
	more, err := newAddition(r, k, app.Now())
	if err != nil {
		return n, 0, refusedRoster(c.Folder, err)
	}
	n = more.counts()
	if n == (counts{}) {
		return n, 0, nil
	}
	if c.Passwords != "" && n.People > 0 {
		return n, n.People, c.importWithPasswords(ctx, io, app, r, more)
	}
	return n, 0, app.Import(ctx, more.Roster)
}

// counts are numbers of each kind of thing in a roster.
type counts struct {
	Schools     int `json:"schools"`
	People      int `json:"people"`
	Memberships int `json:"memberships"`
	Classes     int `json:"classes"`
	Seats       int `json:"seats"`    // places in classes
	Children    int `json:"children"` // links of a guardian to a pupil
	Offices     int `json:"offices"`
	Aliases     int `json:"aliases"` // other names of accounts
	Emails      int `json:"emails"`  // addresses of people
}

func countRead(r roster.Roster) counts {
	n := counts{
		Schools: len(r.Schools), People: len(r.People), Memberships: len(r.Members), Classes: len(r.Classes), Offices: len(r.Offices),
	}
	for _, p := range r.People {
		n.Aliases += len(p.Aliases)
		if p.Email != "" {
			n.Emails++
		}
	}
	for _, m := range r.Members {
		n.Seats += len(m.Classes)
		n.Children += len(m.Children)
	}
	return n
}

// importResult is what import tells.
type importResult struct {
	Folder    string `json:"folder"`
	Checked   bool   `json:"checked"` // only read
	Read      counts `json:"read"`
	New       counts `json:"new"`
	Passwords int    `json:"passwords"` // written
}

func (r importResult) print(io *streams) error {
	fmt.Fprintf(io.out, "%-22s%8s%8s\n", "", "read", "new")
	for _, line := range []struct {
		what      string
		read, new int
	}{
		{"schools", r.Read.Schools, r.New.Schools},
		{"people", r.Read.People, r.New.People},
		{"memberships", r.Read.Memberships, r.New.Memberships},
		{"classes", r.Read.Classes, r.New.Classes},
		{"places in classes", r.Read.Seats, r.New.Seats},
		{"guardians of children", r.Read.Children, r.New.Children},
		{"offices", r.Read.Offices, r.New.Offices},
		{"aliases", r.Read.Aliases, r.New.Aliases},
		{"e-mail addresses", r.Read.Emails, r.New.Emails},
	} {
		added := fmt.Sprint(line.new)
		if r.Checked {
			added = "-"
		}
		fmt.Fprintf(io.out, "%-22s%8d%8s\n", line.what, line.read, added)
	}
	_, err := fmt.Fprintln(io.out, r.sentence())
	return err
}

// sentence says what happened and what is to be done next.
func (r importResult) sentence() string {
	switch {
	case r.Checked:
		return "The folder is in order. Nothing was imported: --check only reads."
	case r.New == (counts{}):
		return "Everything was there already: nothing was imported."
	case r.Passwords > 0:
		return fmt.Sprintf("Imported. Passwords to hand out, each to its person alone: %d. Then delete the file.", r.Passwords)
	case r.New.People > 0:
		return "Imported. The new accounts have no password, so nobody can sign in to them yet: see --passwords."
	}
	return "Imported."
}
