package feed

import (
	"bytes"
	"crypto"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/theupdateframework/go-tuf/v2/metadata"

	"github.com/ecluse-ecole/ecluse/internal/clock"
	"github.com/ecluse-ecole/ecluse/internal/order"
)

// An attack is what somebody between the feed and its follower, or with a stolen
// key, does. Before it, the follower holds FR/13/079/2024-0001; after it, it must
// hold the same and have refused for this cause. Then the feed is honest again,
// and the follower must take its next order: no attack leaves it blocked.
type attack struct {
	name   string
	do     func(w *world, f *Follower)
	want   Cause
	rotate bool // the way out is a new root, because a key is stolen
}

const held, next order.ID = "FR/13/079/2024-0001", "FR/13/079/2024-0002"

func attacks() []attack {
	return []attack{
		{name: "replay of an older timestamp", want: Rollback, do: func(w *world, f *Follower) {
			old := w.file(timestampFile)
			w.later(time.Minute)
			w.sign()
			w.expect(f, NoCause)
			w.instead(timestampFile, old)
		}},
		{name: "a newer version, signed earlier", want: Rollback, do: func(w *world, f *Follower) {
			w.instead(timestampFile, w.timestamp(w.keys["timestamp"], func(t *metadata.TimestampType) {
				t.UnrecognizedFields[signedField] = noon.Add(-time.Minute).Format(time.RFC3339)
			}))
		}},
		{name: "freeze", want: Frozen, do: func(w *world, f *Follower) {
			w.instead(timestampFile, w.file(timestampFile))
			w.later(11 * time.Minute)
		}},
		{name: "freeze of a timestamp never seen", want: Frozen, do: func(w *world, f *Follower) {
			w.later(time.Minute)
			w.sign()
			w.instead(timestampFile, w.file(timestampFile))
			w.later(11 * time.Minute)
		}},
		{name: "clock ahead", want: Frozen, do: func(w *world, f *Follower) { w.later(3 * time.Hour) }},
		{name: "truncated timestamp", want: Damaged, do: func(w *world, f *Follower) {
			w.sign()
			data := w.file(timestampFile)
			w.instead(timestampFile, data[:len(data)/2])
		}},
		{name: "truncated snapshot", want: Damaged, do: func(w *world, f *Follower) {
			w.publish(next)
			name := w.newest("snapshot")
			w.instead(name, w.file(name)[:100])
		}},
		{name: "truncated office", want: Damaged, do: func(w *world, f *Follower) {
			w.publish(next)
			name := w.newest("FR.13.079")
			w.instead(name, w.file(name)[:100])
		}},
		{name: "a changed order", want: Damaged, do: func(w *world, f *Follower) {
			w.publish(next)
			data := sample(w.t, next).Encode()
			w.instead(contentFile(hashOf(data), TargetName(next)), bytes.ReplaceAll(data, []byte("pupil"), []byte("staff")))
		}},
		{name: "an order that is not there", want: Damaged, do: func(w *world, f *Follower) {
			w.publish(next)
			w.replace.serve(contentFile(hashOf(sample(w.t, next).Encode()), TargetName(next)), http.NotFound)
		}},
		{name: "truncated log", want: SplitView, do: func(w *world, f *Follower) {
			w.publish(next)
			lines := w.file(entriesFile)
			w.instead(entriesFile, lines[:len(lines)-10])
		}},
		{name: "forged timestamp", want: Forged, do: func(w *world, f *Follower) {
			w.instead(timestampFile, w.timestamp(newKey(w.t), nil))
		}},
		{name: "mix of two versions", want: Damaged, do: func(w *world, f *Follower) {
			old := w.file(w.newest("snapshot"))
			w.publish(next)
			w.instead(w.newest("snapshot"), old)
		}},
		{name: "mix of two versions of an office", want: Damaged, do: func(w *world, f *Follower) {
			old := w.file(w.newest("FR.13.079"))
			w.publish(next)
			w.instead(w.newest("FR.13.079"), old)
		}},
		{name: "endless timestamp", want: TooLong, do: func(w *world, f *Follower) { w.replace.serve(timestampFile, endless) }},
		{name: "endless snapshot", want: TooLong, do: func(w *world, f *Follower) {
			w.publish(next)
			w.replace.serve(w.newest("snapshot"), endless)
		}},
		{name: "endless log", want: TooLong, do: func(w *world, f *Follower) {
			w.publish(next)
			w.replace.serve(checkpointFile, endless)
		}},
		{name: "endless roots", want: TooLong, do: func(w *world, f *Follower) {
			w.later(rootEvery)
			w.sign()
			w.replace.serve("2.root.json", endless)
		}},
		{name: "a server that hangs", want: Unreachable, do: func(w *world, f *Follower) {
			f.from.(*site).patience = 50 * time.Millisecond
			w.replace.serve(timestampFile, func(_ http.ResponseWriter, r *http.Request) { <-r.Context().Done() })
		}},
		{name: "root with too few signatures", want: Forged, do: func(w *world, f *Follower) {
			stolen := newKey(w.t)
			role := RoleFor(1, stolen)
			draft, err := w.repo.DraftRoot(RootChange{Timestamp: &role, Snapshot: &role, Targets: &role})
			w.do(err)
			signed, err := SignRoot(draft, Ring{w.keys["root1"], stolen})
			w.do(err)
			w.instead("2.root.json", signed)
			w.instead(timestampFile, w.timestamp(stolen, func(t *metadata.TimestampType) { t.UnrecognizedFields[rootField] = 2 }))
		}},
		{name: "stolen timestamp key, fast-forward", want: Jumped, rotate: true, do: func(w *world, f *Follower) {
			w.instead(timestampFile, w.timestamp(w.keys["timestamp"], func(t *metadata.TimestampType) { t.Version = 1 << 40 }))
		}},
		{name: "stolen timestamp key, signature for ever", want: Jumped, rotate: true, do: func(w *world, f *Follower) {
			w.instead(timestampFile, w.timestamp(w.keys["timestamp"], func(t *metadata.TimestampType) { t.Expires = noon.AddDate(9, 0, 0) }))
		}},
		{name: "stolen timestamp key, signature from the future", want: Jumped, rotate: true, do: func(w *world, f *Follower) {
			w.instead(timestampFile, w.timestamp(w.keys["timestamp"], func(t *metadata.TimestampType) {
				t.Expires = noon.AddDate(9, 0, 1)
				t.UnrecognizedFields[signedField] = noon.AddDate(9, 0, 1).Format(time.RFC3339)
			}))
		}},
		{name: "stolen online keys, an office rolled back", want: Rollback, rotate: true, do: func(w *world, f *Follower) {
			old := w.file(w.newest("FR.13.079"))
			w.publish("FR/13/079/2024-0009")
			w.expect(f, NoCause)
			w.rollOfficeBack(old)
		}},
		{name: "stolen online keys, an office left out", want: Damaged, rotate: true, do: func(w *world, f *Follower) {
			w.onlineKeys(func(s *metadata.SnapshotType) { delete(s.Meta, "FR.13.079.json") })
		}},
		{name: "stolen online keys and an office's file forged", want: Forged, rotate: true, do: func(w *world, f *Follower) {
			m := metadata.Targets(noon.AddDate(1, 0, 0))
			m.Signed.Version = 50
			data, err := signFully(m, Ring{newKey(w.t)}, "", []string{}, 0)
			w.do(err)
			w.instead("50.FR.13.079.json", data)
			w.onlineKeys(func(s *metadata.SnapshotType) { s.Meta["FR.13.079.json"], _ = described(data, 50) })
		}},
		{name: "split view", want: SplitView, do: func(w *world, f *Follower) {
			w.publish(next)
			other := newLedger()
			// As long as the true line, so that only the root of the tree tells.
			w.do(other.add([]byte(ledgerLine("FR.13.099.2024-0001.yaml", strings.Repeat("0", 64)) + ledgerLine(TargetName(next), hashOf(sample(w.t, next).Encode())))))
			w.instead(entriesFile, other.lines)
			note, err := other.checkpoint(scribe{"orders.example/log", w.keys["log"]})
			w.do(err)
			w.instead(checkpointFile, note)
		}},
		{name: "an order that is not in the log", want: SplitView, do: func(w *world, f *Follower) {
			old := w.file(checkpointFile)
			w.publish(next)
			w.instead(checkpointFile, old)
		}},
		{name: "a log that shrinks", want: Rollback, do: func(w *world, f *Follower) {
			w.publish(next)
			note, err := newLedger().checkpoint(scribe{"orders.example/log", w.keys["log"]})
			w.do(err)
			w.instead(checkpointFile, note)
		}},
		{name: "a log signed by another key", want: Forged, do: func(w *world, f *Follower) {
			w.publish(next)
			g, err := w.repo.ledger()
			w.do(err)
			note, err := g.checkpoint(scribe{"orders.example/log", newKey(w.t)})
			w.do(err)
			w.instead(checkpointFile, note)
		}},
	}
}

