package gate

import (
	"math"

	"github.com/ecluse-ecole/ecluse/hours"
	"github.com/ecluse-ecole/ecluse/internal/order"
	"github.com/ecluse-ecole/ecluse/internal/school"
)

// A Request asks what one membership may do at one instant.
type Request struct {
	School  school.UAI
	Role    school.Role
	With    school.Roles // the counterparts' roles; 0 is the place itself: rules with `with` do not count
	Service order.Service
	Member  int64 // the membership, for exemptions; 0 for a role in general
	At      int64 // Unix seconds
	Facts   Facts
}

// Facts are what the rules' `require` looks at in an account and its connection.
// The zero Facts meet no requirement.
type Facts struct {
	PasswordChanged int64 // Unix seconds
	SecondFactor    bool  // signed in with one
	KnownDevice     bool
	Country         Country // where the connection comes from
}

// A Country is an ISO 3166-1 alpha-2 code in capitals; zero when not known.
type Country [2]byte

// AnyCountry stands in every list; no code of ISO 3166 looks like it.
var AnyCountry = Country{'*', '*'}

// Compliant are facts that meet every requirement: what a role may do, when no
// account is looked at.
func Compliant() Facts {
	return Facts{PasswordChanged: hours.Never, SecondFactor: true, KnownDevice: true, Country: AnyCountry}
}

// A Decision is the answer to a Request. The zero Decision closes everything.
type Decision struct {
	Access  order.Access
	Unmet   Requirement // what the account lacks; not empty only if something is refused for it
	Unknown bool        // something could not be decided, and closes for that
	Limits  Limits
	Until   int64 // the answer holds at least until then; hours.Never if nothing announced changes it
}

// Same reports whether two decisions say the same, whenever they end.
func (d Decision) Same(other Decision) bool {
	d.Until = other.Until
	return d == other
}

// undecided closes until somebody repairs what is missing; no instant is known
// at which that may be.
var undecided = Decision{Unknown: true, Until: hours.Never}

// A Requirement is a set of conditions that an account does not meet.
type Requirement uint8

// The conditions that a rule's `require` can set.
const (
	PasswordSince Requirement = 1 << iota // the password is older than the date set
	SecondFactor                          // no second factor was used
	KnownDevice                           // the device is not known
	FromCountry                           // the connection comes from elsewhere
)

// Unlimited is a bound that bounds nothing.
const Unlimited = math.MaxUint32

// Limits bound what may be sent. The zero Limits let nothing through.
type Limits struct {
	Recipients  uint32 // people per message; Unlimited if no order says
	PerHour     uint32 // messages per hour and sender
	Lists       bool   // may write to a class or a list
	Attachments bool
	Links       bool
}

// NoLimits let everything through.
var NoLimits = noLimits()

// noLimits is NoLimits for deciding, which need not read it from memory.
func noLimits() Limits {
	return Limits{Recipients: Unlimited, PerHour: Unlimited, Lists: true, Attachments: true, Links: true}
}

// Merge is the strictest of both, field by field.
func (l Limits) Merge(other Limits) Limits {
	return Limits{
		Recipients:  min(l.Recipients, other.Recipients),
		PerHour:     min(l.PerHour, other.PerHour),
		Lists:       l.Lists && other.Lists,
		Attachments: l.Attachments && other.Attachments,
		Links:       l.Links && other.Links,
	}
}

// shares reports whether l sets one of the bounds that merged holds.
func (l Limits) shares(merged Limits) bool {
	return l.Recipients != Unlimited && l.Recipients == merged.Recipients ||
		l.PerHour != Unlimited && l.PerHour == merged.PerHour ||
		!l.Lists || !l.Attachments || !l.Links
}

// limitsOf is the compact form of an order's limits; a negative bound, which
// the order's decoder refuses, lets nothing through.
func limitsOf(l order.Limits) Limits {
	allowed := func(b *bool) bool { return b == nil || *b }
	bound := func(n *int) uint32 {
		if n == nil {
			return Unlimited
		}
		return uint32(min(max(*n, 0), Unlimited-1))
	}
	return Limits{
		Recipients:  bound(l.Recipients),
		PerHour:     bound(l.PerHour),
		Lists:       allowed(l.Lists),
		Attachments: allowed(l.Attachments),
		Links:       allowed(l.Links),
	}
}
