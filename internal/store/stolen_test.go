package store_test

import (
	"testing"
	"time"

	"github.com/ecluse-ecole/ecluse/internal/account"
	"github.com/ecluse-ecole/ecluse/internal/fault"
	"github.com/ecluse-ecole/ecluse/internal/school"
	"github.com/ecluse-ecole/ecluse/internal/store"
	"github.com/ecluse-ecole/ecluse/internal/store/storetest"
)

func TestStolenLists(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		w := world{t, s}
		w.people(college, map[account.MemberID]school.Role{1: school.Head, 2: school.Teacher})
		l := store.StolenList{ID: 9, Digest: [32]byte{1}, Within: "FR/13/079", By: "person 20", Received: noon, Moved: noon}
		w.write(func(tx *store.Tx) error { return tx.AddStolenList(l) })
		again := l
		again.ID = 10
		w.refuse(fault.Conflict, func(tx *store.Tx) error { return tx.AddStolenList(again) })
		again.Within = "FR"
		w.write(func(tx *store.Tx) error { return tx.AddStolenList(again) })

		move := func(line int64, done time.Time) {
			l := l
			l.Line, l.Done = line, done
			w.write(func(tx *store.Tx) error { return tx.MoveStolenList(l) })
		}
		move(50, time.Time{})
		move(20, time.Time{}) // a slower reading of the same list
		same(t, read1(w, func(tx *store.Tx) (store.StolenList, error) { return tx.StolenList(9) }).Line, int64(50))
		move(70, noon)
		move(90, time.Time{}) // it is over
		l.Line, l.Done = 70, noon
		same(t, read1(w, func(tx *store.Tx) (store.StolenList, error) { return tx.StolenListOf(l.Digest, "FR/13/079") }), l)
		same(t, len(read1(w, func(tx *store.Tx) ([]store.StolenList, error) { return tx.StolenLists("FR/13") })), 1)
		w.refuse(fault.NotFound, func(tx *store.Tx) error { _, err := tx.StolenList(11); return err })

		put := func(outcome store.StolenOutcome, want bool) {
			t.Helper()
			w.write(func(tx *store.Tx) error {
				news, err := tx.PutStolenAccount(9, 2, outcome, noon)
				if news != want {
					t.Errorf("outcome %d is news: %v", outcome, news)
				}
				return err
			})
		}
		put(store.StolenOld, true)
		put(store.StolenOld, false)
		put(store.StolenWorks, true)
		put(store.StolenWorks, false)
		put(store.StolenOld, false)
		found := read1(w, func(tx *store.Tx) ([]store.StolenAccount, error) { return tx.StolenAccountsAt(college) })
		if len(found) != 1 || found[0].Person != 2 || found[0].Outcome != store.StolenWorks || found[0].Frozen || found[0].Role != school.Teacher {
			t.Errorf("at the school: %+v", found)
		}

		w.write(func(tx *store.Tx) error { return tx.PurgeStolen(noon.Add(time.Second)) })
		same(t, len(read1(w, func(tx *store.Tx) ([]store.StolenAccount, error) { return tx.StolenAccountsAt(college) })), 0)
	})
}

func TestPeopleNamed(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		w := world{t, s}
		for id, login := range map[account.PersonID]string{1: "a.petit", 2: "b.petit", 3: "c.petit"} {
			w.write(func(tx *store.Tx) error { return tx.AddPerson(account.Person{ID: id, Login: login}) })
		}
		w.write(func(tx *store.Tx) error { return tx.PutAlias("u-42", 1) })
		for _, id := range []account.PersonID{1, 2} { // a family
			w.write(func(tx *store.Tx) error { return tx.PutEmail(id, "Petit@Example.org") })
		}
		for name, want := range map[string]int{"a.petit": 1, "u-42": 1, "petit@example.org": 2, "nobody": 0} {
			if got := read1(w, func(tx *store.Tx) ([]account.PersonID, error) { return tx.PeopleNamed(name) }); len(got) != want {
				t.Errorf("%s: %v, want %d", name, got, want)
			}
		}
		same(t, len(read1(w, (*store.Tx).Names)), 6)
	})
}
