package feed

import (
	"bytes"
	"errors"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"
)

// A court is a witness with its verifier key.
func (w *world) court(o Options) (*Witness, string) {
	w.t.Helper()
	key := newKey(w.t)
	public, err := WitnessKey("court.example", key.Public())
	w.do(err)
	witness, err := NewWitness(o, "court.example", key)
	w.do(err)
	return witness, public
}

func TestAWitnessCosigns(t *testing.T) {
	w := newWorld(t)
	w.publish(held)
	court, key := w.court(w.options())
	_, stranger := w.court(w.options())
	o := w.options()
	o.Log.Witnesses, o.Log.Need = []string{stranger, key}, 1
	f := w.idle(o)
	w.expect(f, Forged)
	cosigned, err := court.Cosign(t.Context())
	w.do(err)
	if err := w.repo.AddCosignature(cosigned, stranger); CauseOf(err) != Forged {
		t.Errorf("a witness that is not known here: %v", err)
	}
	w.do(w.repo.AddCosignature(cosigned, key, stranger))
	w.expect(f, NoCause)
	w.holds(f, held)
	w.publish(next)
	w.expect(f, Forged)
	w.holds(f, held)
	if err := w.repo.AddCosignature(cosigned, key); err == nil {
		t.Error("a cosignature over an older checkpoint was added")
	}
	cosigned, err = court.Cosign(t.Context())
	w.do(err)
	w.do(w.repo.AddCosignature(cosigned, key))
	before := w.file(checkpointFile)
	w.later(time.Minute)
	again, err := court.Cosign(t.Context())
	w.do(err)
	spelled := bytes.Replace(cosigned, []byte("==\n"), []byte("\n"), 1) // without its padding, or with other bits in it
	last := bytes.LastIndex(cosigned, []byte("==\n")) - 1
	other := slices.Clone(cosigned)
	other[last]++
	for what, offered := range map[string][]byte{"the same": cosigned, "a later one": again, "no padding": spelled, "other bits": other} {
		if err := w.repo.AddCosignature(offered, key); err != nil && CauseOf(err) != Forged {
			t.Errorf("%s: %v", what, err)
		}
		if after := w.file(checkpointFile); string(after) != string(before) {
			t.Errorf("%s, of a witness that has cosigned, changes the folder and sends all followers here:\n%s\n%s", what, before, after)
		}
	}
	w.expect(f, NoCause)
	w.holds(f, held, next)
	o.Log = &Trust{Log: w.trust().Log, Witnesses: []string{key, key}, Need: 2}
	if _, err := NewFollower(o); err == nil {
		t.Error("one witness counts for two")
	}
	o.Log = &Trust{Log: w.trust().Log, Witnesses: []string{w.trust().Log}, Need: 1}
	if _, err := NewFollower(o); err == nil {
		t.Error("the log is its own witness")
	}
}

// TestTwoOfThreeWitnesses: the threshold counts different witnesses.
func TestTwoOfThreeWitnesses(t *testing.T) {
	w := newWorld(t)
	w.publish(held)
	one, a := w.court(w.options())
	two, b := w.court(w.options())
	_, c := w.court(w.options())
	o := w.options()
	o.Log.Witnesses, o.Log.Need = []string{a, b, c}, 2
	f := w.idle(o)
	for _, court := range []*Witness{one, two} {
		w.expect(f, Forged)
		cosigned, err := court.Cosign(t.Context())
		w.do(err)
		w.do(w.repo.AddCosignature(cosigned, a, b, c))
	}
	w.expect(f, NoCause)
}

// TestAWitnessIsNotFooled: the log is rewritten. The witness does not sign that,
// not even when its folder was emptied of everything but what it signed last, and
// holds the proof.
func TestAWitnessIsNotFooled(t *testing.T) {
	w := newWorld(t)
	w.publish(held)
	o := w.options()
	court, _ := w.court(o)
	_, err := court.Cosign(t.Context())
	w.do(err)
	lines, checkpoint := w.rewritten(t)
	w.do(w.repo.disk.write(entriesFile, lines))
	w.do(w.repo.disk.write(checkpointFile, checkpoint))
	w.do(os.RemoveAll(filepath.Join(o.Dir, "objects")))
	w.do(os.Remove(filepath.Join(o.Dir, manifestFile)))
	court.follower = w.idle(o)
	_, err = court.Cosign(t.Context())
	var proof *Divergence
	if CauseOf(err) != SplitView || !errors.As(err, &proof) {
		t.Fatalf("the witness says %v", err)
	}
	for _, side := range [][]byte{proof.Ours, proof.Theirs} {
		if _, err := w.trust().open(side); err != nil {
			t.Errorf("the proof is none: %v", err)
		}
	}
}

