package ecluse_test

import (
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"

	"encoding/base32"

	"github.com/ecluse-ecole/ecluse"
	"github.com/ecluse-ecole/ecluse/internal/account"
	"github.com/ecluse-ecole/ecluse/internal/fault"
	"github.com/ecluse-ecole/ecluse/internal/store/storetest"
)

// phone is an application for codes.
type phone struct {
	w      *world
	secret []byte
}

func (p phone) code() string { return account.CodeAt(p.secret, p.w.Now()) }

// inside is who acts in a session.
func (w *world) inside(welcome ecluse.Welcome) ecluse.Actor {
	w.Helper()
	return must(w.Visit(w.ctx, welcome.From(atHome))).Alone()
}

// addPhone sets an application up, as its owner does.
func (w *world) addPhone(who ecluse.Actor) phone {
	w.Helper()
	w.must(w.Permit(w.ctx, who))
	w.must(w.BeginCode(w.ctx, who))
	link := must(url.Parse(must(w.Setup(w.ctx, who)).Link))
	p := phone{w, must(base32.StdEncoding.WithPadding(base32.NoPadding).DecodeString(link.Query().Get("secret")))}
	w.must(w.AddCode(w.ctx, who, p.code(), "Mon téléphone"))
	return p
}

func (w *world) wait(d time.Duration) { w.clock.Set(w.Now().Add(d)) }

// TestACodeCountsOnce: a second factor is asked after the password, its code opens
// the session once, and never again, nor to two at once.
func TestACodeCountsOnce(t *testing.T) { storetest.EachDatabase(t, testCode) }

func testCode(t *testing.T, db string) {
	w := newWorld(t, db, "2024-03-29T10:00:00")
	first := w.enter("nadia", "")
	elsewhere := w.enter("nadia", "another browser")
	who := w.inside(first)
	w.must(w.Permit(w.ctx, who))
	w.must(w.BeginCode(w.ctx, who))
	if err := w.AddCode(w.ctx, who, "000000", ""); !fault.Is(err, fault.Invalid) {
		t.Errorf("a wrong first code: %v", err)
	}
	if list := must(w.Factors(w.ctx, who)); len(list) != 0 {
		t.Fatalf("it counts before its first code: %v", list)
	}
	p := w.addPhone(who)
	if _, err := w.Visit(w.ctx, elsewhere.From(atHome)); !fault.Is(err, fault.SignedOut) {
		t.Errorf("a session from before goes on elsewhere: %v", err)
	}
	if v := must(w.Visit(w.ctx, first.From(atHome))); !v.Facts.SecondFactor {
		t.Error("the session that set it up does not have it")
	}

	half := w.enter("nadia", "")
	if half.Stage != account.StageSecond {
		t.Fatalf("after the password the stage is %d", half.Stage)
	}
	if _, err := w.ProvePassword(w.ctx, half.From(atHome), password); !fault.Is(err, fault.Denied) {
		t.Errorf("the password twice: %v", err)
	}
	if _, err := w.ProveCode(w.ctx, half.From(atHome), account.ByCode, p.code()); !fault.Is(err, fault.Conflict) {
		t.Errorf("the code that set it up, again: %v", err)
	}
	w.wait(30 * time.Second)
	whole := must(w.ProveCode(w.ctx, half.From(atHome), account.ByCode, p.code()))
	if v := must(w.Visit(w.ctx, whole.From(atHome))); whole.Stage != account.StageWhole || !v.Facts.SecondFactor {
		t.Errorf("after the code: stage %d, second factor %v", whole.Stage, v.Facts.SecondFactor)
	}
	if _, err := w.Visit(w.ctx, half.From(atHome)); !fault.Is(err, fault.SignedOut) {
		t.Errorf("the token of the half session opens: %v", err)
	}
	thief := w.enter("nadia", "thief")
	if _, err := w.ProveCode(w.ctx, thief.From(atHome), account.ByCode, p.code()); !fault.Is(err, fault.Conflict) {
		t.Errorf("a code that was looked at, replayed: %v", err)
	}

	w.wait(30 * time.Second)
	if n := w.atOnce(p.code(), w.enter("nadia", "one"), w.enter("nadia", "two")); n != 1 {
		t.Errorf("a code opened %d sessions at once", n)
	}
}

