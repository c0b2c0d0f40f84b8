package feed

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
)

// A disk writes files whole or not at all. Its put is a field so that a test can
// fill the disk or pull the plug at any write.
type disk struct {
	dir string
	put func(name string, data []byte) error
}

func newDisk(dir string) disk { return disk{dir: dir, put: writeFile} }

// write puts the content in place of whatever the file held: readers see the
// old file or the new one, also after a crash.
func (d disk) write(name string, data []byte) error {
	path := filepath.Join(d.dir, filepath.FromSlash(name))
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		return fmt.Errorf("writing %s: %w", name, err)
	}
	if err := d.put(path, data); err != nil {
		return fmt.Errorf("writing %s: %w", name, err)
	}
	return nil
}

func (d disk) read(name string) ([]byte, error) {
	return os.ReadFile(filepath.Join(d.dir, filepath.FromSlash(name)))
}

func (d disk) has(name string) bool {
	_, err := os.Stat(filepath.Join(d.dir, filepath.FromSlash(name)))
	return err == nil
}

// begun is how the names of files begin that are not whole yet.
const begun = ".new-"

// writeFile writes beside the file, makes it durable, and renames it.
func writeFile(path string, data []byte) (err error) {
	f, err := os.CreateTemp(filepath.Dir(path), begun+"*")
	if err != nil {
		return err
	}
	defer func() {
		if err != nil {
			err = errors.Join(err, os.Remove(f.Name()))
		}
	}()
	_, err = f.Write(data)
	err = errors.Join(err, f.Chmod(0o644), f.Sync(), f.Close())
	if err != nil {
		return err
	}
	if err := os.Rename(f.Name(), path); err != nil {
		return err
	}
	return syncFolder(filepath.Dir(path))
}

// sweep removes what a process that was killed had begun to write: nobody else
// writes below the folder, or the lock is held.
func (d disk) sweep() error {
	return filepath.WalkDir(d.dir, func(path string, e fs.DirEntry, err error) error {
		if missing(err) { // there is no folder yet, or it went meanwhile
			return nil
		}
		if err != nil || !e.Type().IsRegular() || !strings.HasPrefix(e.Name(), begun) {
			return err
		}
		return os.Remove(path)
	})
}

// syncFolder makes a rename durable.
func syncFolder(dir string) error {
	d, err := os.Open(dir)
	if err != nil {
		return err
	}
	return errors.Join(d.Sync(), d.Close())
}

// readUpTo reads all, and refuses what is longer than the limit.
func readUpTo(r io.Reader, limit int64) ([]byte, error) {
	data, err := io.ReadAll(io.LimitReader(r, limit+1))
	if err != nil {
		return nil, err
	}
	if int64(len(data)) > limit {
		return nil, refuse(TooLong, fmt.Errorf("more than %d bytes", limit))
	}
	return data, nil
}

func hashOf(data []byte) string {
	sum := sha256.Sum256(data)
	return hex.EncodeToString(sum[:])
}

func missing(err error) bool { return errors.Is(err, fs.ErrNotExist) }
