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
		"takes the proofs away": w.ClearFactors(w.ctx, w.as(head), 10),
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
