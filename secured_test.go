package ecluse_test

import (
	"strings"
	"testing"
	"time"

	"github.com/ecluse-ecole/ecluse"
	"github.com/ecluse-ecole/ecluse/internal/account"
	"github.com/ecluse-ecole/ecluse/internal/enforce"
	"github.com/ecluse-ecole/ecluse/internal/fault"
	"github.com/ecluse-ecole/ecluse/internal/order"
	"github.com/ecluse-ecole/ecluse/internal/school"
	"github.com/ecluse-ecole/ecluse/internal/store/storetest"
)

// renewed opens to pupils whose password was changed since the morning.
const renewed = `
order: FR/13/079/2024-0009
issuer: FR/13/079
status: actual
type: issue
title: Réouverture aux élèves
applies: {territory: FR/13/079, degrees: [second]}
from: 2024-03-29T11:00
rules:
  - {roles: [pupil], hours: "07:00-22:00", require: {password_since: 2024-03-29T11:00}}
  - {roles: [teacher], hours: "07:00-22:00", require: {second_factor: true}}
reason: Les mots de passe sont renouvelés.
contact: {office: Cabinet du DASEN, phone: "05 36 49 00 00"}
`

// TestReopeningFollowsAtOnce: a pupil who renews a password as the order asks is
// open within a second on both nodes, and for what asks the gate as soon as what the
// account had open there was cut; and the board counts them.
func TestReopeningFollowsAtOnce(t *testing.T) { storetest.EachDatabase(t, testReopening) }

func testReopening(t *testing.T, db string) {
	w := newWorld(t, db, "2024-03-29T10:00:00", renewed)
	other := must(ecluse.Open(w.ctx, ecluse.Options{Database: db, Clock: w.clock}))
	defer other.Close()
	go w.App.Run(w.ctx)
	go other.Run(w.ctx)
	w.at("2024-03-29T12:00:00")

	welcome := w.enter("pupil.a", "")
	access := func(app *ecluse.App) order.Access {
		visit := must(app.Visit(w.ctx, welcome.From(atHome)))
		return app.State(must(visit.As(pupilA))).Decision.Access
	}
	gates := []*ecluse.Answerer{w.Answering(enforce.Point{Name: "a", Territory: "FR"}), other.Answering(enforce.Point{Name: "b", Territory: "FR"})}
	asked := func(g *ecluse.Answerer) order.Access { return g.Ask(w.ctx, enforce.Question{Login: "pupil.a"}).Access }
	for _, app := range []*ecluse.App{w.App, other} {
		if got := access(app); got != order.Closed {
			t.Fatalf("before: %v", got)
		}
	}
	for _, g := range gates {
		if got := asked(g); got != order.Closed {
			t.Fatalf("before, a point hears %v", got)
		}
	}
	if met := must(w.Secured(w.ctx, w.as(head), time.Time{})).Needs[0].Roles[school.Pupil]; met != (ecluse.Met{Meet: 0, Of: 2}) {
		t.Errorf("before, %+v meet the order", met)
	}

	visit := must(w.Visit(w.ctx, welcome.From(atHome)))
	w.must(w.ChangePassword(w.ctx, visit.Alone(), password, "sept autres mots bien choisis"))
	due := time.Now().Add(time.Second)
	for _, app := range []*ecluse.App{w.App, other} {
		until(t, due, "a node is open", func() bool { return access(app) == order.Write })
	}
	due = due.Add(3 * time.Second)
	for _, g := range gates {
		until(t, due, "a point hears that it is open", func() bool { return asked(g) == order.Write })
	}
	if met := must(other.Secured(w.ctx, w.as(head), time.Time{})).Needs[0].Roles[school.Pupil]; met != (ecluse.Met{Meet: 1, Of: 2}) {
		t.Errorf("afterwards, %+v meet the order", met)
	}
}

// until polls for what must come true before an instant.
func until(t *testing.T, due time.Time, what string, holds func() bool) {
	t.Helper()
	for !holds() {
		if time.Now().After(due) {
			t.Errorf("not in time: %s", what)
			return
		}
		time.Sleep(10 * time.Millisecond)
	}
}

func TestSecured(t *testing.T) { storetest.EachDatabase(t, testSecured) }

