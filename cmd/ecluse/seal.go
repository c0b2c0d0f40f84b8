package main

import (
	"crypto/rand"
	"encoding/base64"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"github.com/ecluse-ecole/ecluse/internal/account"
	"github.com/ecluse-ecole/ecluse/internal/config"
)

// sealKey is the key under which secrets of codes are kept: of the file that the
// configuration names, else of one beside the database's file. It is made once.
// nil: the database is a server's and no file is named. discard takes a key back
// that was made just now, where the database was sealed with another.
func sealKey(c config.Config) (key []byte, discard func(), err error) {
	name := c.SealKey
	if name == "" && kindOf(c.Database) == "postgres" {
		return nil, func() {}, nil
	}
	if name == "" {
		name = c.Database + ".seal"
	}
	text, err := os.ReadFile(name)
	switch {
	case errors.Is(err, fs.ErrNotExist) && c.SealKey == "" && !folderIs(filepath.Dir(name)):
		return nil, func() {}, nil // opening the database says so
	case errors.Is(err, fs.ErrNotExist):
		key, err = makeSealKey(name)
		return key, func() { os.Remove(name) }, err // what is left over is refused at the next start as well
	case err != nil:
		return nil, nil, fmt.Errorf("reading seal_key: %w", err)
	}
	key, err = base64.StdEncoding.DecodeString(strings.TrimSpace(string(text)))
	if err != nil || len(key) != account.SealKey {
		return nil, nil, fmt.Errorf("%s holds no key: it wants %d bytes in base64, as Écluse made them", name, account.SealKey)
	}
	return key, func() {}, nil
}

func folderIs(name string) bool {
	info, err := os.Stat(name)
	return err == nil && info.IsDir()
}

// makeSealKey writes a new key that its owner alone can read.
func makeSealKey(name string) ([]byte, error) {
	key := make([]byte, account.SealKey)
	rand.Read(key)
	f, err := os.OpenFile(name, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return nil, fmt.Errorf("making seal_key: %w", err)
	}
	_, err = f.WriteString(base64.StdEncoding.EncodeToString(key) + "\n")
	return key, errors.Join(err, f.Sync(), f.Close())
}
