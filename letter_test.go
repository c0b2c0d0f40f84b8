package ecluse_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/ecluse-ecole/ecluse"
	"github.com/ecluse-ecole/ecluse/internal/account"
	"github.com/ecluse-ecole/ecluse/internal/fault"
	"github.com/ecluse-ecole/ecluse/internal/journal"
	"github.com/ecluse-ecole/ecluse/internal/order"
	"github.com/ecluse-ecole/ecluse/internal/school"
	"github.com/ecluse-ecole/ecluse/internal/store"
	"github.com/ecluse-ecole/ecluse/internal/store/storetest"
)

const (
	aboutFirst  = "FR/13/079/2024-0001"
	aboutSecond = "FR/13/079/2024-0002"
)

// lines is what the tests write to people.
func lines(s ecluse.NoticedSchool) (fr, en store.MailText) {
	return store.MailText{Subject: "À " + s.School.Name, Body: "Bonjour."}, store.MailText{Subject: "To " + s.School.Name, Body: "Hello."}
}

func TestPeopleAreTold(t *testing.T) { storetest.EachDatabase(t, testPeopleAreTold) }

func testPeopleAreTold(t *testing.T, db string) {
	w := newMailWorld(t, db, "2024-03-29T10:00:00", firstLetter, secondLetter)
	tell := func(who ecluse.Actor, id string, roles ...school.Role) (int, error) {
		return w.SendNotice(w.ctx, who, order.ID(id), school.RolesOf(roles...), lines)
	}
	if n := must(tell(w.as(head), aboutSecond, school.Guardian)); n != 1 {
		t.Errorf("the head told %d guardians, want Karim", n)
	}
	for _, who := range []ecluse.Actor{w.as(head), w.office()} {
		if _, err := tell(who, aboutSecond, school.Guardian); !fault.Is(err, fault.Invalid) {
			t.Errorf("a second time: %v", err)
		}
	}
	must(tell(w.office(), aboutSecond, school.Guardian, school.Teacher)) // the teachers have not had it
	must(tell(w.office(), aboutFirst, school.Guardian))                  // at the école, about its own order
	if _, err := tell(w.as(head), aboutFirst, school.Guardian); err == nil {
		t.Error("a head writes to the families of another school")
	}
	if _, err := tell(w.as(teacher), aboutSecond, school.Guardian); !fault.Is(err, fault.Denied) {
		t.Errorf("a teacher writes: %v", err)
	}
	w.must(w.SendMail(w.ctx))
	w.expect("told", map[string]int{"karim@famille.example": 2, "nadia@college.example": 1, "dasen@dsden.example": 1})
	letter := w.relay.To("nadia@college.example")[0]
	if letter.Subject() != "À Collège de la Boutonne" || letter.Header.Get("List-Unsubscribe") != "<https://ecluse.example/account>" {
		t.Errorf("the letter is %q", letter.Raw)
	}
	plan := must(w.NoticePlan(w.ctx, w.as(head), aboutSecond))
	if s := plan.Schools[0]; len(plan.Schools) != 1 || s.Sent != school.RolesOf(school.Guardian, school.Teacher) || s.Without[school.Pupil] != 2 {
		t.Errorf("the plan says %+v", plan.Schools)
	}
}

// TestAStolenSessionWritesToNobody: letters to many ask for a proof that is fresh.
func TestAStolenSessionWritesToNobody(t *testing.T) {
	w := newMailWorld(t, storetest.SQLite(t), "2024-03-29T10:00:00", withCopies, secondLetter)
	w.must(w.PutCorrespondent(w.ctx, w.office(), store.Correspondent{Name: "Mairies", Email: "mairie@peupliers.example"}))
	at := func(who ecluse.Actor, proved string) ecluse.Actor {
		who.Session, who.Proved = [32]byte{1}, paris(proved)
		return who
	}
	families := func(proved string) error {
		_, err := w.SendNotice(w.ctx, at(w.as(head), proved), aboutSecond, school.RolesOf(school.Guardian), lines)
		return err
	}
	copies := func(proved string) error {
		_, err := w.SendCopies(w.ctx, at(w.office(), proved), aboutFirst, func(ecluse.Copy) store.MailText { return store.MailText{Subject: "Copie"} })
		return err
	}
	for what, send := range map[string]func(string) error{"families": families, "copies": copies} {
		if err := send("2024-03-29T09:44:00"); !fault.Is(err, fault.Unproved) {
			t.Errorf("%s: %v", what, err)
		}
		if err := send("2024-03-29T09:46:00"); err != nil {
			t.Errorf("%s, proved a moment ago: %v", what, err)
		}
	}
}

