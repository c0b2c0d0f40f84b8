package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"log/slog"
	"os"
	"os/signal"
	"path/filepath"
	"strings"
	"syscall"
	"time"

	"github.com/ecluse-ecole/ecluse/internal/leak"
	"golang.org/x/term"
)

// credentialsCmd is about passwords that others know (docs/leaks.md).
type credentialsCmd struct {
	Build credentialsBuildCmd `cmd:"" help:"Make the file of leaked passwords of lists such as Pwned Passwords."`
	Check credentialsCheckCmd `cmd:"" help:"Say whether a password stands in such a file."`

	Stolen credentialsStolenCmd `cmd:"" help:"Freeze the accounts whose password stands in a list of stolen ones."`
}

type credentialsBuildCmd struct {
	Out   string   `arg:"" help:"The file to make."`
	Lists []string `arg:"" help:"Files of SHA-1 or NTLM hashes (HASH:COUNT) or of passwords, one a line; folders of such files."`
	Plain bool     `help:"The lists hold passwords, even if they look like hashes."`
	NTLM  bool     `name:"ntlm" help:"Of lists that hold passwords, keep NTLM hashes."`
	JSON  bool     `help:"Print JSON."`
}

// Run builds the file; one that is interrupted leaves none.
func (c credentialsBuildCmd) Run(s *streams) error {
	if err := c.check(); err != nil {
		return err
	}
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	bar := &progress{to: s.err, shown: isTerminal(s.err) && !c.JSON}
	sum, err := leak.Build(ctx, c.Out, c.Lists, leak.Options{
		Plain: c.Plain, NTLM: c.NTLM, Now: time.Now(),
		Progress: func(p leak.Progress) { bar.tell(buildStep(p.Step), p.Done, p.Total) },
	})
	bar.end()
	switch {
	case err != nil:
		return stopped("building", c.Out, unreadable("list", err))
	case c.JSON:
		return showJSON(s, sum)
	}
	_, err = fmt.Fprintf(s.out, "%s: %d passwords known by their %s hash, %d bytes (%.2f each). Name it as \"leaked\" in the configuration.\n",
		c.Out, sum.Count, sum.Kind, sum.Bytes, float64(sum.Bytes)/float64(sum.Count))
	return err
}

// check refuses before the work, which may take an hour, what would fail after it or
// put the file in the place of something else.
func (c credentialsBuildCmd) check() error {
	if info, err := os.Stat(c.Out); err == nil && !info.Mode().IsRegular() {
		return fmt.Errorf("%s is no file that can be replaced: name the file to make, such as leaked.bin", c.Out)
	}
	if info, err := os.Stat(filepath.Dir(c.Out)); err != nil || !info.IsDir() {
		return unwritable("leaked passwords", c.Out, fs.ErrNotExist)
	}
	for _, list := range c.Lists {
		if _, err := os.Stat(list); err != nil {
			return unreadable("list", err)
		}
	}
	return nil
}

func buildStep(s leak.Step) string {
	if s == leak.Reading {
		return "reading the lists"
	}
	return "writing the file"
}

type credentialsCheckCmd struct {
	File string `arg:"" help:"The file of leaked passwords."`
	JSON bool   `help:"Print JSON."`
}

// Run asks for one password, on the terminal without showing it or as the first
// line of the input: never as an argument, which others on the machine can read.
func (c credentialsCheckCmd) Run(s *streams) error {
	set, err := leakedOf(c.File)
	if err != nil {
		return err
	}
	defer set.Close()
	password, err := askPassword(s)
	if err != nil {
		return err
	}
	found, err := set.Has(password)
	if err != nil {
		return err
	}
	if c.JSON {
		err = showJSON(s, struct {
			Leaked bool `json:"leaked"`
		}{found})
	} else if !found {
		fmt.Fprintf(s.out, "This password does not stand in %s.\n", c.File)
	}
	if found && err == nil {
		err = errors.New("this password stands in the list: others know it, choose another one")
	}
	return err
}

// askPassword reads one password.
func askPassword(s *streams) (string, error) {
	if f, ok := s.in.(*os.File); ok && term.IsTerminal(int(f.Fd())) {
		fmt.Fprint(s.err, "Password: ")
		typed, err := term.ReadPassword(int(f.Fd()))
		fmt.Fprintln(s.err)
		return string(typed), err
	}
	line, err := bufio.NewReader(io.LimitReader(s.in, 1<<20)).ReadString('\n')
	if line = strings.TrimRight(line, "\r\n"); line == "" {
		return "", errors.Join(errors.New("no password was given: type it, or hand it in as the first line of the input"), ignoreEOF(err))
	}
	return line, ignoreEOF(err)
}

func ignoreEOF(err error) error {
	if errors.Is(err, io.EOF) {
		return nil
	}
	return err
}

// isTerminal reports whether somebody looks at what is written.
func isTerminal(w io.Writer) bool {
	f, ok := w.(*os.File)
	return ok && term.IsTerminal(int(f.Fd()))
}

// progress shows on one line of a terminal how far something has come.
type progress struct {
	to    io.Writer
	shown bool
	last  string
}

// tell rewrites the line when its text changes.
func (p *progress) tell(what string, done, total int64) {
	if !p.shown || total == 0 {
		return
	}
	if text := fmt.Sprintf("%s: %d %%", what, 100*done/total); text != p.last {
		p.last = text
		fmt.Fprintf(p.to, "\r\x1b[K%s", text)
	}
}

// end leaves the line.
func (p *progress) end() {
	if p.last != "" {
		fmt.Fprint(p.to, "\r\x1b[K")
	}
}

// leakedOf opens a file of leaked passwords; nil where none is named.
func leakedOf(name string) (*leak.Set, error) {
	if name == "" {
		return nil, nil
	}
	set, err := leak.Open(name)
	return set, unreadable("file of leaked passwords", err)
}

// tellLeaked says by how many leaked passwords a server checks, or that it does not.
func tellLeaked(set *leak.Set, log *slog.Logger) {
	if set == nil {
		log.Warn(`passwords are not checked against leaked ones: name a file made with "ecluse credentials build" as "leaked" in the configuration`)
		return
	}
	log.Info("passwords are checked against leaked ones", "count", set.Count(), "built", set.Built())
}
