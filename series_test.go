package ecluse_test

import (
	"context"
	"slices"
	"strings"
	"testing"

	"github.com/ecluse-ecole/ecluse"
	"github.com/ecluse-ecole/ecluse/hours"
	"github.com/ecluse-ecole/ecluse/internal/fault"
	"github.com/ecluse-ecole/ecluse/internal/journal"
	"github.com/ecluse-ecole/ecluse/internal/order"
	"github.com/ecluse-ecole/ecluse/internal/store/storetest"
)

const zone = "Europe/Paris"

// stages are suggested ones, with the rules that each leaves.
func (w *world) stages(id order.ID) []ecluse.Stage {
	w.Helper()
	s := must(w.Series(id, zone))
	rules := must(s.Now()).Rules
	var list []ecluse.Stage
	for _, suggested := range w.SuggestStages(s, zone) {
		if !suggested.Since.IsZero() {
			suggested.Since.Date = hours.NewDate(2024, 3, 31) // after everybody's
		}
		h, err := hours.Parse(suggested.Hours)
		w.must(err)
		rules = order.Relax(rules, order.Rule{
			Roles: suggested.Roles, Hours: h, Access: order.Write, Otherwise: suggested.Otherwise,
			Require: order.Requirements{PasswordSince: suggested.Since},
		})
		list = append(list, ecluse.Stage{Title: suggested.Title[0], From: suggested.From, Rules: rules})
	}
	return list
}

func (w *world) reopening(who ecluse.Actor, id order.ID, stages ...ecluse.Stage) []*order.Order {
	w.Helper()
	return must(w.Reopening(who, id, zone, "Les comptes sont sûrs.", stages))
}

// standing is what each order of a measure is now, by its number.
func (w *world) standing(id order.ID) (out string) {
	for _, v := range must(w.Series(id, zone)).Stages {
		out += string(v.ID[len(v.ID)-1:]) + [...]string{"a", "F", "x", "l", "r"}[v.State] + " "
	}
	return strings.TrimSpace(out)
}

func (w *world) standsAt(at string, id order.ID, want string) {
	w.Helper()
	w.at(at)
	if got := w.standing(id); got != want {
		w.Errorf("at %s: %s, want %s", at, got, want)
	}
}

// TestReopeningInStages proposes five orders, signs them at once, and lives
// through them: Friday evening to the Friday after next.
func TestReopeningInStages(t *testing.T) { storetest.EachDatabase(t, testReopeningInStages) }

func testReopeningInStages(t *testing.T, db string) {
	w := newOffices(t, db, "2024-03-29T20:00:00", 2, secondLetter)
	list := w.reopening(w.office(), theClosing, w.stages(theClosing)...)
	if len(list) != 5 || list[0].ID != "FR/13/079/2024-0003" || list[4].ID != "FR/13/079/2024-0007" {
		t.Fatalf("%d orders, from %s", len(list), list[0].ID)
	}
	w.refused("issuing alone", fault.Denied, w.IssueOrders(w.ctx, w.office(), list))
	id := must(w.ProposeOrders(w.ctx, w.office(), list))
	if b := w.stands(id, ecluse.ProposalWaiting); len(b.Content) != 5 || b.Schools != 1 || b.Digest != order.DigestOf(list) {
		t.Errorf("proposed: %d orders for %d schools, %s", len(b.Content), b.Schools, b.Digest)
	}
	if got := w.NextOrderID("FR/13/079"); got != "FR/13/079/2024-0008" {
		t.Errorf("the next number is %s", got)
	}
	if issued, err := w.sign("dsden.b", id); !issued || err != nil {
		t.Fatalf("the second signature: issued %v (%v)", issued, err)
	}
	w.standsAt("2024-03-29T20:00:00", theClosing, "2F 3a 4a 5a 6a 7a")
	w.closedFor(teacher, to(staff))
	w.standsAt("2024-04-01T07:00:00", theClosing, "2r 3F 4a 5a 6a 7a")
	w.standsAt("2024-04-01T23:00:00", theClosing, "2r 3F 4a 5a 6a 7a")
	w.openFor(teacher, to(staff)) // staff at all hours
	w.standsAt("2024-04-04T12:00:00", theClosing, "2r 3r 4r 5F 6a 7a")
	w.closedFor(pupilA, to(teacher)) // its password is older
	w.standsAt("2024-04-09T12:00:00", theClosing, "2r 3r 4r 5r 6F 7a")
	w.standsAt("2024-04-16T12:00:00", theClosing, "2r 3r 4r 5r 6r 7F")
	w.openFor(pupilA, to(teacher))
	for _, m := range []string{"issue", "propose", "sign"} {
		for _, o := range list {
			if !slices.Contains(w.told("FR/13/079"), "order."+m+" "+string(o.ID)) {
				t.Errorf("the journal does not say that %s was %sd", o.ID, m)
			}
		}
	}
}

