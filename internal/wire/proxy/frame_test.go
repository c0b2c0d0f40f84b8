package proxy

import (
	"bytes"
	"encoding/binary"
	"strings"
	"testing"
	"unicode/utf8"
)

// frameOf is a frame of so many bytes, as a server sends it, or masked.
func frameOf(op byte, size int, masked bool) []byte {
	b := []byte{0x80 | op, 0}
	switch {
	case size < 126:
		b[1] = byte(size)
	case size < 1<<16:
		b[1] = 126
		b = binary.BigEndian.AppendUint16(b, uint16(size))
	default:
		b[1] = 127
		b = binary.BigEndian.AppendUint64(b, uint64(size))
	}
	if masked {
		b[1] |= 0x80
		b = append(b, 1, 2, 3, 4)
	}
	return append(b, make([]byte, size)...)
}

func TestFramesKnowBoundaries(t *testing.T) {
	var stream []byte
	ends := map[int]bool{0: true}
	for _, size := range []int{0, 1, 125, 126, 127, 300, 1<<16 - 1, 1 << 16, 70_000, 0} {
		for _, masked := range []bool{false, true} {
			stream = append(stream, frameOf(2, size, masked)...)
			ends[len(stream)] = true
		}
	}
	var whole frames
	for i := range stream {
		if whole.boundary() != ends[i] {
			t.Fatalf("at %d: boundary %v", i, whole.boundary())
		}
		whole.pass(stream[i : i+1])
	}
	if !whole.boundary() {
		t.Error("the end is no boundary")
	}
	whole.pass(frameOf(opClose, 2, false))
	if whole.boundary() {
		t.Error("a frame may be put in after the closing one")
	}
}

// However a stream is cut into pieces, the boundaries are the same.
func FuzzFrames(f *testing.F) {
	f.Add(append(frameOf(1, 5, false), frameOf(2, 300, true)...), uint8(3))
	f.Add([]byte{0x82, 127, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 1, 2, 3}, uint8(1))
	f.Add([]byte{0x88, 0}, uint8(9))
	f.Fuzz(func(t *testing.T, stream []byte, piece uint8) {
		var one, pieces frames
		for i := range stream {
			one.pass(stream[i : i+1])
		}
		for rest := stream; len(rest) > 0; {
			n := min(len(rest), int(piece)+1)
			pieces.pass(rest[:n])
			rest = rest[n:]
		}
		if one.boundary() != pieces.boundary() || one.skip != pieces.skip || one.have != pieces.have {
			t.Errorf("%+v byte by byte, %+v by %d", one, pieces, piece)
		}
	})
}

func TestClosingFits(t *testing.T) {
	for _, reason := range []string{"", "fermé", strings.Repeat("a", 123), strings.Repeat("é", 62), strings.Repeat("é", 200), "a" + strings.Repeat("é", 200), strings.Repeat("🎓", 99)} {
		b := closing(reason)
		said := string(b[4:])
		if b[0] != 0x88 || int(b[1]) != len(b)-2 || b[1] > 125 || !bytes.Equal(b[2:4], []byte{0x03, 0xf0}) || !utf8.ValidString(said) {
			t.Errorf("%q: % x", reason, b)
		}
		if len(reason) <= 123 && said != reason || len(reason) > 123 && (len(said) < 118 || !strings.HasSuffix(said, "…")) {
			t.Errorf("%q became %q", reason, said)
		}
	}
}
