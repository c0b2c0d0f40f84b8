package hours

import (
	"testing"
	"time"

	"pgregory.net/rapid"
)

// TestReadings holds the compiled zones against the time package, and Instant
// against its definition.
func TestReadings(t *testing.T) {
	for _, name := range frenchZones {
		z, err := LoadZone(name)
		if err != nil {
			t.Fatal(err)
		}
		rapid.Check(t, func(t *rapid.T) {
			u := rapid.Int64Range(unix(1890, 1, 1), unix(2290, 1, 1)).Draw(t, "unix")
			at := time.Unix(u, 0).In(z.Location())
			day, second := z.Reading(u)
			if day != DateOf(at) || second != at.Hour()*3600+at.Minute()*60+at.Second() {
				t.Fatalf("%s reads %v %d at %v", name, day, second, at)
			}
			first := z.Instant(day, second)
			if d, s := z.Reading(first); first > u || d != day || s != second {
				t.Fatalf("%s: the first instant of %v %d is %d, which reads %v %d", name, day, second, first, d, s)
			}
		})
	}
}

func TestInstants(t *testing.T) {
	z := paris(t)
	gives := func(d Date, hour, minute int, want string) {
		t.Helper()
		at := time.Unix(z.Instant(d, hour*3600+minute*60), 0).UTC().Format("2006-01-02 15:04")
		if at != want {
			t.Errorf("%v %02d:%02d is %s UTC, want %s", d, hour, minute, at, want)
		}
	}
	gives(NewDate(2024, 3, 29), 0, 0, "2024-03-28 23:00")
	gives(NewDate(2024, 3, 31), 1, 59, "2024-03-31 00:59")
	gives(NewDate(2024, 3, 31), 2, 0, "2024-03-31 01:00") // left out: the end of the gap
	gives(NewDate(2024, 3, 31), 2, 30, "2024-03-31 01:00")
	gives(NewDate(2024, 3, 31), 3, 0, "2024-03-31 01:00")
	gives(NewDate(2024, 10, 27), 2, 30, "2024-10-27 00:30") // twice: the first
	gives(NewDate(2024, 10, 27), 3, 0, "2024-10-27 02:00")
	gives(NewDate(2024, 3, 29), 24, 0, "2024-03-29 23:00")
}

func TestUnknownZones(t *testing.T) {
	for _, name := range []string{"", "Local", "Europe/Nowhere"} {
		if _, err := LoadZone(name); err == nil {
			t.Errorf("the zone %q is accepted", name)
		}
	}
}
