package ecluse_test

import (
	"fmt"
	"log/slog"
	"testing"
	"time"

	"github.com/ecluse-ecole/ecluse"
	"github.com/ecluse-ecole/ecluse/internal/account"
	"github.com/ecluse-ecole/ecluse/internal/clock"
	"github.com/ecluse-ecole/ecluse/internal/fault"
	"github.com/ecluse-ecole/ecluse/internal/journal"
	"github.com/ecluse-ecole/ecluse/internal/message"
	"github.com/ecluse-ecole/ecluse/internal/school"
	"github.com/ecluse-ecole/ecluse/internal/store"
	"github.com/ecluse-ecole/ecluse/internal/store/storetest"
)

// wish asks people of some roles whose password is of before the date of the test.
func (w *world) wish(roles ...school.Role) ecluse.CampaignWish {
	return ecluse.CampaignWish{Roles: school.RolesOf(roles...), Since: w.Now()}
}

// later lets the passwords of the world be older than what follows.
func (w *world) later() *world {
	w.clock.Set(w.Now().Add(time.Hour))
	return w
}

// mustRenew reports whether a sign-in asks for a new password.
func (w *world) mustRenew(login string) bool {
	w.Helper()
	stage, err := w.signs(login, password)
	w.must(err)
	return stage == account.StageRenewal
}

// TestACampaignAsksWhomItIsFor: by role, class, list and place, with the exemptions.
func TestACampaignAsksWhomItIsFor(t *testing.T) { storetest.EachDatabase(t, testCampaign) }

func testCampaign(t *testing.T, db string) {
	w := newWorld(t, db, "2024-03-29T10:00:00").later()
	before := w.enter("pupil.a", "")
	w.inStore(func(tx *store.Tx) error { return tx.PutCredential(account.Credential{Person: 2}) })
	since := w.Now()
	w.later()
	hash := must(w.Hash(w.ctx, newPassword))
	w.inStore(func(tx *store.Tx) error {
		return tx.PutCredential(account.Credential{Person: 5, Hash: hash, Changed: since})
	})

	wish := ecluse.CampaignWish{Roles: school.Everyone, Since: since}
	plan := must(w.PlanCampaign(w.ctx, w.as(head), wish))
	want := [store.CampaignOutcomes]int{store.CampaignAsked: 4, store.CampaignNeverActive: 1, store.CampaignChanged: 1, store.CampaignAbove: 1}
	for outcome, n := range want {
		if got := plan.Total.Of(store.CampaignOutcome(outcome)); got != n {
			t.Errorf("of outcome %d the preview has %d, want %d", outcome, got, n)
		}
	}
	if w.mustRenew("pupil.a") {
		t.Error("the preview asks for new passwords")
	}
	id := must(w.StartCampaign(w.ctx, w.as(head), wish))
	w.must(w.RunCampaigns(w.ctx))
	if _, err := w.Visit(w.ctx, before.From(atHome)); !fault.Is(err, fault.SignedOut) {
		t.Errorf("a session from before goes on: %v", err)
	}
	for login, want := range map[string]bool{"pupil.a": true, "karim": true, "nadia": true, "other": true, "head": false, "ecole.pupil": false, "dsden": false} {
		if got := w.mustRenew(login); got != want {
			t.Errorf("%s must renew: %v, want %v", login, got, want)
		}
	}
	view := must(w.Campaign(w.ctx, w.as(head), id))
	sum := view.Sum()
	if sum.Asked != 4 || sum.Waiting != 4 || sum.Others[store.CampaignChanged] != 1 || view.Finished.IsZero() {
		t.Errorf("the campaign: %+v, finished %v", sum, view.Finished)
	}

	must(w.renew("pupil.a", w.slipFor(pupilA, false).Code, newPassword))
	classes := must(w.CampaignClasses(w.ctx, w.as(head), id, college))
	if len(classes) != 3 || classes[0] != (ecluse.CampaignClass{Class: "4e B", Role: school.Pupil, Asked: 1}) ||
		classes[1] != (ecluse.CampaignClass{Class: "4e B", Role: school.Guardian, Asked: 1, Waiting: 1}) {
		t.Errorf("the classes: %+v", classes)
	}

	if err := w.StopCampaign(w.ctx, w.as(ecoleHead), id); !fault.Is(err, fault.NotFound) {
		t.Errorf("another head stops it: %v", err)
	}
	w.must(w.StopCampaign(w.ctx, w.as(head), id))
	if w.mustRenew("karim") {
		t.Error("a stopped campaign still asks")
	}
}

