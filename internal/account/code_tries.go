package account

import "time"

// Codes are short, so guesses at them wait sooner and longer than those at
// passwords: three are free, then ten seconds, doubling to five minutes. A device
// that proved itself with a code before is judged by its own failures alone.
const (
	freeCodes       = 3
	firstCodeWait   = 10 * time.Second
	longestCodeWait = 5 * time.Minute
)

// WaitCode is how long a code must still wait, given the tries at its login of
// the last TryWindow and the older successes. Devices that are not known share
// one count, which no success of another's takes back.
func WaitCode(tries []Try, now Try) time.Duration {
	known := KnownDevice(tries, now)
	failures, last := 0, time.Time{}
	for _, t := range tries {
		switch {
		case t.Login != now.Login || known && t.Device != now.Device:
		case t.OK && known:
			failures = 0
		case !t.OK && now.At.Sub(t.At) < TryWindow:
			failures, last = failures+1, t.At
		}
	}
	if failures < freeCodes {
		return 0
	}
	wait := min(longestCodeWait, firstCodeWait<<min(failures-freeCodes, 10))
	return max(0, last.Add(wait).Sub(now.At))
}
