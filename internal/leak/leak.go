// Package leak tells whether a password stands in lists of leaked ones, by a file
// of its own that works without a network: no password and no hash of one leaves
// the process.
//
// # The file
//
// A list of hashes (the downloads of Pwned Passwords, SHA-1 or NTLM) or of
// passwords is turned by Build into binary fuse filters of 16 bits (Graf and
// Lemire, "Binary Fuse Filters: Fast and Smaller Than Xor Filters", 2022): about
// 2.26 bytes for each, whatever their number. A password of the list is always
// found. One in 65,536 others is taken for one of the list: its owner chooses
// another.
//
//	header   128 bytes: magic, version, kind of hash, counts, instant, SHA-256
//	filters  one for each shard, of the hashes that begin with its number
//	table    for each shard: seed, segments, where it stands
//
// The digest is of everything that follows the header and of the header before it.
//
// # Promises
//
// Build takes memory for one shard, and disk for eight bytes a password beside the
// file; the file appears under its name whole or not at all. Open reads the file
// through once and refuses one that was damaged. After that a look-up touches three
// places of the file, mapped into memory; if the disk fails then, that is an error
// and not an answer. A Set is safe for concurrent use until Close.
package leak

import (
	"bytes"
	"crypto/sha256"
	"encoding/binary"
	"errors"
	"fmt"
	"math/bits"
	"os"
	"runtime/debug"
	"time"
	"unsafe"

	"github.com/FastFilter/xorfilter"
	"golang.org/x/text/unicode/norm"
)

// A Set is the passwords of one file.
type Set struct {
	header header
	shards []shard
	data   mapped
}

type shard = xorfilter.BinaryFuse[uint16]

// header is the beginning of a file, as it stands there.
type header struct {
	Magic   [8]byte
	Version uint32
	Kind    uint32
	Order   uint32 // of bytes in a filter: those of the machine
	Bits    uint32 // how many bits of a hash choose its shard
	Count   uint64
	Built   int64 // Unix seconds
	Table   uint64
	_       [48]byte
	Digest  [sha256.Size]byte
}

// entry is one shard's line of the table.
type entry struct {
	At           uint64 // where its filter stands
	Length       uint32 // of its filter, in fingerprints; 0: nothing stands in it
	SegmentBits  uint32
	SegmentCount uint32
	_            uint32
	Seed         uint64
}

const (
	headerSize = 128
	entrySize  = 32
	version    = 1
	maxBits    = 8
	ordered    = 0x01020304
)

var magic = [8]byte{'E', 'C', 'L', 'L', 'E', 'A', 'K', '\n'}

// errDamaged is of a file that is not as it was written.
var errDamaged = errors.New("the file is damaged: copy it anew, or build it anew with \"ecluse credentials build\"")

// Open reads a file that Build wrote.
func Open(name string) (*Set, error) {
	s, err := open(name)
	if err != nil {
		return nil, fmt.Errorf("opening the leaked passwords %s: %w", name, err)
	}
	return s, nil
}

func open(name string) (*Set, error) {
	f, err := os.Open(name)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil {
		return nil, err
	}
	s := &Set{}
	if err := s.readHeader(f, info.Size()); err != nil {
		return nil, err
	}
	if s.data, err = mapFile(f, int(info.Size())); err != nil {
		return nil, err
	}
	if err := s.load(); err != nil {
		s.Close()
		return nil, err
	}
	return s, nil
}

// readHeader refuses what is another kind of file, or cut short.
func (s *Set) readHeader(f *os.File, size int64) error {
	h := &s.header
	if size < headerSize {
		return errors.New("this is no file of leaked passwords: write one with \"ecluse credentials build\"")
	}
	begin := make([]byte, headerSize)
	if _, err := f.ReadAt(begin, 0); err != nil {
		return err
	}
	if _, err := binary.Decode(begin, binary.LittleEndian, h); err != nil {
		return err
	}
	here := uint32(0)
	binary.Decode(begin[16:20], binary.NativeEndian, &here)
	switch {
	case h.Magic != magic:
		return errors.New("this is no file of leaked passwords: write one with \"ecluse credentials build\"")
	case h.Version != version:
		return fmt.Errorf("it is of version %d and this Écluse reads %d: build it anew with \"ecluse credentials build\"", h.Version, version)
	case here != ordered:
		return errors.New("it was built on another kind of processor: build it on this one with \"ecluse credentials build\"")
	case Kind(h.Kind) > NTLM || h.Bits > maxBits || h.Table < headerSize || h.Table%2 != 0 || h.Table+entrySize<<h.Bits != uint64(size):
		return errDamaged
	}
	return nil
}

