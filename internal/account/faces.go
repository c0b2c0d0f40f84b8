package account

import (
	"hash/maphash"
	"net/netip"
	"slices"
	"strings"
	"sync"
	"time"
)

// Faces is what one process remembers of sign-ins, so that whoever comes is put in
// their line, or sent away, before a database is asked. It decides nothing else: who
// is forgotten waits longer, and who is taken for another is judged like anybody
// when the turn comes (see Judge).
//
// It keeps eight bytes for each device and each network of an account, and some
// bytes of the latest addresses from which tries failed; it forgets the rest. A new
// one learns what the database has.
type Faces struct {
	mu    sync.Mutex
	seed  maphash.Seed
	known map[uint64]struct{} // devices and networks of accounts, and devices of any account

	sites  map[string]*site // by FoldSite, since turned
	before map[string]*site // of the while before that
	turned time.Time
}

// A site is what became of tries from one address: the logins that failed or were
// sent away, and how many accounts were opened.
type site struct {
	failing []uint64
	opened  int
}

// A site is suspect from suspectLogins on that were tried in vain beyond those that
// were opened: a family at home fails at two. mostLogins and mostSites bound what is
// kept.
const (
	suspectLogins = 3
	mostLogins    = 16
	mostSites     = 1 << 16
)

// NewFaces knows nobody.
func NewFaces() *Faces {
	return &Faces{seed: maphash.MakeSeed(), known: map[uint64]struct{}{}, sites: map[string]*site{}}
}

// FoldSite is the address by which tries take turns: the /48 of an IPv6 address,
// since one line to a house may bring 65,536 of the networks that FoldAddress tells
// apart. It takes addresses as they are and as FoldAddress folds them.
func FoldSite(address string) string {
	a, ok := parseFolded(address)
	switch {
	case !ok:
		return address
	case a.Is4():
		return a.String()
	}
	whole, _ := a.Prefix(48) // 48 bits are always there
	return whole.String()
}

// Learn remembers what became of a try.
func (f *Faces) Learn(t Try) {
	f.Meet(t)
	f.mu.Lock()
	defer f.mu.Unlock()
	s, login := f.site(t), f.mark("login", t.Login, "")
	if t.OK {
		s.opens(login)
	} else {
		s.fails(login)
	}
}

// Meet remembers who signed in, if they did, and nothing of the address: for tries
// that may have been learned before.
func (f *Faces) Meet(t Try) {
	if !t.OK {
		return
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	f.known[f.mark("network", t.Login, FoldNetwork(t.Address))] = struct{}{}
	if t.Device != ([32]byte{}) {
		f.known[f.mark("device", t.Login, string(t.Device[:]))] = struct{}{}
		f.known[f.mark("device", "", string(t.Device[:]))] = struct{}{}
	}
}

// SentAway remembers a try that found its line full, as one that failed.
func (f *Faces) SentAway(t Try) {
	t.OK = false
	f.Learn(t)
}

// Place is where a try stands. A device on which anybody has signed in takes turns
// by itself: who shares its address does not hold it up. Of who brings a proof without
// saying whose it is, the device alone is asked.
func (f *Faces) Place(t Try) Place {
	f.mu.Lock()
	defer f.mu.Unlock()
	at := Place{Key: FoldSite(t.Address), Rank: Elsewhere}
	if f.knows("device", "", string(t.Device[:])) {
		at.Key = string(t.Device[:])
	}
	switch { // "" is anybody's login: see Meet
	case f.knows("device", t.Login, string(t.Device[:])):
		at.Rank = OnDevice
	case f.knows("network", t.Login, FoldNetwork(t.Address)):
		at.Rank = AtHome
	case f.site(t).suspect():
		at.Rank = Suspect
	}
	return at
}

func (f *Faces) knows(kind, login, what string) bool {
	_, known := f.known[f.mark(kind, login, what)]
	return known
}

// mark stands for something known: no two are the same but by rare chance, which
// costs nothing (see Faces).
func (f *Faces) mark(kind, login, what string) uint64 {
	return maphash.Comparable(f.seed, [3]string{kind, login, what})
}

// site is where a try comes from. Every TryWindow, or when there are too many,
// those that were not seen meanwhile are forgotten.
func (f *Faces) site(t Try) *site {
	if len(f.sites) >= mostSites || t.At.Sub(f.turned) >= TryWindow {
		f.before, f.sites, f.turned = f.sites, map[string]*site{}, t.At
	}
	key := FoldSite(t.Address)
	s := f.sites[key]
	if s == nil {
		if s = f.before[key]; s == nil {
			s = new(site)
		}
		f.sites[key] = s
	}
	return s
}

func (s *site) suspect() bool { return len(s.failing) >= suspectLogins+s.opened }

func (s *site) fails(login uint64) {
	if len(s.failing) < mostLogins && !slices.Contains(s.failing, login) {
		s.failing = append(s.failing, login)
	}
}

func (s *site) opens(login uint64) {
	s.opened++
	s.failing = slices.DeleteFunc(s.failing, func(l uint64) bool { return l == login })
}

// parseFolded reads an address as it is or as FoldAddress folds it.
func parseFolded(address string) (netip.Addr, bool) {
	whole, _, _ := strings.Cut(address, "/")
	a, err := netip.ParseAddr(whole)
	return a.Unmap().WithZone(""), err == nil
}
