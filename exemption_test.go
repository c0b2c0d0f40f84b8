package ecluse_test

import (
	"context"
	"maps"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/ecluse-ecole/ecluse"
	"github.com/ecluse-ecole/ecluse/internal/account"
	"github.com/ecluse-ecole/ecluse/internal/fault"
	"github.com/ecluse-ecole/ecluse/internal/journal"
	"github.com/ecluse-ecole/ecluse/internal/order"
	"github.com/ecluse-ecole/ecluse/internal/store"
	"github.com/ecluse-ecole/ecluse/internal/store/storetest"
)

const (
	theClosing order.ID = "FR/13/079/2024-0002"          // secondLetter
	theOwn     order.ID = "FR/13/079/0799002F/2024-0001" // ofTheSchool
)

// ask asks for an exemption, at once until a reading of the clock.
func (w *world) ask(m account.MemberID, id order.ID, until string) error {
	w.Helper()
	return w.AskExemption(w.ctx, w.as(m), id, time.Time{}, paris(until), "Voyage scolaire en cours.")
}

// asked is the newest request of a member.
func (w *world) asked(m account.MemberID, id order.ID) store.ExemptionRequest {
	w.Helper()
	list := must(w.AskedExemptions(w.ctx, w.as(m), id))
	if len(list) == 0 {
		w.Fatalf("member %d asked for nothing about %s", m, id)
	}
	return list[0]
}

func (w *world) refused(what string, kind fault.Kind, err error) {
	w.Helper()
	if !fault.Is(err, kind) {
		w.Errorf("%s: %v, want a fault of kind %d", what, err, kind)
	}
}

func TestExemption(t *testing.T) { storetest.EachDatabase(t, testExemption) }

func testExemption(t *testing.T, db string) {
	w := newWorld(t, db, "2024-03-29T20:00:00", secondLetter)
	w.closedFor(teacher, to(staff))
	w.must(w.ask(teacher, theClosing, "2024-03-30T18:00:00"))
	w.closedFor(teacher, to(staff)) // asking opens nothing
	list, waiting, err := w.ExemptionRequests(w.ctx, w.office(), theClosing)
	w.must(err)
	if len(list) != 1 || waiting != 1 || list[0].Name != "P teacher" || list[0].Reason != "Voyage scolaire en cours." {
		t.Fatalf("the office finds %d requests: %+v", waiting, list)
	}
	w.at("2024-03-29T21:00:00")
	w.must(w.GrantExemption(w.ctx, w.office(), list[0].ID, order.Write))

	w.openFor(teacher, to(staff))
	w.closedFor(staff, to(teacher))
	w.closedFor(guardian, to(teacher))
	if st := w.State(w.as(teacher)); !st.Until.Equal(paris("2024-03-30T18:00:00")) {
		t.Errorf("the teacher is told until %v, want the exemption's end", st.Until)
	}
	if r := w.asked(teacher, theClosing); !r.Granted() || r.Answer.Access != order.Write || r.Answer.Authority != "FR/13/079" {
		t.Errorf("who asked reads %+v", r)
	}
	w.must(w.App.Close())
	w.open()
	w.at("2024-03-30T17:59:59").openFor(teacher, to(staff))
	w.at("2024-03-30T18:00:00").closedFor(teacher, to(staff))
	w.must(w.ask(teacher, theClosing, "2024-03-31T18:00:00")) // what is over can be asked anew
}

func TestExemptionOpensNoMoreThanGranted(t *testing.T) {
	storetest.EachDatabase(t, testExemptionOpensNoMoreThanGranted)
}

func testExemptionOpensNoMoreThanGranted(t *testing.T, db string) {
	w := newWorld(t, db, "2024-03-29T20:00:00", secondLetter)
	w.must(w.ask(teacher, theClosing, "2024-03-30T18:00:00"))
	for _, nothing := range []order.Access{order.Closed, order.Write + 1} {
		w.refused("granting nothing", fault.Invalid, w.GrantExemption(w.ctx, w.office(), w.asked(teacher, theClosing).ID, nothing))
	}
	w.must(w.GrantExemption(w.ctx, w.office(), w.asked(teacher, theClosing).ID, order.Read))
	if access := w.State(w.as(teacher)).Decision.Access; access != order.Read {
		t.Errorf("the teacher has %v, want read", access)
	}
}

func TestWhoMayGrant(t *testing.T) { storetest.EachDatabase(t, testWhoMayGrant) }