// TestWhatIsUrgentLeavesFirst: a signature does not wait behind the families.
func TestWhatIsUrgentLeavesFirst(t *testing.T) {
	storetest.EachDatabase(t, testWhatIsUrgentLeavesFirst)
}

func testWhatIsUrgentLeavesFirst(t *testing.T, db string) {
	w := newMailWorld(t, db, "2024-03-29T10:00:00", secondLetter)
	must(w.SendNotice(w.ctx, w.as(head), aboutSecond, school.RolesOf(school.Guardian), lines))
	w.at("2024-03-29T10:01:00")
	w.must(w.SetProducts(w.ctx, w.as(head), []string{"pronote"}))
	must(w.RemindNow(w.ctx, w.office(), aboutSecond))
	w.must(w.SendMail(w.ctx))
	letters := w.relay.Letters()
	if len(letters) < 2 || letters[len(letters)-1].To != "karim@famille.example" {
		t.Errorf("%d letters, and the last is not the family's", len(letters))
	}
}

func TestNoFamilyIsToldOfAnExercise(t *testing.T) {
	exercise := strings.Replace(secondLetter, "status: actual", "status: exercise", 1)
	w := newMailWorld(t, storetest.SQLite(t), "2024-03-29T10:00:00", exercise)
	if _, err := w.SendNotice(w.ctx, w.as(head), aboutSecond, school.RolesOf(school.Guardian), lines); !fault.Is(err, fault.Invalid) {
		t.Errorf("an exercise: %v", err)
	}
}

// TestManyFamilies: ten thousand are queued in a second or so; the bound is for a machine that is busy.
func TestManyFamilies(t *testing.T) { storetest.EachDatabase(t, testManyFamilies) }

func testManyFamilies(t *testing.T, db string) {
	w := newMailWorld(t, db, "2024-03-29T10:00:00", secondLetter)
	const n = 10_000
	r := ecluse.Roster{Emails: map[account.PersonID]string{}}
	for i := range n {
		p := account.PersonID(1000 + i)
		r.People = append(r.People, account.Person{ID: p, Login: fmt.Sprint("g", i), First: "P", Last: "N", Language: "fr"})
		r.Members = append(r.Members, account.Membership{School: college, ID: account.MemberID(1000 + i), Person: p, Role: school.Guardian})
		r.Emails[p] = fmt.Sprintf("g%d@famille.example", i)
	}
	w.must(w.Import(w.ctx, r))
	began := time.Now()
	if got := must(w.SendNotice(w.ctx, w.as(head), aboutSecond, school.RolesOf(school.Guardian), lines)); got != n+1 {
		t.Errorf("%d addresses, want %d", got, n+1)
	}
	if took := time.Since(began); took > time.Minute {
		t.Errorf("queued in %s", took)
	} else {
		t.Logf("%d families queued in %s", n, took)
	}
}

const withCopies = firstLetter + "copies: [\"Préfecture des Deux-Sèvres\", Mairies, Conseil départemental]\n"

func TestCopies(t *testing.T) { storetest.EachDatabase(t, testCopies) }

