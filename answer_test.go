package ecluse_test

import (
	"bytes"
	"image"
	"image/jpeg"
	"image/png"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/ecluse-ecole/ecluse"
	"github.com/ecluse-ecole/ecluse/internal/account"
	"github.com/ecluse-ecole/ecluse/internal/enforce"
	"github.com/ecluse-ecole/ecluse/internal/fault"
	"github.com/ecluse-ecole/ecluse/internal/order"
	"github.com/ecluse-ecole/ecluse/internal/procedure"
	"github.com/ecluse-ecole/ecluse/internal/school"
	"github.com/ecluse-ecole/ecluse/internal/store/storetest"
)

// row is where a school stands with the closing of the second letter.
func (w *world) row(uai school.UAI, id order.ID) ecluse.BoardRow {
	w.Helper()
	for _, r := range must(w.Board(w.ctx, w.office(), id)).Rows {
		if r.School.UAI == uai {
			return r
		}
	}
	w.Fatalf("%s is not on the board of %s", uai, id)
	return ecluse.BoardRow{}
}

// answered fails unless the collège stands so with the second letter.
func (w *world) answered(want ecluse.AnswerState) ecluse.BoardRow {
	w.Helper()
	r := w.row(college, theClosing)
	if r.State != want {
		w.Errorf("the collège stands %s, want %s: %+v", r.State, want, r)
	}
	return r
}

// attest says that everything was done for a product.
func (w *world) attest(product string, undo bool) error {
	p, _ := w.Procedures().Find(product)
	return w.Attest(w.ctx, w.as(head), ecluse.Attestation{
		Order: theClosing, Product: product, Undo: undo, Ticked: p.Ticks(undo), By: " La  direction ",
	})
}

func TestAnOrderIsAppliedAsSoonAsItHolds(t *testing.T) { storetest.EachDatabase(t, testApplied) }

func testApplied(t *testing.T, db string) {
	w := newWorld(t, db, "2024-03-28T20:00:00", secondLetter)
	r := w.answered(ecluse.AnswerReceived) // it begins the next day
	if !r.Received.Equal(w.Now()) || !r.Applied.IsZero() {
		t.Errorf("received %v and applied %v", r.Received, r.Applied)
	}
	w.at("2024-03-29T10:00:00")
	r = w.answered(ecluse.AnswerApplied)
	if !r.Applied.Equal(paris("2024-03-29T00:00:00")) || !r.Done.Equal(r.Applied) || r.Said {
		t.Errorf("applied %v and done %v, said %v", r.Applied, r.Done, r.Said)
	}
	if b := must(w.Board(w.ctx, w.office(), theClosing)); len(b.Rows) != 1 || b.Delay != ecluse.AnswerDelay || !b.Set {
		t.Errorf("the board holds %d schools with %v", len(b.Rows), b.Delay)
	}
	w.App.Close()
	w.open()
	if again := w.answered(ecluse.AnswerApplied); !again.Received.Equal(r.Received) {
		t.Errorf("received at %v after a restart, want %v", again.Received, r.Received)
	}
}

func TestAServerThatIsBehindIsAwaited(t *testing.T) { storetest.EachDatabase(t, testServers) }

