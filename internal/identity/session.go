package identity

import (
	"sync"
	"time"
)

// sessions knows which sessions of a sign-in service this process signed cookies
// for, and which have ended. Those of other processes, and of before a restart,
// are taken at their word up to a bound: anybody can send an ending, and must not
// be able to fill the memory. The zero value is ready.
type sessions struct {
	mu        sync.RWMutex
	known     map[string]session
	strangers int       // of the known, endings of sessions that we did not begin
	swept     time.Time // when those that expired were last forgotten
}

type session struct {
	expires         time.Time
	ended, stranger bool
}

const (
	mostSessions  = 1_000_000
	mostStrangers = 50_000
	// longestSession is how long the ending of a stranger is remembered: no
	// cookie of ours lasts longer.
	longestSession = 12 * time.Hour
)

// begin notes a session that a cookie was signed for.
func (s *sessions) begin(id string, now, expires time.Time) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.sweep(now)
	if len(s.known) >= mostSessions {
		return // its ending counts as a stranger's
	}
	if old, found := s.known[id]; found && old.ended {
		return
	}
	s.known[id] = session{expires: expires}
}

// end notes that a session has ended.
func (s *sessions) end(id string, now time.Time) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.sweep(now)
	k, found := s.known[id]
	switch {
	case found:
		k.ended = true
		s.known[id] = k
	case s.strangers < mostStrangers:
		s.strangers++
		s.known[id] = session{expires: now.Add(longestSession), ended: true, stranger: true}
	}
}

// ended reports whether a session has ended.
func (s *sessions) ended(id string, now time.Time) bool {
	s.mu.RLock()
	defer s.mu.RUnlock()
	k := s.known[id]
	return k.ended && now.Before(k.expires)
}

// sweep forgets what has expired, at most once a minute.
func (s *sessions) sweep(now time.Time) {
	if s.known == nil {
		s.known = map[string]session{}
	}
	if now.Sub(s.swept) < time.Minute {
		return
	}
	s.swept = now
	for id, k := range s.known {
		if now.Before(k.expires) {
			continue
		}
		delete(s.known, id)
		if k.stranger {
			s.strangers--
		}
	}
}
