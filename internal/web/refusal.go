package web

import (
	"sync"
	"time"

	"github.com/ecluse-ecole/ecluse/internal/account"
	"github.com/ecluse-ecole/ecluse/internal/fault"
)

// refusalsLogged is how many refusals a minute are logged one by one: whoever tries
// every address must not fill the disk, and is seen all the same by the count.
const refusalsLogged = 60

// refusals bounds what is logged of them.
type refusals struct {
	mu     sync.Mutex
	minute time.Time
	logged int
	left   int // not logged since the last line
}

// take says whether one more is logged now, and how many were not before it.
func (r *refusals) take(now time.Time) (left int, log bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if minute := now.Truncate(time.Minute); !minute.Equal(r.minute) {
		r.minute, r.logged = minute, 0
	}
	if r.logged >= refusalsLogged {
		r.left++
		return 0, false
	}
	left, r.left = r.left, 0
	r.logged++
	return left, true
}

// logRefusal logs what somebody who is signed in was refused (OWASP ASVS 5.0,
// 16.3.2): their number and the route, never an address, which may hold a secret.
// A link out of date looks the same as a door tried: who reads the log looks for many.
func (c *call) logRefusal(err error) {
	kind := fault.KindOf(err)
	if c.visit.Person.ID == 0 || kind != fault.Denied && kind != fault.NotFound && kind != fault.TooMany {
		return
	}
	if left, log := c.refusals.take(time.Now()); log {
		c.opts.Log.Warn("a request was refused", "person", c.visit.Person.ID, "route", c.r.Pattern, "status", statuses[kind], "unlogged", left)
	}
}

// logEntry logs that somebody was refused at an entrance: a password, a code or a
// slip that is wrong, or one try too many (OWASP ASVS 5.0, 16.3.1 and 16.3.3). It
// names the network and the route, never what was typed: a password is often typed
// in place of a login.
func (c *call) logEntry(err error) {
	if err == nil {
		return
	}
	if left, log := c.entries.take(time.Now()); log {
		c.opts.Log.Warn("an entry was refused", "network", account.FoldNetwork(c.address()), "route", c.r.Pattern, "status", statuses[fault.KindOf(err)], "unlogged", left)
	}
}