// told is what a journal says, in short.
func (w *world) told(log string) (out []string) {
	for _, e := range must(w.Journaled(w.ctx, journal.Log(log))) {
		out = append(out, e.Verb+" "+e.Subject)
	}
	return out
}

// TestAllStagesOrNone: whenever who signs last leaves, all orders of a series are
// known and stored, or none is.
func TestAllStagesOrNone(t *testing.T) { storetest.EachDatabase(t, testAllStagesOrNone) }

func testAllStagesOrNone(t *testing.T, db string) {
	w := newOffices(t, db, "2024-03-29T20:00:00", 2, secondLetter)
	list := w.reopening(w.office(), theClosing, w.stages(theClosing)...)
	id := must(w.ProposeOrders(w.ctx, w.office(), list))
	who := w.signer("dsden.b")
	for patience := range 400 {
		inner, end := context.WithCancel(w.ctx)
		ctx := &hasty{Context: inner, end: end}
		ctx.asked.Store(int64(patience))
		_, err := w.SignProposal(ctx, who, id)
		end()
		stored := 0
		for _, o := range list {
			if must(w.Stored(w.ctx, o.ID)) {
				stored++
			}
		}
		if stored != 0 && stored != len(list) {
			t.Fatalf("leaving after %d questions: %d of %d are issued (%v)", patience, stored, len(list), err)
		}
		if stored > 0 {
			w.stands(id, ecluse.ProposalIssued)
			return
		}
	}
	t.Error("it was never issued")
}

// TestOneTakenNumberStopsAll: a series of which one number exists is refused
// whole.
func TestOneTakenNumberStopsAll(t *testing.T) { storetest.EachDatabase(t, testOneTakenNumberStopsAll) }

func testOneTakenNumberStopsAll(t *testing.T, db string) {
	w := newWorld(t, db, "2024-03-29T20:00:00", secondLetter)
	list := w.reopening(w.office(), theClosing, w.stages(theClosing)...)
	w.adopt(strings.NewReplacer("2024-0002", "2024-0005", "[everyone]", "[pupil]").Replace(secondLetter))
	if err := w.IssueOrders(w.ctx, w.office(), list); err == nil {
		t.Fatal("issued")
	}
	if must(w.Stored(w.ctx, list[0].ID)) || must(w.Stored(w.ctx, list[4].ID)) {
		t.Error("a part of the series was issued")
	}
}

func TestStagesThatCannotBe(t *testing.T) {
	w := newWorld(t, storetest.SQLite(t), "2024-03-29T20:00:00", strings.Replace(secondLetter, "rules:", "until: 2024-04-30T00:00\nrules:", 1))
	good := w.stages(theClosing)
	for what, change := range map[string]func(s []ecluse.Stage) int{
		"past":      func(s []ecluse.Stage) int { s[0].From.Date = hours.NewDate(2024, 3, 29); return 0 },
		"not after": func(s []ecluse.Stage) int { s[2].From = s[1].From; return 2 },
		"after the end": func(s []ecluse.Stage) int {
			s[4].From.Date = hours.NewDate(2024, 4, 30)
			s[4].From.Second = 0
			return 4
		},
		"out of sequence": func(s []ecluse.Stage) int { s[1], s[3] = s[3], s[1]; return 2 },
	} {
		stages := slices.Clone(good)
		want := change(stages)
		_, err := w.Reopening(w.office(), theClosing, zone, "Raison.", stages)
		wrong, found := err.(*ecluse.WrongStage)
		if !found || wrong.Stage != want || !fault.Is(err, fault.Invalid) {
			t.Errorf("%s: %v", what, err)
		}
	}
	_, err := w.Reopening(w.as(head), theClosing, zone, "Raison.", good)
	w.refused("a head", fault.Denied, err)
	_, err = w.Reopening(w.office(), theClosing, zone, "Raison.", nil)
	w.refused("no stage", fault.Invalid, err)
	_, err = w.StopSeries(w.office(), theClosing, zone)
	w.refused("nothing to stop", fault.Invalid, err)
	_, err = w.CloseAgain(w.office(), theClosing, zone)
	w.refused("nothing to close again", fault.Invalid, err)
}

