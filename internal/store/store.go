// Package store keeps what lasts: people, orders, messages, sessions and the
// journal, in one SQLite file or in a PostgreSQL database.
//
// One set of statements serves both. They are written as SQLite reads them, with
// placeholders that first appear in numeric order; what differs stands in
// dialect.go alone. Instants are milliseconds since 1970 in UTC (finer parts are
// cut off, and the zero time is 0); text must be valid UTF-8 without NUL.
//
// # Acts
//
// Write runs one act in one transaction, journal entry included, and returns nil
// only when it is on disk: synchronous=FULL on SQLite, synchronous_commit=on on
// PostgreSQL. On SQLite one goroutine owns the only connection that writes and
// commits concurrent acts together, each in its own savepoint, so that 64
// senders wait for one fsync and a failing act undoes only itself. On PostgreSQL
// each act is a transaction of its own; acts on the same log wait for each other.
//
// The function given to Write runs in the caller's goroutine while others wait:
// it must be short, must not call Write again, and must have hashed passwords
// before. After a statement has failed, every later one of the same act fails
// with the same error and the act is undone, on both databases.
//
// Read gives one consistent state, beside writers and without waiting for them.
//
// # Schools
//
// Every key of what belongs to a school begins with the school, and nothing
// joins across schools on a hot path, so that a region can be spread by school.
//
// # Several processes
//
// Several processes may open the same SQLite file (a server and `ecluse journal
// verify`): SQLite's own locks keep it whole, and writers wait for each other
// for up to five seconds. Serving one file from two servers is safe and slow.
//
// # Errors
//
// Faults of package fault: NotFound, Conflict (a key that exists, a late save),
// Full (no room left on the disk; the act left no trace), Unavailable (closed,
// busy, unreachable). Any other error is an accident.
package store

import (
	"context"
	"database/sql"
	"strings"
	"sync"

	"github.com/ecluse-ecole/ecluse/internal/fault"
)

// Options tune a store. The zero value is meant for a server.
type Options struct {
	Readers  int   // connections that read at once; 0: 4 on SQLite, 16 connections in all on PostgreSQL
	MaxPages int64 // SQLite: refuse to grow beyond so many pages of 4 KiB; 0: as large as the disk
}

// A Store is an open database. It is safe for concurrent use.
type Store struct {
	db      *sql.DB
	dialect *dialect
	url     string // PostgreSQL only, for Listen

	writer  *writer    // SQLite only
	readers chan *conn // SQLite only

	closing  sync.Once
	stopping chan struct{} // closed by Close
}

// Open opens or creates a database and brings it to the newest schema. The
// database is a PostgreSQL URL (postgres://…) or the path of a SQLite file, whose
// folder must exist. Each way to fail has one sentence with its remedy; a
// database that a newer Écluse wrote is refused and left untouched.
func Open(ctx context.Context, database string, o Options) (*Store, error) {
	if isPostgres(database) {
		return openPostgres(ctx, database, o)
	}
	return openSQLite(ctx, database, o)
}

func isPostgres(database string) bool {
	return strings.HasPrefix(database, "postgres://") || strings.HasPrefix(database, "postgresql://")
}

// Close ends the store: acts under way are finished, those that wait are
// refused with Unavailable. Closing again does nothing.
func (s *Store) Close() (err error) {
	s.closing.Do(func() {
		close(s.stopping)
		if s.writer != nil {
			s.writer.end()
			for range cap(s.readers) {
				(<-s.readers).close()
			}
		}
		err = s.db.Close()
	})
	return err
}

// Read runs fn on one consistent state of the database; fn cannot write.
func (s *Store) Read(ctx context.Context, fn func(*Tx) error) error {
	if s.writer == nil {
		return s.transact(ctx, &sql.TxOptions{Isolation: sql.LevelRepeatableRead, ReadOnly: true}, fn)
	}
	if s.isClosed() {
		return closed()
	}
	select {
	case c := <-s.readers:
		defer func() { s.readers <- c }()
		return s.readOn(ctx, c, fn)
	case <-s.stopping:
		return closed()
	case <-ctx.Done():
		return ctx.Err()
	}
}

func (s *Store) readOn(ctx context.Context, c *conn, fn func(*Tx) error) error {
	if err := c.do("BEGIN"); err != nil {
		return s.dialect.explain(err)
	}
	defer c.do("ROLLBACK") // nothing was written; a failure shows at the next BEGIN
	tx := &Tx{ctx: ctx, run: c, dialect: s.dialect}
	return tx.finish(fn(tx))
}

// Write runs fn as one act and returns nil once it is on disk. When fn returns
// an error or panics nothing of it remains.
func (s *Store) Write(ctx context.Context, fn func(*Tx) error) error {
	if s.writer == nil {
		return s.transact(ctx, nil, fn)
	}
	return s.writer.write(ctx, fn)
}

// transact is an act or a reading in a PostgreSQL transaction of its own.
func (s *Store) transact(ctx context.Context, o *sql.TxOptions, fn func(*Tx) error) error {
	if s.isClosed() {
		return closed()
	}
	t, err := s.db.BeginTx(ctx, o)
	if err != nil {
		return s.dialect.explain(err)
	}
	defer t.Rollback() // after a commit it does nothing
	tx := &Tx{ctx: ctx, run: plain{t}, dialect: s.dialect}
	if err := tx.finish(fn(tx)); err != nil {
		return err
	}
	return s.dialect.explain(t.Commit())
}

func (s *Store) isClosed() bool {
	select {
	case <-s.stopping:
		return true
	default:
		return false
	}
}

// closed is what a store says after Close.
func closed() error {
	return fault.New(fault.Unavailable, "Le service s’arrête ; réessayez dans un instant.", "The store is closed; try again in a moment.")
}
