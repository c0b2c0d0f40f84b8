package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io/fs"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"strings"

	"github.com/jackc/pgx/v5/pgconn"
	_ "github.com/jackc/pgx/v5/stdlib" // the "pgx" driver
	"github.com/pressly/goose/v3"
	"github.com/pressly/goose/v3/lock"
	"modernc.org/sqlite"
	sqlite3 "modernc.org/sqlite/lib"

	"github.com/ecluse-ecole/ecluse/internal/fault"
)

// This file is the only one that knows which database is open.

// A dialect is what differs between the databases.
type dialect struct {
	goose   goose.Dialect
	options []goose.ProviderOption
	schema  func(string) string // from a migration as written to this database's
	explain func(error) error   // from a driver's error to a fault
	notify  string              // a statement that tells other nodes of a new generation; "": none
}

// SQLite.

var sqliteDialect = dialect{
	goose:   goose.DialectSQLite3,
	schema:  func(s string) string { return s },
	explain: explainSQLite,
}

// applicationID is "Eclu" in the header of our SQLite files: another
// application's database is refused instead of being filled with our tables.
const applicationID = 0x45636c75

// The pragmas of every connection. The WAL may grow to 25,000 pages (100 MB on
// disk, 200 KB in memory) before it is copied back: sending to 500 people is a
// fifth faster than with SQLite's 1,000.
var sqlitePragmas = []string{
	"busy_timeout(5000)", "journal_mode(WAL)", "synchronous(FULL)", "foreign_keys(ON)",
	"wal_autocheckpoint(25000)", "journal_size_limit(110000000)", "temp_store(MEMORY)",
}

func openSQLite(ctx context.Context, path string, o Options) (*Store, error) {
	if err := checkFolder(path); err != nil {
		return nil, err
	}
	if err := makePrivate(path); err != nil {
		return nil, sqliteOpening(path, err)
	}
	db, err := sql.Open("sqlite", sqliteURL(path))
	if err != nil {
		return nil, sqliteOpening(path, err)
	}
	s := &Store{db: db, dialect: &sqliteDialect, stopping: make(chan struct{})}
	if err := s.beginSQLite(ctx, path, o); err != nil {
		db.Close()
		return nil, err
	}
	return s, nil
}

// makePrivate makes the file if it is not there, readable by its owner alone:
// SQLite would ask the umask, and gives its other files the same mode.
func makePrivate(path string) error {
	file, err := os.OpenFile(path, os.O_CREATE|os.O_EXCL|os.O_RDWR, 0o600)
	if errors.Is(err, fs.ErrExist) {
		return nil
	}
	if err != nil {
		return err
	}
	return file.Close()
}

func sqliteURL(path string) string {
	q := url.Values{"_pragma": sqlitePragmas}
	return (&url.URL{Scheme: "file", Opaque: (&url.URL{Path: path}).EscapedPath(), RawQuery: q.Encode()}).String()
}

func checkFolder(path string) error {
	if path == "" {
		return errors.New("no database was named: give the path of a file, or a postgres:// URL")
	}
	folder := filepath.Dir(path)
	switch info, err := os.Stat(folder); {
	case errors.Is(err, os.ErrNotExist):
		return fmt.Errorf("the folder %s does not exist: create it, or name another database file", folder)
	case err != nil:
		return fmt.Errorf("the folder %s cannot be read: give this account access to it (%w)", folder, err)
	case !info.IsDir():
		return fmt.Errorf("%s is a file, not a folder: name another database file", folder)
	}
	if info, err := os.Stat(path); err == nil && info.IsDir() {
		return fmt.Errorf("%s is a folder: name a file in it, such as %s", path, filepath.Join(path, "ecluse.db"))
	}
	return nil
}

// sqliteOpening says why a file could not be opened.
func sqliteOpening(path string, err error) error {
	switch sqliteCode(err) & 0xff {
	case sqlite3.SQLITE_NOTADB, sqlite3.SQLITE_CORRUPT:
		return fmt.Errorf("%s is not a database, or it is damaged: name another file, or restore a backup (%w)", path, err)
	case sqlite3.SQLITE_CANTOPEN, sqlite3.SQLITE_READONLY, sqlite3.SQLITE_PERM:
		return fmt.Errorf("%s cannot be written: give this account the right to write the file and its folder (%w)", path, err)
	case sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED:
		return fmt.Errorf("%s is in use by another program: stop it, then try again (%w)", path, err)
	}
	return fmt.Errorf("opening the database %s: %w", path, explainSQLite(err))
}

