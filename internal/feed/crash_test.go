package feed

import (
	"errors"
	"os"
	"path/filepath"
	"testing"
)

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
