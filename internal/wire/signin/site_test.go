package signin_test

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/cookiejar"
	"net/http/httptest"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/ecluse-ecole/ecluse/internal/config"
	"github.com/ecluse-ecole/ecluse/internal/enforce"
	"github.com/ecluse-ecole/ecluse/internal/identity"
	"github.com/ecluse-ecole/ecluse/internal/wire"
	"github.com/ecluse-ecole/ecluse/internal/wire/signin"
	"github.com/ecluse-ecole/ecluse/internal/wire/wiretest"
)

// A casServer is a double of a CAS server, written after the text of the CAS
// Protocol 3.0.3: it signs everybody in as its user, gives tickets that are good
// once and for one service, and at its logout tells every service. An Apereo CAS
// is a Java program that Debian does not have; this double stands in for it.
type casServer struct {
	*testing.T
	URL    string
	client http.Client // tells of logouts

	mu       sync.Mutex
	user     string
	tickets  map[string]string // not validated yet: for which service
	services map[string]string // validated: where to tell of the logout
	count    int
	answer   func(w http.ResponseWriter) // instead of the validation's, if set
	rules    []casService
}

// A casService is a registered service as Apereo CAS reads it from a file.
type casService struct {
	ServiceID string `json:"serviceId"`
	Access    struct {
		Class    string            `json:"@class"`
		Endpoint string            `json:"endpointUrl"`
		Accepted string            `json:"acceptableResponseCodes"`
		Method   string            `json:"method"`
		Headers  map[string]string `json:"headers"`
	} `json:"accessStrategy"`
}

func newCAS(t *testing.T, user string) *casServer {
	c := &casServer{T: t, user: user, tickets: map[string]string{}, services: map[string]string{}}
	mux := http.NewServeMux()
	mux.HandleFunc("GET /cas/login", c.login)
	mux.HandleFunc("GET /cas/p3/serviceValidate", c.validate)
	server := httptest.NewServer(mux)
	t.Cleanup(server.Close)
	c.URL = server.URL + "/cas"
	return c
}

// register reads a file of the service registry, with texts replaced.
func (c *casServer) register(file string, replace ...string) {
	c.Helper()
	to := filepath.Join(c.TempDir(), filepath.Base(file))
	wiretest.Config(c.T, file, to, replace...)
	text, err := os.ReadFile(to)
	if err != nil {
		c.Fatal(err)
	}
	var s casService
	if err := json.Unmarshal(text, &s); err != nil {
		c.Fatalf("%s is not what CAS reads: %v", file, err)
	}
	c.rules = append(c.rules, s)
}

// admits asks the access strategy of the service as Apereo CAS does: the name is
// added to the endpoint's own parameters; whatever goes wrong is no.
func (c *casServer) admits(service string) bool {
	for _, s := range c.rules {
		if !regexp.MustCompile(s.ServiceID).MatchString(service) {
			continue
		}
		if s.Access.Endpoint == "" {
			return true
		}
		u, err := url.Parse(s.Access.Endpoint)
		if err != nil {
			c.Fatal(err)
		}
		q := u.Query()
		q.Set("username", c.user)
		u.RawQuery = q.Encode()
		r, err := http.NewRequest(s.Access.Method, u.String(), strings.NewReader(`{"principalId": "anybody"}`))
		if err != nil {
			c.Fatal(err)
		}
		for name, value := range s.Access.Headers {
			if name != "@class" {
				r.Header.Set(name, value)
			}
		}
		client := http.Client{Timeout: 2 * time.Second}
		response, err := client.Do(r)
		if err != nil {
			return false
		}
		response.Body.Close()
		return strings.Contains(","+s.Access.Accepted+",", fmt.Sprintf(",%d,", response.StatusCode))
	}
	return len(c.rules) == 0 // a service that is not registered is refused
}

func (c *casServer) login(w http.ResponseWriter, r *http.Request) {
	service := r.URL.Query().Get("service")
	c.mu.Lock()
	defer c.mu.Unlock()
	if !c.admits(service) {
		w.WriteHeader(http.StatusForbidden)
		return
	}
	c.count++
	ticket := fmt.Sprintf("ST-%d-abcdefghijklmnopqrstuvwxyz-cas01.example", c.count)
	c.tickets[ticket] = service
	separator := "?"
	if strings.Contains(service, "?") {
		separator = "&"
	}
	http.Redirect(w, r, service+separator+"ticket="+ticket, http.StatusFound)
}

func (c *casServer) validate(w http.ResponseWriter, r *http.Request) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.answer != nil {
		c.answer(w)
		return
	}
	ticket, service := r.URL.Query().Get("ticket"), r.URL.Query().Get("service")
	known, found := c.tickets[ticket]
	delete(c.tickets, ticket) // good once, whatever comes of it
	switch {
	case !found:
		fmt.Fprintf(w, failureXML, "INVALID_TICKET", ticket)
	case known != service:
		fmt.Fprintf(w, failureXML, "INVALID_SERVICE", "the service")
	default:
		c.services[ticket] = service
		fmt.Fprintf(w, successXML, c.user)
	}
}

