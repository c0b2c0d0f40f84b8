package api

import (
	"fmt"
	"strconv"
	"strings"
	"unicode/utf16"
	"unicode/utf8"
)

// A scanner reads one JSON text (RFC 8259) in one pass, without making anything
// of what nobody asks for. It takes what encoding/json takes, and is stricter
// where two readers of one text could understand two things: names are compared
// to the letter, and text that is not UTF-8 is refused. Whoever reads an object
// refuses a name that comes twice (see once).
type scanner struct {
	data []byte
	at   int
	deep int
}

// deepest is how far values may stand in each other.
const deepest = 64

// A malformed text is no JSON; a misshapen one has another type than was asked for.
type (
	malformed string
	misshapen string
)

// Error says where the text ends to be JSON.
func (e malformed) Error() string { return string(e) }

// Error says what is of another type.
func (e misshapen) Error() string { return string(e) }

func (s *scanner) fail(want string) error {
	if s.at >= len(s.data) {
		return malformed("the JSON ends too early: want " + want)
	}
	return malformed(fmt.Sprintf("this is not JSON at byte %d: want %s", s.at+1, want))
}

// next is the first byte of what follows, or 0 at the end.
func (s *scanner) next() byte {
	for ; s.at < len(s.data); s.at++ {
		switch c := s.data[s.at]; c {
		case ' ', '\t', '\n', '\r':
		default:
			return c
		}
	}
	return 0
}

// begin takes the first byte of a value of a type.
func (s *scanner) begin(first byte, what string) error {
	switch c := s.next(); {
	case c == first:
		s.at++
		return nil
	case c == '{', c == '[', c == '"', c == '-', c >= '0' && c <= '9', c == 't', c == 'f', c == 'n':
		return misshapen("want " + what)
	}
	return s.fail(what)
}

// enter begins an object or a list.
func (s *scanner) enter(first byte, what string) error {
	if err := s.begin(first, what); err != nil {
		return err
	}
	if s.deep++; s.deep > deepest {
		return malformed(fmt.Sprintf("values stand more than %d deep in each other", deepest))
	}
	return nil
}

// more takes what stands after a value: whether another one follows.
func (s *scanner) more(last byte) (bool, error) {
	switch s.next() {
	case ',':
		s.at++
		return true, nil
	case last:
		s.at++
		s.deep--
		return false, nil
	}
	return false, s.fail("a comma or " + strconv.QuoteRune(rune(last)))
}

// object reads an object; each reads or skips the value of one name, which holds
// until each returns.
func (s *scanner) object(each func(name []byte) error) error {
	if err := s.enter('{', "an object"); err != nil {
		return err
	}
	if s.next() == '}' {
		_, err := s.more('}')
		return err
	}
	for more := true; more; {
		if s.next() != '"' {
			return s.fail("a name in quotes")
		}
		name, err := s.text()
		if err != nil {
			return err
		}
		if s.next() != ':' {
			return s.fail("a colon")
		}
		s.at++
		if err := each(name); err != nil {
			return err
		}
		if more, err = s.more('}'); err != nil {
			return err
		}
	}
	return nil
}

// list reads a list; each reads or skips one value.
func (s *scanner) list(each func() error) error {
	if err := s.enter('[', "a list"); err != nil {
		return err
	}
	if s.next() == ']' {
		_, err := s.more(']')
		return err
	}
	for more := true; more; {
		err := each()
		if err != nil {
			return err
		}
		if more, err = s.more(']'); err != nil {
			return err
		}
	}
	return nil
}

// text reads a string. It holds as long as the scanned text does.
func (s *scanner) text() ([]byte, error) {
	if err := s.begin('"', "a string"); err != nil {
		return nil, err
	}
	start := s.at
	for ; s.at < len(s.data); s.at++ {
		switch c := s.data[s.at]; {
		case c == '"':
			s.at++
			return s.data[start : s.at-1], nil
		case c == '\\':
			return s.escaped(append([]byte(nil), s.data[start:s.at]...))
		case c < ' ':
			return nil, s.fail("control characters written as \\u00…")
		}
	}
	return nil, s.fail("a closing quote")
}

// escaped reads the rest of a string that has escapes.
func (s *scanner) escaped(out []byte) ([]byte, error) {
	for s.at < len(s.data) {
		switch c := s.data[s.at]; {
		case c == '"':
			s.at++
			return out, nil
		case c < ' ':
			return nil, s.fail("control characters written as \\u00…")
		case c != '\\':
			out = append(out, c)
			s.at++
		default:
			var err error
			if out, err = s.escape(out); err != nil {
				return nil, err
			}
		}
	}
	return nil, s.fail("a closing quote")
}

