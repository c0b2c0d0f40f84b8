//go:build unix

package feed

import (
	"fmt"
	"os"
	"path/filepath"
	"syscall"
)

// lock lets one process at a time change a folder. The system lets go of it when
// the process ends, however it ends.
func lock(dir string) (unlock func(), err error) {
	f, err := os.OpenFile(filepath.Join(dir, ".lock"), os.O_RDWR|os.O_CREATE, 0o600)
	if err != nil {
		return nil, fmt.Errorf("locking the feed: %w", err)
	}
	if err := syscall.Flock(int(f.Fd()), syscall.LOCK_EX); err != nil {
		f.Close() // the lock's error is the one to tell
		return nil, fmt.Errorf("locking the feed: %w", err)
	}
	return func() { f.Close() }, nil // closing lets go
}
