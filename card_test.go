package ecluse_test

import (
	"testing"
	"time"

	"github.com/ecluse-ecole/ecluse"
	"github.com/ecluse-ecole/ecluse/internal/account"
	"github.com/ecluse-ecole/ecluse/internal/fault"
	"github.com/ecluse-ecole/ecluse/internal/school"
	"github.com/ecluse-ecole/ecluse/internal/store/storetest"
)

// cardFor prints a card for one member of the collège.
func (w *world) cardFor(m account.MemberID) ecluse.PrintedCard {
	w.Helper()
	cards := must(w.PrintCards(w.ctx, w.as(head), ecluse.SlipFilter{School: college, Roles: school.Everyone, Members: []account.MemberID{m}, All: true}))
	if len(cards) != 1 || len(cards[0].Codes) != account.CardCodes {
		w.Fatalf("%d cards were printed for one person", len(cards))
	}
	return cards[0]
}

// codeAsked is the code that a session is asked for.
func (w *world) codeAsked(half ecluse.Welcome, card ecluse.PrintedCard) string {
	w.Helper()
	n := must(w.CardNumber(w.ctx, must(w.Halfway(w.ctx, half.Token))))
	if n == 0 {
		w.Fatal("no code is asked")
	}
	return card.Codes[n-1]
}

// TestACardsCodesCountOnce: a card is asked for after the password, by number, each
// code once, on a card that another one replaces, and never without limit.
func TestACardsCodesCountOnce(t *testing.T) { storetest.EachDatabase(t, testCard) }

func testCard(t *testing.T, db string) {
	w := newWorld(t, db, "2024-03-29T10:00:00")
	before := w.enter("pupil.a", "")
	old := w.cardFor(pupilA)
	if _, err := w.Visit(w.ctx, before.From(atHome)); !fault.Is(err, fault.SignedOut) {
		t.Errorf("what was open without the card goes on: %v", err)
	}
	half := w.enter("pupil.a", "")
	code := w.codeAsked(half, old)
	whole := must(w.ProveCode(w.ctx, half.From(atHome), account.ByCard, code))
	if v := must(w.Visit(w.ctx, whole.From(atHome))); whole.Stage != account.StageWhole || !v.Facts.SecondFactor {
		t.Errorf("after the code: stage %d, second factor %v", whole.Stage, v.Facts.SecondFactor)
	}
	if list := must(w.Factors(w.ctx, w.inside(whole))); list[0].Left() != account.CardCodes-1 || list[0].Secret != nil {
		t.Errorf("%d codes are left", list[0].Left())
	}
	again := w.enter("pupil.a", "")
	if _, err := w.ProveCode(w.ctx, again.From(atHome), account.ByCard, code); !fault.Is(err, fault.Invalid) {
		t.Errorf("a code twice: %v", err)
	}
	replaced := w.codeAsked(again, old)
	w.cardFor(pupilA)
	again = w.enter("pupil.a", "")
	for range 3 {
		if _, err := w.ProveCode(w.ctx, again.From(atHome), account.ByCard, replaced); !fault.Is(err, fault.Invalid) && !fault.Is(err, fault.TooMany) {
			t.Errorf("a code of the card before: %v", err)
		}
	}
	if _, err := w.ProveCode(w.ctx, again.From(atHome), account.ByCard, "AAAAAA"); !fault.Is(err, fault.TooMany) {
		t.Errorf("guesses go on: %v", err)
	}
}