// plainEscapes are the escapes of one letter.
var plainEscapes = [256]byte{'"': '"', '\\': '\\', '/': '/', 'b': '\b', 'f': '\f', 'n': '\n', 'r': '\r', 't': '\t'}

// escape reads one escape.
func (s *scanner) escape(out []byte) ([]byte, error) {
	s.at++
	if s.at >= len(s.data) {
		return nil, s.fail("an escape")
	}
	c := s.data[s.at]
	if plain := plainEscapes[c]; plain != 0 {
		s.at++
		return append(out, plain), nil
	}
	if c != 'u' {
		return nil, s.fail("an escape")
	}
	s.at--
	r, ok := s.unit()
	if !ok {
		return nil, s.fail("four hexadecimal digits")
	}
	if utf16.IsSurrogate(r) {
		before := s.at
		low, ok := s.unit()
		if both := utf16.DecodeRune(r, low); ok && both != utf8.RuneError {
			return utf8.AppendRune(out, both), nil
		}
		s.at, r = before, utf8.RuneError
	}
	return utf8.AppendRune(out, r), nil
}

// unit reads \uXXXX.
func (s *scanner) unit() (rune, bool) {
	if len(s.data)-s.at < 6 || s.data[s.at] != '\\' || s.data[s.at+1] != 'u' {
		return 0, false
	}
	n := rune(0)
	for _, c := range s.data[s.at+2 : s.at+6] {
		switch {
		case c >= '0' && c <= '9':
			n = n<<4 | rune(c-'0')
		case c|0x20 >= 'a' && c|0x20 <= 'f':
			n = n<<4 | rune(c|0x20-'a'+10)
		default:
			return 0, false
		}
	}
	s.at += 6
	return n, true
}

// null takes the word null, which stands for what is not there.
func (s *scanner) null() bool {
	if s.next() == 'n' && s.word("null") == nil {
		return true
	}
	return false
}

// word takes a word of JSON.
func (s *scanner) word(word string) error {
	if len(s.data)-s.at < len(word) || string(s.data[s.at:s.at+len(word)]) != word {
		return s.fail("a value")
	}
	s.at += len(word)
	return nil
}

// skip passes over any value.
func (s *scanner) skip() error {
	switch c := s.next(); {
	case c == '{':
		return s.object(func([]byte) error { return s.skip() })
	case c == '[':
		return s.list(s.skip)
	case c == '"':
		_, err := s.text()
		return err
	case c == 't':
		return s.word("true")
	case c == 'f':
		return s.word("false")
	case c == 'n':
		return s.word("null")
	}
	return s.number()
}

// number passes over a number (RFC 8259, section 6).
func (s *scanner) number() error {
	s.next()
	s.one("-")
	if !s.one("0") && !s.digits() {
		return s.fail("a value")
	}
	if s.one(".") && !s.digits() {
		return s.fail("a digit")
	}
	if s.one("eE") {
		s.one("+-")
		if !s.digits() {
			return s.fail("a digit")
		}
	}
	return nil
}

// one takes the next byte if it is among some.
func (s *scanner) one(among string) bool {
	if s.at >= len(s.data) || strings.IndexByte(among, s.data[s.at]) < 0 {
		return false
	}
	s.at++
	return true
}

// digits passes over digits, at least one.
func (s *scanner) digits() bool {
	start := s.at
	for s.at < len(s.data) && s.data[s.at] >= '0' && s.data[s.at] <= '9' {
		s.at++
	}
	return s.at > start
}

// raw passes over a value and is its text.
func (s *scanner) raw() ([]byte, error) {
	s.next()
	start := s.at
	err := s.skip()
	return s.data[start:s.at], err
}

// end refuses what stands after the value.
func (s *scanner) end() error {
	if s.next() != 0 || s.at < len(s.data) {
		return s.fail("nothing more")
	}
	return nil
}

// seen are the names of an object that have come, by bit.
type seen uint16

// once refuses a name that comes twice: two readers could take either.
func (n *seen) once(bit uint, name string) error {
	if *n&(1<<bit) != 0 {
		return malformed(strconv.Quote(name) + " stands twice in one object")
	}
	*n |= 1 << bit
	return nil
}