func (s *Store) beginSQLite(ctx context.Context, path string, o Options) error {
	if err := s.claimSQLite(ctx, path); err != nil {
		return err
	}
	if err := s.migrate(ctx); err != nil {
		if sqliteCode(err) != 0 {
			return sqliteOpening(path, err)
		}
		return fmt.Errorf("opening the database %s: %w", path, err)
	}
	c, err := s.connect(ctx, "PRAGMA cache_size = -16000", fmt.Sprintf("PRAGMA max_page_count = %d", o.MaxPages))
	if err != nil {
		return sqliteOpening(path, err)
	}
	readers := o.Readers
	if readers == 0 {
		readers = 4
	}
	s.readers = make(chan *conn, readers)
	for range readers {
		r, err := s.connect(ctx, "PRAGMA query_only = ON", "PRAGMA cache_size = -4000")
		if err != nil {
			return sqliteOpening(path, err)
		}
		s.readers <- r
	}
	s.db.SetMaxIdleConns(0) // what opening left over: every connection is taken now
	s.writer = startWriter(c, s.dialect, s.stopping)
	return nil
}

// claimSQLite writes our mark into a new file and refuses another's.
func (s *Store) claimSQLite(ctx context.Context, path string) error {
	var id, tables int
	err := s.db.QueryRowContext(ctx, "SELECT (SELECT application_id FROM pragma_application_id), (SELECT count(*) FROM sqlite_master)").Scan(&id, &tables)
	if err != nil {
		return sqliteOpening(path, err)
	}
	if id != applicationID && (id != 0 || tables > 0) {
		return fmt.Errorf("%s is the database of another application: name another file", path)
	}
	if id == 0 {
		_, err = s.db.ExecContext(ctx, fmt.Sprintf("PRAGMA application_id = %d", applicationID))
	}
	if err != nil {
		return sqliteOpening(path, err)
	}
	return nil
}

// connect takes a connection out of the pool for good.
func (s *Store) connect(ctx context.Context, pragmas ...string) (*conn, error) {
	c, err := s.db.Conn(ctx)
	if err != nil {
		return nil, err
	}
	for _, p := range pragmas {
		if _, err := c.ExecContext(ctx, p); err != nil {
			return nil, err
		}
	}
	return &conn{c: c, statements: map[string]*sql.Stmt{}}, nil
}

// A conn is a SQLite connection that keeps its prepared statements. Statements
// are never interrupted: an interrupted write rolls back the acts of others.
type conn struct {
	c          *sql.Conn
	statements map[string]*sql.Stmt
}

func (c *conn) statement(query string) (*sql.Stmt, error) {
	if st, ok := c.statements[query]; ok {
		return st, nil
	}
	st, err := c.c.PrepareContext(context.Background(), strings.TrimSuffix(strings.TrimSuffix(query, forUpdate), forHold))
	if err == nil {
		c.statements[query] = st
	}
	return st, err
}

func (c *conn) exec(_ context.Context, query string, args []any) (sql.Result, error) {
	st, err := c.statement(query)
	if err != nil {
		return nil, err
	}
	return st.ExecContext(context.Background(), args...)
}

func (c *conn) query(_ context.Context, query string, args []any) (*sql.Rows, error) {
	st, err := c.statement(query)
	if err != nil {
		return nil, err
	}
	return st.QueryContext(context.Background(), args...)
}

// do runs a statement of the transaction itself.
func (c *conn) do(query string) error {
	_, err := c.exec(context.Background(), query, nil)
	return err
}

func (c *conn) close() {
	for _, st := range c.statements {
		st.Close()
	}
	c.c.Close()
}

func sqliteCode(err error) int {
	if e, ok := errors.AsType[*sqlite.Error](err); ok {
		return e.Code()
	}
	return 0
}

func explainSQLite(err error) error {
	if err == nil || fault.KindOf(err) != fault.Internal {
		return err
	}
	switch code := sqliteCode(err); {
	case code == sqlite3.SQLITE_CONSTRAINT_UNIQUE, code == sqlite3.SQLITE_CONSTRAINT_PRIMARYKEY:
		return taken(err)
	case code&0xff == sqlite3.SQLITE_FULL, code == sqlite3.SQLITE_IOERR_SHMSIZE:
		return full(err)
	case code&0xff == sqlite3.SQLITE_BUSY:
		return busy(err)
	}
	return fmt.Errorf("in the database: %w", err)
}

