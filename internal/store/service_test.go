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

func TestSpend(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		w := world{t, s}
		ticket := [32]byte{1}
		spend := func(tx *store.Tx) error { return tx.Spend(ticket, noon) }
		w.write(spend)
		w.refuse(fault.Conflict, spend)
		w.write(func(tx *store.Tx) error { return tx.PurgeSpent(noon) })
		w.refuse(fault.Conflict, spend)
		w.write(func(tx *store.Tx) error { return tx.PurgeSpent(noon.Add(time.Second)) })
		w.write(spend)
	})
}

func TestSessionsByService(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		w := world{t, s}
		w.people(college, map[account.MemberID]school.Role{1: school.Head, 2: school.Teacher})
		add := func(n byte, person account.PersonID, by account.Service) account.Session {
			x := account.Session{Digest: [32]byte{n}, Person: person, Created: noon, Seen: noon, Expires: noon.Add(time.Hour), Service: by}
			w.write(func(tx *store.Tx) error { return tx.AddSession(x) })
			return x
		}
		portal := func(session, subject byte) account.Service {
			return account.Service{Name: "portal", Session: [32]byte{session}, Subject: [32]byte{subject}}
		}
		a, b := add(1, 1, portal(10, 100)), add(2, 1, portal(11, 100))
		c := add(3, 2, portal(12, 101))
		add(4, 2, account.Service{})
		of := func(by account.Service) []account.Session {
			return read1(w, func(tx *store.Tx) ([]account.Session, error) { return tx.SessionsByService(by) })
		}
		same(t, of(portal(11, 100)), []account.Session{b})
		same(t, of(portal(0, 100)), []account.Session{a, b})
		same(t, of(portal(0, 101)), []account.Session{c})
		same(t, of(account.Service{Name: "other", Session: [32]byte{10}}), nil)
		a.Service, a.Digest = portal(10, 100), [32]byte{9}
		w.write(func(tx *store.Tx) error { return tx.MoveSession([32]byte{1}, a) })
		same(t, of(portal(10, 0)), []account.Session{a})
	})
}
