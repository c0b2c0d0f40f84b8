package stolen

import (
	"encoding/csv"
	"strings"
)

// separators stand between the parts of a line.
const separators = ":;|\t, "

// separated reads a line whose parts stand one after the other.
func separated(line string) (claims []Claim) {
	front, rest, hasScheme := cutScheme(line)
	if hasScheme && front != "" { // login, password, address
		sep := front[len(front)-1:]
		if login, password, ok := strings.Cut(front[:len(front)-1], sep); ok && strings.Contains(separators, sep) {
			claims = append(claims, Claim{hostOf(rest), login, password})
		}
	}
	for _, sep := range strings.Split(separators, "") {
		switch {
		case hasScheme && front == "":
			claims = append(claims, addressed(rest, sep)...)
		default:
			claims = append(claims, bare(line, sep)...)
		}
	}
	return claims
}

// cutScheme finds an address with its scheme: what stands before, and after "://".
func cutScheme(line string) (front, rest string, found bool) {
	i := strings.Index(line, "://")
	if i < 0 {
		return "", line, false
	}
	start := i
	for start > 0 && (line[start-1]|0x20 >= 'a' && line[start-1]|0x20 <= 'z') {
		start--
	}
	return line[:start], line[i+len("://"):], start < i
}

// addressed reads an address without its scheme, a login and a password.
func addressed(rest, sep string) (claims []Claim) {
	if f := strings.SplitN(rest, sep, 3); len(f) == 3 {
		claims = append(claims, Claim{hostOf(f[0]), f[1], f[2]})
	}
	if f := strings.SplitN(rest, sep, 4); len(f) == 4 && ofAddress(f[1]) {
		claims = append(claims, Claim{hostOf(f[0]), f[2], f[3]})
	}
	return claims
}

// ofAddress reports whether what follows a separator may still belong to the
// address: a port, a parameter of a path.
func ofAddress(s string) bool {
	digits := strings.TrimLeft(s, "0123456789")
	port := len(s) > len(digits) && len(s)-len(digits) <= 5 && (digits == "" || strings.ContainsRune("/?#", rune(digits[0])))
	return port || strings.ContainsAny(s, "=/")
}

// bare reads a line without a scheme: with an address, or without one.
func bare(line, sep string) (claims []Claim) {
	first, rest, found := strings.Cut(line, sep)
	if !found {
		return nil
	}
	if looksLikeHost(first) {
		claims = addressed(line, sep)
	}
	if !strings.Contains(first, "/") {
		claims = append(claims, Claim{"", first, rest})
	}
	return claims
}

// looksLikeHost reports whether a part may be an address without a scheme.
func looksLikeHost(s string) bool {
	host, _, _ := strings.Cut(s, "/")
	return strings.Contains(host, ".") && !strings.ContainsAny(host, "@ ")
}

// hostOf is the host of an address as far as it goes.
func hostOf(address string) string {
	if i := strings.Index(address, "://"); i >= 0 {
		address = address[i+len("://"):]
	}
	if i := strings.IndexAny(address, "/?#"); i >= 0 {
		address = address[:i]
	}
	if i := strings.LastIndexByte(address, '@'); i >= 0 { // who signs in, or the certificate of an Android application
		address = address[i+1:]
	}
	if i := strings.LastIndexByte(address, ':'); i >= 0 {
		address = address[:i]
	}
	return strings.ToLower(strings.TrimSpace(address))
}

// quoted reads a line of a table.
func quoted(line string) []Claim {
	quote := line[:1]
	_, rest, _ := strings.Cut(line[1:], quote)
	rest = strings.TrimLeft(rest, " ")
	if rest == "" || !strings.Contains(separators, rest[:1]) {
		return nil
	}
	if quote != `"` {
		line = strings.ReplaceAll(line, quote, `"`)
	}
	r := csv.NewReader(strings.NewReader(line))
	r.Comma, r.LazyQuotes, r.FieldsPerRecord = rune(rest[0]), true, -1
	fields, err := r.Read()
	switch {
	case err != nil || len(fields) < 2:
		return nil
	case len(fields) == 2:
		return valid([]Claim{{"", fields[0], fields[1]}})
	}
	return valid([]Claim{{hostOf(fields[0]), fields[1], fields[2]}})
}
