package hours

import (
	"slices"
	"strings"
)

// Limits of the profile; they bound the time that any value can take.
const (
	maxBytes     = 4096
	maxRules     = 32
	maxSelectors = 256
	minYear      = 1900
	maxYear      = 2199
)

// Hours is a value that was understood. It knows no zone and no calendar.
type Hours struct {
	rules    []rule
	warnings []Warning
	plan     *plan
}

// Parse reads a value of the strict profile. The error is an [*Error] with the
// byte and the reason.
func Parse(value string) (*Hours, error) {
	if len(value) > maxBytes {
		return nil, refuse(maxBytes, "the value is longer than %d bytes: shorten it", maxBytes)
	}
	tokens, err := scan(value)
	if err != nil {
		return nil, err
	}
	p := parser{tokens: tokens}
	if err := p.rules(); err != nil {
		return nil, err
	}
	h := &Hours{rules: p.out}
	if h.plan, err = newPlan(h.rules); err != nil {
		return nil, err
	}
	h.warnings = append(p.warnings, warningsOf(h.rules)...)
	slices.SortStableFunc(h.warnings, func(a, b Warning) int { return a.Offset - b.Offset })
	return h, nil
}

// Uses says whether the value mentions public holidays (PH) and school holidays
// (SH), and so needs a calendar that knows them.
func (h *Hours) Uses() (public, school bool) {
	publicAt, schoolAt := h.HolidayOffsets()
	return publicAt >= 0, schoolAt >= 0
}

// HolidayOffsets gives the byte offsets at which public holidays (PH) and school
// holidays (SH) are first mentioned, -1 for those that are not.
func (h *Hours) HolidayOffsets() (public, school int) {
	public, school = -1, -1
	for i := range h.rules {
		for _, day := range h.rules[i].allHolidays() {
			first := &public
			if day.school {
				first = &school
			}
			if *first < 0 || day.pos < *first {
				*first = day.pos
			}
		}
	}
	return public, school
}

// allHolidays gives the holidays of both places where they can stand.
func (r *rule) allHolidays() []holiday {
	all := append([]holiday(nil), r.holidays...)
	for _, w := range r.weekdays {
		if w.holiday != nil {
			all = append(all, *w.holiday)
		}
	}
	return all
}

// rank is the order in which the parts of a rule are written.
type rank uint8

const (
	rankNothing rank = iota
	rankYear
	rankDate
	rankWeek
	rankHoliday
	rankWeekday
	rankTime
	rankState
)

// parser turns tokens into rules.
type parser struct {
	tokens    []token
	at        int
	selectors int // counted against maxSelectors
	out       []rule
	warnings  []Warning

	rule rule // the rule being read
	rank rank // how far it has come
}

func (p *parser) peek() token { return p.tokens[p.at] }

// ahead looks n tokens further; past the end it gives the end.
func (p *parser) ahead(n int) token {
	return p.tokens[min(p.at+n, len(p.tokens)-1)]
}

func (p *parser) take() token {
	t := p.tokens[p.at]
	p.at = min(p.at+1, len(p.tokens)-1)
	return t
}

func (p *parser) takeMark(mark string) bool {
	if !p.peek().is(mark) {
		return false
	}
	p.take()
	return true
}

func (p *parser) warn(pos int, format string, args ...any) {
	p.warnings = append(p.warnings, tell(format, args...).at(pos))
}

// count refuses a value with too many selectors.
func (p *parser) count(pos int) error {
	if p.selectors++; p.selectors > maxSelectors {
		return refuse(pos, "the value has more than %d selectors: simplify it", maxSelectors)
	}
	return nil
}

func (p *parser) rules() error {
	sep := replaces
	for {
		if err := p.oneRule(sep); err != nil {
			return err
		}
		switch t := p.take(); {
		case t.kind == tokEnd:
			return nil
		case t.is(";"):
			sep = replaces
		case t.is(","):
			sep = adds
		default:
			sep = fallsBack
		}
	}
}

func (p *parser) oneRule(sep separator) error {
	start := p.peek()
	if len(p.out) == maxRules {
		return refuse(start.pos, "the value has more than %d rules: simplify it", maxRules)
	}
	p.rule, p.rank = rule{pos: start.pos, separator: sep}, rankNothing
	for !p.atRuleEnd() {
		if err := p.part(); err != nil {
			return err
		}
	}
	if p.peek() == start {
		return p.missing(start)
	}
	if err := p.checkComma(); err != nil {
		return err
	}
	p.finish()
	return nil
}

// missing refuses a rule with nothing in it.
func (p *parser) missing(t token) error {
	if p.at == 0 && t.kind == tokEnd {
		return refuse(0, "the value is empty: write for example Mo-Fr 07:00-19:00")
	}
	return refuse(t.pos, "a rule is missing before %s: write it, or remove the separator", t)
}

