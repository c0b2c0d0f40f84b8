package calendar

import (
	"cmp"
	"fmt"
	"slices"

	"github.com/ecluse-ecole/ecluse/hours"
)

// A Holiday is one school holiday of a zone.
type Holiday struct {
	Name       string     // in French, as published
	First      hours.Date // first day without class
	Back       hours.Date // the day class begins again; 0 when it is not published yet
	Confidence Confidence
}

// Last is the last day off, and false when the return is not published.
func (h Holiday) Last() (hours.Date, bool) { return h.Back - 1, h.Back != 0 }

// A Confidence says how far the source of a holiday can be trusted.
type Confidence uint8

// Low: one unofficial page, or sources that disagree. Medium: one data set made
// from official texts. High: several that agree. Official: the ministry's file.
const (
	Low Confidence = iota
	Medium
	High
	Official
	confidenceCount = iota
)

var confidenceNames = [confidenceCount]string{"low", "medium", "high", "official"}

// String is the word that files use.
func (c Confidence) String() string {
	if c >= confidenceCount {
		return fmt.Sprintf("confidence(%d)", uint8(c))
	}
	return confidenceNames[c]
}

// MarshalText writes the word.
func (c Confidence) MarshalText() ([]byte, error) { return []byte(c.String()), nil }

// UnmarshalText reads the word.
func (c *Confidence) UnmarshalText(text []byte) error {
	i := slices.Index(confidenceNames[:], string(text))
	if i < 0 {
		return fmt.Errorf("%q is not a confidence: want low, medium, high or official", text)
	}
	*c = Confidence(i)
	return nil
}

const (
	// sureDays is how much of a holiday without a published return is held to be
	// one: only summers are published so, and none in the record is shorter than
	// 32 days.
	sureDays = 28
	// longestDays bounds a holiday: the longest in the record has 59 days.
	longestDays = 70
	// longestClass bounds a stretch of class. Article L521-1 of the Code de
	// l'éducation parts 36 weeks of class into five periods; a stretch of more
	// than 13 weeks means that a holiday is missing from the source.
	longestClass = 13 * 7
	// oneYear is what a range must roughly span to be preferred to an older one.
	oneYear = 180
)

// end is the day after the last that is surely off.
func (h Holiday) end() hours.Date {
	if h.Back == 0 {
		return h.First + sureDays
	}
	return h.Back
}

func byFirst(a, b Holiday) int {
	return cmp.Or(cmp.Compare(a.First, b.First), cmp.Compare(a.Back, b.Back))
}

// known is the range inside which a zone's list is complete. The list falls
// apart where a holiday's return is missing or class would last too long; of its
// parts the latest that spans about a school year counts, else the longest.
func known(list []Holiday) (first, last hours.Date) {
	var best, year, part [2]hours.Date // each [first, last]
	for i, h := range list {
		if i == 0 || broken(list[i-1], h) {
			part[0] = h.First
		}
		part[1] = h.end() - 1
		if part[1]-part[0] >= best[1]-best[0] {
			best = part
		}
		if part[1]-part[0] >= oneYear {
			year = part
		}
	}
	if year[1] != 0 {
		best = year
	}
	return best[0], best[1]
}

// broken reports whether something must be missing between two holidays.
func broken(a, b Holiday) bool { return a.Back == 0 || b.First-a.Back > longestClass }

// daysOf is a zone's list as days, with the range known.
func daysOf(list []Holiday) hours.Days {
	if len(list) == 0 {
		return hours.Days{}
	}
	first, last := known(list)
	var off []hours.Date
	for _, h := range list {
		for d := max(h.First, first); d < h.end() && d <= last; d++ {
			off = append(off, d)
		}
	}
	return hours.NewDays(first, last, off...)
}

// The span of dates that a file may speak of; outside it a typing error is
// likelier than a holiday.
var (
	earliest = hours.NewDate(1990, 1, 1)
	latest   = hours.NewDate(lastYear, 12, 31)
)

// implausible says what is wrong with one holiday, or "".
func (h Holiday) implausible() string {
	switch {
	case h.First < earliest || h.First > latest:
		return fmt.Sprintf("%q begins on %s, outside the years 1990 to %d: check the date", h.Name, h.First, lastYear)
	case h.Back == 0:
		return ""
	case h.Back <= h.First:
		return fmt.Sprintf("%q ends (%s) before it begins (%s): correct one of the dates", h.Name, h.Back, h.First)
	case h.Back-h.First > longestDays:
		return fmt.Sprintf("%q lasts %d days, from %s to %s, more than the %d a holiday may last: correct one of the dates",
			h.Name, h.Back-h.First, h.First, h.Back, longestDays)
	}
	return ""
}

// clash says what is wrong with b following a, or "".
func clash(a, b Holiday) string {
	if b.First < a.end() {
		return fmt.Sprintf("%q from %s overlaps %q, which begins on %s and ends on %s: keep one of them", b.Name, b.First, a.Name, a.First, a.end())
	}
	return ""
}
