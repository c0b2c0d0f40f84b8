// Package hours reads, compiles and answers opening hours written in the
// OpenStreetMap opening_hours language
// (https://wiki.openstreetmap.org/wiki/Key:opening_hours/specification).
//
// # What it promises
//
// Right or refused, never wrong. [Parse] accepts a strict profile of the
// language: weekdays, times (overnight too), months, dates, years, weeks,
// easter, nth weekdays such as Mo[1], day offsets, PH, SH, open, off, closed,
// unknown, 24/7, comments, and the separators ";", "," and "||". Whatever it
// does not understand completely, it refuses with an [Error] that names the
// byte and the reason: sun times, open ends ("17:00+"), steps ("/2"), points
// in time, unquoted text, other spellings than the specification's. [Error.In] and
// [Warning.In] say the reason and the doubts in French and in English.
//
// A time zone and a calendar of holidays stand beside the string and not in
// it: [Hours.Compile] binds them and gives a [Schedule], which says the
// [State] at an instant and the instant of the next change ([Schedule.At]),
// since when the state holds ([Schedule.Since]) and what happens in a range
// ([Schedule.Intervals]).
//
// # Rules of the language
//
//   - A rule after ";" replaces everything said before about the days that it
//     matches, also the part of an overnight span that reaches into them from
//     the day before. A rule that is off replaces only the times it names, or
//     the whole day when it names none.
//   - A rule after "," adds to what was said; where both speak, the later wins.
//   - A rule after "||" speaks only where the rules before leave it closed.
//   - A span belongs to the day on which it starts: "Fr 22:00-02:00" is open
//     on Saturday until two, and a holiday on Saturday closes it at midnight.
//   - Selectors of different kinds side by side must all hold; selectors in one
//     comma list are alternatives. "PH Mo" is a holiday that is a Monday,
//     "PH,Mo" is a holiday or a Monday.
//   - "Aug Su[-1] +1 day" is the day after the last Sunday of August, also when
//     that is the first of September.
//
// # Wall clock
//
// It is open exactly when the local reading is inside a span. A change of
// offset is itself a boundary: the repeated hour counts twice, the missing
// hour not at all. No boundary is placed with [time.Date], which does not say
// what it does in a gap.
//
// # Three values
//
// A day outside what the calendar knows may or may not be a holiday. Where both
// answers lead to the same state, that is the state; elsewhere it is [Unknown].
// A rule may also say unknown itself, and a comment alone means unknown.
//
// # Bounds
//
// A value has at most 4096 bytes, 32 rules, 256 selectors and 120 distinct
// clock readings; years lie between 1900 and 2199. The search for the next
// change ends 41 years (500 where easter is used) after the last year that the
// string or the calendar names: by then every kind of year has come by, and 29
// February is always found. So every answer takes bounded time.
//
// An [Hours], a [Zone] and a [Schedule] never change after they were made and
// may be used by any number of goroutines.
package hours
