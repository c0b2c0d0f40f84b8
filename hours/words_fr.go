package hours

import (
	"fmt"
	"strings"
)

// nbsp is the no-break space that French typography puts between a number and
// its unit and before high punctuation.
const nbsp = "\u00a0"

var (
	frenchWeekdays = [...]string{"dimanche", "lundi", "mardi", "mercredi", "jeudi", "vendredi", "samedi"}
	frenchMonths   = [...]string{"", "janvier", "février", "mars", "avril", "mai", "juin", "juillet", "août", "septembre", "octobre", "novembre", "décembre"}
	frenchNth      = map[int]string{1: "premier", 2: "deuxième", 3: "troisième", 4: "quatrième", 5: "cinquième", -1: "dernier", -2: "avant-dernier"}
)

const (
	frenchAnd    = " et "
	frenchAllDay = "toute la journée"
)

var french = grammar{
	everyDay: "tous les jours", allDay: frenchAllDay, always: "ouvert en permanence",
	closed: "fermé", unknown: "à confirmer", otherwise: "à défaut, ",
	except: ", sauf ", also: ", ainsi que ", but: "mais ", then: nbsp + "; ",
	and:     frenchAnd,
	comment: [2]string{"(«" + nbsp, nbsp + "»)"},

	weekday: frenchWeekday, holiday: frenchHoliday, date: frenchDate,
	years: frenchYears, weeks: frenchWeeks, time: frenchTime,
}

func frenchWeekday(w weekdays) string {
	switch {
	case len(w.nth) > 1:
		return list(frenchAnd, nthWeekdays(w), frenchWeekday)
	case len(w.nth) == 1:
		return frenchOffset(w.offset, frenchNthDay(w.nth[0], frenchWeekdays[w.from])+" du mois")
	case w.from == w.to:
		return "le " + frenchWeekdays[w.from]
	default:
		return "du " + frenchWeekdays[w.from] + " au " + frenchWeekdays[w.to]
	}
}

// frenchNthDay says "le dernier dimanche".
func frenchNthDay(n int, weekday string) string {
	if n == -2 {
		return "l’avant-dernier " + weekday
	}
	if ordinal, ok := frenchNth[n]; ok {
		return "le " + ordinal + " " + weekday
	}
	return fmt.Sprintf("le %s %s avant la fin", frenchNth[-n], weekday)
}

// frenchOffset says a day by its distance from another, whose article it joins
// to "de".
func frenchOffset(days int, from string) string {
	of := "de " + from
	if rest, ok := strings.CutPrefix(from, "le "); ok {
		of = "du " + rest
	}
	if rest, ok := strings.CutPrefix(from, "les "); ok {
		of = "des " + rest
	}
	switch {
	case days == 0:
		return from
	case days == 1:
		return "le lendemain " + of
	case days == -1:
		return "la veille " + of
	case days > 0:
		return fmt.Sprintf("%d%sjours après %s", days, nbsp, from)
	default:
		return fmt.Sprintf("%d%sjours avant %s", -days, nbsp, from)
	}
}

func frenchHoliday(h holiday, bare bool) string {
	name := "jours fériés"
	if h.school {
		name = "vacances scolaires"
	}
	switch {
	case h.offset != 0:
		return frenchOffset(h.offset, "les "+name)
	case bare:
		return name
	case h.school:
		return "pendant les " + name
	default:
		return "les " + name
	}
}

func frenchDate(d dateRange) string {
	from, to := frenchPoint(d.from), frenchPoint(d.to)
	switch {
	case d.isMonths() && (d.single || d.from.month == d.to.month):
		return "en " + from
	case d.isMonths() && strings.ContainsAny(from[:1], "ao"):
		return "d’" + from + " à " + to
	case d.isMonths():
		return "de " + from + " à " + to
	case d.single:
		return from
	case d.to.kind == easterDay:
		return frenchFrom(from) + " jusqu’à " + frenchPoint(dayBefore(d.to)) + " inclus"
	default:
		return frenchFrom(from) + " " + frenchUpTo(to)
	}
}

// dayBefore is the last day of a range that ends with easter.
func dayBefore(p datePoint) datePoint {
	p.offset--
	return p
}

// frenchFrom and frenchUpTo join the prepositions to the article.
func frenchFrom(point string) string {
	if rest, ok := strings.CutPrefix(point, "le "); ok {
		return "du " + rest
	}
	return "de " + point
}

func frenchUpTo(point string) string {
	if rest, ok := strings.CutPrefix(point, "le "); ok {
		return "au " + rest
	}
	return "à " + point
}

func frenchPoint(p datePoint) string {
	year := ""
	if p.year != 0 {
		year = fmt.Sprintf(" %d", p.year)
	}
	switch p.kind {
	case easterDay:
		return frenchOffset(p.offset, "le dimanche de Pâques"+year)
	case nthDay:
		of := " de "
		if strings.ContainsAny(frenchMonths[p.month][:1], "ao") {
			of = " d’"
		}
		return frenchOffset(p.offset, frenchNthDay(p.nth, frenchWeekdays[p.weekday])+of+frenchMonths[p.month]+year)
	case monthDay:
		if p.day == 1 {
			return "le 1er" + nbsp + frenchMonths[p.month] + year
		}
		return fmt.Sprintf("le %d%s%s%s", p.day, nbsp, frenchMonths[p.month], year)
	default:
		return frenchMonths[p.month]
	}
}

func frenchYears(y yearRange) string {
	if y.from == y.to {
		return fmt.Sprintf("en %d", y.from)
	}
	return fmt.Sprintf("de %d à %d", y.from, y.to)
}

func frenchWeeks(w weekRange) string {
	if w.from == w.to {
		return fmt.Sprintf("la semaine%s%d", nbsp, w.from)
	}
	return fmt.Sprintf("les semaines%s%d à %d", nbsp, w.from, w.to)
}

func frenchTime(t timeSpan) string {
	if t.isFullDay() {
		return frenchAllDay
	}
	return "de " + frenchClock(t.from) + " à " + frenchEnd(t)
}

// frenchEnd says the end of a span, on the day on which it falls.
func frenchEnd(t timeSpan) string {
	if t.to <= minutesOfDay {
		return frenchClock(t.to)
	}
	return frenchClock(t.to-minutesOfDay) + " le lendemain"
}

func frenchClock(minute int) string {
	if minute%60 == 0 {
		return fmt.Sprintf("%d%sh", minute/60, nbsp)
	}
	return fmt.Sprintf("%d%sh%s%02d", minute/60, nbsp, nbsp, minute%60)
}
