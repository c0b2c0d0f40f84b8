package leak

import (
	"bufio"
	"context"
	"crypto/sha256"
	"encoding/binary"
	"errors"
	"fmt"
	"hash"
	"io"
	"os"
	"path/filepath"
	"slices"
	"time"
	"unsafe"

	"github.com/FastFilter/xorfilter"
)

// Options are how a file is built. The zero value reads what each list is from its
// first lines.
type Options struct {
	Plain    bool           // the lists hold passwords, even if they look like hashes
	NTLM     bool           // of lists that hold passwords, keep NTLM hashes
	Progress func(Progress) // told now and then; may be nil
	Now      time.Time      // when it is built
}

// A Progress is how far a build has come.
type Progress struct {
	Step  Step
	Done  int64 // bytes of lists, or passwords
	Total int64
}

// A Step is what a build is doing.
type Step uint8

// The steps, in their order.
const (
	Reading Step = iota
	Writing
)

// A Summary is what was built.
type Summary struct {
	Kind  Kind  `json:"kind"`
	Files int   `json:"files"`
	Read  int64 `json:"read"`  // passwords, before those that stand twice were put together
	Count int64 `json:"count"` // different ones
	Bytes int64 `json:"bytes"` // of the file
}

// errNothing is of lists without a password.
var errNothing = errors.New("the lists hold no password: name files of hashes or of passwords, one a line, or a folder of such files")

// Build turns lists into a file under a name. An earlier file of that name stays
// until the new one is whole.
func Build(ctx context.Context, name string, lists []string, o Options) (Summary, error) {
	s, err := build(ctx, name, lists, o)
	if err != nil {
		return s, fmt.Errorf("building %s: %w", name, err)
	}
	return s, nil
}

func build(ctx context.Context, name string, lists []string, o Options) (sum Summary, err error) {
	files, err := sources(lists)
	if err != nil {
		return sum, err
	}
	dir, err := os.MkdirTemp(filepath.Dir(name), "."+filepath.Base(name)+".building-*")
	if err != nil {
		return sum, err
	}
	defer os.RemoveAll(dir)
	b := newBuilder(ctx, dir, o)
	defer b.close()
	if err := b.readAll(files); err != nil {
		return sum, err
	}
	made := filepath.Join(dir, "made")
	if err := b.write(made); err != nil {
		return sum, err
	}
	if err := os.Rename(made, name); err != nil {
		return sum, err
	}
	sum = b.sum
	sum.Files = len(files)
	return sum, syncFolder(filepath.Dir(name))
}

func syncFolder(dir string) error {
	d, err := os.Open(dir)
	if err != nil {
		return err
	}
	defer d.Close()
	return d.Sync()
}

// parts is into how many parts keys are put first, by their beginning: a shard is
// one or several of them.
const parts = 1 << maxBits

// builder puts keys into parts on disk, then makes shards of the parts.
type builder struct {
	ctx   context.Context
	o     Options
	dir   string
	sum   Summary
	files [parts]*os.File
	bufs  [parts]*bufio.Writer
	many  [parts]int64
	total int64 // bytes of lists
	done  int64

	bits func(keys int64) uint32 // bitsFor
}

func newBuilder(ctx context.Context, dir string, o Options) *builder {
	return &builder{ctx: ctx, o: o, dir: dir, bits: bitsFor}
}

func (b *builder) close() {
	for _, f := range b.files {
		if f != nil {
			f.Close()
		}
	}
}

// tell says how far the build has come, and stops it when nobody waits any more.
func (b *builder) tell(p Progress) error {
	if b.o.Progress != nil {
		b.o.Progress(p)
	}
	return b.ctx.Err()
}

func (b *builder) readAll(files []source) error {
	for _, f := range files {
		b.total += f.size
	}
	var err error
	if b.sum.Kind, err = b.kind(files); err != nil {
		return err
	}
	for _, f := range files {
		err := f.read(b.sum.Kind, b.o.Plain, b.add, func(at int64) error {
			return b.tell(Progress{Reading, b.done + at, b.total})
		})
		if err != nil {
			return err
		}
		b.done += f.size
	}
	if b.sum.Read == 0 {
		return errNothing
	}
	if err := b.flush(); err != nil {
		return err
	}
	return b.tell(Progress{Reading, b.total, b.total})
}

// flush hands all parts to the disk.
func (b *builder) flush() error {
	for _, w := range b.bufs {
		if w == nil {
			continue
		}
		if err := w.Flush(); err != nil {
			return err
		}
	}
	return nil
}

// kind is that of the first list of hashes; of passwords, what was asked for.
func (b *builder) kind(files []source) (Kind, error) {
	kind := SHA1
	if b.o.NTLM {
		kind = NTLM
	}
	if b.o.Plain {
		return kind, nil
	}
	for _, s := range files {
		f, err := os.Open(s.path)
		if err != nil {
			return kind, err
		}
		begin := make([]byte, sniffed)
		n, err := io.ReadFull(f, begin)
		f.Close()
		if err != nil && n == 0 && !errors.Is(err, io.EOF) {
			return kind, err
		}
		if how := formOf(s.path, begin[:n]); !how.plain {
			return how.kind, nil
		}
	}
	return kind, nil
}

