package ecluse_test

import (
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/ecluse-ecole/ecluse"
	"github.com/ecluse-ecole/ecluse/internal/enforce"
	"github.com/ecluse-ecole/ecluse/internal/fault"
	"github.com/ecluse-ecole/ecluse/internal/order"
	"github.com/ecluse-ecole/ecluse/internal/school"
	"github.com/ecluse-ecole/ecluse/internal/store/storetest"
)

// report is what the DSDEN reads about an order.
func (w *world) report(id order.ID) ecluse.OrderReport {
	w.Helper()
	return must(w.ReportOn(w.ctx, w.office(), id))
}

// happened lists the kinds of a report's chronology.
func happened(r ecluse.OrderReport) (list []string) {
	for _, e := range r.Events {
		list = append(list, e.Kind.String())
	}
	return list
}

// went fails unless a report tells these kinds in this order.
func (w *world) went(r ecluse.OrderReport, want ...string) {
	w.Helper()
	if got := happened(r); !slices.Equal(got, want) {
		w.Errorf("it went: %q\nwant:    %q", got, want)
	}
}

func TestAReportTellsAll(t *testing.T) { storetest.EachDatabase(t, testReport) }

func testReport(t *testing.T, db string) {
	w := newWorld(t, db, "2024-03-28T20:00:00")
	p := enforce.Point{Name: "ent", Kind: "proxy", Territory: "FR/13/079"}
	must(w.AddPoint(w.ctx, p))
	must(w.AddPoint(w.ctx, enforce.Point{Name: "far", Kind: "proxy", Territory: "FR/13/086"}))
	report := func(p enforce.Point) {
		w.Report(p, enforce.Report{Instance: "front-1", Version: w.Snapshot().Version()})
		must(w.Points(w.ctx, "FR")) // writes it down
	}
	far := enforce.Point{Name: "far", Kind: "proxy", Territory: "FR/13/086"}
	report(p)
	report(far)
	w.must(w.SetProducts(w.ctx, w.as(head), []string{"pronote"}))
	w.at("2024-03-29T09:00:00")
	w.must(w.IssueOrder(w.ctx, w.office(), parse(t, secondLetter)))
	w.at("2024-03-29T09:00:02")
	report(p)
	report(far)
	w.at("2024-03-29T10:00:00")
	w.must(w.AskExemption(w.ctx, w.as(teacher), theClosing, time.Time{}, paris("2024-04-02T20:00:00"), "Voyage scolaire"))
	w.must(w.SetAnswerDelay(w.ctx, w.office(), theClosing, time.Hour))
	w.at("2024-03-29T11:00:00")
	w.must(w.RefuseOrder(w.ctx, w.as(head), theClosing, "Le serveur est en panne."))
	w.at("2024-03-29T12:00:00")
	w.must(w.attest("pronote", false))
	asked, _, err := w.ExemptionRequests(w.ctx, w.office(), theClosing)
	w.must(err)
	w.must(w.RefuseExemption(w.ctx, w.office(), asked[0].ID, "Rien ne presse."))
	w.at("2024-04-07T20:00:00").adopt(theLifting)

	r := w.report(theClosing)
	if r.Over {
		t.Error("it is over before the lifting begins")
	}
	w.at("2024-04-09T08:00:00")
	r = w.report(theClosing)
	got := slices.DeleteFunc(happened(r), func(kind string) bool { return kind == "exemption asked" }) // see InstantOf
	want := []string{
		"issued", "received", "begins", "received", "applied", "delay set", "overdue", "refused", "attested", "exemption refused", "end decided", "ends",
	}
	if !slices.Equal(got, want) {
		t.Errorf("it went: %q\nwant:    %q", got, want)
	}
	w.judgeReport(r)
	lifting := w.report("FR/13/079/2024-0009")
	w.went(lifting, "issued", "received", "begins", "overdue") // what was closed by hand stays to be undone
}

