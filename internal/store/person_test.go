package store_test

import (
	"testing"

	"github.com/ecluse-ecole/ecluse/internal/account"
	"github.com/ecluse-ecole/ecluse/internal/fault"
	"github.com/ecluse-ecole/ecluse/internal/message"
	"github.com/ecluse-ecole/ecluse/internal/school"
	"github.com/ecluse-ecole/ecluse/internal/store"
	"github.com/ecluse-ecole/ecluse/internal/store/storetest"
)

func TestSchools(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		w := world{t, s}
		before := read1(w, (*store.Tx).Generation)
		contact := store.Contact{Phone: "05 49", Email: "vie@college.fr", Protection: "L'infirmière"}
		w.write(func(tx *store.Tx) error { return tx.PutSchool(aSchool(ecole), store.Contact{}) })
		w.write(func(tx *store.Tx) error { return tx.PutSchool(aSchool(college), store.Contact{}) })
		w.write(func(tx *store.Tx) error { return tx.PutSchool(aSchool(college), contact) })
		w.write(func(tx *store.Tx) error { return tx.PutTerritory("FR/13/079", "Deux-Sèvres") })

		same(t, read1(w, (*store.Tx).Schools), []school.School{aSchool(college), aSchool(ecole)})
		same(t, read1(w, func(tx *store.Tx) (store.Contact, error) { return tx.SchoolContact(college) }), contact)
		same(t, read1(w, (*store.Tx).TerritoryNames), map[school.Territory]string{"FR/13/079": "Deux-Sèvres"})
		same(t, read1(w, (*store.Tx).Generation), before+3)
		w.refuse(fault.NotFound, func(tx *store.Tx) error { _, err := tx.SchoolContact("0000000A"); return err })
	})
}

func TestPeople(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		w := world{t, s}
		zoe := account.Person{ID: 7, Login: "zoe.martin", First: "Zoé", Last: "Martin", Language: "fr"}
		hash := account.Credential{Person: 7, Hash: "$argon2id$…", Changed: noon, Beside: true}
		w.write(func(tx *store.Tx) error { return tx.AddPerson(zoe) })
		w.refuse(fault.Conflict, func(tx *store.Tx) error { return tx.AddPerson(zoe) })
		w.refuse(fault.Conflict, func(tx *store.Tx) error { return tx.AddPerson(account.Person{ID: 8, Login: "zoe.martin"}) })
		w.refuse(fault.NotFound, func(tx *store.Tx) error { _, err := tx.Credential(7); return err })
		w.write(func(tx *store.Tx) error { return tx.PutCredential(account.Credential{Person: 7}) })
		w.write(func(tx *store.Tx) error { return tx.PutCredential(hash) })
		w.write(func(tx *store.Tx) error { return tx.SetLanguage(7, "en") })
		zoe.Language = "en"

		same(t, read1(w, func(tx *store.Tx) (account.Person, error) { return tx.Person(7) }), zoe)
		same(t, read1(w, func(tx *store.Tx) (account.Person, error) { return tx.PersonByLogin("zoe.martin") }), zoe)
		same(t, read1(w, func(tx *store.Tx) (account.Credential, error) { return tx.Credential(7) }), hash)
		w.refuse(fault.NotFound, func(tx *store.Tx) error { _, err := tx.Person(9); return err })
		w.refuse(fault.NotFound, func(tx *store.Tx) error { return tx.SetLanguage(9, "en") })
		w.refuse(fault.Invalid, func(tx *store.Tx) error { _, err := tx.PersonByLogin("a\xffb"); return err })
		w.refuse(fault.Invalid, func(tx *store.Tx) error { _, err := tx.PersonByLogin("a\x00b"); return err })

		offices := []account.Office{{Person: 7, Territory: "FR/13/079", Title: "DSDEN"}, {Person: 7, Territory: "FR/13/079/C01", Title: "IEN"}}
		w.write(func(tx *store.Tx) error { return tx.PutOffice(offices[1]) })
		w.write(func(tx *store.Tx) error { return tx.PutOffice(offices[0]) })
		same(t, read1(w, func(tx *store.Tx) ([]account.Office, error) { return tx.Offices(7) }), offices)
		w.write(func(tx *store.Tx) error { return tx.RemoveOffice(7, "FR/13/079") })
		same(t, read1(w, func(tx *store.Tx) ([]account.Office, error) { return tx.Offices(7) }), offices[1:])
	})
}

