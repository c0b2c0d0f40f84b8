package hours

import (
	"math"
	"sort"
)

const (
	// bucketShift makes buckets of 2^15 seconds, about nine hours: the first
	// candidate of a bucket is seldom more than a step or two from the answer.
	bucketShift = 15
	// maxCuts bounds the memory of a table; past it the table ends early and the
	// slow path answers.
	maxCuts = 1 << 15
	// maxWindow bounds the table in time, to about ten years.
	maxWindow = 10 * 366 * 86400
)

// Schedule is opening hours bound to a zone and a calendar. It answers for every
// instant; inside the window given to [Hours.Compile] it does so from a table.
type Schedule struct {
	hours *Hours
	zone  *Zone
	cal   Calendar

	start   int64 // the table holds [start, start+length)
	length  uint64
	cuts    []int64 // starts[i] of states[i]; the last is the next change after the table
	states  []State
	buckets []uint16
}

// Compile binds the hours to a zone and a calendar. Instants from..to (Unix
// seconds) are laid out in a table, of at most ten years, which answers fast;
// answers outside it are the same, but slower.
func (h *Hours) Compile(z *Zone, cal Calendar, from, to int64) *Schedule {
	from = clamp(from)
	to = min(clamp(to), from+maxWindow)
	s := &Schedule{hours: h, zone: z, cal: cal, start: from}
	if to > from {
		s.lay(to)
	}
	return s
}

// lay fills the table up to an instant.
func (s *Schedule) lay(to int64) {
	end := s.hours.horizon(s.zone, &s.cal, to)
	days := int((to-s.start)/86400) + 4
	cuts, states := make([]int64, 0, 2*days), make([]State, 0, 2*days)
	stop, next := to, int64(Never)
	newWalker(s.hours, &s.cal).walk(s.zone, s.start, end, func(at int64, now said) bool {
		if at >= to || len(cuts) == maxCuts {
			next, stop = at, min(to, at)
			return false
		}
		cuts, states = append(cuts, at), append(states, now.state)
		return true
	})
	s.cuts, s.states = append(cuts, next), states
	s.length = uint64(stop - s.start)
	s.index()
}

// index notes for each bucket the state in which it starts.
func (s *Schedule) index() {
	s.buckets = make([]uint16, s.length>>bucketShift+1)
	i := 0
	for b := range s.buckets {
		at := s.start + int64(b)<<bucketShift
		for s.cuts[i+1] <= at {
			i++
		}
		s.buckets[b] = uint16(i)
	}
}

// At gives the state at an instant (Unix seconds) and the next instant at which
// the state is another, or [Never].
func (s *Schedule) At(unix int64) (State, int64) {
	if offset := uint64(unix - s.start); offset < s.length {
		i := int(s.buckets[offset>>bucketShift])
		for s.cuts[i+1] <= unix {
			i++
		}
		return s.states[i], s.cuts[i+1]
	}
	return s.search(clamp(unix))
}

// search is At without the table.
func (s *Schedule) search(unix int64) (state State, next int64) {
	next = Never
	first := true
	end := max(s.hours.horizon(s.zone, &s.cal, unix), unix+1)
	newWalker(s.hours, &s.cal).walk(s.zone, unix, end, func(at int64, now said) bool {
		if !first {
			next = at
			return false
		}
		state, first = now.state, false
		return true
	})
	return state, next
}

// Since gives the instant since when the state that holds at unix has held
// without a break, or [math.MinInt64] when no change is found before it. The
// look back is bounded like the search for the next change.
func (s *Schedule) Since(unix int64) int64 {
	if offset := uint64(unix - s.start); offset < s.length {
		i := sort.Search(len(s.cuts), func(i int) bool { return s.cuts[i] > unix }) - 1
		if i > 0 {
			return s.cuts[i]
		}
	}
	return s.lookBack(clamp(unix))
}

// lookBack is Since without the table: it walks ever longer stretches that end
// at unix, until one holds a change.
func (s *Schedule) lookBack(unix int64) int64 {
	limit := s.hours.limit(s.zone, &s.cal, unix)
	w := newWalker(s.hours, &s.cal)
	for days := int64(8); ; days *= 8 {
		start := max(unix-days*86400, limit)
		since, changed := int64(math.MinInt64), false
		w.walk(s.zone, start, unix+1, func(at int64, _ said) bool {
			since, changed = at, at != start
			return true
		})
		if changed {
			return since
		}
		if start == limit {
			return math.MinInt64
		}
	}
}
