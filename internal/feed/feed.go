// Package feed carries signed orders from the authority that decides to every
// Écluse that follows it, so that each applies the same orders within seconds
// and cannot be told anything else.
//
// # What is served
//
// The feed is a TUF repository (The Update Framework, specification 1.0.31,
// verified by go-tuf v2) of plain static files, which any server, cache or USB
// stick can carry:
//
//	timestamp.json                  the one file whose name never changes, signed every minute
//	7.root.json                     who may sign what; k of n keys that are kept offline
//	12.snapshot.json                the version and hash of every office's file
//	5.targets.json                  the ministry's orders (FR) and whom it delegates to
//	3.FR.13.079.json                an office's orders and whom it delegates to
//	targets/<sha256>.<name>         one order, in its canonical form (order.Encode)
//	pack/12.gz                      all orders at once, for who has none; hashes are checked, so it needs no signature
//	log/entries, log/checkpoint     the transparency log
//
// # Names
//
// A key signs only inside its own territory. go-tuf matches a path pattern
// segment by segment and wants as many segments in the name as in the pattern,
// so that "FR/13/*" would not cover "FR/13/079/2024-0001". Therefore a name is
// one single segment: territories are written with dots, and the one pattern
// "FR.13.*" covers whatever stands below the académie, at any depth, and never
// "FR.130". Territories hold capital letters and digits only, so nothing is
// ambiguous. Beyond go-tuf, a delegation counts only if its name, its pattern
// and its place in the tree say the same territory.
//
// # What a follower refuses
//
// Rollback, freeze, truncation, mix-and-match, endless files, forged keys, keys
// out of scope, a root with too few signatures: TUF. What TUF leaves open is
// closed here. A clock that is set back does not hide a freeze: time is never
// earlier than the newest verified signature (the ratchet; each timestamp says
// when it was signed). Versions cannot jump: they grow by at most one a second
// of signed time and some slack, so that a stolen timestamp key cannot
// fast-forward; and a signature that claims to come from the future or to last
// for ever is refused. When the root replaces the timestamp's or the snapshot's
// key, what the old key signed no longer counts against the new one
// (specification, 5.3.11): rotation is the way out of every theft. Everything is
// verified before anything replaces the last good set, which stays, in memory
// and on disk, whatever comes.
//
// An office whose own signature has expired stays in force and is reported:
// what it closed must not open because a key holder forgot a date.
//
// # What it does not do
//
// It does not decide (package gate merges the orders of all levels, and the
// strictest wins) and it does not touch the store. It cannot tell a feed that is
// out of reach from one that is silenced: State says since when nothing was
// verified, and who enforces closes accordingly. A clock that is held back again
// and again, each time to before the expiry, hides a freeze for as long: the
// clock's own Doubt tells of that.
package feed

import (
	"fmt"
	"strings"
	"time"

	"github.com/theupdateframework/go-tuf/v2/metadata"

	"github.com/ecluse-ecole/ecluse/internal/order"
	"github.com/ecluse-ecole/ecluse/internal/school"
)

// Top is the territory of the root of the tree, whose orders stand in
// targets.json.
const Top school.Territory = "FR"

// The files whose names never change.
const (
	timestampFile  = "timestamp.json"
	entriesFile    = "log/entries"
	checkpointFile = "log/checkpoint"
)

// Bounds on what is downloaded, so that an endless file ends.
const (
	maxTimestamp  = 8 << 10
	maxRoot       = 256 << 10
	maxSnapshot   = 4 << 20
	maxOffice     = 16 << 20
	maxOrder      = 256 << 10
	maxEntries    = 64 << 20
	maxCheckpoint = 8 << 10
	maxPack       = 64 << 20
	maxOffices    = 5000
	maxRotations  = 256
)

// roleOf is the name of a territory's role and of its file: "FR.13.079", and
// "targets" for FR.
func roleOf(t school.Territory) string {
	if t == Top {
		return metadata.TARGETS
	}
	return strings.ReplaceAll(string(t), "/", ".")
}

// territoryOf is the territory of a role's name.
func territoryOf(role string) (school.Territory, error) {
	if role == metadata.TARGETS {
		return Top, nil
	}
	t, err := school.ParseTerritory(strings.ReplaceAll(role, ".", "/"))
	if err != nil || roleOf(t) != role {
		return "", fmt.Errorf("%q is no office: its name is a territory with dots, such as FR.13.079", role)
	}
	return t, nil
}

// patternOf is the one path pattern that covers a territory and all below it.
func patternOf(t school.Territory) string { return strings.ReplaceAll(string(t), "/", ".") + ".*" }

// TargetName is the name under which an order stands in the feed, such as
// "FR.13.079.2024-0001.yaml".
func TargetName(id order.ID) string { return strings.ReplaceAll(string(id), "/", ".") + ".yaml" }

// idOf is the order of a target's name.
func idOf(target string) (order.ID, error) {
	name, found := strings.CutSuffix(target, ".yaml")
	if found {
		if id, err := order.ParseID(strings.ReplaceAll(name, ".", "/")); err == nil && TargetName(id) == target {
			return id, nil
		}
	}
	return "", fmt.Errorf("%q names no order: its name is like FR.13.079.2024-0001.yaml", target)
}

func versioned(version int64, role string) string { return fmt.Sprintf("%d.%s.json", version, role) }

func contentFile(sum, target string) string { return "targets/" + sum + "." + target }

func packFile(version int64) string { return fmt.Sprintf("pack/%d.gz", version) }

// Lifetimes say for how long a signature counts. A zero field takes its
// default.
type Lifetimes struct {
	Root      time.Duration // a year
	Office    time.Duration // a year; also that of the ministry's own orders
	Snapshot  time.Duration // a week
	Timestamp time.Duration // ten minutes
}

func (l Lifetimes) orDefault() Lifetimes {
	const day = 24 * time.Hour
	return Lifetimes{
		Root: orElse(l.Root, 366*day), Office: orElse(l.Office, 366*day),
		Snapshot: orElse(l.Snapshot, 7*day), Timestamp: orElse(l.Timestamp, 10*time.Minute),
	}
}

func orElse[T comparable](v, otherwise T) T {
	var zero T
	if v == zero {
		return otherwise
	}
	return v
}