// judgeReport looks at the figures and the names of the report above.
func (w *world) judgeReport(r ecluse.OrderReport) {
	w.Helper()
	if !r.Over || r.Made != w.Now() {
		w.Errorf("over %v, made %v", r.Over, r.Made)
	}
	if r.Applied.Min != 2*time.Second || r.Applied.P95 != 2*time.Second || r.Applied.Max != 2*time.Second || r.Done.Median != 3*time.Hour {
		w.Errorf("applied %+v, done %+v", r.Applied, r.Done)
	}
	if r.First == nil || r.First.School.UAI != college || r.Last.School.UAI != college {
		w.Error("nobody was first")
	}
	want := ecluse.Extent{All: 2, Closed: 2, Always: 2}
	if r.By[school.Pupil] != want || r.By[school.Teacher] != (ecluse.Extent{All: 2, Closed: 2}) {
		w.Errorf("closed: %+v", r.By)
	}
	for _, e := range r.Events {
		if strings.HasPrefix(e.Service, "far") {
			w.Errorf("a server of another département is told of: %+v", e)
		}
		switch e.Kind {
		case ecluse.EventIssued, ecluse.EventDelaySet:
			if e.Person != 20 || e.Office != "FR/13/079" || e.Log != "FR/13/079" {
				w.Errorf("%s by %d for %s, in %s", e.Kind, e.Person, e.Office, e.Log)
			}
		case ecluse.EventAttested, ecluse.EventNotApplied:
			if e.Person != 6 || e.School != college {
				w.Errorf("%s by %d at %s", e.Kind, e.Person, e.School)
			}
		case ecluse.EventEndDecided:
			if e.Other != "FR/13/079/2024-0009" {
				w.Errorf("ended by %s", e.Other)
			}
		}
	}
}

func TestAReportIsForThoseConcerned(t *testing.T) {
	w := newWorld(t, storetest.SQLite(t), "2024-03-29T10:00:00", firstLetter, secondLetter)
	refused := func(what string, kind fault.Kind, who ecluse.Actor, id order.ID) {
		t.Helper()
		_, err := w.ReportOn(w.ctx, who, id)
		w.refused(what, kind, err)
	}
	refused("a teacher", fault.Denied, w.as(teacher), theClosing)
	refused("the head of an école, of an order for collèges", fault.NotFound, w.as(ecoleHead), theClosing)
	refused("an order that does not exist", fault.NotFound, w.office(), "FR/2024-9999")
	must(w.ReportOn(w.ctx, w.as(head), theClosing))

	r := must(w.ReportOn(w.ctx, w.as(ecoleHead), "FR/13/079/2024-0001"))
	for _, e := range r.Events {
		if e.School == college {
			t.Errorf("the école's head reads of the collège: %+v", e)
		}
	}
	if r.By[school.Pupil].All != 1 {
		t.Errorf("%d pupils in the école, want 1", r.By[school.Pupil].All)
	}
}

// An exercise closes nothing and is reported with the figures of one that does.
func TestAnExerciseIsReportedTheSame(t *testing.T) {
	w := newWorld(t, storetest.SQLite(t), "2024-03-28T10:00:00", strings.Replace(secondLetter, "status: actual", "status: exercise", 1))
	w.at("2024-03-29T20:00:00")
	r := w.report(theClosing)
	if r.By[school.Pupil].Always != 2 || r.By[school.Guardian].Closed != 1 {
		t.Errorf("an exercise would close: %+v", r.By)
	}
	if len(r.Applied.Took) != 1 || r.Order.Status != order.Exercise {
		t.Errorf("%d schools applied it", len(r.Applied.Took))
	}
	w.went(r, "issued", "received", "begins", "applied")
	w.openFor(teacher, to(staff))
}

func TestWhatWasLiftedBeforeItBegan(t *testing.T) {
	w := newWorld(t, storetest.SQLite(t), "2024-03-20T10:00:00", secondLetter)
	w.at("2024-03-21T10:00:00").adopt(strings.Replace(theLifting, "2024-04-08T08:00", "2024-03-22T08:00", 1))
	w.at("2024-04-10T10:00:00")
	r := w.report(theClosing)
	w.went(r, "issued", "received", "end decided")
	if r.By[school.Pupil].Closed != 0 || r.By[school.Pupil].All != 2 {
		t.Errorf("it closed: %+v", r.By)
	}
}
