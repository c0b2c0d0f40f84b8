package proxy

import (
	"bufio"
	"context"
	"errors"
	"io"
	"net"
	"net/http"
	"os"
	"sync"
	"sync/atomic"
	"time"

	"github.com/ecluse-ecole/ecluse/internal/enforce"
	"github.com/ecluse-ecole/ecluse/internal/route"
)

// errCut ends what may be live no longer.
var errCut = errors.New("messaging has closed")

// How long after a cut a client may still take what it is told: the notice, the
// rest of an answer that is being written, the last word of a web socket.
const (
	toTakeNotice = 5 * time.Second
	toTakeRest   = 300 * time.Millisecond
	toClose      = 500 * time.Millisecond
)

// An exchange is one request and its answer, stream or web socket, from its
// arrival to its end. It is the ResponseWriter of the ReverseProxy, and found in
// the context of what is passed on, so that a cut reaches both ends.
type exchange struct {
	context.Context // the request's
	http.ResponseWriter

	p       *Proxy
	r       *http.Request
	rc      *http.ResponseController
	place   *place
	trusted bool // it comes from a server in front
	target  route.Target
	login   string
	conn    *enforce.Conn                  // nil where nobody was asked
	why     atomic.Pointer[enforce.Answer] // set: it has been cut
	fresh   bool                           // the deadline for writing has just been set
	broken  atomic.Bool                    // the client sent its body too slowly

	mu        sync.Mutex // guards what follows, and the deadlines: a cut comes from outside
	started   bool       // the answer's head has left
	ended     bool       // the ResponseWriter must not be touched any more
	client    net.Conn   // of a web socket
	interrupt func()     // ends what is under way with the application
	armed     time.Time  // when the deadline for writing was last set
}

// exchangeKey is under what the context of a request finds its exchange.
type exchangeKey struct{}

// begin takes a request in.
func (p *Proxy) begin(w http.ResponseWriter, r *http.Request, from *place) *exchange {
	x := &exchange{
		Context: r.Context(), ResponseWriter: w, p: p, rc: http.NewResponseController(w), place: from, target: p.match(r),
	}
	if from != nil {
		x.trusted = from.trusted
	} else {
		x.trusted = p.Trusted(r)
	}
	x.r = r
	if r.ContentLength != 0 {
		u := &upload{ReadCloser: r.Body, x: x, began: time.Now()}
		u.allow()
		x.r = r.WithContext(r.Context()) // a copy: the server reads its own to the end
		x.r.Body = u
	}
	p.clean(r.Header, x.trusted)
	return x
}

// Value finds the exchange itself, and what the request's context holds.
func (x *exchange) Value(key any) any {
	if _, ours := key.(exchangeKey); ours {
		return x
	}
	return x.Context.Value(key)
}

// end lets the exchange go; after it nothing of it is touched.
func (x *exchange) end() {
	if x.conn != nil {
		x.conn.Leave()
	}
	x.arm()
	x.mu.Lock()
	x.ended = true
	client := x.client
	x.mu.Unlock()
	if client != nil {
		client.Close()
		x.place.left()
	}
	if why := x.why.Load(); why != nil && why != stopping {
		x.p.metric.Cut(time.Since(time.Unix(0, x.p.changed.Load())))
	}
}

// cut ends the exchange because messaging has closed. It does not block.
func (x *exchange) cut(why *enforce.Answer) {
	if x.why.CompareAndSwap(nil, why) {
		go x.sever()
	}
}

// sever wakes whoever waits for the application or for the client.
func (x *exchange) sever() {
	x.mu.Lock()
	defer x.mu.Unlock()
	if x.ended {
		return
	}
	if x.interrupt != nil {
		x.interrupt()
	}
	now := time.Now()
	if client := x.client; client != nil { // the tunnel says its last word; see tunnel.farewell
		_ = client.SetWriteDeadline(now.Add(toTakeRest))
		time.AfterFunc(toTakeRest+toClose, func() { client.Close() })
		return
	}
	rest := toTakeNotice
	if x.started {
		rest = toTakeRest
	}
	_ = x.rc.SetWriteDeadline(now.Add(rest))
	if x.r.ContentLength != 0 {
		_ = x.rc.SetReadDeadline(now) // it may be uploading
	}
}

