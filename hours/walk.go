package hours

// How many years the search for a change goes on after the last year that the
// string or the calendar names; with Easter, after the instant asked about. In 40 years every kind of year (leap or not, by
// its first weekday, with the year before leap or not) comes by, across 2100
// and its like too; a date of Easter can stay away for longer.
const (
	reachYears       = 41
	reachEasterYears = 500
)

// piece is the start of a stretch of a day in which nothing changes.
type piece struct {
	minute int16
	said
}

// said is a state, and the rule whose comment goes with it: noVoice where there
// is no comment, or where comments are not asked for.
type said struct {
	state State
	voice int8
}

const noVoice = -1

// walker evaluates days in order. It is cheap on neighbouring days: it prepares
// a whole block at once and remembers how each signature settles.
type walker struct {
	plan    *plan
	rules   []rule
	cal     *Calendar
	block   block
	ready   bool
	uniform bool // all days of the block have one signature
	voices  bool // whether comments are asked for
	blocks  int  // prepared so far; tests bound the work by it
	sure    [blockDays]uint64
	may     [blockDays]uint64

	recent  [recentSize]settled // by the first bits of the signature's hash
	settled map[uint64]settled  // by all of them
}

// settled is a signature with what it comes to.
type settled struct {
	sig    signature
	pieces []piece
}

// hash mixes the signature into one word. Two signatures with one hash only
// push each other out.
func (s signature) hash() uint64 {
	const prime = 0x9E3779B97F4A7C15
	h := (s.sure*prime ^ s.may) * prime
	return ((h^s.tailSure)*prime ^ s.tailMaybe) * prime
}

func newWalker(h *Hours, cal *Calendar) *walker {
	return &walker{plan: h.plan, rules: h.rules, cal: cal, settled: make(map[uint64]settled, 8)}
}

// recentSize holds the signatures of an ordinary value; it spares the map.
const recentSize = 32

// day gives the pieces of a day; the first starts at minute 0.
func (w *walker) day(d Date) []piece {
	w.load(d)
	i := int(d - w.block.first)
	wraps := w.plan.wraps
	sig := signature{w.sure[i], w.may[i], w.sure[i-1] & wraps, w.may[i-1] & wraps}
	key := sig.hash()
	recent := &w.recent[key%recentSize]
	if recent.sig != sig || recent.pieces == nil {
		*recent = w.settle(sig, key)
	}
	return recent.pieces
}

func (w *walker) settle(sig signature, key uint64) settled {
	known := w.settled[key]
	if known.sig != sig || known.pieces == nil {
		known = settled{sig, w.pieces(sig)}
		w.settled[key] = known
	}
	return known
}

// load prepares the block around d, so that d and the day before it are inside.
func (w *walker) load(d Date) {
	if w.ready && d > w.block.first && d <= w.block.last() {
		return
	}
	w.blocks++
	w.block, w.ready = newBlock(d-1), true
	w.uniform = true
	var sure, may [64]dayset
	certain := true
	for i := range w.rules {
		m := w.rules[i].days(w.block, w.cal)
		sure[i], may[i] = m.sure, m.may
		certain = certain && m.sure == m.may
		w.uniform = w.uniform && (m.sure == everyDay || m.sure == dayset{})
	}
	w.uniform = w.uniform && certain
	byDay(&w.sure, &sure)
	if w.may = w.sure; !certain {
		byDay(&w.may, &may)
	}
}

// byDay turns the days of each rule into the rules of each day.
func byDay(days *[blockDays]uint64, rules *[64]dayset) {
	for w := range blockDays / 64 {
		square := (*[64]uint64)(days[w*64:])
		for i := range rules {
			square[i] = rules[i][w]
		}
		transpose(square)
	}
}

