package ecluse_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/ecluse-ecole/ecluse"
	"github.com/ecluse-ecole/ecluse/internal/account"
	"github.com/ecluse-ecole/ecluse/internal/fault"
	"github.com/ecluse-ecole/ecluse/internal/notify/notifytest"
	"github.com/ecluse-ecole/ecluse/internal/store/storetest"
)

// TestANewDeviceIsAskedAbout: the first device of an account surprises nobody; the
// second is asked about on the first, which alone may say that it is the owner's.
func TestANewDeviceIsAskedAbout(t *testing.T) { storetest.EachDatabase(t, testNewDevice) }

func testNewDevice(t *testing.T, db string) {
	w := newWorld(t, db, "2024-03-29T10:00:00")
	home := w.enter("nadia", "")
	visit := func(x ecluse.Welcome) ecluse.Actor {
		t.Helper()
		return must(w.Visit(w.ctx, x.From(atHome))).Alone()
	}
	asked := func(x ecluse.Welcome) int { t.Helper(); return len(must(w.Asked(w.ctx, visit(x)))) }
	if asked(home) != 0 {
		t.Error("the first device is asked about")
	}
	stranger := w.enter("nadia", "another")
	if asked(home) != 1 || asked(stranger) != 0 {
		t.Errorf("asked %d at home and %d on the new device, want 1 and 0", asked(home), asked(stranger))
	}
	browser := must(w.Asked(w.ctx, visit(home)))[0].Browser
	if err := w.ConfirmDevice(w.ctx, visit(stranger), browser); !fault.Is(err, fault.Denied) {
		t.Errorf("the new device answers for itself: %v", err)
	}
	w.must(w.ConfirmDevice(w.ctx, visit(home), browser))
	if asked(home) != 0 || !visit(stranger).Facts.KnownDevice {
		t.Error("a confirmed device is not known")
	}

	third := w.enter("nadia", "a third")
	w.must(w.NotMe(w.ctx, visit(home), must(w.Asked(w.ctx, visit(home)))[0].Browser))
	for _, x := range []ecluse.Welcome{home, stranger, third} {
		if _, err := w.Visit(w.ctx, x.From(atHome)); !fault.Is(err, fault.SignedOut) {
			t.Errorf("after \"it was not me\": %v", err)
		}
	}
	if _, err := w.SignIn(w.ctx, ecluse.SignIn{Login: "nadia", Password: password, Address: atHome}); !fault.Is(err, fault.Denied) {
		t.Errorf("the account is not frozen: %v", err)
	}
	care := must(w.Care(w.ctx, w.as(head), 4))
	if care.Freeze == nil || care.Freeze.Why != account.FrozenByOwner {
		t.Errorf("the freeze is %+v", care.Freeze)
	}
}

// TestTheLetterAboutANewDevice: the link freezes once, within seven days, without
// signing in; no more than a few letters leave a day.
func TestTheLetterAboutANewDevice(t *testing.T) { storetest.EachDatabase(t, testDeviceLetter) }

func testDeviceLetter(t *testing.T, db string) {
	w := newMailWorld(t, db, "2024-03-29T10:00:00")
	sent := func() []notifytest.Taken {
		t.Helper()
		w.must(w.SendMail(w.ctx))
		return w.relay.To("nadia@college.example")
	}
	w.enter("nadia", "")
	if got := sent(); len(got) != 0 {
		t.Fatalf("%d letters about the first device", len(got))
	}
	w.enter("nadia", "another")
	letters := sent()
	if len(letters) != 1 {
		t.Fatalf("%d letters about the second", len(letters))
	}
	text := letters[0].Text()
	ticket := ticketIn(text)
	if !strings.Contains(text, atHome) || ticket == "" {
		t.Fatalf("the letter says %s", text)
	}
	if _, err := w.Ticketed(w.ctx, "forged"); !fault.Is(err, fault.NotFound) {
		t.Errorf("a forged link: %v", err)
	}
	for i := range 6 {
		w.enter("nadia", fmt.Sprint("device ", i))
	}
	if got := len(sent()); got > 3 {
		t.Errorf("%d letters in a day", got)
	}
	w.clock.Set(w.Now().Add(7*24*time.Hour - time.Minute))
	w.must(w.NotMeByLetter(w.ctx, ticket))
	if err := w.NotMeByLetter(w.ctx, ticket); !fault.Is(err, fault.NotFound) {
		t.Errorf("the link a second time: %v", err)
	}
	if care := must(w.Care(w.ctx, w.as(head), 4)); care.Freeze == nil {
		t.Error("the account is not frozen")
	}
}

