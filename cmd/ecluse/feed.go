package main

import (
	"crypto"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"time"

	"github.com/ecluse-ecole/ecluse/internal/feed"
	"github.com/ecluse-ecole/ecluse/internal/order"
	"github.com/ecluse-ecole/ecluse/internal/school"
)

// feedCmd keeps a feed of signed orders.
type feedCmd struct {
	Init     feedInitCmd     `cmd:"" help:"Found a feed, and make the keys that are missing."`
	Key      feedKeyCmd      `cmd:"" help:"Make a key, or find one on a token, and print its public half."`
	Delegate feedDelegateCmd `cmd:"" help:"Let an office sign for its own territory."`
	Publish  feedPublishCmd  `cmd:"" help:"Sign orders and put them into the feed."`
	Sign     feedSignCmd     `cmd:"" help:"Say anew that nothing newer is there; every minute where \"ecluse serve\" does not run."`
	Submit   feedSubmitCmd   `cmd:"" help:"At an office: sign orders into a file for the feed's host."`
	Adopt    feedAdoptCmd    `cmd:"" help:"At the host: take what offices signed."`
	Rotate   feedRotateCmd   `cmd:"" help:"Replace the keys of a role: a territory, root, snapshot or timestamp."`
	Root     feedRootCmd     `cmd:"" help:"Replace or renew the root where its keys are in several safes."`
	Witness  feedWitnessCmd  `cmd:"" help:"As a second body: cosign the log of a feed, whenever it has grown."`
	Cosign   feedCosignCmd   `cmd:"" help:"At the host: add what a witness has cosigned."`
	Compare  feedCompareCmd  `cmd:"" help:"Hold two accounts of one log against each other."`
	Prune    feedPruneCmd    `cmd:"" help:"Remove from a feed's folder what no follower can need any more."`
	Check    feedCheckCmd    `cmd:"" help:"Read a feed as a follower would, and say what it takes."`
	Mirror   feedMirrorCmd   `cmd:"" help:"Copy a feed from an address, verified."`
	Pull     feedPullCmd     `cmd:"" help:"Put a feed into one file, to be carried where no network leads."`
	Push     feedPushCmd     `cmd:"" help:"Unpack such a file into a folder that a follower reads."`
}

type feedInitCmd struct {
	Dir      string `arg:"" help:"The feed's folder; it must be empty."`
	Keys     string `required:"" help:"The folder of the keys." placeholder:"FOLDER"`
	RootKeys string `help:"How many root keys there are, and how many must sign." default:"2-of-3" placeholder:"K-of-N"`
	Name     string `help:"The name of the log, such as orders.example." default:"ecluse"`
	JSON     bool   `help:"Print JSON."`
}

var ofForm = regexp.MustCompile(`^([1-9])-of-([1-9])$`)

// Run founds the feed: the one ceremony where all keys are together.
func (c feedInitCmd) Run(io *streams) error {
	parts := ofForm.FindStringSubmatch(c.RootKeys)
	if parts == nil || parts[1] > parts[2] {
		return usageError{fmt.Sprintf("--root-keys %q cannot be meant: write how many of how many must sign, such as 2-of-3", c.RootKeys)}
	}
	threshold, _ := strconv.Atoi(parts[1]) // one digit
	count, _ := strconv.Atoi(parts[2])
	if err := os.MkdirAll(c.Keys, 0o700); err != nil {
		return fmt.Errorf("making the folder of the keys: %w", err)
	}
	if entries, _ := os.ReadDir(c.Dir); len(entries) > 0 {
		return fmt.Errorf("the folder %s is not empty: name another one; a feed is founded once", c.Dir)
	}
	keys := keyring{}
	roots, names := []crypto.Signer{}, []string{"FR", "snapshot", "timestamp", logName}
	for i := range count {
		names = append(names, fmt.Sprintf("root%d", i+1))
	}
	for _, name := range names {
		key, err := madeKey(c.Keys, name)
		if err != nil {
			return err
		}
		if keys[name] = key; name[:len(name)-1] == "root" {
			roots = append(roots, key)
		}
	}
	verifier, err := feed.LogKey(c.Name, keys[logName].Public())
	if err != nil {
		return usageError{fmt.Sprintf("--name %q cannot name a log: %v", c.Name, err)}
	}
	host := keys.host(c.Dir)
	host.LogName = c.Name
	if _, err := feed.Init(c.Dir, feed.Founding{
		Root: feed.RoleFor(threshold, roots...), Targets: feed.RoleFor(1, keys["FR"]),
		Snapshot: feed.RoleFor(1, keys["snapshot"]), Timestamp: feed.RoleFor(1, keys["timestamp"]),
	}, host); err != nil {
		return err
	}
	return c.tell(io, verifier)
}

// tell says what followers need, and where the root keys belong.
func (c feedInitCmd) tell(io *streams, verifier string) error {
	root := filepath.Join(c.Dir, "1.root.json")
	if c.JSON {
		return json.NewEncoder(io.out).Encode(struct {
			Root string `json:"root"`
			Log  string `json:"log"`
		}{root, verifier})
	}
	_, err := fmt.Fprintf(io.out, "The feed is founded in %s.\nFollowers need, by another way than the feed:\n  root: %s\n  log: %s\n"+
		"Now put the root keys (%s) into their safes, and take them off this machine.\n",
		c.Dir, root, verifier, filepath.Join(c.Keys, "root*.pem"))
	return err
}

type feedKeyCmd struct {
	File string `arg:"" help:"Where to write the private key, which its owner alone can read; or the file NAME.token of one on a PKCS#11 token."`
}

// Run makes the key, unless it is on a token, and prints the public half, which
// goes to the office above.
func (c feedKeyCmd) Run(io *streams) error {
	key, err := c.key()
	if err != nil {
		return err
	}
	public, err := feed.EncodePublicKey(key.Public())
	if err != nil {
		return err
	}
	_, err = io.out.Write(public)
	return err
}

