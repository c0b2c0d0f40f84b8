package ecluse_test

import (
	"testing"
	"time"

	"github.com/ecluse-ecole/ecluse"
	"github.com/ecluse-ecole/ecluse/internal/account"
	"github.com/ecluse-ecole/ecluse/internal/fault"
	"github.com/ecluse-ecole/ecluse/internal/school"
	"github.com/ecluse-ecole/ecluse/internal/store"
	"github.com/ecluse-ecole/ecluse/internal/store/storetest"
)

// TestASlipIsNoSecondFactor: a slip found in a bin sets a password, and the second
// factor that its owner has is asked all the same. A slip is spent by a change of the
// password in another way.
func TestASlipIsNoSecondFactor(t *testing.T) { storetest.EachDatabase(t, testSlipNoSecond) }

func testSlipNoSecond(t *testing.T, db string) {
	w := newWorld(t, db, "2024-03-29T10:00:00")
	owner := w.enter("nadia", "")
	p := w.addPhone(w.inside(owner))
	found := w.slipFor(teacher, false)
	thief := must(w.renew("nadia", found.Code, newPassword))
	if thief.Stage != account.StageSecond {
		t.Fatalf("a slip found in a bin opens an account with a second factor: stage %d", thief.Stage)
	}
	if _, err := w.Visit(w.ctx, thief.From(atHome)); err == nil {
		t.Error("its session is whole")
	}
	w.wait(time.Minute)
	if whole := must(w.ProveCode(w.ctx, thief.From(atHome), account.ByCode, p.code())); whole.Stage != account.StageWhole {
		t.Errorf("with a slip and a code the stage is %d", whole.Stage)
	}

	kept := w.slipFor(pupilA, false)
	w.wait(time.Second)
	session := w.enter("pupil.a", "")
	w.must(w.ChangePassword(w.ctx, w.inside(session), password, newPassword))
	if _, err := w.renew("pupil.a", kept.Code, "encore un autre mot de passe"); !fault.Is(err, fault.Conflict) {
		t.Errorf("a slip that its owner never needed still counts after a new password: %v", err)
	}
}

// TestAHeadReachesNoOtherHead: somebody who heads another school has a place here as a
// parent or a teacher; whoever could take their account would take that school.
func TestAHeadReachesNoOtherHead(t *testing.T) {
	w := newWorld(t, storetest.SQLite(t), "2024-03-29T10:00:00")
	const asParent account.MemberID = 90
	w.inStore(func(tx *store.Tx) error {
		return tx.AddMembership(account.Membership{School: college, ID: asParent, Person: 10, Role: school.Guardian, Name: "P head of the école"})
	})
	order := ecluse.SlipOrder{SlipFilter: ecluse.SlipFilter{School: college, Roles: school.Everyone, Members: []account.MemberID{asParent}, All: true}}
	if slips, err := w.PrintSlips(w.ctx, w.as(head), order); !fault.Is(err, fault.Invalid) {
		t.Errorf("a head prints a slip for the head of another school: %d, %v", len(slips), err)
	}
	for what, err := range map[string]error{
		"freezes":               w.Freeze(w.ctx, w.as(head), 10, ""),
		"takes the proofs away": w.ClearFactors(w.ctx, w.as(head), 10, account.LostPhone),
		"signs out":             w.EndSessionsOf(w.ctx, w.as(head), 10),
	} {
		if !fault.Is(err, fault.Denied) {
			t.Errorf("a head %s the head of another school: %v", what, err)
		}
	}
	w.wait(time.Second)
	if plan := must(w.PlanCampaign(w.ctx, w.as(head), w.wish(school.Guardian))); plan.Total.Of(store.CampaignAbove) != 1 {
		t.Errorf("a campaign would ask the head of another school: %v", plan.Total)
	}
	if slips, err := w.PrintSlips(w.ctx, w.office(), ecluse.SlipOrder{SlipFilter: ecluse.SlipFilter{School: ecole, All: true}}); err != nil || len(slips) != 1 {
		t.Errorf("the office above both prints %d, %v", len(slips), err)
	}
}

