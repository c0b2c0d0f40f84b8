package account

import (
	"net/netip"
	"time"
)

// How tries to sign in are limited. A stranger who guesses must be slowed, and
// must not be able to lock the owner out: so nothing is ever locked, and nobody
// waits for what others did elsewhere.
//
//   - Guesses at one account from one address wait longer and longer, up to a
//     minute. A device that has signed in to the account is judged by its own
//     failures alone.
//   - An address that fails at many accounts waits, but for accounts whose owner
//     has signed in from its network. A whole school may share an address: each
//     account that succeeds there allows one more that fails, and an account that
//     fails and then succeeds counts as one that succeeds.
//   - Where guessing cannot be slowed without slowing the owner (one account from
//     many addresses, many accounts from many), a right password is not enough for
//     who comes from where the owner has never been: see Standing.Asks.
const (
	TryWindow     = 15 * time.Minute // what happened earlier is forgotten
	freeFailures  = 5                // before the first wait
	longestWait   = time.Minute
	accountBudget = 50 // failures at one account from elsewhere, before a password is not enough
	addressBudget = 30 // failing accounts from one address, beyond those that succeed
)

// The installation is under attack when, of those who come from where the owner
// of the account has never been, at least attackFloor more accounts failed than
// succeeded within AttackWindow. One address counts for attackShare accounts at
// most, so that no single one has everybody asked for more.
const (
	AttackWindow = 2 * time.Hour
	AttackStep   = 10 * time.Minute // how precisely it is counted
	attackFloor  = 50
	attackShare  = 10
)

// UnderAttack reports whether so many strangers' accounts that failed, beside so
// many that succeeded, are an attack on the installation.
func UnderAttack(failed, succeeded int64) bool { return failed >= attackFloor+succeeded }

// A Standing is what is thought of one try before its password is verified.
type Standing struct {
	Wait   time.Duration // how long it must still wait; zero: go on
	Device bool          // the device has signed in to the account
	Place  bool          // the account's owner has signed in from this address
	Net    bool          // or from this network; see FoldNetwork

	attacking bool // the address fails at many accounts
	attacked  bool // the account is guessed at from many addresses
	fresh     bool // if it fails, it is the account's first failure lately
}

// Judge is the standing of a try, given the tries of the last TryWindow that share
// its login or its address, and the older successes of its login. Tries that had
// to wait are not recorded, so waiting never grows by insisting.
func Judge(tries []Try, now Try) Standing {
	s := Standing{Device: KnownDevice(tries, now)}
	s.place(tries, now)
	if s.Device {
		s.Wait = backoff(tries, now.At, func(t Try) bool { return t.Login == now.Login && t.Device == now.Device })
		return s
	}
	s.Wait = backoff(tries, now.At, func(t Try) bool { return t.Login == now.Login && t.Address == now.Address })
	failing, last := s.address(tries, now)
	if s.attacking && !s.Net {
		s.Wait = max(s.Wait, last.Add(longestWait).Sub(now.At))
	}
	s.account(tries, now)
	s.fresh = s.fresh && failing < attackShare
	return s
}

// Wait is how long a try must still wait: for what is limited as signing in is.
func Wait(tries []Try, now Try) time.Duration { return Judge(tries, now).Wait }

// Stranger reports whether neither the device nor the network has been the owner's.
func (s Standing) Stranger() bool { return !s.Device && !s.Net }

// CountsAsFailed reports whether this try, if it fails, is one more account at
// which strangers failed.
func (s Standing) CountsAsFailed() bool { return s.Stranger() && s.fresh }

// Asks reports whether a right password is not enough: a thief's try looks like
// this one.
func (s Standing) Asks(underAttack bool) bool {
	return !s.Device && (s.attacking || s.attacked && !s.Place || underAttack && !s.Net)
}

// FoldAddress is the address by which tries are counted: IPv6 gives every house
// 2^64 of them, so its first half stands for all. What is no address stays.
func FoldAddress(s string) string {
	a, err := netip.ParseAddr(s)
	if err != nil {
		return s
	}
	if a = a.Unmap().WithZone(""); a.Is4() {
		return a.String()
	}
	half, _ := a.Prefix(64) // 64 bits are always there
	return half.String()
}

// KnownDevice reports whether this device has signed in to this account before.
func KnownDevice(tries []Try, now Try) bool {
	if now.Device == ([32]byte{}) {
		return false
	}
	for _, t := range tries {
		if t.OK && t.Login == now.Login && t.Device == now.Device {
			return true
		}
	}
	return false
}

// place notes whether the owner has been at the try's address or network.
func (s *Standing) place(tries []Try, now Try) {
	network := FoldNetwork(now.Address)
	for _, t := range tries {
		if t.OK && t.Login == now.Login {
			s.Place = s.Place || t.Address == now.Address
			s.Net = s.Net || FoldNetwork(t.Address) == network
		}
	}
}

// backoff doubles from one second for each failure beyond the free ones, since
// the latest success among the counted tries.
func backoff(tries []Try, now time.Time, counts func(Try) bool) time.Duration {
	failures, last := 0, time.Time{}
	for _, t := range tries {
		switch {
		case !counts(t):
		case t.OK:
			failures = 0
		default:
			failures, last = failures+1, t.At
		}
	}
	if failures < freeFailures {
		return 0
	}
	wait := min(longestWait, time.Second<<min(failures-freeFailures, 6))
	return max(0, last.Add(wait).Sub(now))
}

// account notes whether one account is guessed at from many addresses.
func (s *Standing) account(tries []Try, now Try) {
	failures := 0
	for _, t := range tries {
		if !t.OK && t.Login == now.Login && now.At.Sub(t.At) < TryWindow {
			failures++
		}
	}
	s.fresh, s.attacked = failures == 0, failures >= accountBudget
}

// address notes whether an address fails at many accounts, and tells how many
// there are and when the latest failure was.
func (s *Standing) address(tries []Try, now Try) (accounts int, last time.Time) {
	failing, succeeding := map[string]bool{}, map[string]bool{}
	for _, t := range tries {
		switch {
		case t.Address != now.Address || now.At.Sub(t.At) >= TryWindow:
		case t.OK:
			succeeding[t.Login] = true
		default:
			failing[t.Login], last = true, t.At
		}
	}
	for login := range succeeding {
		delete(failing, login)
	}
	s.attacking = len(failing) >= addressBudget+len(succeeding)
	return len(failing), last
}