// TestWhomACampaignMeets: each way of choosing, in the preview.
func TestWhomACampaignMeets(t *testing.T) { storetest.EachDatabase(t, testCampaignChoice) }

func testCampaignChoice(t *testing.T, db string) {
	w := newWorld(t, db, "2024-03-29T10:00:00").later()
	meets := func(what string, who ecluse.Actor, wish ecluse.CampaignWish, want int) {
		t.Helper()
		plan := must(w.PlanCampaign(w.ctx, who, wish))
		if got := plan.Total.Of(store.CampaignAsked); got != want {
			t.Errorf("%s: %d people, want %d", what, got, want)
		}
	}
	meets("pupils of the collège", w.as(head), w.wish(school.Pupil), 2)
	meets("pupils of the département", w.office(), w.wish(school.Pupil), 3)
	one := w.wish(school.Head, school.Pupil)
	one.Territory = "FR/13/079/C01"
	meets("a circonscription", w.office(), one, 2)
	class := w.wish(school.Pupil, school.Guardian, school.Teacher)
	class.Class = message.ClassID(1)
	meets("a class with its guardians and teachers", w.as(head), class, 4)
	list := w.wish(school.Pupil, school.Teacher)
	list.Logins = []string{"Pupil.A", "nadia", "nobody", "pupil.a"}
	meets("a list", w.as(head), list, 2)
	if plan := must(w.PlanCampaign(w.ctx, w.as(ecoleHead), list)); len(plan.Unknown) != 3 {
		t.Errorf("not in the école are %q", plan.Unknown)
	}
	list.Logins = []string{}
	meets("an empty list", w.as(head), list, 0)

	for what, c := range map[string]struct {
		who  ecluse.Actor
		wish ecluse.CampaignWish
		kind fault.Kind
	}{
		"a teacher":       {w.as(teacher), w.wish(school.Pupil), fault.Denied},
		"another school":  {w.as(ecoleHead), ecluse.CampaignWish{Territory: "FR/13/079", Roles: school.Everyone, Since: w.Now()}, fault.NotFound},
		"no role":         {w.as(head), w.wish(), fault.Invalid},
		"a date to come":  {w.as(head), ecluse.CampaignWish{Roles: school.Everyone, Since: w.Now().Add(time.Hour)}, fault.Invalid},
		"nobody to ask":   {w.as(head), list, fault.Invalid},
		"nothing chosen":  {w.as(head), ecluse.CampaignWish{}, fault.Invalid},
		"not proved anew": {w.stale(), w.wish(school.Pupil), fault.Unproved},
	} {
		if _, err := w.StartCampaign(w.ctx, c.who, c.wish); !fault.Is(err, c.kind) {
			t.Errorf("%s: %v", what, err)
		}
	}
}

// stale is the head in a session whose proof is old.
func (w *world) stale() ecluse.Actor {
	w.Helper()
	who := must(w.signIn("head").As(head))
	who.Proved = w.Now().Add(-time.Hour)
	return who
}

// TestACampaignGoesOn: cut short and taken up on two nodes at once, a campaign asks
// everybody once.
func TestACampaignGoesOn(t *testing.T) { storetest.EachDatabase(t, testCampaignGoesOn) }

func testCampaignGoesOn(t *testing.T, db string) {
	w := newWorld(t, db, "2024-03-29T10:00:00")
	w.must(w.Import(w.ctx, crowd(w.Now(), must(w.Hash(w.ctx, password)), 3, 1200)))
	w.later()
	id := must(w.StartCampaign(w.ctx, w.office(), w.wish(school.Pupil)))
	w.must(ecluse.StepCampaign(w.ctx, w.App, id))
	half := must(w.Campaign(w.ctx, w.office(), id)).Sum()
	if half.Asked == 0 || half.Asked >= 3600 {
		t.Fatalf("one step asked %d people", half.Asked)
	}
	other := must(ecluse.Open(w.ctx, ecluse.Options{Database: db, Clock: w.clock}))
	defer other.Close()
	done := make(chan error, 2)
	for _, app := range []*ecluse.App{w.App, other} {
		go func() { done <- app.RunCampaigns(w.ctx) }()
	}
	w.must(<-done)
	w.must(<-done)
	view := must(w.Campaign(w.ctx, w.office(), id))
	if sum := view.Sum(); sum.Asked != 3603 || sum.Waiting != 3603 || view.Finished.IsZero() {
		t.Errorf("in the end: %+v", sum)
	}
	w.must(w.RunCampaigns(w.ctx))
	entries := 0
	for n := range 3 {
		for _, e := range must(w.Journaled(w.ctx, journal.Log(crowded(n)))) {
			if e.Verb == "campaign.ask" {
				entries++
			}
		}
	}
	if entries != 9 {
		t.Errorf("the journal tells of %d steps, want 9", entries)
	}
}

