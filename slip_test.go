package ecluse_test

import (
	"context"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/ecluse-ecole/ecluse"
	"github.com/ecluse-ecole/ecluse/internal/account"
	"github.com/ecluse-ecole/ecluse/internal/fault"
	"github.com/ecluse-ecole/ecluse/internal/school"
	"github.com/ecluse-ecole/ecluse/internal/store"
	"github.com/ecluse-ecole/ecluse/internal/store/storetest"
)

const newPassword = "une marmotte sous la neige"

// slipFor prints a slip for one member of the collège.
func (w *world) slipFor(m account.MemberID, clears bool) ecluse.PrintedSlip {
	w.Helper()
	slips := must(w.PrintSlips(w.ctx, w.as(head), ecluse.SlipOrder{
		SlipFilter: ecluse.SlipFilter{School: college, Roles: school.Everyone, Members: []account.MemberID{m}, All: true}, Clears: clears,
	}))
	if len(slips) != 1 {
		w.Fatalf("%d slips were printed for one person", len(slips))
	}
	return slips[0]
}

// renew brings a slip from a browser of its own.
func (w *world) renew(login, code, password string) (ecluse.Welcome, error) {
	return w.Renew(w.ctx, ecluse.Renewing{From: ecluse.Caller{Address: atHome}, Login: login, Code: code, Password: password})
}

// signs tries to sign in.
func (w *world) signs(login, password string) (account.Stage, error) {
	welcome, err := w.SignIn(w.ctx, ecluse.SignIn{Login: login, Password: password, Address: atHome})
	return welcome.Stage, err
}

// TestASlipSetsAPassword: a slip replaces the password, ends what was opened with
// the old one, and counts once; the password that was stolen is not taken again.
func TestASlipSetsAPassword(t *testing.T) { storetest.EachDatabase(t, testSlip) }

func testSlip(t *testing.T, db string) {
	w := newWorld(t, db, "2024-03-29T10:00:00")
	thief := w.enter("pupil.a", "")
	slip := w.slipFor(pupilA, false)
	if slip.Login != "pupil.a" || slip.Class != "4e B" {
		t.Errorf("the slip is of %s in %q", slip.Login, slip.Class)
	}
	if _, err := w.renew("pupil.a", slip.Code, "court"); !fault.Is(err, fault.Invalid) {
		t.Errorf("a short password: %v", err)
	}
	if _, err := w.renew("pupil.a", slip.Code, password); !fault.Is(err, fault.Invalid) {
		t.Errorf("the stolen password again: %v", err)
	}
	welcome := must(w.renew(" Pupil.A ", strings.ToLower(strings.ReplaceAll(slip.Code, "-", " ")), newPassword))
	visit := must(w.Visit(w.ctx, welcome.From(atHome)))
	if visit.Person.Login != "pupil.a" || !visit.Facts.SecondFactor {
		t.Errorf("the slip opens a session of %s, with more than the password: %v", visit.Person.Login, visit.Facts.SecondFactor)
	}
	if _, err := w.Visit(w.ctx, thief.From(atHome)); !fault.Is(err, fault.SignedOut) {
		t.Errorf("the thief's session goes on: %v", err)
	}
	if _, err := w.signs("pupil.a", password); !fault.Is(err, fault.SignedOut) {
		t.Errorf("the old password still opens: %v", err)
	}
	must(w.signs("pupil.a", newPassword))
	if _, err := w.renew("pupil.a", slip.Code, "encore un autre mot"); !fault.Is(err, fault.Conflict) {
		t.Errorf("the slip is used twice: %v", err)
	}
}

// TestASlipIsRefused: of somebody else, cancelled, replaced, expired, unknown.
func TestASlipIsRefused(t *testing.T) { storetest.EachDatabase(t, testSlipRefused) }

func testSlipRefused(t *testing.T, db string) {
	w := newWorld(t, db, "2024-03-29T10:00:00")
	refused := func(what, login, code string, kind fault.Kind) {
		t.Helper()
		if _, err := w.renew(login, code, newPassword); !fault.Is(err, kind) {
			t.Errorf("%s: %v", what, err)
		}
	}
	first := w.slipFor(pupilA, false)
	refused("the slip of another person", "pupil.b", first.Code, fault.Invalid)
	refused("a login that nobody has", "nobody", first.Code, fault.Invalid)
	refused("no login", "", first.Code, fault.SignedOut)
	refused("a code misread", "pupil.a", "2222-2222-2223", fault.Invalid)
	if _, err := w.renew("pupil.a", "", newPassword); !fault.Is(err, fault.SignedOut) && !fault.Is(err, fault.Denied) {
		t.Errorf("a login alone: %v", err)
	}

	second := w.slipFor(pupilA, false)
	refused("a slip printed before another", "pupil.a", first.Code, fault.Invalid)
	w.must(w.CancelSlip(w.ctx, w.as(head), college, second.Slip.ID))
	refused("a cancelled slip", "pupil.a", second.Code, fault.Conflict)
	if err := w.CancelSlip(w.ctx, w.as(head), college, second.Slip.ID); !fault.Is(err, fault.NotFound) {
		t.Errorf("cancelled twice: %v", err)
	}

	third := w.slipFor(pupilA, false)
	w.clock.Set(third.Slip.Expires)
	refused("an expired slip", "pupil.a", third.Code, fault.Conflict)
	must(w.signs("pupil.a", password)) // nothing of all this touched the account
}

