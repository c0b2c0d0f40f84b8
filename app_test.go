package ecluse_test

import (
	"context"
	"errors"
	"log/slog"
	"strings"
	"testing"
	"time"

	"github.com/ecluse-ecole/ecluse"
	"github.com/ecluse-ecole/ecluse/internal/account"
	"github.com/ecluse-ecole/ecluse/internal/clock"
	"github.com/ecluse-ecole/ecluse/internal/fault"
	"github.com/ecluse-ecole/ecluse/internal/message"
	"github.com/ecluse-ecole/ecluse/internal/order"
	"github.com/ecluse-ecole/ecluse/internal/school"
	"github.com/ecluse-ecole/ecluse/internal/store"
	"github.com/ecluse-ecole/ecluse/internal/store/storetest"
)

// closedFor asserts that sending is refused with the notice.
func (w *world) closedFor(m account.MemberID, audience []message.Audience) {
	w.Helper()
	_, err := w.post(m, audience)
	var closed *ecluse.ClosedError
	if !errors.As(err, &closed) {
		w.Errorf("member %d writing at %s: %v, want closed", m, w.Now(), err)
	} else if len(closed.State.Orders) == 0 {
		w.Errorf("closed without saying by which order")
	}
	if _, err := w.Inbox(w.ctx, w.as(m), ecluse.Page{}); !fault.Is(err, fault.Closed) {
		w.Errorf("member %d reading at %s: %v, want closed", m, w.Now(), err)
	}
}

func (w *world) openFor(m account.MemberID, audience []message.Audience) {
	w.Helper()
	if _, err := w.post(m, audience); err != nil {
		w.Errorf("member %d writing at %s: %v", m, w.Now(), err)
	}
}

func TestClosesAtTheSecondForExactlyThose(t *testing.T) {
	storetest.EachDatabase(t, testClosesAtTheSecondForExactlyThose)
}

func testClosesAtTheSecondForExactlyThose(t *testing.T, db string) {
	w := newWorld(t, db, "2024-03-29T18:59:59", firstLetter, secondLetter)
	w.openFor(teacher, to(staff))
	w.openFor(ecoleTeacher, to(ecoleHead))
	w.closedFor(pupilA, to(teacher))
	w.closedFor(ecolePupil, to(ecoleTeacher))

	w.at("2024-03-29T19:00:00")
	w.closedFor(teacher, to(staff))
	w.closedFor(guardian, to(teacher))
	w.closedFor(head, to(staff))
	w.openFor(ecoleTeacher, to(ecoleHead))
	w.openFor(ecoleGuardian, to(ecoleHead))

	w.at("2024-03-29T23:00:00")
	w.closedFor(ecoleTeacher, to(ecoleHead))
	w.at("2024-03-30T07:00:00")
	w.openFor(ecoleTeacher, to(ecoleHead))
	w.closedFor(teacher, to(staff)) // Saturday
	w.at("2024-04-01T10:00:00")
	w.closedFor(teacher, to(staff)) // Easter Monday
	w.at("2024-04-02T07:00:00")
	w.openFor(teacher, to(staff))
}

func TestStateSaysWhoAndUntilWhen(t *testing.T) {
	storetest.EachDatabase(t, testStateSaysWhoAndUntilWhen)
}

func testStateSaysWhoAndUntilWhen(t *testing.T, db string) {
	w := newWorld(t, db, "2024-03-29T18:55:00", secondLetter)
	st := w.State(w.as(teacher))
	if st.Decision.Access != order.Write || !st.Until.Equal(paris("2024-03-29T19:00:00")) {
		t.Errorf("at 18:55: %v until %v", st.Decision.Access, st.Until)
	}
	if closes, warned := w.Closing(w.as(teacher), st); !closes || warned != 2 {
		t.Errorf("five minutes before: closes %v, warned %d; want the last warning", closes, warned)
	}
	st = w.at("2024-03-29T19:00:00").State(w.as(teacher))
	if st.Decision.Access != order.Closed || !st.Reopens.Equal(paris("2024-04-02T07:00:00")) || !st.Since.Equal(paris("2024-03-29T19:00:00")) {
		t.Errorf("at 19:00: %v since %v, reopens %v; want Tuesday after Easter", st.Decision.Access, st.Since, st.Reopens)
	}
	if len(st.Orders) != 1 || st.Orders[0].ID != "FR/13/079/2024-0002" {
		t.Errorf("closed by %v", st.Orders)
	}
	if st := w.State(w.as(pupilA)); !st.Until.IsZero() || !st.Reopens.IsZero() {
		t.Errorf("a pupil is closed until %v, want until lifted", st.Until)
	}
}

