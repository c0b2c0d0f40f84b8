package ecluse_test

import (
	"context"
	"log/slog"
	"strings"
	"testing"
	"time"

	"github.com/ecluse-ecole/ecluse"
	"github.com/ecluse-ecole/ecluse/internal/account"
	"github.com/ecluse-ecole/ecluse/internal/clock"
	"github.com/ecluse-ecole/ecluse/internal/leak"
	"github.com/ecluse-ecole/ecluse/internal/message"
	"github.com/ecluse-ecole/ecluse/internal/order"
	"github.com/ecluse-ecole/ecluse/internal/order/ordertest"
	"github.com/ecluse-ecole/ecluse/internal/place"
	"github.com/ecluse-ecole/ecluse/internal/push"
	"github.com/ecluse-ecole/ecluse/internal/school"
)

// The places of the tests: an école and a collège of one département.
const (
	ecole   school.UAI = "0799001E"
	college school.UAI = "0799002F"
)

// People, by membership. Nadia teaches in both; Karim's children go to both.
const (
	pupilA   account.MemberID = iota + 1 // in the collège's class
	pupilB                               // likewise
	guardian                             // of pupilA, Karim
	teacher                              // of the class, Nadia
	staff
	head
	ecolePupil
	ecoleGuardian // Karim again
	ecoleTeacher  // Nadia again
	ecoleHead
	otherTeacher // of the collège, without a class
)

const class message.ClassID = 1

const password = "un long mot de passe"

// cheap is what a password costs in tests: a thousandth, and under the race
// detector a ten-thousandth, of what it does in earnest (see account's own tests).
var cheap = account.Cost{Memory: 64, Passes: 1}

// A world is an App on a real database with a clock that tests move.
type world struct {
	*testing.T
	*ecluse.App
	ctx   context.Context
	clock *clock.Clock
	db    string

	signatures int // that an order for more than one school needs
	mail       *ecluse.Mail
	leaked     *leak.Set
	services   []ecluse.SignInService
	places     *place.Set
	countries  []string
	push       *push.Client
	log        strings.Builder // what the program wrote into its own
}

// paris is a wall-clock reading in the schools' zone.
func paris(s string) time.Time { return ordertest.Paris(s) }

// newWorld fills an empty database; a test runs on both kinds (storetest). One
// signature issues any order: what more of them are about stands in proposal_test.go.
func newWorld(t *testing.T, db, at string, orders ...string) *world {
	t.Helper()
	return newWorldSigned(t, db, at, 1, orders...)
}

func newWorldSigned(t *testing.T, db, at string, signatures int, orders ...string) *world {
	t.Helper()
	w := &world{T: t, ctx: t.Context(), clock: clock.Manual(paris(at)), db: db, signatures: signatures}
	w.open()
	t.Cleanup(func() { w.App.Close() })
	if err := w.Import(w.ctx, roster(t, w)); err != nil {
		t.Fatal(err)
	}
	w.adopt(orders...)
	return w
}

func (w *world) open() {
	w.Helper()
	app, err := ecluse.Open(w.ctx, ecluse.Options{
		Database: w.db, Clock: w.clock, Log: slog.New(slog.NewTextHandler(&w.log, nil)), Signatures: w.signatures, Mail: w.mail,
		Leaked: w.leaked, Seal: make([]byte, account.SealKey), Address: "https://ecluse.example", Services: w.services, Hashing: cheap,
		Places: w.places, Countries: w.countries, Push: w.push,
	})
	if err != nil {
		w.Fatal(err)
	}
	w.App = app
}

// adopt puts orders in force, given as YAML.
func (w *world) adopt(texts ...string) {
	w.Helper()
	var list []*order.Order
	for _, text := range texts {
		list = append(list, parse(w.T, text))
	}
	if err := w.AdoptOrders(w.ctx, list); err != nil {
		w.Fatal(err)
	}
}

func parse(t *testing.T, text string) *order.Order {
	t.Helper()
	o, err := order.Parse("test", []byte(text))
	if err != nil {
		t.Fatal(err)
	}
	return o
}