func testWhoMayGrant(t *testing.T, db string) {
	w := newWorld(t, db, "2024-04-02T20:00:00", secondLetter)
	w.must(w.IssueOrder(w.ctx, w.as(head), parse(t, ofTheSchool)))
	grant := func(who ecluse.Actor, r store.ExemptionRequest) error {
		return w.GrantExemption(w.ctx, who, r.ID, order.Write)
	}
	w.must(w.ask(teacher, theClosing, "2024-04-03T18:00:00"))
	r := w.asked(teacher, theClosing)
	for what, who := range map[string]ecluse.Actor{
		"a level below": w.as(head), "another school": w.as(ecoleHead), "a colleague": w.as(staff), "who asked": w.as(teacher),
	} {
		w.refused(what+" grants", fault.Denied, grant(who, r))
		w.refused(what+" refuses", fault.Denied, w.RefuseExemption(w.ctx, who, r.ID, "Non."))
		_, _, err := w.ExemptionRequests(w.ctx, who, theClosing)
		w.refused(what+" reads the requests", fault.Denied, err)
	}
	w.must(grant(w.office(), r))

	w.must(w.ask(head, theOwn, "2024-04-03T18:00:00"))
	own := w.asked(head, theOwn)
	w.refused("the head, to himself", fault.Denied, grant(w.as(head), own))
	w.must(grant(w.office(), own)) // a level above

	w.must(w.ask(teacher, theOwn, "2024-04-03T18:00:00"))
	w.must(grant(w.as(head), w.asked(teacher, theOwn)))
	w.openFor(teacher, to(staff)) // both orders are lifted
	w.closedFor(head, to(staff))  // only the school's is
	w.refused("a second answer", fault.Conflict, w.RefuseExemption(w.ctx, w.office(), r.ID, "Trop tard."))
}

func TestExemptionRefused(t *testing.T) { storetest.EachDatabase(t, testExemptionRefused) }

func testExemptionRefused(t *testing.T, db string) {
	w := newWorld(t, db, "2024-03-29T20:00:00", secondLetter)
	w.must(w.ask(teacher, theClosing, "2024-03-30T18:00:00"))
	id := w.asked(teacher, theClosing).ID
	w.refused("without a reason", fault.Invalid, w.RefuseExemption(w.ctx, w.office(), id, " \n"))
	w.must(w.RefuseExemption(w.ctx, w.office(), id, "Appelez plutôt les familles."))
	w.closedFor(teacher, to(staff))
	if r := w.asked(teacher, theClosing); r.Granted() || r.Answer.Refusal != "Appelez plutôt les familles." {
		t.Errorf("who asked reads %+v", r.Answer)
	}
	w.refused("granting what was refused", fault.Conflict, w.GrantExemption(w.ctx, w.office(), id, order.Write))
	w.refused("what nobody asked", fault.NotFound, w.GrantExemption(w.ctx, w.office(), 99, order.Write))
	w.must(w.ask(teacher, theClosing, "2024-03-30T12:00:00"))
	w.at("2024-03-30T12:00:00")
	w.refused("too late", fault.Conflict, w.GrantExemption(w.ctx, w.office(), w.asked(teacher, theClosing).ID, order.Write))
	if counts := must(w.WaitingExemptions(w.ctx, w.office())); len(counts) != 0 {
		t.Errorf("after the end of all requests, %v wait", counts)
	}
}

func TestWhatMayBeAsked(t *testing.T) { storetest.EachDatabase(t, testWhatMayBeAsked) }