func TestAPlaceHasItsOwnRules(t *testing.T) { storetest.EachDatabase(t, testAPlaceHasItsOwnRules) }

func testAPlaceHasItsOwnRules(t *testing.T, db string) {
	w := newWorld(t, db, "2024-03-29T20:00:00", firstLetter, secondLetter)
	w.openFor(ecoleGuardian, to(ecoleHead)) // Karim, for the child at the école
	w.closedFor(guardian, to(teacher))      // Karim, for the child at the collège
	if list, err := w.Inbox(w.ctx, w.as(ecoleHead), ecluse.Page{}); err != nil || len(list) != 1 {
		t.Errorf("the école's head has %d messages, %v", len(list), err)
	}
}

func TestDelivered(t *testing.T) { storetest.EachDatabase(t, testDelivered) }

func testDelivered(t *testing.T, db string) {
	w := newWorld(t, db, "2024-03-29T10:00:00")
	sent, err := w.post(teacher, []message.Audience{{Class: class, Role: 1}})
	w.must(err)
	if sent.Count != 1 || sent.Waiting {
		t.Errorf("to the guardians of 4e B: %+v, want one person at once", sent)
	}
	list, err := w.Inbox(w.ctx, w.as(guardian), ecluse.Page{})
	w.must(err)
	if len(list) != 1 || list[0].From != "P teacher" || len(list[0].Audience) != 1 || list[0].Audience[0].Label != "Responsables, 4e B" {
		t.Fatalf("the guardian received %+v", list)
	}
	if n, err := w.Unread(w.ctx, w.as(guardian)); n != 1 || err != nil {
		t.Errorf("unread: %d, %v", n, err)
	}
	thread, err := w.Thread(w.ctx, w.as(guardian), list[0].Thread)
	w.must(err)
	if thread[0].Body != "Bonjour." {
		t.Errorf("the body is %q", thread[0].Body)
	}
	if n, _ := w.Unread(w.ctx, w.as(guardian)); n != 0 {
		t.Errorf("after reading, %d unread", n)
	}
	if read, total, _ := w.ReadBy(w.ctx, w.as(teacher), sent.ID); read != 1 || total != 1 {
		t.Errorf("read by %d of %d", read, total)
	}

	answer, err := w.Send(w.ctx, w.as(guardian), ecluse.Outgoing{ID: w.NewDraftID(), ReplyTo: sent.ID, Subject: "Re : Objet", Body: "Merci."})
	w.must(err)
	if answer.Thread != sent.Thread {
		t.Errorf("the answer stands in thread %d, want %d", answer.Thread, sent.Thread)
	}
	if _, err := w.Thread(w.ctx, w.as(staff), sent.Thread); !fault.Is(err, fault.NotFound) {
		t.Errorf("somebody else reads the thread: %v", err)
	}
}

func TestNothingLeavesTwice(t *testing.T) { storetest.EachDatabase(t, testNothingLeavesTwice) }

func testNothingLeavesTwice(t *testing.T, db string) {
	w := newWorld(t, db, "2024-03-29T10:00:00")
	out := ecluse.Outgoing{ID: w.NewDraftID(), Audience: to(staff), Subject: "Objet", Body: "Une fois."}
	_, err := w.Send(w.ctx, w.as(teacher), out)
	w.must(err)
	if _, err := w.Send(w.ctx, w.as(teacher), out); !fault.Is(err, fault.Conflict) {
		t.Errorf("sent again: %v, want a conflict", err)
	}
	if list, _ := w.Inbox(w.ctx, w.as(staff), ecluse.Page{}); len(list) != 1 {
		t.Errorf("%d messages arrived", len(list))
	}
}

func TestWhoMayWriteToWhom(t *testing.T) { storetest.EachDatabase(t, testWhoMayWriteToWhom) }

