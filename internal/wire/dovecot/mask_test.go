package dovecot

import (
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
)

// check holds masks against what they must fit and must not.
func check(t *testing.T, cut, keep []string) []string {
	t.Helper()
	list := masks(cut, keep)
	for _, name := range folded(cut) {
		if !slices.ContainsFunc(list, func(m string) bool { return fits(m, name) }) {
			t.Errorf("no mask of %q fits %q, which must be cut", list, name)
		}
	}
	for _, name := range folded(keep) {
		if slices.Contains(folded(cut), name) {
			continue // one and the same name has something to lose and something to keep
		}
		if i := slices.IndexFunc(list, func(m string) bool { return fits(m, name) }); i >= 0 {
			t.Errorf("mask %q fits %q, who may stay", list[i], name)
		}
	}
	for _, m := range list {
		if address(m) || m == "*" {
			t.Errorf("mask %q is an address, or everybody", m)
		}
	}
	return list
}

func TestMasks(t *testing.T) {
	for _, c := range []struct {
		cut, keep, want string
	}{
		{"pupil1", "teacher1", "pupil1"},
		{"pupil1 pupil2 pupil3", "teacher1", "p*"},
		{"Pupil1 PUPIL2 karim", "", "karim p*"},
		{"ana anna", "an", "ana anna"},
		{"an ana anna anne", "anais", "an ana ann*"},
		{"1234 12", "", "1*"},
		{"1234", "", "1234"},
		{"10.0.0.1", "", "10.0.0.1*"},
		{"10.0.0.1", "10.0.0.10", "*10.0.0.1"},
		{"10.0.0.1", "10.0.0.10 110.0.0.1", "?0.0.0.1"},
		{"10.0.0.1", "10.0.0.10 110.0.0.1 20.0.0.1", "1?.0.0.1"},
		{"0x7f.1", "", "0x7f.1*"},
		{"::1", "", "::1*"},
		{"10.0.0.0/8", "", "10.0.0.0/8*"},
		{"a.b", "", "a.b*"},
		{"jean.petit", "", "jean.petit"},
		{"face", "", "face"},
		{"élève", "éléonore", "élève"},
		{"Élève", "élève", "Élève"},
		{"a*b", "", "a*b"},
		{"a*b", "acb", "a*b"},
		{"o'neil jean_1 zoe@college.example", "", "jean_1 o'neil zoe@college.example"},
	} {
		got := masks(strings.Fields(c.cut), strings.Fields(c.keep))
		if strings.Join(got, " ") != c.want {
			t.Errorf("cutting %s and keeping %s: %q, want %s", c.cut, c.keep, got, c.want)
		}
	}
}

// TestMasksAtRandom cuts and keeps names that are as alike as can be.
func TestMasksAtRandom(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	for range 3000 {
		lists := [2][]string{}
		for i := range lists {
			for range r.IntN(12) {
				var name strings.Builder
				for range 1 + r.IntN(4) {
					name.WriteString([]string{"a", "B", "b", "é", "1", "0"}[r.IntN(6)])
				}
				lists[i] = append(lists[i], name.String())
			}
		}
		check(t, lists[0], lists[1])
	}
}

// TestMasksAreFew shows what sharing is worth.
func TestMasksAreFew(t *testing.T) {
	var pupils, staff []string
	r := rand.New(rand.NewPCG(3, 4))
	letter := func() string { return string(rune('a' + r.IntN(26))) }
	for i := range 3300 {
		name := letter() + letter() + letter() + "." + letter() + letter() + letter() + letter()
		if i%11 == 0 {
			staff = append(staff, name)
		} else {
			pupils = append(pupils, name)
		}
	}
	if n := len(check(t, pupils, staff)); n > 1500 {
		t.Errorf("%d pupils among %d of the staff need %d masks", len(pupils), len(staff), n)
	}
	if n := len(check(t, append(pupils, staff...), nil)); n > 26 {
		t.Errorf("everybody needs %d masks", n)
	}
}

func FuzzMasks(f *testing.F) {
	f.Add("pupil1 pupil2", "teacher1")
	f.Add("10.0.0.1", "10.0.0.10")
	f.Add("é a*b ?", "e")
	f.Fuzz(func(t *testing.T, cut, keep string) {
		list := masks(strings.Fields(cut), strings.Fields(keep))
		for _, name := range folded(strings.Fields(cut)) {
			if !slices.ContainsFunc(list, func(m string) bool { return fits(m, name) }) {
				t.Errorf("no mask of %q fits %q", list, name)
			}
		}
	})
}

func FuzzReplies(f *testing.F) {
	f.Add(`[["doveadmResponse",[{"username":"pupil1","service":"imap","connections":"1","pids":"(7)","ips":"(::1)"}],"e"]]`)
	f.Add(`[["error",{"type":"exitCode","exitCode":68},"e"]]`)
	f.Add(`[]`)
	f.Fuzz(func(t *testing.T, text string) {
		replies, err := readReplies(strings.NewReader(text), 1)
		if err == nil && len(replies) != 1 {
			t.Errorf("%d replies", len(replies))
		}
	})
}
