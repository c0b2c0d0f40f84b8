package ecluse

import (
	"time"

	"github.com/ecluse-ecole/ecluse/hours"
	"github.com/ecluse-ecole/ecluse/internal/account"
	"github.com/ecluse-ecole/ecluse/internal/gate"
	"github.com/ecluse-ecole/ecluse/internal/order"
	"github.com/ecluse-ecole/ecluse/internal/school"
)

// A State is what one membership may do now, until when, and who decided so.
// Instants are in the school's zone; a zero one is not known or never comes.
type State struct {
	School   school.School
	Role     school.Role
	Decision gate.Decision
	Orders   []*order.Order // those that bind
	Now      time.Time
	Until    time.Time // the next instant at which the decision may change
	Reopens  time.Time // the next instant at which writing is possible, when it is not
	Since    time.Time // since when the access holds
	Doubt    bool      // closed because the machine's clock was set back
}

// clockDoubt is how far the clock may be set back while we run before
// everything closes: smaller steps are the ordinary work of time servers.
const clockDoubt = 2 * time.Second

// State is what the actor may do at their place now.
func (a *App) State(who Actor) State { return a.stateAt(who, 0, a.clock.Now()) }

// stateAt is State towards people of some roles, at an instant.
func (a *App) stateAt(who Actor, with school.Roles, now time.Time) State {
	r := a.request(who, with, now)
	snapshot := a.gate.Load()
	place, _ := snapshot.School(r.School) // an unknown school is decided Closed, Unknown
	loc := a.zone(place.Zone)
	st := State{School: place, Role: who.Member.Role, Now: now.In(loc)}
	if a.clock.Doubt() > clockDoubt {
		st.Decision, st.Doubt = gate.Decision{Unknown: true, Until: hours.Never}, true
		return st
	}
	st.Decision = snapshot.Decide(r)
	st.Decision.Until = snapshot.Lasts(r)
	st.Orders = snapshot.Orders(r, st.Decision)
	st.Until = instant(st.Decision.Until, loc)
	if st.Decision.Access < order.Write {
		st.Reopens = instant(snapshot.Reopens(r, order.Write), loc)
		st.Since = instant(snapshot.Since(r), loc)
	}
	return st
}

// request is the gate's question for an actor.
func (a *App) request(who Actor, with school.Roles, now time.Time) gate.Request {
	return gate.Request{
		School: who.Member.School, Role: who.Member.Role, With: with, Service: order.Messaging,
		Member: int64(who.Member.ID), At: now.Unix(), Facts: who.Facts,
	}
}

// instant turns the gate's seconds into a time; the ends of time are zero.
func instant(unix int64, loc *time.Location) time.Time {
	if unix == hours.Never || unix < 0 {
		return time.Time{}
	}
	return time.Unix(unix, 0).In(loc)
}

// warnings are how long before a closing people are told, longest first.
var warnings = [...]time.Duration{time.Hour, 5 * time.Minute}

// Closing reports whether the next change takes writing away, and how many of
// the warnings before it have been reached.
func (a *App) Closing(who Actor, st State) (closes bool, warned int) {
	if st.Until.IsZero() || st.Decision.Access == order.Closed {
		return false, 0
	}
	then := a.gate.Load().Decide(a.request(who, 0, st.Until))
	if then.Access >= st.Decision.Access {
		return false, 0
	}
	left := st.Until.Sub(st.Now)
	for _, w := range warnings {
		if left <= w {
			warned++
		}
	}
	return true, warned
}

// writingStopped is the instant at which the present time without writing
// began: where only reading is open the mailbox stays as it was then. Zero when
// writing is open.
func (a *App) writingStopped(who Actor, now time.Time) time.Time {
	r := a.request(who, 0, now)
	snapshot := a.gate.Load()
	if snapshot.Decide(r).Access >= order.Reply {
		return time.Time{}
	}
	return time.Unix(max(1, snapshot.Stopped(r)), 0)
}

// RoleState is what people of a role may do in a school now, with accounts that
// meet every requirement.
func (a *App) RoleState(uai school.UAI, role school.Role) State {
	who := Actor{Member: account.Membership{School: uai, Role: role}, Facts: gate.Compliant()}
	return a.State(who)
}

// Snapshot is what decides now, for pictures of a week.
func (a *App) Snapshot() *gate.Snapshot { return a.gate.Load() }
