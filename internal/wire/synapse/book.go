package synapse

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"sync"

	"github.com/ecluse-ecole/ecluse/internal/wire"
)

// A book remembers what was done to which account. What is about to be done is on
// disk before it is done, and stays marked until it is known to be done.
type book struct {
	path string
	mu   sync.Mutex
	all  entries
}

// entries are what the file holds.
type entries struct {
	Done  map[string]state `json:"done"`
	Begun map[string]state `json:"begun"` // it may be done or not
}

func openBook(path string) (*book, error) {
	b := &book{path: path, all: entries{map[string]state{}, map[string]state{}}}
	text, err := os.ReadFile(path)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return b, b.write()
	case err != nil:
		return nil, fmt.Errorf("reading which accounts of Synapse were closed: %w", err)
	}
	b.all = entries{}
	if err := json.Unmarshal(text, &b.all); err != nil || b.all.Done == nil || b.all.Begun == nil {
		return nil, fmt.Errorf("reading which accounts of Synapse were closed: %s is damaged: restore the file, or remove it after reopening the accounts by hand", path)
	}
	return b, nil
}

// state is what we hold an account in, and whether that is certain.
func (b *book) state(name string) (s state, certain bool) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if s, ok := b.all.Begun[name]; ok {
		return s, false
	}
	return b.all.Done[name], true
}

// begin marks what is about to be done; it is on disk when begin returns.
func (b *book) begin(list map[string]state) error {
	b.mu.Lock()
	defer b.mu.Unlock()
	for name, s := range list {
		delete(b.all.Done, name)
		b.all.Begun[name] = s
	}
	return b.write()
}

// finish says what has been done to accounts; free forgets them.
func (b *book) finish(list map[string]state) error {
	b.mu.Lock()
	defer b.mu.Unlock()
	for name, s := range list {
		delete(b.all.Begun, name)
		delete(b.all.Done, name)
		if s != free {
			b.all.Done[name] = s
		}
	}
	return b.write()
}

// write replaces the file as a whole.
func (b *book) write() error {
	text, err := json.Marshal(b.all)
	if err != nil {
		return err
	}
	if err := wire.ReplaceFile(b.path, text); err != nil {
		return fmt.Errorf("remembering which accounts of Synapse were closed: %w", err)
	}
	return nil
}
