package store

import (
	"context"
	"errors"
	"time"
)

// A batch ends when nobody waits, or at these bounds: the first waits no longer
// for its answer than they allow.
const (
	batchActs = 256
	batchTime = 25 * time.Millisecond
)

// A writer owns SQLite's one writing connection. Its goroutine gives one waiting
// act after the other its turn between a BEGIN and a COMMIT.
type writer struct {
	conn     *conn
	dialect  *dialect
	queue    chan *request
	stopping chan struct{} // closed when the store closes
	done     chan struct{} // closed when the goroutine has ended
}

// A request is one act that waits. Its function runs in its own goroutine, so
// that a panic, or the end of a test, reaches whoever called.
type request struct {
	ctx    context.Context
	turn   chan *Tx   // unbuffered: handed over only to who still waits
	ran    chan error // what the function returned
	result chan error // after the commit
}

// errAbandoned is the result of a function that panicked.
var errAbandoned = errors.New("the act did not end")

func startWriter(c *conn, d *dialect, stopping chan struct{}) *writer {
	w := &writer{
		conn: c, dialect: d,
		queue: make(chan *request, batchActs), stopping: stopping, done: make(chan struct{}),
	}
	go w.loop()
	return w
}

// end waits for the writer to stop and closes its connection.
func (w *writer) end() {
	<-w.done
	w.conn.close()
}

// write waits for a turn, runs fn, and waits for the commit.
func (w *writer) write(ctx context.Context, fn func(*Tx) error) error {
	r := &request{ctx: ctx, turn: make(chan *Tx), ran: make(chan error, 1), result: make(chan error, 1)}
	select {
	case w.queue <- r:
	case <-w.stopping:
		return closed()
	case <-ctx.Done():
		return ctx.Err()
	}
	select {
	case tx := <-r.turn:
		return r.run(tx, fn)
	case err := <-r.result:
		return err
	case <-w.done:
		return closed()
	case <-ctx.Done():
		return ctx.Err()
	}
}

func (r *request) run(tx *Tx, fn func(*Tx) error) error {
	err := errAbandoned
	func() {
		defer func() { r.ran <- err }()
		err = tx.finish(fn(tx))
	}()
	return <-r.result
}

func (w *writer) loop() {
	defer close(w.done)
	for {
		select {
		case r := <-w.queue:
			w.batch(r)
		case <-w.stopping:
			return
		}
	}
}

// batch runs first and whoever waits behind it in one transaction.
func (w *writer) batch(first *request) {
	if err := w.conn.do("BEGIN IMMEDIATE"); err != nil {
		first.result <- w.dialect.explain(err)
		return
	}
	done, err := w.turns(first)
	if err == nil {
		err = w.conn.do("COMMIT")
	}
	if err != nil {
		w.conn.do("ROLLBACK") // SQLite may have rolled back by itself: then there is nothing left to undo
		err = w.dialect.explain(err)
	}
	for _, r := range done {
		r.result <- err
	}
}

// turns gives first and whoever waits behind it their turn, until nobody waits,
// the batch is long enough or the transaction is lost. It returns whose acts
// now wait for the commit.
func (w *writer) turns(first *request) (done []*request, err error) {
	end := time.Now().Add(batchTime)
	for r := first; r != nil; r = w.next(len(done), end) {
		ran, err := w.turn(r)
		if ran {
			done = append(done, r)
		}
		if err != nil {
			return done, err
		}
	}
	return done, nil
}

// next is who waits, or nil when this batch should end.
func (w *writer) next(n int, end time.Time) *request {
	if n >= batchActs || time.Now().After(end) {
		return nil
	}
	select {
	case r := <-w.queue:
		return r
	default:
		return nil
	}
}

// turn runs one act in its savepoint. It reports whether the act now waits for
// the commit, and an error when the whole transaction is lost, as when the disk
// is full: then nobody's act may be answered as done.
func (w *writer) turn(r *request) (bool, error) {
	if err := w.conn.do("SAVEPOINT act"); err != nil {
		r.result <- w.dialect.explain(err)
		return false, err
	}
	select {
	case r.turn <- &Tx{ctx: r.ctx, run: w.conn, dialect: w.dialect}:
	case <-r.ctx.Done():
		return false, w.conn.do("RELEASE act")
	}
	failed := <-r.ran
	if failed == nil {
		err := w.conn.do("RELEASE act")
		return true, err
	}
	r.result <- failed
	if err := w.conn.do("ROLLBACK TO act"); err != nil {
		return false, errors.Join(failed, err)
	}
	return false, w.conn.do("RELEASE act")
}