func TestAttacks(t *testing.T) {
	for _, a := range attacks() {
		t.Run(a.name, func(t *testing.T) {
			w := newWorld(t)
			w.publish(held)
			f := w.follow()
			a.do(w, f)
			before := f.Set()
			w.expect(f, a.want)
			if f.Set() != before {
				t.Fatal("the last good set was replaced")
			}
			if s := f.State(); s.Standing == Fresh && a.want != Unreachable {
				t.Errorf("state %+v", s)
			}
			w.replace.honest()
			f.from.(*site).patience = 10 * time.Second
			if a.rotate {
				w.newOnlineKeys()
			}
			w.publish("FR/13/079/2024-0007")
			w.expect(f, NoCause)
			if s := f.State(); s.Standing != Fresh || s.Cause != NoCause {
				t.Errorf("afterwards, state %+v", s)
			}
		})
	}
}

func (w *world) instead(name string, data []byte) {
	data = bytes.Clone(data)
	w.replace.serve(name, func(rw http.ResponseWriter, r *http.Request) {
		http.ServeContent(rw, r, "", time.Time{}, bytes.NewReader(data))
	})
}

func endless(w http.ResponseWriter, _ *http.Request) {
	block := bytes.Repeat([]byte("A"), 64<<10)
	for {
		if _, err := w.Write(block); err != nil {
			return
		}
	}
}