// transpose turns rows of bits into columns, by swapping ever smaller corners
// (Warren, Hacker's Delight, section 7-3).
func transpose(a *[64]uint64) {
	mask := uint64(0x00000000FFFFFFFF)
	for j := 32; j != 0; j >>= 1 {
		for k := 0; k < 64; k = (k + j + 1) &^ j {
			t := (a[k]>>j ^ a[k|j]) & mask
			a[k] ^= t << j
			a[k|j] ^= t
		}
		mask ^= mask << (j >> 1)
	}
}

// pieces settles a signature and keeps the places where something changes.
func (w *walker) pieces(sig signature) []piece {
	o := w.plan.settle(sig)
	list := make([]piece, 0, 4)
	for i, minute := range w.plan.edges {
		s := said{o.state(i), noVoice}
		if w.voices {
			s.voice = w.plan.voice(sig, i)
		}
		if i == 0 || s != list[len(list)-1].said {
			list = append(list, piece{int16(minute), s})
		}
	}
	return list
}

// walk gives what is said from one instant up to another, each with the instant
// at which it starts, until yield returns false. Nothing is said twice in
// a row; the first starts at from.
func (w *walker) walk(z *Zone, from, to int64, yield func(start int64, s said) bool) {
	last := said{voice: -2}
	emit := func(start int64, s said) bool {
		if s == last {
			return true
		}
		last = s
		return yield(start, s)
	}
	for u := from; u < to; {
		span := z.span(u)
		end := min(span.to, to)
		if !w.stretch(u+span.offset, end+span.offset, span.offset, emit) {
			return
		}
		u = end
	}
}

// stretch walks local readings from..to (seconds on the dial since 1970) inside
// one offset.
func (w *walker) stretch(from, to, offset int64, emit func(int64, said) bool) bool {
	for day := floorDiv64(from, 86400); day*86400 < to; day++ {
		pieces := w.day(Date(day))
		for i, p := range pieces {
			start := day*86400 + int64(p.minute)*60
			if start >= to {
				return true
			}
			if i+1 < len(pieces) && day*86400+int64(pieces[i+1].minute)*60 <= from {
				continue
			}
			if !emit(max(start, from)-offset, p.said) {
				return false
			}
		}
		if w.uniform && len(pieces) == 1 {
			// Nothing can change before the block ends.
			day = max(day, int64(w.block.last())-1)
		}
	}
	return true
}

// horizon is the instant after which no change is looked for, seen from unix.
func (h *Hours) horizon(z *Zone, cal *Calendar, unix int64) int64 {
	day, _ := z.Reading(unix)
	scope := h.plan.scope
	switch {
	case scope.daily:
		return clamp(unix + 5*86400)
	case scope.weekly:
		return clamp(unix + 12*86400)
	}
	year := max(day.year(), scope.lastYear, lastKnown(cal.Public), lastKnown(cal.School)) + reachYears
	if scope.easter {
		year = max(year, day.year()+reachEasterYears)
	}
	return clamp(int64(firstOfMonth(year, 1)) * 86400)
}

// limit is the instant before which no change is looked for, seen from unix.
func (h *Hours) limit(z *Zone, cal *Calendar, unix int64) int64 {
	day, _ := z.Reading(unix)
	scope := h.plan.scope
	switch {
	case scope.daily:
		return clamp(unix - 5*86400)
	case scope.weekly:
		return clamp(unix - 12*86400)
	}
	year := day.year()
	if scope.lastYear != 0 {
		year = min(year, minYear)
	}
	year = min(year, firstKnown(cal.Public, year), firstKnown(cal.School, year)) - reachYears
	if scope.easter {
		year = min(year, day.year()-reachEasterYears)
	}
	return clamp(int64(firstOfMonth(year, 1)) * 86400)
}

// firstKnown is the first year that the days know, or the other when none.
func firstKnown(d Days, other int) int {
	if d.count == 0 {
		return other
	}
	return d.First().year()
}

// lastKnown is the last year that the days know, or 0.
func lastKnown(d Days) int {
	if d.count == 0 {
		return 0
	}
	return d.Last().year()
}
