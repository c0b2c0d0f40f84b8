package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"strings"

	"github.com/ecluse-ecole/ecluse"
	"github.com/ecluse-ecole/ecluse/internal/config"
	"github.com/ecluse-ecole/ecluse/internal/feed"
	"github.com/ecluse-ecole/ecluse/internal/order"
	"github.com/ecluse-ecole/ecluse/internal/school"
)

type feedSubmitCmd struct {
	Dir    string   `arg:"" help:"A mirror of the feed."`
	Files  []string `arg:"" optional:"" help:"The orders' files."`
	Office string   `help:"The office's territory, such as FR/13/079." placeholder:"TERRITORY"`

	Database string   `help:"Sign also what this installation issued in the office's name and the feed does not hold yet." placeholder:"DATABASE"`
	Delegate []string `help:"Let an office below sign for itself, with its public key; may be repeated." placeholder:"TERRITORY=FILE.pub"`

	Onto string `help:"Add a signature to this submission, instead of beginning one." placeholder:"FILE"`
	Keys string `required:"" help:"The folder of the office's keys." placeholder:"FOLDER"`
	Out  string `required:"" help:"Where to write the submission." placeholder:"FILE"`
}

// Run drafts and signs, or signs what somebody else drafted.
func (c feedSubmitCmd) Run(io *streams) error {
	if (c.Office == "") == (c.Onto == "") {
		return usageError{"say either --office TERRITORY with the orders' files, or --onto FILE to sign what another drafted"}
	}
	r, keys, err := openFeed(c.Dir, c.Keys)
	if err != nil {
		return err
	}
	s, err := c.submission(r)
	if err != nil {
		return err
	}
	if err := s.Sign(keys.host(c.Dir).Ring); err != nil {
		return err
	}
	data, err := s.Encode()
	if err != nil {
		return err
	}
	if err := os.WriteFile(c.Out, data, 0o644); err != nil {
		return fmt.Errorf("writing the submission: %w", err)
	}
	_, err = fmt.Fprintf(io.out, "Signed for %s, new orders: %d: send %s to the feed's host, or to the next who signs.\n", s.Office, len(s.Orders), c.Out)
	return err
}

func (c feedSubmitCmd) submission(r *feed.Repository) (*feed.Submission, error) {
	if c.Onto != "" {
		return readSubmission(c.Onto)
	}
	t, err := school.ParseTerritory(c.Office)
	if err != nil {
		return nil, usageError{err.Error()}
	}
	change, err := c.change(r, t)
	if err != nil {
		return nil, err
	}
	return r.Draft(t, change)
}

// change is what the office signs.
func (c feedSubmitCmd) change(r *feed.Repository, t school.Territory) (change feed.Change, err error) {
	if change.Publish, err = readOrders(c.Files); err != nil {
		return change, err
	}
	if c.Database != "" {
		issued, err := issuedIn(c.Database, t)
		if err != nil {
			return change, err
		}
		fresh, err := r.Lacks(issued)
		if err != nil {
			return change, err
		}
		change.Publish = append(change.Publish, fresh...)
	}
	for _, text := range c.Delegate {
		name, file, both := strings.Cut(text, "=")
		below, err := school.ParseTerritory(name)
		if err != nil || !both {
			return change, usageError{fmt.Sprintf("--delegate %q: write it like FR/14/024=office.pub", text)}
		}
		role, err := readPublicKeys([]string{file}, 1)
		if err != nil {
			return change, err
		}
		change.Delegate = append(change.Delegate, feed.Delegation{Territory: below, Role: role})
	}
	return change, nil
}

// issuedIn are the orders that an installation issued in an office's name, or in
// that of an office below it.
func issuedIn(database string, t school.Territory) ([]*order.Order, error) {
	ctx := context.Background()
	app, err := ecluse.Open(ctx, ecluse.Options{Database: database, Log: slog.New(slog.DiscardHandler)})
	if err != nil {
		return nil, err
	}
	var list []*order.Order
	for _, o := range app.Issued() {
		if t.Contains(o.Issuer) {
			list = append(list, o)
		}
	}
	return list, app.Close()
}

func readSubmission(name string) (*feed.Submission, error) {
	f, err := os.Open(name)
	if err != nil {
		return nil, fmt.Errorf("reading a submission: %w", err)
	}
	defer f.Close() // only read
	s, err := feed.ReadSubmission(f)
	if err != nil {
		return nil, fmt.Errorf("%s: %w: \"ecluse feed submit\" writes one", name, err)
	}
	return s, nil
}

