package dovecot

import (
	"slices"
	"strings"
	"unicode/utf8"
)

// masks are patterns for kick that fit every name in cut and, where there is a way,
// no name in keep. Dovecot compares bytes without regard to the case of ASCII
// letters, knows * and ?, and has no way to write these as themselves.
//
// Each kick reads the list of all that is connected, so that a thousand kicks among
// thousands of names take seconds. Names that begin alike and are all to be cut
// share a pattern: an evening on which everybody is cut needs a few dozen.
func masks(cut, keep []string) []string {
	c := cover{keep: folded(keep)}
	c.add(folded(cut), "")
	return c.masks
}

func folded(names []string) []string {
	list := make([]string, len(names))
	for i, n := range names {
		list[i] = strings.Map(func(r rune) rune {
			if 'A' <= r && r <= 'Z' {
				return r + 'a' - 'A'
			}
			return r
		}, n)
	}
	slices.Sort(list)
	return slices.Compact(list)
}

type cover struct {
	keep  []string // sorted
	masks []string
}

// add covers names that are sorted, differ, and all begin with prefix.
func (c *cover) add(names []string, prefix string) {
	if len(names) == 1 {
		c.masks = append(c.masks, c.single(names[0]))
		return
	}
	if prefix != "" && !strings.ContainsAny(prefix, "*?") && !c.begins(prefix) {
		c.masks = append(c.masks, prefix+"*")
		return
	}
	for len(names) > 0 {
		n, next := 1, names[0]
		if len(next) > len(prefix) {
			_, size := utf8.DecodeRuneInString(next[len(prefix):])
			next = next[:len(prefix)+size]
			for n < len(names) && strings.HasPrefix(names[n], next) {
				n++
			}
		}
		c.add(names[:n], next)
		names = names[n:]
	}
}

// begins reports whether a name that stays begins with the prefix.
func (c *cover) begins(prefix string) bool {
	at, _ := slices.BinarySearch(c.keep, prefix)
	return at < len(c.keep) && strings.HasPrefix(c.keep[at], prefix)
}

// single is a pattern for one name. One that Dovecot would read as an address gets
// a * or a ? in a place where that fits nobody who stays; so does one with a * of
// its own.
func (c *cover) single(name string) string {
	wild := strings.ContainsAny(name, "*?")
	if !wild && !address(name) {
		return name
	}
	candidates := []string{name + "*", "*" + name}
	if wild {
		candidates = []string{name}
	}
	for at, r := range name {
		if r < utf8.RuneSelf {
			candidates = append(candidates, name[:at]+"?"+name[at+1:])
		}
	}
	for _, m := range candidates {
		if !slices.ContainsFunc(c.keep, func(k string) bool { return fits(m, k) }) {
			return m
		}
	}
	return candidates[0] // somebody who may stay signs in again: better than somebody staying
}

// address reports whether Dovecot might take a folded name for an address or a
// network: it reads IPv6, and every form of inet_aton, such as 10.1 and 0x7f000001,
// but takes digits alone for a name.
func address(name string) bool {
	return strings.Trim(name, "0123456789abcdefx.:/[]") == "" && strings.ContainsAny(name, "x.:/")
}

// fits compares folded texts as Dovecot does.
func fits(mask, name string) bool {
	star, resume := -1, 0
	m, n := 0, 0
	for n < len(name) {
		switch {
		case m < len(mask) && mask[m] == '*':
			star, resume = m, n
			m++
		case m < len(mask) && (mask[m] == '?' || mask[m] == name[n]):
			m++
			n++
		case star >= 0:
			resume++
			m, n = star+1, resume
		default:
			return false
		}
	}
	return strings.Trim(mask[m:], "*") == ""
}
