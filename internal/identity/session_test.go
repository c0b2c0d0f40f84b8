package identity

import (
	"fmt"
	"net/netip"
	"testing"
	"time"
)

// TestSessionsAreBounded: endings that anybody can send neither fill the memory
// nor keep those that come later from counting.
func TestSessionsAreBounded(t *testing.T) {
	var s sessions
	now, anyone := time.Now(), netip.Addr{}
	s.begin("ours", now, now.Add(time.Hour))
	for i := range mostStrangers + 10 {
		if lost := s.end(fmt.Sprint("stranger", i), anyone, now); lost != (i >= mostStrangers) {
			t.Fatalf("ending %d: lost %v", i, lost)
		}
	}
	if len(s.strangers) != mostStrangers || len(s.known) != mostStrangers+1 {
		t.Errorf("%d strangers of %d are kept", len(s.strangers), len(s.known))
	}
	if s.end("of another node", anyone, now); !s.ended("of another node", now) || s.ended("stranger0", now) {
		t.Error("strangers kept the session of another node from ending")
	}
	if s.end("ours", anyone, now) || !s.ended("ours", now) {
		t.Error("strangers kept a session of ours from ending")
	}
	s.begin("ours", now, now.Add(time.Hour))
	if !s.ended("ours", now) {
		t.Error("a session that ended began again")
	}
	s.sweep(now.Add(longestSession))
	if len(s.known) != 0 || len(s.strangers) != 0 {
		t.Errorf("%d are left, %d strangers", len(s.known), len(s.strangers))
	}
}

// TestOneSenderDoesNotPushOthersOut: whoever invents endings reaches a bound
// before what others sent is forgotten; sessions of ours end by whosever word.
func TestOneSenderDoesNotPushOthersOut(t *testing.T) {
	var s sessions
	now, flood, service := time.Now(), netip.MustParseAddr("192.0.2.7"), netip.MustParseAddr("198.51.100.1")
	s.begin("ours", now, now.Add(longestSession))
	s.end("of another node", service, now)
	lost := 0
	for i := range 3 * mostStrangers {
		if s.end(fmt.Sprint("invented", i), flood, now.Add(time.Duration(i)*time.Millisecond)) {
			lost++
		}
	}
	if !s.ended("of another node", now) || lost < mostStrangers {
		t.Errorf("one sender pushed the ending of another out; %d of its own did not count", lost)
	}
	if s.end("ours", flood, now); !s.ended("ours", now) {
		t.Error("a session of ours did not end")
	}
	if s.end("another", service, now.Add(time.Minute)); !s.ended("another", now) {
		t.Error("the sign-in service is held to what another sent")
	}
	s.sweep(now.Add(2 * longestSession))
	if len(s.allowed) != 0 {
		t.Errorf("%d senders are remembered", len(s.allowed))
	}
}
