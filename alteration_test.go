package ecluse_test

import (
	"strings"
	"testing"
	"time"

	"github.com/ecluse-ecole/ecluse"
	"github.com/ecluse-ecole/ecluse/internal/account"
	"github.com/ecluse-ecole/ecluse/internal/fault"
	"github.com/ecluse-ecole/ecluse/internal/store/storetest"
)

const nextPassword = "un tout autre mot de passe"

// TestOwnersAreToldOfWhatChanged: whatever changes about how an account is protected,
// its owner reads of it at the address from before, and is asked on other devices.
func TestOwnersAreToldOfWhatChanged(t *testing.T) {
	storetest.EachDatabase(t, testToldOfWhatChanged)
}

func testToldOfWhatChanged(t *testing.T, db string) {
	w := newMailWorld(t, db, "2024-03-29T10:00:00")
	here := w.enter("nadia", "")
	told := 0
	says := func(what account.AlterationKind) string {
		t.Helper()
		w.must(w.SendMail(w.ctx))
		letters := w.relay.To("nadia@college.example")
		if told++; len(letters) != told {
			t.Fatalf("%s: %d letters, want %d", what.Words(true), len(letters), told)
		}
		text := letters[told-1].Text()
		if !strings.Contains(text, what.Words(false)) || !strings.Contains(text, atHome) || ticketIn(text) == "" {
			t.Errorf("about %q the letter says %s", what.Words(false), text)
		}
		return ticketIn(text)
	}
	w.must(w.ChangePassword(w.ctx, w.inside(here), password, nextPassword))
	says(account.PasswordChanged)
	w.addPhone(w.inside(here))
	says(account.ProofAdded)
	must(w.NewRecovery(w.ctx, w.inside(here)))
	says(account.RecoveryMade)
	w.must(w.RemoveFactor(w.ctx, w.inside(here), must(w.Factors(w.ctx, w.inside(here)))[0].ID))
	says(account.ProofRemoved)
	w.must(w.SetEmail(w.ctx, w.inside(here), "nadia@college.example"))
	w.must(w.SetEmail(w.ctx, w.inside(here), "thief@ailleurs.example"))
	ticket := says(account.EmailChanged)
	if n := len(w.relay.To("thief@ailleurs.example")); n != 0 {
		t.Errorf("%d letters to the new address", n)
	}
	if n := len(must(w.Asked(w.ctx, w.inside(here)))); n != 0 {
		t.Errorf("who changed it is asked about %d changes", n)
	}

	w.must(w.NotMeByLetter(w.ctx, ticket))
	if _, err := w.Visit(w.ctx, here.From(atHome)); !fault.Is(err, fault.SignedOut) {
		t.Errorf("after \"it was not me\": %v", err)
	}
	if care := must(w.Care(w.ctx, w.as(head), 4)); care.Freeze == nil || care.Freeze.Why != account.FrozenByOwner {
		t.Errorf("the freeze is %+v", care.Freeze)
	}
	for _, old := range w.relay.To("nadia@college.example") { // every link about the account has served
		if err := w.NotMeByLetter(w.ctx, ticketIn(old.Text())); !fault.Is(err, fault.NotFound) {
			t.Errorf("a link a second time: %v", err)
		}
	}
}

// TestOwnersAreAskedElsewhere: what a thief changes is asked about on the owner's
// devices, whose answer counts from a known one alone; the thief's hides nothing.
func TestOwnersAreAskedElsewhere(t *testing.T) { storetest.EachDatabase(t, testAskedElsewhere) }

func testAskedElsewhere(t *testing.T, db string) {
	w := newWorld(t, db, "2024-03-29T10:00:00")
	home := w.enter("nadia", "")
	thief := w.enter("nadia", "a thief's")
	w.must(w.SetEmail(w.ctx, w.inside(thief), "thief@ailleurs.example"))
	find := func(who ecluse.Actor) (found account.Alteration) {
		t.Helper()
		for _, c := range must(w.Asked(w.ctx, who)) {
			if c.Kind == account.EmailChanged {
				found = c
			}
		}
		return found
	}
	asked := find(w.inside(home))
	if asked.ID == 0 || find(w.inside(thief)).ID != 0 {
		t.Fatalf("asked at home about %+v, and the thief about %+v", asked, find(w.inside(thief)))
	}
	if err := w.ConfirmAlteration(w.ctx, w.inside(thief), asked.ID); !fault.Is(err, fault.Denied) {
		t.Errorf("a new device answers for itself: %v", err)
	}
	other := w.enter("karim", "")
	for what, err := range map[string]error{
		"confirms": w.ConfirmAlteration(w.ctx, w.inside(other), asked.ID), "refuses": w.NotMyAlteration(w.ctx, w.inside(other), asked.ID),
	} {
		if !fault.Is(err, fault.NotFound) {
			t.Errorf("somebody else %s it: %v", what, err)
		}
	}
	w.must(w.ConfirmAlteration(w.ctx, w.inside(home), asked.ID))
	if find(w.inside(home)).ID != 0 || len(must(w.Altered(w.ctx, w.inside(home)))) != 1 {
		t.Error("a confirmed change is asked about, or is not listed any more")
	}
	w.must(w.NotMyAlteration(w.ctx, w.inside(home), asked.ID)) // on second thoughts
	for _, x := range []ecluse.Welcome{home, thief} {
		if _, err := w.Visit(w.ctx, x.From(atHome)); !fault.Is(err, fault.SignedOut) {
			t.Errorf("after \"it was not me\": %v", err)
		}
	}
}

// TestAMailboxIsNotFilled: a thief who changes this and that all day writes the
// owner a few letters, and every change is listed all the same.
func TestAMailboxIsNotFilled(t *testing.T) {
	w := newMailWorld(t, storetest.SQLite(t), "2024-03-29T10:00:00")
	who := w.inside(w.enter("nadia", ""))
	for i := range 30 {
		w.must(w.SetEmail(w.ctx, who, []string{"nadia@college.example", "n@college.example"}[i%2]))
	}
	w.must(w.SendMail(w.ctx))
	if n := len(w.relay.Letters()); n > 10 {
		t.Errorf("%d letters in a day", n)
	}
	if n := len(must(w.Altered(w.ctx, who))); n != 29 {
		t.Errorf("%d changes are listed, want 29", n)
	}
}

// TestRiskyForOnesOwnAccount: after a quarter of an hour the address, and with a
// second proof the password, ask for a fresh one; the old password is not enough.
func TestRiskyForOnesOwnAccount(t *testing.T) {
	w := newWorld(t, storetest.SQLite(t), "2024-03-29T10:00:00")
	here := w.enter("nadia", "")
	w.wait(15 * time.Minute)
	w.refused("another address without a proof", fault.Unproved, w.SetEmail(w.ctx, w.inside(here), "n@college.example"))
	w.must(w.MayChangePassword(w.ctx, w.inside(here))) // its own question is the proof
	here = must(w.ProvePassword(w.ctx, here.From(atHome), password))
	w.must(w.SetEmail(w.ctx, w.inside(here), "n@college.example"))
	phone := w.addPhone(w.inside(here))
	w.wait(15 * time.Minute)
	err := w.ChangePassword(w.ctx, w.inside(here), password, nextPassword)
	w.refused("another password without the second proof", fault.Unproved, err)
	here = must(w.ProveCode(w.ctx, here.From(atHome), account.ByCode, phone.code()))
	w.must(w.ChangePassword(w.ctx, w.inside(here), password, nextPassword))
}
