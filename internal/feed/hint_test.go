package feed

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

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

// Without hints, the next poll comes within twice the interval.
func TestLostHintsDelayAndNoMore(t *testing.T) {
	w := newWorld(t)
	w.publish(held)
	w.replace.serve(hintPath, http.NotFound)
	f := w.idle(w.options())
	sets := make(chan *Set, 10)
	go f.Run(t.Context(), func(s *Set) { sets <- s })
	<-sets
	w.publish(next)
	for end := time.After(10 * time.Second); ; {
		select {
		case s := <-sets:
			if len(s.Orders) == 2 {
				return
			}
		case <-time.After(20 * time.Millisecond):
			w.later(30 * time.Second) // until the follower waits on the clock, moving it wakes nobody
		case <-end:
			t.Fatal("no poll")
		}
	}
}
