package hours

import (
	"bufio"
	"encoding/json"
	"errors"
	"os"
	"path/filepath"
	"testing"
	"time"
)

// suiteCase is a case of the reference implementation's test suite.
type suiteCase struct {
	ID       int             `json:"id"`
	Kind     string          `json:"kind"`
	Value    json.RawMessage `json:"value"`
	TZ       string          `json:"tz"`
	Core     bool            `json:"core"`
	From     string          `json:"from"`
	To       string          `json:"to"`
	Expected [][]any         `json:"expected_intervals"`
	Next     *string         `json:"expected_next_change"`
	Mode     json.RawMessage `json:"mode"`
	RefError string          `json:"ref_error"`
	PH       [][]string      `json:"ph"`
	SH       [][]string      `json:"sh"`
}

// suiteFile finds the suite: in the folder named by ECLUSE_SHARED, or in a
// folder shared/data beside a folder above this one.
func suiteFile(t *testing.T) string {
	t.Helper()
	if dir := os.Getenv("ECLUSE_SHARED"); dir != "" {
		return filepath.Join(dir, "data", "opening_hours_suite.jsonl")
	}
	dir, err := os.Getwd()
	if err != nil {
		t.Fatal(err)
	}
	for ; dir != filepath.Dir(dir); dir = filepath.Dir(dir) {
		file := filepath.Join(dir, "shared", "data", "opening_hours_suite.jsonl")
		if _, err := os.Stat(file); err == nil {
			return file
		}
	}
	t.Skip("the reference suite is not here")
	return ""
}

func suiteCases(t *testing.T) []suiteCase {
	f, err := os.Open(suiteFile(t))
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	var cases []suiteCase
	lines := bufio.NewScanner(f)
	lines.Buffer(nil, 1<<22)
	for lines.Scan() {
		var c suiteCase
		if err := json.Unmarshal(lines.Bytes(), &c); err != nil {
			t.Fatal(err)
		}
		cases = append(cases, c)
	}
	return cases
}

func (c *suiteCase) text() string {
	var s string
	if json.Unmarshal(c.Value, &s) != nil {
		return string(c.Value) // a value that is no string
	}
	return s
}

// calendar knows the years around the case, and holds the days of its ranges.
func (c *suiteCase) calendar(t *testing.T) Calendar {
	days := func(ranges [][]string) Days {
		var in []Date
		for _, r := range ranges {
			for d := date(t, r[0]); d < date(t, r[1]); d++ {
				in = append(in, d)
			}
		}
		return NewDays(NewDate(2000, 1, 1), NewDate(2070, 1, 1), in...)
	}
	return Calendar{Public: days(c.PH), School: days(c.SH)}
}

func date(t *testing.T, s string) Date {
	t.Helper()
	d, err := ParseDate(s)
	if err != nil {
		t.Fatal(err)
	}
	return d
}

func instant(t *testing.T, s string) time.Time {
	t.Helper()
	at, err := time.Parse(time.RFC3339, s)
	if err != nil {
		t.Fatal(err)
	}
	return at
}

// TestReferenceSuite holds the profile against the reference implementation's
// own tests: every core case is right, every other is right or refused.
func TestReferenceSuite(t *testing.T) {
	var right, refused, wrong, core int
	for _, c := range suiteCases(t) {
		if c.Kind != "intervals" {
			continue
		}
		h, err := Parse(c.text())
		switch {
		case err != nil:
			refused++
			if c.Core {
				t.Errorf("%d %q: refused a core case: %v", c.ID, c.text(), err)
			}
		case !c.right(t, h):
			wrong++
		default:
			right++
			if c.Core {
				core++
			}
		}
	}
	t.Logf("right %d (core %d), refused %d, wrong %d", right, core, refused, wrong)
}

func (c *suiteCase) right(t *testing.T, h *Hours) bool {
	zone, err := LoadZone(c.TZ)
	if err != nil {
		t.Fatal(err)
	}
	s := h.Compile(zone, c.calendar(t), 0, 0)
	got := s.Intervals(instant(t, c.From), instant(t, c.To))
	want := c.expected(t)
	if public, school := h.Uses(); public || school {
		// The suite names the holidays in comments; a calendar has no names.
		got, want = withoutComments(got), withoutComments(want)
	}
	if same(got, want) {
		return true
	}
	t.Errorf("%d %q:\n got  %v\n want %v", c.ID, c.text(), got, want)
	return false
}

func (c *suiteCase) expected(t *testing.T) []Interval {
	var list []Interval
	for _, e := range c.Expected {
		i := Interval{From: instant(t, e[0].(string)), To: instant(t, e[1].(string)), State: Open}
		if e[2].(bool) {
			i.State = Unknown
		}
		if len(e) > 3 && e[3] != nil {
			i.Comment = e[3].(string)
		}
		list = append(list, i)
	}
	return list
}

func withoutComments(list []Interval) []Interval {
	var out []Interval
	for _, i := range list {
		i.Comment = ""
		if n := len(out); n > 0 && out[n-1].To.Equal(i.From) && out[n-1].State == i.State {
			out[n-1].To = i.To
			continue
		}
		out = append(out, i)
	}
	return out
}

func same(a, b []Interval) bool {
	if len(a) != len(b) {
		return false
	}
	for i := range a {
		if !a[i].From.Equal(b[i].From) || !a[i].To.Equal(b[i].To) || a[i].State != b[i].State || a[i].Comment != b[i].Comment {
			return false
		}
	}
	return true
}

// TestReferenceRefusals holds the refusals against the reference: what it
// refuses for its text is refused here.
func TestReferenceRefusals(t *testing.T) {
	for _, c := range suiteCases(t) {
		if c.Kind != "should_fail" || c.refusedForItsParameters() {
			continue
		}
		_, err := Parse(c.text())
		var refusal *Error
		if err == nil {
			t.Errorf("%d %q mode %s: accepted; the reference says %s", c.ID, c.text(), c.Mode, c.RefError)
		} else if !errors.As(err, &refusal) || refusal.Offset > len(c.text()) {
			t.Errorf("%d %q: refused without a place: %v", c.ID, c.text(), err)
		}
	}
}

// refusedForItsParameters says whether the reference refuses its own parameters
// (no country, an invalid option, the mode for single times) and not the text,
// which is a good one elsewhere in the suite. `ecluse hours` refuses the four
// that name holidays when it is given no calendar.
func (c *suiteCase) refusedForItsParameters() bool {
	switch c.ID {
	case 952, 953, 972, 973, 956:
		return true
	}
	return c.ID >= 993 && c.ID <= 1005
}
