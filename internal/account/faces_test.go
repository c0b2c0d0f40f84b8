package account

import (
	"fmt"
	"testing"
	"time"
)

var noon = time.Date(2024, 3, 29, 12, 0, 0, 0, time.UTC)

// stands checks where a try stands.
func stands(t *testing.T, what string, f *Faces, try Try, want Rank, key string) {
	t.Helper()
	if got := f.Place(try); got.Rank != want || got.Key != key {
		t.Errorf("%s: %+v, want rank %d, key %q", what, got, want, key)
	}
}

func TestWhereATryStands(t *testing.T) {
	f, own, other := NewFaces(), [32]byte{1}, [32]byte{2}
	f.Learn(Try{Login: "prof", Address: "192.0.2.1", Device: own, At: noon, OK: true})
	f.Meet(Try{Login: "cpe", Address: "192.0.2.1", Device: other, At: noon, OK: true})
	f.Meet(Try{Login: "parent", Address: "192.0.2.1", At: noon})
	stands(t, "the owner's device, abroad", f, Try{Login: "prof", Address: "203.0.113.1", Device: own, At: noon}, OnDevice, string(own[:]))
	stands(t, "a new device at home", f, Try{Login: "prof", Address: "192.0.77.1", Device: [32]byte{9}, At: noon}, AtHome, "192.0.77.1")
	stands(t, "another's device", f, Try{Login: "prof", Address: "203.0.113.1", Device: other, At: noon}, Elsewhere, string(other[:]))
	stands(t, "a known device, whose login is not told", f, Try{Address: "203.0.113.1", Device: other, At: noon}, OnDevice, string(other[:]))
	stands(t, "a new one", f, Try{Address: "192.0.2.1", Device: [32]byte{9}, At: noon}, Elsewhere, "192.0.2.1")
	stands(t, "a new device abroad", f, Try{Login: "prof", Address: "203.0.113.1", Device: [32]byte{9}, At: noon}, Elsewhere, "203.0.113.1")
	stands(t, "who only failed here", f, Try{Login: "parent", Address: "192.0.2.1", At: noon}, Elsewhere, "192.0.2.1")
	stands(t, "no device", f, Try{Login: "prof", Address: "203.0.113.1", At: noon}, Elsewhere, "203.0.113.1")
}

// TestSuspects: who tries login after login waits behind those who do not, for a
// while; a school whose pupils mistype is no suspect, nor is a family.
func TestSuspects(t *testing.T) {
	f := NewFaces()
	is := func(what, address string, at time.Time, want Rank) {
		t.Helper()
		stands(t, what, f, Try{Login: "new", Address: address, At: at}, want, FoldSite(address))
	}
	for i := range 3 {
		is("so far", "203.0.113.1", noon, Elsewhere)
		f.SentAway(Try{Login: fmt.Sprint("thief", i), Address: "203.0.113.1", At: noon})
		f.Learn(Try{Login: "mistypes", Address: "198.51.100.1", At: noon})
	}
	is("three logins in vain", "203.0.113.1", noon, Suspect)
	is("three times one login", "198.51.100.1", noon, Elsewhere)
	for i := range 800 {
		login := fmt.Sprint("pupil", i)
		if i%3 == 0 {
			f.Learn(Try{Login: login, Address: "192.0.2.1", At: noon})
		}
		f.Learn(Try{Login: login, Address: "192.0.2.1", At: noon, OK: true})
		is("a school", "192.0.2.1", noon, Elsewhere)
	}
	is("a quarter of an hour later, still", "203.0.113.1", noon.Add(TryWindow), Suspect)
	f.Learn(Try{Login: "x", Address: "192.0.2.9", At: noon.Add(2 * TryWindow)})
	f.Learn(Try{Login: "x", Address: "192.0.2.9", At: noon.Add(3 * TryWindow)})
	is("long afterwards", "203.0.113.1", noon.Add(3*TryWindow), Elsewhere)
}

// TestFacesAreBounded: however many addresses try however many logins.
func TestFacesAreBounded(t *testing.T) {
	f := NewFaces()
	for i := range 3 * mostSites {
		f.Learn(Try{Login: fmt.Sprint(i), Address: fmt.Sprint(i), At: noon})
		f.SentAway(Try{Login: fmt.Sprint(i), Address: "one", At: noon})
	}
	if n := len(f.sites) + len(f.before); n > 2*mostSites {
		t.Errorf("%d sites are kept, want at most %d", n, 2*mostSites)
	}
	if n := len(f.sites["one"].failing); n > mostLogins {
		t.Errorf("%d logins of one site are kept, want at most %d", n, mostLogins)
	}
	if len(f.known) > 0 {
		t.Errorf("%d are known though nobody signed in", len(f.known))
	}
}

// TestFoldSite: a line to a house has many networks of IPv6, and takes turns as one.
func TestFoldSite(t *testing.T) {
	for in, want := range map[string]string{
		"2001:db8:1:2::3":        "2001:db8:1::/48",
		"2001:db8:1:ffff::/64":   "2001:db8:1::/48",
		"2001:db8:2:2::3":        "2001:db8:2::/48",
		"fe80::1%eth0":           "fe80::/48",
		"::ffff:192.0.2.1":       "192.0.2.1",
		"192.0.2.1":              "192.0.2.1",
		"what is not an address": "what is not an address",
		"":                       "",
	} {
		if got := FoldSite(in); got != want {
			t.Errorf("FoldSite(%q) = %q, want %q", in, got, want)
		}
		if got := FoldSite(FoldAddress(in)); got != want {
			t.Errorf("FoldSite(FoldAddress(%q)) = %q, want %q", in, got, want)
		}
	}
	f := NewFaces()
	for i := range suspectLogins {
		f.Learn(Try{Login: fmt.Sprint(i), Address: FoldAddress(fmt.Sprintf("2001:db8:1:%x::1", i)), At: noon})
	}
	try := Try{Login: "new", Address: FoldAddress("2001:db8:1:99::1"), At: noon}
	stands(t, "one more /64 of a /48", f, try, Suspect, "2001:db8:1::/48")
	try.Address = FoldAddress("2001:db8:2:99::1")
	stands(t, "the /48 beside it", f, try, Elsewhere, "2001:db8:2::/48")
}