// TestWhoPrintsCards: heads for their school, offices for heads, after a fresh
// proof, and nobody for themselves.
func TestWhoPrintsCards(t *testing.T) {
	w := newWorld(t, storetest.SQLite(t), "2024-03-29T10:00:00")
	everybody := ecluse.SlipFilter{School: college, Roles: school.Everyone, All: true}
	for _, c := range must(w.PrintCards(w.ctx, w.as(head), everybody)) {
		if c.Person == 6 {
			t.Error("a head prints a card for themselves")
		}
	}
	if rows := must(w.Cards(w.ctx, w.as(head), ecluse.SlipFilter{School: college, Roles: school.RolesOf(school.Pupil)})); len(rows) != 0 {
		t.Errorf("%d pupils with a new card need another", len(rows))
	}
	if cards := must(w.PrintCards(w.ctx, w.office(), everybody)); len(cards) != 1 || cards[0].Role != school.Head {
		t.Errorf("an office prints %d cards", len(cards))
	}
	for name, who := range map[string]ecluse.Actor{"teacher": w.as(teacher), "pupil": w.as(pupilB), "another head": w.as(ecoleHead)} {
		if _, err := w.PrintCards(w.ctx, who, everybody); !fault.Is(err, fault.Denied) && !fault.Is(err, fault.NotFound) {
			t.Errorf("%s prints cards: %v", name, err)
		}
		if err := w.CancelCard(w.ctx, who, 1); !fault.Is(err, fault.Denied) && !fault.Is(err, fault.NotFound) {
			t.Errorf("%s cancels a card: %v", name, err)
		}
	}
	stale := w.as(head)
	stale.Session, stale.Proved = [32]byte{1}, w.Now().Add(-time.Hour)
	if _, err := w.PrintCards(w.ctx, stale, everybody); !fault.Is(err, fault.Unproved) {
		t.Errorf("without a fresh proof: %v", err)
	}
}

// TestALostCardOpensNothing: a card that is called lost is worth nothing, and neither
// is the password alone, to whoever called.
func TestALostCardOpensNothing(t *testing.T) { storetest.EachDatabase(t, testLostCard) }

func testLostCard(t *testing.T, db string) {
	w := newWorld(t, db, "2024-03-29T10:00:00")
	card := w.cardFor(pupilA)
	w.must(w.CancelCard(w.ctx, w.as(head), 1))
	if err := w.CancelCard(w.ctx, w.as(head), 1); !fault.Is(err, fault.NotFound) {
		t.Errorf("cancelled twice: %v", err)
	}
	half := w.enter("pupil.a", "")
	if half.Stage != account.StageRenewal {
		t.Fatalf("the password alone leads to stage %d", half.Stage)
	}
	if _, err := w.ProveCode(w.ctx, half.From(atHome), account.ByCard, card.Codes[0]); err == nil {
		t.Error("a cancelled card proves")
	}
	renewal := ecluse.Renewing{From: half.From(atHome), Password: newPassword}
	if _, err := w.Renew(w.ctx, renewal); !fault.Is(err, fault.Denied) {
		t.Errorf("a new password without paper: %v", err)
	}
	renewal.Code = w.slipFor(pupilA, false).Code
	must(w.Renew(w.ctx, renewal))
}

// TestClearedProofs: a head takes the proofs of who lost them, with a reason; the
// password alone opens nothing then. Heads' are taken from above, one's own by nobody.
func TestClearedProofs(t *testing.T) { storetest.EachDatabase(t, testCleared) }

func testCleared(t *testing.T, db string) {
	w := newWorld(t, db, "2024-03-29T10:00:00")
	w.addPhone(w.inside(w.enter("nadia", "")))
	w.must(w.ClearFactors(w.ctx, w.as(head), 4, account.LostPhone))
	if stage, err := w.signs("nadia", password); stage != account.StageRenewal || err != nil {
		t.Errorf("after clearing the password leads to stage %d, %v", stage, err)
	}
	for name, err := range map[string]error{
		"one's own":            w.ClearFactors(w.ctx, w.as(head), 6, account.LostKey),
		"by a teacher":         w.ClearFactors(w.ctx, w.as(teacher), 1, account.LostKey),
		"by another school's":  w.ClearFactors(w.ctx, w.as(ecoleHead), 1, account.LostKey),
		"an office's own head": w.ClearFactors(w.ctx, w.as(ecoleHead), 20, account.LostKey),
	} {
		if !fault.Is(err, fault.Denied) && !fault.Is(err, fault.NotFound) {
			t.Errorf("%s: %v", name, err)
		}
	}
	w.must(w.ClearFactors(w.ctx, w.office(), 6, account.LostOther))
}
