package hours

import (
	"errors"
	"strings"
	"testing"
	"unicode/utf8"
)

var seeds = []string{
	"Mo-Fr 07:00-19:00; PH off", "07:00-23:00", "off", "24/7", `22:00-26:00 "night", We 12:00-14:00 off`,
	"Jan 01,Dec 24,25; Nov Th[4] 10:00-12:00", "2012 easter -2 days-2012 easter +2 days", "week 01,03-05: Mo[-1] +2 days unknown",
	"PH -1 day SH Mo-We || open", "Nov Su[-1]-Dec Su[1] -1 day", "2013,2015-2018 Jan", "Aug,Dec 25-easter off",
}

// FuzzParse: a value is refused with a place inside it, or has a canonical form
// that reads back.
func FuzzParse(f *testing.F) {
	for _, s := range seeds {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, value string) {
		h, err := Parse(value)
		if err != nil {
			var refusal *Error
			if !errors.As(err, &refusal) || refusal.Offset < 0 || refusal.Offset > len(value) || refusal.Reason == "" {
				t.Fatalf("%q is refused badly: %#v", value, err)
			}
			if fr := refusal.In(French); fr == refusal.Reason || strings.Contains(fr, "%!") && !strings.Contains(value, "%!") || !utf8.ValidString(fr) {
				t.Fatalf("%q is refused badly in French: %s", value, fr)
			}
			return
		}
		again, err := Parse(h.String())
		if err != nil || again.String() != h.String() || describe(again) != describe(h) {
			t.Fatalf("%q has the canonical form %q, which reads back as %v, %v", value, h, again, err)
		}
		if h.Words(French) == "" || !utf8.ValidString(h.Words(English)) {
			t.Fatalf("%q has no words", value)
		}
	})
}

// FuzzEvaluate: the table, the search and the minute scan agree.
func FuzzEvaluate(f *testing.F) {
	for i, s := range seeds {
		f.Add(s, unix(2024, 3, 30)+int64(i)*7_000_000, uint8(i))
	}
	f.Fuzz(func(t *testing.T, value string, at int64, zone uint8) {
		h, err := Parse(value)
		if err != nil || at < unix(1920, 1, 1) || at > unix(2190, 1, 1) {
			return
		}
		z, err := LoadZone(frenchZones[int(zone)%len(frenchZones)])
		if err != nil {
			t.Fatal(err)
		}
		at -= at % 60
		fast := h.Compile(z, fixedHolidays(), at-86400, at+10*86400)
		slow := h.Compile(z, fixedHolidays(), 0, 0)
		n := naive{h.rules, z.Location(), fixedHolidays()}
		for u := at; u < at+86400; u += 1140 {
			state, next := fast.At(u)
			if s, nx := slow.At(u); s != state || nx != next || fast.Since(u) != slow.Since(u) {
				t.Fatalf("%q at %d: table %v until %d, search %v until %d", value, u, state, next, s, nx)
			}
			if want := n.at(u); state != want {
				t.Fatalf("%q at %d is %v, the scan says %v", value, u, state, want)
			}
			if next != Never && (next <= u || n.at(next) == state) {
				t.Fatalf("%q does not change at %d", value, next)
			}
		}
	})
}
