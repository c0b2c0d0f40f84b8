package order

import (
	"fmt"
	"strconv"
	"strings"

	"github.com/ecluse-ecole/ecluse/hours"
	"github.com/ecluse-ecole/ecluse/internal/school"
)

// frenchSentences is the French of each English format and term of this package,
// with the same arguments in the same order. Ordinary spaces stand where French
// sets no-break ones; french sets them. A test holds it against the sources.
var frenchSentences = map[string]string{
	// The file.
	"the file holds no order: begin with a line such as order: FR/13/079/2024-0001": "ce texte ne contient aucun ordre : commencez par une ligne comme « order: FR/13/079/2024-0001 »",
	"the file holds %d documents: write one order a file":                           "ce texte contient %d documents : écrivez un seul ordre à la fois",
	"the file has %d bytes: an order has at most %d":                                "ce texte compte %d octets et un ordre %d au plus : raccourcissez-le",
	"the file has %d parts: an order has at most %d":                                "ce texte compte %d éléments et un ordre %d au plus : raccourcissez-le",
	"the file is not UTF-8 text here: save it as UTF-8":                             "le texte n’est pas en UTF-8 ici : enregistrez-le en UTF-8",
	"the hidden character U+%04X stands here: delete it":                            "le caractère invisible U+%04X se trouve ici : supprimez-le",
	"%s holds the hidden character U+%04X: delete it":                               "%s contient le caractère invisible U+%04X : supprimez-le",
	"lists and mappings stand more than %d deep here: an order needs four":          "les listes et les groupes sont ici emboîtés plus de %d fois : un ordre se contente de quatre, simplifiez",
	"this is not YAML: %v": "ce n’est pas du YAML : vérifiez les guillemets, les crochets et les retraits (détail technique, en anglais : %v)",
	"this is not YAML: %s; check the quotes, brackets and indentation here":                                                  "ce n’est pas du YAML : vérifiez ici les guillemets, les crochets et les retraits (détail technique, en anglais : %s)",
	"anchors (&) are not allowed in an order: write the value out":                                                           "les ancres (« & ») ne sont pas acceptées dans un ordre : écrivez la valeur en toutes lettres",
	"merge keys (<<) are not allowed in an order: write the values out":                                                      "les clés de fusion (« << ») ne sont pas acceptées dans un ordre : écrivez les valeurs en toutes lettres",
	"directives (%%) are not allowed in an order: delete the line":                                                           "les directives (« %% ») ne sont pas acceptées dans un ordre : supprimez la ligne",
	"question-mark keys (?) are not allowed in an order: write key: value":                                                   "les clés à point d’interrogation (« ? ») ne sont pas acceptées dans un ordre : écrivez « clé: valeur »",
	"aliases (*) are not allowed in an order: write the value out, or put it in quotes if it begins with a star":             "les alias (« * ») ne sont pas acceptés dans un ordre : écrivez la valeur en toutes lettres, ou entre guillemets droits si elle commence par une étoile",
	"tags (!) are not allowed in an order: write the value alone, or put it in quotes if it begins with an exclamation mark": "les étiquettes (« ! ») ne sont pas acceptées dans un ordre : écrivez la valeur seule, ou entre guillemets droits si elle commence par un point d’exclamation",

	// Keys and kinds of value.
	"%s has no %s: %s":     "%s n’a pas de %s : %s",
	"%s is empty: %s":      "%s est vide : %s",
	"%s has no key %q: %s": "%s n’a pas de clé « %s » : %s",
	"did you mean %s?":     "vouliez-vous écrire « %s » ?",
	"the keys are %s":      "les clés possibles sont %s",
	"the key %q stands twice in %s, first on line %d: keep one": "la clé « %s » figure deux fois dans %s, d’abord à la ligne %d : n’en gardez qu’une",
	"%s is %s: write key: value lines, with the keys %s":        "%s est %s : écrivez des lignes « clé: valeur », avec les clés %s",
	"%s is %s: write one text":                                  "%s est %s : écrivez un seul texte",
	"%s is %s: write a list, such as [a, b]":                    "%s est %s : écrivez une liste, comme « [a, b] »",
	"%s is %s: write true or false":                             "%s est %s : écrivez « true » (oui) ou « false » (non)",
	"%s is %s: write a whole number between %d and %d":          "%s est %s : écrivez un nombre entier entre %d et %d",
	"%s has %d characters: write at most %d":                    "%s compte %d caractères : écrivez-en %d au plus",
	"%s is an empty list: leave the key out":                    "%s est une liste vide : supprimez la clé",
	"%q stands twice in %s: keep one":                           "« %s » figure deux fois dans %s : n’en gardez qu’un",
	"%q is not %s: write one of %s":                             "« %s » n’est pas %s : choisissez parmi %s",
	"%s: false asks for nothing: leave the line out":            "%s n’exige rien avec « false » : supprimez la ligne",
	"a value of %s": "une valeur de %s",
	"%q":            "« %s »",
	"a mapping":     "un groupe de clés",
	"a list":        "une liste",
	"empty":         "vide",
	"an access":     "un accès",
	"a service":     "un service",
	"the order":     "l’ordre",
	"a rule":        "une règle",
	"an exception":  "une exception",
	"applies":       "« applies » (champ d’application)",
	"contact":       "« contact »",
	"limits":        "« limits » (limites)",
	"require":       "« require » (exigences)",

	// What to write for a key that is missing.
	"write its name, such as FR/13/079/2024-0001":                                "écrivez son numéro, comme « FR/13/079/2024-0001 »",
	"write the territory of the office that decides, such as FR/13/079":          "écrivez le territoire de l’autorité qui décide, comme « FR/13/079 »",
	"write issue, update or cancel":                                              "écrivez « issue » (nouvel ordre), « update » (remplacement) ou « cancel » (levée)",
	"write one line that says what is closed and for whom":                       "écrivez une ligne qui dit ce qui est fermé, et pour qui",
	"write the first instant at which it binds, such as 2024-03-29T00:00":        "écrivez l’instant où il commence à valoir, comme « 2024-03-29T00:00 »",
	"write why, for the people who will find their messages closed":              "écrivez pourquoi, pour les personnes qui trouveront leur messagerie fermée",
	"write the office to call, with its phone or email":                          "écrivez le service à appeler, avec son téléphone ou son adresse électronique",
	"name the office that answers questions":                                     "nommez le service qui répond aux questions",
	"write the territory that is bound, such as applies: {territory: FR/13/079}": "écrivez le territoire concerné, comme « applies: {territory: FR/13/079} »",
	"write the territory that is bound, such as FR/13/079":                       "écrivez le territoire concerné, comme « FR/13/079 »",
	"write why the school is left out":                                           "écrivez pourquoi l’établissement est laissé de côté",
	"write the school's code (UAI), such as 0790001X":                            "écrivez le code de l’établissement (UAI), comme « 0790001X »",
	"write at least one, such as - {roles: [pupil], hours: \"off\"}":             "écrivez-en au moins une, comme « - {roles: [pupil], hours: \"off\"} »",
	"write whom it binds, such as [pupil] or [adults]":                           "écrivez pour qui elle vaut, comme « [pupil] » (élèves) ou « [adults] » (adultes)",
	`write when the access holds, such as "07:00-23:00", "off" or "24/7"`:        "écrivez quand l’accès est ouvert, comme « \"07:00-23:00\" », « \"off\" » (jamais) ou « \"24/7\" » (toujours)",

	// Numbers of orders, places and schools.
	"%q is not an order's name: write the issuer, the year and a number, such as FR/13/079/2024-0001":                  "« %s » n’est pas un numéro d’ordre : écrivez l’émetteur, l’année et un nombre, comme « FR/13/079/2024-0001 »",
	"%q is not an order's name: after the issuer write the year and a number of four to six digits, such as 2024-0001": "« %s » n’est pas un numéro d’ordre : après l’émetteur, écrivez l’année et un nombre de quatre à six chiffres, comme « 2024-0001 »",
	"%q is not an order's name: %s":                                                                        "« %s » n’est pas un numéro d’ordre (%s)",
	"%q is not a territory: write a path such as FR/13/079":                                                "« %s » n’est pas un territoire : écrivez un chemin qui commence par FR, de cinq parties au plus, en capitales et en chiffres, comme « FR/13/079 »",
	"%q is not a role: write one of pupil, guardian, teacher, staff, head, adults, everyone":               "« %s » n’est pas un profil : choisissez parmi pupil (élèves), guardian (responsables), teacher (enseignants), staff (autres personnels), head (direction), adults (adultes), everyone (tous)",
	"%q is not a school code (UAI): write its seven digits and its check letter":                           "« %s » n’est pas un code d’établissement (UAI) : vérifiez ses sept chiffres et sa lettre de contrôle",
	"the first digits of %s are no département's: check the code":                                          "les premiers chiffres de %s ne sont ceux d’aucun département : vérifiez le code",
	"school %s stands in %s (%s), outside the scope %s: correct the code or delete the exception":          "l’établissement %s se trouve dans %s (%s), hors du territoire %s : corrigez le code ou supprimez l’exception",
	"school %s stands twice in except: keep one":                                                           "l’établissement %s figure deux fois dans les exceptions : n’en gardez qu’une",
	"the name %s does not begin with the issuer %s: an office names its own orders %s/YEAR-NUMBER":         "le numéro %s ne commence pas par l’émetteur %s : une autorité numérote ses ordres %s/ANNÉE-NOMBRE",
	"the scope %s is outside its issuer's territory %s: an office binds only schools of its own territory": "le champ d’application %s sort du territoire %s de l’émetteur : choisissez des établissements de ce territoire",
	"the name says %d, but the order begins in %d":                                                         "le numéro dit %d, mais l’ordre commence en %d : vérifiez l’année",

	// References to other orders.
	"the order refers to itself: name the order that it changes or lifts":                            "l’ordre se désigne lui-même : désignez l’ordre qu’il remplace ou qu’il lève",
	"an issue has no references: write type: update to replace an order, or type: cancel to lift it": "un nouvel ordre n’en désigne aucun autre : écrivez « type: update » pour remplacer un ordre, ou « type: cancel » pour le lever",
	"%s must name the orders it ends: add references: [FR/13/079/2024-0001]":                         "%s doit désigner les ordres auxquels il met fin : ajoutez « references: [FR/13/079/2024-0001] »",
	"an update": "un ordre qui remplace (« update »)",
	"a cancel":  "un ordre qui lève (« cancel »)",
	"two different orders are both named %s: an order never changes; give the second its own number":                                   "deux ordres différents portent le numéro %s : un ordre ne change jamais, donnez au second son propre numéro",
	"%s refers to %s, which is not among the orders: add that order or correct the name":                                               "%s désigne %s, qui n’est pas parmi les ordres connus : ajoutez cet ordre ou corrigez le numéro",
	"%s cannot end %s: only its issuer %s or a level above may; the reference is void":                                                 "%s ne peut pas mettre fin à %s, qui reste valable : adressez-vous à son émetteur %s ou à un niveau au-dessus",
	"%s cannot end %s: one is an exercise and the other is not; the reference is void":                                                 "%s ne peut pas mettre fin à %s, qui reste valable, car l’un est un exercice et l’autre non : désignez un ordre de même nature",
	"%s cannot lift %s: it applies to fewer schools or services; write an update that keeps the rest; the reference is void":           "%s ne peut pas lever %s, qui reste valable, car il vaut pour moins d’établissements ou de services : remplacez-le par un ordre qui garde le reste",
	"%s stands in a circle of orders that end each other at the same instant: they all keep binding; cancel them from a later instant": "%s fait partie d’ordres qui se mettent fin les uns aux autres au même instant : tous restent valables ; levez-les à partir d’un instant plus tardif",

	// Times.
	"%q is not a date and time: write it as 2024-03-29T00:00":                                  "« %s » n’est pas une date suivie d’une heure : écrivez-la comme « 2024-03-29T00:00 »",
	"%q carries an offset, but an order speaks of each school's own wall clock: write %sT%.5s": "« %s » porte un décalage horaire, mais un ordre parle de l’heure de chaque établissement : écrivez « %sT%.5s »",
	"%q is not a day of the calendar: write an existing day as 2024-03-29":                     "« %s » n’est pas un jour du calendrier : écrivez un jour qui existe, comme « 2024-03-29 »",
	"%q is outside the years %d to %d: check the year":                                         "« %s » est hors des années %d à %d : vérifiez l’année",
	"%q is not a time of day: write it as 07:00 or 07:00:30":                                   "« %s » n’est pas une heure : écrivez-la comme « 07:00 » ou « 07:00:30 »",
	"%q is not a time of day: write it between 00:00 and 23:59, with two digits each":          "« %s » n’est pas une heure : écrivez-la entre « 00:00 » et « 23:59 », avec deux chiffres chacun",
	"a cancel has no until: what is lifted stays lifted; delete the line":                      "une levée n’a pas de fin, car ce qui est levé le reste : supprimez la ligne « until »",
	"until %s is not after from %s: the order would never bind":                                "la fin (%s) ne vient pas après le début (%s), et l’ordre ne vaudrait jamais : corrigez l’une des deux dates",
	"the order has neither until nor review: nobody will be reminded to lift it":               "l’ordre n’a ni fin ni date de réexamen, et rien ne rappellera de le lever : ajoutez l’une ou l’autre",
	"review %s lies before from %s":                                                            "le réexamen (%s) vient avant le début (%s) : vérifiez les dates",
	"review %s lies after until %s":                                                            "le réexamen (%s) vient après la fin (%s) : vérifiez les dates",

	// Rules.
	"a cancel has no rules: delete them, or write type: update": "une levée n’a pas de règles : supprimez-les, ou écrivez « type: update »",
	"the order has %d rules: write between 1 and %d":            "l’ordre a %d règles : écrivez-en entre 1 et %d",
	"hours: %s": "horaires : %s",
	`hours is %s: write one text, such as "07:00-23:00"`:                                                                                  "« hours » (horaires) est %s : écrivez un seul texte, comme « \"07:00-23:00\" »",
	"hours: SH closes where the school holidays of the day are not known yet: keep the calendar imported":                                 "horaires : « SH » ferme les jours dont les vacances scolaires ne sont pas encore connues ; tenez le calendrier à jour",
	"no rule binds %s: the order leaves them free":                                                                                        "aucune règle ne concerne %s : ajoutez-en une si l’ordre ne doit pas les laisser libres",
	`several rules bind %s: the strictest holds at every instant; to add hours write them in one rule, such as "07:00-09:00,17:00-19:00"`: "plusieurs règles concernent %s, et la plus stricte vaut à chaque instant : pour ajouter des heures, écrivez-les dans une seule règle, comme « 07:00-09:00,17:00-19:00 »",
	"outside: %s is looser than access: %s: outside the hours no more is possible than inside":                                            "« outside: %s » est plus souple que « access: %s » : en dehors des heures, ne permettez pas plus que pendant",
	"otherwise stands without require: say what must be met, or delete it":                                                                "« otherwise » (sinon) est écrit sans « require » (exigences) : dites ce qui est exigé, ou supprimez-le",
	"otherwise: %s is looser than access: %s: who lacks something may not do more":                                                        "« otherwise: %s » est plus souple que « access: %s » : ne permettez pas plus à qui ne remplit pas les exigences",
	"limits bound nothing: access: %s sends no message":                                                                                   "les limites ne bornent rien, car « access: %s » n’envoie aucun message : supprimez-les, ou ouvrez davantage",
	"limits is empty: write at least one, such as {recipients: 30}, or leave it out":                                                      "« limits » (limites) est vide : écrivez-en au moins une, comme « {recipients: 30} », ou supprimez la clé",
	"require is empty: write at least one condition, such as {second_factor: true}, or leave it out":                                      "« require » (exigences) est vide : écrivez au moins une condition, comme « {second_factor: true} », ou supprimez la clé",
	"%q is not a country: write a two-letter code of ISO 3166-1 in capitals, such as FR, or FR+ for France with all its territories":      "« %s » n’est pas un pays : écrivez son code ISO 3166-1 de deux lettres capitales, comme « FR », ou « FR+ » pour la France et tous ses territoires",
	"countries lists FR without %s: schools there connect under these codes; FR+ stands for all of them":                                  "les pays comprennent FR, mais pas %s : ajoutez ces codes, sous lesquels les établissements de ces territoires se connectent, ou écrivez « FR+ », qui les comprend tous",

	// Contact and copies.
	"phone %q is not a telephone number: write digits and spaces":     "« %s » n’est pas un numéro de téléphone : écrivez des chiffres et des espaces",
	"email %q is not an e-mail address: write name@domain":            "« %s » n’est pas une adresse électronique : écrivez-la sous la forme nom@domaine",
	"contact has neither phone nor email: people must be able to ask": "le contact n’a ni téléphone ni adresse électronique : donnez l’un ou l’autre, pour que l’on puisse demander",
	"an entry of copies is empty or too long: name one office":        "une ligne des copies est vide ou trop longue : nommez un service par ligne",
}