func testWhatMayBeAsked(t *testing.T, db string) {
	exercise := strings.NewReplacer("2024-0003", "2024-0005", "status: actual", "status: exercise").Replace(readOnly)
	over := strings.NewReplacer("2024-0003", "2024-0006", "from: 2024-03-29T00:00", "from: 2024-03-01T00:00\nuntil: 2024-03-02T00:00").Replace(readOnly)
	soon := strings.NewReplacer("2024-0003", "2024-0007", "from: 2024-03-29T00:00", "from: 2024-04-08T08:00").Replace(readOnly)
	staffOnly := strings.NewReplacer("2024-0003", "2024-0008", "[everyone]", "[staff]").Replace(readOnly)
	w := newWorld(t, db, "2024-03-29T20:00:00", firstLetter, secondLetter, exercise, over, soon, staffOnly)
	const tomorrow = "2024-03-30T18:00:00"
	w.refused("a pupil", fault.Denied, w.ask(pupilA, theClosing, tomorrow))
	w.refused("from another school's order", fault.Denied, w.ask(ecoleTeacher, theClosing, tomorrow))
	w.refused("from another role's order", fault.Denied, w.ask(teacher, "FR/13/079/2024-0008", tomorrow))
	w.refused("from an exercise", fault.Denied, w.ask(teacher, "FR/13/079/2024-0005", tomorrow))
	w.refused("from what is over", fault.Conflict, w.ask(teacher, "FR/13/079/2024-0006", tomorrow))
	w.refused("from no order", fault.NotFound, w.ask(teacher, "FR/13/079/2024-0099", tomorrow))
	w.refused("by an office", fault.NotFound, w.AskExemption(w.ctx, w.office(), theClosing, time.Time{}, paris(tomorrow), "Voyage."))
	w.refused("without an end", fault.Invalid, w.AskExemption(w.ctx, w.as(teacher), theClosing, time.Time{}, time.Time{}, "Voyage."))
	w.refused("until now", fault.Invalid, w.ask(teacher, theClosing, "2024-03-29T20:00:00"))
	w.refused("beyond 31 days", fault.Invalid, w.ask(teacher, theClosing, "2024-04-29T20:00:01"))
	w.refused("before the order begins", fault.Invalid, w.ask(teacher, "FR/13/079/2024-0007", "2024-04-08T08:00:00"))
	for what, reason := range map[string]string{"without a reason": " \u202e\n", "with a novel": strings.Repeat("é", ecluse.MaxExemptionReason+1)} {
		w.refused(what, fault.Invalid, w.AskExemption(w.ctx, w.as(teacher), theClosing, time.Time{}, paris(tomorrow), reason))
	}
	w.must(w.ask(teacher, theClosing, "2024-04-29T20:00:00")) // 31 days across a change of clocks
	w.refused("twice", fault.Conflict, w.ask(teacher, theClosing, tomorrow))
	w.must(w.ask(staff, theClosing, tomorrow))
	w.must(w.ask(teacher, "FR/13/079/2024-0007", "2024-04-10T18:00:00"))
	if r := w.asked(teacher, "FR/13/079/2024-0007"); !r.From.Equal(paris("2024-04-08T08:00:00")) {
		t.Errorf("an exemption from what is announced begins %v", r.From)
	}
}

// TestExemptionIsJournaled: each step leaves an entry in the log of its place,
// without the reasons that people give.
func TestExemptionIsJournaled(t *testing.T) {
	w := newWorld(t, storetest.SQLite(t), "2024-03-29T20:00:00", secondLetter)
	for _, m := range []account.MemberID{teacher, staff} {
		w.must(w.ask(m, theClosing, "2024-03-30T18:00:00"))
	}
	w.must(w.GrantExemption(w.ctx, w.office(), w.asked(teacher, theClosing).ID, order.Write))
	w.must(w.RefuseExemption(w.ctx, w.office(), w.asked(staff, theClosing).ID, "Appelez plutôt."))
	verbs := map[journal.Log][]string{}
	for _, log := range []journal.Log{journal.Log(college), "FR/13/079"} {
		for _, e := range must(w.Journaled(w.ctx, log)) {
			if strings.HasPrefix(e.Verb, "exemption.") {
				verbs[log] = append(verbs[log], e.Verb)
			}
			if text := e.Subject + e.Detail; strings.Contains(text, "Voyage") || strings.Contains(text, "Appelez") {
				t.Errorf("the journal tells why: %+v", e)
			}
		}
		slices.Sort(verbs[log])
	}
	want := map[journal.Log][]string{
		journal.Log(college): {"exemption.ask", "exemption.ask"}, "FR/13/079": {"exemption.grant", "exemption.refuse"},
	}
	if !maps.EqualFunc(verbs, want, slices.Equal) {
		t.Errorf("journaled: %v, want %v", verbs, want)
	}
}

// TestGrantedIsInForce: whenever whoever grants leaves, the exemption counts at
// once or was never granted.
func TestGrantedIsInForce(t *testing.T) {
	w := newWorld(t, storetest.SQLite(t), "2024-03-29T20:00:00", secondLetter)
	w.must(w.ask(teacher, theClosing, "2024-03-30T18:00:00"))
	r := w.asked(teacher, theClosing)
	office := w.office()
	for patience := range 200 {
		inner, end := context.WithCancel(w.ctx)
		ctx := &hasty{Context: inner, end: end}
		ctx.asked.Store(int64(patience))
		err := w.GrantExemption(ctx, office, r.ID, order.Write)
		end()
		granted := w.asked(teacher, theClosing).Granted()
		if open := w.State(w.as(teacher)).Decision.Access == order.Write; open != granted {
			t.Fatalf("leaving after %d questions: granted %v, open %v (%v)", patience, granted, open, err)
		}
		if granted {
			return
		}
	}
	t.Error("it was never granted")
}
