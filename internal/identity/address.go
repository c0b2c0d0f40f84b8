package identity

import (
	"fmt"
	"net/http"
	"net/netip"
	"net/url"
	"strings"
)

// Secure refuses an address over which others could read along or answer: only
// https will do, but for this machine itself. key is where it was configured.
func Secure(key, address string) error {
	u, err := url.Parse(address)
	if err != nil || u.Host == "" || u.User != nil || u.Fragment != "" {
		return fmt.Errorf("%s is %q: write an address such as https://ecluse.example", key, address)
	}
	ip, err := netip.ParseAddr(u.Hostname())
	loopback := u.Hostname() == "localhost" || err == nil && ip.IsLoopback()
	if u.Scheme != "https" && !(u.Scheme == "http" && loopback) {
		return fmt.Errorf("%s is %q: it must begin with https, because what comes from there is believed", key, address)
	}
	return nil
}

// clientOf is where a request comes from, as far as that can be believed: the
// address of its connection or, where that is a server in front, the last one that
// the server wrote into X-Forwarded-For. Of IPv6 it is the network that one
// household or school has. It is not valid where a server in front does not say.
func clientOf(r *http.Request, trusted func(*http.Request) bool) netip.Addr {
	var address netip.Addr
	if trusted != nil && trusted(r) {
		if said := r.Header["X-Forwarded-For"]; len(said) > 0 {
			last := said[len(said)-1]
			address, _ = netip.ParseAddr(strings.TrimSpace(last[strings.LastIndexByte(last, ',')+1:])) // else not valid
		}
	} else if peer, err := netip.ParseAddrPort(r.RemoteAddr); err == nil {
		address = peer.Addr()
	}
	address = address.Unmap().WithZone("")
	if network, err := address.Prefix(64); err == nil && address.Is6() {
		return network.Addr()
	}
	return address
}
