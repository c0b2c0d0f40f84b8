package web_test

import (
	"net/http"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// What a closing does to a route.
type closing uint8

const (
	shut   closing = iota // refused with the notice
	stays                 // no order closes it
	office                // of an authority, which has no mailbox
	public                // of nobody's
	own                   // of a person, outside any place
)

// A route is one of those in routes, with an address to try it at.
type route struct {
	pattern string
	try     string // "." is the place; THREAD a thread of one's own
	closing closing
}

// routes is every address that Écluse answers. The test below fails when the
// table of web.go has another.
var routes = []route{
	{"GET /static/", "/static/app.css", public},
	{"GET /livez", "/livez", public},
	{"GET /readyz", "/readyz", public},
	{"GET /sign-in", "/sign-in", public},
	{"POST /sign-in", "/sign-in", public},
	{"POST /sign-in/kept", "/sign-in/kept", public},
	{"GET /sign-in/service/{name}", "/sign-in/service/portal", public},
	{"GET /sign-in/service/{name}/back", "/sign-in/service/portal/back", public},
	{"POST /sign-in/service/{name}/back", "/sign-in/service/portal/back", public},
	{"GET /sign-out/service/{name}", "/sign-out/service/portal", public},
	{"GET /proof", "/proof", public},
	{"POST /proof", "/proof", public},
	{"POST /sign-in/passkey", "/sign-in/passkey", public},
	{"POST /proof/passkey", "/proof/passkey", public},
	{"GET /renew", "/renew", public},
	{"POST /renew", "/renew", public},
	{"GET /goodbye", "/goodbye", public},
	{"POST /language", "/language", public},
	{"GET /help", "/help", public},
	{"GET /not-me", "/not-me?t=x", public},
	{"POST /not-me", "/not-me", public},
	{"GET /ecoles", "/ecoles", public},
	{"GET /ecole/{uai}", "/ecole/0799002F", public},
	{"GET /ecole/{uai}/reprendre", "/ecole/0799002F/reprendre", public},
	{"GET /ecole/{uai}/atom.xml", "/ecole/0799002F/atom.xml", public},
	{"GET /ecole/{uai}/etat.json", "/ecole/0799002F/etat.json", public},
	{"/", "/nowhere", public},

	{"GET /{$}", "/", own},
	{"POST /sign-out", "/sign-out", own},
	{"GET /account", "/account", own},
	{"GET /account/factors", "/account/factors", own},
	{"POST /account/factors", "/account/factors", own},
	{"GET /account/factors/code", "/account/factors/code", own},
	{"POST /account/factors/code", "/account/factors/code", own},
	{"POST /account/factors/passkey", "/account/factors/passkey", own},
	{"GET /account/password", "/account/password", own},
	{"POST /account/password", "/account/password", own},
	{"POST /account/push", "/account/push", own},
	{"POST /account/sessions", "/account/sessions", own},
	{"POST /account/alterations", "/account/alterations", own},
	{"POST /account/email", "/account/email", own},

	{"GET /at/{member}/{$}", "./", stays}, // leads to the inbox
	{"GET /at/{member}/inbox", "./inbox", shut},
	{"GET /at/{member}/sent", "./sent", shut},
	{"GET /at/{member}/waiting", "./waiting", shut},
	{"POST /at/{member}/waiting/{id}/change", "./waiting/1/change", shut},
	{"POST /at/{member}/waiting/{id}/cancel", "./waiting/1/cancel", shut},
	{"GET /at/{member}/drafts", "./drafts", shut},
	{"POST /at/{member}/drafts/{id}/discard", "./drafts/1/discard", shut},
	{"GET /at/{member}/thread/{id}", "./thread/THREAD", shut},
	{"POST /at/{member}/thread/{id}", "./thread/THREAD", shut},
	{"GET /at/{member}/compose", "./compose", shut},
	{"POST /at/{member}/compose", "./compose", shut},
	{"GET /at/{member}/live", "./live", shut},
	{"POST /at/{member}/draft", "./draft", stays},
	{"GET /at/{member}/state", "./state", stays},
	{"GET /at/{member}/notice", "./notice", stays},
	{"GET /at/{member}/alerts", "./alerts", stays},
	{"GET /at/{member}/matrix", "./matrix", stays},
	{"GET /at/{member}/points", "./points", stays},
	{"GET /at/{member}/people", "./people", stays},
	{"GET /at/{member}/people/{id}", "./people/3", stays},
	{"POST /at/{member}/people/{id}", "./people/3", stays},
	{"GET /at/{member}/sessions", "./sessions", stays},
	{"POST /at/{member}/sessions", "./sessions", stays},
	{"POST /at/{member}/matrix", "./matrix", stays},
	{"GET /at/{member}/answers", "./answers", stays},
	{"POST /at/{member}/answers", "./answers", stays},

	{"GET /at/{member}/help", "./help", stays},
	{"POST /at/{member}/help", "./help", stays},
	{"GET /at/{member}/announcements", "./announcements", stays},
	{"POST /at/{member}/announcements", "./announcements", stays},
	{"GET /at/{member}/orders", "./orders", stays},
	{"POST /at/{member}/orders", "./orders", stays},
	{"GET /at/{member}/orders/new", "./orders/new", stays},
	{"POST /at/{member}/orders/new", "./orders/new", stays},
	{"GET /at/{member}/orders/series", "./orders/series?of=FR/13/079/2024-0002", stays},
	{"POST /at/{member}/orders/series", "./orders/series", stays},
	{"GET /at/{member}/orders/{id...}", "./orders/FR/13/079/2024-0002", stays},
	{"POST /at/{member}/orders/{id...}", "./orders/FR/13/079/2024-0002", stays},
	{"GET /at/{member}/reports/{id...}", "./reports/FR/13/079/2024-0002", stays},

	{"GET /for/{territory}/people", "./people", office},
	{"GET /for/{territory}/people/{id}", "./people/3", office},
	{"POST /for/{territory}/people/{id}", "./people/3", office},
	{"GET /for/{territory}/sessions", "./sessions", office},
	{"POST /for/{territory}/sessions", "./sessions", office},
	{"GET /for/{territory}/help", "./help", office},
	{"POST /for/{territory}/help", "./help", office},
	{"GET /for/{territory}/announcements", "./announcements", office},
	{"POST /for/{territory}/announcements", "./announcements", office},
	{"GET /for/{territory}/orders", "./orders", office},
	{"POST /for/{territory}/orders", "./orders", office},
	{"GET /for/{territory}/orders/new", "./orders/new", office},
	{"POST /for/{territory}/orders/new", "./orders/new", office},
	{"GET /for/{territory}/orders/series", "./orders/series?of=FR/13/079/2024-0002", office},
	{"POST /for/{territory}/orders/series", "./orders/series", office},
	{"GET /for/{territory}/orders/{id...}", "./orders/FR/13/079/2024-0002", office},
	{"POST /for/{territory}/orders/{id...}", "./orders/FR/13/079/2024-0002", office},
	{"GET /for/{territory}/reports/{id...}", "./reports/FR/13/079/2024-0002", office},
	{"GET /at/{member}/tell/{id...}", "./tell/FR/13/079/2024-0002", stays},
	{"POST /at/{member}/tell/{id...}", "./tell/FR/13/079/2024-0002", stays},
	{"GET /for/{territory}/tell/{id...}", "./tell/FR/13/079/2024-0002", office},
	{"POST /for/{territory}/tell/{id...}", "./tell/FR/13/079/2024-0002", office},
	{"POST /for/{territory}/remind/{id...}", "./remind/FR/13/079/2024-0002", office},
	{"GET /for/{territory}/copies/{id...}", "./copies/FR/13/079/2024-0002", office},
	{"POST /for/{territory}/copies/{id...}", "./copies/FR/13/079/2024-0002", office},
	{"GET /for/{territory}/book", "./book", office},
	{"POST /for/{territory}/book", "./book", office},
	{"GET /for/{territory}/{$}", "./", office},
	{"GET /for/{territory}/desk", "./desk", office},
	{"GET /for/{territory}/points", "./points", office},
	{"GET /for/{territory}/desk.csv", "./desk.csv", office},
	{"GET /for/{territory}/board/{id...}", "./board/FR/13/079/2024-0002", office},
	{"POST /for/{territory}/board/{id...}", "./board/FR/13/079/2024-0002", office},
	{"GET /for/{territory}/board.csv/{id...}", "./board.csv/FR/13/079/2024-0002", office},
	{"GET /for/{territory}/answers/{id}/picture", "./answers/1/picture", office},
	{"GET /at/{member}/answers/{id}/picture", "./answers/1/picture", stays},
	{"GET /at/{member}/secured", "./secured", stays},
	{"GET /at/{member}/secured.csv", "./secured.csv", stays},
	{"GET /for/{territory}/secured", "./secured", office},
	{"GET /for/{territory}/secured.csv", "./secured.csv", office},
	{"GET /at/{member}/campaigns", "./campaigns", stays},
	{"POST /at/{member}/campaigns", "./campaigns", stays},
	{"GET /at/{member}/campaigns/{id}", "./campaigns/1", stays},
	{"POST /at/{member}/campaigns/{id}", "./campaigns/1", stays},
	{"GET /at/{member}/cards", "./cards", stays},
	{"POST /at/{member}/cards", "./cards", stays},
	{"GET /at/{member}/vouch", "./vouch", stays},
	{"POST /at/{member}/vouch", "./vouch", stays},
	{"GET /at/{member}/slips", "./slips", stays},
	{"POST /at/{member}/slips", "./slips", stays},
	{"GET /for/{territory}/campaigns", "./campaigns", office},
	{"POST /for/{territory}/campaigns", "./campaigns", office},
	{"GET /for/{territory}/campaigns/{id}", "./campaigns/1", office},
	{"POST /for/{territory}/campaigns/{id}", "./campaigns/1", office},
	{"GET /for/{territory}/cards", "./cards?school=0799002F", office},
	{"POST /for/{territory}/cards", "./cards?school=0799002F", office},
	{"GET /for/{territory}/slips", "./slips?school=0799002F", office},
	{"POST /for/{territory}/slips", "./slips?school=0799002F", office},
	{"GET /for/{territory}/proposals/{id}", "./proposals/1", office},
	{"POST /for/{territory}/proposals/{id}", "./proposals/1", office},
	{"GET /for/{territory}/stolen", "./stolen", office},
	{"GET /at/{member}/stolen", "./stolen", stays},
	{"GET /at/{member}/stolen.csv", "./stolen.csv", stays},
	{"POST /for/{territory}/stolen", "./stolen", office},
	{"GET /for/{territory}/stolen/new", "./stolen/new", office},
	{"GET /for/{territory}/stolen/{id}", "./stolen/1", office},
	{"GET /for/{territory}/stolen.csv/{id}", "./stolen.csv/1", office},
}

func (r route) method() string {
	method, _, found := strings.Cut(r.pattern, " ")
	if !found {
		return http.MethodGet
	}
	return method
}

// registered reads the patterns from the source of routes.
func registered(t *testing.T) []string {
	t.Helper()
	source, err := os.ReadFile("web.go")
	if err != nil {
		t.Fatal(err)
	}
	var out []string
	for _, m := range regexp.MustCompile(`(mux\.Handle|\bat|\bof|\bboth)\("([A-Z]* ?/[^"]*)"( ?\+ ?static\.Root)?`).FindAllStringSubmatch(string(source), -1) {
		method, path, _ := strings.Cut(m[2], " ")
		switch m[1] {
		case "mux.Handle":
			out = append(out, m[2])
		case "both":
			out = append(out, method+" /for/{territory}"+path, method+" /at/{member}"+path)
		case "of":
			out = append(out, method+" /for/{territory}"+path)
		case "at":
			out = append(out, method+" /at/{member}"+path)
		}
	}
	return append(out, "GET /static/")
}

func TestTheTableHasEveryRoute(t *testing.T) {
	want := registered(t)
	if len(want) < 50 {
		t.Fatalf("only %d routes were read from web.go", len(want))
	}
	var have []string
	for _, r := range routes {
		have = append(have, r.pattern)
	}
	for _, pattern := range want {
		if !slices.Contains(have, pattern) {
			t.Errorf("%s stands in routes and not in the test's table: say what a closing does to it", pattern)
		}
	}
	for _, pattern := range have {
		if !slices.Contains(want, pattern) {
			t.Errorf("%s is no route any more", pattern)
		}
	}
}

// try asks one route as it stands; a stream is left at once.
func (p *person) try(r route, thread string) answer {
	p.Helper()
	request := p.request(r.method(), strings.Replace(r.try, "THREAD", thread, 1), strings.NewReader(""))
	if !strings.HasSuffix(r.try, "/live") {
		return p.ask(request)
	}
	response, err := p.client.Do(request)
	p.must(err)
	response.Body.Close()
	return answer{p.world, response.StatusCode, response.Header, ""}
}

// refused reports whether an answer is a closing.
func (a answer) refused() bool {
	return a.status == http.StatusForbidden && a.header.Get("Retry-After") != ""
}

func TestClosesAtTheSecondOnEveryRoute(t *testing.T) {
	w := newWorld(t, "2024-03-29T18:00:00", firstLetter, secondLetter)
	adults := []string{nadia, staff, head, karim}
	people := map[string]*person{}
	threads := map[string]string{}
	w.as(staff).send("Pour tous", "Bonjour.", to(nadiaAt), to(headAt), to(karimAt)).is(http.StatusSeeOther)
	w.as(nadia).send("Réponse", "Bonjour.", to(staffAt)).is(http.StatusSeeOther)
	for _, login := range adults {
		people[login] = w.as(login)
		threads[login] = people[login].get("./inbox").thread()
	}
	each := func(check func(name string, r route, a answer)) {
		for _, login := range adults {
			for _, r := range routes {
				if r.closing == shut || r.closing == stays {
					check(login+": "+r.pattern, r, people[login].try(r, threads[login]))
				}
			}
		}
	}
	w.at("2024-03-29T18:59:59")
	each(func(name string, _ route, a answer) {
		if a.refused() {
			t.Errorf("%s is closed a second early", name)
		}
	})
	w.at("2024-03-29T19:00:00")
	each(func(name string, r route, a answer) {
		if want := r.closing == shut; a.refused() != want {
			t.Errorf("%s: closed %v (%d), want %v", name, a.refused(), a.status, want)
		}
	})
	if a := w.as(pupil).get("./inbox"); !a.refused() {
		t.Errorf("a pupil reads: %d", a.status)
	}
	w.at("2024-04-02T06:59:59")
	for _, login := range adults {
		people[login] = w.as(login) // the sessions of Friday have ended
	}
	each(func(name string, r route, a answer) {
		if r.closing == shut && !a.refused() {
			t.Errorf("%s opens a second early", name)
		}
	})
	w.at("2024-04-02T07:00:00")
	each(func(name string, _ route, a answer) {
		if a.refused() {
			t.Errorf("%s stays closed", name)
		}
	})
}

func TestNobodyEntersAnothersPlace(t *testing.T) {
	w := newWorld(t, "2024-03-29T10:00:00", secondLetter)
	w.as(staff).send("À Nadia", "Entre nous.", to(nadiaAt))
	thread := w.as(nadia).get("./inbox").thread()
	for _, login := range []string{pupil, karim, nadia, other, dsden} {
		p := w.as(login)
		for _, base := range []string{"/at/1", "/at/3", "/at/7", "/for/FR-13-079", "/at/999", "/at/x", "/for/FR", "/for/FR-13-080"} {
			if base == bases[login] {
				continue
			}
			p.base = base
			for _, r := range routes {
				if !strings.HasPrefix(r.try, ".") || strings.HasPrefix(base, "/at") != strings.Contains(r.pattern, "{member}") {
					continue
				}
				if a := p.try(r, thread); a.status != http.StatusNotFound {
					t.Errorf("%s asks %s at %s: %d %s; want what does not exist", login, r.pattern, base, a.status, a.heading())
				}
			}
		}
	}
}

func TestAStrangerIsAskedToSignIn(t *testing.T) {
	w := newWorld(t, "2024-03-29T10:00:00")
	p := w.stranger()
	for _, r := range routes {
		if r.closing == public {
			continue
		}
		p.base = "/at/3"
		if r.closing == office {
			p.base = "/for/FR-13-079"
		}
		a := p.try(r, "1")
		if a.status != http.StatusSeeOther || !strings.HasPrefix(a.header.Get("Location"), "/sign-in") {
			t.Errorf("%s: %d to %q; want the sign-in page", r.pattern, a.status, a.header.Get("Location"))
		}
	}
}

// policy is what every answer must carry.
var policy = map[string]string{
	"X-Content-Type-Options":     "nosniff",
	"X-Frame-Options":            "DENY",
	"Referrer-Policy":            "same-origin",
	"Cross-Origin-Opener-Policy": "same-origin",
}

func TestEveryAnswerCarriesThePolicy(t *testing.T) {
	w := newWorld(t, "2024-03-29T19:00:00", secondLetter) // closed: refusals are answers too
	for _, login := range []string{head, dsden} {
		p := w.as(login)
		for _, r := range routes {
			if r.try == "/sign-out" {
				continue
			}
			a := p.try(r, "1")
			for name, want := range policy {
				if got := a.header.Get(name); got != want {
					t.Errorf("%s: %s is %q", r.pattern, name, got)
				}
			}
			csp := a.header.Get("Content-Security-Policy")
			for _, part := range []string{"default-src 'none'", "script-src 'self'", "frame-ancestors 'none'", "form-action 'self'", "base-uri 'none'"} {
				if !strings.Contains(csp, part) || strings.Contains(csp, "unsafe") {
					t.Errorf("%s: the policy is %q", r.pattern, csp)
				}
			}
			if cache := a.header.Get("Cache-Control"); cache != "no-store" && !strings.HasPrefix(r.try, "/static/") && !strings.HasPrefix(r.try, "/ecole/") {
				t.Errorf("%s may be kept: %q", r.pattern, cache)
			}
		}
	}
}
