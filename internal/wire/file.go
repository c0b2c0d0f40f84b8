package wire

import (
	"errors"
	"os"
	"path/filepath"
)

// ReplaceFile puts a text in place of a file's as a whole, so that after a power
// cut either the old or the new one is there, and the new one once it returns.
func ReplaceFile(path string, text []byte) error {
	f, err := os.CreateTemp(filepath.Dir(path), ".ecluse-*")
	if err != nil {
		return err
	}
	defer os.Remove(f.Name()) // nothing is there any more where all went well
	_, err = f.Write(text)
	if err := errors.Join(err, f.Sync(), f.Close()); err != nil {
		return err
	}
	if err := os.Rename(f.Name(), path); err != nil {
		return err
	}
	return SyncFolder(filepath.Dir(path))
}

// SyncFolder makes a rename in a folder last.
func SyncFolder(path string) error {
	folder, err := os.Open(path)
	if err != nil {
		return err
	}
	defer folder.Close()
	return folder.Sync()
}
