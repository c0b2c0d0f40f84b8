package bench

import (
	"cmp"
	"fmt"
	"math"
	"slices"
	"testing"
	"time"

	application "github.com/ecluse-ecole/ecluse"
	"github.com/ecluse-ecole/ecluse/internal/account"
	"github.com/ecluse-ecole/ecluse/internal/store"
)

// BenchmarkEnumeration holds how long a wrong password takes for each kind of account
// against all others, and against logins that nobody has: 2,000 tries of each by
// turns, and for each pair the rank statistic of Mann, Whitney and Wilcoxon. What
// differs once by chance does not differ twice: it fails only if a pair differs in two
// runs, each time less likely by chance than once in a thousand for all pairs
// together, and in the same direction. It is one run, whatever -benchtime says.
func BenchmarkEnumeration(b *testing.B) {
	if b.N > 1 {
		b.Skip("one run is the measurement")
	}
	s := newStuffing(b)
	s.addKinds()
	b.ReportMetric(0, "ns/op")
	first := s.ranks(0)
	most := 0.0
	for _, z := range first {
		most = max(most, math.Abs(z))
	}
	b.ReportMetric(most, "z")
	if most < chance {
		return
	}
	for pair, again := range s.ranks(enumerated) {
		if z := first[pair]; math.Abs(z) >= chance && math.Abs(again) >= chance && z*again > 0 {
			b.Errorf("%s can be told from %s: %.2f and %.2f, of which %.2f is chance", pair[0], pair[1], z, again, chance)
		}
	}
}

const (
	enumerated = 2_000 // tries of each kind
	kindPeople = 200   // accounts of each kind
	chance     = 3.94  // of ten pairs one is further away, either way, once in a thousand times
)

// kinds are those of accounts, by the first letter of their logins.
var kinds = []string{"unknown", "known", "never activated", "frozen", "elsewhere"}

// kindLogin is the login of one of a kind.
func kindLogin(kind, i int) string {
	if kind == 1 {
		return login(i % kindPeople)
	}
	return fmt.Sprintf("%c%06d", kinds[kind][0], i%kindPeople)
}

// addKinds adds the accounts that a stuffing does not have.
func (s *stuffing) addKinds() {
	s.Helper()
	var r application.Roster
	var frozen, elsewhere []account.PersonID
	for kind := 2; kind < len(kinds); kind++ {
		for i := range kindPeople {
			id := account.PersonID(10_000*kind + i)
			r.People = append(r.People, account.Person{ID: id, Login: kindLogin(kind, i), First: "P", Last: "Q", Language: "fr"})
			switch kind {
			case 3:
				frozen = append(frozen, id)
				r.Credentials = append(r.Credentials, account.Credential{Person: id, Hash: s.hash, Changed: s.Now()})
			case 4:
				elsewhere = append(elsewhere, id)
			}
		}
	}
	if err := s.Import(s.ctx, r); err != nil {
		s.Fatal(err)
	}
	db, err := store.Open(s.ctx, s.file, store.Options{})
	if err != nil {
		s.Fatal(err)
	}
	defer db.Close()
	err = db.Write(s.ctx, func(tx *store.Tx) (err error) {
		for _, id := range frozen {
			err = cmp.Or(err, tx.PutFreeze(account.Freeze{Person: id, At: s.Now(), By: "bench"}))
		}
		for _, id := range elsewhere {
			err = cmp.Or(err, tx.CameBy(id, "portail"))
		}
		return err
	})
	if err != nil {
		s.Fatal(err)
	}
}

// ranks is how far the kinds are from each other: for each pair the statistic of their
// ranks, in standard deviations. Each try has an address of its own.
func (s *stuffing) ranks(from int) map[[2]string]float64 {
	took := make([][]float64, len(kinds))
	for i := range enumerated {
		for kind := range kinds {
			n := (from+i)*len(kinds) + kind
			in := application.SignIn{Login: kindLogin(kind, i), Password: "faux", Address: fmt.Sprintf("198.%d.%d.%d", 18+n>>16, byte(n>>8), byte(n))}
			start := time.Now()
			if o := s.try(in); o != refused {
				s.Fatalf("try %d, %s: %d", i, kinds[kind], o)
			}
			took[kind] = append(took[kind], float64(time.Since(start)))
		}
	}
	z := map[[2]string]float64{}
	for a := range kinds {
		slices.Sort(took[a])
		s.Logf("%-16s median %v", kinds[a], time.Duration(took[a][enumerated/2]))
		for b := range a {
			z[[2]string{kinds[b], kinds[a]}] = rank(took[b], took[a])
			s.Logf("%-16s beside %-16s %6.2f", kinds[a], kinds[b], rank(took[b], took[a]))
		}
	}
	return z
}

// rank is the sum of the ranks of a beside b, as so many standard deviations from what
// it is where both are of one distribution. Times in nanoseconds are hardly ever equal.
func rank(a, b []float64) float64 {
	type one struct {
		took float64
		ofA  bool
	}
	var list []one
	for _, x := range a {
		list = append(list, one{x, true})
	}
	for _, x := range b {
		list = append(list, one{x, false})
	}
	slices.SortFunc(list, func(x, y one) int { return cmp.Compare(x.took, y.took) })
	sum, n, m := 0.0, float64(len(a)), float64(len(b))
	for i, x := range list {
		if x.ofA {
			sum += float64(i + 1)
		}
	}
	return (sum - n*(n+m+1)/2) / math.Sqrt(n*m*(n+m+1)/12)
}