// newest is the name of a role's newest file.
func (w *world) newest(role string) string {
	w.t.Helper()
	for v := int64(100); v > 0; v-- {
		if w.repo.disk.has(versioned(v, role)) {
			return versioned(v, role)
		}
	}
	w.t.Fatalf("no file of %s", role)
	return ""
}

// timestamp is one that a thief signs.
func (w *world) timestamp(key crypto.Signer, change func(*metadata.TimestampType)) []byte {
	w.t.Helper()
	m, err := metadata.Timestamp().FromBytes(w.file(timestampFile))
	w.do(err)
	m.Signed.Version++
	if change != nil {
		change(&m.Signed)
	}
	id, err := KeyID(key.Public())
	w.do(err)
	data, err := signFully(m, Ring{key}, timestampFile, []string{id}, 1)
	w.do(err)
	return data
}

// onlineKeys publishes what a thief of both online keys can.
func (w *world) onlineKeys(change func(*metadata.SnapshotType)) {
	w.t.Helper()
	m, err := metadata.Snapshot().FromBytes(w.file(w.newest("snapshot")))
	w.do(err)
	m.Signed.Version++
	change(&m.Signed)
	id, err := KeyID(w.keys["snapshot"].Public())
	w.do(err)
	data, err := signFully(m, Ring{w.keys["snapshot"]}, "", []string{id}, 1)
	w.do(err)
	w.instead(versioned(m.Signed.Version, "snapshot"), data)
	meta, err := described(data, m.Signed.Version)
	w.do(err)
	w.instead(timestampFile, w.timestamp(w.keys["timestamp"], func(t *metadata.TimestampType) { t.Meta["snapshot.json"] = meta }))
}

func (w *world) rollOfficeBack(old []byte) {
	m, err := metadata.Targets().FromBytes(old)
	w.do(err)
	meta, err := described(old, m.Signed.Version)
	w.do(err)
	w.onlineKeys(func(s *metadata.SnapshotType) { s.Meta["FR.13.079.json"] = meta })
}

// newOnlineKeys is the rehearsed way out of a theft.
func (w *world) newOnlineKeys() {
	w.t.Helper()
	snapshot, stamp := newKey(w.t), newKey(w.t)
	w.repo.host.Ring = append(w.repo.host.Ring, snapshot, stamp)
	a, b := RoleFor(1, snapshot), RoleFor(1, stamp)
	w.do(w.repo.RotateRoot(RootChange{Snapshot: &a, Timestamp: &b}))
}

// A thief of the timestamp key moves on as fast as is allowed, and the clock
// with it; a new root gets followers back at once.
func TestAStolenTimestampKeyIsOutgrown(t *testing.T) {
	w := newWorld(t)
	w.publish(held)
	f := w.follow()
	w.instead(timestampFile, w.timestamp(w.keys["timestamp"], func(t *metadata.TimestampType) {
		t.Version += 900
		t.Expires = noon.Add(23 * time.Hour)
		t.UnrecognizedFields[signedField] = noon.Add(22*time.Hour + 50*time.Minute).Format(time.RFC3339)
	}))
	w.expect(f, NoCause)
	w.replace.honest()
	w.publish(next)
	w.expect(f, Rollback)
	w.newOnlineKeys()
	w.expect(f, NoCause)
	w.holds(f, held, next)
	if s := f.State(); s.Standing != Fresh || s.Behind != 0 {
		t.Errorf("state %+v", s)
	}
}

// The first gap that TUF leaves: a clock that is set back hides a freeze.
func TestAClockSetBackHidesNoFreeze(t *testing.T) {
	w := newWorld(t)
	w.publish(held)
	o := w.options()
	w.followWith(o)
	w.instead(timestampFile, w.file(timestampFile))
	o.Clock = clock.Manual(noon.Add(-2 * time.Hour)) // restarted, with the clock behind
	f := w.idle(o)
	var passed time.Duration
	f.time.elapsed = func() time.Duration { return passed }
	f.time.then = 0
	w.expect(f, NoCause)
	if s := f.State(); s.Behind < 119*time.Minute {
		t.Errorf("the clock is behind by %s", s.Behind)
	}
	passed = 11 * time.Minute
	w.expect(f, Frozen)
	if s := f.State(); s.Standing != Stale {
		t.Errorf("state %+v", s)
	}
}

func TestAClockFarBehindRefusesAndRecovers(t *testing.T) {
	w := newWorld(t)
	w.publish(held)
	o := w.options()
	o.Clock = clock.Manual(time.Unix(0, 0))
	f := w.idle(o)
	w.expect(f, Jumped)
	o.Clock.Set(noon)
	w.expect(f, NoCause)
	w.holds(f, held)
}
