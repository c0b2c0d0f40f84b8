package page

import (
	"fmt"
	"strconv"
	"time"

	"github.com/ecluse-ecole/ecluse/hours"
)

var (
	frenchShort   = [...]string{"janv.", "févr.", "mars", "avr.", "mai", "juin", "juil.", "août", "sept.", "oct.", "nov.", "déc."}
	englishMonths = [...]string{"Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"}
)

// Clock is the hour: "7 h 00", "7:00 am".
func (l Lang) Clock(t time.Time) string { return l.clock(t.Hour()*3600 + t.Minute()*60) }

// clock is the hour of a second of the day; 86400 is the end of the day.
func (l Lang) clock(second int) string {
	hour, minute := second/3600, second/60%60
	if l != English {
		return fmt.Sprintf("%d"+nbsp+"h"+nbsp+"%02d", hour, minute)
	}
	if minute == 0 && hour%12 == 0 {
		return [...]string{"midnight", "noon"}[hour/12%2]
	}
	half := "am"
	if hour%24 >= 12 {
		half = "pm"
	}
	return fmt.Sprintf("%d:%02d"+nbsp+"%s", (hour+11)%12+1, minute, half)
}

// Day is the day in full: "lundi 8 avril", "Monday 8 April".
func (l Lang) Day(t time.Time) string {
	if l == English {
		return fmt.Sprintf("%s %d"+nbsp+"%s", t.Weekday(), t.Day(), t.Month())
	}
	return hours.French.Weekday(t.Weekday()) + " " + l.date(t)
}

// date is the day of the month and the month, without the weekday.
func (l Lang) date(t time.Time) string {
	if l == English {
		return strconv.Itoa(t.Day()) + nbsp + t.Month().String()
	}
	day := strconv.Itoa(t.Day())
	if t.Day() == 1 {
		day = "1er"
	}
	return day + nbsp + hours.French.Month(t.Month())
}

// Moment is the day and the hour in full: "lundi 8 avril à 7 h 00".
func (l Lang) Moment(t time.Time) string {
	return l.Day(t) + l.Say(" à ", " at ") + l.Clock(t)
}

// Moment is the day and the hour in full, with the year when it is not this one.
func (f Frame) Moment(t time.Time) string {
	return f.Day(t) + f.Say(" à ", " at ") + f.Lang.Clock(t)
}

// Day is the day in full, with the year when it is not this one.
func (f Frame) Day(t time.Time) string {
	if f.Now.IsZero() || t.Year() == f.Now.Year() {
		return f.Lang.Day(t)
	}
	return f.Lang.Day(t) + nbsp + strconv.Itoa(t.Year())
}

// Clock is the hour.
func (f Frame) Clock(t time.Time) string { return f.Lang.Clock(t) }

// Near is an instant in as few words as make it plain: "demain à 7 h 00",
// "aujourd'hui à 21 h 14", otherwise Moment.
func (f Frame) Near(t time.Time) string {
	word := ""
	switch dayNumber(t) - dayNumber(f.Now) {
	case -1:
		word = f.Say("hier", "yesterday")
	case 0:
		word = f.Say("aujourd'hui", "today")
	case 1:
		word = f.Say("demain", "tomorrow")
	default:
		return f.Moment(t)
	}
	return word + f.Say(" à ", " at ") + f.Clock(t)
}

// Until is the end of something in words: "jusqu'à 23 h 00" today, "jusqu'à
// demain 7 h 00", "jusqu'au lundi 8 avril à 7 h 00"; "jusqu'à nouvel ordre" for
// the zero time.
func (f Frame) Until(t time.Time) string {
	if t.IsZero() {
		return f.Say("jusqu'à nouvel ordre", "until further notice")
	}
	switch dayNumber(t) - dayNumber(f.Now) {
	case 0:
		return f.Say("jusqu'à ", "until ") + f.Clock(t)
	case 1:
		return f.Say("jusqu'à demain ", "until tomorrow at ") + f.Clock(t)
	default:
		return f.Say("jusqu'au ", "until ") + f.Moment(t)
	}
}

// Brief is an instant for a list: the hour today, else the date.
func (f Frame) Brief(t time.Time) string {
	if dayNumber(t) == dayNumber(f.Now) {
		return f.Clock(t)
	}
	month := frenchShort[t.Month()-1]
	if f.Lang == English {
		month = englishMonths[t.Month()-1]
	}
	if t.Year() != f.Now.Year() {
		return fmt.Sprintf("%d"+nbsp+"%s"+nbsp+"%d", t.Day(), month, t.Year())
	}
	return fmt.Sprintf("%d"+nbsp+"%s", t.Day(), month)
}

// dayNumber counts civil days, so that days can be compared whatever the hour.
func dayNumber(t time.Time) int {
	return int(time.Date(t.Year(), t.Month(), t.Day(), 0, 0, 0, 0, time.UTC).Unix() / 86400)
}

// machine is an instant for a datetime attribute.
func machine(t time.Time) string { return t.Format(time.RFC3339) }