func testServers(t *testing.T, db string) {
	w := newWorld(t, db, "2024-03-28T20:00:00")
	p := enforce.Point{Name: "ent", Kind: "proxy", Territory: "FR/13/079"}
	must(w.AddPoint(w.ctx, p))
	must(w.AddPoint(w.ctx, enforce.Point{Name: "far", Kind: "proxy", Territory: "FR/13/086"}))
	report := func(point enforce.Point, instance string) {
		w.Report(point, enforce.Report{Instance: instance, Version: w.Snapshot().Version()})
		must(w.Points(w.ctx, "FR")) // writes it down
	}
	report(p, "front-1")
	report(p, "")
	w.at("2024-03-29T10:00:00").adopt(secondLetter)
	r := w.answered(ecluse.AnswerReceived)
	if !slices.Equal(r.Points, []string{"ent/front-1"}) || !r.Applied.IsZero() {
		t.Errorf("awaited: %v, applied %v", r.Points, r.Applied)
	}
	w.at("2024-03-29T10:00:02")
	report(p, "front-1")
	w.at("2024-03-29T10:05:00")
	report(p, "front-1")
	report(p, "front-2") // begins after the order: it was closed before
	r = w.answered(ecluse.AnswerApplied)
	if took := r.Applied.Sub(r.Due); took != 2*time.Second {
		t.Errorf("applied after %v, want 2 s", took)
	}
	if pace := ecluse.PaceOf(must(w.Board(w.ctx, w.office(), theClosing)).Took(false)); pace != (ecluse.Pace{Schools: 1, Median: 2 * time.Second, Most: 2 * time.Second, Last: 2 * time.Second}) {
		t.Errorf("the pace is %+v", pace)
	}
}

func TestWhatIsDoneByHandIsAttestedAndUndone(t *testing.T) {
	storetest.EachDatabase(t, testAttested)
}

func testAttested(t *testing.T, db string) {
	w := newWorld(t, db, "2024-03-29T10:00:00", secondLetter)
	w.must(w.SetProducts(w.ctx, w.as(head), []string{"pronote", "ent", "pronote"}))
	r := w.answered(ecluse.AnswerReceived)
	if !slices.Equal(r.Products, []string{"ent", "pronote"}) || r.Applied.IsZero() || !r.Done.IsZero() {
		t.Errorf("awaited %v, applied %v, done %v", r.Products, r.Applied, r.Done)
	}
	w.at("2024-03-29T14:00:00")
	w.answered(ecluse.AnswerReceived)
	w.at("2024-03-29T14:00:01")
	w.answered(ecluse.AnswerOverdue)
	if n := must(w.Overdue(w.ctx, w.office()))[theClosing]; n != 1 {
		t.Errorf("%d schools are late, want 1", n)
	}
	w.must(w.attest("pronote", false))
	w.answered(ecluse.AnswerOverdue)
	w.must(w.attest("ent", false))
	r = w.answered(ecluse.AnswerAttested)
	if !r.Done.Equal(w.Now()) || r.Answers[0].By != "La direction" || r.Answers[0].Product != "pronote" {
		t.Errorf("done %v: %+v", r.Done, r.Answers)
	}
	if n := len(must(w.Overdue(w.ctx, w.office()))); n != 0 {
		t.Errorf("%d orders have late schools", n)
	}

	w.refused("undoing what holds", fault.Conflict, w.attest("pronote", true))
	w.at("2024-04-08T10:00:00").adopt(theLifting)
	h := must(w.Homework(w.ctx, w.as(head)))
	if len(h.Tasks) != 1 || !h.Tasks[0].Undo || len(h.Tasks[0].Products) != 2 {
		t.Fatalf("after the lifting: %+v", h.Tasks)
	}
	w.answered(ecluse.AnswerAttested) // of the order that is over
	lifted := func() ecluse.BoardRow { return w.row(college, "FR/13/079/2024-0009") }
	if r := lifted(); r.State != ecluse.AnswerReceived || len(r.Products) != 2 {
		t.Errorf("the lifting stands %s and awaits %v", r.State, r.Products)
	}
	w.must(w.attest("pronote", true))
	w.must(w.attest("ent", true))
	if r := lifted(); r.State != ecluse.AnswerAttested {
		t.Errorf("the lifting stands %s", r.State)
	}
	if h := must(w.Homework(w.ctx, w.as(head))); len(h.Tasks) != 0 {
		t.Errorf("still to be done: %+v", h.Tasks)
	}
	w.refused("attesting what is over", fault.Conflict, w.attest("pronote", false))
}

// theLifting ends the second letter.
const theLifting = `order: FR/13/079/2024-0009
issuer: FR/13/079
status: actual
type: cancel
references: [FR/13/079/2024-0002]
title: Levée
from: 2024-04-08T08:00
reason: Les comptes sont repris.
contact: {office: Cabinet du DASEN, phone: 05 36 49 00 00}
`