// TestStoppingAndClosingAgain moves a stage, stops the rest and closes again, and
// no moment between leaves the measure without rules.
func TestStoppingAndClosingAgain(t *testing.T) {
	w := newWorld(t, storetest.SQLite(t), "2024-03-29T20:00:00", secondLetter)
	issue := func(list ...*order.Order) {
		t.Helper()
		for i := range list {
			list[i] = parse(t, string(list[i].Encode()))
		}
		w.must(w.IssueOrders(w.ctx, w.office(), list))
	}
	stages := w.stages(theClosing)
	issue(w.reopening(w.office(), theClosing, stages...)...)
	w.standsAt("2024-04-02T12:00:00", theClosing, "2r 3r 4F 5a 6a 7a")
	later := slices.Clone(stages[2:])
	for i := range later {
		later[i].From.Date += 7
	}
	issue(w.reopening(w.office(), theClosing, later...)...)
	w.standsAt("2024-04-02T12:00:00", theClosing, "2r 3r 4r 8F 9a 0a 1a")
	w.standsAt("2024-04-09T12:00:00", theClosing, "2r 3r 4r 8F 9a 0a 1a") // what was announced did not begin
	stop := must(w.StopSeries(w.office(), theClosing, zone))
	w.standsAt("2024-04-11T12:00:00", theClosing, "2r 3r 4r 8r 9F 0a 1a")
	issue(stop) // signed after a stage began: back to what held before it
	if now := must(must(w.Series(theClosing, zone)).Now()); !order.SameRules(now.Rules, stages[1].Rules) {
		t.Errorf("what holds after stopping is %s", now.ID)
	}
	issue(must(w.CloseAgain(w.office(), theClosing, zone)))
	w.at("2024-04-30T20:00:00")
	w.closedFor(teacher, to(staff))
	s := must(w.Series(theClosing, zone))
	if s.Reopened() || len(s.Rest()) != 0 {
		t.Errorf("closed again: %s", w.standing(theClosing))
	}
}

// TestCalledOffStaysSo: what was called off does not come back when what called it
// off is replaced in the same minute.
func TestCalledOffStaysSo(t *testing.T) {
	w := newWorld(t, storetest.SQLite(t), "2024-03-29T20:00:00", secondLetter)
	w.must(w.IssueOrders(w.ctx, w.office(), w.reopening(w.office(), theClosing, w.stages(theClosing)...)))
	for range 2 {
		stages := w.stages(theClosing)
		for i := range stages {
			stages[i].From.Date += 7
		}
		w.must(w.IssueOrders(w.ctx, w.office(), w.reopening(w.office(), theClosing, stages...)))
	}
	w.must(w.IssueOrder(w.ctx, w.office(), must(w.StopSeries(w.office(), theClosing, zone))))
	if s := must(w.Series(theClosing, zone)); len(s.Rest()) != 0 || s.Reopened() {
		t.Errorf("after stopping: %s", w.standing(theClosing))
	}
	w.at("2024-04-30T20:00:00").closedFor(teacher, to(staff))
}

// TestSplitMeasuresStayApart: of two updates that share out one measure, stages of
// one end nothing of the other.
func TestSplitMeasuresStayApart(t *testing.T) {
	half := func(number, degree string) string {
		return strings.NewReplacer("2024-0002", number, "type: issue", "type: update\nreferences: [FR/13/079/2024-0002]",
			"degrees: [second]", "degrees: ["+degree+"]", "2024-03-29T00:00", "2024-03-29T12:00").Replace(secondLetter)
	}
	w := newWorld(t, storetest.SQLite(t), "2024-03-29T20:00:00", strings.Replace(secondLetter, ", degrees: [second]", "", 1), half("2024-0003", "first"), half("2024-0004", "second"))
	const firsts, seconds = "FR/13/079/2024-0003", "FR/13/079/2024-0004"
	w.must(w.IssueOrders(w.ctx, w.office(), w.reopening(w.office(), firsts, w.stages(firsts)...)))
	w.at("2024-04-30T20:00:00").closedFor(teacher, to(staff))
	w.openFor(ecoleTeacher, to(ecoleHead))
	if s := must(w.Series(seconds, zone)); must(s.Now()).ID != seconds {
		t.Errorf("the other half is now %s", must(s.Now()).ID)
	}
}

func TestAHeadReopensTheirOwn(t *testing.T) {
	w := newOffices(t, storetest.SQLite(t), "2024-03-29T20:00:00", 2)
	own := parse(t, ofTheSchool)
	w.must(w.IssueOrder(w.ctx, w.as(head), own))
	w.must(w.IssueOrders(w.ctx, w.as(head), w.reopening(w.as(head), own.ID, w.stages(own.ID)...)))
}
