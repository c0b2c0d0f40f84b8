package identity

import (
	"fmt"
	"net/netip"
	"net/url"
)

// Secure refuses an address over which others could read along or answer: only
// https will do, but for this machine itself. key is where it was configured.
func Secure(key, address string) error {
	u, err := url.Parse(address)
	if err != nil || u.Host == "" || u.User != nil || u.Fragment != "" {
		return fmt.Errorf("%s is %q: write an address such as https://connect.ent.example", key, address)
	}
	ip, err := netip.ParseAddr(u.Hostname())
	loopback := u.Hostname() == "localhost" || err == nil && ip.IsLoopback()
	if u.Scheme != "https" && !(u.Scheme == "http" && loopback) {
		return fmt.Errorf("%s is %q: it must begin with https, because what comes from there is believed", key, address)
	}
	return nil
}