// TestOneSlipForTwo: of two who bring the same slip at once, one is refused.
func TestOneSlipForTwo(t *testing.T) { storetest.EachDatabase(t, testSlipForTwo) }

func testSlipForTwo(t *testing.T, db string) {
	w := newWorld(t, db, "2024-03-29T10:00:00")
	slip := w.slipFor(pupilA, false)
	passwords := []string{"le premier des deux mots", "le second des deux mots"}
	errs := make([]error, 2)
	var both sync.WaitGroup
	for i := range 2 {
		both.Go(func() { _, errs[i] = w.renew("pupil.a", slip.Code, passwords[i]) })
	}
	both.Wait()
	won := slices.Index(errs, nil)
	if won < 0 || !fault.Is(errs[1-won], fault.Conflict) {
		t.Fatalf("two at once: %v", errs)
	}
	must(w.signs("pupil.a", passwords[won]))
}

// TestWhoPrintsSlips: heads for their school, offices for the heads below them,
// with a fresh proof, and nobody for themselves.
func TestWhoPrintsSlips(t *testing.T) {
	w := newWorld(t, storetest.SQLite(t), "2024-03-29T10:00:00")
	order := ecluse.SlipOrder{SlipFilter: ecluse.SlipFilter{School: college, Roles: school.Everyone, All: true}}
	logins := func(who ecluse.Actor) (list []string) {
		for _, s := range must(w.PrintSlips(w.ctx, who, order)) {
			list = append(list, s.Class+" "+s.Login)
		}
		return list
	}
	want := []string{"4e B pupil.a", "4e B pupil.b", "4e B karim", " nadia", " other", " staff"}
	if got := logins(w.as(head)); !slices.Equal(got, want) {
		t.Errorf("the head prints for %q, want %q", got, want)
	}
	if got := logins(w.office()); !slices.Equal(got, []string{" head"}) {
		t.Errorf("the office prints for %q", got)
	}
	host := ecluse.Actor{Part: "command", Office: account.Office{Territory: "FR"}}
	if got := logins(host); len(got) != 7 {
		t.Errorf("whoever runs Écluse prints for %q", got)
	}
	for what, who := range map[string]ecluse.Actor{"a teacher": w.as(teacher), "a pupil": w.as(pupilA), "another head": w.as(ecoleHead)} {
		if _, err := w.PrintSlips(w.ctx, who, order); !fault.Is(err, fault.Denied) && !fault.Is(err, fault.NotFound) {
			t.Errorf("%s prints: %v", what, err)
		}
		if err := w.CancelSlip(w.ctx, who, college, 1); err == nil {
			t.Errorf("%s cancels", what)
		}
	}
	visit := w.signIn("head")
	stale := must(visit.As(head))
	w.clock.Set(w.Now().Add(16 * time.Minute))
	if _, err := w.PrintSlips(w.ctx, stale, order); !fault.Is(err, fault.Unproved) {
		t.Errorf("without a fresh proof: %v", err)
	}
	order.Days = 61
	if _, err := w.PrintSlips(w.ctx, w.as(head), order); !fault.Is(err, fault.Invalid) {
		t.Errorf("for two months: %v", err)
	}
}

// TestASlipActivates: an account that never had a password gets its first one; lost
// second factors go only where the head said so.
func TestASlipActivates(t *testing.T) { storetest.EachDatabase(t, testSlipActivates) }

