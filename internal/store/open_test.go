package store_test

import (
	"context"
	"database/sql"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/ecluse-ecole/ecluse/internal/account"
	"github.com/ecluse-ecole/ecluse/internal/school"
	"github.com/ecluse-ecole/ecluse/internal/store"
	"github.com/ecluse-ecole/ecluse/internal/store/storetest"
)

// TestOpenRefuses is one sentence for each way to fail.
func TestOpenRefuses(t *testing.T) {
	folder := t.TempDir()
	file := func(name, content string) string {
		path := filepath.Join(folder, name)
		if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
		return path
	}
	other := filepath.Join(folder, "other.db")
	db, err := sql.Open("sqlite", other)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := db.Exec("CREATE TABLE bookmarks (url TEXT)"); err != nil {
		t.Fatal(err)
	}
	db.Close()

	for name, c := range map[string]struct{ database, want string }{
		"nothing named":       {"", "no database was named"},
		"no folder":           {filepath.Join(folder, "none", "e.db"), "does not exist: create it"},
		"folder is a file":    {filepath.Join(file("plain", ""), "e.db"), "not a folder"},
		"a folder":            {folder, "is a folder: name a file in it"},
		"not a database":      {file("letter.odt", strings.Repeat("Bonjour. ", 1000)), "is not a database"},
		"another's database":  {other, "is the database of another application"},
		"PostgreSQL is away":  {"postgres://ecluse@127.0.0.1:1/ecluse?connect_timeout=2", "PostgreSQL cannot be reached"},
		"PostgreSQL unparsed": {"postgres://ecluse:secret@host:port/", "PostgreSQL"},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := store.Open(context.Background(), c.database, store.Options{})
			if err == nil || !strings.Contains(err.Error(), c.want) || strings.Contains(err.Error(), "secret") {
				t.Fatalf("got %v, want %q", err, c.want)
			}
		})
	}
}

// TestOpenOddNames opens files whose names mean something in URLs.
func TestOpenOddNames(t *testing.T) {
	for _, name := range []string{"école 1.db", "a?b#c%41.db", "mode=ro&x.db"} {
		path := filepath.Join(t.TempDir(), name)
		storetest.Open(t, path)
		if _, err := os.Stat(path); err != nil {
			t.Errorf("%q: %v", name, err)
		}
	}
}

// TestNewerDatabase is what a program says to a database from the future.
func TestNewerDatabase(t *testing.T) {
	storetest.EachDatabase(t, func(t *testing.T, database string) {
		storetest.Open(t, database).Close()
		tamper(t, database, "INSERT INTO goose_db_version (version_id, is_applied) VALUES (4711, TRUE)")
		_, err := store.Open(context.Background(), database, store.Options{})
		if err == nil || !strings.Contains(err.Error(), "a newer Écluse wrote it (schema 4711; this program knows ") {
			t.Fatalf("got %v", err)
		}
	})
}

// TestMigrate goes from each earlier schema to the newest, with what was there.
func TestMigrate(t *testing.T) {
	storetest.EachNew(t, func(t *testing.T, database string) {
		if err := store.MigrateTo(database, 1); err != nil {
			t.Fatal(err)
		}
		tamper(t, database, "INSERT INTO person (id, login, first_name, last_name, sort_name, language) VALUES (1, 'zoe', 'Zoé', 'Martin', 'martin zoe', 'fr')")
		for version := int64(2); version <= 4; version++ {
			if err := store.MigrateTo(database, version); err != nil {
				t.Fatal(err)
			}
		}
		w := world{t, storetest.Open(t, database)}
		same(t, read1(w, func(tx *store.Tx) (account.Person, error) { return tx.Person(1) }),
			account.Person{ID: 1, Login: "zoe", First: "Zoé", Last: "Martin", Language: "fr"})
		w.people(college, map[account.MemberID]school.Role{10: school.Teacher, 20: school.Guardian})
		w.post(letter(1, 10), 20)
		w.acts("0790001A", 1)
		same(t, w.verify(), nil)
	})
}

// TestReopen finds everything again.
func TestReopen(t *testing.T) {
	storetest.EachDatabase(t, func(t *testing.T, database string) {
		w := world{t, storetest.Open(t, database)}
		w.post(letter(1, 10), 20)
		w.s.Close()
		w = world{t, storetest.Open(t, database)}
		same(t, len(w.inbox(20, store.Page{})), 1)
	})
}