func testWhoMayWriteToWhom(t *testing.T, db string) {
	w := newWorld(t, db, "2024-03-29T10:00:00")
	deny := func(from account.MemberID, audience []message.Audience) {
		t.Helper()
		if _, err := w.post(from, audience); !fault.Is(err, fault.Denied) {
			t.Errorf("member %d: %v, want denied", from, err)
		}
	}
	w.openFor(pupilA, to(teacher))
	w.openFor(pupilA, to(staff))
	deny(pupilA, to(pupilB))
	deny(pupilA, to(otherTeacher))
	deny(pupilA, to(head))
	deny(pupilA, []message.Audience{{Class: class, Role: 2}})
	w.openFor(guardian, to(teacher))
	deny(guardian, to(otherTeacher))
	deny(guardian, []message.Audience{{Class: class, Role: 1}})
	deny(guardian, to(ecoleHead)) // a person of another school
	deny(otherTeacher, to(guardian))
	deny(otherTeacher, []message.Audience{{Class: class, Role: 0}})
	if _, err := w.post(teacher, nil); !fault.Is(err, fault.Invalid) {
		t.Errorf("to nobody: %v", err)
	}

	m, err := w.Matrix(w.ctx, w.as(head))
	w.must(err)
	m[0][4] = message.WholeSchool
	if err := w.SetMatrix(w.ctx, w.as(teacher), m); !fault.Is(err, fault.Denied) {
		t.Errorf("a teacher sets the matrix: %v", err)
	}
	w.must(w.SetMatrix(w.ctx, w.as(head), m))
	w.openFor(pupilA, to(head))
}

func TestReadingOnly(t *testing.T) { storetest.EachDatabase(t, testReadingOnly) }

func testReadingOnly(t *testing.T, db string) {
	w := newWorld(t, db, "2024-03-29T18:00:00", readOnly)
	w.openFor(staff, to(teacher))
	w.at("2024-03-29T20:00:00")
	sent, err := w.post(teacher, to(guardian))
	w.must(err)
	if !sent.Waiting || !sent.Leaves.Equal(paris("2024-03-30T07:00:00")) {
		t.Fatalf("written at 20:00: %+v, want it to leave at 7:00", sent)
	}
	if list, _ := w.Inbox(w.ctx, w.as(teacher), ecluse.Page{}); len(list) != 1 {
		t.Errorf("the mailbox as it was has %d messages, want 1", len(list))
	}
	waiting, err := w.Waiting(w.ctx, w.as(teacher))
	w.must(err)
	if len(waiting) != 1 {
		t.Fatalf("%d messages wait", len(waiting))
	}
	for _, at := range []string{"2024-03-29T23:00:00", "2024-03-30T06:59:59"} {
		if list, err := w.at(at).Inbox(w.ctx, w.as(guardian), ecluse.Page{}); len(list) != 0 || err != nil {
			t.Errorf("at %s the guardian has %d messages, %v", at, len(list), err)
		}
	}
	list, err := w.at("2024-03-30T09:30:00").Inbox(w.ctx, w.as(guardian), ecluse.Page{})
	w.must(err)
	if len(list) != 1 || !list[0].Left.Equal(paris("2024-03-30T07:00:00")) || !list[0].Written.Equal(paris("2024-03-29T20:00:00")) {
		t.Errorf("after reopening: %+v; want it received at 7:00, written at 20:00", list)
	}
}

const readOnlyWithFamilies = `
order: FR/13/079/2024-0005
issuer: FR/13/079
status: actual
type: issue
title: Le soir, rien ne part vers les familles
applies: {territory: FR/13/079, degrees: [second]}
from: 2024-03-29T00:00
rules:
  - {roles: [teacher, staff, head], with: [guardian], hours: "07:00-19:00", outside: read}
reason: Laisser les familles en paix le soir.
contact: {office: Cabinet du DASEN, phone: "05 36 49 00 00"}
`

func TestWaitsForThoseItIsFor(t *testing.T) { storetest.EachDatabase(t, testWaitsForThoseItIsFor) }

func testWaitsForThoseItIsFor(t *testing.T, db string) {
	w := newWorld(t, db, "2024-03-29T21:00:00", readOnlyWithFamilies)
	w.openFor(teacher, to(staff))
	sent, err := w.post(teacher, to(guardian, staff))
	w.must(err)
	if !sent.Waiting {
		t.Fatal("to a guardian at 21:00 it leaves at once")
	}
	for _, m := range []school.MemberID{guardian, staff} {
		for _, d := range must(w.Inbox(w.ctx, w.as(m), ecluse.Page{})) {
			if d.ID == sent.ID {
				t.Errorf("member %d has it before 7:00", m)
			}
		}
	}
	w.at("2024-03-30T08:00:00")
	if list := must(w.Inbox(w.ctx, w.as(guardian), ecluse.Page{})); len(list) != 1 || !list[0].Left.Equal(paris("2024-03-30T07:00:00")) {
		t.Errorf("in the morning the guardian has %+v", list)
	}
}

