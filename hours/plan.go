package hours

import "slices"

// maxEdges bounds the distinct clock readings of a value, so that the cells of
// a day fit a cellset.
const maxEdges = 120

// cellset is a set of cells of a day. The clock readings that a value names cut
// the day into cells; inside a cell the state cannot change.
type cellset [2]uint64

// plan is a value prepared for evaluation, without zone and calendar.
type plan struct {
	edges  []int // the minute at which each cell starts; the first is 0
	full   cellset
	layers []layer
	wraps  uint64 // the rules, by bit, that reach into the next day
	voices []int8 // for each rule, the first rule with the same comment
	scope  scope
}

// layer is a rule as it acts on a day: inside the cells of day on a day that it
// matches, inside the cells of tail on the day after.
type layer struct {
	day, tail cellset
	state     State
	separator separator
	clears    bool
}

// scope tells how far the days can differ from each other.
type scope struct {
	daily    bool // every day is like every other, by the rules alone
	weekly   bool // every week is like every other
	easter   bool
	lastYear int // the last year named, 0 if none
}

func newPlan(rules []rule) (*plan, error) {
	p := &plan{edges: []int{0}, layers: make([]layer, 0, len(rules))}
	for i := range rules {
		for _, span := range rules[i].times {
			p.addEdge(span.from)
			p.addEdge(span.to)
		}
		if len(p.edges) > maxEdges {
			return nil, refuse(rules[i].pos, "the value names more than %d different times: simplify it", maxEdges)
		}
	}
	p.full.fill(0, len(p.edges))
	for i := range rules {
		p.layers = append(p.layers, p.layer(&rules[i]))
		if p.layers[i].tail != (cellset{}) {
			p.wraps |= 1 << i
		}
	}
	p.scope, p.voices = scopeOf(rules), voicesOf(rules)
	return p, nil
}

func (p *plan) addEdge(minute int) {
	minute %= minutesOfDay
	if i, found := slices.BinarySearch(p.edges, minute); !found {
		p.edges = slices.Insert(p.edges, i, minute)
	}
}

func (p *plan) layer(r *rule) layer {
	l := layer{state: r.state, separator: r.separator, clears: r.clearsDay()}
	if len(r.times) == 0 {
		l.day = p.full
	}
	for _, span := range r.times {
		l.day.fill(p.cell(span.from), p.cell(min(span.to, minutesOfDay)))
		if span.to > minutesOfDay {
			l.tail.fill(0, p.cell(span.to-minutesOfDay))
		}
	}
	return l
}

// cell gives the cell that starts at a minute, or the number of cells for the
// end of the day.
func (p *plan) cell(minute int) int {
	i, _ := slices.BinarySearch(p.edges, minute)
	return i
}

func (c *cellset) fill(from, to int) {
	for w := range c {
		c[w] |= window(from-64*w, to-1-64*w)
	}
}

func (c *cellset) without(d *cellset) cellset {
	return cellset{c[0] &^ d[0], c[1] &^ d[1]}
}

func (c *cellset) has(i int) bool { return c[i/64]>>(i%64)&1 == 1 }

func scopeOf(rules []rule) scope {
	s := scope{daily: true, weekly: true}
	if !slices.ContainsFunc(rules, func(r rule) bool { return r.state != Closed }) {
		return s // closed for ever
	}
	for i := range rules {
		r := &rules[i]
		s.daily = s.daily && r.onEveryDay()
		s.weekly = s.weekly && !r.isWide() && len(r.allHolidays()) == 0
		for _, w := range r.weekdays {
			s.weekly = s.weekly && w.nth == nil
		}
		s.addYears(r)
	}
	return s
}

func (s *scope) addYears(r *rule) {
	for _, y := range r.years {
		s.lastYear = max(s.lastYear, y.to)
	}
	for _, list := range [2][]dateRange{r.months, r.dates} {
		for _, d := range list {
			s.easter = s.easter || d.from.kind == easterDay || d.to.kind == easterDay
			s.lastYear = max(s.lastYear, d.from.year, d.to.year)
		}
	}
}

// outcome holds, for each state, the cells in which that state is possible.
type outcome [3]cellset

// signature names the rules, by bit, that match a day and the day before it:
// surely, or possibly. Days with the same signature go the same way.
type signature struct {
	sure, may           uint64
	tailSure, tailMaybe uint64
}

// settle lets the rules speak in their order about a day.
func (p *plan) settle(sig signature) *outcome {
	o := &outcome{Closed: p.full}
	for i := range p.layers {
		l, bit := &p.layers[i], uint64(1)<<i
		if sig.may&bit != 0 {
			if l.clears {
				outside := p.full.without(&l.day)
				o.paint(&outside, Closed, sig.sure&bit != 0)
			}
			o.speak(l, &l.day, sig.sure&bit != 0)
		}
		if sig.tailMaybe&bit != 0 {
			o.speak(l, &l.tail, sig.tailSure&bit != 0)
		}
	}
	return o
}

// speak lets a rule say its state in some cells; a fallback is heard only where
// it is closed.
func (o *outcome) speak(l *layer, cells *cellset, sure bool) {
	if l.separator != fallsBack {
		o.paint(cells, l.state, sure)
		return
	}
	for w := range cells {
		heard := cells[w] & o[Closed][w]
		if sure {
			o[Closed][w] &^= heard
		}
		o[l.state][w] |= heard
	}
}

// paint makes a state possible in some cells, and when it is sure, the only one.
func (o *outcome) paint(cells *cellset, state State, sure bool) {
	for w := range cells {
		if sure {
			for s := range o {
				o[s][w] &^= cells[w]
			}
		}
		o[state][w] |= cells[w]
	}
}

// state gives what is said about a cell.
func (o *outcome) state(cell int) State {
	closed, open, unknown := o[Closed].has(cell), o[Open].has(cell), o[Unknown].has(cell)
	switch {
	case open && !closed && !unknown:
		return Open
	case closed && !open && !unknown:
		return Closed
	default:
		return Unknown
	}
}

// voicesOf gives each rule with a comment the number of the first rule that has
// the same.
func voicesOf(rules []rule) []int8 {
	voices := make([]int8, len(rules))
	for i := range rules {
		voices[i] = noVoice
		if rules[i].comment != "" {
			voices[i] = int8(slices.IndexFunc(rules, func(r rule) bool { return r.comment == rules[i].comment }))
		}
	}
	return voices
}

// voice gives the rule whose comment goes with a cell of a day: the last that
// surely spoke about it.
func (p *plan) voice(sig signature, cell int) int8 {
	voice, state := int8(noVoice), Closed
	speak := func(i int, cells *cellset) {
		l := &p.layers[i]
		if cells.has(cell) && (l.separator != fallsBack || state == Closed) {
			voice, state = p.voices[i], l.state
		}
	}
	for i := range p.layers {
		if sig.sure>>i&1 == 1 {
			if p.layers[i].clears {
				voice, state = noVoice, Closed
			}
			speak(i, &p.layers[i].day)
		}
		if sig.tailSure>>i&1 == 1 {
			speak(i, &p.layers[i].tail)
		}
	}
	return voice
}
