package school

import (
	"slices"
	"strings"
)

// countryCodes are the officially assigned alpha-2 codes of ISO 3166-1.
var countryCodes = strings.Fields("AD AE AF AG AI AL AM AO AQ AR AS AT AU AW AX AZ BA BB BD BE BF BG BH BI BJ BL BM BN BO BQ BR BS BT BV BW BY BZ " +
	"CA CC CD CF CG CH CI CK CL CM CN CO CR CU CV CW CX CY CZ DE DJ DK DM DO DZ EC EE EG EH ER ES ET FI FJ FK FM FO FR " +
	"GA GB GD GE GF GG GH GI GL GM GN GP GQ GR GS GT GU GW GY HK HM HN HR HT HU ID IE IL IM IN IO IQ IR IS IT JE JM JO JP " +
	"KE KG KH KI KM KN KP KR KW KY KZ LA LB LC LI LK LR LS LT LU LV LY MA MC MD ME MF MG MH MK ML MM MN MO MP MQ MR MS MT MU MV MW MX MY MZ " +
	"NA NC NE NF NG NI NL NO NP NR NU NZ OM PA PE PF PG PH PK PL PM PN PR PS PT PW PY QA RE RO RS RU RW SA SB SC SD SE SG SH SI SJ SK SL SM SN SO SR SS ST SV SX SY SZ " +
	"TC TD TF TG TH TJ TK TL TM TN TO TR TT TV TW TZ UA UG UM US UY UZ VA VC VE VG VI VN VU WF WS YE YT ZA ZM ZW")

// frenchCodes are France and its territories that have a code of their own: a
// connection from them does not come from FR.
var frenchCodes = []string{"BL", "FR", "GF", "GP", "MF", "MQ", "NC", "PF", "PM", "RE", "TF", "WF", "YT"}

// AllFrance stands, where countries are listed, for France with all its territories.
const AllFrance = "FR+"

// French are the codes that AllFrance stands for, in alphabetical order.
func French() []string { return slices.Clone(frenchCodes) }

// IsFrench reports whether a code is that of France or of one of its territories.
func IsFrench(code string) bool { return slices.Contains(frenchCodes, code) }

// IsCountry reports whether a code is one of ISO 3166-1 (alpha-2).
func IsCountry(code string) bool {
	_, found := slices.BinarySearch(countryCodes, code)
	return found
}

// Countries are all codes of ISO 3166-1, in alphabetical order.
func Countries() []string { return slices.Clone(countryCodes) }

// CountriesOf is what one word of a list of countries stands for; none where it is
// neither a code nor AllFrance.
func CountriesOf(word string) []string {
	switch {
	case word == AllFrance:
		return French()
	case IsCountry(word):
		return []string{word}
	}
	return nil
}

// CountrySet is the codes that a list of words stands for, each once, in
// alphabetical order.
func CountrySet(words []string) (codes []string) {
	for _, w := range words {
		codes = append(codes, CountriesOf(w)...)
	}
	slices.Sort(codes)
	return slices.Compact(codes)
}

// CountryWords are the fewest words for a list of codes: AllFrance where all of its
// codes stand there, and first.
func CountryWords(codes []string) []string {
	for _, f := range frenchCodes {
		if !slices.Contains(codes, f) {
			return codes
		}
	}
	return append([]string{AllFrance}, slices.DeleteFunc(slices.Clone(codes), IsFrench)...)
}