func TestMemberships(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		w := world{t, s}
		w.people(college, map[account.MemberID]school.Role{1: school.Head, 2: school.Teacher, 3: school.Pupil, 4: school.Guardian})
		w.people(ecole, map[account.MemberID]school.Role{10: school.Head})
		w.write(func(tx *store.Tx) error {
			if err := tx.AddPerson(account.Person{ID: 5, Login: "e", First: "Émile", Last: "Élan"}); err != nil {
				return err
			}
			return tx.AddMembership(account.Membership{School: college, ID: 5, Person: 5, Role: school.Pupil})
		})
		w.refuse(fault.NotFound, func(tx *store.Tx) error {
			return tx.AddMembership(account.Membership{School: college, ID: 99, Person: 99})
		})
		w.refuse(fault.Conflict, func(tx *store.Tx) error { return tx.AddMembership(account.Membership{School: ecole, ID: 5, Person: 5}) })

		elan := account.Membership{School: college, ID: 5, Person: 5, Role: school.Pupil, Name: "Émile Élan"}
		same(t, read1(w, func(tx *store.Tx) (account.Membership, error) { return tx.Membership(college, 5) }), elan)
		same(t, read1(w, func(tx *store.Tx) (account.Membership, error) { return tx.Member(5) }), elan)
		same(t, read1(w, func(tx *store.Tx) ([]account.Membership, error) { return tx.MembershipsOf(5) }), []account.Membership{elan})
		w.refuse(fault.NotFound, func(tx *store.Tx) error { _, err := tx.Membership(ecole, 5); return err })

		// É stands with E: before Nom.
		ids(t, read1(w, func(tx *store.Tx) ([]account.Membership, error) { return tx.MembersByRole(college, school.Everyone) }), 5, 1, 2, 3, 4)
		ids(t, read1(w, func(tx *store.Tx) ([]account.Membership, error) { return tx.MembersByRole(college, school.Adults) }), 1, 2, 4)
		counts := [school.RoleCount]int{school.Pupil: 2, school.Guardian: 1, school.Teacher: 1, school.Head: 1}
		same(t, read1(w, func(tx *store.Tx) ([school.RoleCount]int, error) { return tx.CountByRole(college) }), counts)
		same(t, read1(w, (*store.Tx).CountAllByRole), map[school.UAI][school.RoleCount]int{college: counts, ecole: {school.Head: 1}})
	})
}

// ids checks whom a list names, in its order.
func ids(t testing.TB, list []account.Membership, want ...account.MemberID) {
	t.Helper()
	var got []account.MemberID
	for _, m := range list {
		got = append(got, m.ID)
	}
	same(t, got, want)
}

func TestClasses(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		w := world{t, s}
		w.people(college, map[account.MemberID]school.Role{
			1: school.Teacher, 2: school.Pupil, 3: school.Pupil, 4: school.Guardian, 5: school.Guardian, 6: school.Pupil,
		})
		b, a := message.Class{School: college, ID: 1, Name: "4e B"}, message.Class{School: college, ID: 2, Name: "4e A"}
		w.write(func(tx *store.Tx) error {
			for _, err := range []error{
				tx.AddClass(b), tx.AddClass(a),
				tx.JoinClass(college, b.ID, 1), tx.JoinClass(college, a.ID, 1),
				tx.JoinClass(college, b.ID, 2), tx.JoinClass(college, b.ID, 3), tx.JoinClass(college, a.ID, 6),
				tx.AddGuardian(college, 4, 2), tx.AddGuardian(college, 4, 3), tx.AddGuardian(college, 5, 6),
			} {
				if err != nil {
					return err
				}
			}
			return nil
		})
		members := func(c message.Class, r school.Role) []account.Membership {
			return read1(w, func(tx *store.Tx) ([]account.Membership, error) { return tx.ClassMembers(college, c.ID, r) })
		}
		same(t, read1(w, func(tx *store.Tx) ([]message.Class, error) { return tx.Classes(college) }), []message.Class{a, b})
		same(t, read1(w, func(tx *store.Tx) ([]message.Class, error) { return tx.ClassesOf(college, 1) }), []message.Class{a, b})
		same(t, read1(w, func(tx *store.Tx) ([]message.Class, error) { return tx.ClassesOf(college, 2) }), []message.Class{b})
		ids(t, members(b, school.Pupil), 2, 3)
		ids(t, members(b, school.Teacher), 1)
		ids(t, members(b, school.Guardian), 4) // once, with two children in it
		ids(t, members(a, school.Guardian), 5)
		for role := range school.Role(school.RoleCount) {
			sizes := read1(w, func(tx *store.Tx) (map[message.ClassID]int, error) {
				return tx.ClassSizes(college, []message.ClassID{a.ID, b.ID, 9}, role)
			})
			same(t, []int{sizes[a.ID], sizes[b.ID], sizes[9]}, []int{len(members(a, role)), len(members(b, role)), 0})
		}
		ids(t, read1(w, func(tx *store.Tx) ([]account.Membership, error) { return tx.ChildrenOf(college, 4) }), 2, 3)
		ids(t, read1(w, func(tx *store.Tx) ([]account.Membership, error) { return tx.GuardiansOf(college, 6) }), 5)
		w.refuse(fault.Internal, func(tx *store.Tx) error { return tx.JoinClass(ecole, b.ID, 1) }) // of another school
	})
}
