package identity

import (
	"net/netip"
	"sync"
	"time"
)

// sessions knows which sessions of a sign-in service this process signed cookies
// for, and which have ended. Those of other processes, and of before a restart,
// are taken at their word up to a bound: anybody can send an ending, and must
// neither fill the memory nor keep the next ending from counting. The zero value
// is ready.
type sessions struct {
	mu        sync.RWMutex
	known     map[string]session
	strangers []string // of the known, endings of sessions that we did not begin, oldest first
	allowed   map[netip.Addr]allowance
	swept     time.Time // when those that expired were last forgotten
}

type session struct {
	expires time.Time
	ended   bool
}

// An allowance is how many endings of strangers one sender may still send.
type allowance struct {
	left float64
	at   time.Time
}

const (
	mostSessions  = 1_000_000
	mostStrangers = 50_000
	// longestSession is how long the ending of a stranger is remembered: no
	// cookie of ours lasts longer.
	longestSession = 12 * time.Hour
	// mostEndings of strangers come from one sender at once, and endingsASecond
	// more each second: a sign-in service that ends what began before a restart,
	// but an hour's work for who wants to push out what others sent.
	mostEndings    = 10_000
	endingsASecond = 10
	mostSenders    = 10_000
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

// end notes that a session has ended, as a sender says. lost reports that an
// ending was not noted, or pushed the oldest of a stranger out.
func (s *sessions) end(id string, from netip.Addr, now time.Time) (lost bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.sweep(now)
	if k, found := s.known[id]; found {
		k.ended = true
		s.known[id] = k
		return false
	}
	if !s.allows(from, now) {
		return true
	}
	if lost = len(s.strangers) >= mostStrangers; lost {
		delete(s.known, s.strangers[0])
		s.strangers = s.strangers[1:]
	}
	s.strangers = append(s.strangers, id)
	s.known[id] = session{expires: now.Add(longestSession), ended: true}
	return lost
}

// allows reports whether a sender may send one more ending of a stranger. Who is
// not told from others is not held to what they send.
func (s *sessions) allows(from netip.Addr, now time.Time) bool {
	if !from.IsValid() {
		return true
	}
	a, found := s.allowed[from]
	if !found {
		a = allowance{mostEndings, now}
	}
	a = allowance{min(mostEndings, a.left+endingsASecond*now.Sub(a.at).Seconds()), now}
	if a.left < 1 {
		return false
	}
	a.left--
	if s.allowed == nil || len(s.allowed) >= mostSenders {
		s.allowed = map[netip.Addr]allowance{}
	}
	s.allowed[from] = a
	return true
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
		if !now.Before(k.expires) {
			delete(s.known, id)
		}
	}
	for len(s.strangers) > 0 && !s.known[s.strangers[0]].ended {
		s.strangers = s.strangers[1:]
	}
	for from, a := range s.allowed {
		if a.left+endingsASecond*now.Sub(a.at).Seconds() >= mostEndings {
			delete(s.allowed, from)
		}
	}
}
