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
// without a domain gets ours from Postfix, and one whose local part routes
// further (user%domain, domain!user, "user@domain") or whose domain is a bare
// address of the machine may end in any mailbox: see allow_percent_hack,
// swap_bangpath and resolve_numeric_domain of postconf(5).
func (s *Server) place(address string) place {
	at := strings.LastIndexByte(address, '@')
	local, domain := address, ""
	if at >= 0 {
		local, domain = address[:at], foldDomain(address[at+1:])
	}
	mine := at < 0 || s.domains[domain]
	if mine && isRole(local) || len(s.open) > 0 && s.open[foldName(address)] {
		return always
	}
	switch {
	case local == "" || strings.ContainsAny(local, "%!@") || strings.HasPrefix(domain, "["):
		return doubtful
	case at >= 0 && domain == "":
		return doubtful
	case mine:
		return ours
	}
	return elsewhere
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
	if s.extends == "" {
		return "", false
	}
	at := strings.LastIndexByte(address, '@')
	if at < 0 {
		return "", false
	}
	cut := strings.IndexAny(address[:at], s.extends)
	if cut <= 0 {
		return "", false
	}
	return address[:cut] + address[at:], true
}
