// Package stolen reads lists of stolen accounts: what programs that steal passwords
// from browsers have collected, as CERTs and ministries hand it on to those whose
// people stand in it.
//
// Such a list has no format. Most lines are url:login:password, with colons,
// semicolons, bars, tabs, commas or spaces between, with or without a scheme and a
// port, with the address first or last or not at all, quoted or as JSON; some write
// each thing on a line of its own. A password may hold the very sign that separates.
// A line that can be read in several ways is therefore read in all of them: whoever
// asks whether a password works finds out which was meant, and no reading opens
// anything by itself.
//
// Reading is a stream: nothing is kept but the present line, and a line that is too
// long is counted and left out. It never fails for what a list holds.
package stolen

import (
	"bufio"
	"bytes"
	"errors"
	"io"
	"strings"
	"unicode/utf8"

	"golang.org/x/text/encoding/charmap"
	"golang.org/x/text/encoding/unicode"
	"golang.org/x/text/transform"
)

// A Claim is one reading of a line: this login has this password at this host.
type Claim struct {
	Host     string // in small letters, without a port; "" where the line names none
	Login    string
	Password string
}

// At reports whether a claim is about one of some hosts or what lies below them. A
// claim without a host is about any.
func (c Claim) At(hosts []string) bool {
	if len(hosts) == 0 || c.Host == "" {
		return true
	}
	for _, h := range hosts {
		if c.Host == h || strings.HasSuffix(c.Host, "."+h) {
			return true
		}
	}
	return false
}

// What is read at most: longer things are no login and no password of ours.
const (
	longestLine     = 8 << 10
	longestLogin    = 200
	longestPassword = 512
	mostReadings    = 12
)

// A Reader reads one list.
type Reader struct {
	lines *bufio.Reader
	line  int64
	left  int64 // lines that could not be read
	block Claim // of a list that writes each thing on a line of its own
	array *array
	begun bool
}

// NewReader reads a list in UTF-8, UTF-16 with its mark, or Windows-1252.
func NewReader(r io.Reader) *Reader {
	r = transform.NewReader(r, unicode.BOMOverride(transform.Nop))
	return &Reader{lines: bufio.NewReaderSize(r, longestLine)}
}

// looked is how much of a file tells whether it is text. What programs steal may hold
// odd signs later on.
const looked = 16 << 10

// NotText is the first line at the beginning of a file that no text holds: the file is
// packed, or something else than a list. 0 where there is none.
func NotText(r io.Reader) (line int) {
	begin, _ := io.ReadAll(io.LimitReader(transform.NewReader(r, unicode.BOMOverride(transform.Nop)), looked))
	at := bytes.IndexByte(begin, 0)
	if at < 0 {
		return 0
	}
	return 1 + bytes.Count(begin[:at], []byte("\n"))
}

// Next is the readings of the next line, none for one without an account; io.EOF
// after the last. Other errors are those of what it reads from.
func (r *Reader) Next() ([]Claim, error) {
	if !r.begun {
		r.begun = true
		if r.startsArray() {
			r.array = newArray(r.lines)
		}
	}
	if r.array != nil {
		return r.element()
	}
	text, whole, err := r.read()
	if err != nil {
		return nil, err
	}
	r.line++
	claims := r.readings(text)
	if !whole || len(claims) == 0 && strings.TrimSpace(text) != "" && r.block == (Claim{}) {
		r.left++
	}
	return claims, nil
}

// Line is the number of the line that Next told last, from 1.
func (r *Reader) Line() int64 { return r.line }

// LeftOut is how many lines so far held something, but no account.
func (r *Reader) LeftOut() int64 { return r.left }

// read is the next line as text; of one that is too long, nothing.
func (r *Reader) read() (text string, whole bool, err error) {
	line, err := r.lines.ReadSlice('\n')
	text, whole = inUTF8(bytes.TrimRight(line, "\r\n")), true
	for errors.Is(err, bufio.ErrBufferFull) {
		text, whole = "", false
		_, err = r.lines.ReadSlice('\n')
	}
	if errors.Is(err, io.EOF) && (len(line) > 0 || !whole) {
		err = nil // the last line has no end
	}
	return text, whole, err
}

func inUTF8(line []byte) string {
	if utf8.Valid(line) {
		return string(line)
	}
	text, err := charmap.Windows1252.NewDecoder().Bytes(line)
	if err != nil {
		return ""
	}
	return string(text)
}

// readings are the ways of reading one line.
func (r *Reader) readings(line string) []Claim {
	trimmed := strings.TrimSpace(line)
	switch {
	case trimmed == "" || strings.Trim(trimmed, "=-_*# ") == "":
		r.block = Claim{}
		return nil
	case trimmed[0] == '{':
		return parseObject([]byte(strings.TrimRight(trimmed, ", \t]")))
	case trimmed[0] == '"' || trimmed[0] == '\'':
		if claims := quoted(trimmed); len(claims) > 0 {
			return claims
		}
	}
	if claim, inBlock := r.ofBlock(line); inBlock {
		return valid([]Claim{claim})
	}
	return valid(separated(strings.TrimLeft(line, " \t")))
}

// blockKeys are the words before what a list writes on a line of its own.
var blockKeys = map[string]byte{
	"url": 'u', "host": 'u', "hostname": 'u', "site": 'u', "link": 'u',
	"username": 'l', "login": 'l', "user": 'l', "user login": 'l', "email": 'l',
	"password": 'p', "pass": 'p', "user password": 'p',
}

// ofBlock reads "Password: …" and its like; the account is told with its last line.
func (r *Reader) ofBlock(line string) (claim Claim, inBlock bool) {
	key, value, cut := strings.Cut(line, ":")
	what := blockKeys[strings.ToLower(strings.TrimSpace(key))]
	if !cut || what == 0 || value != "" && value[0] != ' ' && value[0] != '\t' {
		return claim, false
	}
	switch value = strings.TrimSpace(value); what {
	case 'u':
		r.block = Claim{Host: hostOf(value)}
	case 'l':
		r.block.Login = value
	case 'p':
		claim = r.block
		claim.Password = value
		r.block = Claim{Host: claim.Host}
	}
	return claim, true
}

// valid keeps the readings that can be an account's, each once.
func valid(claims []Claim) (kept []Claim) {
	for _, c := range claims {
		c.Login = strings.TrimSpace(c.Login)
		fits := c.Login != "" && len(c.Login) <= longestLogin && c.Password != "" && len(c.Password) <= longestPassword
		if !fits || strings.ContainsFunc(c.Login+c.Password, isControl) || len(kept) == mostReadings {
			continue
		}
		known := false
		for _, k := range kept {
			known = known || k.Login == c.Login && k.Password == c.Password
		}
		if !known {
			kept = append(kept, c)
		}
	}
	return kept
}

func isControl(r rune) bool { return r < ' ' && r != '\t' || r == 0x7f || r == utf8.RuneError }