// rewritten is another log that holds the same orders, after one that was never
// published.
func (w *world) rewritten(t *testing.T) (lines, checkpoint []byte) {
	t.Helper()
	other := newLedger()
	w.do(other.add([]byte(ledgerLine("FR.99.2024-0001.yaml", strings.Repeat("0", 64)))))
	w.do(other.add(w.file(entriesFile)))
	checkpoint, err := other.checkpoint(scribe{"orders.example/log", w.keys["log"]})
	w.do(err)
	return other.lines, checkpoint
}

// TestAFullDiskSignsNothing: what was not made durable is not signed.
func TestAFullDiskSignsNothing(t *testing.T) {
	w := newWorld(t)
	w.publish(held)
	court, _ := w.court(w.options())
	full := errors.New("no space left on device")
	court.disk.put = func(string, []byte) error { return full }
	if _, err := court.Cosign(t.Context()); CauseOf(err) != Storage {
		t.Errorf("with a full disk: %v", err)
	}
}

func TestTwoStoriesAreFoundByComparing(t *testing.T) {
	w := newWorld(t)
	w.publish(held)
	o := w.options()
	w.followWith(o)
	early := filepath.Join(t.TempDir(), "early")
	w.do(os.WriteFile(early, w.file(checkpointFile), 0o600))
	_, checkpoint := w.rewritten(t)
	w.publish(next)
	for _, pair := range [][2]string{{w.dir, o.Dir}, {early, w.server.URL}, {w.server.URL, w.dir}, {early, early}} {
		if _, err := CompareLogs(t.Context(), *w.trust(), Options{}, pair[0], pair[1]); err != nil {
			t.Errorf("%q: %v", pair, err)
		}
	}
	late := filepath.Join(t.TempDir(), "late")
	w.do(os.WriteFile(late, w.file(checkpointFile), 0o600))
	if _, err := CompareLogs(t.Context(), *w.trust(), Options{}, early, late); err == nil || CauseOf(err) == SplitView {
		t.Errorf("two checkpoints of different lengths: %v", err)
	}
	forked := filepath.Join(t.TempDir(), "forked")
	w.do(os.WriteFile(forked, checkpoint, 0o600))
	for _, place := range []string{w.dir, late, w.server.URL} {
		var proof *Divergence
		_, err := CompareLogs(t.Context(), *w.trust(), Options{}, place, forked)
		if CauseOf(err) != SplitView || !errors.As(err, &proof) {
			t.Errorf("%s and another story: %v", place, err)
		}
	}
}

// TestCosignaturesOverHTTP: a witness posts, and whoever waits is told.
func TestCosignaturesOverHTTP(t *testing.T) {
	w := newWorld(t)
	w.publish(held)
	court, key := w.court(w.options())
	server := Handler(t.Context(), w.dir, 0)
	w.do(server.Witnessed(w.repo, []string{key}))
	post := func(body []byte) int {
		r := httptest.NewRecorder()
		server.ServeHTTP(r, httptest.NewRequest(http.MethodPost, "/log/checkpoint", bytes.NewReader(body)))
		return r.Code
	}
	_, changed := server.newest()
	cosigned, err := court.Cosign(t.Context())
	w.do(err)
	if code := post(append(cosigned, make([]byte, maxCheckpoint)...)); code != http.StatusConflict {
		t.Errorf("an endless cosignature: %d", code)
	}
	if code := post(w.file(checkpointFile)); code != http.StatusConflict {
		t.Errorf("a checkpoint that nobody cosigned: %d", code)
	}
	if code := post(cosigned); code != http.StatusNoContent {
		t.Errorf("a cosignature: %d", code)
	}
	select {
	case <-changed:
	case <-time.After(10 * time.Second):
		t.Error("nobody was told")
	}
	r := httptest.NewRecorder()
	Handler(t.Context(), w.dir, 0).ServeHTTP(r, httptest.NewRequest(http.MethodPost, "/log/checkpoint", nil))
	if r.Code != http.StatusMethodNotAllowed {
		t.Errorf("where no witness is known: %d", r.Code)
	}
}
