package proxy

import (
	"bufio"
	"errors"
	"io"
	"net"
	"sync"
	"time"

	"github.com/ecluse-ecole/ecluse/internal/wire"
)

// A tunnel is a web socket's connection to the application, as the body of the
// answer that opened it: the ReverseProxy copies between it and the client. It
// follows the frames towards the client, so that at a cut it can say why.
type tunnel struct {
	x      *exchange
	back   net.Conn
	read   *bufio.Reader
	frames frames
	gone   chan struct{} // closed when the client sends no more
	once   sync.Once
}

func newTunnel(x *exchange, back net.Conn, read *bufio.Reader) *tunnel {
	return &tunnel{x: x, back: back, read: read, gone: make(chan struct{})}
}

// Close ends the connection to the application.
func (t *tunnel) Close() error { return t.back.Close() }

// CloseWrite tells the application that the client sends no more.
func (t *tunnel) CloseWrite() error {
	if half, ok := t.back.(interface{ CloseWrite() error }); ok {
		return half.CloseWrite()
	}
	return nil
}

// Read reads from the application; io.Copy prefers WriteTo.
func (t *tunnel) Read(b []byte) (int, error) { return t.read.Read(b) }

// Write writes to the application; io.Copy prefers ReadFrom.
func (t *tunnel) Write(b []byte) (int, error) { return t.back.Write(b) }

// WriteTo copies from the application to the client until either ends or the
// exchange is cut. It needs no room of its own.
func (t *tunnel) WriteTo(client io.Writer) (sum int64, err error) {
	for {
		_, err := t.read.Peek(1)
		if t.x.why.Load() != nil {
			return sum, t.farewell(client)
		}
		if err != nil {
			return sum, ended(err)
		}
		some, _ := t.read.Peek(t.read.Buffered())
		n, err := client.Write(some)
		t.frames.pass(some[:n])
		sum += int64(n)
		if err != nil {
			return sum, err
		}
		_, _ = t.read.Discard(n)
	}
}

// ended is nil where a stream came to its end.
func ended(err error) error {
	if errors.Is(err, io.EOF) {
		return nil
	}
	return err
}

// farewell tells the client why, where the stream stands between two frames, and
// gives it a moment to leave by itself: a connection that is closed with bytes
// still unread would take the last word along. In the middle of a frame there is
// nothing to say that would be understood.
func (t *tunnel) farewell(client io.Writer) error {
	if !t.frames.boundary() {
		return errCut
	}
	words := t.x.why.Load().French
	if wire.Language(t.x.r) == "en" {
		words = t.x.why.Load().English
	}
	if _, err := client.Write(closing(words.Brief)); err != nil {
		return errCut
	}
	if half, ok := client.(interface{ CloseWrite() error }); ok {
		_ = half.CloseWrite()
	}
	select {
	case <-t.gone:
	case <-time.After(toClose):
	}
	return errCut
}

// ReadFrom copies from the client to the application. After a cut nothing more
// passes: what still comes is read and dropped.
func (t *tunnel) ReadFrom(client io.Reader) (sum int64, err error) {
	defer t.once.Do(func() { close(t.gone) })
	room := make([]byte, 4<<10)
	for {
		n, err := client.Read(room)
		cut := t.x.why.Load() != nil
		if n > 0 && !cut {
			sent, err := t.back.Write(room[:n])
			sum += int64(sent)
			if cut = t.x.why.Load() != nil; err != nil && !cut {
				return sum, err
			}
		}
		if err != nil && !cut {
			return sum, ended(err)
		}
		if err != nil {
			return sum, errCut
		}
	}
}