type feedAdoptCmd struct {
	Dir   string   `arg:"" help:"The feed's folder."`
	Files []string `arg:"" help:"What \"ecluse feed submit\" wrote."`
	Keys  string   `required:"" help:"The folder of the host's keys: snapshot, timestamp, log." placeholder:"FOLDER"`
}

// Run adopts all of them or none.
func (c feedAdoptCmd) Run(io *streams) error {
	var list []*feed.Submission
	for _, name := range c.Files {
		s, err := readSubmission(name)
		if err != nil {
			return err
		}
		list = append(list, s)
	}
	r, _, err := openFeed(c.Dir, c.Keys)
	if err != nil {
		return err
	}
	if err := r.Adopt(list...); err != nil {
		return err
	}
	for _, s := range list {
		fmt.Fprintf(io.out, "What %s signed is in the feed.\n", s.Office)
	}
	return nil
}

type feedRotateCmd struct {
	Dir    string   `arg:"" help:"The feed's folder."`
	Role   string   `arg:"" help:"A territory, or root, snapshot or timestamp."`
	Public []string `arg:"" help:"The files of the new public keys."`
	Need   int      `help:"How many of them must sign." default:"1"`
	Keys   string   `required:"" help:"The folder of the keys: those above and the new ones." placeholder:"FOLDER"`
}

// Run replaces the keys where all that must sign are at hand.
func (c feedRotateCmd) Run(io *streams) error {
	role, err := readPublicKeys(c.Public, c.Need)
	if err != nil {
		return err
	}
	r, _, err := openFeed(c.Dir, c.Keys)
	if err != nil {
		return err
	}
	if change, ofRoot := rootChange(c.Role, &role); ofRoot {
		err = r.RotateRoot(change)
	} else if t, no := school.ParseTerritory(c.Role); no == nil {
		err = r.RotateKey(t, role)
	} else {
		return usageError{fmt.Sprintf("%q has no keys: name a territory such as FR/13/079, or root, snapshot or timestamp", c.Role)}
	}
	if err != nil {
		return err
	}
	_, err = fmt.Fprintf(io.out, "The keys of %s are replaced.\n", c.Role)
	return err
}

type feedMirrorCmd struct {
	URL  string `arg:"" help:"The feed's address."`
	Dir  string `arg:"" help:"Where to write the mirror."`
	Root string `required:"" help:"The trusted root, got by another way than the feed." placeholder:"FILE"`
	Log  string `help:"The log's verifier key." placeholder:"KEY"`
}

// Run polls once, and writes what was verified.
func (c feedMirrorCmd) Run(io *streams) error {
	kept, err := os.MkdirTemp("", "ecluse-mirror-")
	if err != nil {
		return fmt.Errorf("mirroring the feed: %w", err)
	}
	defer func() { _ = os.RemoveAll(kept) }() // of no use to anybody
	options, err := followerOptions(config.Follow{URL: c.URL, Root: c.Root, Log: c.Log, Dir: kept})
	if err != nil {
		return err
	}
	follower, err := feed.NewFollower(options)
	if err != nil {
		return err
	}
	if _, err := follower.Poll(context.Background()); err != nil {
		return fmt.Errorf("mirroring %s: %w", c.URL, err)
	}
	if err := follower.Mirror(c.Dir); err != nil {
		return err
	}
	_, err = fmt.Fprintf(io.out, "Version %d is mirrored in %s.\n", follower.Set().Version, c.Dir)
	return err
}

type feedPullCmd struct {
	Dir     string `arg:"" help:"The feed's folder, or a mirror."`
	Archive string `arg:"" help:"The file to write."`
}

// Run packs.
func (c feedPullCmd) Run(io *streams) error {
	if _, err := feed.Open(c.Dir, feed.Host{}); err != nil {
		return noFeed(c.Dir)
	}
	if err := feed.Pull(c.Dir, c.Archive); err != nil {
		return err
	}
	_, err := fmt.Fprintf(io.out, "The feed is in %s: unpack it there with \"ecluse feed push\".\n", c.Archive)
	return err
}

type feedPushCmd struct {
	Archive string `arg:"" help:"What \"ecluse feed pull\" wrote."`
	Dir     string `arg:"" help:"The folder that a follower reads."`
}

// Run unpacks; the follower verifies.
func (c feedPushCmd) Run(io *streams) error {
	err := feed.Push(c.Archive, c.Dir)
	if errors.Is(err, os.ErrNotExist) {
		return fmt.Errorf("there is no file %s: write one with \"ecluse feed pull\"", c.Archive)
	}
	if err != nil {
		return err
	}
	_, err = fmt.Fprintf(io.out, "Unpacked into %s.\n", c.Dir)
	return err
}
