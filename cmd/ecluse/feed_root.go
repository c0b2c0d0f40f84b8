package main

import (
	"fmt"
	"os"

	"github.com/ecluse-ecole/ecluse/internal/feed"
)

// feedRootCmd replaces the root where its keys are in several safes.
type feedRootCmd struct {
	Draft feedRootDraftCmd `cmd:"" help:"Draft the next root; without a role it renews the present one for a year."`
	Sign  feedRootSignCmd  `cmd:"" help:"At a keeper's: sign the draft."`
	Adopt feedRootAdoptCmd `cmd:"" help:"At the host: publish the root that enough keepers have signed."`
}

type feedRootDraftCmd struct {
	Dir    string   `arg:"" help:"The feed's folder, or a mirror."`
	Role   string   `arg:"" optional:"" help:"Whose keys change: root, FR, snapshot or timestamp."`
	Public []string `arg:"" optional:"" help:"The files of the new public keys."`
	Need   int      `help:"How many of them must sign." default:"1"`
	Out    string   `required:"" help:"Where to write the draft." placeholder:"FILE"`
}

// Run drafts.
func (c feedRootDraftCmd) Run(io *streams) error {
	change := feed.RootChange{}
	if c.Role != "" {
		role, err := readPublicKeys(c.Public, c.Need)
		if err != nil {
			return err
		}
		var known bool
		if change, known = rootChange(c.Role, &role); !known {
			return usageError{fmt.Sprintf("the root says nothing about %q: name root, FR, snapshot or timestamp", c.Role)}
		}
	}
	r, err := feed.Open(c.Dir, feed.Host{})
	if err != nil {
		return noFeed(c.Dir)
	}
	draft, err := r.DraftRoot(change)
	if err != nil {
		return err
	}
	return passOn(io, c.Out, draft)
}

// rootChange gives a role of the root other keys.
func rootChange(name string, role *feed.Role) (feed.RootChange, bool) {
	switch name {
	case "root":
		return feed.RootChange{Root: role}, true
	case string(feed.Top):
		return feed.RootChange{Targets: role}, true
	case "snapshot":
		return feed.RootChange{Snapshot: role}, true
	case "timestamp":
		return feed.RootChange{Timestamp: role}, true
	}
	return feed.RootChange{}, false
}

// passOn writes what goes to the next keeper.
func passOn(io *streams, name string, data []byte) error {
	if err := os.WriteFile(name, data, 0o644); err != nil {
		return fmt.Errorf("writing the root: %w", err)
	}
	_, err := fmt.Fprintf(io.out, "Written to %s: it goes to the next keeper of a root key, and then to the host.\n", name)
	return err
}

type feedRootSignCmd struct {
	Draft string `arg:"" help:"The draft, signed by others or not yet."`
	Keys  string `required:"" help:"The folder of the keeper's key." placeholder:"FOLDER"`
	Out   string `required:"" help:"Where to write it signed." placeholder:"FILE"`
}

// Run signs.
func (c feedRootSignCmd) Run(io *streams) error {
	draft, err := os.ReadFile(c.Draft)
	if err != nil {
		return fmt.Errorf("reading the draft: %w: \"ecluse feed root draft\" writes one", err)
	}
	keys, err := readKeys(c.Keys)
	if err != nil {
		return err
	}
	signed, err := feed.SignRoot(draft, keys.host("").Ring)
	if err != nil {
		return fmt.Errorf("signing %s: %w", c.Draft, err)
	}
	return passOn(io, c.Out, signed)
}

type feedRootAdoptCmd struct {
	Dir  string `arg:"" help:"The feed's folder."`
	Root string `arg:"" help:"The signed root."`
	Keys string `required:"" help:"The folder of the host's keys, the new ones among them." placeholder:"FOLDER"`
}

// Run adopts, and signs anew whatever replaced keys had signed.
func (c feedRootAdoptCmd) Run(io *streams) error {
	signed, err := os.ReadFile(c.Root)
	if err != nil {
		return fmt.Errorf("reading the root: %w: \"ecluse feed root sign\" writes one", err)
	}
	r, _, err := openFeed(c.Dir, c.Keys)
	if err != nil {
		return err
	}
	if err := r.AdoptRoot(signed); err != nil {
		return err
	}
	_, err = fmt.Fprintln(io.out, "The new root is in the feed; followers take it at their next look.")
	return err
}
