package hours

import (
	"cmp"
	"slices"
	"time"
)

// Warning is a doubt about a value that was understood: it may not say what its
// author meant.
type Warning struct {
	Offset int    // byte offset in the value
	Text   string // one sentence in English
	french string
}

// In gives the doubt in a language. It has neither capital nor full stop.
func (w Warning) In(l Language) string { return sentence{w.Text, w.french}.in(l) }

// at makes a warning of a sentence.
func (s sentence) at(offset int) Warning { return Warning{offset, s.english, s.french} }

// Warnings gives the doubts about the value, in the order of the value.
func (h *Hours) Warnings() []Warning { return slices.Clone(h.warnings) }

// warningsOf looks at each rule alone, and at each with those after it.
func warningsOf(rules []rule) []Warning {
	var all []Warning
	for i := range rules {
		r := &rules[i]
		for _, doubt := range r.doubts() {
			all = append(all, doubt.at(r.pos))
		}
		for j := i + 1; j < len(rules); j++ {
			if doubt := r.doubtBefore(&rules[j]); doubt != (sentence{}) {
				all = append(all, doubt.at(r.pos))
				break
			}
		}
		if i > 0 && r.separator == adds && r.onEveryDay() && !rules[i-1].onEveryDay() {
			all = append(all, tell("%q names no days, so it holds every day and not only on the days of the rule before it", r).at(r.pos))
		}
	}
	return all
}

// doubts gives what is doubtful about a rule by itself.
func (r *rule) doubts() []sentence {
	var out []sentence
	if r.state == Unknown && !r.written {
		out = append(out, tell("a comment without open or off means unknown, and unknown closes: write open or off before it"))
	}
	if r.separator == fallsBack {
		out = append(out, tell("a fallback (||) speaks wherever the rules before it are closed, off included"))
	}
	for _, list := range [2][]dateRange{r.months, r.dates} {
		out = append(out, dateDoubts(list)...)
	}
	return out
}

func dateDoubts(list []dateRange) []sentence {
	var out []sentence
	for i, d := range list {
		if d.to.kind == easterDay && !d.single {
			out = append(out, tell("the range %s ends on the day before its last, as the reference implementation reads a range that ends with easter", d))
		}
		if i > 0 && list[0].from.year != 0 && d.from.year == 0 {
			out = append(out, tell("%s comes every year: the year written before it in the list is not its own", d))
		}
		if d.single && d.from.year != 0 && isLeapDay(&d.from) {
			out = append(out, tell("%s does not exist: check the date", d))
		}
	}
	return out
}

// doubtBefore gives what is doubtful about a rule that stands before another.
func (r *rule) doubtBefore(later *rule) sentence {
	if later.separator != replaces {
		return sentence{}
	}
	switch {
	case later.clearsDay() && later.onEveryDay():
		return tell("%q has no effect: %q replaces every day", r, later)
	case r.closesHolidays() && later.clearsDay() && len(later.allHolidays()) == 0 && r.meets(later, 0):
		return tell("%q stands before %q, which opens on holidays again: write it last", r, later)
	case r.isOvernight() && later.cutsDay() && r.meets(later, 1):
		return tell("what %q leaves after midnight is cut at midnight where %q holds on the next day", r, later)
	}
	return sentence{}
}

// closesHolidays says whether the rule is there to close holidays.
func (r *rule) closesHolidays() bool { return r.state == Closed && len(r.allHolidays()) > 0 }

// cutsDay says whether the rule takes away what reaches into its day.
func (r *rule) cutsDay() bool { return r.clearsDay() || r.state == Closed && len(r.times) == 0 }

func (r *rule) isOvernight() bool {
	return r.state != Closed && slices.ContainsFunc(r.times, func(s timeSpan) bool { return s.to > minutesOfDay })
}

// meets says whether the other rule can match the day that comes so many days
// after one that r matches. A year is looked at, that of the rule's own years if
// it has any; no calendar is known, so that any day may be a holiday.
func (r *rule) meets(later *rule, after Date) bool {
	year := cmp.Or(r.anyYear(), later.anyYear(), 2024)
	first := firstOfMonth(year, time.January) - 1
	mine := r.days(newBlock(first), &Calendar{})
	theirs := later.days(newBlock(first+after), &Calendar{})
	mine.and(&theirs)
	return mine.may != dayset{}
}

// anyYear gives a year that the rule names, or 0.
func (r *rule) anyYear() int {
	for _, y := range r.years {
		return y.from
	}
	for _, d := range r.dates {
		return d.from.year
	}
	return 0
}
