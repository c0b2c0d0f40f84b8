package feed

import (
	"bytes"
	"context"
	"crypto"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/theupdateframework/go-tuf/v2/metadata"

	"github.com/ecluse-ecole/ecluse/internal/clock"
	"github.com/ecluse-ecole/ecluse/internal/order"
	"github.com/ecluse-ecole/ecluse/internal/school"
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
			w.do(other.add([]byte(ledgerLine("FR.99.2024-0001.yaml", strings.Repeat("0", 64)) + ledgerLine(TargetName(next), hashOf(sample(w.t, next).Encode())))))
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

// A key of FR/14 signs what is FR/13's.
func TestAKeyOutOfScopeSignsNothing(t *testing.T) {
	w := newWorld(t)
	w.publish(held)
	f := w.follow()
	foreign := sample(t, "FR/13/2024-0005")
	_, err := w.repo.Draft("FR/14", Change{Publish: []*order.Order{foreign}})
	if err == nil || !strings.Contains(err.Error(), "not inside FR/14") {
		t.Fatalf("drafted: %v", err)
	}
	s := w.smuggle("FR/14", TargetName(foreign.ID), foreign.Encode())
	if err := w.repo.Adopt(s); err == nil || !strings.Contains(err.Error(), "only inside its own territory") {
		t.Fatalf("adopted: %v", err)
	}
	w.force(s)
	w.publish(next)
	w.expect(f, NoCause)
	w.holds(f, held, next)
	if v := f.Set().Void; len(v) != 1 || v[0].Office != "FR/14" {
		t.Errorf("void %v", v)
	}
}

// What an office signs with its own key and should not have.
func TestWhatCannotCountIsLeftOut(t *testing.T) {
	for _, c := range []struct{ name, target, text, why string }{
		{"an end before its start", "FR.14.2024-0003.yaml", yamlOf("FR/14/2024-0003", "FR/14", "until: 2024-03-01T00:00\n"), "until"},
		{"another's name", "FR.14.2024-0003.yaml", yamlOf("FR/14/2024-0004", "FR/14", ""), "FR/14/2024-0004"},
		{"another issuer", "FR.14.2024-0003.yaml", yamlOf("FR/13/2024-0003", "FR/13", ""), "FR/13/2024-0003"},
		{"no order", "FR.14.2024-0003.yaml", "hello", ""},
		{"a name that is no order's", "FR.14.readme.txt", "hello", "names no order"},
	} {
		t.Run(c.name, func(t *testing.T) {
			w := newWorld(t)
			w.publish(held)
			f := w.follow()
			s := w.smuggle("FR/14", c.target, []byte(c.text))
			if err := w.repo.Adopt(s); err == nil {
				t.Fatal("the host adopted it")
			}
			w.force(s)
			w.expect(f, NoCause)
			w.holds(f, held)
			if v := f.Set().Void; len(v) != 1 || !strings.Contains(v[0].String(), c.why) {
				t.Errorf("void %v", v)
			}
		})
	}
}

// smuggle signs a file with the office's own key, past all checks of the draft.
func (w *world) smuggle(t school.Territory, target string, data []byte) *Submission {
	w.t.Helper()
	s, err := w.repo.Draft(t, Change{})
	w.do(err)
	m, err := metadata.Targets().FromBytes(s.Metadata)
	w.do(err)
	tf, err := metadata.TargetFile().FromBytes(target, data, "sha256")
	w.do(err)
	m.Signed.Targets[target] = tf
	s.Metadata, err = m.ToBytes(false)
	w.do(err)
	s.Orders[target] = data
	w.do(s.Sign(Ring{w.keys[string(t)]}))
	return s
}

// force publishes a submission as a host would that checks nothing.
func (w *world) force(s *Submission) {
	w.t.Helper()
	w.do(w.repo.change(func(_ *view, e *edition) error {
		e.offices[roleOf(s.Office)] = s.Metadata
		for name, data := range s.Orders {
			e.add(contentFile(hashOf(data), name), data)
			if id, err := idOf(name); err == nil && s.Office.Contains(id.Issuer()) {
				w.do(e.ledger.add([]byte(ledgerLine(name, hashOf(data)))))
			}
		}
		return nil
	}))
}

// FR/14 delegates what is not its own, or by a pattern that is too wide.
func TestADelegationOutOfPlaceIsVoid(t *testing.T) {
	for _, c := range []struct{ role, pattern string }{
		{"FR.13.079", "FR.13.079.*"}, {"FR.13", "FR.13.*"}, {"FR.14.024", "FR.*"}, {"FR.14", "FR.14.*"}, {"targets", "FR.*"}, {"snapshot", "*"},
	} {
		t.Run(c.role+" "+c.pattern, func(t *testing.T) {
			w := newWorld(t)
			w.publish(held)
			f := w.follow()
			thief := newKey(t)
			s, err := w.repo.Draft("FR/14", Change{Delegate: []Delegation{{"FR/14/033", RoleFor(1, thief)}}})
			w.do(err)
			m, err := metadata.Targets().FromBytes(s.Metadata)
			w.do(err)
			m.Signed.Delegations.Roles[0].Name, m.Signed.Delegations.Roles[0].Paths = c.role, []string{c.pattern}
			s.Metadata, err = m.ToBytes(false)
			w.do(err)
			w.do(s.Sign(Ring{w.keys["FR/14"]}))
			if w.repo.Adopt(s) == nil {
				t.Fatal("the host adopted it")
			}
			w.force(s)
			w.expect(f, NoCause)
			w.holds(f, held)
			if v := f.Set().Void; len(v) != 1 {
				t.Errorf("void %v", v)
			}
		})
	}
}

// An order that vanishes without another that lifts it is said.
func TestAWithdrawnOrderIsReported(t *testing.T) {
	w := newWorld(t)
	w.publish(held, "FR/13/2024-0001")
	f := w.follow()
	w.do(w.repo.Revoke("FR/13/079"))
	w.expect(f, NoCause)
	w.holds(f, "FR/13/2024-0001")
	if v := f.Set().Void; len(v) != 1 || v[0].What != TargetName(held) {
		t.Errorf("void %v", v)
	}
}

// Two followers are told two stories: each is consistent, and comparing shows it.
func TestTwoStoriesAreFoundByComparing(t *testing.T) {
	w := newWorld(t)
	w.publish(held)
	f := w.follow()
	other := newLedger()
	w.do(other.add([]byte(ledgerLine("FR.99.2024-0001.yaml", strings.Repeat("0", 64)))))
	theirs, err := other.checkpoint(scribe{"orders.example/log", w.keys["log"]})
	w.do(err)
	if err := f.Compare(theirs); CauseOf(err) != SplitView {
		t.Errorf("compared: %v", err)
	}
	if err := f.Compare(w.file(checkpointFile)); err != nil {
		t.Error(err)
	}
	w.publish(next)
	if err := f.Compare(w.file(checkpointFile)); err == nil || CauseOf(err) == SplitView {
		t.Errorf("a log that is ahead: %v", err)
	}
}

func TestAWitnessCosigns(t *testing.T) {
	w := newWorld(t)
	w.publish(held)
	witness := newKey(t)
	key, err := LogKey("witness.example", witness.Public())
	w.do(err)
	o := w.options()
	o.Log.Witnesses, o.Log.Need = []string{key}, 1
	f := w.idle(o)
	w.expect(f, Forged)
	cosigned, err := w.follow().Cosign("witness.example", Ring{witness})
	w.do(err)
	w.do(w.repo.AddCosignature(cosigned))
	w.expect(f, NoCause)
	w.holds(f, held)
	w.publish(next)
	w.expect(f, Forged)
	w.holds(f, held)
	if err := w.repo.AddCosignature(cosigned); err == nil {
		t.Error("a cosignature over an older checkpoint was added")
	}
}

// Both arrive; that the lower one cannot loosen is the gate's merge.
func TestALowerLevelCannotReopen(t *testing.T) {
	w := newWorld(t)
	closing := sample(t, "FR/2024-0001")
	open, err := order.Parse("", []byte(strings.ReplaceAll(yamlOf("FR/13/079/2024-0001", "FR/13/079", ""), `hours: "off"`, `hours: "24/7"`)))
	w.do(err)
	lift, err := order.Parse("", []byte(`order: FR/13/079/2024-0002
issuer: FR/13/079
type: cancel
references: [FR/2024-0001]
title: Réouverture
from: 2024-03-29T00:00
reason: Réouverture
contact: {office: Cabinet, phone: "05 36 49 00 00"}
`))
	w.do(err)
	w.do(w.repo.Publish(closing, open, lift))
	f := w.follow()
	w.holds(f, closing.ID, open.ID, lift.ID)
	set, problems := order.NewSet(f.Set().Orders)
	if _, by, _ := set.End(closing.ID); by != "" || len(problems) != 1 {
		t.Errorf("lifted by %q, %v", by, problems)
	}
}

// An exercise runs through everything as what it is.
func TestAnExerciseArrivesAsOne(t *testing.T) {
	w := newWorld(t)
	o, err := order.Parse("", []byte(yamlOf(held, "FR/13/079", "status: exercise\n")))
	w.do(err)
	w.do(w.repo.Publish(o))
	f := w.follow()
	if got := f.Set().Orders; len(got) != 1 || got[0].Status != order.Exercise {
		t.Errorf("orders %v", got)
	}
}

// A full disk does not keep an order from applying, and leaves the kept set whole.
func TestAFullDisk(t *testing.T) {
	w := newWorld(t)
	w.publish(held)
	o := w.options()
	f := w.followWith(o)
	full := errors.New("no space left on device")
	f.kept.disk.put = func(string, []byte) error { return full }
	w.publish(next)
	changed, err := f.Poll(t.Context())
	if !changed || CauseOf(err) != Storage || !errors.Is(err, full) {
		t.Fatalf("changed %v, %v", changed, err)
	}
	w.holds(f, held, next)
	if s := f.State(); s.Standing != Fresh || s.Cause != Storage {
		t.Errorf("state %+v", s)
	}
	w.holds(w.idle(o), held)
	f.kept.disk.put = writeFile
	w.expect(f, NoCause)
	w.holds(w.idle(o), held, next)
}

// A really full disk, where the test may mount one.
func TestAReallyFullDisk(t *testing.T) {
	w := newWorld(t)
	w.publish(held)
	o := w.options()
	if err := syscall.Mount("tmpfs", o.Dir, "tmpfs", 0, "size=128k"); err != nil {
		t.Skip("no tmpfs can be mounted here: ", err)
	}
	t.Cleanup(func() { _ = syscall.Unmount(o.Dir, syscall.MNT_DETACH) })
	f := w.followWith(o)
	ballast := filepath.Join(o.Dir, "ballast")
	fill(t, ballast)
	w.publish(next)
	w.expect(f, Storage)
	w.holds(f, held, next)
	w.holds(w.idle(o), held)
	w.do(os.Remove(ballast))
	w.expect(f, NoCause)
	w.holds(w.idle(o), held, next)
}

func fill(t *testing.T, name string) {
	t.Helper()
	f, err := os.Create(name)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	for _, size := range []int{4096, 1} {
		for {
			if _, err := f.Write(make([]byte, size)); err != nil {
				break
			}
		}
	}
}

// The plug is pulled at every write of a poll, one after the other: whatever is
// on disk then is the set before or the set after.
func TestACrashAtEveryWrite(t *testing.T) {
	w := newWorld(t)
	w.publish(held)
	base := w.options()
	w.followWith(base)
	w.publish(next)
	crash := errors.New("crash")
	for n := 0; ; n++ {
		o := base
		o.Dir = t.TempDir()
		w.do(os.CopyFS(o.Dir, os.DirFS(base.Dir)))
		f, left := w.idle(o), n
		f.kept.disk.put = func(path string, data []byte) error {
			if left--; left < 0 {
				torn := filepath.Join(filepath.Dir(path), ".new-torn")
				return errors.Join(crash, os.WriteFile(torn, data[:len(data)/2], 0o600))
			}
			return writeFile(path, data)
		}
		_, err := f.Poll(t.Context())
		if err != nil && !errors.Is(err, crash) {
			t.Fatal(err)
		}
		again := w.idle(o)
		if err == nil {
			w.holds(again, held, next)
			return
		}
		w.holds(again, held)
		w.expect(again, NoCause)
		w.holds(again, held, next)
	}
}

// The same on the host's side: whatever followers find is one of both states.
func TestAHostThatCrashesAtEveryWrite(t *testing.T) {
	w := newWorld(t)
	w.publish(held)
	crash := errors.New("crash")
	for n := 0; ; n++ {
		dir := t.TempDir()
		w.do(os.CopyFS(dir, os.DirFS(w.dir)))
		r, err := Open(dir, w.host)
		w.do(err)
		left := n
		r.disk.put = func(path string, data []byte) error {
			if left--; left < 0 {
				return crash
			}
			return writeFile(path, data)
		}
		err = r.Publish(sample(t, next))
		set, checked := Check(dir, w.trust(), noon)
		w.do(checked)
		if err == nil {
			if len(set.Orders) != 2 {
				t.Errorf("%d orders", len(set.Orders))
			}
			return
		}
		if !errors.Is(err, crash) || len(set.Orders) != 1 {
			t.Fatalf("%v, %d orders", err, len(set.Orders))
		}
		r.disk.put = writeFile
		w.do(r.Publish(sample(t, next)))
		if set, err := Check(dir, w.trust(), noon); err != nil || len(set.Orders) != 2 || set.Log.Size != 2 {
			t.Fatalf("after the crash at write %d: %v, %v", n, set, err)
		}
	}
}

func TestAnArchiveWithOtherFilesIsRefused(t *testing.T) {
	t.Parallel()
	var b bytes.Buffer
	if err := archiveTo(&b, t.TempDir(), nil); err != nil {
		t.Fatal(err)
	}
	if _, err := unarchive(&b); err == nil {
		t.Error("an empty archive was taken")
	}
	for _, name := range []string{"../timestamp.json", "/etc/passwd", "targets/../../x", ".lock", "targets/.x", "notes.txt"} {
		if published(name) {
			t.Errorf("%s is taken for a file of the feed", name)
		}
	}
}

// hinted serves a stream of hints that the test writes.
func hinted(lines <-chan string) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "text/event-stream")
		c := http.NewResponseController(w)
		for {
			select {
			case <-r.Context().Done():
				return
			case text, open := <-lines:
				if !open {
					return
				}
				if _, err := io.WriteString(w, text); err != nil || c.Flush() != nil {
					return
				}
			}
		}
	}
}

