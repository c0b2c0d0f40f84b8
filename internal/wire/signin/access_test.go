package signin_test

import (
	"io"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"strings"
	"testing"

	"github.com/ecluse-ecole/ecluse/internal/config"
	"github.com/ecluse-ecole/ecluse/internal/wire"
	"github.com/ecluse-ecole/ecluse/internal/wire/signin"
	"github.com/ecluse-ecole/ecluse/internal/wire/wiretest"
)

const placeholder = "TOKEN-PRINTED-BY-ECLUSE-POINT-ADD"

// serveSide runs the sign-in side of a configuration and returns its address.
func serveSide(t *testing.T, desk *wire.Desk, c config.Gate) string {
	t.Helper()
	side, err := signin.New(desk, nil, c, nil, nil)
	if err != nil {
		t.Fatal(err)
	}
	mux := http.NewServeMux()
	side.Routes(mux)
	server := httptest.NewServer(mux)
	t.Cleanup(server.Close)
	return server.URL
}

// TestAccessStrategy: CAS, with the published registration of the messaging, lets
// in whom Écluse lets in, and nobody else.
func TestAccessStrategy(t *testing.T) {
	t.Parallel()
	w := wiretest.New(t, wiretest.Noon, wiretest.Letter)
	token := w.Point("cas")
	desk := wire.NewDesk(w.App, nil) // no network is trusted
	address := serveSide(t, desk, config.Gate{})

	const file = "../../../integrations/cas/Messagerie-1001.json"
	cas := newCAS(t, "")
	cas.register(file, "https://ecluse.example", address, placeholder, token)
	admits := func(cas *casServer, user string, want bool) {
		t.Helper()
		cas.user = user
		if got := cas.admits("https://ent.example/messagerie/"); got != want {
			t.Errorf("%s is let in: %v, want %v", user, got, want)
		}
	}
	admits(cas, wiretest.Teacher, true)
	admits(cas, wiretest.Nadia, true)
	admits(cas, "teacher1@college.example", true)
	admits(cas, wiretest.Pupil, false)
	admits(cas, "nobody.knows", false)
	admits(cas, "", false)
	admits(cas, "ecluse:self-test", false)
	admits(cas, "teacher1&username=teacher1", false)
	if cas.admits("https://ent.example.evil.example/messagerie/") {
		t.Error("a service that is not registered was let in")
	}
	w.At("2024-04-02T19:00")
	admits(cas, wiretest.Teacher, false)
	w.At("2024-04-03T07:00")
	admits(cas, wiretest.Teacher, true)

	stranger := newCAS(t, "")
	stranger.register(file, "https://ecluse.example", address, placeholder, "another")
	admits(stranger, wiretest.Teacher, false)

	done := make(chan struct{})
	hung := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { <-done }))
	defer hung.Close()
	defer close(done)
	silent := newCAS(t, "")
	silent.register(file, "https://ecluse.example", hung.URL, placeholder, token)
	admits(silent, wiretest.Teacher, false)
	gone := newCAS(t, "")
	gone.register(file, "https://ecluse.example", "http://"+wiretest.FreeAddress(t), placeholder, token)
	admits(gone, wiretest.Teacher, false)
}

func TestAccess(t *testing.T) {
	w := wiretest.New(t, wiretest.Noon, wiretest.Letter)
	trusting := serveSide(t, wire.NewDesk(w.App, []netip.Prefix{netip.MustParsePrefix("127.0.0.0/8")}), config.Gate{})
	strict := serveSide(t, wire.NewDesk(w.App, nil), config.Gate{})
	answers := func(server, method, query string, want int, headers ...string) {
		t.Helper()
		r, err := http.NewRequest(method, server+"/gate/cas/access?"+query, nil)
		if err != nil {
			t.Fatal(err)
		}
		for i := 0; i < len(headers); i += 2 {
			r.Header.Set(headers[i], headers[i+1])
		}
		response, err := http.DefaultClient.Do(r)
		if err != nil {
			t.Fatal(err)
		}
		defer response.Body.Close()
		body, _ := io.ReadAll(response.Body)
		if response.StatusCode != want {
			t.Errorf("%s ?%s: %s %s, want %d", method, query, response.Status, body, want)
		}
		if want == 403 && !strings.Contains(string(body), "reason_user") {
			t.Errorf("?%s: the refusal says %q", query, body)
		}
	}
	answers(trusting, "GET", "username=teacher1", 200)
	answers(trusting, "POST", "username=teacher1", 200)
	answers(trusting, "GET", "username=teacher1&school=0799002F&service=mail&action=message.send", 200)
	answers(trusting, "GET", "username=teacher1&school=0799001E", 403) // not of that school
	answers(trusting, "GET", "username=pupil1", 403)
	answers(trusting, "GET", "username=nobody.knows", 403)
	answers(trusting, "GET", "", 400)
	answers(trusting, "GET", "username=", 400)
	answers(trusting, "GET", "username=teacher1&username=pupil1", 400)
	answers(trusting, "GET", "username=teacher1&school=1", 400)
	answers(trusting, "GET", "username=teacher1&school=0799002F&school=0799001E", 400)
	answers(trusting, "GET", "username=teacher1&service=fax", 400)
	answers(trusting, "GET", "username=teacher1&action=anything", 400)
	answers(trusting, "PUT", "username=teacher1", 405)
	answers(trusting, "GET", "username=teacher1", 401, "X-Forwarded-For", "192.0.2.1") // relayed from who knows where
	answers(trusting, "GET", "username=teacher1", 200, "X-Forwarded-For", "192.0.2.1", wire.TokenHeader, w.Point("other"))
	answers(strict, "GET", "username=teacher1", 401)
	answers(strict, "GET", "username=teacher1", 401, "X-Forwarded-For", "127.0.0.1")
	answers(strict, "GET", "username=teacher1", 401, "Authorization", "Bearer "+w.Point("cas"))
}
