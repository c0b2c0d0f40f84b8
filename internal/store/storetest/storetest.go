// Package storetest gives tests real databases: a SQLite file and a PostgreSQL
// schema, new and empty for each test, gone after it. A file begins as a copy of
// one that has the newest schema: bringing each there step by step took longer than
// most tests.
//
// PostgreSQL is the server whose URL stands in ECLUSE_TEST_POSTGRES (see
// scripts/postgres.sh). Without it that half of a test is skipped, except where
// CI=true: there it fails, so that nobody believes it has run.
package storetest

import (
	"context"
	"crypto/rand"
	"database/sql"
	"errors"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	_ "github.com/jackc/pgx/v5/stdlib" // the "pgx" driver

	"github.com/ecluse-ecole/ecluse/internal/store"
)

// Each runs a test once on each kind of database.
func Each(t *testing.T, test func(t *testing.T, s *store.Store)) {
	t.Helper()
	EachDatabase(t, func(t *testing.T, database string) { test(t, Open(t, database)) })
}

// EachDatabase is Each for tests that open the database themselves.
func EachDatabase(t *testing.T, test func(t *testing.T, database string)) {
	t.Helper()
	t.Run("sqlite", func(t *testing.T) { test(t, SQLite(t)) })
	t.Run("postgres", func(t *testing.T) { test(t, Postgres(t)) })
}

// EachNew is EachDatabase for tests of the schema itself: there is none yet.
func EachNew(t *testing.T, test func(t *testing.T, database string)) {
	t.Helper()
	t.Run("sqlite", func(t *testing.T) { test(t, filepath.Join(t.TempDir(), "ecluse.db")) })
	t.Run("postgres", func(t *testing.T) { test(t, Postgres(t)) })
}

// Open opens a database until the test ends.
func Open(t testing.TB, database string) *store.Store {
	t.Helper()
	s, err := store.Open(context.Background(), database, store.Options{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { s.Close() })
	return s
}

// SQLite is the path of a database file that has its schema and nothing in it.
func SQLite(t testing.TB) string {
	t.Helper()
	file := filepath.Join(t.TempDir(), "ecluse.db")
	data, err := empty()
	if err == nil {
		err = os.WriteFile(file, data, 0o600)
	}
	if err != nil {
		t.Fatal(err)
	}
	return file
}

// empty is what stands in such a file, made once in each process.
var empty = sync.OnceValues(func() (data []byte, err error) {
	dir, err := os.MkdirTemp("", "ecluse-schema-")
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, os.RemoveAll(dir)) }()
	file := filepath.Join(dir, "ecluse.db")
	s, err := store.Open(context.Background(), file, store.Options{})
	if err != nil {
		return nil, err
	}
	if err := s.Close(); err != nil {
		return nil, err
	}
	return os.ReadFile(file)
})

// Postgres is the URL of an empty schema of its own, or the test is skipped.
func Postgres(t testing.TB) string {
	t.Helper()
	server := os.Getenv("ECLUSE_TEST_POSTGRES")
	switch {
	case testing.Short():
		t.Skip("-short: with the race detector SQLite is enough; the full run takes PostgreSQL too")
	case server == "" && os.Getenv("CI") == "true":
		t.Fatal("ECLUSE_TEST_POSTGRES is not set: run the tests through scripts/postgres.sh")
	case server == "":
		t.Skip("no PostgreSQL: run the tests through scripts/postgres.sh, or set ECLUSE_TEST_POSTGRES")
	}
	schema := "test_" + strings.ToLower(rand.Text()[:16])
	run(t, server, "CREATE SCHEMA "+schema)
	t.Cleanup(func() { run(t, server, "DROP SCHEMA "+schema+" CASCADE") })

	u, err := url.Parse(server)
	if err != nil {
		t.Fatal("ECLUSE_TEST_POSTGRES is not a URL: write it as postgres://user@host:port/database")
	}
	q := u.Query()
	q.Set("search_path", schema)
	u.RawQuery = q.Encode()
	return u.String()
}

func run(t testing.TB, server, statement string) {
	t.Helper()
	db, err := sql.Open("pgx", server)
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	if _, err := db.Exec(statement); err != nil {
		t.Fatal(err)
	}
}