// PostgreSQL.

// forUpdate ends a statement whose rows must stay as they are until the commit.
// SQLite has one writer and no such words.
const forUpdate = " FOR UPDATE"

// forHold is forUpdate for rows that others may refer to meanwhile.
const forHold = " FOR NO KEY UPDATE"

var (
	postgresDialect = dialect{
		goose:   goose.DialectPostgres,
		schema:  func(s string) string { return strings.ReplaceAll(s, " WITHOUT ROWID", "") },
		explain: explainPostgres,
		notify:  "NOTIFY " + ordersChannel,
	}
	jsonEach = regexp.MustCompile(`json_each\((\$\d+)\)`)
)

// ordersChannel is where PostgreSQL tells of new generations.
const ordersChannel = "ecluse_orders"

func openPostgres(ctx context.Context, address string, o Options) (*Store, error) {
	db, err := sql.Open("pgx", address)
	if err != nil {
		return nil, errors.New("the PostgreSQL URL cannot be read: write it as postgres://user@host:port/database")
	}
	conns := o.Readers
	if conns == 0 {
		conns = 16
	}
	db.SetMaxOpenConns(conns)
	db.SetMaxIdleConns(conns)
	s := &Store{db: db, dialect: withLock(postgresDialect), url: address, stopping: make(chan struct{})}
	if err := s.beginPostgres(ctx); err != nil {
		db.Close()
		return nil, err
	}
	return s, nil
}

func (s *Store) beginPostgres(ctx context.Context) error {
	if err := s.db.PingContext(ctx); err != nil {
		// pgx's own text names host, user and database, never the password.
		return fmt.Errorf("PostgreSQL cannot be reached: check that it runs, and the URL's host, user and database (%w)", err)
	}
	if err := s.migrate(ctx); err != nil {
		return fmt.Errorf("opening the PostgreSQL database: %w", err)
	}
	return nil
}

// withLock lets nodes that start together migrate one after the other.
func withLock(d dialect) *dialect {
	if l, err := lock.NewPostgresSessionLocker(); err == nil {
		d.options = []goose.ProviderOption{goose.WithSessionLocker(l)}
	}
	return &d
}

// plain runs statements in a PostgreSQL transaction.
type plain struct{ t *sql.Tx }

func (p plain) exec(ctx context.Context, query string, args []any) (sql.Result, error) {
	return p.t.ExecContext(ctx, postgresStatement(query), args...)
}

func (p plain) query(ctx context.Context, query string, args []any) (*sql.Rows, error) {
	return p.t.QueryContext(ctx, postgresStatement(query), args...)
}

// postgresStatement writes a JSON list of numbers as PostgreSQL unfolds it.
func postgresStatement(query string) string {
	if !strings.Contains(query, "json_each") {
		return query
	}
	return jsonEach.ReplaceAllString(query, "(SELECT CAST(value AS BIGINT) AS value FROM json_array_elements_text(CAST($1 AS JSON))) AS each")
}

func explainPostgres(err error) error {
	if err == nil || fault.KindOf(err) != fault.Internal {
		return err
	}
	e, ok := errors.AsType[*pgconn.PgError](err)
	if !ok {
		if _, ok := errors.AsType[*pgconn.ConnectError](err); ok {
			return busy(err)
		}
		return fmt.Errorf("in the database: %w", err)
	}
	switch {
	case e.Code == "23505": // unique_violation
		return taken(err)
	case e.Code == "53100": // disk_full
		return full(err)
	case e.Code == "40P01", e.Code == "40001", strings.HasPrefix(e.Code, "57P"), strings.HasPrefix(e.Code, "53"):
		return busy(err) // deadlock, serialization, shutdown, no resources
	}
	return fmt.Errorf("in the database: %w", err)
}

// What both databases can say.

func taken(err error) error {
	return fault.Wrap(err, fault.Conflict, "Cela existe déjà.", "It exists already.")
}

func full(err error) error {
	return fault.Wrap(err, fault.Full, "Il n’y a plus de place pour enregistrer ; rien n’a été envoyé. Gardez cette page ouverte et réessayez plus tard.", "There is no room left to keep this; nothing was done. Free space on the database's disk.")
}

func busy(err error) error {
	return fault.Wrap(err, fault.Unavailable, "Le service est trop occupé ; réessayez dans un instant.", "The database is busy or not reachable; try again in a moment.")
}
