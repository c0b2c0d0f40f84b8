package page

import (
	"fmt"
	"strings"
	"time"
)

// A Curve is the share of schools over time since an order counts, as a picture
// and as a table. Time runs by powers, because servers take a second and people
// an hour.
type Curve struct {
	Of      int             // schools in all
	Applied []time.Duration // of those where all that asks Écluse holds it; shortest first
	Done    []time.Duration // of those where all is done
}

// marks are the instants of the curve's table and of its upright lines.
var marks = []time.Duration{time.Second, 10 * time.Second, time.Minute, 10 * time.Minute, time.Hour, 4 * time.Hour, 24 * time.Hour}

// The curve's picture, in its own units.
const (
	boardLeft, boardRight = 46, 680
	boardTop, boardFoot   = 12, 190
)

// by is how many of the durations are not longer than d.
func by(list []time.Duration, d time.Duration) int {
	n := 0
	for n < len(list) && list[n] <= d {
		n++
	}
	return n
}

// x is where a duration stands: the marks stand apart evenly.
func (c Curve) x(d time.Duration) float64 {
	step := float64(boardRight-boardLeft) / float64(len(marks))
	previous := time.Duration(0)
	for i, m := range marks {
		if d <= m {
			return boardLeft + step*(float64(i)+float64(d-previous)/float64(m-previous))
		}
		previous = m
	}
	return boardRight
}

// y is where a number of schools stands.
func (c Curve) y(n int) float64 {
	return boardFoot - float64(boardFoot-boardTop)*float64(n)/float64(max(1, c.Of))
}

// path is a line that climbs by a step for each school and goes on to the last of
// the marks. Schools that cannot be told apart by eye are one step.
func (c Curve) path(list []time.Duration) string {
	var b strings.Builder
	fmt.Fprintf(&b, "M%d %d", boardLeft, boardFoot)
	drawn := float64(boardLeft)
	for i, d := range list {
		if i+1 < len(list) && c.x(list[i+1])-drawn < 1 {
			continue
		}
		drawn = c.x(d)
		fmt.Fprintf(&b, "H%.1fV%.1f", drawn, c.y(i+1))
	}
	fmt.Fprintf(&b, "H%d", boardRight)
	return b.String()
}

// share is a number of schools in a hundred.
func (c Curve) share(n int) string { return fmt.Sprintf("%d"+nbsp+"%%", n*100/max(1, c.Of)) }

// coordinate is a place as SVG reads it.
func coordinate(f float64) string { return fmt.Sprintf("%.1f", f) }

// A Branch is a territory of a board with how its schools stand, and what stands
// below it.
type Branch struct {
	Name   string
	URL    string // the board of these schools alone
	Counts [AnswerStateCount]int
	Below  []Branch
}

// schools is how many stand below a branch.
func (b Branch) schools() int {
	n := 0
	for _, count := range b.Counts {
		n += count
	}
	return n
}

// words are the states that schools below a branch stand in.
func (b Branch) words(l Lang) []stateCount {
	var list []stateCount
	for s, n := range b.Counts {
		if n > 0 {
			word := AnswerStateWord(l, AnswerState(s))
			if l == French && n > 1 && AnswerState(s) != AnswerOverdue {
				word += "s" // all the others are participles
			}
			list = append(list, stateCount{AnswerState(s), l.Number(n) + " " + word})
		}
	}
	return list
}

type stateCount struct {
	state AnswerState
	text  string
}
