package main

import (
	"fmt"
	"time"

	"github.com/ecluse-ecole/ecluse/internal/feed"
)

type feedPruneCmd struct {
	Dir  string        `arg:"" help:"The feed's folder, or a mirror."`
	Keep time.Duration `help:"How long a state stays after another has replaced it; an hour or more." default:"24h"`
}

// Run prunes. It needs no key.
func (c feedPruneCmd) Run(io *streams) error {
	if c.Keep < time.Hour {
		return usageError{fmt.Sprintf("--keep %s is too short: somebody may still be reading what was replaced so lately; give an hour or more", c.Keep)}
	}
	r, err := feed.Open(c.Dir, feed.Host{})
	if err != nil {
		return noFeed(c.Dir)
	}
	n, err := r.Prune(c.Keep)
	if err != nil {
		return err
	}
	_, err = fmt.Fprintf(io.out, "%d files removed.\n", n)
	return err
}
