package feed

import (
	"bytes"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/ecluse-ecole/ecluse/hours"
	"github.com/ecluse-ecole/ecluse/internal/order"
	"github.com/ecluse-ecole/ecluse/internal/school"
)

func TestOrdersOfAllLevelsArrive(t *testing.T) {
	w := newWorld(t)
	f := w.follow()
	w.holds(f)
	w.publish("FR/2024-0001", "FR/13/2024-0001", "FR/13/079/2024-0001", "FR/13/079/0790001X/2024-0001")
	changed, err := f.Poll(t.Context())
	if err != nil || !changed {
		t.Fatalf("changed %v, %v", changed, err)
	}
	w.holds(f, "FR/2024-0001", "FR/13/2024-0001", "FR/13/079/2024-0001", "FR/13/079/0790001X/2024-0001")
	set := f.Set()
	if len(set.Void) > 0 || set.Log.Size != 4 || len(set.Offices) != 4 {
		t.Errorf("void %v, log %v, offices %v", set.Void, set.Log, set.Offices)
	}
	if s := f.State(); s.Standing != Fresh || !s.Signed.Equal(noon) {
		t.Errorf("state %+v", s)
	}
	if _, err := Check(w.dir, w.trust(), w.clock.Now()); err != nil {
		t.Error(err)
	}
}

func TestAKeptSetIsThereAtTheStart(t *testing.T) {
	w := newWorld(t)
	w.publish("FR/13/079/2024-0001")
	o := w.options()
	w.followWith(o)
	w.server.Close()
	w.later(48 * time.Hour)
	f := w.idle(o)
	w.holds(f, "FR/13/079/2024-0001")
	w.expect(f, Unreachable)
	w.holds(f, "FR/13/079/2024-0001")
	s := f.State()
	if s.Standing != Stale || !s.Since.Equal(noon.Add(10*time.Minute)) {
		t.Errorf("state %+v", s)
	}
	if said := s.Say(hours.French); !strings.Contains(said, "restent en vigueur") {
		t.Error(said)
	}
}

func TestADamagedKeptSetCountsAsNone(t *testing.T) {
	w := newWorld(t)
	w.publish("FR/13/079/2024-0001")
	o := w.options()
	w.followWith(o)
	damaged := 0
	err := filepath.WalkDir(filepath.Join(o.Dir, "objects"), func(path string, d os.DirEntry, err error) error {
		if err == nil && !d.IsDir() {
			damaged++
			return os.WriteFile(path, []byte("{}"), 0o600)
		}
		return err
	})
	if err != nil || damaged == 0 {
		t.Fatal(err, damaged)
	}
	f := w.idle(o)
	if s := f.State(); s.Standing != Empty || s.Cause != Storage {
		t.Errorf("state %+v", s)
	}
	w.do(os.RemoveAll(o.Dir))
	if _, err := w.idle(o).Poll(t.Context()); err != nil {
		t.Error(err)
	}
}

// A damaged object must not stand in the way of its replacement.
func TestADamagedKeptSetHeals(t *testing.T) {
	w := newWorld(t)
	w.publish("FR/13/079/2024-0001")
	o := w.options()
	sum := hashOf(w.followWith(o).good.pack)
	w.do(os.WriteFile(filepath.Join(o.Dir, filepath.FromSlash(objectFile(sum))), []byte("x"), 0o600))
	w.followWith(o)
	w.holds(w.idle(o), "FR/13/079/2024-0001")
}

func TestOnlyWhatBearsOnTheTerritoryIsFollowed(t *testing.T) {
	w := newWorld(t)
	w.publish("FR/2024-0001", "FR/13/2024-0001", "FR/13/079/2024-0001", "FR/14/2024-0001")
	o := w.options()
	o.Within = []school.Territory{"FR/13/079/0790001X"}
	f := w.followWith(o)
	w.holds(f, "FR/2024-0001", "FR/13/2024-0001", "FR/13/079/2024-0001")
	if len(f.Set().Void) > 0 {
		t.Error(f.Set().Void)
	}
	o.Within = nil
	f = w.idle(o)
	w.holds(f, "FR/2024-0001", "FR/13/2024-0001", "FR/13/079/2024-0001")
	w.expect(f, NoCause)
	w.holds(f, "FR/2024-0001", "FR/13/2024-0001", "FR/13/079/2024-0001", "FR/14/2024-0001")
}

// The DSDEN signs with a key that the host never sees, over a mirror.
func TestAnOfficePublishesByItself(t *testing.T) {
	w := newWorld(t)
	mirror := t.TempDir()
	w.do(w.follow().Mirror(mirror))
	dsden, err := Open(mirror, Host{Now: w.clock.Now})
	w.do(err)
	s, err := dsden.Draft("FR/13/079", Change{Publish: []*order.Order{sample(t, "FR/13/079/2024-0001")}})
	w.do(err)
	w.do(s.Sign(Ring{w.keys["FR/13/079"]}))
	data, err := s.Encode()
	w.do(err)

	host, err := Open(w.dir, Host{Ring: Ring{w.keys["snapshot"], w.keys["timestamp"]}, Log: w.keys["log"], LogName: "orders.example/log", Now: w.clock.Now})
	w.do(err)
	received, err := ReadSubmission(bytes.NewReader(data))
	w.do(err)
	w.do(host.Adopt(received))
	w.holds(w.follow(), "FR/13/079/2024-0001")
	if err := host.Adopt(received); CauseOf(err) != Rollback {
		t.Errorf("the same submission again: %v", err)
	}
}

