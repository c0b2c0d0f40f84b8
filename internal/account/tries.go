package account

import (
	"net/netip"
	"time"
)

// How tries to sign in are limited. A stranger who guesses must be slowed, and
// must not be able to lock the owner out: so nothing is ever locked. Guesses at
// one account from one address wait longer and longer, up to a minute; a device
// that has signed in to the account before is judged by its own failures alone,
// and an address that has, not by the failures of others.
const (
	TryWindow     = 15 * time.Minute // what happened earlier is forgotten
	freeFailures  = 5                // before the first wait
	longestWait   = time.Minute
	accountBudget = 50 // failures from all unknown devices together
	addressBudget = 30 // failing accounts from one address, beyond its successes
)

// Wait is how long the present try must still wait, given the tries of the last
// TryWindow that share its login or its address, and the older successes of its
// login. Zero means go on. Tries that had to wait are not recorded, so waiting
// never grows by insisting.
func Wait(tries []Try, now Try) time.Duration {
	if KnownDevice(tries, now) {
		return backoff(tries, now.At, func(t Try) bool { return t.Login == now.Login && t.Device == now.Device })
	}
	here := backoff(tries, now.At, func(t Try) bool { return t.Login == now.Login && t.Address == now.Address })
	return max(here, overAccount(tries, now), overAddress(tries, now))
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

// overAccount slows guesses at one account that come from many addresses, except
// from where its owner signed in before.
func overAccount(tries []Try, now Try) time.Duration {
	failures, last := 0, time.Time{}
	for _, t := range tries {
		switch {
		case t.Login != now.Login:
		case t.OK && t.Address == now.Address:
			return 0
		case !t.OK && now.At.Sub(t.At) < TryWindow:
			failures, last = failures+1, t.At
		}
	}
	if failures < accountBudget {
		return 0
	}
	return max(0, last.Add(longestWait).Sub(now.At))
}

// overAddress slows one address that fails at many accounts. Everyone of a
// school may share an address: each success there allows one more failure.
func overAddress(tries []Try, now Try) time.Duration {
	failing, succeeding := map[string]bool{}, map[string]bool{}
	last := time.Time{}
	for _, t := range tries {
		switch {
		case t.Address != now.Address || now.At.Sub(t.At) >= TryWindow:
		case t.OK:
			succeeding[t.Login] = true
		default:
			failing[t.Login], last = true, t.At
		}
	}
	if len(failing) < addressBudget+len(succeeding) {
		return 0
	}
	return max(0, last.Add(longestWait).Sub(now.At))
}
