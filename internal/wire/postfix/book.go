package postfix

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"sync"
	"syscall"
	"time"

	"github.com/ecluse-ecole/ecluse/internal/wire"
)

// An entry is a message that Postfix was told to hold.
type entry struct {
	Queue string    `json:"queue"`          // its name in Postfix's queue
	To    []string  `json:"to,omitempty"`   // its recipients
	From  string    `json:"from,omitempty"` // who had signed in to send it; "" for mail from elsewhere
	At    time.Time `json:"at,omitzero"`    // when it was held, by this machine's clock
	Gone  bool      `json:"gone,omitempty"` // a line that ends the entry: it is held no more
}

// A book remembers held messages in a file of JSON lines. A line is on disk
// before add returns. A line that a crash cut short was never answered for, so
// that the message is not held: it is left out. The file is written anew when it
// is opened and when nothing is held any more.
type book struct {
	path string
	lock *os.File

	mu      sync.Mutex
	file    *os.File
	entries map[string]entry
	lines   int
	failed  error // the file may end in half a line: nothing is added before it is written anew
}

// openBook reads the file, which need not be there, and keeps other processes
// from it.
func openBook(path string) (*book, error) {
	lock, err := os.OpenFile(path+".lock", os.O_CREATE|os.O_RDWR, 0o600)
	if err != nil {
		return nil, err
	}
	if err := syscall.Flock(int(lock.Fd()), syscall.LOCK_EX|syscall.LOCK_NB); err != nil {
		lock.Close()
		return nil, fmt.Errorf("%s is in use by another process: end it, or give each its own postfix.state", path)
	}
	b := &book{path: path, lock: lock, entries: map[string]entry{}}
	if err := errors.Join(b.read(), b.rewrite()); err != nil {
		lock.Close()
		return nil, err
	}
	return b, nil
}

func (b *book) read() error {
	text, err := os.ReadFile(b.path)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	for n := 1; len(text) > 0; n++ {
		line, rest, whole := bytes.Cut(text, []byte("\n"))
		text = rest
		var e entry
		if err := json.Unmarshal(line, &e); err != nil || !queueName(e.Queue) {
			if !whole {
				return nil
			}
			return fmt.Errorf("%s line %d is damaged: put the file aside, and release held mail with \"postsuper -H\" by hand", b.path, n)
		}
		b.note(e)
	}
	return nil
}

func (b *book) note(e entry) {
	if e.Gone {
		delete(b.entries, e.Queue)
		return
	}
	b.entries[e.Queue] = e
}

// rewrite puts a file in place that holds the entries alone.
func (b *book) rewrite() error {
	next, err := os.OpenFile(b.path+".new", os.O_CREATE|os.O_TRUNC|os.O_WRONLY, 0o600)
	if err != nil {
		return err
	}
	w := bufio.NewWriter(next)
	lines := json.NewEncoder(w)
	for _, e := range b.entries {
		if err := lines.Encode(e); err != nil {
			next.Close()
			return err
		}
	}
	if err := errors.Join(w.Flush(), next.Sync()); err != nil {
		next.Close()
		return err
	}
	if err := errors.Join(os.Rename(b.path+".new", b.path), wire.SyncFolder(filepath.Dir(b.path))); err != nil {
		next.Close()
		return err
	}
	if b.file != nil {
		b.file.Close()
	}
	b.file, b.lines, b.failed = next, len(b.entries), nil
	return nil
}

// add remembers a message that is about to be held.
func (b *book) add(e entry) error {
	b.mu.Lock()
	defer b.mu.Unlock()
	if err := b.write(e); err != nil {
		return err
	}
	b.note(e)
	return nil
}

// forget ends entries of messages that are held no more.
func (b *book) forget(names []string) error {
	if len(names) == 0 {
		return nil
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	lines := make([]entry, len(names))
	for i, name := range names {
		lines[i] = entry{Queue: name, Gone: true}
		delete(b.entries, name)
	}
	if len(b.entries) == 0 || b.lines > 4*len(b.entries)+1000 {
		return b.rewrite()
	}
	return b.write(lines...)
}

// write appends lines and waits until they are on disk.
func (b *book) write(list ...entry) error {
	if b.failed != nil {
		if err := b.rewrite(); err != nil {
			return err
		}
	}
	var text bytes.Buffer
	lines := json.NewEncoder(&text)
	for _, e := range list {
		if err := lines.Encode(e); err != nil {
			return err
		}
	}
	_, err := b.file.Write(text.Bytes())
	if err == nil {
		err = b.file.Sync()
	}
	b.failed = err
	b.lines += len(list)
	return err
}

// all lists what is held.
func (b *book) all() []entry {
	b.mu.Lock()
	defer b.mu.Unlock()
	list := make([]entry, 0, len(b.entries))
	for _, e := range b.entries {
		list = append(list, e)
	}
	return list
}

func (b *book) len() int {
	b.mu.Lock()
	defer b.mu.Unlock()
	return len(b.entries)
}

func (b *book) close() error {
	b.mu.Lock()
	defer b.mu.Unlock()
	return errors.Join(b.file.Close(), b.lock.Close())
}
