package wire

import (
	"fmt"
	"net/http"
	"time"

	"github.com/ecluse-ecole/ecluse/hours"
)

// Language is the one in which a request's reader is spoken to: fr or en, by
// Accept-Language, French where it does not say.
func Language(r *http.Request) string { return language(r.Header.Get("Accept-Language")) }

// Moment is an instant in words, by the clock that it carries, with its year: a
// page may stay open, and a letter of refusal is read later. "lundi 8 avril 2024 à
// 7 h 00" in French, "Monday 8 April 2024 at 07:00" in any other language.
func Moment(lang string, t time.Time) string {
	if lang != "fr" {
		return t.Format("Monday 2 January 2006 at 15:04")
	}
	day := fmt.Sprint(t.Day())
	if t.Day() == 1 {
		day = "1er"
	}
	return fmt.Sprintf("%s %s\u00a0%s %d à %d\u00a0h\u00a0%02d", hours.French.Weekday(t.Weekday()), day, hours.French.Month(t.Month()), t.Year(), t.Hour(), t.Minute())
}
