package ecluse_test

import (
	"archive/zip"
	"bytes"
	"io"
	"strings"
	"testing"
	"time"

	"github.com/ecluse-ecole/ecluse"
	"github.com/ecluse-ecole/ecluse/internal/account"
	"github.com/ecluse-ecole/ecluse/internal/evidence"
	"github.com/ecluse-ecole/ecluse/internal/fault"
	"github.com/ecluse-ecole/ecluse/internal/message"
	"github.com/ecluse-ecole/ecluse/internal/store"
	"github.com/ecluse-ecole/ecluse/internal/store/storetest"
)

// TestEvidenceOutlivesEverything: what a frozen account wrote and how it was entered
// stays as it was at that instant, under a seal in the journal, whatever is forgotten
// or taken back later, until it is released or its time is over.
func TestEvidenceOutlivesEverything(t *testing.T) { storetest.EachDatabase(t, testEvidence) }

func testEvidence(t *testing.T, db string) {
	w := newWorld(t, db, "2024-04-02T10:00:00", readOnly)
	w.enter("nadia", "thief")
	left := must(w.post(teacher, to(staff)))
	w.at("2024-04-02T20:00:00")
	waits := must(w.post(teacher, to(staff)))
	w.must(w.Freeze(w.ctx, w.as(head), 4, ""))

	held := must(w.Care(w.ctx, w.as(head), 4)).Held
	if len(held) != 1 || held[0].Messages != 2 || held[0].SignIns != 3 || !held[0].Mine || !held[0].Until.IsZero() {
		t.Fatalf("the head sees %+v: want one file of their school", held)
	}
	sealed := ""
	for _, e := range must(w.Journaled(w.ctx, "0799002F")) {
		if e.Verb == "account.freeze" {
			sealed = e.Detail
		}
	}
	if !strings.Contains(sealed, held[0].Seal) {
		t.Errorf("the journal seals %q, want %s", sealed, held[0].Seal)
	}
	if err := w.ReleaseEvidence(w.ctx, w.as(head), 4, held[0].ID); !fault.Is(err, fault.Invalid) {
		t.Errorf("released while the account is frozen: %v", err)
	}

	w.inStore(func(tx *store.Tx) error { return tx.CancelWaiting(college, waits.ID, teacher) })
	w.clock.Set(w.Now().Add(400 * 24 * time.Hour))
	w.must(w.KeepHouse(w.ctx))
	file := w.fetch(held[0])
	if r := must(evidence.Verify(bytes.NewReader(file), int64(len(file)))); !r.OK() || r.Seal != held[0].Seal {
		t.Errorf("the file is not the one that was sealed: %+v", r)
	}
	for name, want := range map[string]string{
		"messages/" + number(left.ID) + ".txt": "Bonjour.", "messages/" + number(waits.ID) + ".txt": "Bonjour.",
		"destinataires.csv": "5,personnel", "connexions.csv": "session ouverte,2024-04-02T10:00:00+02:00,2024-04-02T10:00:00+02:00," + atHome,
		"compte.txt": "P nadia, enseignant",
	} {
		if got := within(t, file, name); !strings.Contains(got, want) {
			t.Errorf("%s says %q, want %q", name, got, want)
		}
	}
	if got := within(t, file, "destinataires.csv"); strings.Contains(got, "P staff") {
		t.Error("a recipient stands in the file by name")
	}

	w.giveBack(4)
	w.clock.Set(w.Now().Add(180 * 24 * time.Hour))
	w.must(w.KeepHouse(w.ctx))
	if again := must(w.Care(w.ctx, w.as(head), 4)).Held; len(again) != 1 || len(again[0].Fetched) != 1 || again[0].Fetched[0].Name != "P head" {
		t.Errorf("six months after, %+v: want the file and who fetched it", again)
	}
	w.must(w.ReleaseEvidence(w.ctx, w.as(head), 4, held[0].ID))
	if _, _, err := w.FetchEvidence(w.ctx, w.as(head), 4, held[0].ID); !fault.Is(err, fault.NotFound) {
		t.Errorf("fetched once released: %v", err)
	}
	w.clock.Set(w.Now().Add(4 * 24 * time.Hour))
	if other := must(w.Care(w.ctx, w.as(ecoleHead), 4)).Held; len(other) != 1 {
		t.Errorf("the other school's file: %+v", other)
	}
	w.must(w.KeepHouse(w.ctx))
	if other := must(w.Care(w.ctx, w.as(ecoleHead), 4)).Held; len(other) != 0 {
		t.Errorf("past its time there is still %+v", other)
	}
}