func testSecured(t *testing.T, db string) {
	w := newWorld(t, db, "2024-03-29T10:00:00", renewed)
	w.at("2024-03-29T12:00:00")
	w.must(w.Freeze(w.ctx, w.as(head), 2, ""))
	w.must(w.Freeze(w.ctx, w.as(head), 11, ""))
	for step := range account.GiveBackSteps {
		w.must(w.TickGiveBack(w.ctx, w.as(head), 11, step))
	}
	w.must(w.GiveBack(w.ctx, w.as(head), 11))

	s := must(w.Secured(w.ctx, w.as(head), paris("2024-03-29T08:00:00")))
	lacks := map[string]string{}
	for _, p := range s.People {
		for l := range ecluse.Lack(ecluse.LackCount) {
			if p.Lacks.Has(l) {
				lacks[personOf[p.ID]] += l.String() + " "
			}
		}
	}
	for login, want := range map[string]string{
		"pupil.a": "old-password ", "pupil.b": "old-password frozen ", "karim": "", "staff": "", "head": "",
		"nadia": "no-second-factor ", "other": "no-second-factor renewal-asked ",
	} {
		if lacks[login] != want {
			t.Errorf("%s lacks %q, want %q", login, lacks[login], want)
		}
	}
	total := s.Total()
	if total.All != 7 || total.Secured != 3 || total.Lacking[ecluse.HeldBack] != 1 || s.Asked {
		t.Errorf("in all: %+v, asked of everybody %v", total, s.Asked)
	}
	if c := s.Classes[0]; c.Pupils.All != 2 || c.Guardians.All != 1 || c.Guardians.Secured != 1 {
		t.Errorf("the class: %+v", c)
	}
	if n := s.Needs[0]; n.Roles[school.Teacher] != (ecluse.Met{Meet: 0, Of: 2}) || !n.Second || n.Since.IsZero() || n.Live {
		t.Errorf("the order needs %+v", n)
	}

	office := must(w.Secured(w.ctx, w.office(), time.Time{}))
	if len(office.Schools) != 2 || office.People != nil || office.Classes != nil || office.Families != nil {
		t.Errorf("the office reads of %d schools, %d people", len(office.Schools), len(office.People))
	}
	if all := office.Total().All; all != 11 {
		t.Errorf("the office counts %d accounts", all)
	}
	for _, m := range []school.MemberID{pupilA, guardian, teacher, staff} {
		if _, err := w.Secured(w.ctx, w.as(m), time.Time{}); !fault.Is(err, fault.Denied) {
			t.Errorf("%s reads who is secured: %v", personOf[m], err)
		}
	}
}

// TestFamilies: guardians who have no account in use, while their child's is, are
// to be invited; those who signed in once are not.
func TestFamilies(t *testing.T) { storetest.EachDatabase(t, testFamilies) }

func testFamilies(t *testing.T, db string) {
	w := newWorld(t, db, "2024-03-29T10:00:00")
	invited := func() int { return len(must(w.Secured(w.ctx, w.as(head), time.Time{})).Families) }
	if n := invited(); n != 0 {
		t.Errorf("nobody signs in, and %d are invited", n)
	}
	w.enter("pupil.a", "")
	s := must(w.Secured(w.ctx, w.as(head), time.Time{}))
	if len(s.Families) != 1 || s.Families[0].ID != guardian || s.Families[0].Classes[0] != "4e B" {
		t.Errorf("the pupil alone signs in: %+v", s.Families)
	}
	closing := parse(t, strings.ReplaceAll(renewed, ", require: {password_since: 2024-03-29T11:00}", ", outside: closed"))
	unserved := func(who ecluse.Actor) int {
		t.Helper()
		return must(w.Unserved(w.ctx, who, must(w.PreviewOrder(w.ctx, who, closing))))
	}
	if n := unserved(w.office()); n != 1 {
		t.Errorf("an order that closes pupils would leave %d without anybody who reads", n)
	}
	if _, err := w.Unserved(w.ctx, w.as(head), ecluse.Preview{Order: closing}); err == nil {
		t.Error("a head counts for an order of the office")
	}
	w.enter("karim", "")
	if n := unserved(w.office()); n != 0 {
		t.Errorf("the guardian has signed in, and %d would be left", n)
	}
	if n := invited(); n != 0 {
		t.Errorf("the guardian has signed in, and %d are invited", n)
	}
	w.at("2024-06-29T10:00:00")
	w.enter("pupil.a", "")
	if n := invited(); n != 1 {
		t.Errorf("the guardian has not signed in for a quarter, and %d are invited", n)
	}
}
