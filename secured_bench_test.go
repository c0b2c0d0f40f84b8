package ecluse_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/ecluse-ecole/ecluse"
	"github.com/ecluse-ecole/ecluse/internal/account"
	"github.com/ecluse-ecole/ecluse/internal/school"
	"github.com/ecluse-ecole/ecluse/internal/store/storetest"
)

// BenchmarkSecured is the board of a département: 330 schools, 100,000 accounts.
func BenchmarkSecured(b *testing.B) {
	for name, db := range map[string]func(testing.TB) string{"sqlite": storetest.SQLite, "postgres": storetest.Postgres} {
		b.Run(name, func(b *testing.B) {
			app := must(ecluse.Open(b.Context(), ecluse.Options{Database: db(b)}))
			defer app.Close()
			if err := app.Import(b.Context(), securedCrowd(app.Now())); err != nil {
				b.Fatal(err)
			}
			who := ecluse.Actor{Office: account.Office{Territory: "FR/13/079"}}
			for b.Loop() {
				if s := must(app.Secured(b.Context(), who, time.Time{})); s.Total().All != 330*303 {
					b.Fatalf("%d accounts", s.Total().All)
				}
			}
		})
	}
}

// securedCrowd is a département.
func securedCrowd(now time.Time) (r ecluse.Roster) {
	for i := range 330 {
		number := 790001 + i
		uai := school.UAI(fmt.Sprintf("%07d%c", number, "ABCDEFGHJKLMNPRSTUVWXYZ"[number%23]))
		r.Schools = append(r.Schools, ecluse.SchoolEntry{School: school.School{UAI: uai, Name: fmt.Sprint("École ", i), Degree: school.First, Parent: "FR/13/079", Zone: "Europe/Paris", Calendar: "079"}})
		for j := range 303 {
			id := account.PersonID(i*1000 + j + 1)
			r.People = append(r.People, account.Person{ID: id, Login: fmt.Sprint("p", id), First: "P", Last: fmt.Sprint(id), Language: "fr"})
			r.Credentials = append(r.Credentials, account.Credential{Person: id, Hash: "-", Changed: now})
			r.Members = append(r.Members, account.Membership{School: uai, ID: account.MemberID(id), Person: id, Role: school.Role(j % school.RoleCount), Name: "P"})
		}
	}
	return r
}
