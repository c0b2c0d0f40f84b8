package ecluse_test

import (
	"context"
	"database/sql"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/ecluse-ecole/ecluse"
	"github.com/ecluse-ecole/ecluse/internal/account"
	"github.com/ecluse-ecole/ecluse/internal/fault"
	"github.com/ecluse-ecole/ecluse/internal/order"
	"github.com/ecluse-ecole/ecluse/internal/store/storetest"
)

// signers are people with a place in an authority, beside "dsden".
var signers = map[string]account.Office{
	"dsden.b":  {Person: 21, Territory: "FR/13/079", Title: "Secrétariat général"},
	"rectorat": {Person: 22, Territory: "FR/13", Title: "Rectorat"},
	"ien":      {Person: 23, Territory: "FR/13/079/C01", Title: "Inspection"},
	"deux":     {Person: 24, Territory: "FR/13/080", Title: "DSDEN voisine"},
}

// newOffices is a world in which an order for more than one school needs so many
// signatures, and several people may give one.
func newOffices(t *testing.T, db, at string, signatures int, orders ...string) *world {
	t.Helper()
	w := newWorldSigned(t, db, at, signatures, orders...)
	r := ecluse.Roster{}
	hash := must(w.Hash(w.ctx, password))
	for login, o := range signers {
		r.People = append(r.People, account.Person{ID: o.Person, Login: login, First: "S", Last: login, Language: "fr"})
		r.Credentials = append(r.Credentials, account.Credential{Person: o.Person, Hash: hash, Changed: w.Now()})
		r.Offices = append(r.Offices, o)
	}
	w.must(w.Import(w.ctx, r))
	return w
}

// signer is the actor of one of signers.
func (w *world) signer(login string) ecluse.Actor {
	w.Helper()
	return must(must(w.VisitOf(w.ctx, login)).For(signers[login].Territory))
}

func (w *world) propose(text string) int64 {
	w.Helper()
	return must(w.ProposeOrder(w.ctx, w.office(), parse(w.T, text)))
}

func (w *world) sign(login string, id int64) (bool, error) {
	return w.SignProposal(w.ctx, w.signer(login), id)
}

// stands fails unless a proposal is where it should be.
func (w *world) stands(id int64, want ecluse.ProposalState) ecluse.Ballot {
	w.Helper()
	b := must(w.Ballot(w.ctx, w.office(), id))
	if b.State != want {
		w.Errorf("the proposal is %d, want %d", b.State, want)
	}
	return b
}

func TestASecondSignatureIssues(t *testing.T) { storetest.EachDatabase(t, testASecondSignatureIssues) }

func testASecondSignatureIssues(t *testing.T, db string) {
	w := newOffices(t, db, "2024-03-29T20:00:00", 2)
	o := parse(t, secondLetter)
	w.refused("issuing alone", fault.Denied, w.IssueOrder(w.ctx, w.office(), o))
	id := w.propose(secondLetter)
	w.openFor(teacher, to(staff)) // proposing closes nothing
	if must(w.Stored(w.ctx, o.ID)) {
		t.Fatal("one signature issued the order")
	}
	b := w.stands(id, ecluse.ProposalWaiting)
	if !b.Mine || b.Yours || b.Holders != 3 || b.Needs != 2 || len(b.Signatures) != 1 || b.Schools != 1 || b.People != 7 {
		t.Errorf("the author sees mine %v, sign %v, %d holders, %d needed, %d signatures, %d schools, %d people", b.Mine, b.Yours, b.Holders, b.Needs, len(b.Signatures), b.Schools, b.People)
	}
	_, err := w.SignProposal(w.ctx, w.office(), id)
	w.refused("the author again", fault.Denied, err)
	w.openFor(teacher, to(staff))
	if n := must(w.ToSign(w.ctx, w.signer("dsden.b"))); n != 1 {
		t.Errorf("%d wait for the second signature, want 1", n)
	}

	if issued, err := w.sign("dsden.b", id); !issued || err != nil {
		t.Fatalf("the second signature: issued %v (%v)", issued, err)
	}
	w.closedFor(teacher, to(staff))
	v := must(w.Order(o.ID, "Europe/Paris"))
	if v.Digest() != o.Digest() || v.State != order.InForce {
		t.Errorf("issued: %s, %v; proposed: %s", v.Digest(), v.State, o.Digest())
	}
	w.stands(id, ecluse.ProposalIssued)
	_, err = w.sign("rectorat", id)
	w.refused("a third signature", fault.Conflict, err)
	said := ""
	for _, e := range must(w.Journaled(w.ctx, "FR/13/079")) {
		said += e.Verb + ": " + e.Subject + " " + e.Detail + "\n"
	}
	for _, want := range []string{"order.propose: FR/13/079/2024-0002 " + o.Digest(), "order.sign: FR/13/079/2024-0002",
		"order.issue: FR/13/079/2024-0002 " + o.Digest() + " signed by person 20 for FR/13/079, person 21 for FR/13/079"} {
		if !strings.Contains(said, want) {
			t.Errorf("the journal does not say %q:\n%s", want, said)
		}
	}
}

