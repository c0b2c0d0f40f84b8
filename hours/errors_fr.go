package hours

// frenchSentences is the French of each English format of this package, with the
// same arguments in the same order. Ordinary spaces stand where French sets
// no-break ones; frenchFormat sets them. A test holds it against the sources.
var frenchSentences = map[string]string{
	// The whole value.
	"the value is empty: write for example Mo-Fr 07:00-19:00":                 "aucun horaire n’est écrit : écrivez par exemple « Mo-Fr 07:00-19:00 »",
	"the value is longer than %d bytes: shorten it":                           "ce texte dépasse %d octets : raccourcissez-le",
	"the value has more than %d rules: simplify it":                           "ce texte compte plus de %d règles : simplifiez-le",
	"the value has more than %d selectors: simplify it":                       "ce texte compte plus de %d jours, dates et heures : simplifiez-le",
	"the value names more than %d different times: simplify it":               "ce texte cite plus de %d heures différentes : simplifiez-le",
	"the value is not valid UTF-8: type it again":                             "ce texte contient un caractère illisible (il n’est pas en UTF-8) : retapez-le",
	"the character %q has no place here: put free text between double quotes": "le caractère « %s » n’a pas sa place ici : mettez un texte libre entre guillemets droits",

	// Words, numbers and signs.
	"the word %s is not written as the language writes it: write %s":                           "le mot %s ne s’écrit pas ainsi : écrivez « %s »",
	"the word %s is not known: put free text between double quotes":                            "le mot %s n’est pas connu : mettez un texte libre entre guillemets droits",
	"the number %s has no place here: write times as 07:00, dates as Jan 09, weeks as week 02": "le nombre « %s » n’a pas sa place ici : écrivez les heures comme « 07:00 », les dates comme « Jan 09 », les semaines comme « week 02 »",
	"the number is too long: years have four digits, days and weeks two":                       "ce nombre est trop long : écrivez les années avec quatre chiffres, les jours et les semaines avec deux",
	"%s has no place here: remove it":                                                          "%s n’a pas sa place ici : retirez-le",
	"nothing follows this colon: remove it":                                                    "rien ne suit ces deux-points : retirez-les",
	`the comment has no end: close it with "`:                                                  `le commentaire n’a pas de fin : fermez-le par un guillemet droit (")`,
	"the comment is empty: write something in it, or leave it out":                             "le commentaire est vide : écrivez-y quelque chose, ou supprimez-le",
	"the comment has a character that cannot be printed: remove it":                            "le commentaire contient un caractère invisible : retirez-le",
	"the rule has two comments: join them into one":                                            "la règle a deux commentaires : réunissez-les en un seul",

	// The rules and the order of their parts.
	"a rule is missing before %s: write it, or remove the separator":                                               "il manque une règle avant %s : écrivez-la, ou retirez le séparateur",
	"what follows this comma does not continue the list: use ; for a new rule":                                     "ce qui suit cette virgule ne continue pas la liste : pour une nouvelle règle, écrivez « ; »",
	"%s comes too late in its rule: the order is years, months and dates, weeks, holidays, weekdays, times, state": "%s vient trop tard dans sa règle : suivez l’ordre années, mois et dates, semaines, jours fériés ou vacances, jours de la semaine, heures, état",
	"%s stands beside another of its kind: join them with a comma, or use ; for a new rule":                        "%s suit un élément de même nature : joignez-les par une virgule, ou écrivez « ; » pour une nouvelle règle",

	// What the profile leaves out.
	"times that depend on the sun are not in the profile: write a clock time such as 08:00": "les heures qui dépendent du soleil ne sont pas acceptées : écrivez une heure d’horloge, comme « 08:00 »",
	"seasons are not in the profile: write dates, such as Mar 20-Jun 20":                    "les saisons ne sont pas acceptées : écrivez des dates, comme « Mar 20-Jun 20 »",
	"steps and periods are not in the profile: write the values one by one":                 "les intervalles réguliers (« / ») ne sont pas acceptés : écrivez les valeurs une à une",
	"open ends are not in the profile: write the closing time":                              "une plage sans fin (« + ») n’est pas acceptée : écrivez l’heure de fermeture",
	"a single time is not in the profile: write a span such as 07:00-19:00":                 "une heure seule n’est pas acceptée : écrivez une plage, comme « 07:00-19:00 »",

	// Times.
	"the time is not written with two digits each: write it as 07:00":                                             "l’heure et les minutes s’écrivent avec deux chiffres chacune : écrivez par exemple « 07:00 »",
	"an hour has minutes 00 to 59: correct the time":                                                              "les minutes vont de 00 à 59 : corrigez l’heure",
	"a time span starts before 24:00: write it on the next day":                                                   "une plage commence avant 24:00 : écrivez-la au jour suivant",
	"a time span ends at 48:00 at the latest":                                                                     "une plage finit au plus tard à 48:00, soit minuit le lendemain : avancez sa fin",
	"a closing time such as 19:00 is expected, and not %s":                                                        "il faut ici une heure de fermeture, comme « 19:00 », et non %s",
	"a closing time such as 19:00 is expected, and not %s: times of the sun and free text are not in the profile": "il faut ici une heure de fermeture, comme « 19:00 », et non %s : les heures du soleil et le texte libre ne sont pas acceptés",
	"24/7 stands beside other times: write one or the other":                                                      "« 24/7 » voisine avec d’autres heures : gardez l’un ou les autres",

	// Years, months and dates.
	"a year of four digits is expected, and not %s":                                        "il faut ici une année de quatre chiffres, et non %s",
	"the year %d is outside %d to %d: check it":                                            "l’année %d n’est pas comprise entre %d et %d : vérifiez-la",
	"the range of years ends at or before its start: write the earlier year first":         "la suite d’années ne finit pas après son début : écrivez d’abord l’année la plus ancienne",
	"a month such as Jan is expected, and not %s":                                          "il faut ici un mois, comme « Jan », et non %s",
	"a day of the month has two digits: write %02d":                                        "un jour du mois s’écrit avec deux chiffres : écrivez « %02d »",
	"%s has no day %s: check the date":                                                     "le mois « %s » n’a pas de jour %s : vérifiez la date",
	"the day %s has no month of its own: write the month before it":                        "le jour « %s » n’a pas de mois à lui : écrivez le mois devant",
	"an end of a range is one day: write one number between the brackets":                  "une limite de période est un seul jour : écrivez un seul nombre entre les crochets",
	"the range joins a month and a date: write both as dates, such as Mar 01-Oct 15":       "la période va d’un mois à une date : écrivez deux dates, comme « Mar 01-Oct 15 »",
	"one end of the range has a year: write it on both ends":                               "une seule des deux limites de la période a une année : écrivez-la aux deux",
	"the range ends before it starts: write the earlier date first":                        "la période finit avant de commencer : écrivez d’abord la date la plus ancienne",
	"the range may start or end in another year: write that end as a date":                 "la période peut commencer ou finir dans une autre année : écrivez cette limite comme une date",
	"29 February does not exist in every year: use Feb 28 or Mar 01 as the end of a range": "le 29 février n’existe pas chaque année : prenez « Feb 28 » ou « Mar 01 » pour limite de la période",

	// Weeks, weekdays and holidays.
	"a week is a number of two digits between 01 and 53, and not %s":                   "il faut ici une semaine de 01 à 53, sur deux chiffres, et non %s",
	"the range of weeks ends before it starts: write it as two ranges":                 "la suite de semaines finit avant de commencer : écrivez-la en deux suites",
	"a weekday such as Fr is expected, and not %s":                                     "il faut ici un jour de la semaine, comme « Fr », et non %s",
	"an nth weekday such as Su[1] is expected, and not %s":                             "il faut ici le rang d’un jour dans le mois, comme « Su[1] », et non %s",
	"the range of numbers ends before it starts: write the smaller first":              "la suite de nombres finit avant de commencer : écrivez d’abord le plus petit",
	"a ] or another number is expected, and not %s":                                    "il faut ici un crochet fermant « ] » ou un autre nombre, et non %s",
	"the nth weekday of a month is a number from 1 to 5, or -1 to -5 from its end":     "le rang d’un jour dans le mois est un nombre de 1 à 5, ou de -1 à -5 en partant de la fin : corrigez-le",
	"the day offset must lie between %d and +%d and not be 0":                          "le décalage en jours doit être compris entre %d et +%d, et n’être pas nul : corrigez-le",
	"a day offset needs a certain day: write Mo[1] +1 day, PH +1 day or easter +1 day": "un décalage en jours se compte depuis un jour précis : écrivez « Mo[1] +1 day », « PH +1 day » ou « easter +1 day »",
	"a day offset on school holidays is not in the profile: write the dates":           "un décalage en jours sur les vacances scolaires n’est pas accepté : écrivez les dates",

	// Doubts.
	"a month after the times belongs to the same rule: if a new rule is meant, put ; before it":                         "un mois écrit après les heures appartient à la même règle : si vous vouliez une nouvelle règle, mettez « ; » devant",
	"time spans side by side are read as one list: join them with a comma":                                              "des plages écrites côte à côte se lisent comme une seule liste : joignez-les par une virgule",
	"a comment without open or off means unknown, and unknown closes: write open or off before it":                      "un commentaire sans « open » ni « off » veut dire « inconnu », et ce qui est inconnu est fermé : écrivez « open » ou « off » devant",
	"a fallback (||) speaks wherever the rules before it are closed, off included":                                      "une règle de repli (« || ») vaut partout où les règles qui la précèdent ferment, même par « off » : vérifiez que c’est voulu",
	"the range %s ends on the day before its last, as the reference implementation reads a range that ends with easter": "la période « %s » finit la veille de son dernier jour, selon la lecture de référence d’une période qui finit par « easter » : vérifiez que c’est voulu",
	"%s comes every year: the year written before it in the list is not its own":                                        "« %s » revient chaque année : l’année écrite avant dans la liste ne vaut pas pour cette date ; répétez-la au besoin",
	"%s does not exist: check the date":                                                                                 "« %s » n’existe pas : vérifiez la date",
	"%q has no effect: %q replaces every day":                                                                           "« %s » est sans effet : « %s » remplace tous les jours ; écrivez l’horaire général en premier",
	"%q stands before %q, which opens on holidays again: write it last":                                                 "« %s » est écrit avant « %s », qui rouvre les jours fériés ou de vacances : écrivez-le en dernier",
	"what %q leaves after midnight is cut at midnight where %q holds on the next day":                                   "ce que « %s » laisse ouvert après minuit est coupé à minuit quand « %s » vaut le lendemain : vérifiez que c’est voulu",
	"%q names no days, so it holds every day and not only on the days of the rule before it":                            "« %s » ne nomme aucun jour et vaut donc tous les jours, pas seulement ceux de la règle qui précède : écrivez les jours devant",
}
