package hours

import "time"

// Interval is a stretch of time in which nothing changes, [From, To).
type Interval struct {
	From, To time.Time
	State    State
	Comment  string // of the rule that speaks, empty if it has none
}

// Intervals lists what is not closed between two instants, in order, cut to
// them: open and unknown stretches, each with the comment of the rule that
// speaks. Times stand in the schedule's zone. Stretches that touch and differ
// in state or comment stay apart.
func (s *Schedule) Intervals(from, to time.Time) []Interval {
	var list []Interval
	w := newWalker(s.hours, &s.cal)
	w.voices = true
	start, end := clamp(ceilUnix(from)), clamp(ceilUnix(to))
	w.walk(s.zone, start, end, func(at int64, now said) bool {
		s.close(list, at)
		list = append(list, s.interval(at, end, now))
		return true
	})
	return notClosed(list)
}

// close ends the last interval where the next begins.
func (s *Schedule) close(list []Interval, at int64) {
	if n := len(list); n > 0 {
		list[n-1].To = time.Unix(at, 0).In(s.zone.loc)
	}
}

func (s *Schedule) interval(at, end int64, now said) Interval {
	i := Interval{
		From:  time.Unix(at, 0).In(s.zone.loc),
		To:    time.Unix(end, 0).In(s.zone.loc),
		State: now.state,
	}
	if now.voice != noVoice {
		i.Comment = s.hours.rules[now.voice].comment
	}
	return i
}

// notClosed keeps what is not closed.
func notClosed(list []Interval) []Interval {
	kept := list[:0]
	for _, i := range list {
		if i.State != Closed {
			kept = append(kept, i)
		}
	}
	return kept
}

// ceilUnix gives the first whole second at or after t: states change on whole
// seconds only.
func ceilUnix(t time.Time) int64 {
	u := t.Unix()
	if t.Nanosecond() > 0 {
		u++
	}
	return u
}
