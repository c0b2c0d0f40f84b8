package hours

import (
	"fmt"
	"math"
	"sort"
	"time"
)

// The years whose changes of offset are kept in a Zone's own table; outside
// them the location is asked, which is slower.
const (
	zoneFirstYear = 1900
	zoneLastYear  = 2240
)

// Instants are cut to these limits, in which civil days fit a Date and the time
// package computes without overflow: the years 1 to 9999.
const (
	earliest = -62135596800
	latest   = 253402300799
)

// offsetSpan is a stretch of time with one offset from UTC, [from, to).
type offsetSpan struct {
	from, to int64
	offset   int64 // seconds east of UTC
}

// Zone is a time zone with its changes of offset laid out in a table: asking
// [time.Time] each time costs seven times more with Go's slim zone data.
type Zone struct {
	loc   *time.Location
	spans []offsetSpan
}

// LoadZone compiles a zone of the IANA database, such as Europe/Paris.
func LoadZone(name string) (*Zone, error) {
	loc, err := time.LoadLocation(name)
	if err != nil || name == "" || name == "Local" {
		return nil, fmt.Errorf("the time zone %q is not known: write an IANA name such as Europe/Paris", name)
	}
	return NewZone(loc), nil
}

// NewZone compiles a location.
func NewZone(loc *time.Location) *Zone {
	z := &Zone{loc: loc}
	end := time.Date(zoneLastYear, time.January, 1, 0, 0, 0, 0, time.UTC).Unix()
	u := time.Date(zoneFirstYear, time.January, 1, 0, 0, 0, 0, time.UTC).Unix()
	for u < end {
		span := z.ask(u)
		z.add(span)
		u = span.to
	}
	return z
}

// add appends a span, joined to the one before when the offset did not change
// (a zone may change its name or its daylight flag alone).
func (z *Zone) add(s offsetSpan) {
	if n := len(z.spans); n > 0 && z.spans[n-1].offset == s.offset {
		z.spans[n-1].to = s.to
		return
	}
	z.spans = append(z.spans, s)
}

// ask reads the span around u from the location. It may end before the offset
// changes: in the years past a zone's table, ZoneBounds takes every year for 365
// days long, and on 31 December of leap years it gives an end that lies behind
// the instant asked about.
func (z *Zone) ask(u int64) offsetSpan {
	t := time.Unix(u, 0).In(z.loc)
	start, end := t.ZoneBounds()
	_, offset := t.Zone()
	span := offsetSpan{from: math.MinInt64, to: math.MaxInt64, offset: int64(offset)}
	if !start.IsZero() {
		span.from = start.Unix()
	}
	if !end.IsZero() {
		span.to = end.Unix()
	}
	if span.to <= u {
		span.to = u + 86400
	}
	return span
}

// span gives the stretch of one offset that contains u.
func (z *Zone) span(u int64) offsetSpan {
	n := len(z.spans)
	if u < z.spans[0].from || u >= z.spans[n-1].to {
		return z.ask(u)
	}
	i := sort.Search(n, func(i int) bool { return z.spans[i].to > u })
	return z.spans[i]
}

// Location gives the location that was compiled.
func (z *Zone) Location() *time.Location { return z.loc }

// Name gives the zone's name, such as Europe/Paris.
func (z *Zone) Name() string { return z.loc.String() }

// Reading gives what a clock on the wall shows at an instant: the day, and the
// seconds since midnight on the dial, 0 to 86399.
func (z *Zone) Reading(unix int64) (Date, int) {
	unix = clamp(unix)
	local := unix + z.span(unix).offset
	day := floorDiv64(local, 86400)
	return Date(day), int(local - day*86400)
}

// Instant gives the first instant (Unix seconds) whose reading is at or after
// secondOfDay on day d. A reading that comes twice gives the first of the two;
// one that is left out gives the first instant after the gap.
func (z *Zone) Instant(d Date, secondOfDay int) int64 {
	reading := int64(d)*86400 + int64(secondOfDay)
	// No offset has ever reached 26 hours, so the search starts early enough.
	span := z.span(clamp(reading - 26*3600))
	for span.to != math.MaxInt64 && span.to+span.offset <= reading {
		span = z.span(span.to)
	}
	return max(span.from, reading-span.offset)
}

func clamp(unix int64) int64 { return min(max(unix, earliest), latest) }

func floorDiv64(a, b int64) int64 {
	q := a / b
	if a%b < 0 {
		q--
	}
	return q
}
