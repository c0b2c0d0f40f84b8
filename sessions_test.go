package ecluse_test

import (
	"slices"
	"testing"
	"time"

	"github.com/ecluse-ecole/ecluse"
	"github.com/ecluse-ecole/ecluse/internal/account"
	"github.com/ecluse-ecole/ecluse/internal/fault"
	"github.com/ecluse-ecole/ecluse/internal/school"
	"github.com/ecluse-ecole/ecluse/internal/store/storetest"
)

// TestSessionsEndTogether: whose sessions a head and an office end, by role, class,
// school and territory; nobody ends those of others, and who acts stays.
func TestSessionsEndTogether(t *testing.T) { storetest.EachDatabase(t, testSessionsEndTogether) }

func testSessionsEndTogether(t *testing.T, db string) {
	w := newWorld(t, db, "2024-03-29T10:00:00")
	for what, c := range map[string]struct {
		by    func(*world) ecluse.Actor
		reach ecluse.Reach
		ended []string
	}{
		"pupils":              {(*world).theHead, ecluse.Reach{Roles: school.RolesOf(school.Pupil)}, []string{"pupil.a", "pupil.b"}},
		"a class":             {(*world).theHead, ecluse.Reach{School: college, Class: class}, []string{"pupil.a", "pupil.b", "karim", "nadia"}},
		"pupils of a class":   {(*world).theHead, ecluse.Reach{School: college, Class: class, Roles: school.RolesOf(school.Pupil)}, []string{"pupil.a", "pupil.b"}},
		"the school":          {(*world).theHead, ecluse.Reach{}, []string{"pupil.a", "pupil.b", "karim", "nadia", "staff", "other"}},
		"heads of the office": {(*world).office, ecluse.Reach{Roles: school.RolesOf(school.Head)}, []string{"head", "ecole.head"}},
		"another's school":    {(*world).office, ecluse.Reach{School: ecole}, []string{"karim", "nadia", "ecole.pupil", "ecole.head"}},
	} {
		sessions := map[string]ecluse.Welcome{}
		for _, login := range []string{"pupil.a", "pupil.b", "karim", "nadia", "staff", "head", "ecole.pupil", "ecole.head", "other", "dsden"} {
			sessions[login] = w.enter(login, "")
		}
		who := c.by(w)
		foreseen := must(w.CountSessions(w.ctx, who, c.reach))
		ended := must(w.EndSessions(w.ctx, who, c.reach))
		if foreseen.People != len(c.ended) || ended.People != len(c.ended) || ended.Sessions != foreseen.Sessions {
			t.Errorf("%s: foreseen %+v, ended %+v, want %d people", what, foreseen, ended, len(c.ended))
		}
		for login, welcome := range sessions {
			_, err := w.Visit(w.ctx, welcome.From(atHome))
			if fault.Is(err, fault.SignedOut) != slices.Contains(c.ended, login) {
				t.Errorf("%s: the session of %s: %v", what, login, err)
			}
		}
	}
}

func (w *world) theHead() ecluse.Actor { return w.as(head) }

// TestSessionsAreEndedByWhoMay: a teacher ends nobody's, a head nobody's of another
// school, and nobody an office's.
func TestSessionsAreEndedByWhoMay(t *testing.T) { storetest.EachDatabase(t, testSessionsByWhoMay) }

func testSessionsByWhoMay(t *testing.T, db string) {
	w := newWorld(t, db, "2024-03-29T10:00:00")
	if _, err := w.EndSessions(w.ctx, w.as(teacher), ecluse.Reach{}); !fault.Is(err, fault.Denied) {
		t.Errorf("a teacher: %v", err)
	}
	if _, err := w.CountSessions(w.ctx, w.as(head), ecluse.Reach{School: ecole}); !fault.Is(err, fault.NotFound) {
		t.Errorf("a head, of another school: %v", err)
	}
	if err := w.EndSessionsOf(w.ctx, w.as(head), 10); !fault.Is(err, fault.NotFound) {
		t.Errorf("a head, somebody of another school: %v", err)
	}
	if err := w.EndSessionsOf(w.ctx, w.as(head), 20); !fault.Is(err, fault.Denied) {
		t.Errorf("a head, an office: %v", err)
	}
	visit := must(w.Visit(w.ctx, w.enter("head", "").From(atHome)))
	who := must(visit.As(head))
	w.clock.Set(w.Now().Add(20 * time.Minute))
	if _, err := w.EndSessions(w.ctx, who, ecluse.Reach{}); !fault.Is(err, fault.Unproved) {
		t.Errorf("without a fresh proof: %v", err)
	}
	w.must(w.EndOtherSessions(w.ctx, must(visit.As(head))))
	gone := w.enter("nadia", "")
	w.must(w.EndSessionsOf(w.ctx, who, account.PersonID(4)))
	if _, err := w.Visit(w.ctx, gone.From(atHome)); !fault.Is(err, fault.SignedOut) {
		t.Errorf("the session goes on: %v", err)
	}
}
