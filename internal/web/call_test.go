package web

import (
	"net/http/httptest"
	"testing"
)

// TestAddress: whatever a client writes into X-Forwarded-For, the limits on
// signing in see the address that the proxy saw.
func TestAddress(t *testing.T) {
	address := func(proxied bool, forwarded ...string) string {
		r := httptest.NewRequest("GET", "/sign-in", nil)
		r.RemoteAddr = "198.51.100.1:4711"
		r.Header["X-Forwarded-For"] = forwarded
		c := &call{Server: &Server{opts: Options{Proxied: proxied}}, r: r}
		return c.address()
	}
	for _, c := range []struct {
		what    string
		proxied bool
		lines   []string
		want    string
	}{
		{"without a proxy the header is a claim", false, []string{"192.0.2.9"}, "198.51.100.1"},
		{"the proxy's word", true, []string{"192.0.2.9"}, "192.0.2.9"},
		{"behind what the client made up", true, []string{"203.0.113.5, 192.0.2.9"}, "192.0.2.9"},
		{"a line of the proxy's own behind the client's", true, []string{"203.0.113.5", "192.0.2.9"}, "192.0.2.9"},
		{"no address at all", true, []string{"unknown"}, "198.51.100.1"},
		{"no header", true, nil, "198.51.100.1"},
	} {
		if got := address(c.proxied, c.lines...); got != c.want {
			t.Errorf("%s: %s, want %s", c.what, got, c.want)
		}
	}
}
