package feed

import (
	"strings"
	"testing"
)

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
	cosigned, err := w.follow().Cosign("witness.example", witness)
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
