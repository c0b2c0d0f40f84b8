package place_test

import (
	"os"
	"testing"
	"time"

	"github.com/ecluse-ecole/ecluse/internal/place"
	"github.com/ecluse-ecole/ecluse/internal/place/placetest"
)

var (
	built = time.Date(2024, 3, 1, 0, 0, 0, 0, time.UTC)
	later = built.Add(30 * 24 * time.Hour)
)

const address = "192.0.2.7"

// set is databases each of which says one word about the address; "" does not know it.
func set(tb testing.TB, own string, words ...string) *place.Set {
	tb.Helper()
	var files []string
	for _, w := range words {
		networks := placetest.Networks{"198.51.100.0/24": "BE", "2001:db8::/32": "RE"}
		if w != "" {
			networks["192.0.2.0/24"] = w
		}
		files = append(files, placetest.Write(tb, built, networks))
	}
	s := place.Open(files, own)
	for _, d := range s.Databases() {
		if d.Trouble != nil {
			tb.Fatal(d.Trouble)
		}
	}
	return s
}

// TestAgreement: two that agree are sure, one alone is not, and where they differ
// nothing is known but that it is in France, if all say so.
func TestAgreement(t *testing.T) {
	for _, c := range []struct {
		said []string
		want place.Finding
	}{
		{nil, place.Finding{}},
		{[]string{""}, place.Finding{}},
		{[]string{"", "", ""}, place.Finding{}},
		{[]string{"FR"}, place.Finding{Country: "FR"}},
		{[]string{"DE"}, place.Finding{Country: "DE"}},
		{[]string{"FR", "", ""}, place.Finding{Country: "FR"}},
		{[]string{"", "DE"}, place.Finding{Country: "DE"}},
		{[]string{"FR", "FR"}, place.Finding{Country: "FR", Sure: true}},
		{[]string{"DE", "DE"}, place.Finding{Country: "DE", Sure: true}},
		{[]string{"FR", "DE"}, place.Finding{}},
		{[]string{"FR", "", "FR"}, place.Finding{Country: "FR", Sure: true}},
		{[]string{"FR", "DE", "FR"}, place.Finding{Country: "FR", Sure: true}},
		{[]string{"DE", "FR", "DE"}, place.Finding{Country: "DE", Sure: true}},
		{[]string{"FR", "DE", "BE"}, place.Finding{}},
		{[]string{"FR", "RE"}, place.Finding{Country: "FR"}},
		{[]string{"YT", "RE", "FR"}, place.Finding{Country: "FR"}},
		{[]string{"YT", "RE", "DE"}, place.Finding{}},
		{[]string{"RE", "FR", "RE"}, place.Finding{Country: "RE", Sure: true}},
		{[]string{"EU", "FR"}, place.Finding{Country: "FR"}}, // no country
		{[]string{"fr", "FR"}, place.Finding{Country: "FR", Sure: true}},
	} {
		if got := set(t, "", c.said...).Find(address); got != c.want {
			t.Errorf("%q: %+v; want %+v", c.said, got, c.want)
		}
	}
}

func TestAddresses(t *testing.T) {
	s := set(t, "FR", "DE", "DE")
	sure := func(code string) place.Finding { return place.Finding{Country: code, Sure: true} }
	for in, want := range map[string]place.Finding{
		"192.0.2.255": sure("DE"), "::ffff:192.0.2.7": sure("DE"), "192.0.2.7/32": sure("DE"), "192.0.3.1": {},
		"2001:db8::1": sure("RE"), "2001:db8::1%eth0": sure("RE"), "2001:db8:1:2::/64": sure("RE"), "2001:db9::1": {},
		"10.1.2.3": sure("FR"), "192.168.0.9": sure("FR"), "::ffff:10.0.0.1": sure("FR"), "fd00::7": sure("FR"), "fe80::1%lan": sure("FR"), "127.0.0.1": sure("FR"), "::1": sure("FR"),
		"0.0.0.0": {}, "::": {}, "100.64.0.1": {}, "": {}, "somewhere": {}, "192.0.2.7:443": {}, "192.0.2.7 ": {}, "255.255.255.255": {},
	} {
		if got := s.Find(in); got != want {
			t.Errorf("%q: %+v; want %+v", in, got, want)
		}
	}
	for _, s := range []*place.Set{nil, place.Open(nil, "")} {
		if got := s.Find("10.1.2.3"); got != (place.Finding{}) || s.Databases() != nil || s.Refresh() != nil {
			t.Errorf("without anything: %+v", got)
		}
	}
}