// with notes how to end what is under way with the application; nil: nothing is.
// It is false for an exchange that has been cut already.
func (x *exchange) with(interrupt func()) bool {
	x.mu.Lock()
	defer x.mu.Unlock()
	x.interrupt = interrupt
	return x.why.Load() == nil
}

// Unwrap lets http.ResponseController find the server's own writer.
func (x *exchange) Unwrap() http.ResponseWriter { return x.ResponseWriter }

// WriteHeader sends the head of the answer.
func (x *exchange) WriteHeader(status int) {
	x.arm()
	x.fresh = true
	if status >= http.StatusOK {
		x.mu.Lock()
		x.started = true
		x.mu.Unlock()
	}
	x.ResponseWriter.WriteHeader(status)
}

// Write sends some of the answer, unless it has been cut: then what has left is
// all that leaves.
func (x *exchange) Write(b []byte) (int, error) {
	if x.why.Load() != nil {
		return 0, errCut
	}
	if !x.fresh {
		x.arm()
	}
	x.fresh = false
	n, err := x.ResponseWriter.Write(b)
	x.disarm()
	return n, err
}

// FlushError sends what was held back.
func (x *exchange) FlushError() error {
	x.arm()
	err := x.rc.Flush()
	x.disarm()
	return err
}

// Hijack hands the connection over to a web socket.
func (x *exchange) Hijack() (net.Conn, *bufio.ReadWriter, error) {
	conn, rw, err := x.rc.Hijack()
	if err != nil {
		return nil, nil, err
	}
	x.mu.Lock()
	defer x.mu.Unlock()
	_ = conn.SetDeadline(time.Time{}) // a web socket may say nothing for long
	x.client, x.started = conn, true
	return conn, rw, nil
}

// arm gives the client Limits.Slow to take what is written next. Deadlines are
// moved rarely, not at every write.
func (x *exchange) arm() {
	now := time.Now()
	x.mu.Lock()
	defer x.mu.Unlock()
	if now.Sub(x.armed) < x.p.Limits.Slow/4 || x.client != nil || x.why.Load() != nil {
		return
	}
	x.armed = now
	_ = x.rc.SetWriteDeadline(now.Add(x.p.Limits.Slow))
}

// disarm takes the deadline off a stream of HTTP/2, which it would end even while
// nobody writes.
func (x *exchange) disarm() {
	if x.r.ProtoMajor < 2 {
		return
	}
	x.mu.Lock()
	defer x.mu.Unlock()
	if x.why.Load() == nil {
		x.armed = time.Time{}
		_ = x.rc.SetWriteDeadline(time.Time{})
	}
}

// An upload is the body of a request. Who sends it may take Limits.Slow, and a
// second more for each slowest bytes: a client that sends a byte now and then
// does not hold a place for ever.
type upload struct {
	io.ReadCloser
	x        *exchange
	began    time.Time
	received int64
	given    time.Duration // the time allowed so far
}

// slowest is how many bytes of an upload buy a second.
const slowest = 1 << 10

// Read reads some of it.
func (u *upload) Read(b []byte) (int, error) {
	n, err := u.ReadCloser.Read(b)
	u.received += int64(n)
	switch {
	case err == io.EOF:
		u.x.readUntil(time.Time{}) // the deadline would end the wait for the answer too
	case err != nil:
		u.x.broken.Store(errors.Is(err, os.ErrDeadlineExceeded))
	default:
		u.allow()
	}
	return n, err
}

// allow moves the deadline when there is enough to move it for.
func (u *upload) allow() {
	slow := u.x.p.Limits.Slow
	earned := slow + time.Duration(u.received/slowest)*time.Second
	if u.given == 0 || earned-u.given > slow/4 {
		u.given = earned
		u.x.readUntil(u.began.Add(earned))
	}
}

func (x *exchange) readUntil(t time.Time) {
	x.mu.Lock()
	defer x.mu.Unlock()
	if !x.ended && x.why.Load() == nil {
		_ = x.rc.SetReadDeadline(t)
	}
}
