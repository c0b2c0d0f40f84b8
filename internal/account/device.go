package account

import (
	"strings"
	"time"
)

// A Device is a browser that signed in to an account. It becomes its owner's, and
// meets what an order requires of devices, when it is the account's first one, when
// its owner says so from one that is known, with a second factor, or once it has
// been told of for QuietFor and nobody objected: a thief with the password alone
// waits that long, in sight of the owner.
type Device struct {
	Person  PersonID
	Browser [32]byte // digest of the token that marks the device
	First   time.Time
	Seen    time.Time
	Known   time.Time // from when it counts as its owner's; zero: never, its owner said so
	Name    string    // the browser's own description
	Address string
	Country string
	Ticket  string // what the link of the letter about it is verified with; "" none, or used
}

// QuietFor is how long nobody must have objected to a new device.
const QuietFor = 72 * time.Hour

// IsKnown reports whether the device counts as its owner's.
func (d Device) IsKnown(now time.Time) bool { return !d.Known.IsZero() && !now.Before(d.Known) }

// Asks reports whether the owner is still asked whether it is theirs.
func (d Device) Asks(now time.Time) bool { return now.Before(d.Known) }

// browsers and systems are looked for in this order: many browsers also claim to
// be the ones after them.
var (
	browsers = [][2]string{{"Edg", "Edge"}, {"OPR/", "Opera"}, {"Firefox", "Firefox"}, {"SamsungBrowser", "Samsung Internet"}, {"Chrom", "Chrome"}, {"Safari", "Safari"}}
	systems  = [][2]string{{"Android", "Android"}, {"iPhone", "iPhone"}, {"iPad", "iPad"}, {"Windows", "Windows"}, {"Mac OS", "Mac"}, {"CrOS", "Chromebook"}, {"Linux", "Linux"}}
)

// DeviceWords says in French or English what a browser calls itself: "Firefox sur
// Android".
func DeviceWords(agent string, english bool) string {
	on, unknown := " sur ", "appareil inconnu"
	if english {
		on, unknown = " on ", "unknown device"
	}
	browser, system := named(agent, browsers), named(agent, systems)
	switch {
	case browser != "" && system != "":
		return browser + on + system
	case browser+system != "":
		return browser + system
	default:
		return unknown
	}
}

func named(agent string, among [][2]string) string {
	for _, b := range among {
		if strings.Contains(agent, b[0]) {
			return b[1]
		}
	}
	return ""
}
