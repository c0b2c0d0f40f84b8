package bench

import (
	"fmt"
	"math"
	"slices"
	"testing"
	"time"

	application "github.com/ecluse-ecole/ecluse"
)

// BenchmarkEnumeration holds how long a wrong password takes for accounts that are
// and for accounts that are not against each other: 2,000 tries by turns, compared
// as distributions (Kolmogorov and Smirnov). What differs once by chance does not
// differ twice: it fails only if two runs differ, each less likely by chance than one
// in a thousand, and in the same direction. It is one run, whatever -benchtime says.
func BenchmarkEnumeration(b *testing.B) {
	if b.N > 1 {
		b.Skip("one run is the measurement")
	}
	s := newStuffing(b)
	first, sooner := s.compare(0)
	b.ReportMetric(first, "distance")
	b.ReportMetric(0, "ns/op")
	if first < differs(enumerated/2) {
		return
	}
	again, sameWay := s.compare(enumerated)
	b.Logf("distances %.4f and %.4f, of which %.4f is chance", first, again, differs(enumerated/2))
	if again >= differs(enumerated/2) && sooner == sameWay {
		b.Errorf("accounts that are can be told from those that are not (known ones sooner: %v)", sooner)
	}
}

const enumerated = 2_000

// differs is the distance of two samples of n that is chance once in a thousand.
func differs(n int) float64 { return 1.95 * math.Sqrt(2/float64(n)) }

// compare is the distance of the two distributions, and whether accounts that are
// answer sooner in the median. Each try has an address of its own.
func (s *stuffing) compare(from int) (distance float64, sooner bool) {
	var took [2][]float64
	for i := range enumerated {
		n := from + i
		in := application.SignIn{Login: login(n / 2 % stuffingValid), Password: "faux", Address: fmt.Sprintf("198.%d.%d.%d", 18+n>>16, byte(n>>8), byte(n))}
		if n%2 == 1 {
			in.Login = "x" + in.Login[1:]
		}
		start := time.Now()
		if o := s.try(in); o != refused {
			s.Fatalf("try %d: %d", i, o)
		}
		took[n%2] = append(took[n%2], float64(time.Since(start)))
	}
	slices.Sort(took[0])
	slices.Sort(took[1])
	half := enumerated / 4
	s.Logf("medians: %v for accounts that are, %v for those that are not", time.Duration(took[0][half]), time.Duration(took[1][half]))
	return distanceOf(took[0], took[1]), took[0][half] < took[1][half]
}

// distanceOf is the largest distance of two sorted samples' distribution functions.
func distanceOf(a, b []float64) (most float64) {
	for _, x := range slices.Concat(a, b) {
		i, _ := slices.BinarySearch(a, math.Nextafter(x, math.Inf(1)))
		j, _ := slices.BinarySearch(b, math.Nextafter(x, math.Inf(1)))
		most = max(most, math.Abs(float64(i)/float64(len(a))-float64(j)/float64(len(b))))
	}
	return most
}
