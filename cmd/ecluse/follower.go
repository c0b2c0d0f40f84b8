package main

import (
	"context"
	"crypto/rand"
	"encoding/json"
	"fmt"
	"os"
	"strings"
	"text/tabwriter"
	"time"

	"golang.org/x/mod/sumdb/note"

	"github.com/ecluse-ecole/ecluse"
	"github.com/ecluse-ecole/ecluse/internal/fault"
	"github.com/ecluse-ecole/ecluse/internal/school"
	"github.com/ecluse-ecole/ecluse/internal/statement"
)

// followerCmd is about the installations that tell what became of orders.
type followerCmd struct {
	Key    followerKeyCmd    `cmd:"" help:"At a follower: make the key that signs its schools' answers, and print the verifier key."`
	Add    followerAddCmd    `cmd:"" help:"At the authority: take the answers that a follower signs."`
	List   followerListCmd   `cmd:"" help:"Show the followers and when each last spoke."`
	Remove followerRemoveCmd `cmd:"" help:"Take nothing from a follower any more."`
	State  followerStateCmd  `cmd:"" help:"Write the schools' answers into a file, to be carried where no network leads."`
	Take   followerTakeCmd   `cmd:"" help:"Take such a file."`
}

type followerKeyCmd struct {
	File string `arg:"" help:"The new file of the key."`
	Name string `required:"" help:"The installation's name, such as host.example." placeholder:"NAME"`
}

// Run makes the key; the file never replaces another.
func (c followerKeyCmd) Run(io *streams) error {
	private, verifier, err := note.GenerateKey(rand.Reader, c.Name)
	if err == nil {
		_, err = note.NewVerifier(verifier)
	}
	if err != nil {
		return usageError{fmt.Sprintf("--name %q cannot name an installation: write it without spaces and +, such as host.example", c.Name)}
	}
	f, err := os.OpenFile(c.File, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return fmt.Errorf("writing the key: %w", err)
	}
	if _, err = fmt.Fprintln(f, private); err == nil {
		err = f.Sync()
	}
	if closing := f.Close(); err != nil || closing != nil {
		return fmt.Errorf("writing the key %s: %w", c.File, orElse(err, closing))
	}
	fmt.Fprintln(io.err, "Send this verifier key to the installation above, by another way than the answers.")
	_, err = fmt.Fprintln(io.out, verifier)
	return err
}

func orElse(err, other error) error {
	if err != nil {
		return err
	}
	return other
}

type followerAddCmd struct {
	Name     string   `arg:"" help:"How people call it: small letters, digits, - and ."`
	Key      string   `arg:"" help:"The verifier key that \"ecluse follower key\" printed."`
	Within   []string `required:"" help:"It may speak of schools of these territories only, such as FR/13/079." placeholder:"TERRITORY"`
	Database string   `required:"" help:"The database: a file, or a postgres:// URL." placeholder:"FILE|URL"`
}

// Run adds the follower.
func (c followerAddCmd) Run(io *streams) error {
	f := statement.Follower{Name: c.Name, Key: c.Key}
	for _, t := range c.Within {
		f.Within = append(f.Within, school.Territory(t))
	}
	if err := f.Check(); err != nil {
		return usageError{err.Error()}
	}
	err := withApp(io, c.Database, func(ctx context.Context, app *ecluse.App) error { return app.AddFollower(ctx, f) })
	if fault.Is(err, fault.Conflict) {
		return fmt.Errorf("adding the follower %s: its name or its key is known already: see \"ecluse follower list\"", c.Name)
	}
	if err != nil {
		return fmt.Errorf("adding the follower %s: %w", c.Name, err)
	}
	_, err = fmt.Fprintf(io.out, "What %s signs about schools of %s is taken from now on.\n", c.Name, strings.Join(c.Within, ", "))
	return err
}

type followerRemoveCmd struct {
	Name     string `arg:"" help:"Which follower."`
	Database string `required:"" help:"The database: a file, or a postgres:// URL." placeholder:"FILE|URL"`
}

// Run removes the follower.
func (c followerRemoveCmd) Run(io *streams) error {
	err := withApp(io, c.Database, func(ctx context.Context, app *ecluse.App) error { return app.RemoveFollower(ctx, c.Name) })
	if err != nil {
		return fmt.Errorf("removing the follower %s: %w (\"ecluse follower list\" shows those there are)", c.Name, err)
	}
	_, err = fmt.Fprintf(io.out, "Nothing is taken from %s any more. What heads answered stays.\n", c.Name)
	return err
}