// TestASignatureIsProved: who signs, refuses or proposes has lately proved who
// they are, in a session that still stands. A session that was left open, or stolen,
// signs nothing; who has no password here proves it with what they have.
func TestASignatureIsProved(t *testing.T) { storetest.EachDatabase(t, testASignatureIsProved) }

func testASignatureIsProved(t *testing.T, db string) {
	w := newOffices(t, db, "2024-03-29T10:00:00", 2)
	id := w.propose(secondLetter)
	entered := w.enter("dsden.b", "")
	signer := func() ecluse.Actor {
		w.Helper()
		return must(must(w.Visit(w.ctx, entered.From(atHome))).For("FR/13/079"))
	}
	w.clock.Set(w.Now().Add(15 * time.Minute))
	_, err := w.SignProposal(w.ctx, signer(), id)
	w.refused("signing without a proof", fault.Unproved, err)
	w.refused("refusing without a proof", fault.Unproved, w.RefuseProposal(w.ctx, signer(), id, "Non."))
	_, err = w.ProposeOrder(w.ctx, signer(), parse(t, strings.Replace(secondLetter, "2024-0002", "2024-0003", 1)))
	w.refused("proposing without a proof", fault.Unproved, err)

	entered = must(w.ProvePassword(w.ctx, entered.From(atHome), password))
	before := signer()
	w.must(w.EndSession(w.ctx, before, before.Session))
	_, err = w.SignProposal(w.ctx, before, id)
	w.refused("signing in a session that has ended", fault.SignedOut, err)
	entered = w.enter("dsden.b", "")
	if issued, err := w.SignProposal(w.ctx, signer(), id); !issued || err != nil {
		t.Errorf("after a proof: issued %v (%v)", issued, err)
	}
}

func TestWhoMaySign(t *testing.T) { storetest.EachDatabase(t, testWhoMaySign) }

func testWhoMaySign(t *testing.T, db string) {
	w := newOffices(t, db, "2024-03-29T20:00:00", 3)
	id := w.propose(secondLetter)
	for _, login := range []string{"ien", "deux"} { // below, and beside
		_, err := w.sign(login, id)
		w.refused(login+" signs", fault.NotFound, err)
		w.refused(login+" refuses", fault.NotFound, w.RefuseProposal(w.ctx, w.signer(login), id, "Non."))
		if list := must(w.Proposals(w.ctx, w.signer(login))); len(list) != 0 {
			t.Errorf("%s sees %d proposals", login, len(list))
		}
	}
	_, err := w.SignProposal(w.ctx, w.as(head), id)
	w.refused("a head signs", fault.NotFound, err)
	_, err = w.SignProposal(w.ctx, w.as(teacher), id)
	w.refused("a teacher signs", fault.Denied, err)
	_, err = w.ProposeOrder(w.ctx, w.as(head), parse(t, secondLetter))
	w.refused("a head proposes for the département", fault.Denied, err)
	gone := w.signer("dsden.b")
	if issued, err := w.sign("dsden.b", id); issued || err != nil {
		t.Fatalf("two of three: issued %v (%v)", issued, err)
	}
	_, err = w.SignProposal(w.ctx, gone, id)
	w.refused("the same person again", fault.Denied, err)
	w.must(w.RemoveOffice(w.ctx, 21, "FR/13/079"))
	if issued, err := w.sign("rectorat", id); issued || err != nil {
		t.Fatalf("with a signature of who left: issued %v (%v)", issued, err)
	}
	other := must(w.ProposeOrder(w.ctx, w.office(), parse(t, strings.Replace(secondLetter, "2024-0002", "2024-0003", 1))))
	_, err = w.SignProposal(w.ctx, gone, other)
	w.refused("who left meanwhile", fault.Denied, err)
}

// TestTwoSignAtOnce: of two who sign at the same instant the later one issues.
func TestTwoSignAtOnce(t *testing.T) { storetest.EachDatabase(t, testTwoSignAtOnce) }