var frenchSpaces = strings.NewReplacer(" :", "\u00a0:", " ;", "\u00a0;", " !", "\u00a0!", " ?", "\u00a0?", "« ", "«\u00a0", " »", "\u00a0»")

// french is the French of an English format, with its no-break spaces. They are
// set here, so that nothing that was typed is changed.
func french(format string) string { return frenchSpaces.Replace(frenchSentences[format]) }

// A term is a part of a sentence: the name of a section, a remedy.
type term string

// In is the term in a language.
func (t term) In(l hours.Language) string {
	if l == hours.French {
		return french(string(t))
	}
	return string(t)
}

// A keyword is a key of the file. French says what it means beside it, since the
// form, which fills the same keys, shows French labels only.
type keyword string

// In is the key in a language.
func (k keyword) In(l hours.Language) string {
	if l == hours.English {
		return string(k)
	}
	quoted := "«\u00a0" + string(k) + "\u00a0»"
	if label := frenchKeys[k]; label != "" {
		return quoted + " (" + label + ")"
	}
	return quoted
}

// frenchKeys is what a key means; those that read the same in French are left out.
var frenchKeys = map[keyword]string{
	"order": "numéro", "issuer": "émetteur", "status": "nature", "references": "ordres désignés", "title": "titre",
	"basis": "fondement", "applies": "champ d’application", "from": "début", "until": "fin", "review": "réexamen",
	"rules": "règles", "reason": "motif", "territory": "territoire", "degrees": "degrés", "sectors": "secteurs",
	"except": "exceptions", "school": "établissement", "roles": "profils", "hours": "horaires", "access": "accès",
	"outside": "en dehors des heures", "with": "avec", "limits": "limites", "require": "exigences", "otherwise": "sinon",
	"recipients": "destinataires", "per_hour": "messages par heure", "lists": "listes", "attachments": "pièces jointes",
	"links": "liens", "password_since": "mot de passe changé depuis", "second_factor": "second facteur",
	"known_device": "appareil connu", "countries": "pays", "office": "service", "phone": "téléphone",
	"email": "adresse électronique",
}

