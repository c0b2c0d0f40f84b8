package postfix

import "strings"

// A place is where an address belongs.
type place uint8

const (
	elsewhere place = iota // another domain: nobody here is asked about it
	ours                   // somebody of the schools
	always                 // postmaster, abuse, or named as open
	doubtful               // it may lead to one of our mailboxes by a detour
)

// always received, in every domain of ours.
var roleAddresses = [...]string{"postmaster", "abuse"}

// place reads an address as Postfix hands it over: without quotes. An address
// without a domain gets ours from Postfix.
func (s *Server) place(address string) place {
	local, domain, qualified := split(address)
	mine := !qualified || s.domains[domain]
	switch {
	case mine && isRole(local), len(s.open) > 0 && s.open[foldName(address)]:
		return always
	case detour(local, domain, qualified):
		return doubtful
	case mine:
		return ours
	}
	return elsewhere
}

// split takes an address apart at its last @, if it has one.
func split(address string) (local, domain string, qualified bool) {
	at := strings.LastIndexByte(address, '@')
	if at < 0 {
		return address, "", false
	}
	return address[:at], foldDomain(address[at+1:]), true
}

// detour reports whether an address may end in any mailbox: its local part routes
// further (user%domain, domain!user, "user@domain"), or its domain is a bare
// address of the machine, or nothing. See allow_percent_hack, swap_bangpath and
// resolve_numeric_domain of postconf(5).
func detour(local, domain string, qualified bool) bool {
	return local == "" || strings.ContainsAny(local, "%!@") || strings.HasPrefix(domain, "[") || qualified && domain == ""
}

func isRole(local string) bool {
	for _, name := range roleAddresses {
		if strings.EqualFold(local, name) {
			return true
		}
	}
	return false
}

// foldDomain is a domain as it is compared: small, without the root's dot.
func foldDomain(d string) string {
	return strings.ToLower(strings.TrimSuffix(d, "."))
}

// base is the address without its extension: pupil1+news@college.example goes to
// pupil1@college.example where the delimiter is "+". It is false where there is
// none.
func (s *Server) base(address string) (string, bool) {
	local, domain, qualified := split(address)
	cut := strings.IndexAny(local, s.extends)
	if !qualified || cut <= 0 {
		return "", false
	}
	return local[:cut] + "@" + domain, true
}