// ticketIn is what the link of a letter carries.
func ticketIn(text string) string {
	_, rest, _ := strings.Cut(text, "https://ecluse.example/not-me?t=")
	return strings.Join(strings.Fields(rest)[:min(1, len(rest))], "")
}

// TestALetterIsForgottenAfterAWeek: an old link freezes nobody.
func TestALetterIsForgottenAfterAWeek(t *testing.T) {
	w := newMailWorld(t, storetest.SQLite(t), "2024-03-29T10:00:00")
	w.enter("nadia", "")
	w.enter("nadia", "another")
	w.must(w.SendMail(w.ctx))
	ticket := ticketIn(w.relay.To("nadia@college.example")[0].Text())
	if _, err := w.Ticketed(w.ctx, ticket); err != nil {
		t.Errorf("at once: %v", err)
	}
	w.clock.Set(w.Now().Add(7 * 24 * time.Hour))
	if err := w.NotMeByLetter(w.ctx, ticket); !fault.Is(err, fault.NotFound) {
		t.Errorf("after a week: %v", err)
	}
}

// TestAFrozenAccountIsGivenBackStepByStep: what it sent is counted, what waits stays
// where it is, and it is given back when every step was ticked by who may.
func TestAFrozenAccountIsGivenBackStepByStep(t *testing.T) { storetest.EachDatabase(t, testGivenBack) }

func testGivenBack(t *testing.T, db string) {
	w := newWorld(t, db, "2024-04-02T10:00:00", readOnly)
	must(w.post(teacher, to(staff)))
	w.at("2024-04-02T20:00:00")
	if sent := must(w.post(teacher, to(staff))); !sent.Waiting {
		t.Fatal("nothing waits")
	}
	w.must(w.Freeze(w.ctx, w.as(head), 4, "message signalé"))
	care := must(w.Care(w.ctx, w.as(head), 4))
	if care.Evidence.Left != 1 || care.Evidence.Reached != 1 || care.Evidence.Waiting != 1 {
		t.Errorf("the evidence is %+v", care.Evidence)
	}
	w.at("2024-04-03T10:00:00")
	if got := len(must(w.Inbox(w.ctx, w.as(staff), ecluse.Page{}))); got != 1 {
		t.Errorf("%d messages arrived: what waited left a frozen account", got)
	}
	if err := w.GiveBack(w.ctx, w.as(head), 4); !fault.Is(err, fault.Invalid) {
		t.Errorf("given back at once: %v", err)
	}
	if err := w.TickGiveBack(w.ctx, w.as(teacher), 4, account.StepSpoken); !fault.Is(err, fault.Denied) {
		t.Errorf("a teacher ticks: %v", err)
	}
	w.giveBack(4)
	if err := w.TickGiveBack(w.ctx, w.as(head), 4, account.StepSpoken); !fault.Is(err, fault.NotFound) {
		t.Errorf("a step of an account that is not frozen: %v", err)
	}
	w.must(w.Freeze(w.ctx, w.as(head), 4, ""))
	if care := must(w.Care(w.ctx, w.as(head), 4)); len(care.Done) != 0 {
		t.Errorf("frozen again, %v are ticked already", care.Done)
	}
	rows, more, err := w.People(w.ctx, w.as(head), ecluse.PeopleQuery{School: college, Name: "P teach"})
	if w.must(err); more || len(rows) != 2 || rows[0].Frozen == rows[1].Frozen {
		t.Errorf("the teachers are %+v", rows)
	}
	if _, _, err := w.People(w.ctx, w.as(head), ecluse.PeopleQuery{School: ecole}); !fault.Is(err, fault.NotFound) {
		t.Errorf("people of another school: %v", err)
	}
}
