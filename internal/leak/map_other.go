//go:build !unix

package leak

import (
	"io"
	"os"
)

// mapped is a file in memory, read whole.
type mapped []byte

func mapFile(f *os.File, size int) (mapped, error) {
	return io.ReadAll(io.NewSectionReader(f, 0, int64(size)))
}

func (m mapped) unmap() error { return nil }
