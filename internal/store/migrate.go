package store

import (
	"bytes"
	"context"
	"embed"
	"fmt"
	"io/fs"

	"github.com/pressly/goose/v3"
)

//go:embed migrations/*.sql
var migrations embed.FS

// migrate brings the database to the newest schema, step by step, forward only.
func (s *Store) migrate(ctx context.Context) error {
	p, err := s.provider()
	if err != nil {
		return err
	}
	current, newest, err := p.GetVersions(ctx)
	if err != nil {
		return fmt.Errorf("reading the schema's version: %w", err)
	}
	if current > newest {
		return fmt.Errorf("a newer Écluse wrote it (schema %d; this program knows %d): install that version, or restore a backup made before", current, newest)
	}
	if _, err := p.Up(ctx); err != nil {
		return fmt.Errorf("bringing the schema from %d to %d: %w", current, newest, err)
	}
	return nil
}

func (s *Store) provider() (*goose.Provider, error) {
	files, err := fs.Sub(migrations, "migrations")
	if err != nil {
		return nil, err
	}
	options := append([]goose.ProviderOption{goose.WithDisableGlobalRegistry(true)}, s.dialect.options...)
	return goose.NewProvider(s.dialect.goose, s.db, schemaFiles{files, s.dialect.schema}, options...)
}

// schemaFiles is a folder whose files are rewritten for one database as they
// are read.
type schemaFiles struct {
	fs.FS
	rewrite func(string) string
}

// Open opens a folder as it is, a file rewritten.
func (s schemaFiles) Open(name string) (fs.File, error) {
	f, err := s.FS.Open(name)
	if err != nil {
		return nil, err
	}
	if info, err := f.Stat(); err != nil || info.IsDir() {
		return f, err
	}
	text, err := fs.ReadFile(s.FS, name)
	if err != nil {
		return nil, err
	}
	return schemaFile{f, bytes.NewReader([]byte(s.rewrite(string(text))))}, nil
}

type schemaFile struct {
	fs.File
	text *bytes.Reader
}

// Read reads the rewritten text.
func (f schemaFile) Read(p []byte) (int, error) { return f.text.Read(p) }
