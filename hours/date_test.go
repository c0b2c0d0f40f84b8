package hours

import (
	"testing"
	"time"

	"pgregory.net/rapid"
)

// TestDates holds civil days against the time package.
func TestDates(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		d := Date(rapid.IntRange(-719162, 2932896).Draw(t, "day"))
		at := time.Unix(int64(d)*86400, 0).UTC()
		y, m, day := d.Civil()
		if y != at.Year() || m != at.Month() || day != at.Day() || d.Weekday() != at.Weekday() {
			t.Fatalf("%d is %v, the time package says %v", d, d, at)
		}
		if DateOf(at) != d || NewDate(y, m, day) != d || d.String() != at.Format(time.DateOnly) {
			t.Fatalf("%v does not come back", d)
		}
		if back, err := ParseDate(d.String()); err != nil || back != d {
			t.Fatalf("%v is read as %v, %v", d, back, err)
		}
	})
}

func TestDatesRunOver(t *testing.T) {
	if got, want := NewDate(2024, 14, 30), NewDate(2025, 3, 2); got != want {
		t.Errorf("30 of the 14th month of 2024 is %v, want %v", got, want)
	}
	if got, want := NewDate(2024, 0, 0), NewDate(2023, 11, 30); got != want {
		t.Errorf("0 of month 0 of 2024 is %v, want %v", got, want)
	}
	if _, err := ParseDate("2023-02-29"); err == nil {
		t.Error("29 February 2023 is accepted")
	}
}

func TestEaster(t *testing.T) {
	for y := 1583; y < 4000; y++ {
		if got, want := easterSunday(y), DateOf(knuthEaster(y)); got != want {
			t.Fatalf("Easter %d is %v, Knuth says %v", y, got, want)
		}
	}
}

func TestDays_zeroKnowsNothing(t *testing.T) {
	if in, known := (Days{}).Contains(0); in || known {
		t.Error("the zero value knows a day")
	}
	days := NewDays(NewDate(2024, 1, 1), NewDate(2024, 12, 31), NewDate(2024, 5, 1), NewDate(2025, 5, 1))
	if in, known := days.Contains(NewDate(2024, 5, 1)); !in || !known {
		t.Error("1 May 2024 is lost")
	}
	if in, known := days.Contains(NewDate(2025, 5, 1)); in || known {
		t.Error("1 May 2025 is outside and known")
	}
	if days.First() != NewDate(2024, 1, 1) || days.Last() != NewDate(2024, 12, 31) {
		t.Errorf("known from %v to %v", days.First(), days.Last())
	}
}

// TestYearsRecur proves the reach of the search: within 41 years of any year,
// every kind of year that ever comes has come, by its length, first weekday and
// the length of the year before.
func TestYearsRecur(t *testing.T) {
	type kind struct {
		leap, afterLeap bool
		first           time.Weekday
	}
	kindOf := func(y int) kind { return kind{isLeap(y), isLeap(y - 1), NewDate(y, 1, 1).Weekday()} }
	last := map[kind]int{}
	for y := 1600; y < 2800; y++ {
		k := kindOf(y)
		if before, ok := last[k]; ok && y-before >= reachYears {
			t.Errorf("after %d a year like it comes only in %d", before, y)
		}
		last[k] = y
	}
}
