package ecluse_test

import (
	"fmt"
	"testing"

	"github.com/ecluse-ecole/ecluse"
	"github.com/ecluse-ecole/ecluse/internal/account"
	"github.com/ecluse-ecole/ecluse/internal/fault"
	"github.com/ecluse-ecole/ecluse/internal/message"
	"github.com/ecluse-ecole/ecluse/internal/school"
	"github.com/ecluse-ecole/ecluse/internal/store/storetest"
)

// TestDirectoryIsWhatSendingAllows: what one may choose is what may be sent, for
// everybody, to everybody and every list, whatever the matrix says.
func TestDirectoryIsWhatSendingAllows(t *testing.T) {
	storetest.EachDatabase(t, testDirectoryIsWhatSendingAllows)
}

func testDirectoryIsWhatSendingAllows(t *testing.T, db string) {
	w := newWorld(t, db, "2024-03-29T10:00:00")
	for _, reach := range []message.Reach{message.None, message.OnlyReply, message.OwnClasses, message.WholeSchool} {
		var m message.Matrix
		for from := range m {
			for to := range m[from] {
				m[from][to] = reach
			}
		}
		w.must(w.SetMatrix(w.ctx, w.as(head), m))
		for _, sender := range []account.MemberID{pupilA, guardian, teacher, staff, head, otherTeacher} {
			w.sendsAsListed(sender)
		}
	}
	w.must(w.SetMatrix(w.ctx, w.as(head), message.DefaultMatrix()))
	for _, sender := range []account.MemberID{pupilA, guardian, teacher, staff, head, otherTeacher} {
		w.sendsAsListed(sender)
	}
}

// sendsAsListed holds every choice that a form could send against the directory.
func (w *world) sendsAsListed(sender account.MemberID) {
	w.Helper()
	listed := map[message.Audience]bool{}
	d := must(w.Directory(w.ctx, w.as(sender)))
	for _, c := range append(d.Lists, d.People...) {
		a := c.Audience
		a.Label = ""
		if a.Class == 0 {
			a.Role = 0
		}
		listed[a] = true
	}
	var asked []message.Audience
	for id := pupilA; id <= otherTeacher+1; id++ { // some of the école, and nobody
		asked = append(asked, message.Audience{Member: id})
	}
	for role := range school.Role(school.RoleCount) {
		asked = append(asked, message.Audience{Class: class, Role: role}, message.Audience{Class: class + 1, Role: role})
	}
	for _, a := range asked {
		sent, err := w.post(sender, []message.Audience{a})
		if err != nil && !fault.Is(err, fault.Denied) && !fault.Is(err, fault.Invalid) {
			w.Fatal(err)
		}
		if err == nil && sent.Count == 0 {
			w.Errorf("member %d wrote to nobody, as %+v", sender, a)
		}
		if onlySelf := a.Class != 0 && sender == teacher && a.Role == school.Teacher; (err == nil) != (listed[a] && !onlySelf) {
			w.Errorf("member %d to %+v: %v, but listed is %v", sender, a, err, listed[a])
		}
	}
}

// BenchmarkHeadSends: the head of a collège of 3,000 people and 60 classes
// writes to one person.
func BenchmarkHeadSends(b *testing.B) {
	w := bigSchool(b)
	who := must(must(w.VisitOf(b.Context(), "head")).As(1))
	b.Run("directory", func(b *testing.B) {
		for b.Loop() {
			must(w.Directory(b.Context(), who))
		}
	})
	b.Run("send", func(b *testing.B) {
		for b.Loop() {
			must(w.Send(b.Context(), who, ecluse.Outgoing{ID: w.NewDraftID(), Audience: to(2), Subject: "S", Body: "B"}))
		}
	})
}

func bigSchool(b *testing.B) *ecluse.App {
	app := must(ecluse.Open(b.Context(), ecluse.Options{Database: storetest.SQLite(b)}))
	b.Cleanup(func() { app.Close() })
	r := ecluse.Roster{Schools: []ecluse.SchoolEntry{
		{School: school.School{UAI: college, Name: "Collège", Degree: school.Second, Parent: "FR/13/079", Zone: "Europe/Paris", Calendar: "079"}},
	}}
	for n := range 60 {
		r.Classes = append(r.Classes, message.Class{School: college, ID: message.ClassID(n + 1), Name: fmt.Sprint("C", n)})
	}
	for n := range 3000 {
		login, role := fmt.Sprint("p", n), school.Pupil
		switch {
		case n == 0:
			login, role = "head", school.Head
		case n < 150:
			role = school.Teacher
		case n%2 == 0:
			role = school.Guardian
		}
		r.People = append(r.People, account.Person{ID: account.PersonID(n + 1), Login: login, First: "P", Last: login, Language: "fr"})
		r.Members = append(r.Members, account.Membership{School: college, ID: account.MemberID(n + 1), Person: account.PersonID(n + 1), Role: role})
		if role == school.Pupil || role == school.Teacher {
			r.Seats = append(r.Seats, ecluse.Seat{School: college, Class: message.ClassID(n%60 + 1), Member: account.MemberID(n + 1)})
		}
		if role == school.Pupil && n > 152 {
			r.Guardians = append(r.Guardians, ecluse.Guardian{School: college, Guardian: account.MemberID(n), Pupil: account.MemberID(n + 1)})
		}
	}
	if err := app.Import(b.Context(), r); err != nil {
		b.Fatal(err)
	}
	return app
}
