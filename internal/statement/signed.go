package statement

import (
	"bytes"
	"compress/gzip"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strconv"
	"strings"

	"golang.org/x/mod/sumdb/note"
)

// title is the first line of every head.
const title = "ecluse statement 1"

// maxHead bounds the head: a title, a length, a hash and one signature.
const maxHead = 2 << 10

// ErrUnknown is in the chain of an error about a signature of nobody known.
var ErrUnknown = errors.New("signed by nobody who is known here")

// Sign packs the statement in the name of a key, and signs it.
func (s Statement) Sign(key note.Signer) ([]byte, error) {
	s.From = key.Name()
	if err := s.check(); err != nil {
		return nil, fmt.Errorf("writing a statement: %w", err)
	}
	text, err := json.Marshal(s)
	if err != nil {
		return nil, fmt.Errorf("writing a statement: %w", err)
	}
	var body bytes.Buffer
	pack := gzip.NewWriter(&body)
	_, err = pack.Write(text)
	if err = errors.Join(err, pack.Close()); err != nil {
		return nil, fmt.Errorf("writing a statement: %w", err)
	}
	if len(text) > MaxSize || body.Len() > MaxPacked-maxHead {
		return nil, fmt.Errorf("the statement has %d bytes, %d packed, more than one may have: split the schools over several installations", len(text), body.Len())
	}
	head, err := note.Sign(&note.Note{Text: headOf(body.Bytes())}, key)
	if err != nil {
		return nil, fmt.Errorf("signing a statement: %w", err)
	}
	return append(head, body.Bytes()...), nil
}

func headOf(body []byte) string {
	sum := sha256.Sum256(body)
	return title + "\n" + strconv.Itoa(len(body)) + "\n" + base64.StdEncoding.EncodeToString(sum[:]) + "\n"
}

// Open verifies a statement by the keys that are known, and reads it. The key that
// signed is returned with it.
func Open(data []byte, known note.Verifiers) (Statement, note.Signature, error) {
	n, body, err := verify(data, known)
	if err != nil {
		return Statement{}, note.Signature{}, err
	}
	s, err := read(body)
	if err == nil && s.From != n.Sigs[0].Name {
		err = fmt.Errorf("it says that it is from %q, and %q signed it", s.From, n.Sigs[0].Name)
	}
	if err == nil {
		err = s.check()
	}
	if err != nil {
		return Statement{}, note.Signature{}, fmt.Errorf("the statement of %s cannot be read: %w", n.Sigs[0].Name, err)
	}
	return s, n.Sigs[0], nil
}

// BodyBegins is the first byte of every body, which no head may hold: it parts them.
const BodyBegins = 0x1f

// Vouched verifies a head by the keys that are known, before its body has come: so
// that no stranger's is waited for. What it says of the body is not held against it.
func Vouched(head []byte, known note.Verifiers) (*note.Note, error) {
	if len(head) > maxHead || !strings.HasPrefix(string(head), title+"\n") {
		return nil, fmt.Errorf("this is no statement: \"ecluse follower state\" writes one")
	}
	n, err := note.Open(head, known)
	if unverified := (*note.UnverifiedNoteError)(nil); errors.As(err, &unverified) {
		return nil, ErrUnknown
	}
	if err != nil {
		return nil, fmt.Errorf("the statement's signature is wrong: %w", err)
	}
	return n, nil
}

// verify parts head and body, and looks at signature, length and hash.
func verify(data []byte, known note.Verifiers) (*note.Note, []byte, error) {
	if len(data) > MaxPacked {
		return nil, nil, fmt.Errorf("a statement has at most %d bytes", MaxPacked)
	}
	at := bytes.IndexByte(data, BodyBegins)
	n, err := Vouched(data[:max(at, 0)], known)
	if err != nil {
		return nil, nil, err
	}
	if len(n.Sigs) != 1 || n.Text != headOf(data[at:]) {
		return nil, nil, errors.New("the statement is not what was signed: it was changed or cut on the way; send it again")
	}
	return n, data[at:], nil
}

// read unpacks and decodes, no more than a statement may hold.
func read(body []byte) (s Statement, err error) {
	pack, err := gzip.NewReader(bytes.NewReader(body))
	if err != nil {
		return s, err
	}
	text := &io.LimitedReader{R: pack, N: MaxSize + 1}
	from := json.NewDecoder(text)
	from.DisallowUnknownFields()
	if err := from.Decode(&s); err != nil {
		return s, tooLarge(text, err)
	}
	if _, err := from.Token(); err != io.EOF {
		return s, tooLarge(text, errors.New("something stands after it"))
	}
	return s, tooLarge(text, nil)
}

// tooLarge is the error, or that more was read than a statement may hold.
func tooLarge(text *io.LimitedReader, err error) error {
	if text.N <= 0 {
		return fmt.Errorf("it has more than %d bytes", MaxSize)
	}
	return err
}