func (p *parser) atRuleEnd() bool {
	t := p.peek()
	return t.kind == tokEnd || t.is(";") || t.is(",") || t.is("||")
}

// checkComma refuses a comma that neither continues a list nor follows a rule
// that says something of its own: "We, Aug Mo" can be read in two ways.
func (p *parser) checkComma() error {
	if !p.peek().is(",") || p.rank >= rankTime || p.rule.comment != "" {
		return nil
	}
	return refuse(p.peek().pos, "what follows this comma does not continue the list: use ; for a new rule")
}

// finish settles what the rule says and keeps it.
func (p *parser) finish() {
	if !p.rule.written {
		p.rule.state = Open
		if p.rule.comment != "" {
			p.rule.state = Unknown
		}
	}
	p.out = append(p.out, p.rule)
}

// part reads one part of a rule.
func (p *parser) part() error {
	switch t := p.peek(); t.kind {
	case tokTime:
		return p.times()
	case tokAlways:
		return p.fullTime()
	case tokComment:
		return p.comment()
	case tokNumber:
		return p.number()
	case tokWord:
		return p.word()
	default:
		return p.strayMark(t)
	}
}

func (p *parser) strayMark(t token) error {
	switch t.text {
	case "(":
		return refuse(t.pos, "times that depend on the sun are not in the profile: write a clock time such as 08:00")
	case "/":
		return refuse(t.pos, "steps and periods are not in the profile: write the values one by one")
	case "+":
		return refuse(t.pos, "open ends are not in the profile: write the closing time")
	default:
		return refuse(t.pos, "%s has no place here: remove it", t)
	}
}

// enter moves on to a part of the given rank, and refuses parts out of order.
func (p *parser) enter(r rank, t token) error {
	if r < p.rank {
		return refuse(t.pos, "%s comes too late in its rule: the order is years, months and dates, weeks, holidays, weekdays, times, state", t)
	}
	if r == p.rank && (r == rankYear || r == rankWeek || r == rankWeekday || r == rankState) {
		return refuse(t.pos, "%s stands beside another of its kind: join them with a comma, or use ; for a new rule", t)
	}
	p.rank = r
	return p.count(t.pos)
}

// colon passes over the ":" that may follow selectors for readability.
func (p *parser) colon() error {
	if !p.peek().is(":") {
		return nil
	}
	t := p.take()
	if p.atRuleEnd() || p.peek().kind == tokMark {
		return refuse(t.pos, "nothing follows this colon: remove it")
	}
	return nil
}

func (p *parser) comment() error {
	t := p.take()
	if p.rule.comment != "" {
		return refuse(t.pos, "the rule has two comments: join them into one")
	}
	p.rule.comment = t.text
	return nil
}

func (p *parser) word() error {
	t := p.peek()
	if _, ok := monthNames[t.text]; ok || t.text == "easter" {
		return p.dates()
	}
	if _, ok := weekdayNames[t.text]; ok {
		return p.weekdays()
	}
	if _, ok := stateNames[t.text]; ok {
		return p.state()
	}
	switch t.text {
	case "week":
		return p.weeks()
	case "PH", "SH":
		return p.holidays()
	default:
		return unknownWord(t)
	}
}

func (p *parser) state() error {
	t := p.take()
	if err := p.enter(rankState, t); err != nil {
		return err
	}
	p.rule.state, p.rule.written = stateNames[t.text], true
	if p.peek().is(":") && p.ahead(1).kind == tokComment {
		p.take()
	}
	return nil
}

// unknownWord explains why a word is not understood.
func unknownWord(t token) error {
	switch lower := strings.ToLower(t.text); lower {
	case "sunrise", "sunset", "dawn", "dusk", "daylight":
		return refuse(t.pos, "times that depend on the sun are not in the profile: write a clock time such as 08:00")
	case "spring", "summer", "autumn", "winter":
		return refuse(t.pos, "seasons are not in the profile: write dates, such as Mar 20-Jun 20")
	default:
		if spelled, ok := respell(lower); ok {
			return refuse(t.pos, "the word %s is not written as the language writes it: write %s", t, spelled)
		}
		return refuse(t.pos, "the word %s is not known: put free text between double quotes", t)
	}
}

// respell finds the word of the language that differs only in capitals.
func respell(lower string) (string, bool) {
	for _, words := range [][]string{weekdayWords[:], monthWords[1:], otherWords[:]} {
		for _, word := range words {
			if strings.ToLower(word) == lower {
				return word, true
			}
		}
	}
	return "", false
}
