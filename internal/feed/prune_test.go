package feed

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/ecluse-ecole/ecluse/internal/order"
)

// Two orders more than held and next.
const (
	lastOne = order.ID("FR/2024-0007")
	fourth  = order.ID("FR/2024-0008")
)

// age sets when the files of a folder were written.
func (w *world) age(names []string, at time.Time) {
	w.t.Helper()
	for _, name := range names {
		w.do(os.Chtimes(filepath.Join(w.dir, filepath.FromSlash(name)), at, at))
	}
}

func (w *world) names() []string {
	w.t.Helper()
	names, err := newDisk(w.dir).names()
	w.do(err)
	return names
}

func TestPrune(t *testing.T) {
	w := newWorld(t)
	w.publish(held)
	old := w.options()
	w.followWith(old) // it will come back after the pruning
	before := w.names()
	w.publish(next)
	middle := w.names()
	w.age(middle, noon.Add(-48*time.Hour))
	w.publish(lastOne)
	all := w.names()
	w.age(all, noon.Add(-47*time.Hour)) // the newest is old, too
	w.do(os.WriteFile(filepath.Join(w.dir, "notes.json"), []byte("somebody's"), 0o600))

	n, err := w.repo.Prune(0)
	w.do(err)
	left := w.names()
	for _, name := range left {
		if strings.HasSuffix(name, ".snapshot.json") && slices.Contains(middle, name) {
			t.Errorf("%s was superseded two days ago, and is still there", name)
		}
	}
	if n == 0 || len(left) != len(all)+1-n {
		t.Errorf("%d removed, %d left of %d", n, len(left), len(all)+1)
	}
	for _, name := range before {
		if strings.HasSuffix(name, "root.json") && !slices.Contains(left, name) {
			t.Errorf("%s is gone", name)
		}
	}
	w.holds(w.follow(), held, next, lastOne)
	w.holds(w.followWith(old), held, next, lastOne)
	w.publish(fourth)
	w.holds(w.follow(), held, next, lastOne, fourth)
	if again, err := w.repo.Prune(0); err != nil || again != 0 {
		t.Errorf("a second time: %d removed, %v", again, err)
	}
}

// TestPruneBesideADownload: who has verified a timestamp finds all that it names,
// however slowly they read.
func TestPruneBesideADownload(t *testing.T) {
	w := newWorld(t)
	w.publish(held)
	stamp, err := w.repo.disk.read(timestampFile)
	w.do(err)
	w.age(w.names(), noon.Add(-30*24*time.Hour)) // written a month ago, superseded just now
	w.publish(next)
	w.age([]string{versioned(w.version(), "snapshot")}, noon.Add(-23*time.Hour))
	_, err = w.repo.Prune(0)
	w.do(err)
	roots, err := folder(w.dir).roots()
	w.do(err)
	v, err := asSigned(t.Context(), folder(w.dir), roots, stamp)
	w.do(err)
	_, err = gather(t.Context(), folder(w.dir), v, nil)
	w.do(err)
	w.do(os.Remove(filepath.Join(w.dir, "timestamp.json")))
	if _, err := w.repo.Prune(time.Nanosecond); err == nil {
		t.Error("a folder that does not verify was pruned")
	}
}

// version is the newest snapshot's.
func (w *world) version() int64 {
	w.t.Helper()
	v, err := w.repo.view()
	w.do(err)
	return v.snap.Version
}
