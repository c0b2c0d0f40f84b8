package store

import (
	"math/rand/v2"
	"sync/atomic"
	"time"
)

var lastID atomic.Int64

// NewID makes an identifier: the instant in milliseconds, then 20 bits that
// begin at random, so that identifiers grow with time, never repeat in one
// process, and meet another process's once in a million (the store then answers
// Conflict).
func NewID(now time.Time) int64 {
	fresh := now.UnixMilli()<<20 | rand.Int64N(1<<19)
	for {
		last := lastID.Load()
		id := max(fresh, last+1)
		if lastID.CompareAndSwap(last, id) {
			return id
		}
	}
}
