package route

import (
	"strings"
	"unicode"
	"unicode/utf8"
)

// plain reports whether a path has one reading and needs no decoding: letters,
// digits and marks that nobody takes for something else, in parts that are
// neither empty nor dots. Nearly every address is plain.
func plain(path string) bool {
	last := byte(0)
	for i := range len(path) {
		c := path[i]
		if !plainByte[c] || c == '/' && (last == '/' || last == '.') {
			return false
		}
		last = c
	}
	return last != '.'
}

// plainByte are the unreserved characters and the delimiters of RFC 3986 that no
// application cuts at; among them "*", which stands for itself in an address.
var plainByte = func() (t [256]bool) {
	for c := range len(t) {
		t[c] = 'a' <= c && c <= 'z' || 'A' <= c && c <= 'Z' || '0' <= c && c <= '9' || c < 128 && strings.IndexByte("/-_.~!$&'()*+,:@=", byte(c)) >= 0
	}
	return t
}()

// A decoded path holds a mark in the place of each escaped separator, which some
// readers decode and others do not. No address holds the marks themselves: they
// are control characters.
const (
	separators  = "/.%;?#\\" // the mark of each is its place, from 1
	slashMark   = 1
	dotMark     = 2
	percentMark = 3
)

// lookalikes are characters that compatibility forms of Unicode turn into the
// separators of addresses.
const lookalikes = "\u037e\u2024\u2025\u2026\ufe52\ufe54\ufe68\ufe6a\uff05\uff0e\uff0f\uff1b\uff3c"

// decode is a path with its escapes read once and its letters folded; not ok for
// what no well-meaning client sends.
func decode(path string) (string, bool) {
	out := make([]byte, 0, len(path))
	for i := 0; i < len(path); i++ {
		c := path[i]
		escaped := c == '%'
		if escaped {
			var ok bool
			if c, ok = unhex(path[i+1:]); !ok {
				return "", false
			}
			i += 2
		}
		if c < ' ' || c == 0x7f || c == ' ' && !escaped {
			return "", false
		}
		out = append(out, mark(c, escaped))
	}
	return fold(string(out))
}

// mark is an escaped character as it stands in a decoded path.
func mark(c byte, escaped bool) byte {
	if i := strings.IndexByte(separators, c); escaped && i >= 0 {
		return byte(i + 1)
	}
	return c
}

func unhex(s string) (byte, bool) {
	if len(s) < 2 {
		return 0, false
	}
	var n byte
	for _, c := range []byte(s[:2]) {
		switch {
		case '0' <= c && c <= '9':
			n = n<<4 | (c - '0')
		case 'a' <= c|0x20 && c|0x20 <= 'f':
			n = n<<4 | (c | 0x20 - 'a' + 10)
		default:
			return 0, false
		}
	}
	return n, true
}

// fold makes letters small, also those few that are small or large forms of
// letters of ASCII, and wide forms narrow.
func fold(s string) (string, bool) {
	if !utf8.ValidString(s) || strings.ContainsAny(s, lookalikes) {
		return "", false
	}
	return strings.Map(func(r rune) rune {
		if r < 0x80 {
			return unicode.ToLower(r)
		}
		if 0xff01 <= r && r <= 0xff5e {
			r -= 0xfee0
		}
		return unicode.ToLower(unicode.ToUpper(r))
	}, s), true
}

// How many readings, and how long together, are looked up for one address. What
// well-meaning clients send has eight at most; each one more costs everybody who
// waits behind it.
const (
	mostReadings    = 16
	longestReadings = 2 * longestPath
)

// readings are all ways in which a decoded path may be read, itself first; not ok
// where they are too many or one of them holds what no address may.
func readings(text string) (all []string, ok bool) {
	ok = eachReading(text, func(s string) bool {
		all = append(all, s)
		return true
	})
	return all, ok
}

