package calendar

import (
	"cmp"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"sync"
	"time"
	"unicode/utf8"

	"github.com/ecluse-ecole/ecluse/hours"
	"github.com/ecluse-ecole/ecluse/internal/school"
)

// Options narrow an import. The zero value takes everything.
type Options struct {
	Zones []string   // holiday zones to take; empty: all
	Since hours.Date // leave out holidays that begin before; 0: none
}

// An Import is what a file of the official calendar said.
type Import struct {
	Set      *Set // the holidays, to lay over another set with Set.With
	Rows     int  // records in the file
	Teachers int  // left out: for teachers alone
	Repeated int  // left out: the same holiday of another académie
	Outside  int  // left out by Options
}

// A Problem is one thing in a file that cannot be right.
type Problem struct {
	Record int    // 1 for the first; 0 when it is about the whole file
	Line   int    // of the file; 0 when the format has none
	Zone   string // holiday zone, when it was understood
	Text   string // what is wrong and what to do
}

// Error is one sentence that begins with the place.
func (p *Problem) Error() string {
	switch {
	case p.Line > 0:
		return fmt.Sprintf("line %d: %s", p.Line, p.Text)
	case p.Record > 0:
		return fmt.Sprintf("record %d: %s", p.Record, p.Text)
	case p.Zone != "":
		return fmt.Sprintf("zone %s: %s", p.Zone, p.Text)
	}
	return p.Text
}

// Problems is every reason why a file was refused.
type Problems []*Problem

// Error is one sentence a line.
func (p Problems) Error() string {
	lines := make([]string, len(p))
	for i, one := range p {
		lines[i] = one.Error()
	}
	return strings.Join(lines, "\n")
}

// maxFile bounds a file; the ministry's whole export has some 2 MB.
const maxFile = 32 << 20

// readAll reads a file of text in UTF-8, without its mark.
func readAll(r io.Reader) ([]byte, error) {
	data, err := io.ReadAll(io.LimitReader(r, maxFile+1))
	if err != nil {
		return nil, fmt.Errorf("reading the calendar: %w", err)
	}
	if len(data) > maxFile {
		return nil, &Problem{Text: "the file has more than 32 MB: this is not the official school calendar"}
	}
	text := strings.TrimPrefix(string(data), "\uFEFF")
	if strings.TrimSpace(text) == "" {
		return nil, &Problem{Text: "the file is empty: export the official school calendar again"}
	}
	if at := badText(text); at >= 0 {
		return nil, &Problem{Line: 1 + strings.Count(text[:at], "\n"),
			Text: "the text is not in UTF-8, or was converted to it twice: export the file again, in UTF-8"}
	}
	return []byte(text), nil
}

// badText is the offset of the first bytes that are not UTF-8 or show that
// UTF-8 was taken for another encoding ("NoÃ«l"), or -1.
func badText(s string) int {
	for i := 0; i < len(s); {
		r, size := utf8.DecodeRuneInString(s[i:])
		if r == utf8.RuneError || r == 'Ã' {
			return i
		}
		i += size
	}
	return -1
}

// A row is one record of the official export, as text.
type row struct {
	record, line int

	description, population, start, end, zones string
}

// reader gathers what the rows of one file say.
type reader struct {
	options  Options
	out      Import
	found    map[string][]entry
	seen     map[seenKey]bool
	problems Problems
}

// A seenKey is what makes two rows of a zone the same holiday: the export has
// one row for each académie.
type seenKey struct {
	zone        string
	first, back hours.Date
}

// An entry is a holiday with the row it was read from.
type entry struct {
	Holiday
	row row
}

func (r *reader) refuse(at row, zone, format string, args ...any) {
	r.problems = append(r.problems, &Problem{Record: at.record, Line: at.line, Zone: zone, Text: fmt.Sprintf(format, args...)})
}