func testSlipActivates(t *testing.T, db string) {
	w := newWorld(t, db, "2024-03-29T10:00:00")
	w.inStore(func(tx *store.Tx) error {
		if err := tx.PutCredential(account.Credential{Person: 1}); err != nil {
			return err
		}
		return tx.AddFactor(account.Factor{ID: 1, Person: 2, Kind: account.ByCode, Name: "perdu", Secret: []byte{1}})
	})
	rows := must(w.Slips(w.ctx, w.as(head), ecluse.SlipFilter{School: college, Roles: school.Everyone}))
	if len(rows) != 1 || rows[0].Login != "pupil.a" {
		t.Errorf("who needs a slip: %v", rows)
	}
	must(w.renew("pupil.a", w.slipFor(pupilA, false).Code, newPassword))
	must(w.signs("pupil.a", newPassword))

	must(w.renew("pupil.b", w.slipFor(pupilB, false).Code, newPassword))
	if stage, err := w.signs("pupil.b", newPassword); err != nil || stage != account.StageSecond {
		t.Errorf("the second factor that was there is not asked: stage %d, %v", stage, err)
	}
	must(w.renew("pupil.b", w.slipFor(pupilB, true).Code, "encore un autre mot de passe"))
	if stage, err := w.signs("pupil.b", "encore un autre mot de passe"); err != nil || stage != account.StageWhole {
		t.Errorf("the lost second factor is still asked: stage %d, %v", stage, err)
	}
}

// inStore writes below the application.
func (w *world) inStore(work func(tx *store.Tx) error) {
	w.Helper()
	db := must(store.Open(w.ctx, w.db, store.Options{}))
	defer db.Close()
	w.must(db.Write(w.ctx, work))
}

// TestSlipGuesses: wrong codes from one place must wait, and keep nobody else from
// the right one.
func TestSlipGuesses(t *testing.T) {
	w := newWorld(t, storetest.SQLite(t), "2024-03-29T10:00:00")
	slip := w.slipFor(pupilA, false)
	waits := false
	for range 12 {
		_, err := w.renew("pupil.a", w.slipFor(pupilB, false).Code, newPassword)
		waits = waits || fault.Is(err, fault.TooMany)
	}
	if !waits {
		t.Error("twelve wrong codes at once are not slowed down")
	}
	_, err := w.Renew(w.ctx, ecluse.Renewing{From: ecluse.Caller{Address: "198.51.100.9"}, Login: "pupil.a", Code: slip.Code, Password: newPassword})
	w.must(err)
}

// TestAFrozenAccountKeepsItsSlip: a slip opens no frozen account, and still counts
// when it is given back.
func TestAFrozenAccountKeepsItsSlip(t *testing.T) { storetest.EachDatabase(t, testFrozenSlip) }

func testFrozenSlip(t *testing.T, db string) {
	w := newWorld(t, db, "2024-03-29T10:00:00")
	slip := w.slipFor(pupilA, false)
	w.must(w.Freeze(w.ctx, w.as(head), 1, ""))
	if _, err := w.renew("pupil.a", slip.Code, newPassword); !fault.Is(err, fault.Denied) {
		t.Errorf("a slip opens a frozen account: %v", err)
	}
	w.giveBack(1)
	half := w.enter("pupil.a", "")
	if half.Stage != account.StageRenewal {
		t.Fatalf("given back, the stage is %d", half.Stage)
	}
	if _, err := w.Renew(w.ctx, ecluse.Renewing{From: half.From(atHome), Password: newPassword}); !fault.Is(err, fault.Denied) {
		t.Errorf("the password alone renews itself: %v", err)
	}
	welcome, err := w.Renew(w.ctx, ecluse.Renewing{From: half.From(atHome), Code: slip.Code, Password: newPassword})
	if err != nil || welcome.Stage != account.StageWhole {
		t.Errorf("the slip half-way: %+v, %v", welcome, err)
	}
}

// TestAProvedFactorRenews: who has proved a second factor needs no slip; the
// session of before opens nothing more.
func TestAProvedFactorRenews(t *testing.T) { storetest.EachDatabase(t, testFactorRenews) }

func testFactorRenews(t *testing.T, db string) {
	w := newWorld(t, db, "2024-03-29T10:00:00")
	w.must(w.Freeze(w.ctx, w.as(head), 1, ""))
	w.giveBack(1)
	half := w.enter("pupil.a", "")
	w.inStore(func(tx *store.Tx) error {
		s, err := tx.Session(account.DigestOf(half.Token))
		if err != nil {
			return err
		}
		s.Factors |= account.ByWitness
		return tx.MoveSession(s.Digest, s)
	})
	elsewhere := ecluse.Caller{Token: half.Token, Device: "another", Address: atHome}
	if _, err := w.Renew(w.ctx, ecluse.Renewing{From: elsewhere, Password: newPassword}); err == nil {
		t.Error("the half-way session renews in another browser")
	}
	welcome := must(w.Renew(context.WithoutCancel(w.ctx), ecluse.Renewing{From: half.From(atHome), Password: newPassword}))
	must(w.Visit(w.ctx, welcome.From(atHome)))
	if _, err := w.Halfway(w.ctx, half.Token); !fault.Is(err, fault.SignedOut) {
		t.Errorf("the token of before: %v", err)
	}
}
