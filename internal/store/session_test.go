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

func TestSessions(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		w := world{t, s}
		w.people(college, map[account.MemberID]school.Role{1: school.Head, 2: school.Teacher})
		session := func(n byte, person account.PersonID, seen time.Time) account.Session {
			return account.Session{
				Digest: [32]byte{n}, Person: person, Created: noon, Seen: seen, Expires: seen.Add(time.Hour), Device: "Firefox", Address: "192.0.2.1",
			}
		}
		a, b, c := session(1, 1, noon), session(2, 1, noon.Add(time.Minute)), session(3, 2, noon)
		for _, x := range []account.Session{a, b, c} {
			w.write(func(tx *store.Tx) error { return tx.AddSession(x) })
		}
		of := func(p account.PersonID) []account.Session {
			return read1(w, func(tx *store.Tx) ([]account.Session, error) { return tx.SessionsOf(p) })
		}
		same(t, of(1), []account.Session{b, a})
		a.Seen, a.Expires = noon.Add(2*time.Minute), noon.Add(2*time.Hour)
		w.write(func(tx *store.Tx) error { return tx.TouchSession(a.Digest, a.Seen, a.Expires) })
		same(t, read1(w, func(tx *store.Tx) (account.Session, error) { return tx.Session(a.Digest) }), a)
		same(t, of(1), []account.Session{a, b})

		w.write(func(tx *store.Tx) error { return tx.PurgeSessions(noon.Add(time.Hour + time.Second)) }) // c's hour is over
		w.refuse(fault.NotFound, func(tx *store.Tx) error { _, err := tx.Session(c.Digest); return err })
		w.write(func(tx *store.Tx) error { return tx.EndSession(b.Digest, noon) })
		w.refuse(fault.NotFound, func(tx *store.Tx) error { return tx.EndSession(b.Digest, noon) })
		w.refuse(fault.NotFound, func(tx *store.Tx) error { return tx.TouchSession(b.Digest, noon, noon) })
		w.write(func(tx *store.Tx) error {
			n, err := tx.EndSessions(1, [32]byte{}, noon)
			same(t, n, 1)
			return err
		})
		same(t, of(1), nil)
	})
}

func TestTries(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		w := world{t, s}
		try := func(login, address string, after time.Duration, ok bool) account.Try {
			x := account.Try{Login: login, Address: address, Device: [32]byte{9}, At: noon.Add(after), OK: ok}
			w.write(func(tx *store.Tx) error { return tx.AddTry(x) })
			return x
		}
		try("zoe", "192.0.2.1", -2*time.Hour, true)
		before := try("zoe", "192.0.2.9", -time.Hour, true)
		try("zoe", "192.0.2.9", -time.Hour, false)
		try("léo", "192.0.2.1", -time.Hour, true)
		here := try("zoe", "192.0.2.1", 0, false)
		elsewhere := try("zoe", "192.0.2.7", time.Second, true)
		other := try("léo", "192.0.2.1", 2*time.Second, false)
		try("léo", "192.0.2.7", 3*time.Second, false)
		tries := func(since time.Time) []account.Try {
			return read1(w, func(tx *store.Tx) ([]account.Try, error) { return tx.Tries("zoe", "192.0.2.1", noon, since) })
		}
		same(t, tries(noon), []account.Try{here, elsewhere, other})
		same(t, tries(noon.Add(-time.Hour)), []account.Try{before, here, elsewhere, other})
		since := read1(w, func(tx *store.Tx) (list []account.Try, err error) {
			err = tx.EachTry(noon.Add(time.Second), func(t account.Try) { list = append(list, t) })
			return list, err
		})
		same(t, since[:2], []account.Try{elsewhere, other})
		w.write(func(tx *store.Tx) error { return tx.PurgeTries(noon.Add(time.Second), noon.Add(-time.Hour)) })
		same(t, tries(time.Time{}), []account.Try{before, elsewhere, other})
	})
}