const (
	successXML = `<cas:serviceResponse xmlns:cas="http://www.yale.edu/tp/cas">
  <cas:authenticationSuccess><cas:user>%s</cas:user>
    <cas:attributes><cas:uid>teacher1</cas:uid><cas:memberOf>a</cas:memberOf><cas:memberOf>b</cas:memberOf></cas:attributes>
  </cas:authenticationSuccess></cas:serviceResponse>`
	failureXML = `<cas:serviceResponse xmlns:cas="http://www.yale.edu/tp/cas">
  <cas:authenticationFailure code="%s">%s not recognized</cas:authenticationFailure></cas:serviceResponse>`
	logoutXML = `<samlp:LogoutRequest xmlns:samlp="urn:oasis:names:tc:SAML:2.0:protocol" xmlns:saml="urn:oasis:names:tc:SAML:2.0:assertion"
  ID="LR-1" Version="2.0" IssueInstant="2024-04-02T12:00:00Z"><saml:NameID>@NOT_USED@</saml:NameID>
  <samlp:SessionIndex>%s</samlp:SessionIndex></samlp:LogoutRequest>`
)

// logout ends the sign-in session and tells every service over the back channel.
func (c *casServer) logout() {
	c.Helper()
	c.mu.Lock()
	defer c.mu.Unlock()
	for ticket, service := range c.services {
		response, err := c.client.PostForm(service, url.Values{"logoutRequest": {fmt.Sprintf(logoutXML, ticket)}})
		if err != nil {
			c.Fatal(err)
		}
		response.Body.Close()
		if response.StatusCode/100 != 2 {
			c.Errorf("the logout of %s was answered with %s", ticket, response.Status)
		}
	}
}

// A front is the school's site: the sign-in side, and a messaging that wants to
// know who is asking before it asks whether they may.
type front struct {
	*wiretest.World
	URL  string
	who  *identity.Chain
	cas  *casServer
	side *signin.SignIn
}

// newFront runs the published configuration of integrations/cas.
func newFront(t *testing.T, at, user string) *front {
	f := &front{World: wiretest.New(t, at, wiretest.Letter), cas: newCAS(t, user)}
	mux := http.NewServeMux()
	server := httptest.NewServer(mux)
	t.Cleanup(server.Close)
	f.URL = server.URL
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "cookie.key"), []byte("0123456789abcdef0123456789abcdef0123456789abcdef"), 0o600); err != nil {
		t.Fatal(err)
	}
	file := filepath.Join(dir, "ecluse.yaml")
	wiretest.Config(t, "../../../integrations/cas/ecluse.yaml", file,
		"https://cas.ent.example/cas", f.cas.URL, "https://ent.example", f.URL,
		"__Host-ecluse", "ecluse") // browsers keep that prefix for https
	c, err := config.Load(file)
	if err != nil {
		t.Fatal(err)
	}
	if f.who, err = identity.New(c.Gate.Identity, f.Desk.Trusts); err != nil {
		t.Fatal(err)
	}
	if f.side, err = signin.New(f.Desk, f.who, c.Gate, nil, f.Log); err != nil {
		t.Fatal(err)
	}
	f.side.Routes(mux)
	mux.HandleFunc("GET /messagerie/", f.messaging)
	mux.HandleFunc("GET /", func(w http.ResponseWriter, _ *http.Request) { io.WriteString(w, "home") })
	return f
}

func (f *front) messaging(w http.ResponseWriter, r *http.Request) {
	login, err := f.who.Who(r)
	if verdict := errorWord(err); verdict == "nobody" {
		http.Redirect(w, r, f.side.CAS().SignIn(r.URL.RequestURI()), http.StatusSeeOther)
		return
	} else if err != nil {
		http.Error(w, verdict, http.StatusForbidden)
		return
	}
	answer := f.Desk.Local("proxy").Ask(r.Context(), enforce.Question{Login: login})
	if !answer.Allows(enforce.ReadMessage) {
		wire.Refusal{Answer: answer, Action: enforce.ReadMessage, Status: http.StatusForbidden}.Write(w, r)
		return
	}
	fmt.Fprintf(w, "%s reads %s", login, r.URL.RequestURI())
}

func errorWord(err error) string {
	switch {
	case err == nil:
		return ""
	case strings.Contains(err.Error(), identity.ErrForged.Error()):
		return "forged"
	case err == identity.ErrNobody:
		return "nobody"
	}
	return err.Error()
}

// A visitor is a browser with its cookies.
type visitor struct {
	*testing.T
	http.Client
	accept string    // what it reads
	header [2]string // one more header, if it has a name
}

func newVisitor(t *testing.T) *visitor {
	jar, err := cookiejar.New(nil)
	if err != nil {
		t.Fatal(err)
	}
	return &visitor{T: t, Client: http.Client{Jar: jar, Timeout: 10 * time.Second}}
}

// get follows all the redirections to an address.
func (v *visitor) get(address string) (status int, body string) {
	v.Helper()
	r, err := http.NewRequest("GET", address, nil)
	if err != nil {
		v.Fatal(err)
	}
	r.Header.Set("Accept", v.accept)
	if v.header[0] != "" {
		r.Header.Set(v.header[0], v.header[1])
	}
	response, err := v.Do(r)
	if err != nil {
		v.Fatal(err)
	}
	defer response.Body.Close()
	text, err := io.ReadAll(response.Body)
	if err != nil {
		v.Fatal(err)
	}
	return response.StatusCode, string(text)
}

// sees expects a status and a text in what comes.
func (v *visitor) sees(address string, status int, text string) {
	v.Helper()
	if got, body := v.get(address); got != status || !strings.Contains(body, text) {
		v.Errorf("%s: %d %q, want %d with %q", address, got, body, status, text)
	}
}

// steps is the same visitor following no redirection.
func (v *visitor) steps() *visitor {
	same := *v
	same.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	return &same
}

// leads is where an address leads next.
func (v *visitor) leads(address string) string {
	v.Helper()
	response, err := v.steps().Get(address)
	if err != nil {
		v.Fatal(err)
	}
	response.Body.Close()
	return response.Header.Get("Location")
}
