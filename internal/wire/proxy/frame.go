package proxy

import (
	"encoding/binary"
	"unicode/utf8"
)

// A frames follows a stream of web socket frames (RFC 6455, section 5.2) to know
// where one ends and the next has not begun: only there may a frame be put in.
type frames struct {
	head   [10]byte // of the frame that has begun, without its key
	have   int
	skip   uint64 // bytes of the key and the content still to come
	closed bool   // a closing frame has passed
}

const opClose = 8

// boundary reports whether a frame may be put in here.
func (f *frames) boundary() bool { return f.have == 0 && f.skip == 0 && !f.closed }

// pass follows some bytes.
func (f *frames) pass(b []byte) {
	for len(b) > 0 {
		if f.skip > 0 {
			n := min(f.skip, uint64(len(b)))
			f.skip -= n
			b = b[n:]
			continue
		}
		f.head[f.have] = b[0]
		f.have++
		b = b[1:]
		if f.have >= 2 && f.have == f.size() {
			f.enter()
		}
	}
}

// size is how long the head of the frame is, without its key.
func (f *frames) size() int {
	switch f.head[1] & 0x7f {
	case 126:
		return 4
	case 127:
		return 10
	}
	return 2
}

// enter is at the end of a head.
func (f *frames) enter() {
	switch f.size() {
	case 2:
		f.skip = uint64(f.head[1] & 0x7f)
	case 4:
		f.skip = uint64(binary.BigEndian.Uint16(f.head[2:]))
	default:
		f.skip = binary.BigEndian.Uint64(f.head[2:]) &^ (1 << 63)
	}
	if f.head[1]&0x80 != 0 {
		f.skip += 4
	}
	f.closed = f.closed || f.head[0]&0x0f == opClose
	f.have = 0
}

// policyViolation is the status of a closing frame: RFC 6455, section 7.4.1.
const policyViolation = 1008

// closing is the closing frame of a server with a reason, which is cut to the 123
// bytes that a control frame has room for (section 5.5).
func closing(reason string) []byte {
	const room = 123
	if len(reason) > room {
		const more = "…"
		end := room - len(more)
		for !utf8.RuneStart(reason[end]) {
			end--
		}
		reason = reason[:end] + more
	}
	out := binary.BigEndian.AppendUint16([]byte{0x80 | opClose, byte(2 + len(reason))}, policyViolation)
	return append(out, reason...)
}
