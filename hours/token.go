package hours

import (
	"fmt"
	"strings"
	"unicode"
	"unicode/utf8"
)

type tokenKind uint8

const (
	tokEnd     tokenKind = iota
	tokWord              // letters
	tokNumber            // digits
	tokTime              // 07:00
	tokComment           // "text", without the quotes
	tokAlways            // 24/7
	tokMark              // ; , - + : [ ] and ||
)

// token is a piece of the value; number is its value for tokNumber, the minutes
// for tokTime.
type token struct {
	kind   tokenKind
	pos    int
	text   string
	number int
}

func (t token) is(mark string) bool { return t.kind == tokMark && t.text == mark }

func (t token) String() string {
	if t.kind == tokEnd {
		return "the end"
	}
	return fmt.Sprintf("%q", t.text)
}

// french is String in a French sentence.
func (t token) french() string {
	if t.kind == tokEnd {
		return "la fin"
	}
	return "«" + nbsp + t.text + nbsp + "»"
}

// scanner cuts a value into tokens.
type scanner struct {
	src string
	pos int
}

func scan(value string) ([]token, error) {
	s := scanner{src: value}
	tokens := make([]token, 0, len(value)/3+2)
	for {
		t, err := s.next()
		if err != nil {
			return nil, err
		}
		tokens = append(tokens, t)
		if t.kind == tokEnd {
			return tokens, nil
		}
	}
}

func (s *scanner) next() (token, error) {
	for s.pos < len(s.src) && isBlank(s.src[s.pos]) {
		s.pos++
	}
	if s.pos == len(s.src) {
		return token{kind: tokEnd, pos: s.pos}, nil
	}
	switch c := s.src[s.pos]; {
	case c == '"':
		return s.comment()
	case isDigit(c):
		return s.number()
	case isLetter(c):
		return s.word(), nil
	default:
		return s.mark()
	}
}

func (s *scanner) comment() (token, error) {
	start := s.pos
	length := strings.IndexByte(s.src[start+1:], '"')
	if length < 0 {
		return token{}, refuse(start, `the comment has no end: close it with "`)
	}
	text := s.src[start+1 : start+1+length]
	if strings.TrimSpace(text) == "" {
		return token{}, refuse(start, "the comment is empty: write something in it, or leave it out")
	}
	for i, r := range text {
		if r == utf8.RuneError || !unicode.IsPrint(r) {
			return token{}, refuse(start+1+i, "the comment has a character that cannot be printed: remove it")
		}
	}
	s.pos = start + length + 2
	return token{kind: tokComment, pos: start, text: text}, nil
}

// number reads digits, a clock time or 24/7.
func (s *scanner) number() (token, error) {
	start := s.pos
	if strings.HasPrefix(s.src[start:], "24/7") && !s.digitAt(start+4) {
		s.pos += 4
		return token{kind: tokAlways, pos: start, text: "24/7"}, nil
	}
	n := 0
	for ; s.digitAt(s.pos); s.pos++ {
		if s.pos-start == 4 {
			return token{}, refuse(start, "the number is too long: years have four digits, days and weeks two")
		}
		n = n*10 + int(s.src[s.pos]-'0')
	}
	if s.pos < len(s.src) && s.src[s.pos] == ':' && s.digitAt(s.pos+1) {
		return s.time(start, n)
	}
	return token{kind: tokNumber, pos: start, text: s.src[start:s.pos], number: n}, nil
}

// time reads what follows the hours, which stand from start to the colon.
func (s *scanner) time(start, hour int) (token, error) {
	colon := s.pos
	if colon-start != 2 || !s.digitAt(colon+2) || s.digitAt(colon+3) {
		return token{}, refuse(start, "the time is not written with two digits each: write it as 07:00")
	}
	minute := int(s.src[colon+1]-'0')*10 + int(s.src[colon+2]-'0')
	if minute > 59 {
		return token{}, refuse(colon+1, "an hour has minutes 00 to 59: correct the time")
	}
	s.pos = colon + 3
	return token{kind: tokTime, pos: start, text: s.src[start:s.pos], number: hour*60 + minute}, nil
}

func (s *scanner) word() token {
	start := s.pos
	for s.pos < len(s.src) && isLetter(s.src[s.pos]) {
		s.pos++
	}
	return token{kind: tokWord, pos: start, text: s.src[start:s.pos]}
}

func (s *scanner) mark() (token, error) {
	start := s.pos
	if strings.HasPrefix(s.src[start:], "||") {
		s.pos += 2
		return token{kind: tokMark, pos: start, text: "||"}, nil
	}
	if c := s.src[start]; strings.IndexByte(";,-+:[]/()", c) >= 0 {
		s.pos++
		return token{kind: tokMark, pos: start, text: s.src[start:s.pos]}, nil
	}
	r, size := utf8.DecodeRuneInString(s.src[start:])
	if r == utf8.RuneError && size <= 1 {
		return token{}, refuse(start, "the value is not valid UTF-8: type it again")
	}
	return token{}, refuse(start, "the character %q has no place here: put free text between double quotes", r)
}

func (s *scanner) digitAt(i int) bool { return i < len(s.src) && isDigit(s.src[i]) }

func isDigit(c byte) bool  { return c >= '0' && c <= '9' }
func isLetter(c byte) bool { return c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' }
func isBlank(c byte) bool  { return c == ' ' || c == '\t' || c == '\n' || c == '\r' }