func number(id message.ID) string {
	return account.Person{ID: account.PersonID(id)}.Number()[len("person "):]
}

// fetch is a file as a head gets it.
func (w *world) fetch(h ecluse.HeldView) []byte {
	w.Helper()
	name, file, err := w.FetchEvidence(w.ctx, w.as(head), h.Person, h.ID)
	if w.must(err); !strings.HasPrefix(name, "preuves-compte-4-") {
		w.Errorf("the file is called %s", name)
	}
	return file
}

// within is one file of a ZIP.
func within(t *testing.T, file []byte, name string) string {
	t.Helper()
	f := must(must(zip.NewReader(bytes.NewReader(file), int64(len(file)))).Open(name))
	return string(must(io.ReadAll(f)))
}

// TestWhoFetchesEvidence: the head of the school, of that school's file alone, with a
// fresh proof; an office where the account is a head's; nobody else.
func TestWhoFetchesEvidence(t *testing.T) {
	w := newWorld(t, storetest.SQLite(t), "2024-03-29T10:00:00")
	w.must(w.Freeze(w.ctx, w.as(head), 4, ""))
	w.must(w.Freeze(w.ctx, w.office(), 6, ""))
	byPlace := map[string]ecluse.HeldView{}
	for _, h := range must(w.Care(w.ctx, w.office(), 4)).Held {
		byPlace[h.Name] = h
	}
	ours, theirs := byPlace["Collège de la Boutonne"], byPlace["École des Saules"]
	headsOwn := must(w.Care(w.ctx, w.office(), 6)).Held[0]
	stale := w.as(head)
	stale.Session, stale.Proved = [32]byte{1}, w.Now().Add(-time.Hour)
	for _, c := range []struct {
		what string
		who  ecluse.Actor
		held ecluse.HeldView
		want fault.Kind
	}{
		{"the other school's file", w.as(head), theirs, fault.Denied}, {"ours, by the other head", w.as(ecoleHead), ours, fault.Denied},
		{"by an office", w.office(), ours, fault.Denied}, {"by a teacher", w.as(otherTeacher), ours, fault.Denied},
		{"by a pupil", w.as(pupilA), ours, fault.Denied}, {"without a fresh proof", stale, ours, fault.Unproved},
		{"of somebody else of another school", w.as(ecoleHead), headsOwn, fault.NotFound},
	} {
		if _, _, err := w.FetchEvidence(w.ctx, c.who, c.held.Person, c.held.ID); !fault.Is(err, c.want) {
			t.Errorf("%s: %v", c.what, err)
		}
		if err := w.ReleaseEvidence(w.ctx, c.who, c.held.Person, c.held.ID); !fault.Is(err, c.want) {
			t.Errorf("released: %s: %v", c.what, err)
		}
	}
	if _, _, err := w.FetchEvidence(w.ctx, w.as(head), 6, ours.ID); !fault.Is(err, fault.NotFound) {
		t.Errorf("under another person's number: %v", err)
	}
	for _, c := range []struct {
		who  ecluse.Actor
		held ecluse.HeldView
	}{{w.as(head), ours}, {w.as(ecoleHead), theirs}, {w.office(), headsOwn}} {
		if _, _, err := w.FetchEvidence(w.ctx, c.who, c.held.Person, c.held.ID); err != nil {
			t.Errorf("%s: %v", c.held.Name, err)
		}
	}
}
