package account

import "time"

// LongestTravel bounds how long somebody may be expected elsewhere at a time.
const LongestTravel = 92 * 24 * time.Hour

// A Travel says that a person is expected to connect from a country, from an instant
// until another. It ends by the clock.
type Travel struct {
	ID      int64
	Person  PersonID
	Country string // ISO 3166-1 alpha-2
	Since   time.Time
	Until   time.Time
	By      string // as the journal names actors
}

// Holds reports whether the person is expected there at an instant.
func (t Travel) Holds(now time.Time) bool { return !now.Before(t.Since) && now.Before(t.Until) }