func TestAnAttestationIsWhole(t *testing.T) {
	w := newWorld(t, storetest.SQLite(t), "2024-03-29T10:00:00", secondLetter)
	w.refused("a product that was not said", fault.Conflict, w.attest("pronote", false))
	w.refused("a product that does not exist", fault.Invalid, w.SetProducts(w.ctx, w.as(head), []string{"fax"}))
	w.must(w.SetProducts(w.ctx, w.as(head), []string{"pronote"}))
	p, _ := w.Procedures().Find("pronote")
	whole := ecluse.Attestation{Order: theClosing, Product: "pronote", Ticked: p.Ticks(false), By: "La direction"}
	for what, change := range map[string]func(*ecluse.Attestation){
		"a step is not ticked": func(a *ecluse.Attestation) { a.Ticked-- },
		"nobody did it":        func(a *ecluse.Attestation) { a.By = " " },
		"a name without end":   func(a *ecluse.Attestation) { a.By = strings.Repeat("x", 201) },
		"a picture of nothing": func(a *ecluse.Attestation) { a.Picture = []byte("GIF89a") },
		"a picture too heavy":  func(a *ecluse.Attestation) { a.Picture = append(picture(t, 4), make([]byte, 2<<20)...) },
		"a picture too large":  func(a *ecluse.Attestation) { a.Picture = header(t, 5000, 5000) },
	} {
		a := whole
		change(&a)
		w.refused(what, fault.Invalid, w.Attest(w.ctx, w.as(head), a))
	}
	w.answered(ecluse.AnswerReceived)
	for _, m := range []account.MemberID{teacher, staff, guardian, pupilA} {
		w.refused("somebody else attests", fault.Denied, w.Attest(w.ctx, w.as(m), whole))
		w.refused("somebody else refuses", fault.Denied, w.RefuseOrder(w.ctx, w.as(m), theClosing, "Non."))
		w.refused("somebody else says the products", fault.Denied, w.SetProducts(w.ctx, w.as(m), nil))
	}
	w.refused("the office attests", fault.Denied, w.Attest(w.ctx, w.office(), whole))
	w.refused("the head of another school", fault.Conflict, w.Attest(w.ctx, w.as(ecoleHead), whole))
	w.must(w.Attest(w.ctx, w.as(head), whole))
	w.answered(ecluse.AnswerAttested)
}