func must[T any](v T, err error) T {
	if err != nil {
		panic(err)
	}
	return v
}

func TestTakenBack(t *testing.T) { storetest.EachDatabase(t, testTakenBack) }

func testTakenBack(t *testing.T, db string) {
	w := newWorld(t, db, "2024-03-29T20:00:00", readOnly)
	sent, err := w.post(teacher, to(guardian))
	w.must(err)
	if _, err := w.CancelWaiting(w.ctx, w.as(staff), sent.ID); !fault.Is(err, fault.NotFound) {
		t.Errorf("somebody else takes it back: %v", err)
	}
	d, err := w.CancelWaiting(w.ctx, w.as(teacher), sent.ID)
	w.must(err)
	if d.Body != "Bonjour." || len(d.Audience) != 1 {
		t.Errorf("the draft is %+v", d)
	}
	if list, _ := w.at("2024-03-30T08:00:00").Inbox(w.ctx, w.as(guardian), ecluse.Page{}); len(list) != 0 {
		t.Errorf("it arrived all the same")
	}
}

func TestDraftsSurviveClosing(t *testing.T) { storetest.EachDatabase(t, testDraftsSurviveClosing) }

func testDraftsSurviveClosing(t *testing.T, db string) {
	w := newWorld(t, db, "2024-03-29T18:59:00", secondLetter)
	d := message.Draft{ID: w.NewDraftID(), Subject: "Réunion", Body: "Je vous propose", Audience: to(staff)}
	d, err := w.SaveDraft(w.ctx, w.as(teacher), d)
	w.must(err)
	w.at("2024-03-29T19:00:01")
	d.Body = "Je vous propose mardi"
	newer, err := w.SaveDraft(w.ctx, w.as(teacher), d)
	w.must(err)
	d.Body = "Je vous propose lundi"
	if _, err := w.SaveDraft(w.ctx, w.as(teacher), d); !fault.Is(err, fault.Conflict) {
		t.Errorf("a save over an older text: %v, want a conflict", err)
	}
	if kept, err := w.Draft(w.ctx, w.as(teacher), d.ID); err != nil || kept.Body != newer.Body {
		t.Errorf("kept %q, %v", kept.Body, err)
	}
	if _, err := w.Draft(w.ctx, w.as(staff), d.ID); !fault.Is(err, fault.NotFound) {
		t.Errorf("somebody else reads the draft: %v", err)
	}
}

func TestRestartNeverOpens(t *testing.T) { storetest.EachDatabase(t, testRestartNeverOpens) }

func testRestartNeverOpens(t *testing.T, db string) {
	w := newWorld(t, db, "2024-03-29T19:00:00", secondLetter)
	w.must(w.App.Close())
	w.open() // before anything else runs, the answer is there
	w.closedFor(teacher, to(staff))
}

func TestClockSetBack(t *testing.T) { storetest.EachDatabase(t, testClockSetBack) }

func testClockSetBack(t *testing.T, db string) {
	w := newWorld(t, db, "2024-03-29T18:00:00", secondLetter)
	w.openFor(teacher, to(staff))
	w.clock.Set(paris("2024-03-29T17:00:00"))
	if st := w.State(w.as(teacher)); st.Decision.Access != order.Closed || !st.Doubt {
		t.Errorf("with the clock set back an hour: %v, want closed in doubt", st.Decision.Access)
	}
	if err := w.Ready(); err == nil || !strings.Contains(err.Error(), "set back") {
		t.Errorf("Ready = %v", err)
	}
	w.at("2024-03-29T18:00:01")
	w.openFor(teacher, to(staff))
	w.must(w.Ready())

	w.must(w.App.Close())
	w.clock = clock.Manual(paris("2024-03-29T17:59:00")) // within what machines differ by
	w.open()
	if st := w.State(w.as(teacher)); st.Decision.Access != order.Closed || !st.Doubt {
		t.Errorf("started with the clock set back a minute: %v, want closed in doubt", st.Decision.Access)
	}
	w.at("2024-03-29T18:00:01")
	w.openFor(teacher, to(staff))

	w.must(w.App.Close())
	open := func(o ecluse.Options) error {
		o.Database, o.Clock = w.db, clock.Manual(paris("2024-03-29T12:00:00"))
		app, err := ecluse.Open(w.ctx, o)
		if err == nil {
			app.Close()
		}
		return err
	}
	if err := open(ecluse.Options{}); err == nil || !strings.Contains(err.Error(), "--accept-clock") {
		t.Errorf("starting with a clock set back six hours: %v", err)
	}
	w.must(open(ecluse.Options{AcceptClock: true}))
	w.must(open(ecluse.Options{})) // once is enough
	w.open()
}

