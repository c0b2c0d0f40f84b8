package account

import (
	"fmt"
	"testing"
	"time"
)

// A tale is a run of tries at a second's distance.
type tale struct {
	*testing.T
	tries []Try
	now   time.Time
}

func newTale(t *testing.T) *tale {
	return &tale{T: t, now: time.Date(2024, 3, 29, 12, 0, 0, 0, time.UTC)}
}

func (s *tale) try(login, address string, device byte, ok bool, times int) {
	for range times {
		s.now = s.now.Add(time.Second)
		s.tries = append(s.tries, Try{login, address, [32]byte{device}, s.now, ok})
	}
}

func (s *tale) judge(login, address string, device byte) Standing {
	return Judge(s.tries, Try{login, address, [32]byte{device}, s.now, false})
}

func (s *tale) passes(what, login, address string, device byte) {
	s.Helper()
	if got := s.judge(login, address, device); got.Wait > 0 || got.Asks(false) {
		s.Errorf("%s: %+v, want that the password is enough, at once", what, got)
	}
}

func (s *tale) waits(what, login, address string, device byte) {
	s.Helper()
	if w := Wait(s.tries, Try{login, address, [32]byte{device}, s.now, false}); w <= 0 || w > longestWait {
		s.Errorf("%s waits %v, want up to a minute", what, w)
	}
}

func (s *tale) asked(what, login, address string, device byte) {
	s.Helper()
	if got := s.judge(login, address, device); got.Wait > 0 || !got.Asks(false) {
		s.Errorf("%s: %+v, want that more than the password is asked, without a wait", what, got)
	}
}

func TestOneGuesser(t *testing.T) {
	s := newTale(t)
	s.try("prof", "192.0.2.1", 1, true, 1)
	s.try("prof", "203.0.113.1", 0, false, 40)
	s.waits("a guesser", "prof", "203.0.113.1", 0)
	s.passes("the owner at home", "prof", "192.0.2.1", 1)
	s.passes("the owner's own device behind the guesser's address", "prof", "203.0.113.1", 1)
	s.passes("the owner on a new device", "prof", "198.51.100.1", 0)
	s.passes("somebody else behind the guesser's address", "cpe", "203.0.113.1", 0)
	s.now = s.now.Add(longestWait)
	s.passes("a minute later", "prof", "203.0.113.1", 0)
}

// TestOneAccountFromManyAddresses: the owner never waits for strangers, on no
// device and in no place; where nobody has seen them, more is asked.
func TestOneAccountFromManyAddresses(t *testing.T) {
	s := newTale(t)
	s.try("prof", "192.0.2.1", 1, true, 1)
	for i := range 60 {
		s.try("prof", fmt.Sprintf("203.0.113.%d", i%3), 0, false, 1)
	}
	s.passes("the owner's device, anywhere", "prof", "203.0.113.1", 1)
	s.passes("a new device at home", "prof", "192.0.2.1", 2)
	s.asked("a new device in a new place", "prof", "198.51.100.1", 2)
	s.asked("a new device near home", "prof", "192.0.2.99", 2)
	s.passes("somebody else", "cpe", "198.51.100.1", 2)
}

// TestOneAddressAtManyAccounts: it waits, and nobody else there does whose account
// has been used there.
func TestOneAddressAtManyAccounts(t *testing.T) {
	s := newTale(t)
	s.try("prof", "192.0.2.1", 1, true, 1)
	s.try("cpe", "192.0.2.1", 2, true, 1)
	for i := range 60 {
		s.try(fmt.Sprint("pupil ", i), "192.0.2.1", 0, false, 1)
	}
	s.waits("the next account", "pupil z", "192.0.2.1", 0)
	s.passes("who signed in there, on their device", "prof", "192.0.2.1", 1)
	s.asked("who signed in there, on a new device", "prof", "192.0.2.1", 3)
	s.passes("from elsewhere", "pupil z", "198.51.100.1", 0)
}

// TestASchoolBehindOneAddress: 800 people on devices that nobody knows, in ten
// minutes, one in three of whom mistypes, and one in twenty gives up.
func TestASchoolBehindOneAddress(t *testing.T) {
	s := newTale(t)
	for i := range 800 {
		login := fmt.Sprint("pupil ", i)
		if got := s.judge(login, "192.0.2.1", 0); got.Wait > 0 || got.Asks(false) {
			t.Fatalf("number %d: %+v", i, got)
		}
		at := s.now.Add(750 * time.Millisecond)
		if i%3 == 0 {
			s.tries = append(s.tries, Try{login, "192.0.2.1", [32]byte{}, at, false})
		}
		if i%20 != 0 {
			s.tries = append(s.tries, Try{login, "192.0.2.1", [32]byte{}, at, true})
		}
		s.now = at
	}
}