// add puts a key into its part.
func (b *builder) add(key uint64) error {
	part := shardOf(key, maxBits)
	if b.files[part] == nil {
		f, err := os.OpenFile(filepath.Join(b.dir, fmt.Sprintf("%02x", part)), os.O_RDWR|os.O_CREATE|os.O_EXCL, 0o600)
		if err != nil {
			return err
		}
		b.files[part], b.bufs[part] = f, bufio.NewWriterSize(f, 32<<10)
	}
	b.many[part]++
	b.sum.Read++
	var bytes [8]byte
	binary.LittleEndian.PutUint64(bytes[:], key)
	_, err := b.bufs[part].Write(bytes[:])
	return err
}

// fewest is how many keys a shard has at least, on the average, where there are
// more: the filter of fewer takes more room for each.
const fewest = 1 << 20

// bitsFor is how many bits choose a shard, for this many keys.
func bitsFor(keys int64) uint32 {
	bits := uint32(0)
	for bits < maxBits && keys>>(bits+1) >= fewest {
		bits++
	}
	return bits
}

// write makes the file.
func (b *builder) write(name string) error {
	f, err := os.OpenFile(name, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o644)
	if err != nil {
		return err
	}
	defer f.Close()
	if _, err := f.Write(make([]byte, headerSize)); err != nil {
		return err
	}
	h := header{Magic: magic, Version: version, Kind: uint32(b.sum.Kind), Bits: b.bits(b.sum.Read), Built: b.o.Now.Unix()}
	w := &body{to: bufio.NewWriterSize(f, 1<<20), sum: sha256.New(), at: headerSize}
	table, err := b.shards(w, h.Bits)
	if err != nil {
		return err
	}
	h.Table, h.Count = w.at, uint64(b.sum.Count)
	if err := binary.Write(w, binary.LittleEndian, table); err != nil {
		return err
	}
	if err := errors.Join(w.to.Flush(), h.finish(f, w.sum)); err != nil {
		return err
	}
	b.sum.Bytes = int64(w.at)
	return errors.Join(f.Sync(), f.Close())
}

// finish writes the header, digest included.
func (h *header) finish(f *os.File, sum hash.Hash) error {
	bytes, err := binary.Append(nil, binary.LittleEndian, h)
	if err != nil {
		return err
	}
	binary.NativeEndian.PutUint32(bytes[16:], ordered)
	sum.Write(bytes[:headerSize-sha256.Size])
	copy(bytes[headerSize-sha256.Size:], sum.Sum(nil))
	_, err = f.WriteAt(bytes, 0)
	return err
}

// body is what follows the header, on its way to the file.
type body struct {
	to  *bufio.Writer
	sum hash.Hash
	at  uint64
}

func (w *body) Write(p []byte) (int, error) {
	w.sum.Write(p)
	n, err := w.to.Write(p)
	w.at += uint64(n)
	return n, err
}

// shards writes one filter after the other.
func (b *builder) shards(w *body, bits uint32) ([]entry, error) {
	table := make([]entry, 1<<bits)
	var workshop xorfilter.BinaryFuseBuilder
	var keys []uint64
	done := int64(0)
	per := parts >> bits
	for i := range table {
		keys = keys[:0]
		for part := i * per; part < (i+1)*per; part++ {
			var err error
			if keys, err = b.keys(keys, part); err != nil {
				return nil, err
			}
		}
		done += int64(len(keys))
		slices.Sort(keys)
		keys = slices.Compact(keys)
		b.sum.Count += int64(len(keys))
		if err := addShard(w, &workshop, keys, &table[i]); err != nil {
			return nil, err
		}
		if err := b.tell(Progress{Writing, done, b.sum.Read}); err != nil {
			return nil, err
		}
	}
	return table, nil
}

// addShard writes the filter of some keys.
func addShard(w *body, workshop *xorfilter.BinaryFuseBuilder, keys []uint64, e *entry) error {
	if len(keys) == 0 {
		return nil
	}
	filter, err := xorfilter.BuildBinaryFuse[uint16](workshop, keys)
	if err != nil {
		return err
	}
	*e = entryOf(&filter, w.at)
	_, err = w.Write(unsafe.Slice((*byte)(unsafe.Pointer(unsafe.SliceData(filter.Fingerprints))), 2*len(filter.Fingerprints)))
	return err
}

// keys reads a part back.
func (b *builder) keys(keys []uint64, part int) ([]uint64, error) {
	f := b.files[part]
	if f == nil {
		return keys, nil
	}
	if _, err := f.Seek(0, io.SeekStart); err != nil {
		return nil, err
	}
	keys = slices.Grow(keys, int(b.many[part]))
	r := bufio.NewReaderSize(f, 256<<10)
	var bytes [8]byte
	for range b.many[part] {
		if _, err := io.ReadFull(r, bytes[:]); err != nil {
			return nil, fmt.Errorf("reading what was kept on the disk: %w", err)
		}
		keys = append(keys, binary.LittleEndian.Uint64(bytes[:]))
	}
	return keys, nil
}
