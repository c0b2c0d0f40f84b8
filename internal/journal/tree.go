package journal

import (
	"crypto/sha256"
	"fmt"
	"strconv"

	"golang.org/x/mod/sumdb/tlog"
)

// Canonical is the one encoding of an entry, the leaf of the tree: each field as
// its length, a colon, its bytes and a line end, so that no two entries share an
// encoding. The instant counts in whole milliseconds since 1970, as it is stored.
func (e Entry) Canonical() []byte {
	b := make([]byte, 0, 96+len(e.Subject)+len(e.Detail))
	b = append(b, "ecluse entry 1\n"...)
	b = appendField(b, string(e.Log))
	b = appendField(b, strconv.FormatInt(e.Seq, 10))
	b = appendField(b, strconv.FormatInt(e.At.UnixMilli(), 10))
	b = appendField(b, e.Actor)
	b = appendField(b, e.Verb)
	b = appendField(b, e.Subject)
	return appendField(b, e.Detail)
}

func appendField(b []byte, s string) []byte {
	b = strconv.AppendInt(b, int64(len(s)), 10)
	b = append(b, ':')
	b = append(b, s...)
	return append(b, '\n')
}

// Hash is the entry's leaf hash (RFC 6962, section 2.1).
func (e Entry) Hash() tlog.Hash { return tlog.RecordHash(e.Canonical()) }

// A Frontier is what must be known of a log to append to it: its size and the
// roots of its complete subtrees, from the largest to the smallest. The zero
// Frontier is that of an empty log.
type Frontier struct {
	size  int64
	peaks []tlog.Hash
}

// ParseFrontier reads what Bytes wrote for a log of this size.
func ParseFrontier(size int64, b []byte) (Frontier, error) {
	f := Frontier{size: size}
	want := 0
	for n := size; n > 0; n &= n - 1 {
		want++
	}
	if size < 0 || len(b) != want*tlog.HashSize {
		return Frontier{}, fmt.Errorf("a journal of %d entries has %d peaks, not %d bytes: restore it from a backup", size, want, len(b))
	}
	for ; len(b) > 0; b = b[tlog.HashSize:] {
		f.peaks = append(f.peaks, tlog.Hash(b[:tlog.HashSize]))
	}
	return f, nil
}

// Size is the number of entries.
func (f *Frontier) Size() int64 { return f.size }

// Bytes is the frontier without its size, for keeping.
func (f *Frontier) Bytes() []byte {
	b := make([]byte, 0, len(f.peaks)*tlog.HashSize)
	for i := range f.peaks {
		b = append(b, f.peaks[i][:]...)
	}
	return b
}

// Add appends a leaf and returns the hashes to store from
// tlog.StoredHashIndex(0, the size before) on: the leaf's, then those of the
// subtrees that it completes.
func (f *Frontier) Add(leaf tlog.Hash) []tlog.Hash {
	stored, h := []tlog.Hash{leaf}, leaf
	for n := f.size; n&1 == 1; n >>= 1 {
		last := len(f.peaks) - 1
		h = tlog.NodeHash(f.peaks[last], h)
		f.peaks = f.peaks[:last]
		stored = append(stored, h)
	}
	f.peaks = append(f.peaks, h)
	f.size++
	return stored
}

// Root is the Merkle tree hash of the log so far.
func (f *Frontier) Root() tlog.Hash {
	if f.size == 0 {
		return sha256.Sum256(nil)
	}
	h := f.peaks[len(f.peaks)-1]
	for i := len(f.peaks) - 2; i >= 0; i-- {
		h = tlog.NodeHash(f.peaks[i], h)
	}
	return h
}
