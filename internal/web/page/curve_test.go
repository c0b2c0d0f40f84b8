package page

import (
	"strings"
	"testing"
	"time"
)

func TestACurveClimbsWhereSchoolsCome(t *testing.T) {
	c := Curve{Of: 4}
	if got := c.path([]time.Duration{0, time.Second, 25 * time.Hour}); got != "M46 190H46.0V145.5H136.6V101.0H680.0V56.5H680" {
		t.Errorf("three schools of four: %s", got)
	}
	if got := c.path(nil); got != "M46 190H680" {
		t.Errorf("no school: %s", got)
	}
	if n := by([]time.Duration{0, time.Second, time.Minute}, time.Second); n != 2 || c.share(n) != "50"+nbsp+"%" {
		t.Errorf("%d within a second, %s", n, c.share(n))
	}
}

// A crowd is drawn as a slope, not as one late step nor as ten thousand.
func TestACurveOfManySchools(t *testing.T) {
	c := Curve{Of: 10_000}
	var list []time.Duration
	for i := range c.Of {
		list = append(list, time.Duration(i)*100*time.Microsecond)
	}
	steps := strings.Count(c.path(list), "V")
	if steps < 60 || steps > 100 {
		t.Errorf("%d steps over the first second", steps)
	}
}