func TestSignIn(t *testing.T) { storetest.EachDatabase(t, testSignIn) }

func testSignIn(t *testing.T, db string) {
	w := newWorld(t, db, "2024-03-29T10:00:00")
	try := func(login, secret, device string) (ecluse.Welcome, error) {
		return w.SignIn(w.ctx, ecluse.SignIn{Login: login, Password: secret, Device: device, Address: "192.0.2.7"})
	}
	owner, err := try(" Nadia ", password, "")
	w.must(err)
	visit, err := w.Visit(w.ctx, owner.From("192.0.2.7"))
	w.must(err)
	if len(visit.Members) != 2 || visit.Person.Login != "nadia" {
		t.Errorf("the visit is %+v", visit)
	}
	_, unknown := try("nobody", password, "")
	_, wrong := try("nadia", "not the password", "")
	if !fault.Is(unknown, fault.SignedOut) || unknown.Error() != wrong.Error() {
		t.Errorf("unknown account: %v; wrong password: %v; want the same words", unknown, wrong)
	}
	for range 6 {
		_, err = try("nadia", "a guess of a stranger", "")
	}
	if !fault.Is(err, fault.TooMany) {
		t.Errorf("the seventh guess: %v, want a wait", err)
	}
	_, err = try("nadia", password, owner.Device)
	w.must(err) // the owner, meanwhile, behind the same address

	w.clock.Set(w.Now().Add(13 * time.Hour))
	if _, err := w.Visit(w.ctx, owner.From("192.0.2.7")); !fault.Is(err, fault.SignedOut) {
		t.Errorf("a session unused for 13 hours: %v", err)
	}
	if _, err := w.Visit(w.ctx, ecluse.Caller{Token: "forged"}); !fault.Is(err, fault.SignedOut) {
		t.Errorf("a forged token: %v", err)
	}
}

// A hash below the cost of the installation is brought to it at the next right
// sign-in, and nobody notices.
func TestCostIsRaisedAtSigningIn(t *testing.T) {
	storetest.EachDatabase(t, testCostIsRaisedAtSigningIn)
}

func testCostIsRaisedAtSigningIn(t *testing.T, db string) {
	w := newWorld(t, db, "2024-03-29T10:00:00")
	token := must(w.SignIn(w.ctx, ecluse.SignIn{Login: "nadia", Password: password, Address: "192.0.2.1"}))
	hash := func() (c account.Credential) {
		w.inStore(func(tx *store.Tx) (err error) {
			c, err = tx.Credential(4)
			return err
		})
		return c
	}
	old := hash()
	dearer := account.Cost{Memory: 2 * cheap.Memory, Passes: cheap.Passes}
	other := must(ecluse.Open(w.ctx, ecluse.Options{Database: db, Clock: w.clock, Hashing: dearer}))
	defer other.Close()
	signIn := func(secret string) error {
		_, err := other.SignIn(w.ctx, ecluse.SignIn{Login: "nadia", Password: secret, Address: "192.0.2.1"})
		return err
	}
	if err := signIn("another password"); err == nil || hash() != old {
		t.Errorf("after a wrong password: %v, %v", err, hash())
	}
	w.must(signIn(password))
	renewed := hash()
	if !strings.Contains(renewed.Hash, "$m=128,t=1,") || !renewed.Changed.Equal(old.Changed) {
		t.Errorf("after the right password the credential is %v, and was %v", renewed, old)
	}
	w.must(signIn(password))
	w.signIn("nadia") // at the lower cost of the other node
	if hash() != renewed {
		t.Error("a hash at the cost was renewed")
	}
	if _, err := w.Visit(w.ctx, token.From("192.0.2.1")); err != nil {
		t.Errorf("the session from before: %v", err)
	}
}

func TestPasswordChangeEndsOtherSessions(t *testing.T) {
	storetest.EachDatabase(t, testPasswordChangeEndsOtherSessions)
}

