package wire

import (
	"testing"
	"time"
)

// Each line says how many were left out before it.
func TestSeldom(t *testing.T) {
	var s Seldom
	now := time.Now()
	for _, c := range []struct {
		after time.Duration
		left  int
		due   bool
	}{{0, 0, true}, {time.Second, 0, false}, {58 * time.Second, 0, false}, {time.Second, 2, true}, {time.Hour, 0, true}} {
		now = now.Add(c.after)
		if left, due := s.due(now); left != c.left || due != c.due {
			t.Errorf("after %v more: %d left out, due %v", c.after, left, due)
		}
	}
}
