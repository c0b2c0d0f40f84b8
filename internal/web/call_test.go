package web

import (
	"net/http"
	"net/http/httptest"
	"testing"
	"time"

	"github.com/ecluse-ecole/ecluse"
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
		{"IPv4 written as IPv6, which counts as IPv4 (account.FoldAddress)", true, []string{"::ffff:192.0.2.9"}, "::ffff:192.0.2.9"},
		{"IPv6", true, []string{"203.0.113.5, 2001:db8::9"}, "2001:db8::9"},
		{"an empty last hop", true, []string{"203.0.113.5, "}, "198.51.100.1"},
		{"no address at all", true, []string{"unknown"}, "198.51.100.1"},
		{"no header", true, nil, "198.51.100.1"},
	} {
		if got := address(c.proxied, c.lines...); got != c.want {
			t.Errorf("%s: %s, want %s", c.what, got, c.want)
		}
	}
}

// A slowly is a connection that remembers until when it may write.
type slowly struct {
	*httptest.ResponseRecorder
	deadlines []time.Time
}

func (s *slowly) SetWriteDeadline(t time.Time) error {
	s.deadlines = append(s.deadlines, t)
	return nil
}

// TestQuietStreamLives: an event has to be written soon, and the silence after
// it may last.
func TestQuietStreamLives(t *testing.T) {
	w := &slowly{ResponseRecorder: httptest.NewRecorder()}
	told := &teller{call: &call{w: w}, flush: http.NewResponseController(w)}
	if err := told.tell(ecluse.Event{}); err != nil {
		t.Fatal(err)
	}
	if n := len(w.deadlines); n != 2 || w.deadlines[0].IsZero() || !w.deadlines[1].IsZero() {
		t.Errorf("deadlines %v, want one for writing and none after", w.deadlines)
	}
}
