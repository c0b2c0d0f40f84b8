package ecluse_test

import (
	"context"
	"fmt"
	"io"
	"runtime"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/ecluse-ecole/ecluse"
	"github.com/ecluse-ecole/ecluse/internal/account"
	"github.com/ecluse-ecole/ecluse/internal/fault"
	"github.com/ecluse-ecole/ecluse/internal/message"
	"github.com/ecluse-ecole/ecluse/internal/store/storetest"
)

// try is one attempt to sign in.
func (w *world) try(in ecluse.SignIn) error {
	_, err := w.SignIn(w.ctx, in)
	return err
}

// TestGuessesAtOnce: guesses sent together are limited like guesses sent in a
// row, each judged by what those before it in the queue came to.
func TestGuessesAtOnce(t *testing.T) { storetest.EachDatabase(t, testGuessesAtOnce) }

func testGuessesAtOnce(t *testing.T, db string) {
	w := newWorld(t, db, "2024-03-29T10:00:00")
	var guessed atomic.Int64
	var all sync.WaitGroup
	for i := range 60 {
		all.Go(func() {
			err := w.try(ecluse.SignIn{Login: "nadia", Password: fmt.Sprint("guess ", i), Address: "192.0.2.66"})
			if fault.Is(err, fault.SignedOut) {
				guessed.Add(1)
			}
		})
	}
	all.Wait()
	if n, most := guessed.Load(), int64(5+max(1, runtime.NumCPU()/2)); n > most {
		t.Errorf("%d of 60 guesses sent together were answered, want at most %d: the free ones, and one for each slot", n, most)
	}
}

func TestForeignWordsOfASignIn(t *testing.T) {
	storetest.EachDatabase(t, testForeignWordsOfASignIn)
}

func testForeignWordsOfASignIn(t *testing.T, db string) {
	w := newWorld(t, db, "2024-03-29T10:00:00")
	w.must(w.try(ecluse.SignIn{Login: "nadia", Password: password, Browser: "Br\xffwser", Address: "192.0.2.1"}))
	for _, login := range []string{"na\xffdia", "na\x00dia", string(make([]byte, 1<<20))} {
		err := w.try(ecluse.SignIn{Login: login, Password: password, Address: "192.0.2.1"})
		if !fault.Is(err, fault.SignedOut) {
			t.Errorf("a login of %d bytes that nobody has: %v, want the usual words", len(login), err)
		}
	}
}

// TestGuessesAtThePresentPassword: who holds a stolen session does not get to
// guess the password as fast as the machine allows, and strangers' guesses at
// the sign-in page do not keep the owner from changing it.
func TestGuessesAtThePresentPassword(t *testing.T) {
	storetest.EachDatabase(t, testGuessesAtThePresentPassword)
}

func testGuessesAtThePresentPassword(t *testing.T, db string) {
	w := newWorld(t, db, "2024-03-29T10:00:00")
	who := w.signIn("nadia").Alone()
	change := func(present string) error { return w.ChangePassword(w.ctx, who, present, "un tout autre mot de passe") }
	for range 8 {
		w.try(ecluse.SignIn{Login: "nadia", Password: "a guess", Address: "192.0.2.66"})
	}
	for range 5 {
		if err := change("a guess"); !fault.Is(err, fault.Invalid) {
			t.Errorf("one of the first guesses: %v", err)
		}
	}
	if err := change("a guess"); !fault.Is(err, fault.TooMany) {
		t.Errorf("the sixth guess: %v, want a wait", err)
	}
	w.clock.Set(w.Now().Add(time.Minute))
	w.must(change(password))
}

// TestPasswordChangedMeanwhile: a password that was right when it was checked
// and is changed before the session opens opens none.
func TestPasswordChangedMeanwhile(t *testing.T) {
	storetest.EachDatabase(t, testPasswordChangedMeanwhile)
}

func testPasswordChangedMeanwhile(t *testing.T, db string) {
	w := newWorld(t, db, "2024-03-29T10:00:00")
	who := w.signIn("nadia").Alone()
	stale := must(w.StoredHash(w.ctx, who.Person.ID))
	w.must(w.ChangePassword(w.ctx, who, password, "un tout autre mot de passe"))
	if err := w.OpenSession(w.ctx, account.Credential{Person: who.Person.ID, Hash: stale}); !fault.Is(err, fault.SignedOut) {
		t.Errorf("a session for the old password: %v, want refused", err)
	}
	if own := must(w.Sessions(w.ctx, who)); len(own) != 1 {
		t.Errorf("%d sessions hold, want the one that changed the password", len(own))
	}
}

// TestBounds: nobody fills the database with drafts or the memory with streams.
func TestBounds(t *testing.T) { storetest.EachDatabase(t, testBounds) }

func testBounds(t *testing.T, db string) {
	w := newWorld(t, db, "2024-03-29T10:00:00")
	who := w.as(teacher)
	first := must(w.SaveDraft(w.ctx, who, message.Draft{ID: w.NewDraftID(), Body: "Un texte"}))
	var err error
	saved := 1
	for ; saved < 1000 && err == nil; saved++ {
		_, err = w.SaveDraft(w.ctx, who, message.Draft{ID: w.NewDraftID(), Body: "Un texte"})
	}
	if !fault.Is(err, fault.TooMany) {
		t.Errorf("after %d drafts: %v", saved, err)
	}
	first.Body = "Un texte changé"
	must(w.SaveDraft(w.ctx, who, first))
	must(w.SaveDraft(w.ctx, w.as(staff), message.Draft{ID: w.NewDraftID(), Body: "Un texte"}))

	ctx, end := context.WithCancel(w.ctx)
	var streams sync.WaitGroup
	defer streams.Wait()
	defer end()
	watching := make(chan bool)
	watch := func() error {
		seen := false
		return w.Watch(ctx, who, func(ecluse.Event) error {
			if !seen {
				seen = true
				watching <- true
			}
			return nil
		})
	}
	for range 64 {
		streams.Go(func() { watch() })
		<-watching
	}
	if err := w.Watch(ctx, who, func(ecluse.Event) error { return io.EOF }); !fault.Is(err, fault.TooMany) {
		t.Errorf("beyond 64 streams of one membership: %v", err)
	}
}