// picture is a PNG of some points a side, with a transparent ground.
func picture(t *testing.T, side int) []byte {
	var b bytes.Buffer
	if err := png.Encode(&b, image.NewNRGBA(image.Rect(0, 0, side, side))); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// header is the first bytes of a picture that claims a size.
func header(t *testing.T, width, height int) []byte {
	b := picture(t, 1)
	copy(b[16:], []byte{0, 0, byte(width >> 8), byte(width), 0, 0, byte(height >> 8), byte(height)})
	// The checksum of the header does not match any more; Go reads the size first.
	return b
}

func TestAPictureIsDrawnAnew(t *testing.T) {
	w := newWorld(t, storetest.SQLite(t), "2024-03-29T10:00:00", secondLetter)
	w.must(w.SetProducts(w.ctx, w.as(head), []string{"pronote"}))
	p, _ := w.Procedures().Find("pronote")
	sent := append(picture(t, 40), "<script>alert(1)</script>"...)
	w.must(w.Attest(w.ctx, w.as(head), ecluse.Attestation{Order: theClosing, Product: "pronote", Ticked: p.Ticks(false), By: "La direction", Picture: sent}))
	answer := w.answered(ecluse.AnswerAttested).Answers[0]
	if !answer.Picture {
		t.Fatal("the picture is not kept")
	}
	for _, who := range []ecluse.Actor{w.as(head), w.office()} {
		kept := must(w.AnswerPicture(w.ctx, who, answer.ID))
		drawn, err := jpeg.Decode(bytes.NewReader(kept))
		if err != nil || drawn.Bounds().Dx() != 40 || bytes.Contains(kept, []byte("script")) {
			t.Errorf("%v: %d bytes are kept", err, len(kept))
		}
		if r, g, b, _ := drawn.At(20, 20).RGBA(); min(r, g, b) < 0xf000 {
			t.Error("what was transparent is not white")
		}
	}
	for _, m := range []account.MemberID{ecoleHead, teacher} {
		if _, err := w.AnswerPicture(w.ctx, w.as(m), answer.ID); err == nil {
			t.Errorf("member %d sees the picture of another school's head", m)
		}
	}
}

func TestARefusalHasAReason(t *testing.T) {
	w := newWorld(t, storetest.SQLite(t), "2024-03-29T10:00:00", secondLetter)
	w.refused("no reason", fault.Invalid, w.RefuseOrder(w.ctx, w.as(head), theClosing, " "))
	w.refused("somebody else's order", fault.Conflict, w.RefuseOrder(w.ctx, w.as(ecoleHead), theClosing, "Non."))
	w.must(w.SetProducts(w.ctx, w.as(head), []string{"pronote"}))
	w.must(w.RefuseOrder(w.ctx, w.as(head), theClosing, "Le serveur est en panne."))
	if r := w.answered(ecluse.AnswerRefused); r.Reason != "Le serveur est en panne." {
		t.Errorf("the reason is %q", r.Reason)
	}
	w.closedFor(pupilA, to(teacher)) // refusing opens nothing
	w.must(w.attest("pronote", false))
	w.answered(ecluse.AnswerAttested)
}

func TestTheDelayIsTheIssuers(t *testing.T) {
	w := newWorld(t, storetest.SQLite(t), "2024-03-29T10:00:00", secondLetter)
	w.must(w.SetProducts(w.ctx, w.as(head), []string{"pronote"}))
	w.refused("the head", fault.Denied, w.SetAnswerDelay(w.ctx, w.as(head), theClosing, time.Hour))
	w.refused("too short", fault.Invalid, w.SetAnswerDelay(w.ctx, w.office(), theClosing, time.Minute))
	w.must(w.SetAnswerDelay(w.ctx, w.office(), theClosing, time.Hour))
	w.at("2024-03-29T11:00:01")
	w.answered(ecluse.AnswerOverdue)
}

func TestAnExerciseIsMeasuredTheSame(t *testing.T) {
	exercise := strings.Replace(secondLetter, "status: actual", "status: exercise", 1)
	w := newWorld(t, storetest.SQLite(t), "2024-03-29T20:00:00", exercise)
	w.must(w.SetProducts(w.ctx, w.as(head), []string{"other"}))
	w.answered(ecluse.AnswerReceived)
	w.must(w.attest("other", false))
	w.answered(ecluse.AnswerAttested)
	w.openFor(teacher, to(staff))
}

func TestAnOperatorsCatalogueTakesThePlace(t *testing.T) {
	c, err := procedure.Parse([]byte("procedures: [{id: fax, name: {fr: Fax, en: Fax}, who: {fr: Vous, en: You}, steps: [{fr: a, en: a}], check: [{fr: a, en: a}], undo: [{fr: a, en: a}]}]"))
	if err != nil {
		t.Fatal(err)
	}
	w := newWorld(t, storetest.SQLite(t), "2024-03-29T10:00:00", secondLetter)
	w.App.Close()
	w.App = must(ecluse.Open(w.ctx, ecluse.Options{Database: w.db, Clock: w.clock, Procedures: c}))
	w.must(w.SetProducts(w.ctx, w.as(head), []string{"fax"}))
	w.refused("one that the catalogue lost", fault.Invalid, w.SetProducts(w.ctx, w.as(head), []string{"pronote"}))
	w.must(w.attest("fax", false))
	w.answered(ecluse.AnswerAttested)
}