// atOnce brings a code to several sessions at the same time and counts those that it opens.
func (w *world) atOnce(code string, halves ...ecluse.Welcome) (opened int) {
	var all sync.WaitGroup
	var mu sync.Mutex
	for _, h := range halves {
		all.Go(func() {
			_, err := w.ProveCode(w.ctx, h.From(atHome), account.ByCode, code)
			mu.Lock()
			defer mu.Unlock()
			switch {
			case err == nil:
				opened++
			case !fault.Is(err, fault.Conflict):
				w.Errorf("the other: %v", err)
			}
		})
	}
	all.Wait()
	return opened
}

// TestGuessingCodes: wrong codes wait sooner than wrong passwords, sent together
// too; the owner's known browser does not wait for a thief's.
func TestGuessingCodes(t *testing.T) { storetest.EachDatabase(t, testGuessing) }

func testGuessing(t *testing.T, db string) {
	w := newWorld(t, db, "2024-03-29T10:00:00")
	owner := w.enter("nadia", "")
	p := w.addPhone(w.inside(owner))
	w.wait(time.Minute)
	owner = must(w.ProveCode(w.ctx, owner.From(atHome), account.ByCode, p.code()))

	tried := 0
	for _, thief := range []ecluse.Welcome{w.enter("nadia", "thief"), w.enter("nadia", "the thief's other browser")} {
		for range 10 {
			_, err := w.ProveCode(w.ctx, thief.From(atHome), account.ByCode, "12")
			if !fault.Is(err, fault.TooMany) {
				tried++
			}
		}
	}
	if tried != 3 {
		t.Errorf("%d guesses in a row were looked at, want 3", tried)
	}
	w.wait(time.Minute)
	if _, err := w.ProveCode(w.ctx, owner.From(atHome), account.ByCode, p.code()); err != nil {
		t.Errorf("the owner's browser waits for the thief's: %v", err)
	}
}

// TestRemovingTheLastProof asks for a fresh one, and then the password is enough.
func TestRemovingTheLastProof(t *testing.T) { storetest.EachDatabase(t, testRemoving) }

func testRemoving(t *testing.T, db string) {
	w := newWorld(t, db, "2024-03-29T10:00:00")
	session := w.enter("nadia", "")
	p := w.addPhone(w.inside(session))
	id := must(w.Factors(w.ctx, w.inside(session)))[0].ID
	w.wait(time.Hour)
	if err := w.RemoveFactor(w.ctx, w.inside(session), id); !fault.Is(err, fault.Unproved) {
		t.Fatalf("removing an hour later: %v", err)
	}
	session = must(w.ProveCode(w.ctx, session.From(atHome), account.ByCode, p.code()))
	if err := w.RemoveFactor(w.ctx, w.as(pupilA), id); !fault.Is(err, fault.NotFound) {
		t.Errorf("somebody else removes it: %v", err)
	}
	w.must(w.RemoveFactor(w.ctx, w.inside(session), id))
	if got := w.enter("nadia", ""); got.Stage != account.StageWhole {
		t.Errorf("without a second factor the stage is %d", got.Stage)
	}
}

// TestTheSealsKey: with another key Écluse does not start; without one it does, and
// takes no code.
func TestTheSealsKey(t *testing.T) { storetest.EachDatabase(t, testSeal) }