// TestRefresh: a new file counts at once, a broken one leaves the old one in its
// place and is told of, once.
func TestRefresh(t *testing.T) {
	one := placetest.Write(t, built, placetest.Networks{"192.0.2.0/24": "FR"})
	two := placetest.Write(t, built, placetest.Networks{"192.0.2.0/24": "FR"})
	s := place.Open([]string{one, two}, "")
	is := func(want place.Finding) {
		t.Helper()
		if got := s.Find(address); got != want {
			t.Errorf("%+v; want %+v", got, want)
		}
	}
	changes := func(n int) []place.Database {
		t.Helper()
		got := s.Refresh()
		if len(got) != n {
			t.Fatalf("%d files changed; want %d", len(got), n)
		}
		return got
	}
	is(place.Finding{Country: "FR", Sure: true})
	changes(0)
	placetest.Replace(t, one, later, placetest.Networks{"192.0.2.0/24": "DE"})
	if d := changes(1)[0]; !d.Built.Equal(later) || d.Trouble != nil || d.Kind != "Test-Country" || d.File != "country.mmdb" {
		t.Errorf("the new one: %+v", d)
	}
	is(place.Finding{})
	for _, broken := range [][]byte{{}, []byte("not a database"), placetest.Database(later, placetest.Networks{"192.0.2.0/24": "FR"})[:120], placetest.Database(later, placetest.Networks{"192.0.2.0/24": "not known"})} {
		if err := os.WriteFile(two, broken, 0o600); err != nil {
			t.Fatal(err)
		}
		if d := changes(1)[0]; d.Trouble == nil || !d.Built.Equal(built) {
			t.Errorf("a broken file: %+v", d)
		}
		changes(0)
		is(place.Finding{}) // the old one still speaks
	}
	if err := os.Remove(two); err != nil {
		t.Fatal(err)
	}
	if d := changes(1)[0]; d.Trouble == nil {
		t.Error("nobody is told that the file is gone")
	}
	changes(0)
	placetest.Replace(t, two, later, placetest.Networks{"192.0.2.0/24": "DE"})
	changes(1)
	is(place.Finding{Country: "DE", Sure: true})
}

func TestAge(t *testing.T) {
	missing := place.Open([]string{"/nowhere/country.mmdb"}, "FR")
	if d := missing.Databases(); len(d) != 1 || d[0].Trouble == nil || d[0].IsOld(later) {
		t.Errorf("a file that was never there: %+v", d)
	}
	d := set(t, "", "FR").Databases()[0]
	if d.IsOld(built.Add(place.Old)) || !d.IsOld(built.Add(place.Old+time.Hour)) {
		t.Errorf("built %s", d.Built)
	}
}

func FuzzFind(f *testing.F) {
	s := set(f, "FR", "DE", "FR", "DE")
	for _, seed := range []string{"192.0.2.7", "::ffff:192.0.2.7", "fe80::1%eth0", "2001:db8::/64", "", "%", "::ffff:192.0.2.7%1/3", "1.2.3"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, address string) {
		if got := s.Find(address); got.Sure && got.Country == "" || len(got.Country) > 2 {
			t.Errorf("%q: %+v", address, got)
		}
	})
}

// FuzzFile: whatever stands in a file, it is refused or answers.
func FuzzFile(f *testing.F) {
	whole := placetest.Database(built, placetest.Networks{"192.0.2.0/24": "FR", "2001:db8::/32": "RE"})
	f.Add(whole)
	f.Add(whole[:len(whole)/2])
	name := f.TempDir() + "/country.mmdb"
	f.Fuzz(func(t *testing.T, data []byte) {
		if err := os.WriteFile(name, data, 0o600); err != nil {
			t.Fatal(err)
		}
		s := place.Open([]string{name}, "")
		for _, a := range []string{"192.0.2.7", "2001:db8::1", "8.8.8.8"} {
			if s.Find(a).Sure {
				t.Errorf("one file is sure of %s", a)
			}
		}
	})
}

// BenchmarkPlace: three databases, one look-up.
func BenchmarkPlace(b *testing.B) {
	s := set(b, "", "FR", "FR", "FR")
	b.ReportAllocs()
	for b.Loop() {
		s.Find(address)
	}
}
