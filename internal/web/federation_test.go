package web_test

import (
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/ecluse-ecole/ecluse"
	"github.com/ecluse-ecole/ecluse/internal/account"
	"github.com/ecluse-ecole/ecluse/internal/config"
	"github.com/ecluse-ecole/ecluse/internal/identity"
	"github.com/ecluse-ecole/ecluse/internal/identity/identitytest"
	"github.com/ecluse-ecole/ecluse/internal/school"
	"github.com/ecluse-ecole/ecluse/internal/web"
	"github.com/ecluse-ecole/ecluse/internal/web/page"
)

// A portal is a world in which people sign in at an OpenID provider as well.
type portal struct {
	*world
	oidc *identitytest.Provider
	cas  *identitytest.CAS
}

func newPortal(t *testing.T) portal {
	t.Helper()
	var p portal
	now := func() time.Time { return p.clock.Now() }
	p.oidc, p.cas = identitytest.NewProvider(t, now, nadia), identitytest.NewCAS(t, now, karim)
	server := httptest.NewUnstartedServer(nil)
	home := "http://" + server.Listener.Addr().String()
	var services []ecluse.SignInService
	for _, c := range []config.Provider{
		{Name: "portail", Kind: "oidc", URL: p.oidc.URL, ClientID: identitytest.ClientID, LabelFR: "Portail des agents", LabelEN: "Agents’ portal", RenewURL: "https://portal.example/password"},
		{Name: "ent", Kind: "cas", URL: p.cas.URL, LabelFR: "L’ENT", LabelEN: "The ENT"},
	} {
		s, err := identity.NewService(c, identitytest.ClientSecret, now)
		if err != nil {
			t.Fatal(err)
		}
		services = append(services, ecluse.SignInService{
			Name: c.Name, French: c.LabelFR, English: c.LabelEN, Home: home, Back: home + page.ServiceBack(c.Name),
			Roles: school.Everyone, Offices: true, Renew: c.RenewURL, Service: s,
		})
	}
	p.world = newWorldOf(t, web.Options{Poll: 100 * time.Millisecond}, ecluse.Options{Signatures: 1, Services: services}, "2024-04-02T12:00:00")
	server.Config.Handler = web.New(p.app, web.Options{})
	server.Start()
	t.Cleanup(server.Close)
	p.url = home
	return p
}

// walk follows redirections from an address until a page comes, on whichever site.
func (p *person) walk(address string) (where *url.URL, a answer) {
	p.Helper()
	client := *p.client
	client.CheckRedirect = nil
	if strings.HasPrefix(address, "/") {
		address = p.url + address
	}
	r, err := http.NewRequestWithContext(p.Context(), http.MethodGet, address, nil)
	p.must(err)
	response, err := client.Do(r)
	p.must(err)
	defer response.Body.Close()
	body, err := io.ReadAll(response.Body)
	p.must(err)
	return response.Request.URL, answer{p.world, response.StatusCode, response.Header, string(body)}
}

// TestSignInAtService: from the sign-in page to a service and back, to where one
// wanted to go; what came back counts once, and in this browser.
func TestSignInAtService(t *testing.T) {
	w := newPortal(t)
	b := w.stranger()
	b.get("/sign-in?next=/at/3/sent").is(http.StatusOK).says("Portail des agents", "L’ENT", "/sign-in/service/portail?next=%2Fat%2F3%2Fsent")
	out := b.get("/sign-in/service/portail?next=/at/3/sent")
	back := b.follows(out)
	landed := b.get(back)
	if to := landed.header.Get("Location"); landed.status != http.StatusSeeOther || to != "/at/3/sent" {
		t.Fatalf("%d, led to %q %s", landed.status, to, landed.heading())
	}
	b.get("/at/3/sent").is(http.StatusOK)
	b.get(back).is(http.StatusConflict).says("La connexion n’a pas abouti", "Recommencer avec Portail des agents")
	if w.stranger().get(back).status != http.StatusConflict {
		t.Error("another browser comes back with what this one was given")
	}

	// Who leads a victim to a finished sign-in of their own signs nobody in.
	thief := w.stranger()
	theirs := thief.follows(thief.get("/sign-in/service/ent"))
	victim := w.stranger()
	victim.get("/sign-in/service/ent")
	victim.get(theirs).is(http.StatusConflict)
	victim.get("/account").is(http.StatusSeeOther)

	if where, a := w.stranger().walk("/sign-in/service/ent?next=//elsewhere.example/"); where.Host != strings.TrimPrefix(w.url, "http://") || a.status != http.StatusOK {
		t.Errorf("led to %s: %d", where, a.status)
	}
	b.get("/sign-in/service/another").is(http.StatusNotFound)
	w.oidc.Set(func(c *identitytest.Claims) { c.Name = "unknown" })
	_, a := w.stranger().walk("/sign-in/service/portail")
	a.is(http.StatusForbidden).says("Votre compte n’est pas encore relié", "accueil de votre établissement").saysNot("unknown")
	w.oidc.Leave("access_denied")
	_, a = w.stranger().walk("/sign-in/service/portail")
	a.is(http.StatusForbidden).says("Vous avez renoncé")
}

// follows asks the other site where a redirection leads, and returns the way back.
func (p *person) follows(a answer) string {
	p.Helper()
	if a.status != http.StatusSeeOther {
		p.Fatalf("%d %s; want to be led on", a.status, a.heading())
	}
	response, err := p.client.Get(a.header.Get("Location"))
	p.must(err)
	response.Body.Close()
	back := response.Header.Get("Location")
	if !strings.HasPrefix(back, p.url) {
		p.Fatalf("the service leads to %q", back)
	}
	return strings.TrimPrefix(back, p.url)
}