// roster is the small world.
func roster(t *testing.T, w *world) ecluse.Roster {
	t.Helper()
	hash, err := w.Hash(w.ctx, password)
	if err != nil {
		t.Fatal(err)
	}
	r := ecluse.Roster{
		Territories: map[school.Territory]string{"FR/13/079": "Deux-Sèvres", "FR/13/079/C01": "Circonscription du Marais"},
		Schools: []ecluse.SchoolEntry{
			{School: school.School{UAI: ecole, Name: "École des Saules", Degree: school.First, Parent: "FR/13/079/C01", Zone: "Europe/Paris", Calendar: "079"}},
			{School: school.School{UAI: college, Name: "Collège de la Boutonne", Degree: school.Second, Parent: "FR/13/079", Zone: "Europe/Paris", Calendar: "079"}},
		},
		Classes: []message.Class{{School: college, ID: class, Name: "4e B"}},
		Offices: []account.Office{{Person: 20, Territory: "FR/13/079", Title: "DSDEN des Deux-Sèvres"}},
	}
	for id, login := range map[account.PersonID]string{
		1: "pupil.a", 2: "pupil.b", 3: "karim", 4: "nadia", 5: "staff", 6: "head", 7: "ecole.pupil", 10: "ecole.head", 11: "other", 20: "dsden",
	} {
		r.People = append(r.People, account.Person{ID: id, Login: login, First: "P", Last: login, Language: "fr"})
		r.Credentials = append(r.Credentials, account.Credential{Person: id, Hash: hash, Changed: w.Now()})
	}
	add := func(uai school.UAI, id account.MemberID, person account.PersonID, role school.Role) {
		r.Members = append(r.Members, account.Membership{School: uai, ID: id, Person: person, Role: role, Name: "P " + role.String()})
	}
	add(college, pupilA, 1, school.Pupil)
	add(college, pupilB, 2, school.Pupil)
	add(college, guardian, 3, school.Guardian)
	add(college, teacher, 4, school.Teacher)
	add(college, staff, 5, school.Staff)
	add(college, head, 6, school.Head)
	add(college, otherTeacher, 11, school.Teacher)
	add(ecole, ecolePupil, 7, school.Pupil)
	add(ecole, ecoleGuardian, 3, school.Guardian)
	add(ecole, ecoleTeacher, 4, school.Teacher)
	add(ecole, ecoleHead, 10, school.Head)
	for _, m := range []account.MemberID{pupilA, pupilB, teacher} {
		r.Seats = append(r.Seats, ecluse.Seat{School: college, Class: class, Member: m})
	}
	r.Guardians = []ecluse.Guardian{{college, guardian, pupilA}, {ecole, ecoleGuardian, ecolePupil}}
	return r
}

// personOf tells whose membership it is.
var personOf = map[account.MemberID]string{
	pupilA: "pupil.a", pupilB: "pupil.b", guardian: "karim", teacher: "nadia", staff: "staff", head: "head",
	ecolePupil: "ecole.pupil", ecoleGuardian: "karim", ecoleTeacher: "nadia", ecoleHead: "ecole.head", otherTeacher: "other",
}

// signIn opens a session as a browser would.
func (w *world) signIn(login string) ecluse.Visit {
	w.Helper()
	welcome, err := w.SignIn(w.ctx, ecluse.SignIn{Login: login, Password: password, Address: "192.0.2.1"})
	if err != nil {
		w.Fatal(err)
	}
	visit, err := w.Visit(w.ctx, welcome.From("192.0.2.1"))
	if err != nil {
		w.Fatal(err)
	}
	return visit
}

// as is the actor of a membership, without the cost of signing in.
func (w *world) as(m account.MemberID) ecluse.Actor {
	w.Helper()
	visit, err := w.VisitOf(w.ctx, personOf[m])
	if err != nil {
		w.Fatal(err)
	}
	who, err := visit.As(m)
	if err != nil {
		w.Fatal(err)
	}
	return who
}

// office is the actor of the DSDEN.
func (w *world) office() ecluse.Actor {
	w.Helper()
	visit, err := w.VisitOf(w.ctx, "dsden")
	if err != nil {
		w.Fatal(err)
	}
	who, err := visit.For("FR/13/079")
	if err != nil {
		w.Fatal(err)
	}
	return who
}

// at moves the clock.
func (w *world) at(s string) *world {
	w.clock.Set(paris(s))
	return w
}

// to is an audience of people.
func to(members ...account.MemberID) []message.Audience {
	var out []message.Audience
	for _, m := range members {
		out = append(out, message.Audience{Member: m})
	}
	return out
}

// post sends a message and returns what became of it.
func (w *world) post(from account.MemberID, audience []message.Audience) (ecluse.Sent, error) {
	w.Helper()
	return w.Send(w.ctx, w.as(from), ecluse.Outgoing{
		ID: w.NewDraftID(), Audience: audience, Subject: "Objet", Body: "Bonjour.",
	})
}

// must fails the test on an error.
func (w *world) must(err error) {
	w.Helper()
	if err != nil {
		w.Fatal(err)
	}
}

// The two letters in short, and an order that leaves reading open at night.
const (
	firstLetter  = ordertest.FirstLetter
	secondLetter = ordertest.SecondLetter
	readOnly     = ordertest.ReadOnly
)

// giveBack ticks every step for a frozen account of the collège, and gives it back.
func (w *world) giveBack(person account.PersonID) {
	w.Helper()
	for step := range account.GiveBackSteps {
		w.must(w.TickGiveBack(w.ctx, w.as(head), person, step))
	}
	w.must(w.GiveBack(w.ctx, w.as(head), person))
}
