package gate

import (
	"math/bits"

	"github.com/ecluse-ecole/ecluse/internal/school"
)

// An index finds a school by its code: a hash table with open addressing, half
// empty at least, of eight bytes a slot so that a whole country stays in a
// processor's cache.
//
// A code's seven digits determine its letter, so the digits are the key. The
// letter is verified before: a code that does not stand is no school's.
type index struct {
	slots   []slot
	schools []uint32 // by slot: position in Snapshot.schools; not asked in deciding
	shift   uint
}

// A slot is free when its number is 0, which no school has.
type slot struct {
	number uint32 // the seven digits
	cell   uint32 // position in Snapshot.cells
}

// newIndex makes room for n schools.
func newIndex(n int) index {
	size := max(8, bits.Len(uint(2*n)))
	if size > 31 {
		size = 31
	}
	return index{slots: make([]slot, 1<<size), schools: make([]uint32, 1<<size), shift: uint(64 - size)}
}

// place is the first slot to look at.
func (x *index) place(number uint32) uint64 {
	return uint64(number) * 0x9e3779b97f4a7c15 >> x.shift
}

// find is the slot of a school, or false.
func (x *index) find(u school.UAI) (int, bool) {
	number, ok := numberOf(u)
	if !ok || len(x.slots) == 0 {
		return 0, false
	}
	i := x.probe(number)
	return i, x.slots[i].number == number
}

// probe is the slot that holds the number, or the free one where it belongs.
func (x *index) probe(number uint32) int {
	mask := uint64(len(x.slots) - 1)
	i := x.place(number)
	for x.slots[i&mask].number != number && x.slots[i&mask].number != 0 {
		i++
	}
	return int(i & mask)
}

// checkLetters are what follows seven digits, by their number modulo 23.
const checkLetters = "ABCDEFGHJKLMNPRSTUVWXYZ"

// numberOf is the number in a school code, and false for what ParseUAI would
// refuse. It is ParseUAI without its sentences, eight characters at a time.
func numberOf(u school.UAI) (uint32, bool) {
	if len(u) != 8 {
		return 0, false
	}
	word := uint64(u[0]) | uint64(u[1])<<8 | uint64(u[2])<<16 | uint64(u[3])<<24 |
		uint64(u[4])<<32 | uint64(u[5])<<40 | uint64(u[6])<<48 | uint64(u[7])<<56
	digits := (word<<8 | '0') - 0x3030303030303030 // a leading zero instead of the letter
	if (digits|(digits+0x7676767676767676))&0x8080808080808080 != 0 {
		return 0, false // a byte was below '0' or above '9'
	}
	digits = digits*10 + digits>>8 // two digits a byte, in every second byte
	n := uint32(((digits&0x000000ff000000ff)*0x000f424000000064 +
		(digits>>16&0x000000ff000000ff)*0x0000271000000001) >> 32)
	return n, n != 0 && byte(word>>56) == checkLetters[n%23]
}