func testSeal(t *testing.T, db string) {
	w := newWorld(t, db, "2024-03-29T10:00:00")
	p := w.addPhone(w.inside(w.enter("nadia", "")))
	wrong := []byte(strings.Repeat("k", account.SealKey))
	if _, err := ecluse.Open(w.ctx, ecluse.Options{Database: db, Clock: w.clock, Seal: wrong}); err != ecluse.ErrSeal {
		t.Errorf("with another key: %v", err)
	}
	bare := must(ecluse.Open(w.ctx, ecluse.Options{Database: db, Clock: w.clock}))
	defer bare.Close()
	w.wait(time.Minute)
	half := w.enter("nadia", "")
	if _, err := bare.ProveCode(w.ctx, half.From(atHome), account.ByCode, p.code()); !fault.Is(err, fault.Unavailable) {
		t.Errorf("without the key: %v", err)
	}
}

// TestARecoveryCodeCountsOnce: each of the ten counts once, of two who bring it at
// once one is refused, and a new set cancels the old one.
func TestARecoveryCodeCountsOnce(t *testing.T) { storetest.EachDatabase(t, testRecovery) }

func testRecovery(t *testing.T, db string) {
	w := newWorld(t, db, "2024-03-29T10:00:00")
	session := w.enter("nadia", "")
	if _, err := w.NewRecovery(w.ctx, w.inside(session)); !fault.Is(err, fault.Invalid) {
		t.Errorf("recovery codes for nothing: %v", err)
	}
	w.addPhone(w.inside(session))
	old := must(w.NewRecovery(w.ctx, w.inside(session)))
	if _, err := w.NewRecovery(w.ctx, w.inside(session)); !fault.Is(err, fault.Unproved) {
		t.Errorf("a second set without a proof: %v", err)
	}
	w.must(w.Permit(w.ctx, w.inside(session)))
	codes := must(w.NewRecovery(w.ctx, w.inside(session)))
	use := func(code string) error {
		_, err := w.ProveCode(w.ctx, w.enter("nadia", "").From(atHome), account.ByRecovery, code)
		return err
	}
	if err := use(old[0]); !fault.Is(err, fault.Invalid) {
		t.Errorf("a code of the old set: %v", err)
	}
	w.must(use(strings.ToLower(codes[0])))
	if err := use(codes[0]); !fault.Is(err, fault.Invalid) {
		t.Errorf("a recovery code again: %v", err)
	}
	opened := 0
	var all sync.WaitGroup
	results := make(chan error, 2)
	for _, half := range []ecluse.Welcome{w.enter("nadia", "one"), w.enter("nadia", "two")} {
		all.Go(func() {
			_, err := w.ProveCode(w.ctx, half.From(atHome), account.ByRecovery, codes[1])
			results <- err
		})
	}
	all.Wait()
	for range 2 {
		if <-results == nil {
			opened++
		}
	}
	if opened != 1 {
		t.Errorf("a recovery code opened %d sessions at once", opened)
	}
	for _, f := range must(w.Factors(w.ctx, w.inside(session))) {
		if f.Kind == account.ByRecovery && f.Left() != 8 {
			t.Errorf("%d codes are left, want 8", f.Left())
		}
	}
}

// TestAThiefAddsNoProof: from a device that is new to the account no first proof is
// added, which orders would then take for the owner's; from a known one it is.
func TestAThiefAddsNoProof(t *testing.T) { storetest.EachDatabase(t, testThiefAddsNoProof) }

func testThiefAddsNoProof(t *testing.T, db string) {
	w := newWorld(t, db, "2024-03-29T10:00:00")
	owner := w.enter("nadia", "")
	thief := w.inside(w.enter("nadia", "thief"))
	w.must(w.Permit(w.ctx, thief))
	w.must(w.BeginCode(w.ctx, thief))
	link := must(url.Parse(must(w.Setup(w.ctx, thief)).Link))
	p := phone{w, must(base32.StdEncoding.WithPadding(base32.NoPadding).DecodeString(link.Query().Get("secret")))}
	if err := w.AddCode(w.ctx, thief, p.code(), ""); !fault.Is(err, fault.Denied) {
		t.Errorf("a thief's own proof: %v", err)
	}
	w.addPhone(w.inside(owner))
}
