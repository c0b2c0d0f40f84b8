package ecluse_test

import (
	"testing"
	"time"

	"github.com/ecluse-ecole/ecluse"
	"github.com/ecluse-ecole/ecluse/internal/store/storetest"
)

// TestLiveEndsWithItsSession: a session that was ended on another node, or that
// expired, does not go on for as long as a page stays open.
func TestLiveEndsWithItsSession(t *testing.T) { storetest.EachDatabase(t, testLiveEndsWithItsSession) }

func testLiveEndsWithItsSession(t *testing.T, db string) {
	w := newWorld(t, db, "2024-03-29T10:00:00")
	other := must(ecluse.Open(w.ctx, ecluse.Options{Database: db, Clock: w.clock}))
	defer other.Close()
	for what, end := range map[string]func(ecluse.Visit) error{
		"ended elsewhere": func(v ecluse.Visit) error { return other.SignOut(w.ctx, v.Alone()) },
		"expired":         func(ecluse.Visit) error { w.clock.Set(w.Now().Add(13 * time.Hour)); return nil },
	} {
		visit := w.signIn("nadia")
		who := must(visit.As(teacher))
		events, done := make(chan ecluse.Event, 16), make(chan error, 1) // room: the stream may end at any look
		go func() {
			done <- w.Watch(w.ctx, who, func(e ecluse.Event) error { events <- e; return nil })
		}()
		<-events
		w.clock.Set(w.Now().Add(30 * time.Second))
		w.openFor(staff, to(teacher)) // wakes the stream, as its keep-alive does
		<-events
		w.must(end(visit))
		w.clock.Set(w.Now().Add(30 * time.Second))
		w.openFor(staff, to(teacher))
		select {
		case err := <-done:
			w.must(err)
		case <-time.After(5 * time.Second):
			t.Errorf("%s: the stream goes on", what)
		}
	}
}
