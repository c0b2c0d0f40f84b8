package identitytest

import (
	"crypto/rand"
	"encoding/xml"
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"
)

// A CAS is a server that gives tickets which are good once, for one service.
type CAS struct {
	*testing.T
	URL string // without a slash at its end

	mu      sync.Mutex
	now     func() time.Time
	user    string
	entered time.Time // when its session began; zero: none
	more    string    // further attributes, as XML
	tickets map[string]ticket
	asked   url.Values
}

type ticket struct {
	service string
	fresh   bool
}

// NewCAS is a server whose clock is now and that signs in a user.
func NewCAS(t *testing.T, now func() time.Time, user string) *CAS {
	t.Helper()
	c := &CAS{T: t, now: now, user: user, tickets: map[string]ticket{}}
	mux := http.NewServeMux()
	mux.HandleFunc("GET /cas/login", c.login)
	mux.HandleFunc("GET /cas/p3/serviceValidate", c.validate)
	mux.HandleFunc("GET /cas/logout", func(w http.ResponseWriter, r *http.Request) {
		http.Redirect(w, r, r.URL.Query().Get("service"), http.StatusFound)
	})
	server := httptest.NewServer(mux)
	t.Cleanup(server.Close)
	c.URL = server.URL + "/cas"
	return c
}

// Set changes the user and the further attributes of the next sign-ins.
func (c *CAS) Set(user, attributes string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.user, c.more = user, attributes
}

// Asked is the latest request to sign in.
func (c *CAS) Asked() url.Values {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.asked
}

func (c *CAS) login(w http.ResponseWriter, r *http.Request) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.asked = r.URL.Query()
	fresh := c.asked.Get("renew") == "true" || c.entered.IsZero()
	if fresh {
		c.entered = c.now()
	}
	name := "ST-1-" + rand.Text() + "-cas01.example"
	service := c.asked.Get("service")
	c.tickets[name] = ticket{service, fresh}
	separator := "?"
	if strings.Contains(service, "?") {
		separator = "&"
	}
	http.Redirect(w, r, service+separator+"ticket="+name, http.StatusFound)
}

func (c *CAS) validate(w http.ResponseWriter, r *http.Request) {
	c.mu.Lock()
	defer c.mu.Unlock()
	q := r.URL.Query()
	t, found := c.tickets[q.Get("ticket")]
	delete(c.tickets, q.Get("ticket")) // good once, whatever comes of it
	failure := ""
	switch {
	case !found:
		failure = "INVALID_TICKET"
	case t.service != q.Get("service"):
		failure = "INVALID_SERVICE"
	case q.Get("renew") == "true" && !t.fresh:
		failure = "INVALID_TICKET_SPEC"
	}
	if failure != "" {
		fmt.Fprintf(w, `<cas:serviceResponse xmlns:cas="http://www.yale.edu/tp/cas"><cas:authenticationFailure code="%s">no</cas:authenticationFailure></cas:serviceResponse>`, failure)
		return
	}
	var user strings.Builder
	if err := xml.EscapeText(&user, []byte(c.user)); err != nil {
		c.Error(err)
	}
	fmt.Fprintf(w, `<cas:serviceResponse xmlns:cas="http://www.yale.edu/tp/cas"><cas:authenticationSuccess><cas:user>%s</cas:user>
		<cas:attributes><cas:authenticationDate>%s[UTC]</cas:authenticationDate><cas:isFromNewLogin>%t</cas:isFromNewLogin>%s</cas:attributes>
		</cas:authenticationSuccess></cas:serviceResponse>`, user.String(), c.entered.UTC().Format(time.RFC3339), t.fresh, c.more)
}

// LogoutRequest is what CAS posts as logoutRequest when the session of a ticket
// ends.
func LogoutRequest(ticket string) string {
	return `<samlp:LogoutRequest xmlns:samlp="urn:oasis:names:tc:SAML:2.0:protocol" ID="LR-1" Version="2.0" IssueInstant="2024-04-02T12:00:00Z">` +
		`<saml:NameID xmlns:saml="urn:oasis:names:tc:SAML:2.0:assertion">@NOT_USED@</saml:NameID><samlp:SessionIndex>` + ticket + `</samlp:SessionIndex></samlp:LogoutRequest>`
}