func (c feedKeyCmd) key() (crypto.Signer, error) {
	if filepath.Ext(c.File) == ".token" {
		return readKey(c.File)
	}
	key, err := feed.NewKey(c.File)
	if errors.Is(err, os.ErrExist) {
		return nil, fmt.Errorf("%s exists already: a key is never overwritten; name another file", c.File)
	}
	return key, err
}

type feedDelegateCmd struct {
	Dir       string   `arg:"" help:"The feed's folder."`
	Territory string   `arg:"" help:"Such as FR/13/079."`
	Public    []string `arg:"" help:"The files of the office's public keys."`
	Need      int      `help:"How many of them must sign." default:"1"`
	Keys      string   `required:"" help:"The folder of the keys of the office above." placeholder:"FOLDER"`
}

// Run delegates.
func (c feedDelegateCmd) Run(io *streams) error {
	t, err := school.ParseTerritory(c.Territory)
	if err != nil {
		return usageError{err.Error()}
	}
	role, err := readPublicKeys(c.Public, c.Need)
	if err != nil {
		return err
	}
	r, _, err := openFeed(c.Dir, c.Keys)
	if err != nil {
		return err
	}
	if err := r.Delegate(feed.Delegation{Territory: t, Role: role}); err != nil {
		return err
	}
	_, err = fmt.Fprintf(io.out, "%s signs for itself from now on.\n", t)
	return err
}

type feedPublishCmd struct {
	Dir   string   `arg:"" help:"The feed's folder."`
	Files []string `arg:"" help:"The orders' files."`
	Keys  string   `required:"" help:"The folder of the keys." placeholder:"FOLDER"`
}

// Run publishes all of them or none.
func (c feedPublishCmd) Run(io *streams) error {
	orders, err := readOrders(c.Files)
	if err != nil {
		return err
	}
	r, _, err := openFeed(c.Dir, c.Keys)
	if err != nil {
		return err
	}
	if err := r.Publish(orders...); err != nil {
		return err
	}
	for _, o := range orders {
		fmt.Fprintf(io.out, "%s is published.\n", o.ID)
	}
	return nil
}

// readOrders reads the files of orders.
func readOrders(files []string) ([]*order.Order, error) {
	var list []*order.Order
	for _, name := range files {
		data, err := os.ReadFile(name)
		if err != nil {
			return nil, fmt.Errorf("reading an order: %w", err)
		}
		o, err := order.Parse(name, data)
		if err != nil {
			return nil, err
		}
		list = append(list, o)
	}
	return list, nil
}

type feedSignCmd struct {
	Dir  string `arg:"" help:"The feed's folder."`
	Keys string `required:"" help:"The folder of the keys." placeholder:"FOLDER"`
}

// Run signs the time.
func (c feedSignCmd) Run(*streams) error {
	r, _, err := openFeed(c.Dir, c.Keys)
	if err != nil {
		return err
	}
	return r.Timestamp()
}

type feedCheckCmd struct {
	Dir  string `arg:"" help:"The feed's folder."`
	Log  string `help:"The log's verifier key, printed by \"ecluse feed init\"." placeholder:"KEY"`
	JSON bool   `help:"Print JSON."`
}

// checked is what a follower would take, for programs.
type checked struct {
	Version int64      `json:"version"`
	Signed  time.Time  `json:"signed"`
	Expires time.Time  `json:"expires"`
	Orders  []order.ID `json:"orders"`
	Void    []string   `json:"left_out"`
	Overdue []string   `json:"overdue"`
}

// Run checks; what is left out, or overdue, makes it fail.
func (c feedCheckCmd) Run(io *streams) error {
	var trust *feed.Trust
	if c.Log != "" {
		if strings.Count(c.Log, "+") < 2 {
			return usageError{fmt.Sprintf("--log %q is no verifier key: copy the one that \"ecluse feed init\" printed", c.Log)}
		}
		trust = &feed.Trust{Log: c.Log}
	}
	if _, err := feed.Open(c.Dir, feed.Host{}); err != nil {
		return noFeed(c.Dir)
	}
	set, err := feed.Check(c.Dir, trust, time.Now())
	if err != nil {
		return fmt.Errorf("followers would refuse this feed: %w", err)
	}
	seen := checked{set.Version, set.Signed, set.Expires, []order.ID{}, []string{}, []string{}}
	for _, o := range set.Orders {
		seen.Orders = append(seen.Orders, o.ID)
	}
	for _, v := range set.Void {
		seen.Void = append(seen.Void, v.String())
	}
	for _, o := range set.Offices {
		if o.Overdue {
			seen.Overdue = append(seen.Overdue, string(o.Territory))
		}
	}
	if err := seen.print(io, c.JSON); err != nil {
		return err
	}
	if len(seen.Void)+len(seen.Overdue) > 0 {
		return errors.New("part of the feed does not count, or its signature has expired: see above")
	}
	return nil
}

func (s checked) print(io *streams, asJSON bool) error {
	if asJSON {
		return json.NewEncoder(io.out).Encode(s)
	}
	fmt.Fprintf(io.out, "version %d, signed %s, counts until %s, %d orders\n",
		s.Version, s.Signed.Format(time.RFC3339), s.Expires.Format(time.RFC3339), len(s.Orders))
	for _, id := range s.Orders {
		fmt.Fprintln(io.out, id)
	}
	for _, v := range s.Void {
		fmt.Fprintln(io.out, "left out:", v)
	}
	for _, t := range s.Overdue {
		fmt.Fprintf(io.out, "overdue: the signature of %s has expired; its orders stay in force\n", t)
	}
	return nil
}
