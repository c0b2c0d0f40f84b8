package store_test

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/ecluse-ecole/ecluse/internal/account"
	"github.com/ecluse-ecole/ecluse/internal/fault"
	"github.com/ecluse-ecole/ecluse/internal/message"
	"github.com/ecluse-ecole/ecluse/internal/school"
	"github.com/ecluse-ecole/ecluse/internal/store"
)

// noon is the instant at which tests begin.
var noon = time.Date(2024, 3, 29, 12, 0, 0, 0, time.UTC)

// One college and one primary school, in which tests play.
const (
	college = school.UAI("0790001A")
	ecole   = school.UAI("0790002B")
)

// A world is a store with its test.
type world struct {
	t testing.TB
	s *store.Store
}

// write runs an act that must succeed.
func (w world) write(fn func(*store.Tx) error) {
	w.t.Helper()
	if err := w.s.Write(context.Background(), fn); err != nil {
		w.t.Fatal(err)
	}
}

// refuse runs an act that must fail with this kind.
func (w world) refuse(kind fault.Kind, fn func(*store.Tx) error) {
	w.t.Helper()
	if err := w.s.Write(context.Background(), fn); fault.KindOf(err) != kind || err == nil {
		w.t.Fatalf("got %v, want a fault of kind %d", err, kind)
	}
}

// read runs a reading that must succeed.
func (w world) read(fn func(*store.Tx) error) {
	w.t.Helper()
	if err := w.s.Read(context.Background(), fn); err != nil {
		w.t.Fatal(err)
	}
}

// read1 is the result of a reading that must succeed.
func read1[T any](w world, fn func(*store.Tx) (T, error)) T {
	w.t.Helper()
	var out T
	w.read(func(tx *store.Tx) (err error) { out, err = fn(tx); return err })
	return out
}

// same compares what was got with what was wanted.
func same[T any](t testing.TB, got, want T) {
	t.Helper()
	if d := cmp.Diff(want, got); d != "" {
		t.Fatalf("(-want +got)\n%s", d)
	}
}

// aSchool is a school with this code and many plausible values.
func aSchool(uai school.UAI) school.School {
	return school.School{
		UAI: uai, Name: "École " + string(uai), Degree: school.Second, Sector: school.Private,
		Parent: "FR/13/079", Zone: "Europe/Paris", Calendar: "079",
	}
}

// people adds a school with one person of each id, in the role given.
func (w world) people(uai school.UAI, roles map[account.MemberID]school.Role) {
	w.t.Helper()
	w.write(func(tx *store.Tx) error {
		if err := tx.PutSchool(aSchool(uai), store.Contact{Phone: "05", Email: "a@b.fr", Protection: "La CPE"}); err != nil {
			return err
		}
		for id, role := range roles {
			if err := addMember(tx, uai, id, role); err != nil {
				return err
			}
		}
		return nil
	})
}

func addMember(tx *store.Tx, uai school.UAI, id account.MemberID, role school.Role) error {
	p := account.Person{ID: account.PersonID(id), Login: fmt.Sprintf("p%d", id), First: "Prénom", Last: fmt.Sprintf("Nom%03d", id), Language: "fr"}
	if err := tx.AddPerson(p); err != nil {
		return err
	}
	return tx.AddMembership(account.Membership{School: uai, ID: id, Person: p.ID, Role: role, Name: p.Name()})
}

// isFile tells SQLite's databases from PostgreSQL's.
func isFile(database string) bool { return !strings.Contains(database, "://") }

// aClass is a class of the college.
func aClass(id message.ClassID) message.Class {
	return message.Class{School: college, ID: id, Name: "4e B"}
}

// numbered is the ID of the i-th message of writer n.
func numbered(n, i int) message.ID { return message.ID(1 + n*1_000_000 + i) }
