package store_test

import (
	"testing"
	"time"

	"github.com/ecluse-ecole/ecluse/internal/account"
	"github.com/ecluse-ecole/ecluse/internal/fault"
	"github.com/ecluse-ecole/ecluse/internal/school"
	"github.com/ecluse-ecole/ecluse/internal/statement"
	"github.com/ecluse-ecole/ecluse/internal/store"
	"github.com/ecluse-ecole/ecluse/internal/store/storetest"
)

func TestFollowers(t *testing.T) { storetest.Each(t, testFollowers) }

func testFollowers(t *testing.T, s *store.Store) {
	w, _ := withOrder(t, s)
	f := statement.Follower{Name: "dsden", Key: "dsden+1+a", Within: []school.Territory{"FR/13/079", "FR/13/086"}, Created: noon}
	w.write(func(tx *store.Tx) error { return tx.AddFollower(f) })
	w.refuse(fault.Conflict, func(tx *store.Tx) error { return tx.AddFollower(f) })
	f2 := f
	f2.Name = "other"
	w.refuse(fault.Conflict, func(tx *store.Tx) error { return tx.AddFollower(f2) }) // the key is taken
	heard := store.FollowerRecord{Follower: f, Said: noon.Add(time.Second), Version: 3, LeftOut: "a school"}
	w.write(func(tx *store.Tx) error {
		if was, err := tx.LockFollower("dsden"); err != nil || !was.Said.IsZero() {
			t.Errorf("before its first statement: %+v, %v", was, err)
		}
		return tx.Heard(heard)
	})
	same(t, read1(w, (*store.Tx).Followers), []store.FollowerRecord{heard})

	groups := []store.FollowerGroup{
		{Follower: "dsden", Order: answered, Received: noon, Schools: []school.UAI{college}},
		{Follower: "dsden", Order: answered, Received: noon, Held: noon, Schools: []school.UAI{ecole, "0790003C"}},
	}
	uses := []store.FollowerUse{{Follower: "dsden", Schools: []school.UAI{ecole}}, {Follower: "dsden", Products: []string{"ent", "pronote"}, Schools: []school.UAI{college}}}
	for _, some := range []int{1, 2} { // the second takes the place of the first
		w.write(func(tx *store.Tx) error { return tx.PutFollowerGroups("dsden", answered, groups[:some]) })
		w.write(func(tx *store.Tx) error { return tx.PutFollowerUses("dsden", uses[:some]) })
		same(t, read1(w, func(tx *store.Tx) ([]store.FollowerGroup, error) { return tx.FollowerGroups(answered) }), groups[:some])
		same(t, read1(w, (*store.Tx).FollowerUses), uses[:some])
	}
	a := store.Answer{School: college, Order: answered, Product: "pronote", At: noon, By: "La direction"}
	b := store.Answer{School: college, Order: answered, Kind: store.Refused, At: noon.Add(time.Hour), By: "La direction", Reason: "Panne"}
	for _, one := range []store.Answer{b, a} {
		w.write(func(tx *store.Tx) error { return tx.AddFollowerAnswer("dsden", one) })
	}
	w.refuse(fault.Conflict, func(tx *store.Tx) error { return tx.AddFollowerAnswer("dsden", a) })
	same(t, read1(w, func(tx *store.Tx) ([]store.Answer, error) { return tx.FollowerAnswersBy("dsden", answered) }), []store.Answer{a, b})
	w.write(func(tx *store.Tx) error { return tx.RemoveFollower("dsden") })
	w.refuse(fault.NotFound, func(tx *store.Tx) error { return tx.RemoveFollower("dsden") })
	w.refuse(fault.NotFound, func(tx *store.Tx) error { return tx.Heard(heard) })
	same(t, len(read1(w, func(tx *store.Tx) ([]store.FollowerGroup, error) { return tx.FollowerGroups(answered) })), 0)
	same(t, read1(w, func(tx *store.Tx) ([]store.Answer, error) { return tx.FollowerAnswersTo(answered) }), []store.Answer{a, b})
}

func TestPeopled(t *testing.T) { storetest.Each(t, testPeopled) }

func testPeopled(t *testing.T, s *store.Store) {
	w := world{t, s}
	w.people(college, nil)
	w.people(ecole, map[account.MemberID]school.Role{5: school.Teacher})
	same(t, read1(w, (*store.Tx).Peopled), map[school.UAI]bool{ecole: true})
}
