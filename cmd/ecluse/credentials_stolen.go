package main

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"os"
	"os/signal"
	"path/filepath"
	"strings"
	"syscall"
	"time"

	"github.com/ecluse-ecole/ecluse"
	"github.com/ecluse-ecole/ecluse/internal/config"
	"github.com/ecluse-ecole/ecluse/internal/school"
	"github.com/ecluse-ecole/ecluse/internal/sheet"
	"github.com/ecluse-ecole/ecluse/internal/store"
)

type credentialsStolenCmd struct {
	List      string   `arg:"" help:"The list, as it was received."`
	Config    string   `help:"The configuration that \"ecluse serve\" runs on: its database and its mail." type:"path" placeholder:"FILE"`
	Database  string   `help:"The database, without a configuration: a file or postgres://…; nobody is written to." placeholder:"DATABASE"`
	Territory string   `help:"Look for accounts of this territory only." default:"FR" placeholder:"TERRITORY"`
	Host      []string `help:"Look only at what was stolen at these hosts and below them." placeholder:"HOST"`
	Accounts  string   `help:"Write which accounts stood in the list into this new file, for the schools." placeholder:"FILE"`
	JSON      bool     `help:"Print JSON."`
}

// Run reads the list. Interrupted, it goes on where it stopped the next time.
func (c credentialsStolenCmd) Run(s *streams) error {
	within, err := school.ParseTerritory(c.Territory)
	if err != nil {
		return usageError{err.Error()}
	}
	options, err := c.options(s)
	if err != nil {
		return err
	}
	list, err := openInput("list", c.List)
	if err != nil {
		return err
	}
	defer list.Close()
	if err := c.mayWrite(); err != nil {
		return err
	}
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	app, err := ecluse.Open(ctx, options)
	if err != nil {
		return err
	}
	defer app.Close()
	bar := &progress{to: s.err, shown: isTerminal(s.err) && !c.JSON}
	report, err := app.ReadStolen(ctx, ecluse.StolenReading{
		List: list, Within: within, Hosts: lower(c.Host),
		Told: func(_ ecluse.StolenReport, share float64) { bar.tell("reading the list", int64(1000*share), 1000) },
	})
	bar.end()
	if errors.Is(err, context.Canceled) {
		return fmt.Errorf("%s was not read to its end: give the same file again to go on", c.List)
	}
	if err != nil {
		return err
	}
	return c.tell(ctx, s, app, report)
}

// mayWrite refuses before anything is frozen what could not be written after it. It
// makes nothing: who is killed meanwhile gives the same command again.
func (c credentialsStolenCmd) mayWrite() error {
	if c.Accounts == "" {
		return nil
	}
	if _, err := os.Lstat(c.Accounts); err == nil {
		return unwritable("accounts", c.Accounts, fs.ErrExist)
	}
	if _, err := os.Stat(filepath.Dir(c.Accounts)); err != nil {
		return unwritable("accounts", c.Accounts, err)
	}
	return nil
}

// options are those of the configuration, or of a database alone.
func (c credentialsStolenCmd) options(s *streams) (o ecluse.Options, err error) {
	o.Log = slog.New(slog.NewTextHandler(s.err, &slog.HandlerOptions{Level: slog.LevelError}))
	switch {
	case (c.Config == "") == (c.Database == ""):
		return o, usageError{"where the accounts are is not said: give --config FILE, or --database DATABASE"}
	case c.Database != "":
		o.Database = c.Database
		return o, mustExist(c.Database)
	}
	conf, err := config.Load(c.Config)
	if err != nil {
		return o, err
	}
	o.Database = conf.Database
	if o.Mail, err = mailOf(conf.Mail); err != nil {
		return o, err
	}
	return o, mustExist(conf.Database)
}

func lower(list []string) (folded []string) {
	for _, h := range list {
		folded = append(folded, strings.ToLower(strings.TrimSpace(h)))
	}
	return folded
}

// stolenResult is what the command tells: counts, nothing of the list.
type stolenResult struct {
	Before   bool      `json:"before"` // the list had been read already
	Received time.Time `json:"received"`
	Lines    int64     `json:"lines"`
	LeftOut  int64     `json:"left_out"`
	Accounts int       `json:"accounts"`
	Frozen   int       `json:"frozen"`
	Old      int       `json:"old_password"`
	Never    int       `json:"without_password"`
}

func (c credentialsStolenCmd) tell(ctx context.Context, s *streams, app *ecluse.App, r ecluse.StolenReport) error {
	if c.Accounts != "" {
		accounts, err := app.StolenTable(ctx, r.ID)
		if err != nil {
			return err
		}
		if err := writeStolen(c.Accounts, accounts); err != nil {
			return err
		}
	}
	if c.JSON {
		return showJSON(s, stolenResult{r.Before, r.Received, r.Line, r.LeftOut, r.Matched, r.Works, r.Old, r.Never})
	}
	if r.Before {
		fmt.Fprintf(s.out, "This list was read before, on %s: nothing was done again. It was about:\n", r.Received.Format(time.DateOnly))
	}
	_, err := fmt.Fprintf(s.out, "lines                      %8d\nlines without an account   %8d\naccounts of ours           %8d\n"+
		"  with their password      %8d  frozen, signed out everywhere\n  with another password    %8d\n  without a password here  %8d\n",
		r.Line, r.LeftOut, r.Matched, r.Works, r.Old, r.Never)
	if err == nil && r.Untried > 0 {
		_, err = fmt.Fprintf(s.out, "passwords not tried        %8d  more than 20 at one account: a list is no way to guess\n", r.Untried)
	}
	if err == nil && r.Works > 0 {
		_, err = fmt.Fprintln(s.out, "Their schools see who it is under \"Comptes\", \"Volés\", and give the accounts back.")
	}
	if err == nil {
		_, err = fmt.Fprintln(s.out, "Delete the list now: Écluse keeps nothing of it.")
	}
	return err
}

// outcomes are the words of the file.
var outcomes = map[store.StolenOutcome]string{store.StolenWorks: "frozen", store.StolenOld: "old password", store.StolenNever: "no password here"}

// writeStolen writes which accounts stood in a list, as French spreadsheets open it.
func writeStolen(name string, accounts []store.StolenAccount) error {
	f, err := createOutput("accounts", name)
	if err != nil {
		return err
	}
	defer f.Close()
	w := sheet.NewFrench(f, "school", "role", "login", "outcome")
	for _, a := range accounts {
		role := a.Role.String()
		if a.School == "" {
			role = "authority"
		}
		w.Write(string(a.School), role, a.Login, outcomes[a.Outcome])
	}
	return errors.Join(w.End(), f.Sync(), f.Close())
}
