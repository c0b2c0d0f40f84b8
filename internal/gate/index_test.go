package gate

import (
	"fmt"
	"math/rand/v2"
	"testing"

	"github.com/ecluse-ecole/ecluse/internal/school"
)

func code(number int) school.UAI {
	return school.UAI(fmt.Sprintf("%07d%c", number, checkLetters[number%23]))
}

// TestIndexFindsWhatIsThereAndNothingElse enters schools by the thousand, as
// dense as a département's and as far apart as can be, and asks for all others.
func TestIndexFindsWhatIsThereAndNothingElse(t *testing.T) {
	random := rand.New(rand.NewPCG(3, 5))
	for _, size := range []int{0, 1, 7, 1000, 60_000} {
		x, entered := newIndex(size), map[int]uint32{}
		for len(entered) < size {
			number := 1 + random.IntN(9_999_999)
			if random.IntN(2) == 0 {
				number = 1 + (1+random.IntN(100))*10_000 + random.IntN(2000)
			}
			at, found := x.probe(uint32(number))
			if _, known := entered[number]; known != found || at < 0 {
				t.Fatalf("%d: probe gives %d, %v", number, at, found)
			}
			if !found {
				entered[number] = uint32(len(entered) % (size/2 + 1))
				x.put(at, uint32(number), entered[number], uint32(len(entered)))
			}
		}
		for number := 1; number < 10_000_000; number += 1 + number%2*size/100 {
			n, cell, found := x.slotOf(uint32(number))
			if want, known := entered[number]; known != found || cell != want {
				t.Fatalf("%d of %d: slot %d, cell %d, %v, want %d, %v", number, size, n, cell, found, want, known)
			}
		}
	}
}

// TestNumberOfIsParseUAI holds the fast reading of a code against the slow one.
func TestNumberOfIsParseUAI(t *testing.T) {
	random := rand.New(rand.NewPCG(7, 9))
	const letters = "0123456789ABCXYZ/:@ é\x00\xff"
	for i := range 200_000 {
		u := []byte(code(random.IntN(10_000_000)))
		if i%2 == 0 {
			u[random.IntN(8)] = letters[random.IntN(len(letters))]
		}
		if i%50 == 0 {
			u = u[:random.IntN(9)]
		}
		_, err := school.ParseUAI(string(u))
		if n, ok := numberOf(school.UAI(u)); ok != (err == nil) || ok && code(int(n)) != school.UAI(u) {
			t.Fatalf("%q: %d, %v; ParseUAI says %v", u, n, ok, err)
		}
	}
}