// load checks the digest and finds the shards.
func (s *Set) load() error {
	sum := sha256.New()
	err := guarded(func() {
		sum.Write(s.data[headerSize:])
		sum.Write(s.data[:headerSize-sha256.Size])
	})
	if err != nil {
		return err
	}
	if !bytes.Equal(sum.Sum(nil), s.header.Digest[:]) {
		return errDamaged
	}
	table := make([]entry, 1<<s.header.Bits)
	if _, err := binary.Decode(s.data[s.header.Table:], binary.LittleEndian, table); err != nil {
		return err
	}
	s.shards = make([]shard, len(table))
	for i, e := range table {
		if err := s.place(&s.shards[i], e); err != nil {
			return err
		}
	}
	return nil
}

// place finds one shard; whatever the table says, no look-up leaves its filter.
func (s *Set) place(f *shard, e entry) error {
	if e.Length == 0 {
		return nil
	}
	end := e.At + 2*uint64(e.Length)
	segments := (uint64(e.SegmentCount) + 2) << e.SegmentBits
	if e.At < headerSize || e.At%2 != 0 || end > s.header.Table || e.SegmentBits > 30 || segments > uint64(e.Length) {
		return errDamaged
	}
	*f = shard{
		Seed: e.Seed, SegmentLength: 1 << e.SegmentBits, SegmentLengthMask: 1<<e.SegmentBits - 1,
		SegmentCount: e.SegmentCount, SegmentCountLength: e.SegmentCount << e.SegmentBits,
		Fingerprints: unsafe.Slice((*uint16)(unsafe.Pointer(&s.data[e.At])), e.Length),
	}
	return nil
}

// entryOf is the table's line of a shard.
func entryOf(f *shard, at uint64) entry {
	return entry{
		At: at, Length: uint32(len(f.Fingerprints)), Seed: f.Seed,
		SegmentBits: uint32(bits.TrailingZeros32(f.SegmentLength)), SegmentCount: f.SegmentCount,
	}
}

// Has reports whether a password stands in the list, as it was typed or as other
// keyboards write it (NFC). A Set that is nil holds none.
func (s *Set) Has(password string) (found bool, err error) {
	if s == nil {
		return false, nil
	}
	kind := s.Kind()
	err = guarded(func() {
		found = s.has(kind.key(password))
		if composed := norm.NFC.String(password); !found && composed != password {
			found = s.has(kind.key(composed))
		}
	})
	return found, err
}

func (s *Set) has(key uint64) bool {
	f := &s.shards[shardOf(key, s.header.Bits)]
	return len(f.Fingerprints) > 0 && f.Contains(key)
}

// shardOf is which shard holds a key: the beginning of the hash tells.
func shardOf(key uint64, bits uint32) uint64 {
	return key >> (64 - bits)
}

// guarded reads what is mapped: a page that the disk no longer gives is an error.
func guarded(read func()) (err error) {
	defer debug.SetPanicOnFault(debug.SetPanicOnFault(true))
	defer func() {
		if cause := recover(); cause != nil {
			err = fmt.Errorf("reading the leaked passwords: %v", cause)
		}
	}()
	read()
	return nil
}

// Count is how many different passwords the list has.
func (s *Set) Count() int64 { return int64(s.header.Count) }

// Kind is by which hash they are known.
func (s *Set) Kind() Kind { return Kind(s.header.Kind) }

// Built is when the file was.
func (s *Set) Built() time.Time { return time.Unix(s.header.Built, 0).UTC() }

// Close ends the use of the file.
func (s *Set) Close() error {
	if s == nil {
		return nil
	}
	return s.data.unmap()
}