func testTwoSignAtOnce(t *testing.T, db string) {
	w := newOffices(t, db, "2024-03-29T20:00:00", 3)
	id := w.propose(secondLetter)
	var both sync.WaitGroup
	var mu sync.Mutex
	issued := 0
	for _, login := range []string{"dsden.b", "rectorat"} {
		who := w.signer(login)
		both.Go(func() {
			done, err := w.SignProposal(w.ctx, who, id)
			mu.Lock()
			defer mu.Unlock()
			if err != nil {
				t.Error(err)
			}
			if done {
				issued++
			}
		})
	}
	both.Wait()
	w.stands(id, ecluse.ProposalIssued)
	if issued != 1 {
		t.Errorf("issued %d times", issued)
	}
	w.closedFor(teacher, to(staff))
}

func TestAProposalComesToNothing(t *testing.T) {
	storetest.EachDatabase(t, testAProposalComesToNothing)
}

func testAProposalComesToNothing(t *testing.T, db string) {
	w := newOffices(t, db, "2024-03-29T20:00:00", 2)
	number := func(n string) string { return strings.Replace(secondLetter, "2024-0002", n, 1) }
	refusedOne, withdrawn, late := w.propose(number("2024-0002")), w.propose(number("2024-0003")), w.propose(number("2024-0004"))
	short := w.propose(strings.Replace(number("2024-0005"), "from: 2024-03-29T00:00", "from: 2024-03-29T00:00\nuntil: 2024-03-29T23:00", 1))
	if got := w.NextOrderID("FR/13/079"); got != "FR/13/079/2024-0006" {
		t.Errorf("the next number is %s", got)
	}
	_, err := w.ProposeOrder(w.ctx, w.office(), parse(t, number("2024-0003")))
	w.refused("a number that is taken", fault.Conflict, err)

	b := w.signer("dsden.b")
	w.refused("without a reason", fault.Invalid, w.RefuseProposal(w.ctx, b, refusedOne, " "))
	w.must(w.RefuseProposal(w.ctx, b, refusedOne, "Trop large."))
	if p := w.stands(refusedOne, ecluse.ProposalRefused); p.End.Reason != "Trop large." || p.End.By != 21 {
		t.Errorf("refused: %+v", p.End)
	}
	w.refused("another's", fault.Denied, w.WithdrawProposal(w.ctx, b, withdrawn))
	w.must(w.WithdrawProposal(w.ctx, w.office(), withdrawn))
	w.at("2024-03-29T22:59:59").stands(short, ecluse.ProposalWaiting)
	w.at("2024-03-29T23:00:00").stands(short, ecluse.ProposalExpired)
	w.at("2024-03-30T19:59:59").stands(late, ecluse.ProposalWaiting)
	w.at("2024-03-30T20:00:00").stands(late, ecluse.ProposalExpired)
	for what, id := range map[string]int64{"refused": refusedOne, "withdrawn": withdrawn, "expired": late, "over": short} {
		_, err := w.sign("rectorat", id)
		w.refused("signing what is "+what, fault.Conflict, err)
	}
	if list := must(w.Proposals(w.ctx, b)); len(list) != 4 {
		t.Errorf("%d proposals are listed as failed, want 4", len(list))
	}
	if views := w.OrdersOf("FR/13/079", "Europe/Paris"); len(views) != 0 {
		t.Errorf("%d orders were issued", len(views))
	}
	if n := must(w.ToSign(w.ctx, b)); n != 0 {
		t.Errorf("%d wait for a signature", n)
	}
}

// TestLooserIsRefusedAtBothSteps: an order of a level above that came meanwhile
// counts for who signs.
func TestLooserIsRefusedAtBothSteps(t *testing.T) {
	storetest.EachDatabase(t, testLooserIsRefusedAtBothSteps)
}

const ofTheAcademy = `
order: FR/13/2024-0001
issuer: FR/13
type: issue
title: Fermeture de nuit
applies: {territory: FR/13}
from: 2024-03-29T00:00
rules:
  - {roles: [everyone], hours: "08:00-12:00"}
reason: Essai.
contact: {office: Rectorat, phone: "05 36 49 00 00"}
`

func testLooserIsRefusedAtBothSteps(t *testing.T, db string) {
	w := newOffices(t, db, "2024-03-29T10:00:00", 2)
	id := w.propose(secondLetter)
	w.adopt(ofTheAcademy)
	_, err := w.sign("dsden.b", id)
	w.refused("signing what became looser", fault.Invalid, err)
	w.stands(id, ecluse.ProposalWaiting)
	_, err = w.ProposeOrder(w.ctx, w.office(), parse(t, strings.Replace(secondLetter, "2024-0002", "2024-0003", 1)))
	w.refused("proposing what is looser", fault.Invalid, err)
}