func TestAFloodOfHintsCausesFewPolls(t *testing.T) {
	w := newWorld(t)
	lines := make(chan string)
	w.replace.serve(hintPath, hinted(lines))
	o := w.options()
	o.Spread = 10 * time.Millisecond
	f := w.idle(o)
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	go f.Run(ctx, func(*Set) {})
	flood := strings.Repeat("event: hint\ndata: {\"version\":1099511627776}\n\n", 50)
	end := time.After(2500 * time.Millisecond)
	for flooding := true; flooding; {
		select {
		case lines <- flood:
		case <-end:
			flooding = false
		}
	}
	polls := 0
	for _, name := range w.replace.asked() {
		if name == timestampFile {
			polls++
		}
	}
	if polls < 2 || polls > 5 {
		t.Errorf("%d polls", polls)
	}
}

func TestAHintMakesItImmediate(t *testing.T) {
	w := newWorld(t)
	w.publish(held)
	o := w.options()
	o.Spread = 50 * time.Millisecond
	f := w.idle(o)
	sets := make(chan *Set, 10)
	go f.Run(t.Context(), func(s *Set) { sets <- s })
	want := func(n int) {
		t.Helper()
		for end := time.After(5 * time.Second); ; {
			select {
			case s := <-sets:
				if len(s.Orders) == n {
					return
				}
			case <-end:
				t.Fatalf("no set of %d orders in five seconds", n)
			}
		}
	}
	want(1)
	for f.Set() == nil || len(w.replace.next.(*Server).streams) == 0 {
		time.Sleep(time.Millisecond)
	}
	start := time.Now()
	w.publish(next)
	want(2)
	t.Logf("from publishing to applying: %s", time.Since(start).Round(time.Millisecond))
}

func TestTooManyStreamsAreSentAway(t *testing.T) {
	w := newWorld(t)
	s := Handler(t.Context(), w.dir, 1)
	s.streams <- struct{}{}
	w.replace.serve(hintPath, s.ServeHTTP)
	resp, err := http.Get(w.server.URL + "/" + hintPath)
	w.do(err)
	defer resp.Body.Close()
	if resp.StatusCode != http.StatusServiceUnavailable || resp.Header.Get("Retry-After") == "" {
		t.Errorf("%s", resp.Status)
	}
}

func TestTheHandlerServesNothingElse(t *testing.T) {
	w := newWorld(t)
	w.do(os.WriteFile(filepath.Join(w.dir, "key.pem"), []byte("secret"), 0o600))
	for name, want := range map[string]int{"timestamp.json": 200, "1.root.json": 200, "key.pem": 404, ".lock": 404, "targets/": 404, "": 404, "log/../key.pem": 404} {
		resp, err := http.Get(fmt.Sprintf("%s/%s", w.server.URL, name))
		w.do(err)
		resp.Body.Close()
		if resp.StatusCode != want {
			t.Errorf("%q: %s, want %d", name, resp.Status, want)
		}
	}
}
