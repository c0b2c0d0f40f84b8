// Package place tells from which country an address connects, by files that an
// operator installs: up to three databases in the MaxMind DB format (version 2.0 of
// its specification), by different makers. Nothing is asked over the network.
//
// # What counts
//
// Makers of such databases are wrong about one address in some hundreds, and not
// about the same ones. So:
//
//   - two that name the same country are enough to refuse somebody (Sure);
//   - one alone, where the others do not know the address, may let in and never
//     refuses;
//   - where they differ nothing is known, but that two which name different parts of
//     France (one says France, one Réunion) agree on France, without being Sure;
//   - an address of a private network (RFC 1918, RFC 4193, loopback, link-local) is
//     in the country that the operator says this server's own network stands in. If
//     the operator says none, it is not known.
//
// # Lifetimes
//
// A file is read whole into memory and checked through before it counts: whoever
// overwrites it disturbs nobody. Refresh looks whether files have changed. A new one
// takes the old one's place at once; one that cannot be read leaves the old one in
// its place and is told of. A Set is safe for concurrent use; a nil Set knows
// nothing.
package place

import (
	"net/netip"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/ecluse-ecole/ecluse/internal/school"
)

// MostFiles is how many databases are asked.
const MostFiles = 3

// Old is the age from which a database is called old: addresses change hands.
const Old = 90 * 24 * time.Hour

// A Finding is what is known of where an address connects from.
type Finding struct {
	Country string // ISO 3166-1 alpha-2; "" where it is not known
	Sure    bool   // two databases say so: enough to refuse
}

// A Set is the databases of one installation.
type Set struct {
	own   string
	mu    sync.Mutex // one Refresh at a time
	files []*file
	asked atomic.Pointer[[]*database] // those of files that can be read
}

// Open reads the databases in files. own is the country of addresses on private
// networks, "" where that is not known. A file that cannot be read keeps nobody from
// starting: Databases tells of it, and what only it knew is not known.
func Open(files []string, own string) *Set {
	s := &Set{own: own}
	for _, name := range files {
		s.files = append(s.files, &file{name: name})
	}
	s.Refresh()
	return s
}

// Find is the country of an address, as far as it is known.
func (s *Set) Find(address string) Finding {
	a, known := parse(address)
	switch {
	case s == nil || !known:
		return Finding{}
	case a.IsPrivate() || a.IsLoopback() || a.IsLinkLocalUnicast():
		return Finding{s.own, s.own != ""}
	}
	var said [MostFiles]string
	n := 0
	for _, d := range *s.asked.Load() {
		if c := d.country(a); c != "" && n < len(said) {
			said[n] = c
			n++
		}
	}
	return agree(said[:n])
}

// agree is what follows from what each database says that knows the address.
func agree(said []string) Finding {
	french := len(said) > 0
	for i, c := range said {
		for _, other := range said[:i] {
			if c == other {
				return Finding{c, true}
			}
		}
		french = french && school.IsFrench(c)
	}
	switch {
	case len(said) == 1:
		return Finding{said[0], false}
	case french:
		return Finding{"FR", false}
	}
	return Finding{}
}

// parse reads an address as a request or a folded one shows it: an IPv4 address
// inside an IPv6 one is itself, and a zone says nothing.
func parse(address string) (netip.Addr, bool) {
	half, _, _ := strings.Cut(address, "/")
	a, err := netip.ParseAddr(half)
	return a.Unmap().WithZone(""), err == nil
}

// A Database is one file, for who looks after it.
type Database struct {
	File    string    // without its folder
	Kind    string    // what its maker calls it
	Built   time.Time // by its maker; zero where it was never read
	Trouble error     // why the file, as it is now, cannot be used; nil: it is used
}

// IsOld reports whether a database should have been replaced by now.
func (d Database) IsOld(now time.Time) bool { return !d.Built.IsZero() && now.Sub(d.Built) > Old }

// Databases are the files, as they were when they were last looked at.
func (s *Set) Databases() (list []Database) {
	if s == nil {
		return nil
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, f := range s.files {
		list = append(list, f.state())
	}
	return list
}

// Refresh reads files that have changed since they were last read, and returns
// them.
func (s *Set) Refresh() (changed []Database) {
	if s == nil {
		return nil
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	var asked []*database
	for _, f := range s.files {
		if f.refresh() {
			changed = append(changed, f.state())
		}
		if f.use != nil {
			asked = append(asked, f.use)
		}
	}
	s.asked.Store(&asked)
	return changed
}
