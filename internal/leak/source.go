package leak

import (
	"bufio"
	"bytes"
	"encoding/binary"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"unicode/utf8"

	"golang.org/x/text/encoding/charmap"
)

// A source is one file of a list.
type source struct {
	path string
	size int64
}

// sources are the files named, and those in the folders named.
func sources(names []string) (list []source, err error) {
	for _, name := range names {
		err := filepath.WalkDir(name, func(path string, d fs.DirEntry, err error) error {
			if err != nil {
				return err
			}
			if hidden := strings.HasPrefix(d.Name(), ".") && path != name; hidden && d.IsDir() {
				return fs.SkipDir
			} else if hidden || d.IsDir() {
				return nil
			}
			info, err := os.Stat(path)
			if err == nil {
				list = append(list, source{path, info.Size()})
			}
			return err
		})
		if err != nil {
			return nil, fmt.Errorf("looking for lists: %w", err)
		}
	}
	return list, nil
}

// A form is how a file writes its passwords.
type form struct {
	plain  bool
	kind   Kind
	prefix string // of every hash, in hexadecimal, where the file's name tells it
}

// sniffed is how much of a file its form is told from.
const sniffed = 16 << 10

// formOf tells by its first line how a file writes its passwords: hashes, with or
// without a count, or else the passwords themselves. A file whose name is five digits
// of hashes holds the rest of them, as the parts of Pwned Passwords do.
func formOf(path string, begin []byte) form {
	prefix := strings.TrimSuffix(filepath.Base(path), ".txt")
	if len(prefix) != 5 || !isHex([]byte(prefix)) {
		prefix = ""
	}
	first, _, _ := bytes.Cut(bytes.TrimLeft(bytes.TrimPrefix(begin, []byte("\uFEFF")), "\r\n"), []byte("\n"))
	hash, _, _ := bytes.Cut(bytes.TrimSpace(first), []byte(":"))
	for _, kind := range []Kind{SHA1, NTLM} {
		switch {
		case !isHex(hash):
		case len(hash) == 2*kind.size():
			return form{kind: kind}
		case prefix != "" && len(hash) == 2*kind.size()-len(prefix):
			return form{kind: kind, prefix: prefix}
		}
	}
	return form{plain: true}
}

func isHex(b []byte) bool {
	for _, c := range b {
		if (c < '0' || c > '9') && (c|0x20 < 'a' || c|0x20 > 'f') {
			return false
		}
	}
	return len(b) > 0
}

// longestLine bounds a line: no password that anybody chooses is longer.
const longestLine = 4096

// A lineError is where a list cannot be read.
type lineError struct {
	path string
	line int64
	text string
}

func (e *lineError) Error() string { return fmt.Sprintf("%s:%d: %s", e.path, e.line, e.text) }

// read calls add with the key of every password of a file. How many bytes were read
// is told to seen now and then, which may stop it.
func (s source) read(want Kind, plain bool, add func(key uint64) error, seen func(bytes int64) error) error {
	f, err := os.Open(s.path)
	if err != nil {
		return err
	}
	defer f.Close()
	r := bufio.NewReaderSize(f, 256<<10)
	how, err := s.form(r, want, plain)
	if err != nil {
		return err
	}
	at := int64(0)
	for n := int64(1); ; n++ {
		line, err := readLine(r)
		at += int64(len(line)) + 1
		if len(line) > 0 {
			if err := how.add(line, add); err != nil {
				return &lineError{s.path, n, err.Error()}
			}
		}
		if n%(1<<14) == 0 || err != nil {
			if err := seen(min(at, s.size)); err != nil {
				return err
			}
		}
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return fmt.Errorf("%s:%d: %w", s.path, n, err)
		}
	}
}

// form tells how the file is to be read, and stands behind its byte order mark.
func (s source) form(r *bufio.Reader, want Kind, plain bool) (form, error) {
	begin, _ := r.Peek(sniffed) // an error is met again when it is read
	how := formOf(s.path, begin)
	if plain {
		how = form{plain: true}
	}
	if !how.plain && how.kind != want {
		return how, fmt.Errorf("%s holds %s hashes, and other lists hold %s: build one file for each kind", s.path, how.kind, want)
	}
	how.kind = want
	if bytes.HasPrefix(begin, []byte("\uFEFF")) {
		r.Discard(3)
	}
	return how, nil
}

// readLine is the next line without its end; of one that is too long, nothing.
func readLine(r *bufio.Reader) ([]byte, error) {
	line, err := r.ReadSlice('\n')
	if len(line) > longestLine || errors.Is(err, bufio.ErrBufferFull) {
		line = nil
	}
	for errors.Is(err, bufio.ErrBufferFull) {
		_, err = r.ReadSlice('\n')
	}
	return bytes.TrimRight(line, "\r\n"), err
}

// add is one line's key.
func (f form) add(line []byte, add func(key uint64) error) error {
	if f.plain {
		if bytes.IndexByte(line, 0) >= 0 {
			return errors.New("this is no text in UTF-8 or Windows-1252: name a list of passwords or hashes, one a line, that is neither packed nor in UTF-16")
		}
		return add(f.kind.key(inUTF8(line)))
	}
	hash, count, _ := bytes.Cut(bytes.TrimSpace(line), []byte(":"))
	if len(hash) == 0 || string(count) == "0" { // what pads the parts of Pwned Passwords counts 0
		return nil
	}
	if len(f.prefix)+len(hash) != 2*f.kind.size() || !isHex(hash) {
		return fmt.Errorf("want a hash of %d digits, and perhaps a colon and a number (say --plain of a list of passwords)", 2*f.kind.size()-len(f.prefix))
	}
	var digits [16]byte
	var key [8]byte
	copy(digits[copy(digits[:], f.prefix):], hash)
	hex.Decode(key[:], digits[:])
	return add(binary.BigEndian.Uint64(key[:]))
}

// inUTF8 is a line of a list as it was typed: old lists are in Windows-1252.
func inUTF8(line []byte) string {
	if utf8.Valid(line) {
		return string(line)
	}
	text, err := charmap.Windows1252.NewDecoder().Bytes(line)
	if err != nil {
		return string(line)
	}
	return string(text)
}
