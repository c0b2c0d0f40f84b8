package synapse

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"sync"
)

// A book remembers what was done to which account, on disk before it is done.
type book struct {
	path string
	mu   sync.Mutex
	done map[string]state
}

func openBook(path string) (*book, error) {
	b := &book{path: path, done: map[string]state{}}
	text, err := os.ReadFile(path)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return b, b.write()
	case err != nil:
		return nil, fmt.Errorf("reading which accounts of Synapse were closed: %w", err)
	}
	if err := json.Unmarshal(text, &b.done); err != nil {
		return nil, fmt.Errorf("reading which accounts of Synapse were closed: %s: %w: restore the file, or remove it after reopening the accounts by hand", path, err)
	}
	return b, nil
}

func (b *book) state(name string) state {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.done[name]
}

// put keeps an account's state; it is on disk when put returns.
func (b *book) put(name string, s state) error {
	b.mu.Lock()
	defer b.mu.Unlock()
	if s == free {
		delete(b.done, name)
	} else {
		b.done[name] = s
	}
	return b.write()
}

// write replaces the file as a whole.
func (b *book) write() error {
	text, err := json.Marshal(b.done)
	if err != nil {
		return err
	}
	if err := replace(b.path, text); err != nil {
		return fmt.Errorf("remembering which accounts of Synapse were closed: %w", err)
	}
	return nil
}

// replace writes a new file beside the old one, syncs it and takes its place.
func replace(path string, text []byte) error {
	f, err := os.CreateTemp(filepath.Dir(path), ".ecluse-*")
	if err != nil {
		return err
	}
	defer os.Remove(f.Name()) // nothing is there any more where all went well
	_, err = f.Write(text)
	if err := errors.Join(err, f.Sync(), f.Close()); err != nil {
		return err
	}
	return os.Rename(f.Name(), path)
}