// TestAStolenPasswordDoesNotChangeItself: who stole the cookies of a browser and the
// password with them sets no new one where a second factor is set up.
func TestAStolenPasswordDoesNotChangeItself(t *testing.T) {
	w := newWorld(t, storetest.SQLite(t), "2024-03-29T10:00:00")
	stolen := w.enter("nadia", "")
	p := w.addPhone(w.inside(stolen))
	w.wait(time.Hour)
	if err := w.ChangePassword(w.ctx, w.inside(stolen), password, newPassword); !fault.Is(err, fault.Unproved) {
		t.Fatalf("with cookies and password: %v", err)
	}
	owner := must(w.ProveCode(w.ctx, stolen.From(atHome), account.ByCode, p.code()))
	w.must(w.ChangePassword(w.ctx, w.inside(owner), password, newPassword))
}

// TestAStoppedCampaignGivesNothingBack that was asked for another reason since: an
// account that was frozen after it was asked still needs its new password.
func TestAStoppedCampaignGivesNothingBack(t *testing.T) {
	storetest.EachDatabase(t, testStoppedCampaign)
}

func testStoppedCampaign(t *testing.T, db string) {
	w := newWorld(t, db, "2024-03-29T10:00:00")
	w.wait(time.Hour)
	id := must(w.StartCampaign(w.ctx, w.as(head), w.wish(school.Pupil)))
	w.must(w.RunCampaigns(w.ctx))
	w.must(w.Freeze(w.ctx, w.as(head), 1, ""))
	w.giveBack(1)
	w.must(w.StopCampaign(w.ctx, w.as(head), id))
	if stage := w.enter("pupil.a", "").Stage; stage != account.StageRenewal {
		t.Errorf("the password that was stolen opens again: stage %d", stage)
	}
	if stage := w.enter("pupil.b", "").Stage; stage != account.StageWhole {
		t.Errorf("who was asked by the campaign alone: stage %d", stage)
	}
}

// TestNothingOutrunsAFreeze: a session that is about to be opened on one node while
// the account is frozen on another waits for it, and the other way round.
func TestNothingOutrunsAFreeze(t *testing.T) { storetest.EachDatabase(t, testOutrun) }

func testOutrun(t *testing.T, db string) {
	w := newWorld(t, db, "2024-03-29T10:00:00")
	other := must(store.Open(w.ctx, db, store.Options{}))
	defer other.Close()

	held, frozen := make(chan bool), make(chan error, 1)
	go func() {
		frozen <- other.Write(w.ctx, func(tx *store.Tx) error {
			if err := tx.PutFreeze(account.Freeze{Person: 1, At: w.Now(), By: "test"}); err != nil {
				return err
			}
			_, err := tx.EndSessions(1, [32]byte{}, w.Now())
			held <- true
			<-held
			return err
		})
	}()
	<-held
	came := make(chan error, 1)
	go func() {
		_, err := w.SignIn(w.ctx, ecluse.SignIn{Login: "pupil.a", Password: password, Address: atHome})
		came <- err
	}()
	select {
	case err := <-came:
		t.Errorf("a sign-in did not wait for the freeze: %v", err)
		came <- err
	case <-time.After(300 * time.Millisecond): // a password is verified within it; where not, the test is only weaker
	}
	held <- true
	w.must(<-frozen)
	if err := <-came; !fault.Is(err, fault.Denied) {
		t.Errorf("signing in while the account is frozen: %v", err)
	}
	var left []account.Session
	w.inStore(func(tx *store.Tx) (err error) {
		left, err = tx.SessionsOf(1)
		return err
	})
	if len(left) != 0 {
		t.Errorf("%d sessions of a frozen account are left", len(left))
	}
}

// TestABrowserWithoutAMark that proves a stolen session gets a mark of its own: else
// all browsers without one were the same device.
func TestABrowserWithoutAMark(t *testing.T) {
	w := newWorld(t, storetest.SQLite(t), "2024-03-29T10:00:00")
	stolen := w.enter("nadia", "")
	bare := ecluse.Caller{Token: stolen.Token, Address: atHome}
	one, two := must(w.ProvePassword(w.ctx, bare, password)), must(w.ProvePassword(w.ctx, bare, password))
	if one.Device == "" || one.Device == two.Device {
		t.Errorf("two browsers without a mark are marked %q and %q", one.Device, two.Device)
	}
	if _, err := w.Visit(w.ctx, ecluse.Caller{Token: one.Token, Address: atHome}); err == nil {
		t.Error("the session opens without the mark")
	}
}