func testPasswordChangeEndsOtherSessions(t *testing.T, db string) {
	w := newWorld(t, db, "2024-03-29T10:00:00")
	here, there := w.signIn("nadia"), w.signIn("nadia")
	if err := w.ChangePassword(w.ctx, here.Alone(), "wrong", "un tout autre mot de passe"); !fault.Is(err, fault.Invalid) {
		t.Errorf("with a wrong present password: %v", err)
	}
	if err := w.ChangePassword(w.ctx, here.Alone(), password, "court"); !fault.Is(err, fault.Invalid) {
		t.Errorf("to a short one: %v", err)
	}
	w.must(w.ChangePassword(w.ctx, here.Alone(), password, "un tout autre mot de passe"))
	sessions, err := w.Sessions(w.ctx, here.Alone())
	w.must(err)
	if len(sessions) != 1 || sessions[0].Digest != here.Session.Digest {
		t.Errorf("%d sessions hold, the other one's digest was %x", len(sessions), there.Session.Digest[:4])
	}
	if err := w.EndSession(w.ctx, w.signInWith("karim", password).Alone(), here.Session.Digest); !fault.Is(err, fault.NotFound) {
		t.Errorf("somebody else ends the session: %v", err)
	}
}

func (w *world) signInWith(login, secret string) ecluse.Visit {
	w.Helper()
	welcome, err := w.SignIn(w.ctx, ecluse.SignIn{Login: login, Password: secret, Address: "192.0.2.9"})
	w.must(err)
	visit, err := w.Visit(w.ctx, welcome.From("192.0.2.9"))
	w.must(err)
	return visit
}

func TestWhatNoOrderCloses(t *testing.T) { storetest.EachDatabase(t, testWhatNoOrderCloses) }

func testWhatNoOrderCloses(t *testing.T, db string) {
	w := newWorld(t, db, "2024-03-30T03:00:00", secondLetter)
	w.closedFor(head, to(staff))
	w.must(w.Announce(w.ctx, w.as(head), "Reprise", "Les cours reprennent mardi."))
	if err := w.Announce(w.ctx, w.as(teacher), "Reprise", "Texte."); !fault.Is(err, fault.Denied) {
		t.Errorf("a teacher announces: %v", err)
	}
	w.must(w.Announce(w.ctx, w.office(), "Consigne", "Pour tout le département."))
	list, err := w.Announcements(w.ctx, "FR/13/079/"+"0799002F")
	w.must(err)
	if len(list) != 2 || list[0].Title != "Consigne" {
		t.Errorf("the collège reads %+v", list)
	}

	w.must(w.Alert(w.ctx, w.as(pupilA), "Quelqu'un utilise mon compte."))
	alerts, err := w.Alerts(w.ctx, w.as(head))
	w.must(err)
	if len(alerts) != 1 || alerts[0].Body != "Quelqu'un utilise mon compte." {
		t.Errorf("the head reads %+v", alerts)
	}
	w.must(w.ChangePassword(w.ctx, w.signIn("nadia").Alone(), password, "un tout autre mot de passe"))
}

// watch runs Watch and hands over its events.
func (w *world) watch(ctx context.Context, m account.MemberID) (events chan ecluse.Event, done chan error) {
	events, done = make(chan ecluse.Event, 16), make(chan error, 1)
	who := w.as(m)
	go func() {
		done <- w.Watch(ctx, who, func(e ecluse.Event) error { events <- e; return nil })
	}()
	return events, done
}

func TestLive(t *testing.T) { storetest.EachDatabase(t, testLive) }

func testLive(t *testing.T, db string) {
	w := newWorld(t, db, "2024-03-29T17:30:00", secondLetter)
	events, done := w.watch(t.Context(), teacher)
	if e := <-events; e.Closed || e.Warned != 0 || !e.Closes {
		t.Fatalf("at first: %+v", e)
	}
	w.openFor(staff, to(teacher))
	if e := <-events; e.News != 1 {
		t.Errorf("after a message: %+v", e)
	}
	w.at("2024-03-29T18:00:00")
	if e := <-events; e.Warned != 1 {
		t.Errorf("an hour before: %+v", e)
	}
	w.at("2024-03-29T18:55:00")
	if e := <-events; e.Warned != 2 {
		t.Errorf("five minutes before: %+v", e)
	}
	w.at("2024-03-29T19:00:00")
	if e := <-events; !e.Closed {
		t.Errorf("at the instant: %+v", e)
	}
	if err := <-done; err != nil {
		t.Error(err)
	}
}

func TestLiveIsCut(t *testing.T) { storetest.EachDatabase(t, testLiveIsCut) }