// people are the roles of a sentence.
type people school.Roles

// String is the words of the file.
func (p people) String() string { return school.Roles(p).String() }

// In names the roles: the words of the file, or "les élèves et la direction".
func (p people) In(l hours.Language) string {
	roles := school.Roles(p)
	switch {
	case l == hours.English:
		return p.String()
	case roles == school.Adults:
		return "les adultes"
	}
	var words []string
	for _, role := range roles.Each() {
		words = append(words, frenchPeople[role])
	}
	if last := len(words) - 1; last > 0 {
		return strings.Join(words[:last], ", ") + " et " + words[last]
	}
	return strings.Join(words, "")
}

var frenchPeople = [school.RoleCount]string{
	school.Pupil: "les élèves", school.Guardian: "les responsables", school.Teacher: "les enseignants",
	school.Staff: "les autres personnels", school.Head: "la direction",
}

// frenchDate is a day as French forms show it: "03/04/2024".
func frenchDate(d hours.Date) string {
	year, month, day := d.Civil()
	return fmt.Sprintf("%02d/%02d/%d", day, month, year)
}

// frenchWall is "03/04/2024 à 7 h 00", with seconds only when there are some.
func frenchWall(w Wall) string {
	text := fmt.Sprintf("%s à %d\u00a0h\u00a0%02d", frenchDate(w.Date), w.Second/3600, w.Second/60%60)
	if s := w.Second % 60; s != 0 {
		text += fmt.Sprintf("\u00a0min\u00a0%02d\u00a0s", s)
	}
	return text
}

// printable escapes what cannot be seen: « and » do not, as %q does.
func printable(s string) string {
	quoted := strconv.Quote(s)
	return strings.NewReplacer(`\"`, `"`, `\\`, `\`).Replace(quoted[1 : len(quoted)-1])
}
