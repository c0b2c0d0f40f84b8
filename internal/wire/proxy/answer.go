package proxy

import (
	"io"
	"net/http"
	"strings"
	"sync"
)

// received looks at the head of the application's answer before the client sees
// any of it.
func (x *exchange) received(res *http.Response) error {
	if x.why.Load() != nil {
		return errCut
	}
	delete(res.Header, "Alt-Svc") // it would send clients to where nobody decides
	if res.StatusCode != http.StatusSwitchingProtocols && strings.HasPrefix(res.Header.Get("Content-Type"), "text/event-stream") {
		res.Body = eventStream{res.Body, x}
	}
	return nil
}

// hint passes on an answer before the answer, such as 103 (RFC 8297).
func (x *exchange) hint(res *http.Response) {
	h := x.Header()
	for name, values := range res.Header {
		h[name] = values
	}
	x.WriteHeader(res.StatusCode)
	clear(h)
}

// An eventStream ends at a cut as event streams end: what its reader had is
// whole, and the next connection is told why (HTML, section 9.2.3).
type eventStream struct {
	io.ReadCloser
	x *exchange
}

// Read reads some events.
func (s eventStream) Read(b []byte) (int, error) {
	n, err := s.ReadCloser.Read(b)
	if s.x.why.Load() != nil {
		return 0, io.EOF
	}
	return n, err
}

// A buffers is room for bodies on their way. Streams keep theirs as long as they
// live, so that it is small.
type buffers struct{ pool sync.Pool }

const roomForBody = 8 << 10

func newBuffers() *buffers {
	return &buffers{sync.Pool{New: func() any { return new([roomForBody]byte) }}}
}

// Get is room for one body.
func (b *buffers) Get() []byte { return b.pool.Get().(*[roomForBody]byte)[:] }

// Put gives it back.
func (b *buffers) Put(room []byte) { b.pool.Put((*[roomForBody]byte)(room)) }