type followerListCmd struct {
	Territory string `help:"Only followers that may speak of schools of this territory." default:"FR" placeholder:"TERRITORY"`
	Database  string `required:"" help:"The database: a file, or a postgres:// URL." placeholder:"FILE|URL"`
	JSON      bool   `help:"Print JSON."`
}

// A followerLine is one follower, as programs read it.
type followerLine struct {
	Name    string             `json:"name"`
	Key     string             `json:"key"`
	Within  []school.Territory `json:"within"`
	Said    time.Time          `json:"said,omitzero"`
	Version int64              `json:"version"`
	Silent  bool               `json:"silent"`
	LeftOut string             `json:"left_out,omitempty"`
}

// Run shows the followers.
func (c followerListCmd) Run(io *streams) error {
	territory, err := school.ParseTerritory(c.Territory)
	if err != nil {
		return usageError{err.Error()}
	}
	var list []ecluse.FollowerView
	var now time.Time
	err = withApp(io, c.Database, func(ctx context.Context, app *ecluse.App) (err error) {
		list, err = app.Followers(ctx, territory)
		now = app.Now()
		return err
	})
	if err != nil {
		return err
	}
	if c.JSON {
		lines := []followerLine{}
		for _, f := range list {
			lines = append(lines, followerLine{f.Name, f.Key, f.Within, f.Said, f.Version, f.Silent, f.LeftOut})
		}
		return json.NewEncoder(io.out).Encode(lines)
	}
	if len(list) == 0 {
		_, err = fmt.Fprintln(io.out, "There is no follower yet: \"ecluse follower add\" makes one known.")
		return err
	}
	w := tabwriter.NewWriter(io.out, 0, 8, 2, ' ', 0)
	fmt.Fprintln(w, "follower\tterritories\tlast heard\tfeed version\tleft out")
	for _, f := range list {
		heard := ago(now, f.Said)
		if f.Silent {
			heard += " SILENT"
		}
		fmt.Fprintf(w, "%s\t%s\t%s\t%d\t%s\n", f.Name, territories(f.Within), heard, f.Version, f.LeftOut)
	}
	return w.Flush()
}

func territories(list []school.Territory) string {
	var b strings.Builder
	for i, t := range list {
		if i > 0 {
			b.WriteString(", ")
		}
		b.WriteString(string(t))
	}
	return b.String()
}

type followerStateCmd struct {
	Key      string `required:"" help:"The file of this installation's key, made by \"ecluse follower key\"." placeholder:"FILE"`
	Out      string `required:"" help:"The file to write." placeholder:"FILE"`
	Database string `required:"" help:"The database: a file, or a postgres:// URL." placeholder:"FILE|URL"`
}

// Run writes a signed statement.
func (c followerStateCmd) Run(io *streams) error {
	key, err := readStatementKey(c.Key)
	if err != nil {
		return err
	}
	var said statement.Statement
	err = withApp(io, c.Database, func(ctx context.Context, app *ecluse.App) (err error) {
		said, err = app.Statement(ctx)
		return err
	})
	if err != nil {
		return fmt.Errorf("gathering the schools' answers: %w", err)
	}
	data, err := said.Sign(key)
	if err != nil {
		return err
	}
	if err := os.WriteFile(c.Out, data, 0o600); err != nil {
		return fmt.Errorf("writing the schools' answers: %w", err)
	}
	_, err = fmt.Fprintf(io.out, "What is known of the schools is in %s: take it there with \"ecluse follower take\".\n", c.Out)
	return err
}

type followerTakeCmd struct {
	File     string `arg:"" help:"What \"ecluse follower state\" wrote."`
	Database string `required:"" help:"The database: a file, or a postgres:// URL." placeholder:"FILE|URL"`
}

// Run takes the file.
func (c followerTakeCmd) Run(io *streams) error {
	data, err := os.ReadFile(c.File)
	if err != nil {
		return fmt.Errorf("reading a statement: %w: write one with \"ecluse follower state\"", err)
	}
	var taken ecluse.Taken
	err = withApp(io, c.Database, func(ctx context.Context, app *ecluse.App) (err error) {
		taken, err = app.TakeStatement(ctx, data)
		return err
	})
	if err != nil {
		return fmt.Errorf("taking %s: %w", c.File, err)
	}
	fmt.Fprintf(io.out, "Taken: what %s said on %s.\n", taken.Follower, taken.At.Format(time.RFC3339))
	if taken.LeftOut != "" {
		_, err = fmt.Fprintf(io.out, "Left out: %s.\n", taken.LeftOut)
	}
	return err
}