func testLiveIsCut(t *testing.T, db string) {
	w := newWorld(t, db, "2024-04-02T10:00:00")
	events, done := w.watch(t.Context(), teacher)
	<-events
	w.must(w.IssueOrder(w.ctx, w.office(), parse(t, secondLetterNow)))
	if e := <-events; !e.Closed || len(e.State.Orders) != 1 {
		t.Errorf("a new order: %+v, want closed by it", e)
	}
	<-done

	staying := w.signIn("ecole.head")
	who, err := staying.As(ecoleHead)
	w.must(err)
	go func() { done <- w.Watch(t.Context(), who, func(e ecluse.Event) error { events <- e; return nil }) }()
	<-events
	w.must(w.SignOut(w.ctx, who))
	if err := <-done; err != nil {
		t.Error(err)
	}
}

// secondLetterNow closes the collège at once.
var secondLetterNow = strings.NewReplacer("2024-0002", "2024-0009", "Mo-Fr 07:00-19:00; PH off", "off").Replace(secondLetter)

const ofTheSchool = `
order: FR/13/079/0799002F/2024-0001
issuer: FR/13/079/0799002F
status: actual
type: issue
title: Le collège ferme plus tôt
applies: {territory: FR/13/079/0799002F}
from: 2024-04-02T00:00
rules:
  - {roles: [adults], hours: "Mo-Fr 08:00-18:00; PH off"}
reason: Décision du conseil.
contact: {office: Direction, phone: "05 36 49 00 01"}
`

func TestOrdersOfASchool(t *testing.T) { storetest.EachDatabase(t, testOrdersOfASchool) }

func testOrdersOfASchool(t *testing.T, db string) {
	w := newWorld(t, db, "2024-04-02T10:00:00", secondLetter)
	own := parse(t, ofTheSchool)
	for who, actor := range map[string]ecluse.Actor{"a teacher": w.as(teacher), "another school": w.as(ecoleHead), "the DSDEN in its name": w.office()} {
		if err := w.IssueOrder(w.ctx, actor, own); !fault.Is(err, fault.Denied) {
			t.Errorf("%s issues the collège's order: %v", who, err)
		}
	}
	p, err := w.PreviewOrder(w.ctx, w.as(head), own)
	w.must(err)
	if p.Refused() || len(p.Schools) != 1 || p.Effect.People != 5 {
		t.Errorf("the preview: refused %v, %d schools, %d people", p.Refused(), len(p.Schools), p.Effect.People)
	}
	w.must(w.IssueOrder(w.ctx, w.as(head), own))
	w.at("2024-04-02T18:00:00").closedFor(teacher, to(staff))
	if err := w.IssueOrder(w.ctx, w.as(head), own); !fault.Is(err, fault.Conflict) && !fault.Is(err, fault.Invalid) {
		t.Errorf("the same number again: %v", err)
	}

	looser := parse(t, strings.NewReplacer("2024-0001", "2024-0002", "08:00-18:00", "06:00-22:00").Replace(ofTheSchool))
	if err := w.IssueOrder(w.ctx, w.as(head), looser); !fault.Is(err, fault.Invalid) {
		t.Errorf("a looser order: %v, want a refusal", err)
	}
	if got := w.NextOrderID("FR/13/079/0799002F"); got != "FR/13/079/0799002F/2024-0002" {
		t.Errorf("the next number is %s", got)
	}
}

func TestLifted(t *testing.T) { storetest.EachDatabase(t, testLifted) }

func testLifted(t *testing.T, db string) {
	w := newWorld(t, db, "2024-04-02T20:00:00", secondLetter)
	w.closedFor(teacher, to(staff))
	lift := parse(t, `
order: FR/13/079/2024-0004
issuer: FR/13/079
status: actual
type: cancel
references: [FR/13/079/2024-0002]
title: Levée
applies: {territory: FR/13/079, degrees: [second]}
from: 2024-04-02T20:00
reason: Les comptes sont sécurisés.
contact: {office: Cabinet du DASEN, phone: "05 36 49 00 00"}
`)
	if err := w.IssueOrder(w.ctx, w.as(head), lift); !fault.Is(err, fault.Denied) {
		t.Errorf("the head lifts the DSDEN's order: %v", err)
	}
	w.must(w.IssueOrder(w.ctx, w.office(), lift))
	w.openFor(teacher, to(staff))
	views, err := w.OrdersFor(college)
	w.must(err)
	for _, v := range views {
		if v.ID == "FR/13/079/2024-0002" && v.State != order.Lifted {
			t.Errorf("the order is %v", v.State)
		}
	}
}

