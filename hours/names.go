package hours

import "time"

// The words of the language, spelled as the specification spells them.
var (
	weekdayNames = map[string]time.Weekday{
		"Mo": time.Monday, "Tu": time.Tuesday, "We": time.Wednesday, "Th": time.Thursday,
		"Fr": time.Friday, "Sa": time.Saturday, "Su": time.Sunday,
	}
	monthNames = map[string]time.Month{
		"Jan": time.January, "Feb": time.February, "Mar": time.March, "Apr": time.April,
		"May": time.May, "Jun": time.June, "Jul": time.July, "Aug": time.August,
		"Sep": time.September, "Oct": time.October, "Nov": time.November, "Dec": time.December,
	}
	stateNames = map[string]State{"open": Open, "off": Closed, "closed": Closed, "unknown": Unknown}

	weekdayWords = [...]string{"Su", "Mo", "Tu", "We", "Th", "Fr", "Sa"}
	monthWords   = [...]string{"", "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"}
	otherWords   = [...]string{"open", "off", "closed", "unknown", "easter", "week", "PH", "SH"}
)
