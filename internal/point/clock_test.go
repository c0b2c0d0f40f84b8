package point

import (
	"testing"
	"time"
)

// noon is when the server's clock is first told, an hour and more from any test.
var noon = time.Date(2024, 4, 2, 12, 0, 0, 0, time.UTC)

const second = int64(time.Second)

// shows holds the server's clock at a reading of ours.
func shows(t *testing.T, k *serverClock, mono int64, want time.Duration, within time.Duration) {
	t.Helper()
	got := time.Unix(0, k.at(mono)).Sub(noon)
	if off := got - want; off.Abs() > within {
		t.Errorf("after %v the server's clock shows noon + %v, want %v within %v", time.Duration(mono), got, want, within)
	}
}

func TestTheServersClock(t *testing.T) {
	var k serverClock
	if k.at(0) != 1<<63-1 {
		t.Error("an instant is known before any word")
	}
	k.hear(noon, 10*second, 1)
	shows(t, &k, 20*second, 10*time.Second, 0)

	// A round trip says more than a word, and a shorter one more than a long one.
	k.measure(noon.Add(10*time.Second), 19*second, 20*second, 1)
	shows(t, &k, 20*second, 10500*time.Millisecond, 0)
	k.measure(noon.Add(11*time.Second), 20*second, 20*second+second/10, 1)
	shows(t, &k, 21*second, 11950*time.Millisecond, 0)
	k.measure(noon.Add(12*time.Second), 20*second, 22*second, 1)
	shows(t, &k, 21*second, 11950*time.Millisecond, 0)

	// A word that comes late holds nothing up; one that is ahead moves it.
	k.hear(noon.Add(12*time.Second), 25*second, 1)
	shows(t, &k, 25*second, 15950*time.Millisecond, 0)
	k.hear(noon.Add(16*time.Second), 25*second, 1)
	shows(t, &k, 25*second, 16*time.Second, 0)

	// Clocks run apart, so that an old measurement gives way.
	k.measure(noon.Add(200*time.Second), 209*second, 210*second, 1)
	shows(t, &k, 210*second, 200500*time.Millisecond, time.Millisecond)

	// A clock that was set is followed at once, both ways.
	k.hear(noon.Add(7*time.Hour), 220*second, 1)
	shows(t, &k, 221*second, 7*time.Hour+time.Second, 0)
	k.measure(noon, 221*second, 222*second, 1)
	shows(t, &k, 222*second, 500*time.Millisecond, 0)
}

func TestTheClockOfADemonstration(t *testing.T) {
	var k serverClock
	k.measure(noon, 0, 0, 60)
	shows(t, &k, 10*second, 10*time.Minute, 0)
	if real := k.real(int64(time.Minute)); real != time.Second {
		t.Errorf("a minute there takes %v here", real)
	}
	k.hear(noon.Add(20*time.Minute), 10*second, 600)
	shows(t, &k, 11*second, 30*time.Minute, 0)
}

// TestAMachineThatSleptIsClosed: one clock stood still, the other was set right.
func TestAMachineThatSleptIsClosed(t *testing.T) {
	var w word
	if w.holds(reading{}, time.Second) {
		t.Error("open before any word")
	}
	w.hear(reading{100 * second, 5000 * second}, true)
	for name, c := range map[string]struct {
		now  reading
		want bool
	}{
		"soon":                     {reading{109 * second, 5009 * second}, true},
		"too late":                 {reading{110 * second, 5010 * second}, false},
		"asleep":                   {reading{101 * second, 8600 * second}, false},
		"wall clock set back":      {reading{101 * second, 1000 * second}, true},
		"set back, and too late":   {reading{111 * second, 1000 * second}, false},
		"wall clock an hour ahead": {reading{101 * second, 8601 * second}, false},
	} {
		if got := w.holds(c.now, 10*time.Second); got != c.want {
			t.Errorf("%s: %v", name, got)
		}
	}
	w.refused.Store(true)
	if w.holds(reading{101 * second, 5001 * second}, 10*time.Second) {
		t.Error("open with a token that is refused")
	}
}