// eachReading shows all readings in turn, until one is enough; not ok as above.
func eachReading(text string, show func(string) bool) (ok bool) {
	if !show(text) {
		return true
	}
	all, length := []string{text}, len(text)
	for i := 0; i < len(all); i++ {
		for _, step := range steps {
			next, ok := step(all[i])
			if !ok {
				return false
			}
			if next == all[i] || contains(all, next) {
				continue
			}
			if length += len(next); len(all) == mostReadings || length > longestReadings {
				return false
			}
			if !show(next) {
				return true
			}
			all = append(all, next)
		}
	}
	return true
}

func contains(all []string, s string) bool {
	for _, known := range all {
		if known == s {
			return true
		}
	}
	return false
}

// steps are what readers are known to do to a path, each by itself.
var steps = [...]func(string) (string, bool){
	func(s string) (string, bool) { return unmark(s, slashMark, slashMark), true },
	func(s string) (string, bool) { return unmark(s, dotMark, dotMark), true },
	func(s string) (string, bool) { return unmark(s, percentMark+1, len(separators)), true },
	decodeAgain,
	func(s string) (string, bool) { return strings.ReplaceAll(s, `\`, "/"), true },
	collapse,
	removeDots,
	func(s string) (string, bool) { return eachPart(s, cutParameters), true },
	func(s string) (string, bool) { return eachPart(s, trimEnd), true },
	func(s string) (string, bool) { return eachPart(s, trimOne), true },
	cutQuery,
}

// unmark puts separators in the place of their marks, from one to another.
func unmark(s string, from, to int) string {
	return strings.Map(func(r rune) rune {
		if rune(from) <= r && r <= rune(to) {
			return rune(separators[r-1])
		}
		return r
	}, s)
}

// decodeAgain reads escapes that were escaped.
func decodeAgain(s string) (string, bool) {
	if strings.IndexByte(s, percentMark) < 0 {
		return s, true
	}
	out := make([]byte, 0, len(s))
	for i := 0; i < len(s); i++ {
		c := s[i]
		if c != percentMark {
			out = append(out, c)
			continue
		}
		c, escaped := unhex(s[i+1:])
		if !escaped {
			out = append(out, percentMark) // the next reader may see an escape
			continue
		}
		if i += 2; c < ' ' || c == 0x7f {
			return "", false
		}
		out = append(out, mark(c, true))
	}
	return fold(string(out))
}

func collapse(s string) (string, bool) {
	for strings.Contains(s, "//") {
		s = strings.ReplaceAll(s, "//", "/")
	}
	return s, true
}

// removeDots is RFC 3986, section 5.2.4.
func removeDots(s string) (string, bool) {
	if !strings.Contains(s, "/.") {
		return s, true
	}
	var kept []string
	parts := strings.Split(strings.TrimPrefix(s, "/"), "/")
	for i, part := range parts {
		switch part {
		case ".", "..":
			if part == ".." && len(kept) > 0 {
				kept = kept[:len(kept)-1]
			}
			if i == len(parts)-1 {
				kept = append(kept, "")
			}
		default:
			kept = append(kept, part)
		}
	}
	return "/" + strings.Join(kept, "/"), true
}

// cutQuery ends a path where its decoded form seems to.
func cutQuery(s string) (string, bool) {
	if i := strings.IndexAny(s, "?#"); i >= 0 {
		return s[:i], true
	}
	return s, true
}

// eachPart does something to each part of a path.
func eachPart(s string, do func(string) string) string {
	if !strings.ContainsAny(s, ";. ") {
		return s
	}
	parts := strings.Split(s, "/")
	for i, part := range parts {
		parts[i] = do(part)
	}
	return strings.Join(parts, "/")
}

// cutParameters takes off what follows ";", as servlet containers do.
func cutParameters(part string) string {
	before, _, _ := strings.Cut(part, ";")
	return before
}

// trimEnd takes off dots and spaces at the end, as some file systems do.
func trimEnd(part string) string {
	if dots(part) {
		return part
	}
	return strings.TrimRight(part, ". ")
}

// trimOne takes off a single one: the next reader may go up at what is left.
func trimOne(part string) string {
	if last := len(part) - 1; last >= 0 && !dots(part) && (part[last] == '.' || part[last] == ' ') {
		return part[:last]
	}
	return part
}

func dots(part string) bool { return part == "." || part == ".." }
