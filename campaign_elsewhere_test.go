package ecluse_test

import (
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/ecluse-ecole/ecluse"
	"github.com/ecluse-ecole/ecluse/internal/account"
	"github.com/ecluse-ecole/ecluse/internal/fault"
	"github.com/ecluse-ecole/ecluse/internal/identity"
	"github.com/ecluse-ecole/ecluse/internal/identity/identitytest"
	"github.com/ecluse-ecole/ecluse/internal/order"
	"github.com/ecluse-ecole/ecluse/internal/school"
	"github.com/ecluse-ecole/ecluse/internal/store"
	"github.com/ecluse-ecole/ecluse/internal/store/storetest"
)

// renewedTeachers opens to teachers whose password was changed since eleven.
const renewedTeachers = `
order: FR/13/079/2024-0010
issuer: FR/13/079
status: actual
type: issue
title: Réouverture aux enseignants
applies: {territory: FR/13/079, degrees: [second]}
from: 2024-03-29T10:30
rules:
  - {roles: [teacher], hours: "07:00-22:00", require: {password_since: 2024-03-29T11:00}}
reason: Les mots de passe sont renouvelés.
contact: {office: Cabinet du DASEN, phone: "05 36 49 00 00"}
`

// TestACampaignElsewhere: whose password is a sign-in service's is signed out and
// led there, gets no slip, and is told from who never came; once they have proved
// there anew who they are, orders that ask for a new password are met.
func TestACampaignElsewhere(t *testing.T) { storetest.EachDatabase(t, testElsewhere) }

func testElsewhere(t *testing.T, db string) {
	f := newFederated(t, db)
	f.adopt(renewedTeachers)
	f.inStore(func(tx *store.Tx) error { return tx.PutCredential(account.Credential{Person: 11}) })
	f.oidc.Set(func(c *identitytest.Claims) { c.Name, c.Subject = "other", "o" })
	board := func() ecluse.SecuredPerson {
		t.Helper()
		people := must(f.Secured(f.ctx, f.as(head), time.Time{})).People
		return people[slices.IndexFunc(people, func(p ecluse.SecuredPerson) bool { return p.ID == otherTeacher })]
	}
	if p := board(); !p.Lacks.Has(ecluse.NeverActivated) {
		t.Errorf("before the first sign-in: %+v", p)
	}
	before, _ := f.comes("portal")
	if p := board(); p.Lacks.Has(ecluse.NeverActivated) || !p.Lacks.Has(ecluse.OldPassword) || p.Service != "portal" || !p.Renewed.IsZero() {
		t.Errorf("after it: %+v", p)
	}

	f.at("2024-03-29T12:00:00")
	wish := f.wish(school.Teacher)
	plan := must(f.PlanCampaign(f.ctx, f.as(head), wish))
	if plan.Total.Of(store.CampaignElsewhere) != 1 || plan.Total.Of(store.CampaignNeverActive) != 0 || plan.Asked() != 2 {
		t.Errorf("the preview: %+v", plan.Total)
	}
	id := must(f.StartCampaign(f.ctx, f.as(head), wish))
	f.must(f.RunCampaigns(f.ctx))
	if _, err := f.Halfway(f.ctx, before.Token); !fault.Is(err, fault.SignedOut) {
		t.Errorf("the session goes on: %v", err)
	}
	sum := must(f.Campaign(f.ctx, f.as(head), id)).Sum()
	if sum.Asked != 2 || sum.Waiting != 2 || sum.Others[store.CampaignElsewhere] != 1 {
		t.Errorf("the campaign: %+v", sum)
	}
	slips := must(f.PrintSlips(f.ctx, f.as(head), ecluse.SlipOrder{SlipFilter: ecluse.SlipFilter{School: college, Roles: school.RolesOf(school.Teacher), All: true}}))
	if len(slips) != 1 || slips[0].Login != "nadia" {
		t.Errorf("%d slips are printed", len(slips))
	}
	if one := f.slipFor(otherTeacher, false); one.Login != "other" {
		t.Error("who is asked for by name gets one")
	}

	f.at("2024-03-29T12:05:00")
	f.renewsThere()
	if p := board(); p.Lacks != 0 || p.Renewed.IsZero() {
		t.Errorf("after renewing there: %+v", p)
	}
	if sum := must(f.Campaign(f.ctx, f.as(head), id)).Sum(); sum.Waiting != 1 {
		t.Errorf("the campaign afterwards: %+v", sum)
	}
}

