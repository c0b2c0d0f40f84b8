package hours

import (
	"fmt"
	"strings"
	"testing"
)

// adversarial values are written to cost as much as their length allows: many
// rules, many selectors, and a state that never changes, so that the search for
// the next change goes to its end.
func adversarial() map[string]string {
	repeat := func(n int, format string) string {
		rules := make([]string, n)
		for i := range rules {
			rules[i] = strings.ReplaceAll(format, "#", fmt.Sprintf("%02d", i%53+1))
		}
		return strings.Join(rules, "; ")
	}
	return map[string]string{
		"closed by date":             repeat(31, "week # Mo-Fr 10:#-11:# off") + "; 2199 Dec 31 open",
		"closed by nth":              repeat(24, "Su[1-5],Mo[1-5] +1 day,Tu[-1,-2] -6 days 10:#-12:# off") + "; 2199 Dec 31 open",
		"closed by easter":           repeat(30, "easter +# days-easter +99 days Mo 10:#-12:# off") + "; easter; Mar 23-May 31 off",
		"a rule for every day":       repeat(30, "week # Mo,We,Fr 10:#-12:#") + "; week 01-53 off; 2199 Dec 31 off",
		"holidays unknown":           repeat(30, "PH,SH,Mo 10:#-10:# off") + "; unknown; PH -1 day Sa,SH",
		"opened and closed again":    repeat(15, "easter +# days-easter +200 days Tu,Th 10:#-12:#; easter Sa,Mo off") + "; easter Mo; off",
		"opened and closed in parts": repeat(15, "easter +# days-easter +200 days Tu,Th 10:00-12:#; Mo-Su 10:00-11:30 off") + "; 11:00-13:00 off",
		"months":                     repeat(22, "Jan,Mar,May,Jul,Sep,Nov Su-Fr 08:#-09:# unknown") + "; off",
		"many times":                 strings.TrimSuffix(strings.Repeat("00:01-00:02,00:03-00:04,", 60), ",") + "; off",
		"many rules":                 strings.Repeat("Mo;", 1300),
		"many commas":                strings.Repeat("Mo,", 1300) + "Mo",
		"many quotes":                strings.Repeat(`"`, 4096),
		"one long comment":           `off "` + strings.Repeat("a", 4000) + `"`,
		"the last year":              "2199 Dec 31 23:59-24:00",
		"a date of Easter":           "easter; Mar 23-Apr 30 off",
	}
}

// TestAdversarialWork counts what the worst values cost: the blocks that are
// prepared and the signatures that are settled are what takes time.
func TestAdversarialWork(t *testing.T) {
	for name, value := range adversarial() {
		h, err := Parse(value[:min(len(value), maxBytes)])
		if err != nil {
			continue
		}
		z := paris(t)
		for _, from := range []int64{unix(1800, 1, 1), unix(2024, 1, 1), unix(2300, 1, 1)} {
			w := newWalker(h, &Calendar{})
			changes := 0
			w.walk(z, from, h.horizon(z, &Calendar{}, from), func(int64, said) bool {
				changes++
				return changes < 2
			})
			if w.blocks > 600 || len(w.settled) > 1000 {
				t.Errorf("%s: prepared %d blocks, settled %d signatures", name, w.blocks, len(w.settled))
			}
		}
	}
}

// TestTooMuchIsRefused: what would cost more is refused while it is read.
func TestTooMuchIsRefused(t *testing.T) {
	for _, value := range []string{
		strings.Repeat("Mo;", 100) + "Mo",
		strings.Repeat("Mo,", 600) + "Mo",
		strings.Repeat(" ", 4097),
		"Sa[" + strings.Repeat("1,", 600) + "1]",
	} {
		if _, err := Parse(value); err == nil {
			t.Errorf("%.20q… is accepted", value)
		}
	}
}

func BenchmarkAdversarial(b *testing.B) {
	for name, value := range adversarial() {
		value = value[:min(len(value), maxBytes)]
		b.Run(name, func(b *testing.B) {
			z := paris(b)
			for b.Loop() {
				h, err := Parse(value)
				if err != nil {
					continue
				}
				s := h.Compile(z, Calendar{}, unix(2024, 1, 1), unix(2026, 1, 1))
				s.At(unix(2030, 1, 1))
			}
		})
	}
}