func testCopies(t *testing.T, db string) {
	w := newMailWorld(t, db, "2024-03-29T10:00:00", withCopies)
	for _, c := range []store.Correspondent{
		{Name: "préfecture  des Deux-Sèvres", Postal: "4 rue de la Préfecture\r\n\r\n79000 NIORT", Email: "courrier@prefecture.example"},
		{Name: "Mairies", Postal: "Mairie du Port"}, {Name: "Mairies", Email: "mairie@peupliers.example"},
	} {
		w.must(w.PutCorrespondent(w.ctx, w.office(), c))
	}
	for _, c := range []store.Correspondent{{Name: "X"}, {Postal: "rue"}, {Name: "X", Email: "a b"}, {Name: strings.Repeat("x", 121), Postal: "rue"}} {
		if err := w.PutCorrespondent(w.ctx, w.office(), c); !fault.Is(err, fault.Invalid) {
			t.Errorf("%+v: %v", c, err)
		}
	}
	if _, err := w.Correspondents(w.ctx, w.as(head)); !fault.Is(err, fault.Denied) {
		t.Errorf("a head reads the office's book: %v", err)
	}
	c := must(w.Copies(w.ctx, w.office(), aboutFirst))
	if len(c.Letters) != 4 || c.ToSend != 2 || c.Unknown != 1 || c.Letters[0].To.Postal != "4 rue de la Préfecture\n79000 NIORT" {
		t.Errorf("the letters: %+v", c)
	}
	words := func(l ecluse.Copy) store.MailText { return store.MailText{Subject: "Copie", Body: l.Named} }
	if n := must(w.SendCopies(w.ctx, w.office(), aboutFirst, words)); n != 2 {
		t.Errorf("%d letters", n)
	}
	if _, err := w.SendCopies(w.ctx, w.office(), aboutFirst, words); !fault.Is(err, fault.Invalid) {
		t.Errorf("a second time: %v", err)
	}
	w.must(w.PrintCopies(w.ctx, w.office(), aboutFirst))
	w.must(w.SendMail(w.ctx))
	w.expect("copies", map[string]int{"courrier@prefecture.example": 1, "mairie@peupliers.example": 1})
	if c = must(w.Copies(w.ctx, w.office(), aboutFirst)); len(c.Printed) != 1 || c.ToSend != 0 || c.Letters[0].Sent.IsZero() {
		t.Errorf("after sending and printing: %+v", c)
	}
	book := must(w.Correspondents(w.ctx, w.office()))
	w.must(w.RemoveCorrespondent(w.ctx, w.office(), book[0].ID))
	if err := w.RemoveCorrespondent(w.ctx, w.office(), book[0].ID); !fault.Is(err, fault.NotFound) {
		t.Errorf("removed twice: %v", err)
	}
	entries := must(w.Journaled(w.ctx, "FR/13/079"))
	if !slices.ContainsFunc(entries, func(e journal.Entry) bool { return e.Verb == "letter.print" && e.Detail == "4 letters" }) {
		t.Errorf("the journal has %+v", entries)
	}
}

// TestALiftGoesToTheSame: who got a copy of the order learns of its end.
func TestALiftGoesToTheSame(t *testing.T) {
	lift := `
order: FR/13/079/2024-0003
issuer: FR/13/079
status: actual
type: cancel
references: [FR/13/079/2024-0001]
title: Fin de la fermeture
from: 2024-04-02T00:00
reason: Les comptes sont sécurisés.
contact: {office: Cabinet du DASEN, phone: "05 36 49 00 00"}
`
	w := newMailWorld(t, storetest.SQLite(t), "2024-03-29T10:00:00", withCopies, lift)
	c := must(w.Copies(w.ctx, w.office(), "FR/13/079/2024-0003"))
	if len(c.Letters) != 3 || c.Lifts == nil || c.Lifts.Title != "Fermeture dans les écoles" {
		t.Errorf("the letters of the lift: %+v", c)
	}
	plan := must(w.NoticePlan(w.ctx, w.office(), "FR/13/079/2024-0003"))
	if len(plan.Schools) != 1 || plan.Schools[0].School.UAI != ecole {
		t.Errorf("families told of the lift: %+v", plan.Schools)
	}
}
