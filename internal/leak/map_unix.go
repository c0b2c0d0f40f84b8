//go:build unix

package leak

import (
	"fmt"
	"os"
	"syscall"
)

// mapped is a file in memory, read by the system as it is used.
type mapped []byte

func mapFile(f *os.File, size int) (mapped, error) {
	data, err := syscall.Mmap(int(f.Fd()), 0, size, syscall.PROT_READ, syscall.MAP_SHARED)
	if err != nil {
		return nil, fmt.Errorf("mapping it into memory: %w", err)
	}
	return data, nil
}

func (m mapped) unmap() error { return syscall.Munmap(m) }