// renewsThere signs in, is led to the service, and comes back.
func (f federated) renewsThere() {
	f.Helper()
	welcome, visit := f.comes("portal")
	if welcome.Stage != account.StageRenewal || visit.Own {
		f.Fatalf("nothing is asked: stage %d", welcome.Stage)
	}
	r := f.went("portal", identity.NewSecret(), true)
	r.From.Token = welcome.Token
	proved, _, err := f.ComeBack(f.ctx, r)
	f.must(err)
	renewed := must(f.Visit(f.ctx, ecluse.Caller{Token: proved.Token, Device: "d", Address: atHome}))
	if got := f.State(must(renewed.As(otherTeacher))).Decision.Access; got != order.Write {
		f.Errorf("the order that asks for a new password gives %v", got)
	}
}

// TestRemindingOfACampaign: who has not renewed and has an address is written to
// once a day, with what they have to do; who has renewed is not.
func TestRemindingOfACampaign(t *testing.T) { storetest.EachDatabase(t, testRemindingOfACampaign) }

func testRemindingOfACampaign(t *testing.T, db string) {
	w := newMailWorld(t, db, "2024-03-29T10:00:00")
	w.must(w.Import(w.ctx, ecluse.Roster{Emails: map[account.PersonID]string{2: "b@eleve.example"}}))
	w.later()
	w.inStore(func(tx *store.Tx) error { return tx.PutCredential(account.Credential{Person: 2}) })
	w.inStore(func(tx *store.Tx) error { return tx.CameBy(2, "portal") })
	id := must(w.StartCampaign(w.ctx, w.as(head), w.wish(school.Guardian, school.Teacher, school.Pupil)))
	w.must(w.RunCampaigns(w.ctx))
	remind := func(who ecluse.Actor, want int) {
		t.Helper()
		if n, err := w.RemindCampaign(w.ctx, who, id); err != nil || n != want {
			t.Errorf("%d are reminded, want %d: %v", n, want, err)
		}
		w.must(w.SendMail(w.ctx))
	}
	remind(w.as(head), 3)
	remind(w.as(head), 0)
	want := map[string]int{"karim@famille.example": 1, "nadia@college.example": 1, "b@eleve.example": 1}
	w.expect("on the first day", want)
	here, there := w.relay.To("nadia@college.example")[0].Text(), w.relay.To("b@eleve.example")[0].Text()
	if !strings.Contains(here, "recopiez le code du billet") || strings.Contains(there, "recopiez") || !strings.Contains(there, "aucun billet") || strings.Contains(here+there, "http") {
		t.Errorf("the letters:\n%s\n%s", here, there)
	}

	must(w.renew("nadia", w.slipFor(teacher, false).Code, newPassword))
	w.at("2024-03-30T11:00:00")
	remind(w.as(head), 2)
	want["karim@famille.example"], want["b@eleve.example"] = 2, 2
	want["nadia@college.example"] = 2 // told of the new password, and reminded no more
	w.expect("on the second day", want)

	if _, err := w.RemindCampaign(w.ctx, w.as(ecoleHead), id); !fault.Is(err, fault.NotFound) {
		t.Errorf("the head of another school reminds: %v", err)
	}
	if _, err := w.RemindCampaign(w.ctx, w.as(teacher), id); !fault.Is(err, fault.Denied) {
		t.Errorf("a teacher reminds: %v", err)
	}
	w.must(w.StopCampaign(w.ctx, w.as(head), id))
	if _, err := w.RemindCampaign(w.ctx, w.as(head), id); !fault.Is(err, fault.Invalid) {
		t.Errorf("a stopped campaign reminds: %v", err)
	}
}
