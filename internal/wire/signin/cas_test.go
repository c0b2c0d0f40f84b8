package signin_test

import (
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
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

func TestSignIn(t *testing.T) {
	f := newFront(t, wiretest.Noon, wiretest.Teacher)
	v := newVisitor(t)
	v.sees(f.URL+"/messagerie/lire?page=2&tri=date", 200, "teacher1 reads /messagerie/lire?page=2&tri=date")
	if location := v.leads(f.URL + "/messagerie/"); location != "" {
		t.Errorf("who is signed in is sent to %s", location)
	}
	f.At("2024-04-02T19:00")
	v.sees(f.URL+"/messagerie/", 403, `"access":"closed"`)
	f.At("2024-04-03T07:00")
	v.sees(f.URL+"/messagerie/", 200, "teacher1 reads")

	f.cas.logout()
	if location := v.leads(f.URL + "/messagerie/"); !strings.Contains(location, "/gate/sign-in?to=") {
		t.Errorf("after the logout CAS is not asked again: %q", location)
	}
	f.cas.user = wiretest.Pupil
	v.sees(f.URL+"/messagerie/", 403, `"access":"closed"`)
}

// TestCookieOfTheGate: it cannot be read by scripts, and does not outlast what it
// says.
func TestCookieOfTheGate(t *testing.T) {
	f := newFront(t, "2024-04-02T18:30", wiretest.Teacher)
	lasts := func(least, most int) {
		t.Helper()
		v := newVisitor(t)
		back := v.leads(v.leads(f.URL + "/gate/sign-in?to=/messagerie/"))
		response, err := v.steps().Get(back)
		if err != nil {
			t.Fatal(err)
		}
		response.Body.Close()
		for _, c := range response.Cookies() {
			if c.Name != "ecluse" {
				continue
			}
			p, err := f.who.Cookie.Verify(c.Value)
			if err != nil || p.Login != wiretest.Teacher {
				t.Errorf("the cookie says %+v, %v", p, err)
			}
			if c.MaxAge < least || c.MaxAge > most || time.Until(p.Expires) > time.Duration(most)*time.Second || !c.HttpOnly || c.SameSite != http.SameSiteLaxMode || c.Path != "/" {
				t.Errorf("the cookie is %+v until %s, want %d to %d s", c, p.Expires, least, most)
			}
			return
		}
		t.Errorf("no cookie came: %v", response.Header)
	}
	lasts(1790, 1800) // half an hour before the closing
	f.At("2024-04-02T19:00")
	lasts(12*3600-1, 12*3600) // exactly until the reopening
	f.At("2024-04-02T21:00")
	lasts(10*3600-10, 10*3600)
	f.At("2024-04-05T19:00")
	lasts(12*3600-10, 12*3600) // over the weekend
}

func TestTicketsAreRefused(t *testing.T) {
	f := newFront(t, wiretest.Noon, wiretest.Teacher)
	v := newVisitor(t)
	back := v.leads(v.leads(f.URL + "/gate/sign-in?to=/messagerie/"))
	v.sees(back, 200, "teacher1 reads")

	newVisitor(t).sees(back, 403, "cookie") // in another browser
	f.cas.answer = func(w http.ResponseWriter) { fmt.Fprintf(w, successXML, wiretest.Teacher) }
	v.sees(back, 403, "n’est plus valable") // again, even where CAS would take it twice
	f.cas.answer = nil
	v.sees(strings.Replace(back, "ticket=ST-", "ticket=ST-9", 1), 403, "n’est plus valable")
	v.sees(strings.Replace(back, "ticket=ST-", "ticket=PT-", 1), 403, "n’est plus valable")
	v.sees(strings.Replace(back, "ticket=ST-", "ticket=", 1), 403, "n’est plus valable")
	v.sees(back+"&ticket=ST-1", 403, "n’est plus valable")
	v.sees(strings.Replace(back, "ticket=ST-", "ticket=ST-%0a", 1), 403, "n’est plus valable")
	v.sees(f.URL+"/gate/cas", 403, "cookie")

	fresh := v.leads(v.leads(f.URL + "/gate/sign-in?to=/messagerie/"))
	v.sees(strings.Replace(fresh, "to=%2Fmessagerie%2F", "to=%2Fmessagerie%2Fautre", 1), 403, "n’est plus valable") // for another address
	other := newVisitor(t)
	other.leads(f.URL + "/gate/sign-in?to=/messagerie/")
	fresh = v.leads(v.leads(f.URL + "/gate/sign-in?to=/messagerie/"))
	other.sees(fresh, 403, "cookie") // a link sent to somebody else
}

// TestNowhereElse: no address leads to another site, or round in circles.
func TestNowhereElse(t *testing.T) {
	f := newFront(t, wiretest.Noon, wiretest.Teacher)
	for to, want := range map[string]string{
		"/messagerie/?a=b%26c":               "/messagerie/?a=b&c",
		"https://evil.example/":              "/",
		"//evil.example/":                    "/",
		"///evil.example/":                   "/",
		`/\evil.example/`:                    "/",
		`\\evil.example/`:                    "/",
		"/%09/evil.example":                  "/%09/evil.example", // as it stands: a path of this site
		"/%0d%0aSet-Cookie:a=b":              "/%0d%0aSet-Cookie:a=b",
		"%2F%09%2Fevil.example":              "/",
		"%2F%0d%0aSet-Cookie:a=b":            "/",
		"javascript:alert(1)":                "/",
		"evil.example":                       "/",
		"":                                   "/",
		"/gate/sign-in?to=/":                 "/",
		"/" + strings.Repeat("a", 3000):      "/",
		"%2Fmessagerie%2F%3Fa%3Db":           "/messagerie/?a=b",
		"%2F%2Fevil.example":                 "/",
		"/messagerie/%2e%2e/%2f/x?u=http://": "/messagerie/%2e%2e/%2f/x?u=http://",
	} {
		v := newVisitor(t)
		raw := f.URL + "/gate/sign-in?to=" + to
		if to == "/messagerie/?a=b%26c" {
			raw = f.URL + "/gate/sign-in?to=%2Fmessagerie%2F%3Fa%3Db%26c"
		}
		location := v.leads(v.leads(v.leads(raw)))
		if location != f.URL+want {
			t.Errorf("to=%q leads to %q, want %q", to, location, want)
		}
	}
}

// TestCASInTrouble: what CAS says is believed to the letter or not at all.
func TestCASInTrouble(t *testing.T) {
	f := newFront(t, wiretest.Noon, wiretest.Teacher)
	say := func(status int, text string) {
		t.Helper()
		f.cas.answer = func(w http.ResponseWriter) { w.WriteHeader(status); io.WriteString(w, text) }
		v := newVisitor(t)
		back := v.leads(v.leads(f.URL + "/gate/sign-in?to=/messagerie/"))
		got, body := v.steps().get(back)
		if got != 503 && got != 403 || strings.Contains(body, "reads") {
			t.Errorf("CAS said %.80q: %d", text, got)
		}
		if v.leads(f.URL+"/messagerie/") == "" {
			t.Errorf("CAS said %.80q, and somebody is signed in", text)
		}
	}
	good := fmt.Sprintf(successXML, "head1")
	inner := strings.TrimSuffix(strings.TrimPrefix(good, `<cas:serviceResponse xmlns:cas="http://www.yale.edu/tp/cas">`), "</cas:serviceResponse>")
	wrap := func(inner string) string {
		return `<cas:serviceResponse xmlns:cas="http://www.yale.edu/tp/cas">` + inner + `</cas:serviceResponse>`
	}
	say(500, good)
	say(302, good)
	say(200, "")
	say(200, "yes\nhead1\n") // the protocol of CAS 1.0
	say(200, good+good)
	say(200, good+"<!-- -->")
	say(200, wrap(inner+inner))
	say(200, strings.Replace(good, "head1", "head1<!-- -->.evil", 1))
	say(200, strings.Replace(good, "head1", "<b/>head1", 1))
	say(200, strings.Replace(good, "head1", "", 1))
	say(200, strings.Replace(good, "head1", "head1</cas:user><cas:user>teacher1", 1))
	say(200, `<!DOCTYPE x [<!ENTITY e "head1">]>`+strings.Replace(good, "head1", "&e;", 1))
	say(200, strings.Replace(good, "http://www.yale.edu/tp/cas", "http://evil.example/cas", 1))
	say(200, fmt.Sprintf(failureXML, "INTERNAL_ERROR", "x"))
	say(200, wrap(`<cas:authenticationFailure code="INVALID_TICKET"/>`+inner))
	say(200, good+strings.Repeat(" ", 1<<20))
	say(200, wrap(strings.Repeat("<a>", 1000)+strings.Repeat("</a>", 1000)))
	say(200, fmt.Sprintf(successXML, "head1,teacher1"))
	f.cas.answer = nil
	newVisitor(t).sees(f.URL+"/messagerie/", 200, "teacher1 reads")
}

func TestCASHangsOrIsGone(t *testing.T) {
	t.Parallel()
	f := newFront(t, wiretest.Noon, wiretest.Teacher)
	done := make(chan struct{})
	f.cas.answer = func(http.ResponseWriter) { <-done }
	v := newVisitor(t)
	began := time.Now()
	v.sees(f.URL+"/messagerie/", 503, "ne répond pas comme il devrait")
	close(done)
	if waited := time.Since(began); waited > 8*time.Second {
		t.Errorf("a CAS that hangs made us wait for %s", waited)
	}
}

func TestAttributeNamesThePerson(t *testing.T) {
	f := newFront(t, wiretest.Noon, "uid-123")
	mux := http.NewServeMux()
	cas, err := signin.NewCAS(config.CAS{URL: f.cas.URL, Service: f.URL, Attribute: "uid"}, f.who, f.Desk.Local("cas"), "/other", f.Log)
	if err != nil {
		t.Fatal(err)
	}
	cas.Routes(mux)
	mux.HandleFunc("GET /messagerie/", f.messaging)
	server := httptest.NewServer(mux)
	defer server.Close()
	v := newVisitor(t)
	back := v.leads(v.leads(server.URL + cas.SignIn("/messagerie/"))) // cookies do not know ports
	v.sees(strings.Replace(back, f.URL, server.URL, 1), 200, "teacher1 reads")
}

// TestLogout: only a well-formed word of CAS ends a session, and only that one.
func TestLogout(t *testing.T) {
	f := newFront(t, wiretest.Noon, wiretest.Teacher)
	v := newVisitor(t)
	v.sees(f.URL+"/messagerie/", 200, "teacher1 reads")
	post := func(want int, form url.Values) {
		t.Helper()
		response, err := http.PostForm(f.URL+"/gate/cas?state=x", form)
		if err != nil {
			t.Fatal(err)
		}
		response.Body.Close()
		if response.StatusCode != want {
			t.Errorf("%v: %s, want %d", form, response.Status, want)
		}
	}
	post(400, nil)
	post(400, url.Values{"logoutRequest": {"ST-1"}})
	post(400, url.Values{"logoutRequest": {strings.Replace(logoutXML, "samlp:LogoutRequest", "samlp:Other", 2)}})
	post(400, url.Values{"logoutRequest": {fmt.Sprintf(logoutXML, "")}})
	post(400, url.Values{"logoutRequest": {fmt.Sprintf(logoutXML, strings.Repeat("x", 64<<10))}})
	post(204, url.Values{"logoutRequest": {fmt.Sprintf(logoutXML, "ST-99-another")}})
	if location := v.leads(f.URL + "/messagerie/"); location != "" {
		t.Error("the end of another session ended this one")
	}
	f.cas.logout()
	if location := v.leads(f.URL + "/messagerie/"); location == "" {
		t.Error("the session goes on")
	}
}

func TestPagesInBothLanguages(t *testing.T) {
	f := newFront(t, wiretest.Noon, wiretest.Teacher)
	for accept, want := range map[string]string{
		"": `lang="fr"`, "en-GB,en;q=0.9": `lang="en"`, "fr-FR,en;q=0.5": `lang="fr"`, "de": `lang="fr"`, ";;;": `lang="fr"`,
	} {
		r, _ := http.NewRequest("GET", f.URL+"/gate/cas?ticket=x&to=/a%22%3E%3Cscript%3E", nil)
		r.Header.Set("Accept-Language", accept)
		response, err := http.DefaultClient.Do(r)
		if err != nil {
			t.Fatal(err)
		}
		body, _ := io.ReadAll(response.Body)
		response.Body.Close()
		if !strings.Contains(string(body), want) || strings.Contains(string(body), "<script>") {
			t.Errorf("for %q: %s", accept, body)
		}
	}
}

func TestCASConfiguration(t *testing.T) {
	f := newFront(t, wiretest.Noon, wiretest.Teacher)
	refuse := func(c config.CAS, who *identity.Chain) {
		t.Helper()
		if _, err := signin.NewCAS(c, who, f.Desk.Local("cas"), "/gate", slog.Default()); err == nil {
			t.Errorf("%+v was accepted", c)
		}
	}
	refuse(config.CAS{URL: "http://cas.example/cas", Service: "https://ent.example"}, f.who)
	refuse(config.CAS{URL: "https://cas.example/cas", Service: "http://ent.example"}, f.who)
	refuse(config.CAS{URL: "https://cas.example/cas", Service: "https://ent.example/portail"}, f.who)
	refuse(config.CAS{URL: "https://cas.example/cas", Service: "https://ent.example"}, &identity.Chain{})
	for _, file := range []string{"Messagerie-1001.json", "Ecluse-1002.json"} {
		text, err := os.ReadFile("../../../integrations/cas/" + file)
		if err != nil || !json.Valid(text) {
			t.Errorf("%s is no JSON: %v", file, err)
		}
	}
}