func TestAFeedCarriedByHand(t *testing.T) {
	w := newWorld(t)
	w.publish("FR/13/079/2024-0001")
	stick, inside := filepath.Join(t.TempDir(), "feed.tar.gz"), t.TempDir()
	w.do(Pull(w.dir, stick))
	w.do(Push(stick, inside))
	w.later(24 * time.Hour)
	o := w.options()
	o.URL, o.Client = "file://"+inside, nil
	w.expect(w.idle(o), Frozen)
	o.Late = 48 * time.Hour
	f := w.followWith(o)
	w.holds(f, "FR/13/079/2024-0001")
	if s := f.State(); s.Standing != Fresh {
		t.Errorf("state %+v", s)
	}
	w.later(48 * time.Hour)
	if s := f.State(); s.Standing != Stale {
		t.Errorf("state %+v", s)
	}
}

func TestKeysRotate(t *testing.T) {
	w := newWorld(t)
	w.publish("FR/2024-0001", "FR/13/079/2024-0001")
	f := w.follow()
	fresh := newKey(t)
	w.repo.host.Ring = append(w.repo.host.Ring, fresh)
	w.do(w.repo.RotateKey("FR/13/079", RoleFor(1, fresh)))
	w.expect(f, NoCause)
	w.holds(f, "FR/2024-0001", "FR/13/079/2024-0001")

	root, top, online := newKey(t), newKey(t), newKey(t)
	w.repo.host.Ring = append(w.repo.host.Ring, root, top, online)
	roots, tops, onlines := RoleFor(2, root, w.keys["root2"], w.keys["root3"]), RoleFor(1, top), RoleFor(1, online)
	w.do(w.repo.RotateRoot(RootChange{Root: &roots, Targets: &tops, Snapshot: &onlines, Timestamp: &onlines}))
	w.publish("FR/2024-0002")
	w.expect(f, NoCause)
	w.holds(f, "FR/2024-0001", "FR/13/079/2024-0001", "FR/2024-0002")
	o := w.options() // from the first root on
	w.followWith(o)
	w.holds(w.idle(o), "FR/2024-0001", "FR/13/079/2024-0001", "FR/2024-0002")
}

func TestARootSignedInTwoPlaces(t *testing.T) {
	w := newWorld(t)
	draft, err := w.repo.DraftRoot(RootChange{})
	w.do(err)
	once, err := SignRoot(draft, Ring{w.keys["root1"]})
	w.do(err)
	if err := w.repo.AdoptRoot(once); CauseOf(err) != Forged {
		t.Fatalf("adopted with one signature of two: %v", err)
	}
	twice, err := SignRoot(once, Ring{w.keys["root3"]})
	w.do(err)
	w.do(w.repo.AdoptRoot(twice))
	w.expect(w.follow(), NoCause)
}

// A key of another kind, as a token holds it, signs too.
func TestAnECDSAKeySigns(t *testing.T) {
	w := newWorld(t)
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	w.do(err)
	w.repo.host.Ring = append(w.repo.host.Ring, key)
	w.do(w.repo.Delegate(Delegation{"FR/14/024", RoleFor(1, key)}))
	w.publish("FR/14/024/2024-0001")
	w.holds(w.follow(), "FR/14/024/2024-0001")
}

func TestAnOverdueOfficeStaysInForce(t *testing.T) {
	w := newWorld(t)
	w.publish("FR/13/079/2024-0001")
	f := w.follow()
	w.later(365 * 24 * time.Hour)
	w.sign()
	w.expect(f, NoCause)
	w.later(2 * 24 * time.Hour)
	draft, err := w.repo.DraftRoot(RootChange{})
	w.do(err)
	signed, err := SignRoot(draft, w.host.Ring)
	w.do(err)
	w.do(w.repo.AdoptRoot(signed))
	w.expect(f, NoCause)
	w.holds(f, "FR/13/079/2024-0001")
	for _, o := range f.Set().Offices {
		if !o.Overdue {
			t.Errorf("%s is not overdue", o.Territory)
		}
	}
}

func TestKeyFiles(t *testing.T) {
	file := filepath.Join(t.TempDir(), "key.pem")
	made, err := NewKey(file)
	if err != nil {
		t.Fatal(err)
	}
	read, err := ReadKey(file)
	if err != nil {
		t.Fatal(err)
	}
	a, _ := KeyID(made.Public())
	b, _ := KeyID(read.Public())
	if a != b || len(a) != 64 {
		t.Errorf("%s, %s", a, b)
	}
	if _, err := NewKey(file); err == nil {
		t.Error("a key was overwritten")
	}
	public := filepath.Join(t.TempDir(), "key.pub")
	data, err := EncodePublicKey(made.Public())
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(public, data, 0o644); err != nil {
		t.Fatal(err)
	}
	if _, err := ReadPublicKey(public); err != nil {
		t.Error(err)
	}
	if err := os.Chmod(file, 0o644); err != nil {
		t.Fatal(err)
	}
	if _, err := ReadKey(file); err == nil || !strings.Contains(err.Error(), "chmod 600") {
		t.Errorf("a key that all can read: %v", err)
	}
}