// TestAnInfectedMachineInASchool tries stolen passwords at 300 accounts from the
// address of 800: nobody waits on a device of theirs, and on a new one nobody for
// longer than guesses at their own account ask for, but more than a password is asked.
func TestAnInfectedMachineInASchool(t *testing.T) {
	s := newTale(t)
	for i := range 800 {
		s.tries = append(s.tries, Try{fmt.Sprint("pupil ", i), "192.0.2.1", [32]byte{1, byte(i), byte(i >> 8)}, s.now.Add(-24 * time.Hour), true})
	}
	for i := range 300 {
		s.try(fmt.Sprint("pupil ", i), "192.0.2.1", 0, false, 1)
	}
	for i := range 800 {
		login := fmt.Sprint("pupil ", i)
		now := Try{login, "192.0.2.1", [32]byte{1, byte(i), byte(i >> 8)}, s.now, false}
		if got := Judge(s.tries, now); got.Wait > 0 || got.Asks(true) {
			t.Fatalf("number %d on a device of theirs: %+v", i, got)
		}
		now.Device = [32]byte{2}
		if got := Judge(s.tries, now); got.Wait > 0 || !got.Asks(false) {
			t.Fatalf("number %d on a new one: %+v", i, got)
		}
	}
}

func TestUnderAttack(t *testing.T) {
	for _, c := range []struct {
		failed, succeeded int64
		want              bool
	}{{0, 0, false}, {49, 0, false}, {50, 0, true}, {900, 880, false}, {1000, 10, true}} {
		if got := UnderAttack(c.failed, c.succeeded); got != c.want {
			t.Errorf("%d strangers' accounts failed and %d succeeded: %v", c.failed, c.succeeded, got)
		}
	}
	s := newTale(t)
	s.try("prof", "192.0.2.1", 1, true, 1)
	for what, c := range map[string]struct {
		address string
		device  byte
		want    bool
	}{
		"a known device":                {"203.0.113.1", 1, false},
		"a known network":               {"192.0.77.7", 2, false},
		"a new device in a new network": {"203.0.113.1", 2, true},
	} {
		if got := s.judge("prof", c.address, c.device); got.Asks(true) != c.want || got.Asks(false) {
			t.Errorf("%s: asked %v under attack, want %v", what, got.Asks(true), c.want)
		}
	}
}

// TestWhatCountsAsFailed: each account once, of one address ten, and never what an
// owner mistypes where they have been.
func TestWhatCountsAsFailed(t *testing.T) {
	s := newTale(t)
	s.try("prof", "192.0.2.1", 1, true, 1)
	counts := func(what, login, address string, want bool) {
		t.Helper()
		if got := s.judge(login, address, 9).CountsAsFailed(); got != want {
			t.Errorf("%s counts: %v, want %v", what, got, want)
		}
	}
	counts("a stranger's first", "prof", "203.0.113.1", true)
	counts("near home", "prof", "192.0.3.1", false)
	s.try("prof", "203.0.113.1", 0, false, 1)
	counts("the account's second", "prof", "198.51.100.1", false)
	for i := range 10 {
		counts("another account", fmt.Sprint("pupil ", i), "198.51.100.1", true)
		s.try(fmt.Sprint("pupil ", i), "198.51.100.1", 0, false, 1)
	}
	counts("the eleventh of one address", "pupil z", "198.51.100.1", false)
	counts("of another address", "pupil z", "198.51.100.2", true)
}

func TestFoldNetwork(t *testing.T) {
	for in, want := range map[string]string{
		"192.0.2.7": "192.0.0.0/16", "::ffff:192.0.2.7": "192.0.0.0/16", "2001:db8:1:2::7": "2001:db8::/32", "": "", "@": "@", "a/b": "a/b",
	} {
		if got := FoldNetwork(in); got != want {
			t.Errorf("FoldNetwork(%q) = %q, want %q", in, got, want)
		}
		if got := FoldNetwork(FoldAddress(in)); got != want {
			t.Errorf("FoldNetwork(FoldAddress(%q)) = %q, want %q", in, got, want)
		}
	}
}
