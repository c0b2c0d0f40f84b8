package hours

// Days is a set of days, known between a first and a last day: outside them
// nothing is known. The zero value knows nothing. Days never change.
type Days struct {
	first Date
	count int32 // days known, from first on
	bits  []uint64
}

// NewDays gives the set of the days in, known from first to last inclusive. Days
// outside that range are left out. When last is before first, nothing is known.
func NewDays(first, last Date, in ...Date) Days {
	if last < first {
		return Days{}
	}
	count := int32(last-first) + 1
	days := Days{first: first, count: count, bits: make([]uint64, (count+63)/64)}
	for _, d := range in {
		if d >= first && d <= last {
			days.bits[(d-first)/64] |= 1 << uint((d-first)%64)
		}
	}
	return days
}

// Contains says whether d is in the set, and whether that is known at all.
func (s Days) Contains(d Date) (in, known bool) {
	if s.count == 0 || d < s.first || d > s.Last() {
		return false, false
	}
	return s.bits[(d-s.first)/64]>>uint((d-s.first)%64)&1 == 1, true
}

// First is the first day about which something is known.
func (s Days) First() Date { return s.first }

// Last is the last day about which something is known; it is before First when
// nothing is known.
func (s Days) Last() Date { return s.first + Date(s.count) - 1 }

// sixtyFour gives the 64 days from d on, as bits: in, and known.
func (s Days) sixtyFour(d Date) (in, known uint64) {
	if s.count == 0 {
		return 0, 0
	}
	offset := int(d - s.first)
	return s.word(offset>>6)>>uint(offset&63) | s.word(offset>>6+1)<<uint(64-offset&63),
		window(int(s.first-d), int(s.Last()-d))
}

func (s Days) word(i int) uint64 {
	if i < 0 || i >= len(s.bits) {
		return 0
	}
	return s.bits[i]
}

// window has the bits from..to set, cut to 0..63.
func window(from, to int) uint64 {
	from, to = max(from, 0), min(to, 63)
	if from > to {
		return 0
	}
	return ^uint64(0) >> uint(63-(to-from)) << uint(from)
}

// Calendar is what a school's calendar knows: public holidays (PH) and school
// holidays (SH).
type Calendar struct {
	Public, School Days
}

func (c *Calendar) days(school bool) Days {
	if school {
		return c.School
	}
	return c.Public
}
