package wire

import (
	"context"
	"log/slog"
	"sync"
	"time"
)

// A Seldom logs one kind of event at most once a minute, with how many were left
// out since: what anybody can cause must not fill the log. The zero value is
// ready.
type Seldom struct {
	mu     sync.Mutex
	logged time.Time
	left   int
}

// seldom is how long after one line the next comes at the earliest.
const seldom = time.Minute

// Log writes a line, unless one was written a moment ago. args are as slog's.
func (s *Seldom) Log(log *slog.Logger, level slog.Level, text string, args ...any) {
	left, now := s.due(time.Now())
	if !now {
		return
	}
	if left > 0 {
		args = append(args, "more", left)
	}
	log.Log(context.Background(), level, text, args...)
}

// due reports whether it is time for a line, and how many were left out.
func (s *Seldom) due(now time.Time) (left int, due bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if !s.logged.IsZero() && now.Sub(s.logged) < seldom {
		s.left++
		return 0, false
	}
	left = s.left
	s.logged, s.left = now, 0
	return left, true
}
