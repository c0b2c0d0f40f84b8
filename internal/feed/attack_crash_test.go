//go:build unix

package feed

import (
	"crypto/x509"
	"encoding/pem"
	"io"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/ecluse-ecole/ecluse/internal/clock"
)

// childRole makes the test binary a follower or a host in a process of its own,
// with this folder and no more: what a real crash and a real limit are tried on.
const childRole = "ECLUSE_FEED_TEST_CHILD"

// A child's folder has what it needs; the parent put it there.
const (
	childRoot = "root.json"
	childLog  = "log.key"
	childURL  = "url"
	childKeys = "keys"
	childKept = "kept"
	childFeed = "feed"
)

// childs are what a child does: poll once, or publish one order.
var childs = map[string]func(t *testing.T, dir string) error{
	"poll": func(t *testing.T, dir string) error {
		f, err := NewFollower(Options{
			URL: string(mustRead(t, dir, childURL)), Dir: filepath.Join(dir, childKept), Root: mustRead(t, dir, childRoot),
			Log: &Trust{Log: string(mustRead(t, dir, childLog))}, Clock: clock.Manual(noon),
		})
		if err == nil {
			_, err = f.Poll(t.Context())
		}
		return err
	},
	"publish": func(t *testing.T, dir string) error {
		r, err := Open(filepath.Join(dir, childFeed), childHost(t, filepath.Join(dir, childKeys)))
		if err == nil {
			err = r.Publish(sample(t, next))
		}
		return err
	},
}

func mustRead(t testing.TB, parts ...string) []byte {
	t.Helper()
	data, err := os.ReadFile(filepath.Join(parts...))
	if err != nil {
		t.Fatal(err)
	}
	return data
}

// childHost is a host whose keys are on disk.
func childHost(t testing.TB, keys string) Host {
	t.Helper()
	h := Host{LogName: "orders.example/log", Now: func() time.Time { return noon }}
	for _, name := range []string{"office", "snapshot", "timestamp", "log"} {
		key, err := ReadKey(filepath.Join(keys, name+".pem"))
		if err != nil {
			t.Fatal(err)
		}
		if h.Ring = append(h.Ring, key); name == "log" {
			h.Log = key
		}
	}
	return h
}

// TestChild is what a child runs; by itself it does nothing.
func TestChild(t *testing.T) {
	role, dir, found := strings.Cut(os.Getenv(childRole), "=")
	if !found {
		return
	}
	var limit syscall.Rlimit
	if role, found = strings.CutSuffix(role, "-limited"); found {
		signal.Ignore(syscall.SIGXFSZ) // then a write fails, as on a full disk
		limit.Cur, limit.Max = 1000, 1000
		if err := syscall.Setrlimit(syscall.RLIMIT_FSIZE, &limit); err != nil {
			t.Fatal(err)
		}
	}
	if err := childs[role](t, dir); err != nil {
		t.Fatal(err)
	}
}

// newChild lays out a folder for a child: a follower that holds one order, a host
// that has published it, and what each needs to go on to the next.
func newChild(t *testing.T) (w *world, dir string) {
	t.Helper()
	w, dir = newWorld(t), t.TempDir()
	w.publish(held)
	o := w.options()
	o.Dir = filepath.Join(dir, childKept)
	w.followWith(o)
	w.do(os.CopyFS(filepath.Join(dir, childFeed), os.DirFS(w.dir)))
	w.do(os.Mkdir(filepath.Join(dir, childKeys), 0o700))
	for name, key := range map[string]string{"office": "FR/13/079", "snapshot": "snapshot", "timestamp": "timestamp", "log": "log"} {
		der, err := x509.MarshalPKCS8PrivateKey(w.keys[key])
		w.do(err)
		data := pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: der})
		w.do(os.WriteFile(filepath.Join(dir, childKeys, name+".pem"), data, 0o600))
	}
	for name, data := range map[string]string{childURL: o.URL, childLog: o.Log.Log, childRoot: string(o.Root)} {
		w.do(os.WriteFile(filepath.Join(dir, name), []byte(data), 0o600))
	}
	w.publish(next)
	return w, dir
}

// copied is another such folder; keys stay their owner's alone.
func (w *world) copied(base string) string {
	w.t.Helper()
	dir := w.t.TempDir()
	w.do(os.CopyFS(dir, os.DirFS(base)))
	keys, err := filepath.Glob(filepath.Join(dir, childKeys, "*"))
	w.do(err)
	for _, name := range keys {
		w.do(os.Chmod(name, 0o600))
	}
	return dir
}

