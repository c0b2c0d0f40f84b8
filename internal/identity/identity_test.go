package identity

import (
	"errors"
	"net/http"
	"net/http/httptest"
	"testing"

	"github.com/ecluse-ecole/ecluse/internal/config"
)

// request is a GET with headers given as pairs.
func request(headers ...string) *http.Request {
	r := httptest.NewRequest("GET", "/messagerie", nil)
	for i := 0; i < len(headers); i += 2 {
		r.Header.Add(headers[i], headers[i+1])
	}
	return r
}

// verdict is what a source says, in one word.
func verdict(login string, err error) string {
	switch {
	case errors.Is(err, ErrNobody):
		return "nobody"
	case errors.Is(err, ErrForged):
		return "forged"
	case err != nil:
		return "error"
	}
	return login
}

func TestHeader(t *testing.T) {
	who := func(trusted bool, want string, headers ...string) {
		t.Helper()
		chain, err := New(config.Identity{Header: "x-ecluse-user", Prefix: "@", Suffix: ":school.example"},
			func(*http.Request) bool { return trusted })
		if err != nil {
			t.Fatal(err)
		}
		if got := verdict(chain.Who(request(headers...))); got != want {
			t.Errorf("with %q, trusted %v: %s, want %s", headers, trusted, got, want)
		}
	}
	who(true, "pupil1", "X-Ecluse-User", "pupil1")
	who(true, "pupil1", "X-Ecluse-User", "@pupil1:school.example")
	who(true, "nobody")
	who(true, "nobody", "X-Ecluse-User", "")
	who(true, "forged", "X-Ecluse-User", "pupil1", "X-Ecluse-User", "head1")
	who(true, "forged", "X-Ecluse-User", "pupil1, head1")
	who(true, "forged", "X-Ecluse-User", " head1")
	who(true, "forged", "X-Ecluse-User", "@:school.example")
	who(false, "forged", "X-Ecluse-User", "head1")
	who(false, "nobody")
}

func TestChainOrder(t *testing.T) {
	cookie := openCookie(t, "")
	chain := &Chain{Sources: []Source{Header{"X-Ecluse-User", func(*http.Request) bool { return true }}, cookie}}
	signed := "session=" + cookie.Sign(inAnHour("teacher1"))
	who := func(want string, headers ...string) {
		t.Helper()
		if got := verdict(chain.Who(request(headers...))); got != want {
			t.Errorf("with %q: %s, want %s", headers, got, want)
		}
	}
	who("pupil1", "X-Ecluse-User", "pupil1", "Cookie", signed)
	who("teacher1", "Cookie", signed)
	who("forged", "Cookie", signed+"x")
	who("nobody")
}

func TestRefusedConfiguration(t *testing.T) {
	refuse := func(c config.Identity) {
		t.Helper()
		if _, err := New(c, nil); err == nil {
			t.Errorf("%+v was accepted", c)
		}
	}
	refuse(config.Identity{Header: "X User"})
	refuse(config.Identity{Cookie: &config.Cookie{Name: "a;b", KeyFile: keyFile(t, longKey)}})
	refuse(config.Identity{Cookie: &config.Cookie{Name: "session", KeyFile: keyFile(t, "short")}})
	refuse(config.Identity{Cookie: &config.Cookie{Name: "session", KeyFile: keyFile(t, longKey+"\n\n"+longKey)}})
	refuse(config.Identity{Cookie: &config.Cookie{Name: "session", KeyFile: "nowhere"}})
	refuse(config.Identity{OIDC: &config.OIDC{Issuer: "http://connect.example", Audience: "ecluse"}})
	refuse(config.Identity{OIDC: &config.OIDC{Issuer: "https://connect.example"}})
	refuse(config.Identity{Whoami: &config.Whoami{URL: "/me", Field: "login", Headers: []string{"Authorization"}}})
	refuse(config.Identity{Whoami: &config.Whoami{URL: "http://app.example/me", Headers: []string{"Authorization"}}})
	refuse(config.Identity{Whoami: &config.Whoami{URL: "http://app.example/me", Field: "login"}})
	refuse(config.Identity{Whoami: &config.Whoami{URL: "http://app.example/me", Field: "login", Cookies: []string{"a b"}}})
	if chain, err := New(config.Identity{}, nil); err != nil || verdict(chain.Who(request())) != "nobody" {
		t.Error("without any way to tell, everybody is nobody")
	}
}