// crowded is the code of one of the schools of a crowd.
func crowded(n int) school.UAI {
	number := 790100 + n
	return school.UAI(fmt.Sprintf("%07d%c", number, "ABCDEFGHJKLMNPRSTUVWXYZ"[number%23]))
}

// crowd is a roster of schools full of pupils who share a hash.
func crowd(now time.Time, hash string, schools, pupils int) (r ecluse.Roster) {
	for s := range schools {
		r.Schools = append(r.Schools, ecluse.SchoolEntry{School: school.School{
			UAI: crowded(s), Name: fmt.Sprintf("École %d", s), Degree: school.First, Parent: "FR/13/079/C01", Zone: "Europe/Paris", Calendar: "079"}})
		for p := range pupils {
			id := account.PersonID(1000 + s*pupils + p)
			r.People = append(r.People, account.Person{ID: id, Login: fmt.Sprintf("crowd.%d", id), First: "P", Last: "Foule"})
			r.Credentials = append(r.Credentials, account.Credential{Person: id, Hash: hash, Changed: now})
			r.Members = append(r.Members, account.Membership{School: crowded(s), ID: account.MemberID(id), Person: id, Role: school.Pupil})
		}
	}
	return r
}

// BenchmarkCampaign starts one over 330 schools and 100,000 accounts, all of them
// signed in, and asks everybody.
func BenchmarkCampaign(b *testing.B) {
	for name, db := range map[string]func(testing.TB) string{"sqlite": storetest.SQLite, "postgres": storetest.Postgres} {
		b.Run(name, func(b *testing.B) {
			for b.Loop() {
				b.StopTimer()
				app, who, wish := benchedCampaign(b, db(b))
				b.StartTimer()
				id := must(app.StartCampaign(b.Context(), who, wish))
				if err := app.RunCampaigns(b.Context()); err != nil {
					b.Fatal(err)
				}
				b.StopTimer()
				if got := must(app.Campaign(b.Context(), who, id)).Sum().Waiting; got != 99_990 {
					b.Fatalf("%d people were asked", got)
				}
				app.Close()
				b.StartTimer()
			}
		})
	}
}

// benchedCampaign is a département of 330 schools whose 99,990 pupils are signed in.
func benchedCampaign(b *testing.B, db string) (*ecluse.App, ecluse.Actor, ecluse.CampaignWish) {
	b.Helper()
	ctx := b.Context()
	now := clock.Manual(paris("2024-03-29T10:00:00"))
	app := must(ecluse.Open(ctx, ecluse.Options{Database: db, Clock: now, Log: slog.New(slog.DiscardHandler)}))
	r := crowd(now.Now(), "$argon2id$", 330, 303)
	r.People = append(r.People, account.Person{ID: 20, Login: "dsden"})
	r.Offices = []account.Office{{Person: 20, Territory: "FR/13/079", Title: "DSDEN"}}
	if err := app.Import(ctx, r); err != nil {
		b.Fatal(err)
	}
	below := must(store.Open(ctx, db, store.Options{}))
	defer below.Close()
	err := below.Write(ctx, func(tx *store.Tx) error {
		for _, p := range r.People {
			_, digest := account.NewToken()
			s := account.Session{Digest: digest, Person: p.ID, Created: now.Now(), Seen: now.Now(), Expires: now.Now().Add(time.Hour)}
			if err := tx.AddSession(s); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		b.Fatal(err)
	}
	now.Set(now.Now().Add(time.Minute))
	visit := must(app.VisitOf(ctx, "dsden"))
	return app, must(visit.For("FR/13/079")), ecluse.CampaignWish{Roles: school.RolesOf(school.Pupil), Since: now.Now()}
}