// TestLeavingService: who signs out is told that the service may still know them;
// what the service ends ends here.
func TestLeavingService(t *testing.T) {
	w := newPortal(t)
	b := w.stranger()
	b.walk("/sign-in/service/portail")
	goodbye := b.follow(b.post("/sign-out"))
	goodbye.is(http.StatusOK).says("Me déconnecter là aussi", "/sign-out/service/portail")
	where, _ := b.walk("/sign-out/service/portail")
	if _, asked := w.oidc.Asked(); asked.Get("id_token_hint") == "" || asked.Get("client_id") == "" || where.Path != "/goodbye" {
		t.Errorf("the provider is told %v, and leads to %s", asked, where)
	}

	b.walk("/sign-in/service/portail")
	b.get("/account").is(http.StatusOK)
	service := w.stranger() // which sends no Origin and no cookie
	told := func(field, value string) answer {
		r, err := http.NewRequest(http.MethodPost, w.url+"/sign-in/service/portail/back", strings.NewReader(url.Values{field: {value}}.Encode()))
		w.must(err)
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		return service.ask(r)
	}
	told("logout_token", "a.b.c").is(http.StatusBadRequest)
	b.get("/account").is(http.StatusOK)
	token := w.oidc.LogoutToken(nil)
	told("logout_token", token).is(http.StatusOK)
	b.get("/account").is(http.StatusSeeOther)
	told("logout_token", token).is(http.StatusBadRequest)
}

// TestRenewalAtServicePage: whose password is a service's reads where to change it,
// and comes back by signing in there anew.
func TestRenewalAtServicePage(t *testing.T) {
	w := newPortal(t)
	w.must(w.app.Import(t.Context(), ecluse.Roster{
		People:  []account.Person{{ID: 30, Login: "federated", First: "Alix", Last: "Sans", Language: "fr"}},
		Members: []account.Membership{{School: college, ID: 30, Person: 30, Role: school.Teacher, Name: "Alix Sans"}},
	}))
	w.oidc.Set(func(c *identitytest.Claims) { c.Name = "federated" })
	visit, err := w.app.VisitOf(t.Context(), head)
	w.must(err)
	actor, err := visit.As(headAt)
	w.must(err)
	w.must(w.app.Freeze(t.Context(), actor, 30, ""))
	_, a := w.stranger().walk("/sign-in/service/portail")
	a.is(http.StatusForbidden).says("Vous n’avez rien fait de mal")
	for step := range account.GiveBackSteps {
		w.must(w.app.TickGiveBack(t.Context(), actor, 30, step))
	}
	w.must(w.app.GiveBack(t.Context(), actor, 30))
	w.at("2024-04-02T12:05:00")
	b := w.stranger()
	_, a = b.walk("/sign-in/service/portail?next=/at/30/inbox")
	a.is(http.StatusOK).says("changez votre mot de passe", "https://portal.example/password", "proof=1")
	b.get("/at/30/inbox").is(http.StatusSeeOther)
	w.at("2024-04-02T12:08:00")
	where, a := b.walk("/sign-in/service/portail?proof=1&next=/at/30/inbox")
	if a.is(http.StatusOK); where.Path != "/at/30/inbox" {
		t.Errorf("led to %s", where)
	}
	if asked, _ := w.oidc.Asked(); asked.Get("prompt") != "login" || asked.Get("max_age") != "0" {
		t.Errorf("the provider was asked %v", asked)
	}
}

// TestTextAndService: a text that came without a session is kept while its writer
// signs in at a service in another tab.
func TestTextAndService(t *testing.T) {
	w := newPortal(t)
	b := w.stranger()
	b.base = bases[nadia]
	asked := b.post("./compose", "draft", "1", "version", "0", "subject", "Sortie", "body", "Ce que j’ai écrit", "to", "m5", "do", "send")
	asked.is(http.StatusUnauthorized).says("_blank", "retrouver mon texte", "Ce que j’ai écrit")
	fields := []string{"kept-at", "3", "kept-subject", "Sortie", "kept-body", "Ce que j’ai écrit"}
	b.post("/sign-in/kept", fields...).is(http.StatusUnauthorized).says("Votre texte est toujours là", "Ce que j’ai écrit")
	b.walk("/sign-in/service/portail")
	b.follow(b.post("/sign-in/kept", fields...)).is(http.StatusOK).says("Ce que j’ai écrit")
}

// TestServiceInBrowser: the whole way in a real browser, which enforces what our
// pages allow it.
func TestServiceInBrowser(t *testing.T) {
	w := newPortal(t)
	b := w.browse()
	b.press(`.services a[href*="portail"]`)
	b.Until(`location.pathname === "/at/3/inbox"`)
	b.goTo("/proof?next=/account")
	b.press(`a[href*="proof=1"]`)
	b.Until(`location.pathname === "/account"`)
	if asked, _ := w.oidc.Asked(); asked.Get("prompt") != "login" {
		t.Errorf("the provider was asked %v", asked)
	}
	b.press(`form[action="/sign-out"] button`)
	b.Until(`location.pathname === "/goodbye"`)
	b.press(`a[href^="/sign-out/service/"]`)
	b.Until(`location.pathname === "/goodbye" && !document.querySelector("a[href^='/sign-out/service/']")`)
}
