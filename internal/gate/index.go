package gate

import (
	"math/bits"

	"github.com/ecluse-ecole/ecluse/internal/school"
)

// An index finds a school's cell by its code: a hash table with open addressing,
// half empty at least, of four bytes a slot, so that a whole country stays in a
// processor's near memory.
//
// A code's seven digits determine its letter, so the digits are the key; the
// letter is verified before. The key is not stored whole: mixed (which loses
// nothing, as the factor is odd) its upper bits are the home slot, and a slot
// keeps the lower bits and how far from home it stands.
type index struct {
	slots   []uint32 // cell, distance from home plus one, lower bits of the key; 0 is free
	schools []uint32 // by slot: position in Snapshot.schools; not asked in deciding
	bits    uint     // of a home slot, and of a cell
}

// A key has keyBits bits, which hold seven decimal digits; farthest is how far
// from home a slot can stand.
const (
	keyBits  = 24
	farthest = 254
)

// newIndex makes room for n schools.
func newIndex(n int) index {
	size := min(max(4, bits.Len(uint(2*n))), keyBits)
	return index{slots: make([]uint32, 1<<size), schools: make([]uint32, 1<<size), bits: uint(size)}
}

// home is the first slot to look at, and what it holds beside the cell.
func (x *index) home(number uint32) (at, tag uint32) {
	rest := (keyBits - x.bits) & 31
	key := number * 0x9e3779b1 & (1<<keyBits - 1)
	return key >> rest, 1<<rest | key&(1<<rest-1)
}

// find is the slot and the cell of a school, or false.
func (x *index) find(u school.UAI) (at int, cell uint32, ok bool) {
	number, ok := numberOf(u)
	if !ok || len(x.slots) == 0 {
		return 0, 0, false
	}
	return x.slotOf(number)
}

// slotOf is find by the seven digits.
func (x *index) slotOf(number uint32) (at int, cell uint32, ok bool) {
	at, found := x.probe(number)
	if !found {
		return 0, 0, false
	}
	return at, x.slots[at] >> ((32 - x.bits) & 31), true
}

// probe is the slot that holds the number, or the free one where it belongs; a
// negative one if there is no room near its home.
func (x *index) probe(number uint32) (at int, found bool) {
	home, tag := x.home(number)
	mask := uint32(len(x.slots) - 1)
	step, tags := uint32(1)<<((keyBits-x.bits)&31), uint32(1)<<((32-x.bits)&31)-1
	for i := range uint32(farthest + 1) {
		slot := x.slots[(home+i)&mask]
		if slot&tags == tag {
			return int((home + i) & mask), true
		}
		if slot == 0 {
			return int((home + i) & mask), false
		}
		tag += step
	}
	return -1, false
}

// put fills the slot that probe gave.
func (x *index) put(at int, number, cell, position uint32) {
	home, tag := x.home(number)
	distance := (uint32(at) - home) & uint32(len(x.slots)-1)
	x.slots[at] = cell<<((32-x.bits)&31) | (tag + distance<<((keyBits-x.bits)&31))
	x.schools[at] = position
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