// assemble turns rows into an Import or says all that is wrong with them.
func assemble(rows []row, o Options) (*Import, error) {
	r := &reader{options: o, found: map[string][]entry{}, seen: map[seenKey]bool{}}
	r.out.Rows = len(rows)
	for _, one := range rows {
		r.read(one)
	}
	holidays := make(map[string][]Holiday, len(r.found))
	for zone, entries := range r.found {
		holidays[zone] = r.settle(zone, entries)
	}
	if len(r.problems) == 0 && len(holidays) == 0 {
		r.problems = Problems{{Text: fmt.Sprintf("none of the %d records holds a school holiday to import: check the file and the zones asked for", len(rows))}}
	}
	if len(r.problems) > 0 {
		slices.SortStableFunc(r.problems, func(a, b *Problem) int { return cmp.Compare(a.Record, b.Record) })
		return nil, r.problems
	}
	r.out.Set = newSet(holidays)
	return &r.out, nil
}

// read takes one row in, leaves it out, or refuses it.
func (r *reader) read(one row) {
	people := fold(one.population)
	if people == "enseignants" {
		r.out.Teachers++
		return
	}
	zones, err := zonesOf(one.zones, people)
	if err != nil {
		r.refuse(one, "", "%v", err)
		return
	}
	zones = slices.DeleteFunc(zones, func(z string) bool {
		return len(r.options.Zones) > 0 && !slices.Contains(r.options.Zones, z)
	})
	if len(zones) == 0 {
		r.out.Outside++
		return
	}
	h, err := one.holiday()
	if err != nil {
		r.refuse(one, zones[0], "%v", err)
		return
	}
	if h.First < r.options.Since {
		r.out.Outside++
		return
	}
	if why := h.implausible(); why != "" {
		r.refuse(one, zones[0], "%s", why)
		return
	}
	for _, zone := range zones {
		r.add(zone, entry{h, one})
	}
}

// add keeps an entry unless the zone has the same days already.
func (r *reader) add(zone string, e entry) {
	key := seenKey{zone, e.First, e.Back}
	if r.seen[key] {
		r.out.Repeated++
		return
	}
	r.seen[key] = true
	r.found[zone] = append(r.found[zone], e)
}

// settle sorts a zone's entries, drops the bare start of a summer whose end is
// known too, and refuses overlaps and holes.
func (r *reader) settle(zone string, entries []entry) []Holiday {
	slices.SortFunc(entries, func(a, b entry) int { return byFirst(a.Holiday, b.Holiday) })
	var list []Holiday
	for i, e := range entries {
		if e.Back == 0 && i+1 < len(entries) && entries[i+1].First == e.First {
			r.out.Repeated++
			continue
		}
		if len(list) > 0 {
			r.follow(zone, list[len(list)-1], e)
		}
		list = append(list, e.Holiday)
	}
	return list
}

// follow verifies that e can come next after a holiday.
func (r *reader) follow(zone string, before Holiday, e entry) {
	switch why := clash(before, e.Holiday); {
	case why != "":
		r.refuse(e.row, zone, "zone %s: %s", zone, why)
	case before.Back == 0:
		r.refuse(e.row, zone, "zone %s: %q from %s has no end, though %q follows on %s: add the row that has both dates",
			zone, before.Name, before.First, e.Name, e.First)
	case broken(before, e.Holiday):
		r.refuse(e.row, zone, "zone %s: no holiday for %d days, from %s to %s: rows are missing",
			zone, e.First-before.Back, before.Back, e.First)
	}
}

// holiday reads a row's name and dates.
func (one row) holiday() (Holiday, error) {
	h := Holiday{Name: strings.TrimSpace(one.description), Confidence: Official}
	if h.Name == "" {
		return h, errors.New("the holiday has no description: complete the row")
	}
	start, err := parisDay(one.start)
	if err != nil {
		return h, fmt.Errorf("the start of %q: %w", h.Name, err)
	}
	end, err := parisDay(one.end)
	if err != nil {
		return h, fmt.Errorf("the end of %q: %w", h.Name, err)
	}
	name := fold(h.Name)
	switch {
	case start == end && strings.HasPrefix(name, "debut"): // the return is not published yet
		h.First = firstOff(name, start)
	case start == end: // a marker of the one day
		h.First, h.Back = start, end+1
	case start+1 == end: // one day, published with itself
		h.First, h.Back = start, end
	default:
		h.First, h.Back = firstOff(name, start), end
	}
	return h, nil
}

