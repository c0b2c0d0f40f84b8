package account

import (
	"slices"
	"strconv"
	"time"
)

// Codes are short, so guesses at them wait sooner and longer than those at
// passwords, and are kept for a day: three are free, then ten seconds, doubling to
// half an hour. Who has the password and guesses day after day gets some fifty
// guesses in each of a million numbers, and the owner is told after the tenth: see
// GuessedAt. Each kind of code counts for itself, so that nobody who guesses at an
// application's keeps the owner from the codes that are kept for that day. A device
// that proved itself with a code before is judged by its own failures alone.
const (
	CodeWindow      = 24 * time.Hour
	CodeTries       = "\n\n" // begins the login of tries of codes; no login that is typed begins so
	freeCodes       = 3
	firstCodeWait   = 10 * time.Second
	longestCodeWait = 30 * time.Minute
	toldAfter       = 10
)

// CodeTry is a try of a code, as it is kept: wrong ones by the kind of code, right
// ones for all kinds, and both where the tries of the account are found together.
func CodeTry(login string, by Factors, now Try) Try {
	now.Address = CodeTries + login
	if now.Login = now.Address; !now.OK {
		now.Login += CodeTries + strconv.Itoa(int(by))
	}
	return now
}

// WaitCode is how long a code must still wait, given the wrong tries of the last
// CodeWindow and the older right ones. Devices that are not known share one count,
// which no success of another's takes back.
func WaitCode(tries []Try, now Try) time.Duration {
	known := provedByCode(tries, now.Device)
	failures, last := 0, time.Time{}
	for _, t := range tries {
		switch {
		case known && t.Device != now.Device:
		case t.OK && known:
			failures = 0
		case !t.OK && t.Login == now.Login && now.At.Sub(t.At) < CodeWindow:
			failures, last = failures+1, t.At
		}
	}
	if failures < freeCodes {
		return 0
	}
	wait := min(longestCodeWait, firstCodeWait<<min(failures-freeCodes, 10))
	return max(0, last.Add(wait).Sub(now.At))
}

// GuessedAt reports whether so many wrong codes of whatever kind came from devices
// which never gave a right one that the owner is to be told.
func GuessedAt(tries []Try, now time.Time) bool {
	n := 0
	for _, t := range tries {
		if !t.OK && now.Sub(t.At) < CodeWindow && !provedByCode(tries, t.Device) {
			n++
		}
	}
	return n >= toldAfter
}

// provedByCode reports whether a device gave a right code of the account before.
func provedByCode(tries []Try, device [32]byte) bool {
	return device != [32]byte{} && slices.ContainsFunc(tries, func(t Try) bool { return t.OK && t.Device == device })
}