// child is a process that does this.
func child(role, dir string, said io.Writer) *exec.Cmd {
	cmd := exec.Command(os.Args[0], "-test.run=^TestChild$")
	cmd.Env, cmd.Stdout, cmd.Stderr = append(os.Environ(), childRole+"="+role+"="+dir), said, said
	return cmd
}

// whole wants what a child left to be one of both states, and the next try to
// bring the second.
func (w *world) whole(role, dir string) {
	w.t.Helper()
	if role == "publish" {
		place := filepath.Join(dir, childFeed)
		if set, err := Check(place, w.trust(), noon); err != nil || len(set.Orders) != 1 && len(set.Orders) != 2 {
			w.t.Fatalf("the feed is neither as before nor as after: %v", err)
		}
		w.do(childs[role](w.t.(*testing.T), dir))
		if set, err := Check(place, w.trust(), noon); err != nil || len(set.Orders) != 2 || set.Log.Size != 2 {
			w.t.Fatalf("published again: %v, %v", set, err)
		}
		r, err := Open(place, w.host)
		w.do(err)
		_, err = r.Prune(0)
		w.do(err)
		w.swept(role, dir)
		return
	}
	o := w.options()
	o.Dir = filepath.Join(dir, childKept)
	f := w.idle(o)
	w.swept(role, dir)
	if f.Set() == nil || len(f.Set().Orders) == 1 {
		w.holds(f, held)
	}
	w.expect(f, NoCause)
	w.holds(w.idle(o), held, next)
}

// swept wants nothing left of what a child had begun to write.
func (w *world) swept(role, dir string) {
	w.t.Helper()
	if left := beside(role, dir); len(left) > 0 {
		w.t.Errorf("never finished, and still there: %v", left)
	}
}

// beside are the files that a child is writing: each is renamed when it is whole.
func beside(role, dir string) (list []string) {
	patterns := []string{childFeed + "/.new-*", childFeed + "/*/.new-*"}
	if role == "poll" {
		patterns = []string{childKept + "/.new-*", childKept + "/objects/*/.new-*"}
	}
	for _, p := range patterns {
		found, _ := filepath.Glob(filepath.Join(dir, p)) // the pattern is sound
		list = append(list, found...)
	}
	return list
}

// TestKilledAtTheRename: a follower that takes a new set, and a host that publishes
// one, are killed between writing a file and renaming it, at each of their files.
func TestKilledAtTheRename(t *testing.T) {
	for role := range childs {
		t.Run(role, func(t *testing.T) {
			w, base := newChild(t)
			torn := 0
			for end := time.Now().Add(time.Minute); torn == 0 && time.Now().Before(end); { // a busy machine may see none in one round
				for n, finished := 1, false; !finished; n++ {
					dir := w.copied(base)
					finished = w.killedAt(n, role, dir)
					torn += len(beside(role, dir))
					w.whole(role, dir)
				}
			}
			if torn == 0 {
				t.Error("no kill fell between a write and its rename: the test proves nothing")
			}
		})
	}
}

// killedAt kills a child while it writes its nth file, and reports whether it was
// done before.
func (w *world) killedAt(n int, role, dir string) (finished bool) {
	w.t.Helper()
	var said strings.Builder
	cmd := child(role, dir, &said)
	w.do(cmd.Start())
	ended := make(chan error, 1)
	go func() { ended <- cmd.Wait() }()
	seen := map[string]bool{}
	for {
		select {
		case err := <-ended:
			if err != nil {
				w.t.Fatalf("%v\n%s", err, &said)
			}
			return true
		default:
		}
		for _, name := range beside(role, dir) {
			seen[name] = true
		}
		if len(seen) >= n {
			w.do(cmd.Process.Kill())
			<-ended
			return false
		}
	}
}

// TestADiskThatTakesNoMore: the system itself refuses to write more of any file than
// a few bytes, as a full disk does.
func TestADiskThatTakesNoMore(t *testing.T) {
	for role := range childs {
		t.Run(role, func(t *testing.T) {
			w, dir := newChild(t)
			var said strings.Builder
			if err := child(role+"-limited", dir, &said).Run(); err == nil || !strings.Contains(said.String(), syscall.EFBIG.Error()) {
				t.Fatalf("the limit was not met: %v\n%s", err, &said)
			}
			if left := beside(role, dir); len(left) > 0 {
				t.Errorf("%v stay behind", left)
			}
			w.whole(role, dir)
		})
	}
}
