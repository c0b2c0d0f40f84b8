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

// vouch is the code that the teacher of the class shows to a pupil.
func (w *world) vouch(m account.MemberID) string {
	w.Helper()
	code, _, err := w.Vouch(w.ctx, w.as(teacher), m)
	w.must(err)
	return code
}

// TestATeachersWord: it stands for a second proof that a pupil has not brought, and
// for the slip of a renewal; once, for ten minutes, for five tries.
func TestATeachersWord(t *testing.T) { storetest.EachDatabase(t, testVouch) }

func testVouch(t *testing.T, db string) {
	w := newWorld(t, db, "2024-03-29T10:00:00")
	w.cardFor(pupilA)
	half := w.enter("pupil.a", "")
	if _, err := w.ProveVouched(w.ctx, half.From(atHome), "000000"); !fault.Is(err, fault.Invalid) {
		t.Errorf("nobody vouched: %v", err)
	}
	first := w.vouch(pupilA)
	code := w.vouch(pupilA)
	if _, err := w.ProveVouched(w.ctx, half.From(atHome), first); first != code && !fault.Is(err, fault.Invalid) {
		t.Errorf("the code before: %v", err)
	}
	other := w.enter("pupil.b", "")
	if _, err := w.ProveVouched(w.ctx, other.From(atHome), code); err == nil {
		t.Error("another pupil's code is taken")
	}
	whole := must(w.ProveVouched(w.ctx, half.From(atHome), code[:3]+" "+code[3:]))
	if v := must(w.Visit(w.ctx, whole.From(atHome))); !v.Facts.SecondFactor {
		t.Error("a teacher's word is no second proof")
	}
	altered := must(w.Altered(w.ctx, w.as(pupilA)))
	if len(altered) == 0 || !strings.Contains(altered[0].Words(true), "P nadia") || altered[0].Device() != "" {
		t.Errorf("the pupil reads %v", altered)
	}
	half = w.enter("pupil.a", "")
	if _, err := w.ProveVouched(w.ctx, half.From(atHome), code); !fault.Is(err, fault.Invalid) {
		t.Errorf("a code twice: %v", err)
	}
	code = w.vouch(pupilA)
	w.wait(account.VouchLasts)
	if _, err := w.ProveVouched(w.ctx, half.From(atHome), code); !fault.Is(err, fault.Invalid) {
		t.Errorf("a code after its time: %v", err)
	}
	code = w.vouch(pupilA)
	for range account.VouchTries {
		w.ProveVouched(w.ctx, half.From(atHome), "wrong")
	}
	if _, err := w.ProveVouched(w.ctx, half.From(atHome), code); !fault.Is(err, fault.Invalid) {
		t.Errorf("the right code after five wrong ones: %v", err)
	}

	w.must(w.CancelCard(w.ctx, w.as(head), 1))
	half = w.enter("pupil.a", "")
	half = must(w.ProveVouched(w.ctx, half.From(atHome), w.vouch(pupilA)))
	if half.Stage != account.StageRenewal {
		t.Fatalf("a renewal is at stage %d after a teacher's word", half.Stage)
	}
	must(w.Renew(w.ctx, ecluse.Renewing{From: half.From(atHome), Password: newPassword}))

	rows, classes, err := w.Vouchable(w.ctx, w.as(head), "")
	w.must(err)
	if len(classes) != 1 || len(rows) != 2 || rows[0].By == "" && rows[1].By == "" {
		t.Errorf("the head reads %v", rows)
	}
}

// TestForWhomATeacherVouches: pupils of their own classes, and nobody else.
func TestForWhomATeacherVouches(t *testing.T) {
	w := newWorld(t, storetest.SQLite(t), "2024-03-29T10:00:00")
	for name, err := range map[string]error{
		"for another teacher":          third(w.Vouch(w.ctx, w.as(teacher), otherTeacher)),
		"for oneself":                  third(w.Vouch(w.ctx, w.as(teacher), teacher)),
		"for a guardian":               third(w.Vouch(w.ctx, w.as(teacher), guardian)),
		"for another school's pupil":   third(w.Vouch(w.ctx, w.as(teacher), ecolePupil)),
		"without a class":              third(w.Vouch(w.ctx, w.as(otherTeacher), pupilA)),
		"by a pupil":                   third(w.Vouch(w.ctx, w.as(pupilB), pupilA)),
		"by staff":                     third(w.Vouch(w.ctx, w.as(staff), pupilA)),
		"by a head for a teacher":      third(w.Vouch(w.ctx, w.as(head), teacher)),
		"by an office":                 third(w.Vouch(w.ctx, w.office(), pupilA)),
		"by another head of elsewhere": third(w.Vouch(w.ctx, w.as(ecoleHead), pupilA)),
	} {
		if !fault.Is(err, fault.Denied) && !fault.Is(err, fault.NotFound) {
			t.Errorf("%s: %v", name, err)
		}
	}
	who := w.as(teacher)
	who.Session, who.Proved = [32]byte{1}, w.Now()
	if err := third(w.Vouch(w.ctx, who, pupilA)); !fault.Is(err, fault.Denied) {
		t.Errorf("with a password alone: %v", err)
	}
	who.Facts.SecondFactor, who.Proved = true, w.Now().Add(-time.Hour)
	if err := third(w.Vouch(w.ctx, who, pupilA)); !fault.Is(err, fault.Unproved) {
		t.Errorf("without a fresh proof: %v", err)
	}
	w.cardFor(pupilA)
	half, code := w.enter("pupil.a", ""), w.vouch(pupilA)
	w.must(w.Freeze(w.ctx, w.as(head), 4, ""))
	if _, err := w.ProveVouched(w.ctx, half.From(atHome), code); !fault.Is(err, fault.Invalid) {
		t.Errorf("the word of a teacher who is frozen: %v", err)
	}
	w.must(w.Freeze(w.ctx, w.as(head), 1, ""))
	if err := third(w.Vouch(w.ctx, w.as(head), pupilA)); !fault.Is(err, fault.Denied) {
		t.Errorf("for a frozen pupil: %v", err)
	}
	if v := must(w.Halfway(w.ctx, w.enter("karim", "x").Token)); w.MayBeVouchedFor(v) {
		t.Error("an adult may be vouched for")
	}
}

func third(_ string, _ time.Time, err error) error { return err }
