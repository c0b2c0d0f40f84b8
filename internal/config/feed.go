package config

import (
	"cmp"
	"errors"
	"fmt"
	"strings"
	"time"
)

// A Feed makes `ecluse serve` the host of a feed of signed orders: it serves the
// folder under /feed/, signs the time each minute, and publishes what is issued.
type Feed struct {
	Dir  string `yaml:"dir"`  // made by "ecluse feed init"
	Keys string `yaml:"keys"` // a folder of *.pem: snapshot, timestamp, log and those of offices; never the root's
	// Witnesses are the keys of second bodies that cosign the log.
	Witnesses []string `yaml:"witnesses"`
}

// A Follow makes `ecluse serve` apply the orders of a feed.
type Follow struct {
	URL  string `yaml:"url"`  // of the feed, such as https://ministry.example/feed; file:///… for a folder
	Root string `yaml:"root"` // the trusted root, got by another way than the feed
	Dir  string `yaml:"dir"`  // keeps the last good set; made when it is not there
	Log  string `yaml:"log"`  // the log's verifier key, printed by "ecluse feed init"; empty: the log is not read
	// Witnesses are the keys of second bodies, and Need how many of them must have
	// cosigned the log before an order counts.
	Witnesses []string `yaml:"witnesses"`
	Need      int      `yaml:"need"`

	Within []string `yaml:"within"` // territories, with the offices above and below; none: all

	Every time.Duration `yaml:"every"` // the shortest wait between two looks; 0: 15 s
	// StaleAfter closes pupils when the feed has confirmed nothing for so long.
	StaleAfter time.Duration `yaml:"stale_after"` // 0: 24 h
	// Late is how long after its end a signature still counts, for a feed that is
	// carried by hand.
	Late time.Duration `yaml:"late"`
	// Contact is whom people call when the feed is silent and pupils are closed.
	Contact Contact `yaml:"contact"`
	// Answers has the schools' answers told to the installation above; nil: they stay here.
	Answers *Answers `yaml:"answers"`
}

// Answers says where the schools' answers are told.
type Answers struct {
	Key string `yaml:"key"` // a file made by "ecluse follower key"
	URL string `yaml:"url"` // empty: the feed's address and /answers
}

// A Contact is who answers people's questions.
type Contact struct {
	Office string `yaml:"office"` // empty: whoever runs this messaging, in these words
	Phone  string `yaml:"phone"`
	Email  string `yaml:"email"`
}

// feedFiles are the names of files that the feed's two sides hold.
func (c *Config) feedFiles() (list []*string) {
	if c.Feed != nil {
		list = append(list, &c.Feed.Dir, &c.Feed.Keys)
	}
	if c.Follow != nil {
		list = append(list, &c.Follow.Root, &c.Follow.Dir)
		if a := c.Follow.Answers; a != nil {
			list = append(list, &a.Key)
		}
	}
	return list
}

// checkFeed refuses what cannot be meant.
func (c Config) checkFeed() error {
	if f := c.Feed; f != nil && (f.Dir == "" || f.Keys == "") {
		return errors.New("feed needs dir and keys: found a feed with \"ecluse feed init DIR --keys FOLDER\" and name both")
	}
	f := c.Follow
	switch {
	case f == nil:
		return nil
	case f.URL == "" || f.Root == "" || f.Dir == "":
		return errors.New("follow needs url, root and dir: the feed's address, its trusted 1.root.json, and a folder of your own")
	case f.Contact.Phone == "" && f.Contact.Email == "":
		return errors.New("follow.contact needs a phone or an email: people ask there when the feed is silent and pupils are closed")
	}
	return cmp.Or(f.checkWitnesses(), f.checkTimes(), f.Answers.check(f.URL))
}

func (f Follow) checkWitnesses() error {
	switch {
	case f.Log == "" && len(f.Witnesses)+f.Need > 0:
		return errors.New("follow.witnesses needs follow.log: witnesses cosign the log, and without its key it is not read")
	case f.Need < 0 || f.Need > len(f.Witnesses):
		return fmt.Errorf("follow.need is %d: want 0 to %d, as many as there are witnesses", f.Need, len(f.Witnesses))
	case f.Need == 0 && len(f.Witnesses) > 0:
		return errors.New("follow.need is missing: say how many of the witnesses must cosign")
	}
	return nil
}

func (f Follow) checkTimes() error {
	switch {
	case f.Every != 0 && f.Every < time.Second:
		return fmt.Errorf("follow.every is %s: want a second or more", f.Every)
	case f.StaleAfter != 0 && f.StaleAfter < time.Minute:
		return fmt.Errorf("follow.stale_after is %s: want a minute or more", f.StaleAfter)
	case f.Late < 0:
		return fmt.Errorf("follow.late is %s: it cannot be below zero", f.Late)
	}
	return nil
}

func (a *Answers) check(feed string) error {
	switch {
	case a == nil:
		return nil
	case a.Key == "":
		return errors.New("follow.answers needs key: make one with \"ecluse follower key FILE --name host.example\"")
	case a.URL == "" && strings.HasPrefix(feed, "file:"):
		return errors.New("follow.answers needs url where the feed comes by file: name where answers are taken, such as https://ministry.example/feed/answers, or carry them with \"ecluse follower state\"")
	}
	return nil
}