// firstOff is the first day without class of a holiday published with a start:
// leaving is after class on that day, so a weekday's class is still held, but a
// bridge is published with its first day off.
func firstOff(name string, start hours.Date) hours.Date {
	weekend := start.Weekday() == time.Saturday || start.Weekday() == time.Sunday
	if weekend || strings.HasPrefix(name, "pont") || strings.HasPrefix(name, "jour") {
		return start
	}
	return start + 1
}

var paris = sync.OnceValues(func() (*time.Location, error) { return time.LoadLocation("Europe/Paris") })

// parisDay reads a date. The export writes midnight in Paris, also for overseas,
// mostly as an instant in UTC: 2026-10-16T22:00:00+00:00 is 17 October.
func parisDay(s string) (hours.Date, error) {
	s = strings.TrimSpace(s)
	if s == "" {
		return 0, errors.New("the date is missing: complete the row")
	}
	if len(s) == len(time.DateOnly) {
		return hours.ParseDate(s)
	}
	t, err := time.Parse(time.RFC3339, s)
	if err != nil {
		return 0, fmt.Errorf("%q is not a date: want 2026-10-17 or 2026-10-16T22:00:00+00:00", s)
	}
	zone, err := paris()
	if err != nil {
		return 0, err
	}
	t = t.In(zone)
	if h, m, sec := t.Clock(); h != 0 || m != 0 || sec != 0 {
		return 0, fmt.Errorf("%q is %s in Paris, not midnight: dates are published as midnight in Paris", s, t.Format("15:04"))
	}
	return hours.DateOf(t), nil
}

// zonesOf lists the holiday zones of a row, from its zone and population
// columns: Saint-Martin and Saint-Barthélemy stand in either.
func zonesOf(zone, people string) ([]string, error) {
	switch people {
	case "", "eleves", "eleves enseignants", "eleves et enseignants":
		code, ok := zoneNames()[fold(zone)]
		if !ok {
			return nil, fmt.Errorf("%q is not a holiday zone: want one such as Zone A, Corse or Guadeloupe", zone)
		}
		return []string{code}, nil
	}
	var codes []string
	for part, code := range map[string]string{"saint martin": "978", "saint barthelemy": "977"} {
		if strings.Contains(people, part) {
			codes = append(codes, code)
		}
	}
	if len(codes) == 0 {
		return nil, fmt.Errorf("the population %q is not known, so it is not clear whose holiday this is: want -, Élèves or Enseignants", people)
	}
	slices.Sort(codes)
	return codes, nil
}

// zoneNames has the code of each zone by its folded name in the export.
var zoneNames = sync.OnceValue(func() map[string]string {
	names := map[string]string{"zone a": "A", "zone b": "B", "zone c": "C", "corse": "COR", "reunion": "974", "polynesie": "987"}
	for _, d := range school.Departments() {
		if d.Holidays == d.Code {
			names[fold(d.Name)] = d.Code
		}
	}
	return names
})

var plain = strings.NewReplacer("à", "a", "â", "a", "ç", "c", "é", "e", "è", "e", "ê", "e", "ë", "e", "î", "i", "ï", "i",
	"ô", "o", "ù", "u", "û", "u", "'", " ", "’", " ", "-", " ", "_", " ", ",", " ", "/", " ")

// fold makes names comparable: small letters without accents, single spaces.
func fold(s string) string {
	return strings.Join(strings.Fields(plain.Replace(strings.ToLower(s))), " ")
}
