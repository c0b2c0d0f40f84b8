package main

import (
	"context"
	"database/sql"
	"net"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/ecluse-ecole/ecluse/internal/store"
	"github.com/ecluse-ecole/ecluse/internal/store/storetest"
)

// cannotServe wants "ecluse serve" to refuse at once, in one line that matches,
// and to give no secret away.
func cannotServe(t *testing.T, status int, pattern string, args ...string) {
	t.Helper()
	got, stdout, stderr := ecluseLine(append([]string{"serve"}, args...)...)
	line := strings.TrimSuffix(stderr, "\n")
	if got != status || stdout != "" || !regexp.MustCompile("^ecluse: "+pattern+"$").MatchString(line) || strings.Contains(line, "secret") {
		t.Errorf("serve %q: status %d, want %d\n%s%s\nwant: %s", args, got, status, stdout, stderr, pattern)
	}
}

const anyPort = "--listen=127.0.0.1:0"

func write(t *testing.T, name, text string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), name)
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

func TestServeRefusesConfiguration(t *testing.T) {
	says := func(pattern, text string) {
		t.Helper()
		cannotServe(t, 1, pattern, "--config", write(t, "ecluse.yaml", text))
	}
	says(`.*ecluse.yaml: the configuration cannot be read: \[2:1\] unknown field "databse"`, "listen: 127.0.0.1:0\ndatabse: ecluse.db\n")
	says(`.*ecluse.yaml: the configuration cannot be read: \[2:1\] mapping key "log" already defined.*`, "log: info\nlog: warn\n")
	says(`.*ecluse.yaml: log is "loud": want debug, info, warn or error`, "log: loud\n")
	says(`.*ecluse.yaml: tls needs both certificate and key: .*`, "tls: {certificate: a.pem}\n")
	says(`reading the certificate: .*a\.pem: no such file or directory: name a PEM certificate and its key under tls`, "tls: {certificate: a.pem, key: b.pem}\n")
	says(`reading the calendar: .*none\.json: no such file or directory: write one with "ecluse calendar import --out FILE"`, "calendar: none.json\n")

	cannotServe(t, 1, `reading the configuration: .*absent.yaml: no such file or directory: print one with "ecluse config sample"`,
		"--config", filepath.Join(t.TempDir(), "absent.yaml"))
	cannotServe(t, 2, `unknown flag --databse.*see ecluse --help.*`, "--databse", "ecluse.db")
	cannotServe(t, 2, `unexpected argument ecluse.yaml.*`, "ecluse.yaml")
}

func TestServeRefusesAddress(t *testing.T) {
	taken, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer taken.Close()
	database := filepath.Join(t.TempDir(), "ecluse.db")
	address := taken.Addr().String()
	cannotServe(t, 1, regexp.QuoteMeta(address)+" is in use by another program: stop that one, or choose another port .*",
		"--listen", address, "--database", database)
	cannotServe(t, 1, "listening on 8080: .*: give an address and a port, such as 127.0.0.1:8080", "--listen", "8080", "--database", database)
	if _, err := os.Stat(database); err == nil {
		t.Error("a database was made for a server that could not begin")
	}
}

func TestServeRefusesDatabase(t *testing.T) {
	says := func(pattern, database string) {
		t.Helper()
		cannotServe(t, 1, pattern, anyPort, "--database", database)
	}
	folder := t.TempDir()
	says(".* is a folder: name a file in it, such as .*ecluse.db", folder)
	says("the folder .*nowhere does not exist: create it, or name another database file", filepath.Join(folder, "nowhere", "ecluse.db"))
	says(".* is not a database, or it is damaged: name another file, or restore a backup .*", write(t, "ecluse.db", strings.Repeat("Not a database. ", 300)))
	says(".*: a newer Écluse wrote it .schema 999; this program knows [0-9]+.: install that version, or restore a backup made before", newerDatabase(t))
	// The driver adds a line for each address that it tried.
	says("PostgreSQL cannot be reached: check that it runs, and the URL's host, user and database (?s:.*)",
		"postgres://ecluse:secret@127.0.0.1:1/ecluse?connect_timeout=2")
}

// newerDatabase is one on which a later release has run its migrations.
func newerDatabase(t *testing.T) string {
	t.Helper()
	path := storetest.SQLite(t)
	s := storetest.Open(t, path)
	s.Close()
	db, err := sql.Open("sqlite", path)
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	if _, err := db.Exec("INSERT INTO goose_db_version (version_id, is_applied) VALUES (999, 1)"); err != nil {
		t.Fatal(err)
	}
	return path
}

// TestServeRefusesClock: a database that was written in an hour was written by a
// clock that told a later instant than ours.
func TestServeRefusesClock(t *testing.T) {
	path := storetest.SQLite(t)
	s := storetest.Open(t, path)
	later := time.Now().Add(time.Hour)
	if err := s.Write(context.Background(), func(tx *store.Tx) error { return tx.Heartbeat(later) }); err != nil {
		t.Fatal(err)
	}
	s.Close()
	cannotServe(t, 1, "the clock of this machine says .*, but the database was last written at .*: "+
		"set the clock right; if it is right and was wrong before, start once with --accept-clock", anyPort, "--database", path)
}
