package gate

import (
	"errors"
	"math"
	"reflect"
	"sync"

	"github.com/ecluse-ecole/ecluse/hours"
	"github.com/ecluse-ecole/ecluse/internal/order"
	"github.com/ecluse-ecole/ecluse/internal/school"
)

// never and minusNever stand for "no such instant", after and before all others.
const (
	never      = hours.Never
	minusNever = math.MinInt64
)

// A Source is everything that decisions follow from. None of it may be changed
// after Compile.
type Source struct {
	Version    int64
	Schools    []school.School
	Orders     *order.Set // nil is "the orders are not known", and closes everything
	Exemptions []Exemption
	// Calendar gives the holidays of a school's calendar code. Where it fails,
	// hours that mention holidays are unknown, and close.
	Calendar func(code string) (hours.Calendar, error)
	From, To int64  // where answers must be fastest; they are right everywhere
	Cache    *Cache // may be nil
	Rehearse bool   // exercises count as if they were meant: to show one, never to enforce
}

// binds reports whether an order has rules that decide: an exercise enforces
// nothing, and a cancel has done its work in the set.
func (s *Source) binds(o *order.Order) bool {
	return o.Type != order.Cancel && (o.Status == order.Actual || s.Rehearse)
}

// A Cache keeps compiled hours and zones from one Compile to the next. It
// belongs to one set of calendars: hand in a new one when holidays are imported.
// It is safe for concurrent use.
type Cache struct {
	mu        sync.Mutex
	from, to  int64
	zones     map[string]*hours.Zone
	calendars map[string]knownCalendar
	public    []hours.Days // the distinct sets, by their numbers less one
	school    []hours.Days
	schedules map[scheduleKey]*hours.Schedule
}

// A knownCalendar is holidays, and the numbers that tell them from others: the
// same for all calendars that say the same.
type knownCalendar struct {
	days    hours.Calendar
	numbers holidays
}

// NewCache returns an empty cache.
func NewCache() *Cache {
	c := &Cache{zones: map[string]*hours.Zone{}}
	c.clear()
	return c
}

// scheduleKey says when two rules open and close at the same instants.
type scheduleKey struct {
	hours, zone string
	holidays    holidays
}

// clear forgets what depends on the window.
func (c *Cache) clear() {
	c.calendars = map[string]knownCalendar{}
	c.public, c.school = nil, nil
	c.schedules = map[scheduleKey]*hours.Schedule{}
}

// window forgets the schedules of another window, whose fast tables would end
// too early. A window that moved on by less than a quarter keeps them: a server
// asks for a little later each time.
func (c *Cache) window(from, to int64) {
	if c.from <= from && to-c.to < (to-from)/4 && from < c.to {
		return
	}
	c.from, c.to = from, to
	c.clear()
}

// zone loads a time zone once.
func (c *Cache) zone(name string) (*hours.Zone, error) {
	if z, found := c.zones[name]; found {
		return z, nil
	}
	z, err := hours.LoadZone(name)
	if err != nil {
		return nil, err
	}
	c.zones[name] = z
	return z, nil
}

// calendar asks for a calendar once. One that failed is asked for again next
// time, since it may have been imported meanwhile.
func (c *Cache) calendar(code string, ask func(string) (hours.Calendar, error)) (knownCalendar, error) {
	if known, found := c.calendars[code]; found {
		return known, nil
	}
	if ask == nil {
		return knownCalendar{}, errors.New("no calendars were handed in: give Source.Calendar")
	}
	days, err := ask(code)
	if err != nil {
		return knownCalendar{}, err
	}
	known := knownCalendar{days, holidays{numberIn(&c.public, days.Public), numberIn(&c.school, days.School)}}
	c.calendars[code] = known
	return known, nil
}

// numberIn is the number of a set of days among the distinct ones, from 1.
func numberIn(list *[]hours.Days, d hours.Days) int32 {
	for i := range *list {
		if reflect.DeepEqual((*list)[i], d) {
			return int32(i + 1)
		}
	}
	*list = append(*list, d)
	return int32(len(*list))
}