func TestKnownDevice(t *testing.T) { storetest.EachDatabase(t, testKnownDevice) }

func testKnownDevice(t *testing.T, db string) {
	w := newWorld(t, db, "2024-03-29T10:00:00", strings.Replace(readOnly,
		`{roles: [everyone], hours: "07:00-19:00", outside: read}`,
		`{roles: [everyone], hours: "24/7", require: {known_device: true}, otherwise: read}`, 1))
	access := func(welcome ecluse.Welcome) order.Access {
		t.Helper()
		return w.State(must(must(w.Visit(w.ctx, welcome.From(atHome))).As(staff))).Decision.Access
	}
	first := w.enter("staff", "")
	if access(first) != order.Write {
		t.Error("the first device of an account is not known")
	}
	if access(w.enter("staff", first.Device)) != order.Write {
		t.Error("the first device is not known when it comes back")
	}
	stranger := w.enter("staff", "a stranger's")
	if access(stranger) != order.Read {
		t.Error("a second device is known at once")
	}
	w.clock.Set(w.Now().Add(account.QuietFor - time.Hour))
	if access(w.enter("staff", "a stranger's")) != order.Read {
		t.Error("it is known an hour too early")
	}
	w.clock.Set(w.Now().Add(time.Hour))
	if access(w.enter("staff", "a stranger's")) != order.Write {
		t.Error("it is not known though nobody objected")
	}
}

func TestCalendarEndsSoon(t *testing.T) {
	w := newWorld(t, storetest.SQLite(t), "2024-03-29T10:00:00")
	w.must(w.App.Close())
	log := func(at string) string {
		var said strings.Builder
		app, err := ecluse.Open(w.ctx, ecluse.Options{
			Database: w.db, Clock: clock.Manual(paris(at)), Log: slog.New(slog.NewTextHandler(&said, nil)), AcceptClock: true,
		})
		w.must(err)
		w.must(app.Close())
		return said.String()
	}
	if said := log("2026-09-01T10:00:00"); strings.Contains(said, "079") {
		t.Errorf("a year ahead it says %s", said)
	}
	if said := log("2027-07-01T10:00:00"); !strings.Contains(said, "schools=2") {
		t.Errorf("weeks ahead it says %q, want which calendar ends for how many schools", said)
	}
	w.open()
}

// TestAnotherNodesOrder: a node that has not heard of an order yet lets nothing
// pass that the order closes.
func TestAnotherNodesOrder(t *testing.T) { storetest.EachDatabase(t, testAnotherNodesOrder) }

func testAnotherNodesOrder(t *testing.T, db string) {
	w := newWorld(t, db, "2024-04-02T10:00:00")
	other := &world{T: t, ctx: w.ctx, clock: w.clock, db: db}
	other.open()
	defer other.App.Close()
	other.openFor(teacher, to(staff))
	w.must(w.IssueOrder(w.ctx, w.office(), parse(t, secondLetterNow)))
	if _, err := other.post(teacher, to(staff)); !fault.Is(err, fault.Closed) {
		t.Errorf("on the other node, at once: %v, want closed", err)
	}
}

func TestLinksAreSeen(t *testing.T) {
	w := newWorld(t, storetest.SQLite(t), "2024-04-02T10:00:00", strings.Replace(readOnly,
		`{roles: [everyone], hours: "07:00-19:00", outside: read}`, `{roles: [everyone], hours: "24/7", limits: {links: false}}`, 1))
	send := func(body string) error {
		_, err := w.Send(w.ctx, w.as(teacher), ecluse.Outgoing{ID: w.NewDraftID(), Audience: to(staff), Subject: "Objet", Body: body})
		return err
	}
	for _, body := range []string{"Voyez https://exemple.test/a", "WWW.exemple.test", "sur exemple.fr", "ftp://exemple", "t.me/abc", "Voyez Exemple.COM."} {
		if err := send(body); !fault.Is(err, fault.Invalid) {
			t.Errorf("%q: %v, want a refusal", body, err)
		}
	}
	for _, body := range []string{"C'est fini.Merci", "M. Durand, à 7 h 00.", "version 2.0", "etc."} {
		if err := send(body); err != nil {
			t.Errorf("%q: %v", body, err)
		}
	}
}
