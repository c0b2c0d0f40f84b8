package store_test

import (
	"testing"
	"time"

	"github.com/ecluse-ecole/ecluse/internal/account"
	"github.com/ecluse-ecole/ecluse/internal/school"
	"github.com/ecluse-ecole/ecluse/internal/store"
	"github.com/ecluse-ecole/ecluse/internal/store/storetest"
)

func TestRoll(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		w := world{t, s}
		w.write(func(tx *store.Tx) error {
			for _, err := range []error{
				tx.PutSchool(aSchool(college), store.Contact{}), tx.PutSchool(aSchool(ecole), store.Contact{}),
				tx.AddPerson(account.Person{ID: 7, Login: "zoe", First: "Zoé", Last: "Martin"}),
				tx.AddPerson(account.Person{ID: 8, Login: "ali", First: "Ali", Last: "Petit"}),
				tx.AddPerson(account.Person{ID: 9, Login: "nobody", First: "N", Last: "N"}),
				tx.PutCredential(account.Credential{Person: 8, Hash: "$", Changed: noon}),
				tx.AddMembership(account.Membership{School: ecole, ID: 71, Person: 7, Role: school.Teacher}),
				tx.AddMembership(account.Membership{School: college, ID: 81, Person: 8, Role: school.Pupil}),
				tx.AddMembership(account.Membership{School: college, ID: 72, Person: 7, Role: school.Guardian}),
				tx.PutAlias("zoe@b.fr", 7), tx.PutAlias("ali@a.fr", 8), tx.PutAlias("zoe@a.fr", 7),
			} {
				if err != nil {
					return err
				}
			}
			return nil
		})
		same(t, read1(w, (*store.Tx).Roll), []store.Rolled{
			{Person: 7, Login: "zoe", Changed: time.Time{}, School: college, Member: 72, Role: school.Guardian},
			{Person: 7, Login: "zoe", School: ecole, Member: 71, Role: school.Teacher},
			{Person: 8, Login: "ali", Changed: noon, School: college, Member: 81, Role: school.Pupil},
		})
		same(t, read1(w, (*store.Tx).Aliases), []store.Alias{{Name: "zoe@a.fr", Person: 7}, {Name: "zoe@b.fr", Person: 7}, {Name: "ali@a.fr", Person: 8}})
	})
}