func TestWhatNeedsASecondSignature(t *testing.T) {
	w := newOffices(t, storetest.SQLite(t), "2024-03-29T20:00:00", 2, secondLetter)
	own := parse(t, ofTheSchool)
	w.must(w.IssueOrder(w.ctx, w.as(head), own)) // one school's
	_, err := w.ProposeOrder(w.ctx, w.as(head), own)
	w.refused("proposing what needs none", fault.Invalid, err)
	for applies, want := range map[string]int{
		"{territory: FR/13/079/0799002F}": 1, "{territory: FR/13/079}": 2, "{territory: FR/13/079/C01}": 2, "{territory: FR/13/079/C01/0799001E}": 1,
	} {
		o := parse(t, strings.Replace(secondLetterNow, "{territory: FR/13/079, degrees: [second]}", applies, 1))
		if got := w.Signatures(o); got != want {
			t.Errorf("%s needs %d signatures, want %d", applies, got, want)
		}
	}
	o := *own
	o.Type, o.References = order.Update, []order.ID{theClosing}
	if got := w.Signatures(&o); got != 2 {
		t.Errorf("replacing the département's order needs %d signatures", got)
	}
	lift := order.Order{Type: order.Cancel, Issuer: "FR/13/079", References: []order.ID{theClosing}}
	if got := w.Signatures(&lift); got != 2 {
		t.Errorf("lifting the département's order needs %d signatures", got)
	}
	if s := must(w.Signing(w.ctx, &lift)); s.Holders != 3 {
		t.Errorf("%d people may sign, want 3", s.Holders)
	}
}

// TestSignedIsInForce: whenever who signs last leaves, the order is in force at
// once or was never issued, and what was signed is what is issued.
func TestSignedIsInForce(t *testing.T) {
	w := newOffices(t, storetest.SQLite(t), "2024-03-29T20:00:00", 2)
	id := w.propose(secondLetter)
	who := w.signer("dsden.b")
	for patience := range 200 {
		inner, end := context.WithCancel(w.ctx)
		ctx := &hasty{Context: inner, end: end}
		ctx.asked.Store(int64(patience))
		_, err := w.SignProposal(ctx, who, id)
		end()
		stored := must(w.Stored(w.ctx, theClosing))
		if _, unknown := w.Order(theClosing, "Europe/Paris"); stored != (unknown == nil) {
			t.Fatalf("leaving after %d questions: stored %v, known %v (%v)", patience, stored, unknown == nil, err)
		}
		if stored {
			w.stands(id, ecluse.ProposalIssued)
			return
		}
	}
	t.Error("it was never issued")
}

// TestATextThatWasChanged: who can write to the database cannot have another
// order issued than the one that was signed.
func TestATextThatWasChanged(t *testing.T) {
	w := newOffices(t, storetest.SQLite(t), "2024-03-29T20:00:00", 2)
	id := w.propose(secondLetter)
	db := must(sql.Open("sqlite", w.db))
	defer db.Close()
	other := parse(t, strings.Replace(secondLetter, "07:00-19:00", "07:00-23:00", 1))
	if _, err := db.Exec("UPDATE proposed_order SET body = $1", other.Encode()); err != nil {
		t.Fatal(err)
	}
	if issued, err := w.sign("dsden.b", id); issued || err == nil {
		t.Errorf("issued %v (%v)", issued, err)
	}
	if must(w.Stored(w.ctx, theClosing)) {
		t.Error("a changed text was issued")
	}
}

// TestSigningOnANodeThatLags: a node that has not heard yet of an order above
// lets nobody sign what that order forbids.
func TestSigningOnANodeThatLags(t *testing.T) {
	storetest.EachDatabase(t, testSigningOnANodeThatLags)
}

func testSigningOnANodeThatLags(t *testing.T, db string) {
	w := newOffices(t, db, "2024-03-29T10:00:00", 2)
	id := w.propose(secondLetter)
	other := &world{T: t, ctx: w.ctx, clock: w.clock, db: db, signatures: 2}
	other.open()
	defer other.App.Close()
	w.adopt(ofTheAcademy)
	issued, err := other.sign("dsden.b", id)
	w.refused("signing by older orders", fault.Invalid, err)
	if issued || must(w.Stored(w.ctx, theClosing)) {
		t.Error("an order looser than one above was issued")
	}
}
