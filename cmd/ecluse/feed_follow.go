package main

import (
	"fmt"
	"os"

	"github.com/ecluse-ecole/ecluse/internal/config"
	"github.com/ecluse-ecole/ecluse/internal/feed"
	"github.com/ecluse-ecole/ecluse/internal/school"
)

// followerOptions are those that a configuration means.
func followerOptions(c config.Follow) (feed.Options, error) {
	root, err := os.ReadFile(c.Root)
	if err != nil {
		return feed.Options{}, fmt.Errorf("reading the trusted root: %w: get 1.root.json from who founded the feed, by another way than the feed", err)
	}
	o := feed.Options{URL: c.URL, Dir: c.Dir, Root: root, Interval: c.Every, Late: c.Late}
	if c.Log != "" {
		o.Log = &feed.Trust{Log: c.Log, Witnesses: c.Witnesses, Need: c.Need}
	}
	for _, text := range c.Within {
		t, err := school.ParseTerritory(text)
		if err != nil {
			return o, fmt.Errorf("within: %w", err)
		}
		o.Within = append(o.Within, t)
	}
	return o, nil
}
