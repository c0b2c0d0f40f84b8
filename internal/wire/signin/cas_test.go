package signin_test

import (
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/ecluse-ecole/ecluse/internal/config"
	"github.com/ecluse-ecole/ecluse/internal/identity"
	"github.com/ecluse-ecole/ecluse/internal/wire/signin"
	"github.com/ecluse-ecole/ecluse/internal/wire/wiretest"
)

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
