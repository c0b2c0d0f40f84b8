//go:build unix

package proxy

import "syscall"

// nothingToRead reports whether a connection is open and has nothing to read,
// without waiting and without taking a byte.
func nothingToRead(raw syscall.RawConn) bool {
	quiet := false
	err := raw.Read(func(fd uintptr) bool {
		var one [1]byte
		_, _, err := syscall.Recvfrom(int(fd), one[:], syscall.MSG_PEEK)
		quiet = err == syscall.EAGAIN || err == syscall.EWOULDBLOCK
		return true
	})
	return err == nil && quiet
}
